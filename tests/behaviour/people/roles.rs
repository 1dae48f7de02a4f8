//! The roles screen.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::{and, done, event, filled, newest, post, refused, with, without};
use crate::support::{Server, alert, cell, on_each_database, row};

on_each_database![
    a_role_is_added_with_free_and_built_in_permissions,
    what_is_wrong_with_a_role_is_said_and_what_was_typed_stays,
    a_role_is_edited_and_its_users_have_what_it_has_now,
    what_a_role_lost_is_gone_from_the_scope_of_tokens_in_use,
    a_role_in_use_is_not_deleted_and_another_is,
    built_in_roles_stay_as_they_are,
    changes_of_roles_are_in_the_activity_of_who_made_them,
];

async fn a_role_is_added_with_free_and_built_in_permissions(server: Server) {
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/roles/new").await;
    assert!(page.contains("Delete the API keys of other users."));
    let mut fields = with(filled(&page, "/roles/new"), "name", " accountant ");
    fields = with(fields, "description", "Keeps the books");
    fields = with(fields, "free", "journals:read journals:write\r\nhttps://api.example.com/books ");
    fields = and(fields, "permission", "keys:read");
    let page = done(&server, &admin, "/roles/new", &fields).await;
    assert!(page.contains("The role accountant was added."));
    let row = row(&page, "accountant").unwrap();
    assert_eq!(cell(row, "Description"), "Keeps the books");
    assert_eq!(cell(row, "Permissions"), "https://api.example.com/books journals:read journals:write keys:read");
    assert!(cell(row, "Users").starts_with("0 "));
    let detail = "accountant: added https://api.example.com/books journals:read journals:write keys:read";
    assert_eq!(newest(&server, "add_role"), event("add_role", Some("admin"), None, Some(detail)));
}

async fn what_is_wrong_with_a_role_is_said_and_what_was_typed_stays(server: Server) {
    let admin = server.signed_in("admin").await;
    let (long_name, long_description, long_permission) = ("n".repeat(65), "d".repeat(201), "p".repeat(129));
    for (wrong, value, words) in [
        ("name", "", "cannot be the name of a role"),
        ("name", "The Boss", "cannot be the name of a role"),
        ("name", &long_name, "cannot be the name of a role"),
        ("name", "member", "There is a role member already"),
        ("description", &long_description, "too long"),
        ("description", "bell\u{7}", "cannot be shown"),
        ("free", "journals:read \"all\"", "cannot be a permission"),
        ("free", "journals:lesen é", "cannot be a permission"),
        ("free", "nul\0", "cannot be a permission"),
        ("free", &long_permission, "cannot be a permission"),
    ] {
        let mut fields = with(filled(&server.text(&admin, "/roles/new").await, "/roles/new"), "name", "clerk");
        fields = with(with(fields, "description", "Typed"), "free", "typed:permission");
        fields = and(fields, "permission", "keys:read");
        let answer = post(&server, &admin, "/roles/new", &with(fields, wrong, value)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong} {value:?} was accepted");
        let page = answer.text().await.unwrap();
        assert!(alert(&page).contains(words), "{wrong} {value:?}: {}", alert(&page));
        let typed = filled(&page, "/roles/new");
        for (name, value) in
            [("name", "clerk"), ("description", "Typed"), ("free", "typed:permission"), ("permission", "keys:read")]
        {
            assert!(
                name == wrong || typed.contains(&(name.to_owned(), value.to_owned())),
                "{name} was lost: {typed:?}"
            );
        }
    }
    assert!(!server.text(&admin, "/roles").await.contains("data-row=\"clerk\""));
}

async fn a_role_is_edited_and_its_users_have_what_it_has_now(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.cli(&["role", "add", "reader", "--permission", "journals:read", "--permission", "keys:read"]).0);
    let ada = server.add_user("ada", &["reader"]).await;
    let path = "/roles/reader/edit";
    let page = server.text(&admin, path).await;
    assert!(page.contains("1 user has this role."));
    let mut fields = with(filled(&page, path), "free", "journals:read\njournals:write");
    assert!(fields.contains(&("permission".to_owned(), "keys:read".to_owned())));
    fields = without(with(fields, "description", "Reads & writes"), "permission", "keys:read");
    let page = done(&server, &admin, path, &fields).await;
    assert!(page.contains("The role reader was changed."));
    assert_eq!(cell(row(&page, "reader").unwrap(), "Permissions"), "journals:read journals:write");
    assert!(cell(row(&page, "reader").unwrap(), "Users").starts_with("1 "));
    let profile = server.text(&ada, "/profile").await;
    assert!(profile.contains("journals:write") && !profile.contains("keys:read"));
    let detail = "reader: description; added journals:write, removed keys:read";
    assert_eq!(newest(&server, "edit_role"), event("edit_role", Some("admin"), None, Some(detail)));
    let again = filled(&server.text(&admin, path).await, path);
    assert!(done(&server, &admin, path, &again).await.contains("the role reader already had these details."));
}

