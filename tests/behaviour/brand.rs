//! How an instance looks like the company it belongs to.

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::{Backend, Server, Site, TestDatabase, browser, keyledge_with};

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24"><path d="M0 0h96v24z"/></svg>"#;

fn in_folder(folder: &TempDir, name: &str, content: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The addresses that the sign-in page has under `/brand/`.
async fn brand_files(site: &Site) -> Vec<String> {
    let page = site.text(&browser(), "/login").await;
    page.split('"').filter(|part| part.starts_with("/brand/")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_page_has_the_accent_the_logo_and_its_icon() {
    let folder = TempDir::new().unwrap();
    for (name, content, media_type) in [
        ("logo.svg", SVG.as_bytes(), "image/svg+xml"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x60\0\0\0\x18\x08\x06\0\0\0".as_slice(), "image/png"),
    ] {
        let logo = in_folder(&folder, name, content);
        let flags = ["--accent-color", "#0A6B5D", "--logo", &logo];
        let server = TestDatabase::create(Backend::Sqlite).serve(&flags);
        let page = server.text(&browser(), "/login").await;
        assert!(page.contains(r#"width="112" height="28" alt="""#), "{page}");
        let [icon, accent, logo] = &brand_files(&server).await[..] else { panic!("{page}") };
        assert_eq!(icon, logo);

        let sheet = server.text(&browser(), accent).await;
        assert!(sheet.contains("--accent: light-dark(#0a6b5d, #"), "{sheet}");
        let answer = browser().get(server.at(logo)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], media_type);
        assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let policies: Vec<_> = answer.headers().get_all("content-security-policy").iter().collect();
        assert_eq!(policies, ["default-src 'none'; style-src 'unsafe-inline'; sandbox"]);
        assert_eq!(answer.bytes().await.unwrap(), content);
    }
}

#[tokio::test]
async fn without_a_logo_there_is_a_key_in_the_colour_of_the_accent() {
    let server = Server::start_with(Backend::Sqlite, &["--accent-color", "#ffee00"]);
    let [icon, accent] = &brand_files(&server).await[..] else { panic!("other files than an icon and an accent") };
    let sheet = server.text(&browser(), accent).await;
    assert!(!sheet.contains("light-dark(#ffee00") && sheet.contains(", #ffee00)"), "{sheet}");
    let icon = server.text(&browser(), icon).await;
    assert!(icon.contains("<svg") && !icon.contains("#ffee00"), "{icon}");
}

#[tokio::test]
async fn what_looks_different_has_another_address() {
    let addresses =
        async |accent: &str| brand_files(&Server::start_with(Backend::Sqlite, &["--accent-color", accent])).await;
    let green = addresses("#0a6b5d").await;
    assert_eq!(green, addresses("#0A6B5D").await);
    for (one, other) in green.iter().zip(addresses("#7a1fa2").await) {
        assert_ne!(*one, other);
    }
    let server = Server::start_with(Backend::Sqlite, &["--accent-color", "#7a1fa2"]);
    for missing in green.iter().map(String::as_str).chain(["/brand/", "/brand/0/logo.svg", "/brand/..%2flogo.svg"]) {
        let answer = browser().get(server.at(missing)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{missing}");
    }
}

#[test]
fn looks_that_cannot_be_used_are_refused_with_what_was_expected() {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("keyledge.db").display());
    let page = in_folder(&folder, "page.html", b"<html></html>");
    let large = in_folder(&folder, "large.svg", SVG.replace("<path", &" ".repeat(70_000)).as_bytes());
    let long = "ä".repeat(101);
    for (flag, value, code, expected) in [
        ("--accent-color", "green", 2, "expected a colour as # and six hexadecimal digits, for example #0a6b5d"),
        ("--accent-color", "#12345", 2, "expected a colour"),
        ("--instance-name", " ", 2, "expected a name that can be read"),
        ("--instance-name", &long, 2, "of at most 100 characters"),
        ("--logo", "/nowhere/logo.svg", 1, "/nowhere/logo.svg cannot be read"),
        ("--logo", "/", 1, "cannot be read"),
        ("--logo", &page, 1, "expected PNG, or SVG"),
        ("--logo", &large, 1, "expected at most 64 KiB"),
    ] {
        let environment = [("KEYLEDGE_DATABASE_URL", &*database), ("KEYLEDGE_LISTEN", "127.0.0.1:0")];
        let refused = keyledge_with(&[flag, value], &environment);
        assert_eq!(refused.code, code, "{flag} {value}: {}", refused.errors);
        assert!(refused.errors.contains(expected), "{flag} {value}: {}", refused.errors);
    }
    assert!(!folder.path().join("keyledge.db").exists(), "a database was made nevertheless");
}
