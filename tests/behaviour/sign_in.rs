//! Signing in and out, and how long that lasts.

use std::sync::Arc;

use chrono::Duration;
use keyledge::users::queries::greatest_password_hash;
use reqwest::header::{COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::task::JoinSet;
use url::Url;

use crate::support::{
    PASSWORD, Server, TestDatabase, alert, browser, field, keyledge, on_each_database, session_cookie,
};

on_each_database![
    a_user_signs_in_and_out,
    every_refusal_has_one_answer,
    a_username_is_found_in_any_spelling,
    a_planted_session_does_not_become_the_persons_own,
    a_session_that_is_not_used_ends,
    a_session_ends_after_its_longest_lifetime_though_it_is_used,
    the_cookie_is_out_of_reach_of_scripts_and_other_websites,
    behind_https_the_cookie_belongs_to_this_host_alone,
    signing_out_ends_the_session_on_the_server,
    failed_attempts_are_limited_for_a_username_until_the_window_ends,
    a_sign_in_is_no_failed_attempt,
    sign_ins_at_the_same_moment_are_no_failed_attempts,
    one_address_cannot_try_one_username_after_another,
    a_stranger_cannot_lock_a_user_out,
    a_made_up_forwarding_header_hides_no_address,
    signing_in_leads_to_this_server_only,
    a_one_time_password_is_replaced_before_anything_else,
    a_new_password_obeys_the_rules,
    a_password_of_64_characters_in_any_script_is_taken_whole,
    a_password_is_the_same_however_a_device_writes_its_accents,
    choosing_a_password_ends_the_other_sessions,
    a_password_that_was_set_with_another_cost_is_hashed_anew,
];

async fn a_user_signs_in_and_out(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.text(&admin, "/").await.contains("Administrator"));

    let answer = admin.post(server.at("/logout")).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/login");
    assert_eq!(admin.get(server.at("/")).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(browser().get(server.at("/")).send().await.unwrap().headers()["location"], "/login?next=%2F");
}

async fn every_refusal_has_one_answer(server: Server) {
    server.add_user("ada", &[]).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);
    let mut answers = Vec::new();
    for (username, password) in [("admin", "not the password"), ("nobody", PASSWORD), ("ada", PASSWORD)] {
        let answer = server.sign_in(&browser(), username, password).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let page = answer.text().await.unwrap();
        assert_eq!(field(&page, "username"), username);
        assert!(!headers.contains_key(SET_COOKIE));
        answers.push((status, page.replace(&format!("value=\"{username}\""), "")));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(alert(&answers[0].1), "The username or the password is wrong, or the account is disabled.");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

async fn a_username_is_found_in_any_spelling(server: Server) {
    let answer = server.sign_in(&browser(), " ADMIN ", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

async fn a_planted_session_does_not_become_the_persons_own(server: Server) {
    server.add_user("mallory", &[]).await;
    let planted = session_cookie(&server.sign_in(&browser(), "mallory", PASSWORD).await);
    let answer = plain()
        .post(server.at("/login"))
        .header(COOKIE, &planted)
        .form(&[("username", "admin"), ("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    let own = session_cookie(&answer);
    assert_eq!(home_with(&server, &own).await.status(), StatusCode::OK);
    assert_eq!(home_with(&server, &planted).await.headers()[LOCATION], "/login?next=%2F");
}

async fn a_session_that_is_not_used_ends(database: TestDatabase) {
    let server = database.serve(&["--session-idle-lifetime", "10m"]);
    let admin = server.signed_in("admin").await;
    for _ in 0..3 {
        server.clock.advance(Duration::minutes(9));
        assert!(is_signed_in(&server, &admin).await);
    }
    server.clock.advance(Duration::seconds(601));
    assert!(!is_signed_in(&server, &admin).await);
}

async fn a_session_ends_after_its_longest_lifetime_though_it_is_used(database: TestDatabase) {
    let server = database.serve(&["--session-idle-lifetime", "30m", "--session-absolute-lifetime", "1h"]);
    let admin = server.signed_in("admin").await;
    for _ in 0..2 {
        server.clock.advance(Duration::minutes(29));
        assert!(is_signed_in(&server, &admin).await);
    }
    server.clock.advance(Duration::minutes(2));
    assert!(!is_signed_in(&server, &admin).await);
}

async fn the_cookie_is_out_of_reach_of_scripts_and_other_websites(server: Server) {
    let answer = server.sign_in(&browser(), "admin", PASSWORD).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("keyledge="));
    assert!(attributes.contains(&"HttpOnly"));
    assert!(attributes.contains(&"SameSite=Lax"));
    assert!(attributes.contains(&"Path=/"));
    assert!(!attributes.contains(&"Secure"), "no browser would send it back over http");
    assert!(!cookie.contains("Domain"));
    assert!(!answer.headers().contains_key("strict-transport-security"));
}

async fn behind_https_the_cookie_belongs_to_this_host_alone(database: TestDatabase) {
    let server = database.serve(&["--public-url", "https://keys.example.com", "--trusted-proxies", "127.0.0.1"]);
    let answer = server.sign_in(&browser(), "admin", PASSWORD).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("__Host-keyledge="));
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&attribute), "{attribute} is missing");
    }
    assert!(!cookie.contains("Domain"));
    assert!(answer.headers()["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
}

async fn signing_out_ends_the_session_on_the_server(server: Server) {
    let cookie = session_cookie(&server.sign_in(&browser(), "admin", PASSWORD).await);
    assert_eq!(home_with(&server, &cookie).await.status(), StatusCode::OK);
    plain().post(server.at("/logout")).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(home_with(&server, &cookie).await.headers()[LOCATION], "/login?next=%2F");
}

async fn failed_attempts_are_limited_for_a_username_until_the_window_ends(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3", "--failure-window", "15m"]);
    server.add_user("ada", &[]).await;
    fail(&server, "admin", 3).await;

    let answer = server.sign_in(&browser(), "admin", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: i64 = answer.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds));
    assert!(alert(&answer.text().await.unwrap()).contains("too many failed attempts"));

    server.signed_in("ada").await;
    server.clock.advance(Duration::seconds(seconds));
    server.signed_in("admin").await;
}

async fn a_sign_in_is_no_failed_attempt(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3", "--max-failures-per-address", "3"]);
    for _ in 0..5 {
        server.signed_in("admin").await;
    }
    fail(&server, "admin", 2).await;
    server.signed_in("admin").await;
    fail(&server, "admin", 1).await;
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

async fn sign_ins_at_the_same_moment_are_no_failed_attempts(server: Server) {
    // One hash is as new ones are, the other is made anew meanwhile.
    add_ada_with_another_cost(&server);
    let server = Arc::new(server);
    for username in ["admin", "ada"] {
        let mut browsers = JoinSet::new();
        for _ in 0..16 {
            let server = server.clone();
            browsers.spawn(async move { server.sign_in(&browser(), username, PASSWORD).await.status() });
        }
        assert_eq!(browsers.join_all().await, [StatusCode::SEE_OTHER; 16], "{username}");
    }
    assert_eq!(server.database.failures("password"), 0);
}

/// Adds `ada`, whose password has a hash of another cost than the server's.
fn add_ada_with_another_cost(server: &Server) {
    let add = ["user", "add", "ada", "--password-stdin", "--bcrypt-cost", "6"];
    assert_eq!(keyledge(&server.database.text, &add, PASSWORD).code, 0);
}

async fn one_address_cannot_try_one_username_after_another(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-address", "4"]);
    for number in 0..4 {
        fail(&server, &format!("user{number}"), 1).await;
    }
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

async fn a_stranger_cannot_lock_a_user_out(database: TestDatabase) {
    let server = database.serve(&["--trusted-proxies", "127.0.0.1", "--max-failures-per-name", "3"]);
    for _ in 0..3 {
        let answer = sign_in_from(&server, "198.51.100.7", "not the password").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    for stranger in ["198.51.100.7", "203.0.113.9, 198.51.100.7"] {
        let answer = sign_in_from(&server, stranger, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(sign_in_from(&server, "203.0.113.9", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

async fn a_made_up_forwarding_header_hides_no_address(database: TestDatabase) {
    let server = database.serve(&["--max-failures-per-name", "3"]);
    for number in 0..3 {
        sign_in_from(&server, &format!("198.51.100.{number}"), "not the password").await;
    }
    assert_eq!(sign_in_from(&server, "203.0.113.9", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

async fn signing_in_leads_to_this_server_only(server: Server) {
    assert_eq!(goes_on_to(&server, "/activity?before=12").await, server.at("/activity?before=12"));
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/%09/evil.example/",
        "/..//evil.example/",
        "/.//evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nSet-Cookie: a=b",
    ] {
        let there = goes_on_to(&server, elsewhere).await;
        let host = Url::parse(&there).unwrap().origin();
        assert_eq!(host, Url::parse(&server.url).unwrap().origin(), "{elsewhere:?} led to {there}");
    }
}

async fn a_one_time_password_is_replaced_before_anything_else(server: Server) {
    let password = add_with_one_time_password(&server, "ada");
    let ada = browser();
    assert_eq!(server.sign_in(&ada, "ada", &password).await.status(), StatusCode::SEE_OTHER);
    for path in ["/", "/profile", "/activity"] {
        let answer = ada.get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.headers()[LOCATION], "/login/password", "{path} was shown");
    }
    let answer = server.submit(&ada, "0123456789abcdef", &[]).await;
    assert_eq!(answer.headers()[LOCATION], "/login/password");
    assert!(server.text(&ada, "/login/password").await.contains("Choose a new password"));

    let answer = choose(&server, &ada, "four unrelated words here", "four unrelated words here").await;
    assert_eq!(answer.headers()[LOCATION], "/");
    assert!(is_signed_in(&server, &ada).await);
    assert_eq!(server.sign_in(&browser(), "ada", &password).await.status(), StatusCode::UNAUTHORIZED);
    let again = browser();
    server.sign_in(&again, "ada", "four unrelated words here").await;
    assert!(is_signed_in(&server, &again).await);
}

async fn a_new_password_obeys_the_rules(server: Server) {
    let username = "ada.lovelace@example.com";
    let password = add_with_one_time_password(&server, username);
    let ada = browser();
    server.sign_in(&ada, username, &password).await;
    let long = "ab".repeat(513);
    for (chosen, repeated, words) in [
        ("sh0rt", "sh0rt", "at least 15 characters"),
        ("abababababababababab", "abababababababababab", "easy to guess"),
        ("polniypizdec0211", "polniypizdec0211", "known from a data leak"),
        ("Ada.Lovelace@Example.com", "Ada.Lovelace@Example.com", "your username or the name of this service"),
        (&long, &long, "too long"),
        ("four unrelated words here", "four unrelated words there", "differ"),
        (&password, &password, "one-time password"),
    ] {
        let answer = choose(&server, &ada, chosen, repeated).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{chosen} was accepted");
        let page = answer.text().await.unwrap();
        assert!(alert(&page).contains(words), "{chosen}: {}", alert(&page));
        assert!(!page.contains(chosen), "the password is shown again");
    }
    assert!(!is_signed_in(&server, &ada).await);
}

async fn a_password_of_64_characters_in_any_script_is_taken_whole(server: Server) {
    let scripts = [
        "correct horse battery staple and a good deal more of such words!",
        "кактус скрипка лодка компас лимон черепаха орган кактус весло су",
        "密码学是一门有趣的学问但是很难所以我们用很长很长的句子来保护自己的账户不让别人猜到它也不写在纸上每天早上喝茶的时候想一想它就好了",
        "🌵🦀🐢🎻🧭🪵🍋🛶🧵🌋🪐🧊🥁🪁🦔🍄🧲🛎🪀🧿🌵🐙🦚🎲🧶🪕🏺🗿🌰🧯🪂🛸🦩🍀🧬🔭🪃🦉🌶🧇🛖🪗🦭🍥🧩🎏🪅🦦🌽🥨🛹🪆🦥🍡🧰🎐🪄🦨🌭🥞🛼🪡🦝🍢",
    ];
    for (number, password) in scripts.into_iter().enumerate() {
        assert_eq!(password.chars().count(), 64);
        let username = format!("user{number}");
        let user = browser();
        server.sign_in(&user, &username, &add_with_one_time_password(&server, &username)).await;
        let answer = choose(&server, &user, password, password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{password}: {}", alert(&answer.text().await.unwrap()));
        let cut: String = password.chars().take(63).collect();
        assert_eq!(server.sign_in(&browser(), &username, &cut).await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(server.sign_in(&browser(), &username, password).await.status(), StatusCode::SEE_OTHER);
    }
}

async fn a_password_is_the_same_however_a_device_writes_its_accents(server: Server) {
    let ada = browser();
    server.sign_in(&ada, "ada", &add_with_one_time_password(&server, "ada")).await;
    let (composed, decomposed) = ("zürich im frühling", "zu\u{308}rich im fru\u{308}hling");
    assert_eq!(choose(&server, &ada, composed, decomposed).await.status(), StatusCode::SEE_OTHER);
    for written in [composed, decomposed] {
        assert_eq!(server.sign_in(&browser(), "ada", written).await.status(), StatusCode::SEE_OTHER);
    }
}

async fn choosing_a_password_ends_the_other_sessions(server: Server) {
    let password = add_with_one_time_password(&server, "ada");
    let (ada, other) = (browser(), browser());
    server.sign_in(&ada, "ada", &password).await;
    server.sign_in(&other, "ada", &password).await;
    choose(&server, &ada, "four unrelated words here", "four unrelated words here").await;
    let answer = other.get(server.at("/")).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/login?next=%2F");
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

async fn fail(server: &Server, username: &str, times: usize) {
    for _ in 0..times {
        let answer = server.sign_in(&browser(), username, "not the password").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
}

async fn sign_in_from(server: &Server, forwarded_for: &str, password: &str) -> Response {
    plain()
        .post(server.at("/login"))
        .header("X-Forwarded-For", forwarded_for)
        .form(&[("username", "admin"), ("password", password)])
        .send()
        .await
        .unwrap()
}

/// Where a browser is sent after signing in, as a whole URL.
async fn goes_on_to(server: &Server, next: &str) -> String {
    let form = [("username", "admin"), ("password", PASSWORD), ("next", next)];
    let answer = browser().post(server.at("/login")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[LOCATION].to_str().unwrap();
    Url::parse(&server.at("/login")).unwrap().join(location).unwrap().to_string()
}

fn add_with_one_time_password(server: &Server, username: &str) -> String {
    let (added, printed) = server.cli(&["user", "add", username]);
    assert!(added, "{printed}");
    printed.split_once("first sign-in: ").unwrap().1.trim().to_owned()
}

async fn choose(server: &Server, browser: &Client, password: &str, repeated: &str) -> Response {
    let form = [("password", password), ("repeated", repeated)];
    browser.post(server.at("/login/password")).form(&form).send().await.unwrap()
}

async fn a_password_that_was_set_with_another_cost_is_hashed_anew(server: Server) {
    add_ada_with_another_cost(&server);
    let database = server.open_database();
    let hash = || database.read_blocking(greatest_password_hash).unwrap().unwrap();
    assert!(hash().starts_with("$2b$06$"));
    server.sign_in(&browser(), "ada", "not the password").await;
    assert!(hash().starts_with("$2b$06$"), "a refusal changes nothing");
    for _ in 0..2 {
        let ada = server.signed_in("ada").await;
        assert!(server.text(&ada, "/").await.contains("ada"));
        assert!(hash().starts_with("$2b$04$"));
    }
}
