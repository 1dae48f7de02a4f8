//! Every page, and every answer to a form, is valid HTML as it is served.
//!
//! `tests/npm/htmlvalidate.json` says how html-validate is asked. Off are three of its rules that are not about validity:
//! roles that repeat what an element means (a table that CSS shows as cards would lose its meaning without), white space at
//! the end of a line, and `tbody` where the parser adds one. Boxes that belong together share a name, and an ID may have a
//! colon, as a permission has.

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;

use reqwest::{Client, Response};
use tempfile::TempDir;

use crate::browser::gallery::company;
use crate::support::{self, Backend, PASSWORD, Server, TestDatabase, browser, nonce};

#[test]
#[ignore = "needs html-validate: run scripts/test"]
fn every_page_and_every_answer_to_a_form_is_valid_html() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let (server, pages) = (company(database), Pages::new());
        signed_out(&server, &pages).await;
        own(&server, &pages).await;
        administration(&server, &pages).await;
        let mistakes = pages.validate();
        assert!(mistakes.is_empty(), "{mistakes}");
    });
}

#[test]
#[ignore = "needs html-validate: run scripts/test"]
fn what_is_not_valid_is_found() {
    let pages = Pages::new();
    pages.keep("<!doctype html><title>Twice</title><p id=\"one\"><p id=\"one\">");
    assert!(pages.validate().contains("no-dup-id"));
}

/// Pages as files.
struct Pages {
    folder: TempDir,
    count: RefCell<usize>,
}

impl Pages {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), count: RefCell::new(0) }
    }

    fn keep(&self, html: &str) {
        let mut count = self.count.borrow_mut();
        std::fs::write(self.folder.path().join(format!("{count}.html")), html).unwrap();
        *count += 1;
    }

    /// Keeps an answer, which must be a page.
    async fn take(&self, answer: Response) -> String {
        assert!(!answer.status().is_redirection(), "{} leads elsewhere", answer.url());
        let html = answer.text().await.unwrap();
        self.keep(&html);
        html
    }

    async fn get(&self, server: &Server, browser: &Client, path: &str) -> String {
        self.take(browser.get(server.at(path)).send().await.unwrap()).await
    }

    async fn post(&self, server: &Server, browser: &Client, path: &str, form: &[(&str, &str)]) -> String {
        self.take(browser.post(server.at(path)).form(form).send().await.unwrap()).await
    }

    /// What is wrong with them; nothing when all is well.
    fn validate(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(root.join("tests/npm/htmlvalidate.json"), self.folder.path().join(".htmlvalidate.json")).unwrap();
        let finished = Command::new("node")
            .arg(root.join("target/npm/node_modules/html-validate/bin/html-validate.mjs"))
            .args(["--formatter", "text", "."])
            .current_dir(self.folder.path())
            .output()
            .expect("node cannot be started: run scripts/test, which installs it");
        let (words, errors) =
            (String::from_utf8(finished.stdout).unwrap(), String::from_utf8(finished.stderr).unwrap());
        assert!(finished.status.success() || !words.is_empty(), "html-validate failed: run scripts/test\n{errors}");
        words
    }
}

async fn signed_out(server: &Server, pages: &Pages) {
    let stranger = browser();
    pages.get(server, &stranger, "/login").await;
    let wrong = [("username", "nobody"), ("password", "wrong")];
    for _ in 0..4 {
        pages.post(server, &stranger, "/login", &wrong).await;
    }
    let noah = server.signed_in("noah").await;
    pages.get(server, &noah, "/login/password").await;
    let short = [("password", "short"), ("repeated", "short")];
    pages.post(server, &noah, "/login/password", &short).await;
}

async fn own(server: &Server, pages: &Pages) {
    let amara = server.signed_in("amara").await;
    pages.get(server, &amara, "/").await;
    let profile = pages.get(server, &amara, "/profile").await;
    let fields = [("nonce", &*nonce(&profile)), ("name", "Export"), ("lifetime", "30")];
    pages.post(server, &amara, "/profile/api-keys", &fields).await;
    pages.post(server, &amara, "/profile/api-keys", &fields).await;
    let bad = [("nonce", &*nonce(&server.text(&amara, "/profile").await)), ("lifetime", "0")];
    pages.post(server, &amara, "/profile/api-keys", &bad).await;
    let (_, rest) = profile.split_once("data-row=\"").unwrap();
    let client_id = rest.split('"').next().unwrap();
    pages.get(server, &amara, &format!("/profile/api-keys/{client_id}/delete")).await;
    // A fragment, as the scripts ask for it.
    let fragment = amara.get(server.at("/profile")).header("HX-Request", "true").send().await.unwrap();
    pages.take(fragment).await;
    for path in ["/activity", "/activity?outcome=refused", "/activity?from=2001-01-01&to=2001-01-02", "/account"] {
        pages.get(server, &amara, path).await;
    }
    let change = [("current", "wrong"), ("password", PASSWORD), ("repeated", "other")];
    pages.post(server, &amara, "/account/password", &change).await;
    pages.take(amara.get(server.at("/no-such-page")).send().await.unwrap()).await;
    pages.take(amara.get(server.at("/users")).send().await.unwrap()).await;
    server.database.add_user("paula", &[]);
    let paula = server.signed_in("paula").await;
    for path in ["/", "/profile", "/activity"] {
        pages.get(server, &paula, path).await;
    }
}

async fn administration(server: &Server, pages: &Pages) {
    let olivia = server.signed_in("olivia").await;
    for path in [
        "/activity/everybody",
        "/activity/everybody?outcome=refused",
        "/users?search=nobody",
        "/users?status=inactive&role=accountant",
        "/roles",
        "/roles/new",
        "/roles/accountant/edit",
        "/roles/accountant/delete",
        "/keys",
        "/keys?only=unused",
    ] {
        pages.get(server, &olivia, path).await;
    }
    let users = pages.get(server, &olivia, "/users").await;
    let subject_of = |username: &str| {
        let (before, _) = users.split_once(&format!(">{username}</a>")).unwrap();
        before.rsplit_once("/users/").unwrap().1.split('"').next().unwrap().to_owned()
    };
    for username in ["olivia", "amara", "lucas"] {
        pages.get(server, &olivia, &format!("/users/{}", subject_of(username))).await;
    }
    pages.get(server, &olivia, &format!("/users/{}/enable", subject_of("lucas"))).await;
    let amara = format!("/users/{}", subject_of("amara"));
    for question in ["disable", "password"] {
        pages.get(server, &olivia, &format!("{amara}/{question}")).await;
    }
    let new = pages.get(server, &olivia, "/users/new").await;
    pages.post(server, &olivia, "/users/new", &[("nonce", &*nonce(&new)), ("username", "a b")]).await;
    pages.post(server, &olivia, "/users/new", &[("nonce", &*nonce(&new)), ("username", "paul")]).await;
    pages.post(server, &olivia, "/roles/new", &[("name", "The Boss"), ("free", "x")]).await;
    let keys = server.text(&olivia, "/keys").await;
    let (_, rest) = keys.split_once("action=\"/keys/").unwrap();
    let client_id = rest.split('/').next().unwrap();
    pages.get(server, &olivia, &format!("/keys/{client_id}/delete")).await;
}
