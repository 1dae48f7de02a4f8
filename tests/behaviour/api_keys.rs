//! API keys in the Profile window: generating, watching, deleting.

use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use keyledge::db::Timestamp;
use keyledge::db::schema::api_keys;
use reqwest::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE, VARY};
use reqwest::{Client, Response, StatusCode};
use tokio::task::JoinSet;

use crate::support::{
    Key, PASSWORD, Record, Server, TestDatabase, alert, browser, cell, field, nonce, on_each_database, row, rows,
    session_cookie,
};
use crate::tokens::token_from;

on_each_database![
    a_new_key_is_shown_with_its_secret_once,
    what_follows_an_answer_with_a_secret_changes_a_cookie,
    behind_https_that_cookie_belongs_to_this_host_alone,
    where_a_new_key_was_shown_the_profile_page_is_shown,
    a_new_key_stands_in_the_grid_valid_for_90_days,
    a_key_has_the_formats_that_scanners_know,
    a_lifetime_and_a_name_can_be_chosen,
    a_key_can_live_until_the_end_of_a_date,
    the_operator_sets_the_longest_lifetime,
    bad_input_is_answered_with_words_and_makes_no_key,
    a_name_is_shown_as_text,
    a_repeated_submit_makes_no_second_key,
    the_same_form_sent_twice_at_once_makes_one_key,
    a_repeated_submit_of_a_deleted_key_says_so,
    nobody_can_use_another_users_form,
    nobody_sees_or_deletes_another_users_keys,
    two_deletions_at_once_are_one_deletion,
    sixteen_browsers_at_once_lose_nothing,
    a_key_expires_after_its_lifetime,
    the_last_use_of_a_key_is_noted_once_a_minute,
    the_question_before_a_deletion_warns_for_the_last_valid_key,
    a_replacement_keeps_the_name_and_the_lifetime,
    the_panel_is_filled_in_with_what_was_kept,
    a_script_gets_the_parts_of_the_page_it_asks_for,
    a_script_is_told_that_the_session_has_ended,
];

async fn a_new_key_is_shown_with_its_secret_once(server: Server) {
    let admin = server.signed_in("admin").await;
    let form = server.text(&admin, "/profile").await;
    let answer = server.submit(&admin, &nonce(&form), &[]).await;
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let page = answer.text().await.unwrap();
    let key = Key::shown_in(&page);
    let variables = format!("API_CLIENT_ID={}\nAPI_CLIENT_SECRET={}</code>", key.client_id, key.client_secret);
    assert!(page.contains(&variables), "{page}");
    assert_eq!(page.matches(&key.client_secret).count(), 2);
    assert!(server.token(&key).await.contains('.'));

    for path in ["/profile", "/", "/activity"] {
        assert!(!server.text(&admin, path).await.contains("kls_"), "{path} shows a secret");
    }
    let again = server.text(&admin, "/profile").await;
    assert_eq!((field(&again, "client-id"), field(&again, "client-secret")), (String::new(), String::new()));
    assert!(row(&again, &key.client_id).is_some());
}

async fn what_follows_an_answer_with_a_secret_changes_a_cookie(server: Server) {
    let admin = server.signed_in("admin").await;
    let set = async |path: &str| {
        let answer = admin.get(server.at(path)).send().await.unwrap();
        answer.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned())
    };
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let answer = server.submit(&admin, &nonce, &[]).await;
    assert_eq!(answer.headers()[SET_COOKIE], "keyledge-shown=1; HttpOnly; SameSite=Lax; Path=/");
    let page = answer.text().await.unwrap();
    let asset = page.split_once("src=\"").unwrap().1.split_once('"').unwrap().0;
    assert_eq!(set(asset).await, None, "the page with the secret is still shown");
    let next = set("/no-such-page").await.unwrap();
    assert!(next.starts_with("keyledge-shown=; HttpOnly;") && next.contains("Max-Age=0"), "{next}");
    assert_eq!(set("/").await, None);
}

