//! Looking through many users: search, order, filters, pages.

use std::collections::BTreeSet;

use diesel::prelude::*;
use keyledge::db::Timestamp;
use keyledge::db::schema::users;
use reqwest::Client;

use super::{form, path, switch, with};
use crate::support::{Server, cell, on_each_database, rows};

on_each_database![
    users_are_found_by_how_their_names_begin,
    users_are_found_by_their_new_name_once_it_was_changed,
    users_are_filtered_by_status_and_role,
    each_column_sorts_both_ways,
    pages_give_each_user_once_in_every_order,
    a_common_word_and_a_rare_one_are_found_alike,
];

/// The users of a page, in their order.
async fn shown(server: &Server, browser: &Client, path: &str) -> Vec<String> {
    rows(&server.text(browser, path).await).iter().map(|row| cell(row, "Username")).collect()
}

fn add(server: &Server, username: &str, display_name: &str, email: &str, roles: &[&str]) {
    let mut arguments = vec!["user", "add", username, "--display-name", display_name, "--email", email];
    arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
    assert!(server.cli(&arguments).0);
}

async fn users_are_found_by_how_their_names_begin(server: Server) {
    let admin = server.signed_in("admin").await;
    add(&server, "ada", "Ada Łovelace", "countess@example.com", &[]);
    add(&server, "grace.hopper", "Grace Hopper", "grace@navy.example", &[]);
    for (search, found) in [
        ("ada", &["ada"][..]),
        ("ADA", &["ada"]),
        ("łove", &["ada"]),
        ("ŁOVE", &["ada"]),
        ("ovelace", &[]),
        ("count", &["ada"]),
        ("example", &["ada", "grace.hopper"]),
        ("gr hop", &["grace.hopper"]),
        ("grace.hop", &["grace.hopper"]),
        ("grace@navy", &["grace.hopper"]),
        ("grace ada", &[]),
        ("%25", &[]),
        ("@", &[]),
        ("ada'; DROP TABLE users", &[]),
    ] {
        assert_eq!(shown(&server, &admin, &format!("/users?search={search}")).await, found, "{search}");
    }
    let page = server.text(&admin, "/users?search=nobody").await;
    assert!(page.contains("No user matches this search.") && page.contains("Clear filters"));
}

async fn users_are_found_by_their_new_name_once_it_was_changed(server: Server) {
    let admin = server.signed_in("admin").await;
    add(&server, "ada", "Ada Byron", "", &[]);
    let path = path(&server, &admin, "ada").await;
    let fields = with(form(&server, &admin, &path).await, "display_name", "Ada Lovelace");
    super::done(&server, &admin, &path, &fields).await;
    assert_eq!(shown(&server, &admin, "/users?search=lovelace").await, ["ada"]);
    assert_eq!(shown(&server, &admin, "/users?search=byron").await, [""; 0]);
    assert!(server.cli(&["user", "edit", "ada", "--display-name", "Ada King"]).0);
    assert_eq!(shown(&server, &admin, "/users?search=king").await, ["ada"]);
}

async fn users_are_filtered_by_status_and_role(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.cli(&["role", "add", "reader"]).0);
    for (username, roles) in [("ada", &["reader"][..]), ("bob", &["reader", "member"]), ("carol", &["member"])] {
        add(&server, username, "", "", roles);
    }
    switch(&server, &admin, "bob", "disable").await;
    for (query, found) in [
        ("status=active", &["ada", "admin", "carol"][..]),
        ("status=inactive", &["bob"]),
        ("role=reader", &["ada", "bob"]),
        ("role=reader&status=active", &["ada"]),
        ("role=member&status=inactive&search=bo", &["bob"]),
        ("role=reader&sort=-username", &["bob", "ada"]),
        ("role=poet", &[]),
        ("status=&role=&search=&sort=", &["ada", "admin", "bob", "carol"]),
    ] {
        assert_eq!(shown(&server, &admin, &format!("/users?{query}")).await, found, "{query}");
    }
    let page = server.text(&admin, "/users?role=reader&status=inactive&search=bo&sort=-updated").await;
    for chosen in [
        "value=\"bo\"",
        "<option value=\"inactive\" selected>",
        "<option value=\"reader\" selected>",
        "<option value=\"-updated\" selected>",
    ] {
        assert!(page.contains(chosen), "{chosen} was forgotten");
    }
}

