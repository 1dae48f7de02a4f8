//! The pages of one's own and of everybody's activity: filters, pages, the picture.

use std::time::Instant;

use chrono::Duration;
use diesel::prelude::*;
use keyledge::db::schema::daily_uses;
use reqwest::{Client, StatusCode};

use crate::support::{Key, Server, alert, browser, cell, link, on_each_database, record_uses, row, rows};

on_each_database![
    events_are_filtered_by_key_day_and_outcome,
    filters_stay_in_the_links_to_other_pages,
    a_long_record_is_filtered_as_a_short_one,
    filters_that_cannot_be_used_are_explained,
    keys_that_were_deleted_can_still_be_chosen,
    everybodys_activity_needs_a_permission,
    everybodys_activity_includes_what_belongs_to_nobody,
    what_an_administrator_did_names_the_administrator,
    the_picture_shows_what_was_used_on_which_day,
    the_grid_shows_the_uses_of_each_key,
    uses_are_counted_once_there_is_time,
];

/// More than a block of the index on SQLite.
const MANY: i64 = 6_000;

async fn get(server: &Server, browser: &Client, path: &str) -> (StatusCode, String) {
    let answer = browser.get(server.at(path)).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

fn actions(page: &str) -> Vec<String> {
    rows(page).iter().map(|row| cell(row, "Action")).collect()
}

/// A day from today on, as date fields send it.
fn day(server: &Server, days: i64) -> String {
    (server.clock.now() + Duration::days(days)).utc().format("%Y-%m-%d").to_string()
}

async fn events_are_filtered_by_key_day_and_outcome(server: Server) {
    let admin = server.signed_in("admin").await;
    let (one, other) = (server.generate(&admin).await, server.generate(&admin).await);
    server.token(&one).await;
    server.token(&other).await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..one.clone() }, &[]).await;
    let shown = async |query: &str| actions(&server.text(&admin, &format!("/activity?{query}")).await);
    let (used, generated) = ("Got access token", "Generated API key");
    assert_eq!(shown(&format!("key={}", one.client_id)).await, [used, used, generated]);
    assert_eq!(shown(&format!("key={}&outcome=allowed", one.client_id)).await, [used, generated]);
    assert_eq!(shown("outcome=refused").await, [used]);
    assert_eq!(shown(&format!("key={}&outcome=refused", other.client_id)).await, [""; 0]);
    let (yesterday, today, tomorrow) = (day(&server, -1), day(&server, 0), day(&server, 1));
    let all = shown("").await;
    assert_eq!(all.len(), 7);
    assert_eq!(shown(&format!("from={yesterday}&to={tomorrow}")).await, all);
    assert_eq!(shown(&format!("from={today}&outcome=&key=")).await, all);
    assert_eq!(shown(&format!("to={yesterday}")).await, [""; 0]);
    assert_eq!(shown(&format!("from={tomorrow}")).await, [""; 0]);
}