async fn behind_https_that_cookie_belongs_to_this_host_alone(database: TestDatabase) {
    let server = database.serve(&["--public-url", "https://keys.example.com", "--trusted-proxies", "127.0.0.1"]);
    let cookie = session_cookie(&server.sign_in(&browser(), "admin", PASSWORD).await);
    let page = Client::new().get(server.at("/profile")).header(COOKIE, &cookie).send().await.unwrap();
    let form = [("nonce", nonce(&page.text().await.unwrap()))];
    let generate = Client::new().post(server.at("/profile/api-keys")).header(COOKIE, &cookie).form(&form);
    let answer = generate.send().await.unwrap();
    let mut cookies = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let shown = cookies.find(|cookie| cookie.contains("shown")).unwrap();
    assert_eq!(shown, "__Host-keyledge-shown=1; HttpOnly; SameSite=Lax; Secure; Path=/");
}

async fn where_a_new_key_was_shown_the_profile_page_is_shown(server: Server) {
    let answer = server.signed_in("admin").await.get(server.at("/profile/api-keys")).send().await.unwrap();
    assert_eq!((answer.status(), &answer.headers()[LOCATION]), (StatusCode::SEE_OTHER, &"/profile".parse().unwrap()));
}

async fn a_new_key_stands_in_the_grid_valid_for_90_days(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(rows(&server.text(&admin, "/profile").await).is_empty());
    let key = server.generate(&admin).await;
    let page = server.text(&admin, "/profile").await;
    let row = row(&page, &key.client_id).unwrap();
    assert_eq!(cell(row, "Client ID"), key.client_id);
    assert_eq!(cell(row, "Status"), "Valid");
    assert_eq!(cell(row, "Last used"), "Never");
    let expires_at = expires_at(row);
    assert!((expires_at - server.clock.now().utc() - Duration::days(90)).abs() < Duration::minutes(1));
    assert_eq!(cell(row, "Expiration date"), expires_at.format("%-d %B %Y, %H:%M UTC").to_string());
    assert!(row.contains(&format!("aria-label=\"Delete {}\"", key.client_id)));
}

async fn a_key_has_the_formats_that_scanners_know(server: Server) {
    let admin = server.signed_in("admin").await;
    let (key, other) = (server.generate(&admin).await, server.generate(&admin).await);
    let random = key.client_id.strip_prefix("kl_").unwrap();
    let secret = key.client_secret.strip_prefix("kls_").unwrap();
    assert_eq!((random.len(), secret.len()), (22, 49));
    assert!(random.bytes().chain(secret.bytes()).all(|byte| byte.is_ascii_alphanumeric()));
    assert_ne!(key.client_id, other.client_id);
    assert_ne!(key.client_secret, other.client_secret);
}

async fn a_lifetime_and_a_name_can_be_chosen(server: Server) {
    let admin = server.signed_in("admin").await;
    for (days, name) in [("1", "one"), ("7", "seven"), ("30", "thirty"), ("60", "sixty"), ("365", "a year")] {
        let key = server.generate_with(&admin, &[("lifetime", days), ("name", name)]).await;
        let page = server.text(&admin, "/profile").await;
        let row = row(&page, &key.client_id).unwrap();
        let lifetime = Duration::days(days.parse().unwrap());
        assert!((expires_at(row) - server.clock.now().utc() - lifetime).abs() < Duration::minutes(1));
        assert_eq!(cell(row, "Name"), name);
    }
}

async fn a_key_can_live_until_the_end_of_a_date(server: Server) {
    let admin = server.signed_in("admin").await;
    let date = today(&server) + Duration::days(10);
    let fields = [("lifetime", "date"), ("expires_on", &*date.to_string())];
    let key = server.generate_with(&admin, &fields).await;
    let page = server.text(&admin, "/profile").await;
    let end = (date + Duration::days(1)).and_hms_opt(0, 0, 0).unwrap().and_utc();
    assert_eq!(expires_at(row(&page, &key.client_id).unwrap()), end);
}