async fn what_a_role_lost_is_gone_from_the_scope_of_tokens_in_use(server: Server) {
    let admin = server.signed_in("admin").await;
    assert!(server.cli(&["role", "add", "reader", "--permission", "journals:read", "--permission", "books:read"]).0);
    let ada = server.add_user("ada", &["reader"]).await;
    let key = server.generate(&ada).await;
    let token = server.token(&key).await;
    let scope = async || {
        let verify = Client::new().get(server.at("/auth/verify")).bearer_auth(&token).send().await.unwrap();
        let me: Value = server.me(&token).await.json().await.unwrap();
        let fresh: Value = server.token_answer(&key, &[]).await.json().await.unwrap();
        let held = verify.headers()["x-auth-scope"].to_str().unwrap().to_owned();
        (held, me["permissions"].clone(), fresh["scope"].as_str().unwrap().to_owned())
    };
    let both = "books:read journals:read";
    assert_eq!(scope().await, (both.to_owned(), json!(["books:read", "journals:read"]), both.to_owned()));
    let path = "/roles/reader/edit";
    let fields = with(filled(&server.text(&admin, path).await, path), "free", "books:read books:write");
    done(&server, &admin, path, &fields).await;
    let (held, me, fresh) = scope().await;
    // What was gained is in tokens issued from now on.
    assert_eq!((&*held, me, &*fresh), ("books:read", json!(["books:read"]), "books:read books:write"));
    let needed = Client::new().get(server.at("/auth/verify?scope=journals:read")).bearer_auth(&token);
    assert_eq!(needed.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(server.token_answer(&key, &[("scope", "journals:read")]).await.status(), StatusCode::BAD_REQUEST);
}

async fn a_role_in_use_is_not_deleted_and_another_is(server: Server) {
    let admin = server.signed_in("admin").await;
    for role in ["used", "unused"] {
        assert!(server.cli(&["role", "add", role, "--permission", "journals:read"]).0);
    }
    server.add_user("ada", &["used"]).await;
    let page = server.text(&admin, "/roles").await;
    assert!(!page.contains("/roles/used/delete") && page.contains("/roles/unused/delete"));
    let words = refused(&server, &admin, "/roles/used/delete", &[]).await;
    assert!(words.contains("This role has users"), "{words}");
    let question = server.text(&admin, "/roles/unused/delete").await;
    assert!(question.contains("Delete role") && question.contains("This action cannot be reversed"));
    let page = done(&server, &admin, "/roles/unused/delete", &[]).await;
    assert!(page.contains("The role unused was deleted.") && row(&page, "unused").is_none());
    assert_eq!(newest(&server, "delete_role"), event("delete_role", Some("admin"), None, Some("unused")));
    let answer = post(&server, &admin, "/roles/unused/delete", &[]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(row(&server.text(&admin, "/roles").await, "used").is_some());
}

async fn built_in_roles_stay_as_they_are(server: Server) {
    let admin = server.signed_in("admin").await;
    let fields = ["version", "description", "free"].map(|name| (name.to_owned(), "0".to_owned()));
    let before = server.text(&admin, "/roles").await;
    for role in ["administrator", "member"] {
        assert_eq!(cell(row(&before, role).unwrap(), "Actions"), "Built in");
        for (path, fields) in [(format!("/roles/{role}/edit"), &fields[..]), (format!("/roles/{role}/delete"), &[])] {
            let words = refused(&server, &admin, &path, fields).await;
            assert!(words.contains("This role is built in"), "{words}");
        }
    }
    assert_eq!(server.text(&admin, "/roles").await, before);
}

async fn changes_of_roles_are_in_the_activity_of_who_made_them(server: Server) {
    let admin = server.signed_in("admin").await;
    let fields = with(filled(&server.text(&admin, "/roles/new").await, "/roles/new"), "name", "clerk");
    done(&server, &admin, "/roles/new", &fields).await;
    let edit = with(filled(&server.text(&admin, "/roles/clerk/edit").await, "/roles/clerk/edit"), "free", "a");
    done(&server, &admin, "/roles/clerk/edit", &edit).await;
    done(&server, &admin, "/roles/clerk/delete", &[]).await;
    assert_eq!(
        super::told(&server, &admin, "Role").await,
        ["Role deleted clerk", "Role changed clerk: added a", "Role added clerk"]
    );
}
