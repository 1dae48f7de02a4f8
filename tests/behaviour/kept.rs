//! What was typed into a form is there again when the form could not be answered.

use chrono::Duration;
use diesel::connection::SimpleConnection as _;
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Client, StatusCode};

use crate::people::{and, filled, form, path, post, with};
use crate::support::{self, Backend, PASSWORD, Server, alert, browser, field, on_each_database};

on_each_database![
    what_was_typed_is_there_again_after_the_session_has_ended,
    what_was_typed_is_sent_again_after_a_mistake_of_the_server,
    what_was_typed_is_there_where_one_has_signed_in_meanwhile,
    what_was_typed_is_there_after_a_one_time_password,
    what_was_typed_is_for_nobody_else,
    an_edit_that_comes_back_is_one_of_the_version_that_it_began_with,
    only_what_was_typed_into_a_form_without_passwords_is_kept,
    a_form_of_any_size_that_is_accepted_is_kept,
    a_form_is_read_whole_or_refused,
    what_was_typed_cannot_come_from_an_address_or_another_website,
];

type Fields = Vec<(String, String)>;

/// A form with what somebody has typed into it, by the path of its page and that it is sent to.
async fn typed(server: &Server, admin: &Client, page: &str, action: &str, typed: &[(&str, &str)]) -> Fields {
    let fields = filled(&server.text(admin, page).await, action);
    typed.iter().fold(fields, |fields, (name, value)| match *name {
        "role" | "permission" => and(fields, name, value),
        _ => with(fields, name, value),
    })
}

/// What is typed into every form that is kept: the page, where it is sent to, and fields.
async fn forms(server: &Server, admin: &Client) -> Vec<(String, String, Fields)> {
    server.add_user("ada", &["member"]).await;
    assert!(server.cli(&["role", "add", "clerk", "--permission", "journals:read"]).0);
    let ada = path(server, admin, "ada").await;
    let mut forms = Vec::new();
    for (page, action, fields) in [
        ("/users/new", "/users/new", &[("username", "bob"), ("display_name", "Bob & \"Bo\""), ("role", "clerk")][..]),
        (&*ada, &*ada, &[("email", "ada@example.com"), ("role", "clerk")]),
        (
            "/roles/new",
            "/roles/new",
            &[("name", "poet"), ("free", "poems:read\npoems:write"), ("permission", "keys:read")],
        ),
        ("/roles/clerk/edit", "/roles/clerk/edit", &[("description", "100 % Büro"), ("free", "a:b")]),
        ("/profile", "/profile/api-keys", &[("name", "Night shift")]),
        ("/account", "/account/reading", &[("time_zone", "Asia/Tokyo")]),
    ] {
        forms.push((page.to_owned(), action.to_owned(), typed(server, admin, page, action, fields).await));
    }
    forms
}

/// Without what is new in each form, and in an order of their own.
fn compared(mut fields: Fields) -> Fields {
    fields.retain(|(name, _)| name != "nonce");
    fields.sort();
    fields
}

async fn what_was_typed_is_there_again_after_the_session_has_ended(server: Server) {
    let mut admin = server.signed_in("admin").await;
    for (page, action, fields) in forms(&server, &admin).await {
        server.clock.advance(Duration::minutes(61));
        let answer = post(&server, &admin, &action, &fields).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{action}");
        let told = answer.text().await.unwrap();
        assert!(told.contains("Nothing was changed. Sign in again, and what you typed will be there."), "{told}");
        let again = filled(&told, "/login/again");
        let sign_in = post(&server, &admin, "/login/again", &again).await;
        assert_eq!(sign_in.status(), StatusCode::OK);
        let sign_in = sign_in.text().await.unwrap();
        assert_eq!(alert(&sign_in), "Your session has ended. Sign in, and what you typed will be there again.");

        let wrong = with(with(filled(&sign_in, "/login"), "username", "admin"), "password", "not the password");
        let sign_in = post(&server, &admin, "/login", &wrong).await.text().await.unwrap();
        let right = with(filled(&sign_in, "/login"), "password", PASSWORD);
        let answer = post(&server, &admin, "/login", &with(right, "username", "admin")).await;
        assert_eq!(answer.headers()[LOCATION], page);

        let back = admin.get(server.at(&page)).send().await.unwrap();
        assert_eq!(back.status(), StatusCode::OK);
        let back = back.text().await.unwrap();
        assert_eq!(
            alert(&back),
            "Your session had ended. Nothing was changed. What you typed is still here: check it, then send it."
        );
        let came_back = filled(&back, &action);
        assert_eq!(compared(came_back.clone()), compared(fields.clone()), "{page}");
        assert_ne!(
            compared(filled(&server.text(&admin, &page).await, &action)),
            compared(fields),
            "it comes back once"
        );
        let status = post(&server, &admin, &action, &came_back).await.status();
        assert!(matches!(status.as_u16(), 200 | 303), "{action}: {status}");
        admin = server.signed_in("admin").await;
    }
}