async fn the_operator_sets_the_longest_lifetime(database: TestDatabase) {
    let server = database.serve(&["--max-key-lifetime-days", "20"]);
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/profile").await;
    assert!(page.contains("<option value=\"20\" selected>20 days</option>"));
    assert!(!page.contains("<option value=\"30\""));
    let key = server.generate(&admin).await;
    let page = server.text(&admin, "/profile").await;
    assert!(expires_at(row(&page, &key.client_id).unwrap()) <= server.clock.now().utc() + Duration::days(20));
    assert_refused(&server, &admin, &[("lifetime", "21")], "at most 20 days").await;
    let too_late = (today(&server) + Duration::days(20)).to_string();
    assert_refused(&server, &admin, &[("lifetime", "date"), ("expires_on", &too_late)], "at most 20 days").await;
}

async fn bad_input_is_answered_with_words_and_makes_no_key(server: Server) {
    let admin = server.signed_in("admin").await;
    let long_name = "n".repeat(101);
    let yesterday = (today(&server) - Duration::days(1)).to_string();
    let too_late = (today(&server) + Duration::days(366)).to_string();
    let fields: [(&[(&str, &str)], &str); 11] = [
        (&[("lifetime", "0")], "has passed"),
        (&[("lifetime", "-1")], "Choose a lifetime"),
        (&[("lifetime", "soon")], "Choose a lifetime"),
        (&[("lifetime", "99999999999999999999")], "Choose a lifetime"),
        (&[("lifetime", "366")], "at most 365 days"),
        (&[("lifetime", "date"), ("expires_on", "")], "a date such as"),
        (&[("lifetime", "date"), ("expires_on", "31.12.2030")], "a date such as"),
        (&[("lifetime", "date"), ("expires_on", &yesterday)], "has passed"),
        (&[("lifetime", "date"), ("expires_on", &too_late)], "at most 365 days"),
        (&[("name", &long_name)], "at most 100 characters"),
        (&[("name", "bell\u{7}")], "cannot be shown"),
    ];
    for (fields, words) in fields {
        assert_refused(&server, &admin, fields, words).await;
    }
    let answer = server.submit(&admin, "too short", &[]).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(rows(&server.text(&admin, "/profile").await).is_empty());
}

async fn a_name_is_shown_as_text(server: Server) {
    let admin = server.signed_in("admin").await;
    let name = "<script>alert(\"1\")</script> ключ 🔑";
    let key = server.generate_with(&admin, &[("name", name)]).await;
    let confirm = format!("/profile/api-keys/{}/delete", key.client_id);
    for path in ["/profile", &confirm] {
        let page = server.text(&admin, path).await;
        assert!(!page.contains("<script>alert"), "{path} shows a name as markup");
        assert!(page.contains("ключ 🔑"), "{path} does not show the name");
    }
}

