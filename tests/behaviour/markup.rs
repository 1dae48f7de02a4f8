//! Every page, every answer to a form and every part of a page that scripts ask for is valid HTML as it is served.
//!
//! `tests/npm/htmlvalidate.json` says how html-validate is asked. Off are three of its rules that are not about validity:
//! roles that repeat what an element means (a table that CSS shows as cards would lose its meaning without), white space at
//! the end of a line, and `tbody` where the parser adds one. Boxes that belong together share a name, and an ID may have a
//! colon, as a permission has.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use keyledge::language::{parse_zone, regions};
use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde_json::{Deserializer, Value};
use tempfile::TempDir;

use crate::browser::gallery::company;
use crate::people::{form, post, with};
use crate::support::{self, Backend, Key, PASSWORD, Server, TestDatabase, browser_speaking, nonce, texts};

#[test]
#[ignore = "needs html-validate: run scripts/test"]
fn every_page_and_every_answer_to_a_form_is_valid_html() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let (_, pages) = visited(database, "en").await;
        let mistakes = pages.validate();
        assert!(mistakes.is_empty(), "{mistakes}");
    });
}

#[test]
#[ignore = "needs html-validate: run scripts/test"]
fn every_page_in_german_is_valid_and_says_nothing_in_english() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let (english, german) =
            (visited(TestDatabase::create(Backend::Sqlite), "en").await, visited(database, "de").await);
        let mistakes = german.1.validate();
        assert!(mistakes.is_empty(), "{mistakes}");
        let (said, data) = (english.1.texts(), data(&german.0));
        assert!(said.contains("Account settings") && german.1.texts().contains("Kontoeinstellungen"));
        let left: Vec<_> = german
            .1
            .texts()
            .into_iter()
            .filter(|text| said.contains(text) && !is_in_every_language(text, &data))
            .collect();
        assert!(left.is_empty(), "{left:#?}");
    });
}

/// Words that are the same in English and German.
const SAME_WORDS: [&str; 9] = ["API", "Browser", "Deutsch", "English", "Fernhill", "Books", "Name", "Status", "UTC"];

/// Whether a text is made of what is no language's: names of people, keys and zones, numbers and the like.
fn is_in_every_language(text: &str, data: &BTreeSet<String>) -> bool {
    let text = text.replace("&#39;", "'");
    let is_datum = |part: &str| {
        let words = || part.split(|character: char| !character.is_alphabetic());
        data.contains(part)
            || part.split(' ').all(|word| data.contains(word))
            || words().all(|word| word.len() < 2 || SAME_WORDS.contains(&word))
            || parse_zone(part).is_some()
            || regions().iter().any(|region| region.name == part)
    };
    text.split(" – ").flat_map(|part| part.split(", ")).filter(|part| !part.is_empty()).all(is_datum) || is_datum(&text)
}

/// What the company consists of.
fn data(server: &Server) -> BTreeSet<String> {
    let mut strings = BTreeSet::new();
    for arguments in
        [&["user", "list", "--json"][..], &["role", "list", "--json"], &["key", "list", "--json"], &["audit", "export"]]
    {
        let (done, printed) = server.cli(arguments);
        assert!(done, "{printed}");
        for value in Deserializer::from_str(&printed).into_iter::<Value>() {
            collect(&value.unwrap(), &mut strings);
        }
    }
    strings
}

fn collect(value: &Value, strings: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = strings.insert(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, strings)),
        // The details of an event and the descriptions of built-in roles are words of this program.
        Value::Object(fields) => {
            let is_built_in = fields.get("built_in") == Some(&Value::Bool(true));
            let is_ours = |name: &str| name == "detail" || name == "description" && is_built_in;
            fields.iter().filter(|(name, _)| !is_ours(name)).for_each(|(_, value)| collect(value, strings));
        }
        _ => {}
    }
}

/// All pages in a language.
async fn visited(database: TestDatabase, language: &'static str) -> (Server, Pages) {
    let (server, pages) = (company(database), Pages::new(language));
    signed_out(&server, &pages).await;
    own(&server, &pages).await;
    deleted_key(&server, &pages).await;
    fragments(&server, &pages).await;
    administration(&server, &pages).await;
    (server, pages)
}