async fn what_was_typed_is_sent_again_after_a_mistake_of_the_server(server: Server) {
    let admin = server.signed_in("admin").await;
    let forms = forms(&server, &admin).await;
    server.database.connect().batch_execute("ALTER TABLE audit_events RENAME TO lost").unwrap();
    let mut again = Vec::new();
    for (_, action, fields) in &forms {
        let answer = post(&server, &admin, action, fields).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{action}");
        let told = answer.text().await.unwrap();
        assert!(told.contains("The mistake is ours.") && told.contains("Try again"), "{told}");
        again.push(filled(&told, action));
        assert_eq!(again.last(), Some(fields), "the nonce included: whatever was done is not done twice");
    }
    server.database.connect().batch_execute("ALTER TABLE lost RENAME TO audit_events").unwrap();
    for ((_, action, _), fields) in forms.iter().zip(again) {
        let status = post(&server, &admin, action, &fields).await.status();
        assert!(matches!(status.as_u16(), 200 | 303), "{action}: {status}");
    }
}

/// Another program that writes to the file, such as a backup, for longer than anybody should wait. On Postgres none keeps
/// others from writing.
#[test]
fn what_was_typed_is_sent_again_after_another_program_wrote_for_too_long() {
    support::run(Backend::Sqlite, async |server: Server| {
        let admin = server.signed_in("admin").await;
        let fields = with(filled(&server.text(&admin, "/users/new").await, "/users/new"), "username", "bob");
        let mut other = server.database.connect();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        let answer = post(&server, &admin, "/users/new", &fields).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[RETRY_AFTER], "5");
        let told = answer.text().await.unwrap();
        assert!(told.contains("The server has too much to do right now.") && told.contains("Try again"), "{told}");
        let again = filled(&told, "/users/new");
        assert_eq!(again, fields);
        other.batch_execute("ROLLBACK").unwrap();
        assert_eq!(post(&server, &admin, "/users/new", &again).await.status(), StatusCode::OK);
    });
}

/// The value of a field of the form at this path.
async fn value(server: &Server, browser: &Client, path: &str, name: &str) -> String {
    let fields = form(server, browser, path).await;
    fields.into_iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no field {name}")).1
}

async fn what_was_typed_is_there_where_one_has_signed_in_meanwhile(server: Server) {
    let admin = server.signed_in("admin").await;
    let again = [("next", "/roles/new"), ("kept", "for=admin&name=poet&description=&free=")];
    let answer = admin.post(server.at("/login/again")).form(&again).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/roles/new");
    assert_eq!(value(&server, &admin, "/roles/new", "name").await, "poet");

    admin.post(server.at("/login/again")).form(&again).send().await.unwrap();
    assert_eq!(value(&server, &admin, "/users/new", "username").await, "", "it is another page's");
    assert_eq!(value(&server, &admin, "/roles/new", "name").await, "", "and is forgotten");
}

async fn what_was_typed_is_there_after_a_one_time_password(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &["member"]).await;
    let fields = typed(&server, &ada, "/profile", "/profile/api-keys", &[("name", "Night shift")]).await;
    let password = {
        let path = format!("{}/password", path(&server, &admin, "ada").await);
        let fields = form(&server, &admin, &path).await;
        field(&post(&server, &admin, &path, &fields).await.text().await.unwrap(), "one-time-password")
    };
    let told = post(&server, &ada, "/profile/api-keys", &fields).await.text().await.unwrap();
    let sign_in = post(&server, &ada, "/login/again", &filled(&told, "/login/again")).await.text().await.unwrap();
    let fields = with(with(filled(&sign_in, "/login"), "username", "ada"), "password", &password);
    post(&server, &ada, "/login", &fields).await;
    let chosen = [("password", "a password of ada's own"), ("repeated", "a password of ada's own")];
    let answer = ada.post(server.at("/login/password")).form(&chosen).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/profile");
    assert_eq!(field(&server.text(&ada, "/profile").await, "key-name"), "Night shift");
}

async fn what_was_typed_is_for_nobody_else(server: Server) {
    let ada = server.add_user("ada", &["member"]).await;
    for kept in ["for=admin&name=Night+shift", "name=Night+shift", "for=ada&for=ada&name=Night+shift", "%zz&&=&name"] {
        ada.post(server.at("/login/again")).form(&[("next", "/profile"), ("kept", kept)]).send().await.unwrap();
        let page = server.text(&ada, "/profile").await;
        assert_eq!((field(&page, "key-name").as_str(), alert(&page).as_str()), ("", ""), "{kept}");
    }
    let unreadable = [("next", "/users/new"), ("kept", "for=admin&name=x")];
    let admin = server.signed_in("admin").await;
    admin.post(server.at("/login/again")).form(&unreadable).send().await.unwrap();
    assert_eq!(value(&server, &admin, "/users/new", "username").await, "");
}