async fn a_repeated_submit_makes_no_second_key(server: Server) {
    let admin = server.signed_in("admin").await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let key = Key::shown_in(&server.submit(&admin, &nonce, &[]).await.text().await.unwrap());
    let answer = server.submit(&admin, &nonce, &[("name", "another")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    let alert = alert(&page);
    assert!(alert.contains(&key.client_id) && alert.contains("secret cannot be shown again"), "{alert}");
    assert!(!page.contains("kls_"));
    assert!(page.contains("Delete this key"));
    assert_eq!(rows(&page).len(), 1);
    server.token(&key).await;
}

async fn the_same_form_sent_twice_at_once_makes_one_key(server: Server) {
    let admin = server.signed_in("admin").await;
    for _ in 0..5 {
        let before = rows(&server.text(&admin, "/profile").await).len();
        let nonce = nonce(&server.text(&admin, "/profile").await);
        let (one, two) = tokio::join!(server.submit(&admin, &nonce, &[]), server.submit(&admin, &nonce, &[]));
        assert_eq!((one.status(), two.status()), (StatusCode::OK, StatusCode::OK));
        let pages = [one.text().await.unwrap(), two.text().await.unwrap()];
        assert_eq!(pages.iter().filter(|page| page.contains("kls_")).count(), 1);
        assert_eq!(pages.iter().filter(|page| page.contains("This form was already used")).count(), 1);
        assert_eq!(rows(&server.text(&admin, "/profile").await).len(), before + 1);
    }
}

async fn a_repeated_submit_of_a_deleted_key_says_so(server: Server) {
    let admin = server.signed_in("admin").await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let key = Key::shown_in(&server.submit(&admin, &nonce, &[]).await.text().await.unwrap());
    server.delete(&admin, &key.client_id).await;
    let page = server.submit(&admin, &nonce, &[]).await.text().await.unwrap();
    let alert = alert(&page);
    assert!(alert.contains(&key.client_id) && alert.contains("has since been deleted"), "{alert}");
    assert!(rows(&page).is_empty());
}

async fn nobody_can_use_another_users_form(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    let key = Key::shown_in(&server.submit(&admin, &nonce, &[]).await.text().await.unwrap());
    let answer = server.submit(&ada, &nonce, &[]).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!answer.text().await.unwrap().contains(&key.client_id));
    assert!(rows(&server.text(&ada, "/profile").await).is_empty());
}

async fn nobody_sees_or_deletes_another_users_keys(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &["administrator"]).await;
    let key = server.generate(&admin).await;
    assert!(!server.text(&ada, "/profile").await.contains(&key.client_id));
    for client_id in [&*key.client_id, "kl_0000000000000000000000", "rubbish"] {
        assert_eq!(confirm(&server, &ada, client_id).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(server.delete(&ada, client_id).await.status(), StatusCode::NOT_FOUND);
    }
    server.token(&key).await;
    server.delete(&admin, &key.client_id).await;
    assert_eq!(server.delete(&ada, &key.client_id).await.status(), StatusCode::NOT_FOUND);
}

async fn two_deletions_at_once_are_one_deletion(server: Server) {
    let admin = server.signed_in("admin").await;
    for _ in 0..5 {
        let key = server.generate(&admin).await;
        let other = server.signed_in("admin").await;
        let (one, two) = tokio::join!(server.delete(&admin, &key.client_id), server.delete(&other, &key.client_id));
        assert_eq!([one.status(), two.status()], [StatusCode::SEE_OTHER; 2], "who clicks twice is told the same twice");
        assert_eq!(confirm(&server, &admin, &key.client_id).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(Record::whole(&server.database).of_action("delete_key"), 5);
}

async fn sixteen_browsers_at_once_lose_nothing(server: Server) {
    let server = Arc::new(server);
    let mut browsers = JoinSet::new();
    for _ in 0..16 {
        let (server, admin) = (server.clone(), server.signed_in("admin").await);
        browsers.spawn(async move {
            let (kept, deleted) = (server.generate(&admin).await, server.generate(&admin).await);
            let page = server.text(&admin, "/profile").await;
            assert!(row(&page, &kept.client_id).is_some() && row(&page, &deleted.client_id).is_some());
            assert_eq!(server.delete(&admin, &deleted.client_id).await.status(), StatusCode::SEE_OTHER);
            (kept, deleted)
        });
    }
    let keys = browsers.join_all().await;
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/profile").await;
    assert_eq!(rows(&page).len(), 16);
    for (kept, deleted) in keys {
        assert!(row(&page, &kept.client_id).is_some());
        server.token(&kept).await;
        assert_eq!(server.token_answer(&deleted, &[]).await.status(), StatusCode::UNAUTHORIZED);
    }
}

async fn a_key_expires_after_its_lifetime(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    server.clock.advance(Duration::days(90) - Duration::minutes(1));
    assert_eq!(status_in_grid(&server, &key).await, "Valid");
    server.token(&key).await;

    server.clock.advance(Duration::minutes(1));
    assert_eq!(status_in_grid(&server, &key).await, "Expired");
    let answer = server.token_answer(&key, &[]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["error"], "invalid_client");
    assert_eq!(answer["error_description"], "the API key has expired");
}

async fn the_last_use_of_a_key_is_noted_once_a_minute(database: TestDatabase) {
    let server = database.serve(&["--trusted-proxies", "127.0.0.1"]);
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let (mut noted, mut addresses) = (Vec::new(), Vec::new());
    for (seconds, address) in
        [(0, "203.0.113.1"), (30, "203.0.113.2"), (31, "203.0.113.3"), (30, "203.0.113.4"), (31, "2001:db8::5")]
    {
        server.clock.advance(Duration::seconds(seconds));
        let asked = server.clock.now();
        assert_eq!(token_from(&server, &key, address).await.status(), StatusCode::OK);
        let query = api_keys::table.select((api_keys::last_used_at, api_keys::last_used_address));
        let (last, from): (Option<Timestamp>, Option<String>) =
            server.open_database().read_blocking(|connection| query.first(connection)).unwrap();
        noted.push(last.unwrap() >= asked);
        addresses.push(from.unwrap());
    }
    assert_eq!(noted, [true, false, true, false, true]);
    assert_eq!(addresses, ["203.0.113.1", "203.0.113.1", "203.0.113.3", "203.0.113.3", "2001:db8::5"]);
    let page = server.text(&admin, "/profile").await;
    let shown = cell(row(&page, &key.client_id).unwrap(), "Last used");
    assert!(shown.ends_with("UTC from 2001:db8::5"), "{shown}");
}

async fn the_question_before_a_deletion_warns_for_the_last_valid_key(server: Server) {
    let admin = server.signed_in("admin").await;
    let expired = server.generate_with(&admin, &[("lifetime", "1")]).await;
    server.clock.advance(Duration::days(2));
    let admin = server.signed_in("admin").await;
    let last = server.generate(&admin).await;
    let warning = "This is your last valid key";
    let page = confirm(&server, &admin, &last.client_id).await.text().await.unwrap();
    assert!(page.contains(&last.client_id));
    assert!(page.contains("This action cannot be reversed"));
    assert!(page.contains(warning));
    assert!(!confirm(&server, &admin, &expired.client_id).await.text().await.unwrap().contains(warning));

    server.generate(&admin).await;
    assert!(!confirm(&server, &admin, &last.client_id).await.text().await.unwrap().contains(warning));
    server.token(&last).await;
}

async fn a_replacement_keeps_the_name_and_the_lifetime(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("name", "Nightly import"), ("lifetime", "30")]).await;
    let answer = server.delete(&admin, &key.client_id).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[LOCATION], "/profile");
    // Nobody sees the answer to this one.
    admin.head(server.at("/profile")).send().await.unwrap();

    let page = server.text(&admin, "/profile").await;
    assert!(row(&page, &key.client_id).is_none());
    assert!(page.contains(&format!("API key <code>{}</code> was deleted", key.client_id)));
    let form = page.split_once("was deleted").unwrap().1.split_once("Generate a replacement").unwrap().0;
    let (name, lifetime) = (hidden(form, "name"), hidden(form, "lifetime"));
    assert_eq!((&*name, &*lifetime), ("Nightly import", "30"));

    let answer = server.submit(&admin, &nonce(form), &[("name", &name), ("lifetime", &lifetime)]).await;
    let replacement = Key::shown_in(&answer.text().await.unwrap());
    let page = server.text(&admin, "/profile").await;
    assert!(!page.contains("Generate a replacement"));
    let row = row(&page, &replacement.client_id).unwrap();
    assert_eq!(cell(row, "Name"), "Nightly import");
    assert!((expires_at(row) - server.clock.now().utc() - Duration::days(30)).abs() < Duration::minutes(1));
}

