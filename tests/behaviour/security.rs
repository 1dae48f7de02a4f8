//! What keeps people safe from other websites, from what they paste, and from copies of the database and the logs.

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::{Client, Method, Response, StatusCode};

use crate::support::{
    Key, PASSWORD, Process, SECRET_KEY, Server, Site, TestDatabase, browser, nonce, on_each_database, rows,
    session_cookie,
};

on_each_database![
    every_page_forbids_what_it_does_not_need,
    pages_are_not_stored_and_assets_are_kept,
    no_page_has_inline_script_or_style,
    another_website_cannot_act_for_a_person,
    a_form_of_this_server_is_accepted,
    an_oversized_form_is_refused_with_a_page,
    a_malformed_form_is_refused_with_a_page,
    what_is_not_there_has_a_page,
    a_wrong_method_is_answered_with_a_page,
    rfc9110_9_3_2_whatever_answers_get_answers_head,
    a_made_up_cookie_opens_nothing,
    no_secret_is_in_the_database,
    no_secret_is_in_the_logs,
    no_secret_is_in_a_url_or_a_cookie,
    a_character_that_no_database_takes_is_no_mistake_of_the_programs,
];

async fn every_page_forbids_what_it_does_not_need(server: Server) {
    let admin = server.signed_in("admin").await;
    let pages = [
        "/",
        "/login",
        "/profile",
        "/account",
        "/activity",
        "/users",
        "/users/new",
        "/roles",
        "/roles/new",
        "/nothing",
    ];
    for path in pages.into_iter().chain(["/api/v1/me", "/auth/token", "/healthz"]) {
        let answer = admin.get(server.at(path)).send().await.unwrap();
        let header = |name: &str| {
            let values: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(values.len(), 1, "{path} has {} headers {name}", values.len());
            values[0].to_str().unwrap().to_owned()
        };
        let policy = header("content-security-policy");
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
            assert!(policy.split("; ").any(|set| set == directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-") && !policy.contains('*'));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cache-control"), "no-store");
    }
}