async fn an_edit_that_comes_back_is_one_of_the_version_that_it_began_with(server: Server) {
    let admin = server.signed_in("admin").await;
    for (page, _, fields) in forms(&server, &admin)
        .await
        .into_iter()
        .filter(|(_, _, fields)| fields.iter().any(|(name, _)| name == "version"))
    {
        server.clock.advance(Duration::minutes(61));
        let told = post(&server, &admin, &page, &fields).await.text().await.unwrap();
        let edited = if page.contains("roles") {
            server.cli(&["role", "edit", "clerk", "--description", "Office"])
        } else {
            server.cli(&["user", "edit", "ada", "--display-name", "Ada King"])
        };
        assert!(edited.0, "{}", edited.1);
        server.signed_in_with(admin.clone(), "admin").await;
        post(&server, &admin, "/login/again", &filled(&told, "/login/again")).await;
        let answer = post(&server, &admin, &page, &form(&server, &admin, &page).await).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{page}");
    }
}

async fn only_what_was_typed_into_a_form_without_passwords_is_kept(server: Server) {
    let secret = "the password that I had";
    let form = [("current", secret), ("password", secret), ("repeated", secret), ("name", secret)];
    for path in ["/account/password", "/users/usr_0/password", "/logout"] {
        let answer = browser().post(server.at(path)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(!answer.text().await.unwrap().contains(secret), "{path}");
    }
    let nothing = [("nonce", "0123456789abcdef"), ("for", "admin")];
    let nothing = browser().post(server.at("/users/new")).form(&nothing).send().await.unwrap();
    assert_eq!(nothing.headers()[LOCATION], "/login?next=%2Fusers%2Fnew");
    let script = browser().post(server.at("/users/new")).form(&form).header("HX-Request", "true").send().await.unwrap();
    assert!(!script.text().await.unwrap().contains(secret), "a script keeps its form itself");
}

async fn a_form_of_any_size_that_is_accepted_is_kept(server: Server) {
    let free = "ö\n".repeat(1_800);
    let form = [("for", "admin"), ("name", "poet"), ("description", ""), ("free", &*free)];
    let visitor = browser();
    let told = visitor.post(server.at("/roles/new")).form(&form).send().await.unwrap().text().await.unwrap();
    let again = filled(&told, "/login/again");
    let sign_in = post(&server, &visitor, "/login/again", &again).await.text().await.unwrap();
    let fields = with(with(filled(&sign_in, "/login"), "username", "admin"), "password", PASSWORD);
    assert_eq!(post(&server, &visitor, "/login", &fields).await.headers()[LOCATION], "/roles/new");
    assert_eq!(value(&server, &visitor, "/roles/new", "free").await, free);

    let too_long = [("next", "/roles/new"), ("kept", &*"x".repeat(20_000))];
    let answer = browser().post(server.at("/login/again")).form(&too_long).send().await.unwrap();
    assert_eq!(alert(&answer.text().await.unwrap()), "", "nothing is promised");
}

async fn a_form_is_read_whole_or_refused(server: Server) {
    let admin = server.signed_in("admin").await;
    let form = [("name", "poet"), ("description", ""), ("free", &*"x".repeat(17_000))];
    for browser in [admin, browser()] {
        let answer = browser.post(server.at("/roles/new")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text().await.unwrap().contains("larger than this form allows"));
    }
}

async fn what_was_typed_cannot_come_from_an_address_or_another_website(server: Server) {
    let admin = server.signed_in("admin").await;
    for path in ["/users/new?username=mallory&role=administrator", "/roles/new?name=mallory", "/profile?name=mallory"] {
        assert!(!server.text(&admin, path).await.contains("mallory"), "{path}");
    }
    let again = [("next", "/users/new"), ("kept", "for=admin&username=mallory&display_name=&email=")];
    let request = admin.post(server.at("/login/again")).header("Sec-Fetch-Site", "cross-site").form(&again);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(!server.text(&admin, "/users/new").await.contains("mallory"));

    let elsewhere = [("next", "//evil.example/users/new"), ("kept", "username=mallory")];
    let answer = admin.post(server.at("/login/again")).form(&elsewhere).send().await.unwrap();
    assert!(!answer.headers()[LOCATION].to_str().unwrap().contains("evil"));
}