async fn the_panel_is_filled_in_with_what_was_kept(server: Server) {
    let admin = server.signed_in("admin").await;
    let profile = async |kept| {
        let again = [("next", "/profile"), ("kept", kept)];
        admin.post(server.at("/login/again")).form(&again).send().await.unwrap();
        server.text(&admin, "/profile").await
    };
    let page = profile("for=admin&name=Night+%22shift%22&lifetime=date&expires_on=2030-01-31").await;
    assert_eq!(field(&page, "key-name"), "Night &#34;shift&#34;");
    assert_eq!(field(&page, "expires-on"), "2030-01-31");
    assert!(page.contains("<option value=\"date\" selected>"));
    assert!(rows(&page).is_empty());
    let page = profile("for=admin&lifetime=soon").await;
    assert!(page.contains("<option value=\"90\" selected>"));
}

async fn a_script_gets_the_parts_of_the_page_it_asks_for(server: Server) {
    let admin = server.signed_in("admin").await;
    let answer = fragment(admin.get(server.at("/profile"))).await;
    let vary: Vec<_> = answer.headers().get_all(VARY).iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(vary.join(", ").to_lowercase().matches("hx-request").count(), 1);
    let window = answer.text().await.unwrap();
    assert!(window.contains("<dialog") && !window.contains("<html"));

    let generate = admin.post(server.at("/profile/api-keys")).form(&[("nonce", nonce(&window))]);
    let answer = fragment(generate).await;
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let content = answer.text().await.unwrap();
    assert!(!content.contains("<html") && !content.contains("data-dialog"));
    let key = Key::shown_in(&content);
    server.token(&key).await;

    let path = server.at(&format!("/profile/api-keys/{}/delete", key.client_id));
    let question = fragment(admin.get(&path)).await.text().await.unwrap();
    assert!(question.contains("This action cannot be reversed") && !question.contains("<html"));
    let answer = fragment(admin.post(&path)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let content = answer.text().await.unwrap();
    assert!(content.contains("Generate a replacement") && !content.contains("<html"));
    assert!(row(&content, &key.client_id).is_none());

    let again = fragment(admin.post(&path)).await.text().await.unwrap();
    assert!(again.contains("Generate a replacement") && !again.contains("<html"));
    let answer = fragment(admin.post(path.replace(&key.client_id, "kl_never"))).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.text().await.unwrap().contains("<html"));
}

