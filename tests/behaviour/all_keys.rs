//! Everybody's API keys: who may see and delete them, and how they are found.

use std::collections::BTreeSet;

use chrono::Duration;
use diesel::prelude::*;
use keyledge::db::Timestamp;
use keyledge::db::schema::api_keys;
use reqwest::{Client, StatusCode};

use crate::support::{Server, cell, link, on_each_database, row, rows};

on_each_database![
    the_keys_of_all_users_are_listed_with_their_owners,
    keys_are_found_by_the_beginning_of_their_owners_username,
    keys_are_found_by_their_status,
    keys_that_somebody_should_look_at_are_found,
    every_order_of_pages_gives_each_key_once,
    a_key_of_somebody_else_is_deleted_for_its_owner,
    a_member_is_refused_and_sees_no_links,
    who_may_only_read_cannot_delete,
    filters_and_pages_that_are_not_there_are_explained,
    nobody_generates_keys_for_others,
];

fn client_ids(page: &str) -> Vec<String> {
    rows(page).iter().map(|row| cell(row, "Client ID")).collect()
}

async fn status(server: &Server, browser: &Client, path: &str) -> StatusCode {
    browser.get(server.at(path)).send().await.unwrap().status()
}

/// Makes a key as old as if it had been generated, and last used, then.
fn age(server: &Server, client_id: &str, created: Timestamp, last_used: Option<Timestamp>, expires: Timestamp) {
    let changed = diesel::update(api_keys::table.filter(api_keys::client_id.eq(client_id)))
        .set((api_keys::created_at.eq(created), api_keys::last_used_at.eq(last_used), api_keys::expires_at.eq(expires)))
        .execute(&mut server.database.connect());
    assert_eq!(changed, Ok(1));
}

async fn the_keys_of_all_users_are_listed_with_their_owners(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let first = server.generate_with(&ada, &[("name", "Nightly import")]).await;
    let deleted = server.generate(&ada).await;
    let second = server.generate(&admin).await;
    server.delete(&ada, &deleted.client_id).await;
    server.token(&first).await;
    let page = server.text(&admin, "/keys").await;
    assert_eq!(client_ids(&page), [&*second.client_id, &first.client_id]);
    let row = row(&page, &first.client_id).unwrap();
    assert_eq!((&*cell(row, "Owner"), &*cell(row, "Name"), &*cell(row, "Status")), ("ada", "Nightly import", "Valid"));
    assert!(cell(row, "Last used").ends_with("UTC from 127.0.0.1") && cell(row, "Expiration date").ends_with("UTC"));
    assert!(page.contains("aria-labelledby=\"all-keys-heading\"") && page.contains(">All API keys</h1>"));
    assert!(link(&page, "next").is_none() && link(&page, "prev").is_none());
}

async fn keys_are_found_by_the_beginning_of_their_owners_username(server: Server) {
    let admin = server.signed_in("admin").await;
    let mut keys = Vec::new();
    for name in ["ada", "ada.lovelace", "adb", "zed"] {
        keys.push(server.generate(&server.add_user(name, &[]).await).await.client_id);
    }
    let found = async |owner: &str| client_ids(&server.text(&admin, &format!("/keys?owner={owner}")).await);
    assert_eq!(found("ada").await, [&*keys[1], &keys[0]]);
    assert_eq!(found("%20ADA.").await, [&*keys[1]]);
    assert_eq!(found("ad").await, [&*keys[2], &keys[1], &keys[0]]);
    assert_eq!(found("nobody").await, [""; 0]);
    assert_eq!(found("%25").await, [""; 0]);
    let page = server.text(&admin, "/keys?owner=ada").await;
    assert!(page.contains("name=\"owner\" type=\"text\" value=\"ada\""));
}

async fn keys_are_found_by_their_status(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let valid = server.generate(&admin).await.client_id;
    let (suspended, expired, of_disabled) =
        (server.generate(&ada).await.client_id, server.generate(&admin).await.client_id, server.generate(&ada).await);
    let now = server.clock.now();
    for key in [&expired, &of_disabled.client_id] {
        age(&server, key, now + -Duration::days(90), None, now + -Duration::hours(1));
    }
    assert!(server.cli(&["user", "disable", "ada"]).0);
    let found = async |status: &str| client_ids(&server.text(&admin, &format!("/keys?status={status}")).await);
    assert_eq!(found("valid").await, [&*valid]);
    assert_eq!(found("suspended").await, [&*suspended]);
    assert_eq!(found("expired").await, [&*of_disabled.client_id, &expired]);
    assert_eq!(found("").await.len(), 4);
    let both = server.text(&admin, "/keys?status=expired&owner=ada").await;
    assert_eq!(client_ids(&both), [&*of_disabled.client_id]);
    assert_eq!(cell(rows(&both)[0], "Status"), "Expired");
}