async fn each_column_sorts_both_ways(server: Server) {
    let admin = server.signed_in("admin").await;
    add(&server, "ada", "zoe", "b@example.com", &[]);
    add(&server, "bob", "Yves", "A@example.com", &[]);
    add(&server, "carol", "Xenia", "", &[]);
    server.database.add_user("dan", &[]);
    server.clock.advance(chrono::Duration::minutes(1));
    server.signed_in("dan").await;
    switch(&server, &server.signed_in("admin").await, "bob", "disable").await;
    for (sort, found) in [
        ("username", ["ada", "admin", "bob", "carol", "dan"]),
        ("display-name", ["admin", "dan", "carol", "bob", "ada"]),
        ("email", ["admin", "carol", "dan", "bob", "ada"]),
    ] {
        assert_eq!(shown(&server, &admin, &format!("/users?sort={sort}")).await, found, "{sort}");
        let reversed: Vec<_> = found.into_iter().rev().collect();
        assert_eq!(shown(&server, &admin, &format!("/users?sort=-{sort}")).await, reversed, "{sort}");
    }
    let by_sign_in = shown(&server, &admin, "/users?sort=last-sign-in").await;
    assert_eq!(by_sign_in, ["ada", "bob", "carol", "dan", "admin"]);
    let newest = shown(&server, &admin, "/users?sort=-updated").await;
    assert_eq!(newest, ["bob", "dan", "carol", "ada", "admin"]);

    let page = server.text(&admin, "/users?sort=-updated&status=active").await;
    assert_eq!(page.matches("aria-sort").count(), 1);
    assert!(
        page.contains("aria-sort=\"descending\"><a href=\"/users?status=active&amp;sort=updated\">Updated</a>")
            || page.contains("aria-sort=\"descending\"><a href=\"/users?status=active&#38;sort=updated\">Updated</a>")
    );
    let page = server.text(&admin, "/users").await;
    assert!(page.contains("aria-sort=\"ascending\"><a href=\"/users?sort=-username\">Username</a>"), "{page}");
}

/// Many users, some of whom share what they are sorted by.
fn add_many(server: &Server, count: usize) {
    let database = server.open_database();
    let now = server.clock.now();
    database
        .write_blocking(|transaction| {
            for number in 0..count {
                let signed_in: Option<Timestamp> =
                    (number % 3 > 0).then(|| now + chrono::Duration::seconds(i64::try_from(number / 7).unwrap()));
                let new = keyledge::users::queries::NewUser {
                    subject: format!("usr_{number}"),
                    username: format!("user{number:04}"),
                    display_name: format!("{} Person", ["Ada", "ada", "Łucja"][number % 3]),
                    email: (number % 2 == 0).then(|| format!("{}@example.com", number % 5)),
                    password_hash: String::new(),
                    password_must_change: true,
                    nonce: None,
                };
                let user_id = keyledge::users::queries::insert(transaction, &new, now)?;
                diesel::update(users::table.find(user_id))
                    .set(users::last_sign_in_at.eq(signed_in))
                    .execute(&mut **transaction)?;
            }
            Ok(())
        })
        .unwrap();
}

async fn pages_give_each_user_once_in_every_order(server: Server) {
    let admin = server.signed_in("admin").await;
    add_many(&server, 120);
    for column in ["username", "display-name", "email", "last-sign-in", "updated"] {
        for direction in ["", "-"] {
            let mut path = Some(format!("/users?search=user&sort={direction}{column}"));
            let (mut sizes, mut seen) = (Vec::new(), Vec::new());
            while let Some(here) = path {
                let page = server.text(&admin, &here).await;
                let users: Vec<_> = rows(&page).iter().map(|row| cell(row, "Username")).collect();
                sizes.push(users.len());
                seen.extend(users);
                path = page.split_once("\" rel=\"next\">Next page").map(|(before, _)| {
                    let link = before.rsplit_once("href=\"").unwrap().1;
                    link.replace("&#38;", "&").replace("&amp;", "&")
                });
            }
            assert_eq!(sizes, [50, 50, 20], "{direction}{column}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 120, "{direction}{column}");
        }
    }
}

/// Whether users are found by looking at few of them or by walking along the order, the answer is the same.
async fn a_common_word_and_a_rare_one_are_found_alike(server: Server) {
    // First, because a connection that the browser keeps ends meanwhile on a busy machine.
    add_many(&server, 1100);
    let admin = server.signed_in("admin").await;
    assert_eq!(shown(&server, &admin, "/users?search=user").await.len(), 50);
    assert_eq!(shown(&server, &admin, "/users?search=person&sort=-username").await[..2], ["user1099", "user1098"]);
    assert_eq!(shown(&server, &admin, "/users?search=user0077&sort=-updated").await, ["user0077"]);
    assert_eq!(shown(&server, &admin, "/users?search=person user0077").await, ["user0077"]);
    assert_eq!(shown(&server, &admin, "/users?search=person&role=member").await, [""; 0]);
    assert_eq!(shown(&server, &admin, "/users?search=person&status=inactive").await, [""; 0]);
}