async fn pages_are_not_stored_and_assets_are_kept(server: Server) {
    let page = server.text(&browser(), "/login").await;
    let mut urls: Vec<_> = page.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    urls.sort_unstable();
    assert!(urls.iter().any(|url| url.contains("/style.css")) && urls.iter().any(|url| url.contains("/js/")));
    for url in urls {
        let answer = browser().get(server.at(&format!("/assets/{url}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(!answer.headers().contains_key(SET_COOKIE));
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap();
        let expected = match url.rsplit('.').next().unwrap() {
            "css" => "text/css",
            "js" => "text/javascript",
            _ => "image/svg+xml",
        };
        assert!(kind.starts_with(expected), "{url} is {kind}");
    }
    for missing in ["/assets/0/css/base.css", "/assets/0/../Cargo.toml", "/assets/0/%2e%2e/%2e%2e/Cargo.toml"] {
        let answer = browser().get(server.at(missing)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }
}

async fn no_page_has_inline_script_or_style(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let confirm = format!("/profile/api-keys/{}/delete", key.client_id);
    for path in
        ["/", "/profile", "/account", "/activity", "/users", "/users/new", "/roles", "/roles/new", "/nothing", &confirm]
    {
        let page = server.text(&admin, path).await;
        assert!(page.contains("<html"));
        assert!(page.split("<script").skip(1).all(|script| script.split('>').next().unwrap().contains("src=")));
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{path} has{inline}");
        }
    }
}

async fn another_website_cannot_act_for_a_person(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let delete = format!("/profile/api-keys/{}/delete", key.client_id);
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", &format!("{}.evil.example", server.url)),
    ] {
        for path in ["/profile/api-keys", &delete, "/users/new", "/roles/new", "/logout", "/login", "/account/password"]
        {
            let form = [("nonce", &*nonce), ("username", "admin"), ("password", PASSWORD)];
            let answer = admin.post(server.at(path)).header(name, value).form(&form).send().await.unwrap();
            assert_page(answer, 403, "came from another website").await;
        }
    }
    let page = server.text(&admin, "/profile").await;
    assert_eq!(rows(&page).len(), 1);
    server.token(&key).await;
}

async fn a_form_of_this_server_is_accepted(server: Server) {
    for (name, value) in [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none"), ("Origin", &server.url)] {
        let form = [("username", "admin"), ("password", PASSWORD)];
        let answer = browser().post(server.at("/login")).header(name, value).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{name}: {value}");
    }
}

async fn an_oversized_form_is_refused_with_a_page(server: Server) {
    let admin = server.signed_in("admin").await;
    let name = "n".repeat(20_000);
    let nonce = nonce(&server.text(&admin, "/profile").await);
    assert_page(server.submit(&admin, &nonce, &[("name", &name)]).await, 413, "larger than").await;
    assert_page(server.sign_in(&browser(), &name.repeat(2), "x").await, 413, "larger than").await;
    assert!(rows(&server.text(&admin, "/profile").await).is_empty());
}

async fn a_malformed_form_is_refused_with_a_page(server: Server) {
    let admin = server.signed_in("admin").await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    for body in ["", "name=x", &format!("nonce={nonce}&nonce={nonce}"), &format!("nonce={nonce}&name=a&name=b")] {
        assert_page(post(&server, &admin, body, "application/x-www-form-urlencoded").await, 400, "try again").await;
    }
    let body = format!("{{\"nonce\":\"{nonce}\"}}");
    assert_page(post(&server, &admin, &body, "application/json").await, 400, "try again").await;
    assert!(rows(&server.text(&admin, "/profile").await).is_empty());
}

async fn what_is_not_there_has_a_page(server: Server) {
    let admin = server.signed_in("admin").await;
    for path in ["/nothing", "/profile/", "/profile/api-keys/x", "/activity?before=soon"] {
        assert_page(admin.get(server.at(path)).send().await.unwrap(), 404, "nothing here").await;
        let page = server.text(&admin, path).await;
        assert!(page.contains("Go to the home page") && page.contains("Sign out"), "{path}");
        assert!(!page.contains(">Sign in</a>"), "{path} offers what was done");
    }
    assert_page(browser().get(server.at("/nothing")).send().await.unwrap(), 404, "nothing here").await;
    assert!(server.text(&browser(), "/nothing").await.contains(">Sign in</a>"));
}

async fn a_character_that_no_database_takes_is_no_mistake_of_the_programs(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let token = server.token(&key).await;
    for path in [
        "/users/%00",
        "/users/%00/edit",
        "/users?search=%00",
        "/users?role=%00",
        "/users?after=%00",
        "/roles/%00/edit",
        "/keys?owner=%00",
        "/keys?after=%00",
        "/keys/%00/delete",
        "/activity?key=%00",
        "/activity/everybody?user=%00",
        "/activity/everybody?key=%00",
        "/activity/everybody/export.csv?user=%00",
        "/profile/api-keys/%00/delete",
        "/login?next=%00",
    ] {
        let answer = admin.get(server.at(path)).send().await.unwrap();
        assert_page(answer, 400, "a character that is not allowed there").await;
    }
    for path in [
        "/api/v1/api-keys/%00",
        "/api/v1/api-keys?owner=%00",
        "/api/v1/audit-events?owner=%00",
        "/api/v1/audit-events?owner=all&client_id=%00",
        "/api/v1/users/%00",
        "/api/v1/users?search=%00",
        "/api/v1/users?role=%00",
        "/api/v1/roles/%00",
    ] {
        let answer = browser().get(server.at(path)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    for (username, password) in [("\0", PASSWORD), ("admin", "\0")] {
        assert_eq!(server.sign_in(&browser(), username, password).await.status(), StatusCode::UNAUTHORIZED);
    }
    let form = [("current", "\0"), ("password", "\0 four unrelated words"), ("repeated", "\0 four unrelated words")];
    let answer = admin.post(server.at("/account/password")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

async fn a_wrong_method_is_answered_with_a_page(server: Server) {
    let admin = server.signed_in("admin").await;
    let answer = admin.get(server.at("/logout")).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "POST");
    assert_page(answer, 405, "cannot be used in this way").await;
    let answer = admin.delete(server.at("/profile")).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET, HEAD");
    assert_page(answer, 405, "cannot be used in this way").await;
    for path in ["/healthz", "/.well-known/jwks.json"] {
        let answer = admin.post(server.at(path)).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &HeaderValue::from_static("GET, HEAD"))
        );
    }
    assert_eq!(admin.get(server.at("/")).send().await.unwrap().status(), StatusCode::OK);
}

async fn rfc9110_9_3_2_whatever_answers_get_answers_head(server: Server) {
    let admin = server.signed_in("admin").await;
    let token = server.token(&server.generate(&admin).await).await;
    let page = admin.get(server.at("/")).send().await.unwrap().text().await.unwrap();
    let style = page.split('"').find(|part| part.contains("/style.css")).unwrap();
    let metadata = ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/api/openapi.json"];
    let pages = ["/", "/profile", "/activity", "/activity/export.csv", "/users", "/login", "/account/session", style];
    for path in pages.into_iter().chain(metadata).chain(["/api/v1/me", "/healthz", "/readyz", "/nothing", "/logout"]) {
        let ask = async |method| {
            let request = admin.request(method, server.at(path));
            let request = if path.starts_with("/api/") { request.bearer_auth(&token) } else { request };
            let answer = request.send().await.unwrap();
            let names = ["content-type", "cache-control", "content-security-policy", "location", "etag", "allow"];
            let headers = names.map(|name| answer.headers().get(name).cloned());
            (answer.status(), headers, answer.text().await.unwrap())
        };
        let ((status, headers, body), asked_with_head) = (ask(Method::GET).await, ask(Method::HEAD).await);
        assert_eq!(asked_with_head, (status, headers, String::new()), "{path}");
        assert!(!body.is_empty() || status.is_redirection(), "{path}");
    }
    let record = Client::new().get(server.at("/api/v1/audit-events")).bearer_auth(&token).send().await.unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record.bytes().await.unwrap()).unwrap();
    let calls = record["items"].as_array().unwrap().iter().filter(|event| event["path"] == "/api/v1/me");
    let methods: Vec<_> = calls.map(|call| call["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["HEAD", "GET"]);
}

async fn a_made_up_cookie_opens_nothing(server: Server) {
    let real = session_cookie(&server.sign_in(&browser(), "admin", PASSWORD).await);
    for cookie in ["keyledge=", "keyledge=rubbish", "keyledge=%00%ff", &real[..real.len() - 4], &format!("{real}A")] {
        let answer = browser().get(server.at("/")).header(COOKIE, cookie).send().await.unwrap();
        assert_eq!(answer.headers()[LOCATION], "/login?next=%2F", "{cookie}");
    }
}

async fn no_secret_is_in_the_database(server: Server) {
    let secrets = use_everything(&server).await;
    let stored = server.database.everything();
    assert!(stored.contains(&secrets.key.client_id));
    secrets.assert_absent(&stored);
}

async fn no_secret_is_in_the_logs(database: TestDatabase) {
    let process = Process::start_logging(&database.text);
    let secrets = use_everything(&process).await;
    let log = process.kill();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "nothing was logged: {log}");
    secrets.assert_absent(&log);
}

async fn no_secret_is_in_a_url_or_a_cookie(server: Server) {
    let admin = server.signed_in("admin").await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let answer = server.submit(&admin, &nonce, &[]).await;
    let headers = format!("{:?}", answer.headers());
    assert!(answer.url().query().is_none());
    let key = Key::shown_in(&answer.text().await.unwrap());
    assert!(!headers.contains(&key.client_secret));
    let page = server.text(&admin, "/profile").await;
    let links: String =
        page.split("href=\"").chain(page.split("action=\"")).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!links.contains("kls_"));
}

/// What must be found nowhere.
struct Secrets {
    key: Key,
    token: String,
    session: String,
}

impl Secrets {
    fn assert_absent(&self, text: &str) {
        let signature = self.token.rsplit('.').next().unwrap();
        let session = self.session.split_once('=').unwrap().1;
        for (name, secret) in [
            ("the client secret", &self.key.client_secret[4..]),
            ("the access token", signature),
            ("the session cookie", session),
            ("the password", PASSWORD),
            ("the secret key", SECRET_KEY),
        ] {
            assert!(!text.contains(secret), "{name} is there");
        }
    }
}

/// Does everything that handles a secret, failures included.
async fn use_everything(site: &Site) -> Secrets {
    let admin = browser();
    assert_eq!(site.sign_in(&admin, PASSWORD, PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let session = session_cookie(&site.sign_in(&admin, "admin", PASSWORD).await);
    let key = site.generate(&admin).await;
    let pasted = Key { client_id: key.client_secret.clone(), client_secret: key.client_secret.clone() };
    assert_eq!(site.token_answer(&pasted, &[]).await.status(), StatusCode::UNAUTHORIZED);
    let token = site.token(&key).await;
    assert_eq!(site.me(&token).await.status(), StatusCode::OK);
    for wrong in [&format!("{token}x"), &key.client_secret] {
        assert_eq!(site.me(wrong).await.status(), StatusCode::UNAUTHORIZED);
    }
    for pasted in [&token, &key.client_secret] {
        let path = site.at(&format!("/api/v1/api-keys/{pasted}"));
        let answer = Client::new().get(path).bearer_auth(&token).header(USER_AGENT, pasted).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
    Secrets { key, token, session }
}

async fn post(server: &Server, browser: &Client, body: &str, content_type: &'static str) -> Response {
    let request = browser.post(server.at("/profile/api-keys")).header(CONTENT_TYPE, content_type);
    request.body(body.to_owned()).send().await.unwrap()
}

/// Checks that an answer is a whole page for people.
async fn assert_page(answer: Response, status: u16, words: &str) {
    let path = answer.url().path().to_owned();
    assert_eq!(answer.status(), status, "{path}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<html") && page.contains("<h1") && page.contains(words), "{path}: {page}");
}