async fn keys_that_somebody_should_look_at_are_found(server: Server) {
    let admin = server.signed_in("admin").await;
    let now = server.clock.now();
    let days = |days| now + Duration::days(days);
    let mut keys = Vec::new();
    for (created, last_used, expires) in [
        (days(-200), Some(days(-91)), days(100)),
        (days(-200), Some(days(-89)), days(13)),
        (days(-91), None, days(5)),
        (days(-89), None, days(15)),
        (days(-200), None, days(-1)),
    ] {
        let key = server.generate(&admin).await.client_id;
        age(&server, &key, created, last_used, expires);
        keys.push(key);
    }
    let found = async |query: &str| {
        let ids = client_ids(&server.text(&admin, &format!("/keys?{query}")).await);
        ids.iter().map(|id| keys.iter().position(|key| key == id).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(found("only=never-used").await, [4, 3, 2]);
    // The newest of them comes first.
    assert_eq!(found("only=unused").await, [2, 4, 0]);
    // The next one to expire comes first.
    assert_eq!(found("only=expires-soon").await, [2, 1]);
    assert_eq!(found("only=never-used&status=valid").await, [3, 2]);
    assert_eq!(found("only=unused&status=expired&owner=admin").await, [4]);
    assert_eq!(found("only=expires-soon&status=expired").await, [0; 0]);
}

async fn every_order_of_pages_gives_each_key_once(server: Server) {
    let admin = server.signed_in("admin").await;
    let now = server.clock.now();
    let mut made = BTreeSet::new();
    for number in 0..108 {
        let key = server.generate(&admin).await.client_id;
        // Some at the same moment.
        let expires = now + Duration::minutes(if number < 54 { -30 } else { 30 } + number / 3 % 17);
        age(&server, &key, now + -Duration::days(100), None, expires);
        made.insert(key);
    }
    for (query, sizes) in [
        ("", vec![50, 50, 8]),
        ("?only=never-used", vec![50, 50, 8]),
        ("?status=expired", vec![50, 4]),
        ("?only=expires-soon", vec![50, 4]),
        ("?owner=admin&status=valid&only=unused", vec![50, 4]),
    ] {
        let (mut path, mut seen, mut got) = (Some(format!("/keys{query}")), Vec::new(), Vec::new());
        while let Some(here) = path {
            let page = server.text(&admin, &here).await;
            assert_eq!(link(&page, "prev").is_some(), !got.is_empty(), "{here}");
            got.push(rows(&page).len());
            seen.extend(client_ids(&page));
            path = link(&page, "next");
        }
        assert_eq!(got, sizes, "{query}");
        let distinct: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!((distinct.len(), distinct.is_subset(&made)), (seen.len(), true), "{query}");
    }
}

async fn a_key_of_somebody_else_is_deleted_for_its_owner(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let key = server.generate_with(&ada, &[("name", "Nightly import")]).await;
    let token = server.token(&key).await;
    let path = format!("/keys/{}/delete?owner=ada&status=valid", key.client_id);
    let question = server.text(&admin, &path).await;
    for words in ["This action cannot be reversed", &key.client_id, "Owner: ada", "Nightly import"] {
        assert!(question.contains(words), "{words}");
    }
    assert!(server.text(&ada, "/profile").await.contains(&key.client_id), "asking deletes nothing");
    let answer = admin.post(server.at(&path)).send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/keys?owner=ada&status=valid".parse().unwrap())
    );
    let list = server.text(&admin, "/keys?owner=ada&status=valid").await;
    assert!(list.contains(&format!("API key <code>{}</code> of ada was deleted", key.client_id)));
    assert!(rows(&list).is_empty());
    assert!(!server.text(&admin, "/keys").await.contains("was deleted"), "it is told once");
    assert_eq!(server.me(&token).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.token_answer(&key, &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert!(!server.text(&ada, "/profile").await.contains(&key.client_id));
    let again = admin.post(server.at(&path)).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::SEE_OTHER, "who clicks twice is told the same twice");
    assert!(server.text(&admin, "/keys").await.contains(&format!("API key <code>{}</code> of ada", key.client_id)));
    assert_eq!(admin.get(server.at(&path)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let rubbish = admin.post(server.at("/keys/rubbish/delete"));
    assert_eq!(rubbish.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

async fn a_member_is_refused_and_sees_no_links(server: Server) {
    let admin = server.signed_in("admin").await;
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&admin).await;
    let path = format!("/keys/{}/delete", key.client_id);
    assert_eq!(status(&server, &ada, "/keys").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&server, &ada, &path).await, StatusCode::FORBIDDEN);
    assert_eq!(ada.post(server.at(&path)).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    server.token(&key).await;
    for page in ["/", "/activity", "/profile"] {
        assert!(!server.text(&ada, page).await.contains("href=\"/keys\""), "{page}");
        assert!(server.text(&admin, page).await.contains("href=\"/keys\""), "{page}");
    }
}

async fn who_may_only_read_cannot_delete(server: Server) {
    assert!(server.cli(&["role", "add", "reader", "--permission", "keys:read"]).0);
    assert!(server.cli(&["role", "add", "deleter", "--permission", "keys:delete"]).0);
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &["reader"]).await);
    let bob = server.add_user("bob", &["deleter"]).await;
    let key = server.generate(&admin).await;
    let path = format!("/keys/{}/delete", key.client_id);
    let list = server.text(&ada, "/keys").await;
    assert_eq!(client_ids(&list), [&*key.client_id]);
    assert!(!list.contains("/delete") && !list.contains("Actions"));
    for (browser, missing) in [(&ada, "keys:delete"), (&bob, "keys:read")] {
        for request in [browser.get(server.at(&path)), browser.post(server.at(&path))] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            assert!(answer.text().await.unwrap().contains(&format!("You need the permission {missing}")));
        }
    }
    server.token(&key).await;
}

async fn filters_and_pages_that_are_not_there_are_explained(server: Server) {
    let admin = server.signed_in("admin").await;
    for path in ["/keys?status=maybe", "/keys?only=maybe"] {
        assert_eq!(status(&server, &admin, path).await, StatusCode::BAD_REQUEST, "{path}");
    }
    for path in ["/keys?after=rubbish", "/keys?after=kl_0000000000000000000000", "/keys/rubbish/delete"] {
        assert_eq!(status(&server, &admin, path).await, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn nobody_generates_keys_for_others(server: Server) {
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/keys").await;
    assert!(page.contains("An API key inherits all permissions from the user creating it."));
    assert!(!page.contains("Generate</button>"));
    assert_eq!(admin.post(server.at("/keys")).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}
