//! One's own account: the password, the sessions, and how they end.

use chrono::Duration;
use diesel::prelude::*;
use keyledge::db::Timestamp;
use keyledge::db::schema::{audit_events, sessions};
use reqwest::header::{COOKIE, LOCATION, REFERER, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;

use crate::support::{
    PASSWORD, Server, TestDatabase, alert, browser, cell, notice, on_each_database, rows, session_cookie,
};

on_each_database![
    a_password_is_changed_by_who_knows_the_current_one,
    this_session_goes_on_under_a_new_key_and_the_others_end,
    a_wrong_current_password_changes_nothing,
    wrong_current_passwords_are_limited_as_failed_sign_ins_are,
    a_new_password_that_cannot_be_taken_is_explained,
    two_changes_at_the_same_moment_make_one_password,
    the_sessions_are_listed_with_what_tells_them_apart,
    the_use_of_a_session_is_noted_once_a_minute,
    another_session_is_ended,
    all_other_sessions_are_ended,
    nobody_ends_the_sessions_of_others,
    what_names_a_session_in_a_form_opens_nothing,
    what_is_changed_is_in_the_persons_record,
    asking_how_long_a_session_lasts_does_not_prolong_it,
    a_session_is_prolonged_until_its_longest_lifetime,
    an_ended_session_leads_back_to_where_one_was,
];

const NEW: &str = "four unrelated words here";

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn a_password_is_changed_by_who_knows_the_current_one(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let answer = change(&server, &ada, PASSWORD, NEW).await;
    assert_eq!((answer.status(), &answer.headers()[LOCATION]), (StatusCode::SEE_OTHER, &"/account".parse().unwrap()));
    assert_eq!(notice(&server.text(&ada, "/account").await), "Your password was changed.");
    assert_eq!(notice(&server.text(&ada, "/account").await), "");
    assert_eq!(server.sign_in(&browser(), "ada", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.sign_in(&browser(), "ada", NEW).await.status(), StatusCode::SEE_OTHER);
    server.token(&key).await;
}

async fn this_session_goes_on_under_a_new_key_and_the_others_end(server: Server) {
    let (one, two) = (server.signed_in("admin").await, server.signed_in("admin").await);
    let began = cell(rows(&server.text(&one, "/account").await)[0], "Started");
    let before = session_cookie(&server.sign_in(&browser(), "admin", PASSWORD).await);
    server.clock.advance(Duration::minutes(3));

    let form = [("current", PASSWORD), ("password", NEW), ("repeated", NEW)];
    let request = plain().post(server.at("/account/password")).header(COOKIE, &before);
    let after = session_cookie(&request.form(&form).send().await.unwrap());
    assert_ne!(before, after);
    assert_eq!(home_with(&server, &before).await.headers()[LOCATION], "/login?next=%2F");
    assert_eq!(home_with(&server, &after).await.status(), StatusCode::OK);
    for other in [&one, &two] {
        assert!(!is_signed_in(&server, other).await);
    }
    let page = plain().get(server.at("/account")).header(COOKIE, &after).send().await.unwrap().text().await.unwrap();
    assert!(notice(&page).contains("2 other sessions ended"), "{}", notice(&page));
    let [this] = rows(&page).try_into().unwrap();
    assert_eq!(cell(this, "Started"), began);
}

async fn a_wrong_current_password_changes_nothing(server: Server) {
    let (admin, other) = (server.signed_in("admin").await, server.signed_in("admin").await);
    let answer = change(&server, &admin, "not the password", NEW).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    assert_eq!(alert(&page), "The current password is wrong. Nothing was changed.");
    assert_eq!(wrong_field(&page), "current");
    assert!(page.contains("<title>Error: Account settings"));
    assert!(!page.contains(NEW) && !page.contains("not the password"));
    assert!(is_signed_in(&server, &admin).await && is_signed_in(&server, &other).await);
    server.signed_in("admin").await;
}

async fn wrong_current_passwords_are_limited_as_failed_sign_ins_are(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3", "--failure-window", "15m"]);
    let admin = server.signed_in("admin").await;
    for _ in 0..2 {
        assert_eq!(change(&server, &admin, "a guess", NEW).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(server.sign_in(&browser(), "admin", "a guess").await.status(), StatusCode::UNAUTHORIZED);

    let answer = change(&server, &admin, PASSWORD, NEW).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: i64 = answer.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!(alert(&answer.text().await.unwrap()).contains("too many failed attempts"));
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);

    server.clock.advance(Duration::seconds(seconds));
    assert_eq!(change(&server, &admin, PASSWORD, NEW).await.status(), StatusCode::SEE_OTHER);
}

async fn a_new_password_that_cannot_be_taken_is_explained(database: TestDatabase) {
    let server = database.serve(&["--instance-name", "Fynapse API"]);
    let admin = server.signed_in("admin").await;
    for (chosen, repeated, field, words) in [
        ("sh0rt", "sh0rt", "password", "at least 15 characters"),
        ("polniypizdec0211", "polniypizdec0211", "password", "known from a data leak"),
        ("password1234567890", "password1234567890", "password", "easy to guess"),
        ("the admin 2026!", "the admin 2026!", "password", "your username"),
        ("my fynapse api key", "my fynapse api key", "password", "the name of this service"),
        (PASSWORD, PASSWORD, "password", "the current password"),
        (NEW, "four unrelated words there", "repeated", "differ"),
    ] {
        let form = [("current", PASSWORD), ("password", chosen), ("repeated", repeated)];
        let answer = admin.post(server.at("/account/password")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{chosen} was accepted");
        let page = answer.text().await.unwrap();
        assert!(alert(&page).contains(words), "{chosen}: {}", alert(&page));
        assert_eq!(wrong_field(&page), field, "{chosen}");
        assert!(!page.contains(chosen), "the password is shown again");
    }
    assert!(is_signed_in(&server, &admin).await);
    server.signed_in("admin").await;
}

async fn two_changes_at_the_same_moment_make_one_password(server: Server) {
    let (one, two) = (server.signed_in("admin").await, server.signed_in("admin").await);
    let words = ["seven green boats under rain", "eleven tin horses at noon"];
    let (first, second) =
        tokio::join!(change(&server, &one, PASSWORD, words[0]), change(&server, &two, PASSWORD, words[1]));
    // The later one is signed out already, or told that the current password is wrong.
    let changed = |answer: &Response| answer.headers().get(LOCATION).is_some_and(|location| location == "/account");
    assert_ne!(changed(&first), changed(&second));
    let (kept, lost) = if changed(&first) { (words[0], words[1]) } else { (words[1], words[0]) };
    assert_eq!(server.sign_in(&browser(), "admin", kept).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(server.sign_in(&browser(), "admin", lost).await.status(), StatusCode::UNAUTHORIZED);
}

async fn the_sessions_are_listed_with_what_tells_them_apart(database: TestDatabase) {
    let server = database.serve(&["--trusted-proxies", "127.0.0.1"]);
    let form = [("username", "admin"), ("password", PASSWORD)];
    let request = browser().post(server.at("/login")).header(USER_AGENT, FIREFOX);
    request.header("X-Forwarded-For", "203.0.113.9").form(&form).send().await.unwrap();
    server.clock.advance(Duration::minutes(5));
    let admin = server.signed_in("admin").await;
    server.add_user("ada", &[]).await;

    let page = server.text(&admin, "/account").await;
    let [this, other] = rows(&page).try_into().unwrap();
    assert_eq!([cell(this, "Browser"), cell(this, "Address")], ["Unknown browser", "127.0.0.1"]);
    assert_eq!(cell(this, "Actions"), "This session");
    assert_eq!([cell(other, "Browser"), cell(other, "Address")], ["Firefox on Windows", "203.0.113.9"]);
    assert!(other.contains("aria-label=\"End session 2, Firefox on Windows\""));
    assert_ne!(cell(this, "Started"), cell(other, "Started"));
    assert_eq!(cell(other, "Started"), cell(other, "Last used"));
}

async fn the_use_of_a_session_is_noted_once_a_minute(server: Server) {
    let admin = server.signed_in("admin").await;
    let last_used = || {
        let query = sessions::table.select((sessions::began_at, sessions::last_used_at));
        server.open_database().read_blocking(|connection| query.first::<(Timestamp, Timestamp)>(connection)).unwrap()
    };
    let (began_at, at_first) = last_used();
    server.clock.advance(Duration::seconds(50));
    server.text(&admin, "/").await;
    assert_eq!(last_used(), (began_at, at_first));
    server.clock.advance(Duration::seconds(20));
    server.text(&admin, "/").await;
    let (still_began_at, later) = last_used();
    assert_eq!(still_began_at, began_at);
    assert!(later - at_first >= Duration::seconds(70));
}

async fn another_session_is_ended(server: Server) {
    let (admin, other, third) =
        (server.signed_in("admin").await, server.signed_in("admin").await, server.signed_in("admin").await);
    let handle = &handles(&server.text(&other, "/account").await)[0];
    let page = server.text(&admin, "/account").await;
    let [first, second] = handles(&page).try_into().unwrap();
    let of_third = if *handle == first { second } else { first };
    let answer = end(&server, &admin, &of_third).await;
    assert_eq!(answer.headers()[LOCATION], "/account");
    let page = server.text(&admin, "/account").await;
    assert_eq!(notice(&page), "Session ended: Unknown browser.");
    assert_eq!(rows(&page).len(), 2);
    assert_ne!(is_signed_in(&server, &other).await, is_signed_in(&server, &third).await);
    end(&server, &admin, &of_third).await;
    assert_eq!(notice(&server.text(&admin, "/account").await), "That session had already ended.");
}

async fn all_other_sessions_are_ended(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let (admin, other, third) =
        (server.signed_in("admin").await, server.signed_in("admin").await, server.signed_in("admin").await);
    assert!(server.text(&admin, "/account").await.contains("End all other sessions"));
    admin.post(server.at("/account/sessions/end-others")).send().await.unwrap();
    let page = server.text(&admin, "/account").await;
    assert_eq!(notice(&page), "2 other sessions ended.");
    assert!(!page.contains("End all other sessions"));
    assert!(!is_signed_in(&server, &other).await && !is_signed_in(&server, &third).await);
    assert!(is_signed_in(&server, &ada).await);
}

async fn nobody_ends_the_sessions_of_others(server: Server) {
    let (admin, other) = (server.signed_in("admin").await, server.signed_in("admin").await);
    let [handle] = handles(&server.text(&admin, "/account").await).try_into().unwrap();
    let ada = server.add_user("ada", &["administrator"]).await;
    end(&server, &ada, &handle).await;
    assert_eq!(notice(&server.text(&ada, "/account").await), "That session had already ended.");
    assert!(is_signed_in(&server, &other).await);
    let answer = browser().post(server.at(&format!("/account/sessions/{handle}/end"))).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/login?next=%2Faccount");
    assert!(is_signed_in(&server, &other).await);
}

async fn what_names_a_session_in_a_form_opens_nothing(server: Server) {
    let (admin, _other) = (server.signed_in("admin").await, server.signed_in("admin").await);
    let [handle] = handles(&server.text(&admin, "/account").await).try_into().unwrap();
    let answer = home_with(&server, &format!("keyledge={handle}")).await;
    assert_eq!(answer.headers()[LOCATION], "/login?next=%2F");
    let digests = sessions::table.select(sessions::key_digest);
    let digests: Vec<Vec<u8>> = server.open_database().read_blocking(|connection| digests.load(connection)).unwrap();
    assert!(digests.iter().all(|digest| digest.len() == 32 && !digest.starts_with(handle.as_bytes())));
}

async fn what_is_changed_is_in_the_persons_record(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    for _ in 0..4 {
        server.signed_in("ada").await;
    }
    let [first, ..] = &handles(&server.text(&ada, "/account").await)[..] else { panic!("there is no other session") };
    end(&server, &ada, first).await;
    end(&server, &ada, first).await;
    ada.post(server.at("/account/sessions/end-others")).send().await.unwrap();
    change(&server, &ada, "not the password", NEW).await;
    server.signed_in("ada").await;
    change(&server, &ada, PASSWORD, NEW).await;
    let query = audit_events::table
        .filter(audit_events::action.eq_any(["end_sessions", "change_password"]))
        .order(audit_events::id)
        .select((audit_events::action, audit_events::reason, audit_events::detail));
    let recorded: Vec<(String, Option<String>, Option<String>)> =
        server.open_database().read_blocking(|connection| query.load(connection)).unwrap();
    let recorded: Vec<_> = recorded.iter().map(|(a, b, c)| (&**a, b.as_deref(), c.as_deref())).collect();
    assert_eq!(
        recorded,
        [
            ("end_sessions", None, Some("1 session: Unknown browser, 127.0.0.1")),
            ("end_sessions", None, Some("3 other sessions")),
            ("change_password", Some("wrong_password"), None),
            ("change_password", None, Some("1 other session ended")),
        ]
    );
    let page = server.text(&ada, "/activity").await;
    assert_eq!(cell(rows(&page)[0], "Action"), "Changed password 1 other session ended");
    assert!(page.contains("Ended sessions"));
}

async fn asking_how_long_a_session_lasts_does_not_prolong_it(database: TestDatabase) {
    let server = database.serve(&["--session-idle-lifetime", "10m"]);
    let admin = server.signed_in("admin").await;
    for minutes in [0, 3, 6, 9] {
        let remaining = remaining(&server, &admin).await;
        let left = remaining["seconds_left"].as_i64().unwrap();
        assert!((590 - minutes * 60..=601 - minutes * 60).contains(&left), "{left} left after {minutes} minutes");
        assert_eq!((&remaining["warn_at"], &remaining["can_stay"]), (&120.into(), &true.into()));
        server.clock.advance(Duration::minutes(3));
    }
    let answer = ask(&server, &admin).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&server, &browser()).await.status(), StatusCode::UNAUTHORIZED);
}

async fn a_session_is_prolonged_until_its_longest_lifetime(database: TestDatabase) {
    let server = database.serve(&["--session-idle-lifetime", "10m", "--session-absolute-lifetime", "20m"]);
    let admin = server.signed_in("admin").await;
    server.clock.advance(Duration::minutes(9));
    let answer = admin.post(server.at("/account/session/stay")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let prolonged = remaining(&server, &admin).await;
    assert!(prolonged["seconds_left"].as_i64().unwrap() > 590);
    assert_eq!(prolonged["can_stay"], true);

    server.clock.advance(Duration::minutes(9));
    admin.post(server.at("/account/session/stay")).send().await.unwrap();
    let last = remaining(&server, &admin).await;
    assert!(last["seconds_left"].as_i64().unwrap() <= 120);
    assert_eq!(last["can_stay"], false);
    let website = [("Sec-Fetch-Site", "cross-site")];
    for (name, value) in website {
        let answer = admin.post(server.at("/account/session/stay")).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
}

async fn an_ended_session_leads_back_to_where_one_was(server: Server) {
    let here = format!("{}/activity?before=12", server.url);
    let evil = "https://evil.example/activity";
    for (path, referer, next) in [
        ("/account/password", None, "/login?next=%2Faccount"),
        ("/profile/api-keys", Some(&*here), "/login?next=%2Fprofile"),
        ("/account/session/stay", Some(&*here), "/login?next=%2Faccount"),
    ] {
        let mut request = browser().post(server.at(path));
        if let Some(referer) = referer {
            request = request.header(REFERER, referer);
        }
        let form = [("nonce", "0123456789abcdef")];
        assert_eq!(request.form(&form).send().await.unwrap().headers()[LOCATION], next, "{path}");
    }
    for (referer, next) in [(&*here, "/login?next=%2Factivity%3Fbefore%3D12"), (evil, "/login?next=%2F")] {
        let request = browser().post(server.at("/keys/kl_0000000000000000000000/delete")).header(REFERER, referer);
        assert_eq!(request.send().await.unwrap().headers()[LOCATION], next);
    }
    let admin = server.signed_in("admin").await;
    let answer = admin.get(server.at("/account/password")).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/account");
}

/// A browser that keeps no cookies.
fn plain() -> Client {
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

async fn home_with(server: &Server, cookie: &str) -> Response {
    plain().get(server.at("/")).header(COOKIE, cookie).send().await.unwrap()
}

async fn is_signed_in(server: &Server, browser: &Client) -> bool {
    browser.get(server.at("/")).send().await.unwrap().status() == StatusCode::OK
}

async fn change(server: &Server, browser: &Client, current: &str, password: &str) -> Response {
    let form = [("current", current), ("password", password), ("repeated", password)];
    browser.post(server.at("/account/password")).form(&form).send().await.unwrap()
}

async fn end(server: &Server, browser: &Client, handle: &str) -> Response {
    browser.post(server.at(&format!("/account/sessions/{handle}/end"))).send().await.unwrap()
}

async fn ask(server: &Server, browser: &Client) -> Response {
    browser.get(server.at("/account/session")).header("HX-Request", "true").send().await.unwrap()
}

async fn remaining(server: &Server, browser: &Client) -> Value {
    ask(server, browser).await.json().await.unwrap()
}

/// The handles of the other sessions.
fn handles(page: &str) -> Vec<String> {
    let forms = page.split("action=\"/account/sessions/").skip(1);
    forms.filter_map(|form| form.split_once("/end\"")).map(|(handle, _)| handle.to_owned()).collect()
}

/// The name of the field that is marked as wrong.
fn wrong_field(page: &str) -> &str {
    let (before, _) = page.split_once("aria-invalid=\"true\"").expect("no field is marked as wrong");
    before.rsplit_once("name=\"").unwrap().1.split('"').next().unwrap()
}