async fn a_script_is_told_that_the_session_has_ended(server: Server) {
    let admin = server.signed_in("admin").await;
    let nonce = nonce(&server.text(&admin, "/profile").await);
    assert!(server.cli(&["user", "set-password", "admin"]).0);
    for request in
        [admin.get(server.at("/profile")), admin.post(server.at("/profile/api-keys")).form(&[("nonce", nonce)])]
    {
        let answer = fragment(request).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(!answer.headers().contains_key(LOCATION));
        let message = answer.text().await.unwrap();
        assert!(alert(&message).contains("Your session has ended") && !message.contains("<html"), "{message}");
    }
}

async fn fragment(request: reqwest::RequestBuilder) -> Response {
    request.header("HX-Request", "true").send().await.unwrap()
}

async fn confirm(server: &Server, browser: &Client, client_id: &str) -> Response {
    browser.get(server.at(&format!("/profile/api-keys/{client_id}/delete"))).send().await.unwrap()
}

async fn assert_refused(server: &Server, browser: &Client, fields: &[(&str, &str)], words: &str) {
    let nonce = nonce(&server.text(browser, "/profile").await);
    let before = rows(&server.text(browser, "/profile").await).len();
    let answer = server.submit(browser, &nonce, fields).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{fields:?} was accepted");
    let page = answer.text().await.unwrap();
    assert!(alert(&page).contains(words), "{fields:?}: {}", alert(&page));
    let wrong = match fields {
        [("name", _)] => "id=\"key-name\"",
        [_, ("expires_on", _)] => "id=\"expires-on\"",
        _ => "id=\"lifetime\"",
    };
    let wrong = page.split_once(wrong).unwrap().1.split_once('>').unwrap().0;
    assert!(wrong.ends_with("aria-invalid=\"true\" aria-describedby=\"generate-message\""), "{fields:?}: {wrong}");
    assert!(!page.contains("kls_"));
    assert_eq!(rows(&page).len(), before);
}

async fn status_in_grid(server: &Server, key: &Key) -> String {
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/profile").await;
    cell(row(&page, &key.client_id).unwrap(), "Status")
}

/// The point in time of a row's expiration date.
fn expires_at(row: &str) -> DateTime<Utc> {
    let (_, rest) = row.split_once("data-label=\"Expiration date\"").unwrap();
    let (_, rest) = rest.split_once("datetime=\"").unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

fn hidden(form: &str, name: &str) -> String {
    let (_, rest) = form.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn today(server: &Server) -> NaiveDate {
    server.clock.now().utc().date_naive()
}