async fn filters_stay_in_the_links_to_other_pages(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let database = server.open_database();
    record_uses(&database, &key.client_id, server.clock.now(), Some("key_expired"), 120).await;
    record_uses(&database, &key.client_id, server.clock.now(), None, 60).await;
    let today = day(&server, 0);
    let first = format!("/activity?key={}&from={today}&outcome=refused", key.client_id);
    let (mut path, mut sizes, mut pages) = (Some(first.clone()), Vec::new(), Vec::new());
    while let Some(here) = path {
        let page = server.text(&admin, &here).await;
        assert!(rows(&page).iter().all(|row| cell(row, "Outcome") == "Refused API key expired"));
        sizes.push(rows(&page).len());
        path = link(&page, "next");
        pages.push(page);
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!((link(&pages[0], "prev"), link(&pages[2], "prev")), (None, Some(first)));
    assert!(pages[2].contains(&format!("<option value=\"{}\" selected>", key.client_id)));
    assert!(pages[2].contains("<option value=\"refused\" selected>"));
    assert!(pages[2].contains(&format!("name=\"from\" type=\"date\" value=\"{today}\"")));
    assert!(
        pages[2].contains(&format!("/activity/export.csv?key={}&#38;from={today}&#38;outcome=refused", key.client_id))
    );
}

async fn a_long_record_is_filtered_as_a_short_one(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let (busy, rare) = (server.generate(&ada).await, server.generate(&ada).await);
    let of_admin = server.generate(&admin).await;
    let (database, now) = (server.open_database(), server.clock.now());
    // Events come in the order of their times, so these go on from now.
    let after = |days| now + Duration::days(days);
    record_uses(&database, &rare.client_id, after(1), Some("key_expired"), 3).await;
    record_uses(&database, &busy.client_id, after(2), None, MANY).await;
    record_uses(&database, &rare.client_id, after(3), None, 2).await;
    record_uses(&database, &of_admin.client_id, after(4), Some("key_expired"), MANY).await;
    let shown = async |path: &str| {
        let page = server.text(&ada, path).await;
        let keys: Vec<_> = rows(&page).iter().map(|row| cell(row, "API key")).collect();
        (keys.len(), keys.iter().all(|key| *key == rare.client_id), link(&page, "next").is_some())
    };
    let refused = format!("/activity?key={}&outcome=refused", rare.client_id);
    assert_eq!(shown(&refused).await, (3, true, false));
    // Its generation, too.
    assert_eq!(shown(&format!("/activity?key={}", rare.client_id)).await, (6, true, false));
    assert_eq!(shown("/activity?outcome=refused").await, (3, true, false));
    let day = |days| day(&server, days);
    assert_eq!(shown(&format!("/activity?from={}&to={}", day(3), day(4))).await, (2, true, false));
    assert_eq!(shown(&format!("/activity?from={}&to={}", day(2), day(2))).await, (50, false, true));
    let everybody = format!("/activity/everybody?user=ADA&outcome=refused&to={}", day(3));
    assert_eq!(rows(&server.text(&admin, &everybody).await).len(), 3);
    let everybody = server.text(&admin, "/activity/everybody?outcome=refused").await;
    assert!(rows(&everybody).iter().all(|row| cell(row, "User") == "admin"));
    assert_eq!(rows(&everybody).len(), 50);
}

async fn filters_that_cannot_be_used_are_explained(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let foreign = server.generate(&ada).await.client_id;
    for (path, words) in [
        ("/activity?from=yesterday", "Write a date as year, month and day"),
        ("/activity?to=2026-02-30", "Write a date as year, month and day"),
        ("/activity?from=2026-11-24&to=2026-11-23", "The last day is before the first one"),
        ("/activity?outcome=maybe", "Choose one of the outcomes"),
        (&format!("/activity?key={foreign}"), "There is no such API key here"),
        ("/activity/everybody?user=nobody", "There is no user with this name"),
        ("/activity/everybody?key=kl_nothing", "There is no such API key here"),
        (&format!("/activity/everybody?user=admin&key={foreign}"), "There is no such API key here"),
    ] {
        let (status, page) = get(&server, &admin, path).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(alert(&page).contains(words), "{path}: {}", alert(&page));
        assert_eq!(page.matches("aria-invalid=\"true\" aria-describedby=\"filter-message\"").count(), 1, "{path}");
        let export = path.replacen('?', "/export.csv?", 1);
        let (status, page) = get(&server, &admin, &export).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{export}");
        assert!(page.contains(words), "{export}");
    }
    for nothing in ["/activity?before=rubbish", "/activity/export.xml", "/activity/everybody/export.xml"] {
        assert_eq!(get(&server, &admin, nothing).await.0, StatusCode::NOT_FOUND, "{nothing}");
    }
}

async fn keys_that_were_deleted_can_still_be_chosen(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("name", "Nightly <import>")]).await;
    server.token(&key).await;
    server.delete(&admin, &key.client_id).await;
    let page = server.text(&admin, &format!("/activity?key={}", key.client_id)).await;
    assert!(page.contains(&format!("selected>{} – Nightly &#60;import&#62; (deleted)</option>", key.client_id)));
    assert_eq!(actions(&page), ["Deleted API key", "Got access token", "Generated API key"]);
}

async fn everybodys_activity_needs_a_permission(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    for path in ["/activity/everybody", "/activity/everybody/export.csv", "/activity/everybody/export.jsonl"] {
        let (status, page) = get(&server, &ada, path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.contains("You need the permission audit:read"));
        let answer = browser().get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    }
    let own = server.text(&ada, "/activity").await;
    assert!(!own.contains("/activity/everybody") && !own.contains("Everybody"));
    assert!(server.cli(&["role", "add", "auditor", "--permission", "audit:read"]).0);
    let bob = server.add_user("bob", &["auditor"]).await;
    assert!(server.text(&bob, "/activity").await.contains("href=\"/activity/everybody\""));
    assert_eq!(get(&server, &bob, "/activity/everybody").await.0, StatusCode::OK);
    server.lose("audit:read");
    assert_eq!(get(&server, &bob, "/activity/everybody").await.0, StatusCode::FORBIDDEN);
}