#[test]
#[ignore = "needs html-validate: run scripts/test"]
fn what_is_not_valid_is_found() {
    let pages = Pages::new("en");
    pages.keep("<!doctype html><title>Twice</title><p id=\"one\"><p id=\"one\">");
    assert!(pages.validate().contains("no-dup-id"));
}

/// Pages as files.
struct Pages {
    language: &'static str,
    folder: TempDir,
    count: RefCell<usize>,
}

impl Pages {
    fn new(language: &'static str) -> Self {
        Self { language, folder: tempfile::tempdir().unwrap(), count: RefCell::new(0) }
    }

    fn browser(&self) -> Client {
        browser_speaking(self.language)
    }

    async fn signed_in(&self, server: &Server, username: &str) -> Client {
        server.signed_in_with(self.browser(), username).await
    }

    /// All that people read on them.
    fn texts(&self) -> BTreeSet<String> {
        let page = |number| std::fs::read_to_string(self.folder.path().join(format!("{number}.html"))).unwrap();
        (0..*self.count.borrow()).flat_map(|number| texts(&page(number))).collect()
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

    /// Sends a form that is accepted, and keeps the page that it leads to.
    async fn done(&self, server: &Server, browser: &Client, path: &str, form: &impl Serialize) {
        let answer = browser.post(server.at(path)).form(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        self.get(server, browser, answer.headers()[LOCATION].to_str().unwrap()).await;
    }

    /// Asks as a script does, and keeps the part of a page that it gets.
    async fn fragment(&self, request: RequestBuilder) -> String {
        let html = self.take(request.header("HX-Request", "true").send().await.unwrap()).await;
        assert!(!html.contains("<html"), "{html}");
        html
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
    let stranger = pages.browser();
    pages.get(server, &stranger, "/login").await;
    let wrong = [("username", "nobody"), ("password", "wrong")];
    for _ in 0..4 {
        pages.post(server, &stranger, "/login", &wrong).await;
    }
    let typed = [("nonce", "0123456789abcdef"), ("name", "\"Night\" & day"), ("lifetime", "30")];
    pages.post(server, &stranger, "/profile/api-keys", &typed).await;
    pages
        .post(server, &stranger, "/login/again", &[("next", "/profile"), ("kept", "for=amara&name=Night+%26+day")])
        .await;
    let noah = pages.signed_in(server, "noah").await;
    pages.get(server, &noah, "/login/password").await;
    let short = [("password", "short"), ("repeated", "short")];
    pages.post(server, &noah, "/login/password", &short).await;
}

async fn own(server: &Server, pages: &Pages) {
    let amara = pages.signed_in(server, "amara").await;
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
    pages.signed_in(server, "amara").await;
    for path in ["/activity", "/activity?outcome=refused", "/activity?from=2001-01-01&to=2001-01-02", "/account"] {
        pages.get(server, &amara, path).await;
    }
    let change = [("current", "wrong"), ("password", PASSWORD), ("repeated", "other")];
    pages.post(server, &amara, "/account/password", &change).await;
    pages.done(server, &amara, "/account/reading", &[("language", ""), ("time_zone", "UTC")]).await;
    pages.done(server, &amara, "/account/sessions/end-others", &()).await;
    pages.take(amara.get(server.at("/no-such-page")).send().await.unwrap()).await;
    pages.take(amara.get(server.at("/users")).send().await.unwrap()).await;
    server.database.add_user("paula", &[]);
    let paula = pages.signed_in(server, "paula").await;
    for path in ["/", "/profile", "/activity"] {
        pages.get(server, &paula, path).await;
    }
    let chosen = "four unrelated words here";
    let change = [("current", PASSWORD), ("password", chosen), ("repeated", chosen)];
    pages.done(server, &paula, "/account/password", &change).await;
}

/// What is left of a key that was used. It is not among the data any more, so its name is a word of every language.
async fn deleted_key(server: &Server, pages: &Pages) {
    let wei = pages.signed_in(server, "wei").await;
    let once = nonce(&server.text(&wei, "/profile").await);
    let fields = [("nonce", &*once), ("name", "API"), ("lifetime", "30")];
    let key = Key::shown_in(&pages.post(server, &wei, "/profile/api-keys", &fields).await);
    server.token(&key).await;
    pages.done(server, &wei, &format!("/profile/api-keys/{}/delete", key.client_id), &()).await;
    pages.post(server, &wei, "/profile/api-keys", &fields).await;
    pages.get(server, &wei, &format!("/activity?key={}", key.client_id)).await;
}

async fn fragments(server: &Server, pages: &Pages) {
    let wei = pages.signed_in(server, "wei").await;
    let once = nonce(&pages.fragment(wei.get(server.at("/profile"))).await);
    let generate = |fields: &[(&str, &str)]| wei.post(server.at("/profile/api-keys")).form(fields);
    let fields = [("nonce", &*once), ("lifetime", "30")];
    let key = Key::shown_in(&pages.fragment(generate(&fields)).await);
    let delete = server.at(&format!("/profile/api-keys/{}/delete", key.client_id));
    for request in [
        generate(&fields),
        wei.get(&delete),
        wei.post(&delete),
        generate(&fields),
        wei.post(server.at("/profile/api-keys/kl_never/delete")),
        generate(&[("nonce", "0123456789abcdef"), ("lifetime", "0")]),
        pages.browser().get(server.at("/profile")),
    ] {
        pages.fragment(request).await;
    }
}

async fn administration(server: &Server, pages: &Pages) {
    let olivia = pages.signed_in(server, "olivia").await;
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
    conflicts(server, pages, &olivia, &amara).await;
    let form = form(server, &olivia, &amara).await;
    assert!(post(server, &olivia, &amara, &form).await.status().is_redirection());
    pages.get(server, &olivia, "/users").await;
    pages.done(server, &olivia, &amara, &form).await;
    for switch in ["disable", "enable"] {
        pages.done(server, &olivia, &format!("{amara}/{switch}"), &()).await;
    }
    let new = pages.get(server, &olivia, "/users/new").await;
    pages.post(server, &olivia, "/users/new", &[("nonce", &*nonce(&new)), ("username", "a b")]).await;
    pages.post(server, &olivia, "/users/new", &[("nonce", &*nonce(&new)), ("username", "paul")]).await;
    pages.post(server, &olivia, "/roles/new", &[("name", "The Boss"), ("free", "x")]).await;
    let kept = [("next", &*amara), ("kept", "for=olivia&version=1&display_name=Amara&email=")];
    assert!(olivia.post(server.at("/login/again")).form(&kept).send().await.unwrap().status().is_redirection());
    pages.get(server, &olivia, &amara).await;
    server.database.connect().batch_execute("ALTER TABLE audit_events RENAME TO lost").unwrap();
    let role = [("name", "night-shift"), ("description", ""), ("free", "x:y")];
    pages.post(server, &olivia, "/roles/new", &role).await;
    server.database.connect().batch_execute("ALTER TABLE lost RENAME TO audit_events").unwrap();
    pages.done(server, &olivia, "/roles/new", &role).await;
    let keys = server.text(&olivia, "/keys").await;
    let (_, rest) = keys.split_once("action=\"/keys/").unwrap();
    let client_id = rest.split('/').next().unwrap();
    let delete = format!("/keys/{client_id}/delete");
    pages.get(server, &olivia, &delete).await;
    pages.fragment(olivia.get(server.at(&delete))).await;
    let nameless = server.generate(&server.signed_in("wei").await).await;
    pages.done(server, &olivia, &format!("/keys/{}/delete", nameless.client_id), &()).await;
}

/// What is told to whoever edits what somebody else has changed meanwhile.
async fn conflicts(server: &Server, pages: &Pages, olivia: &Client, amara: &str) {
    let accountant = "/roles/accountant/edit";
    let (user, role) = (form(server, olivia, amara).await, form(server, olivia, accountant).await);
    for change in [
        ["user", "edit", "amara", "--add-role", "support"],
        ["role", "edit", "accountant", "--add-permission", "orders:read"],
    ] {
        assert!(server.cli(&change).0);
    }
    for (path, fields) in [
        (amara, with(user, "email", "somebody@example.com")),
        (accountant, with(role, "description", "Keeps the books and pays")),
    ] {
        let answer = post(server, olivia, path, &fields).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{path}");
        pages.take(answer).await;
    }
}