async fn everybodys_activity_includes_what_belongs_to_nobody(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let key = server.generate(&ada).await;
    let stranger = Key { client_id: "kl_0000000000000000000000".to_owned(), client_secret: key.client_secret.clone() };
    server.token_answer(&stranger, &[]).await;
    let page = server.text(&admin, "/activity/everybody").await;
    let newest = rows(&page)[0];
    assert_eq!(cell(newest, "User"), "Nobody");
    assert_eq!(cell(newest, "Outcome"), "Refused No such API key or user");
    assert!(rows(&page).iter().any(|row| cell(row, "User") == "ada"));
    let of_ada = server.text(&admin, "/activity/everybody?user=ada").await;
    assert!(rows(&of_ada).iter().all(|row| cell(row, "User") == "ada") && rows(&of_ada).len() == 3);
    let of_key = server.text(&admin, &format!("/activity/everybody?key={}", key.client_id)).await;
    assert_eq!(actions(&of_key), ["Generated API key"]);
}

async fn what_an_administrator_did_names_the_administrator(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let key = server.generate(&ada).await;
    let path = format!("/keys/{}/delete", key.client_id);
    assert_eq!(admin.post(server.at(&path)).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let page = server.text(&ada, "/activity").await;
    assert_eq!(cell(rows(&page)[0], "Action"), "Deleted API key Done by admin");
    assert_eq!(cell(rows(&page)[0], "Request"), format!("POST {path}"));
    let csv = server.text(&ada, "/activity/export.csv").await;
    assert!(csv.lines().last().unwrap().ends_with(",admin,"), "{csv}");
    assert!(!actions(&server.text(&admin, "/activity").await).contains(&"Deleted API key".to_owned()));
}

async fn the_picture_shows_what_was_used_on_which_day(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let (one, other) = (server.generate(&ada).await, server.generate(&ada).await);
    let (database, now) = (server.open_database(), server.clock.now());
    // So many that on SQLite some are counted and some are not yet.
    record_uses(&database, &one.client_id, now + -Duration::days(31), None, 10).await;
    record_uses(&database, &one.client_id, now + -Duration::days(29), None, 2_000).await;
    record_uses(&database, &other.client_id, now, Some("key_expired"), 30).await;
    record_uses(&database, &other.client_id, now, None, 5).await;
    server.delete(&ada, &other.client_id).await;
    let words = |uses: &str, refused: &str| format!("aria-label=\"{uses} in the last 30 days, {refused} refused\"");
    let page = server.text(&ada, "/activity").await;
    assert!(page.contains(&words("2,035 uses", "30")));
    let name = |days: i64| (now + -Duration::days(days)).utc().format("%-d %B %Y").to_string();
    assert!(page.contains(&format!(">{}</time>.", name(29).replace(' ', "\u{a0}"))));
    for (days, numbers) in
        [(29, "<td>2,000</td><td>0</td>"), (28, "<td>0</td><td>0</td>"), (0, "<td>5</td><td>30</td>")]
    {
        assert!(page.contains(&format!("{}</time></th>{numbers}", name(days))), "{days} days ago");
    }
    let of_one = server.text(&ada, &format!("/activity?key={}", one.client_id)).await;
    assert!(of_one.contains(&words("2,000 uses", "0")));
    // Filters do not change the picture, but for whose it is.
    assert!(server.text(&ada, "/activity?outcome=refused").await.contains(&words("2,035 uses", "30")));

    let of_admin = server.generate(&admin).await;
    server.token(&of_admin).await;
    let stranger = Key { client_id: "kl_0000000000000000000000".to_owned(), ..of_admin };
    server.token_answer(&stranger, &[]).await;
    assert!(server.text(&admin, "/activity").await.contains(&words("1 use", "0")));
    assert!(server.text(&admin, "/activity/everybody").await.contains(&words("2,037 uses", "31")));
    assert!(server.text(&admin, "/activity/everybody?user=ada").await.contains(&words("2,035 uses", "30")));
}

async fn the_grid_shows_the_uses_of_each_key(server: Server) {
    let admin = server.signed_in("admin").await;
    let (one, other) = (server.generate(&admin).await, server.generate(&admin).await);
    server.token(&one).await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..one.clone() }, &[]).await;
    let page = server.text(&admin, "/profile").await;
    assert!(row(&page, &one.client_id).unwrap().contains("aria-label=\"2 uses in the last 30 days, 1 refused\""));
    assert_eq!(cell(row(&page, &other.client_id).unwrap(), "Last 30 days"), "No uses");
}

async fn uses_are_counted_once_there_is_time(server: Server) {
    let key = server.generate(&server.signed_in("admin").await).await;
    let database = server.open_database();
    // Too few for a step of the counts on SQLite.
    record_uses(&database, &key.client_id, server.clock.now(), None, 100).await;
    let counted = || {
        let everybodys = daily_uses::table.filter(daily_uses::api_key_id.eq(0)).select(daily_uses::allowed);
        database.read_blocking(|connection| everybodys.load::<i64>(connection)).unwrap().iter().sum::<i64>()
    };
    let waits_until = Instant::now() + std::time::Duration::from_secs(10);
    while counted() < 100 && Instant::now() < waits_until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(counted(), 100);
}
