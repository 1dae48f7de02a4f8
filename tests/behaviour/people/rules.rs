//! Who may change whom, on every way in.

use reqwest::{Client, StatusCode};

use super::{add_user, and, done, event, filled, form, newest, path, post, refused, row, somebody, with, without};
use crate::support::{PASSWORD, Server, alert, browser, cell, on_each_database};

on_each_database![
    nobody_disables_themselves,
    nobody_changes_their_own_roles,
    nobody_sets_a_one_time_password_for_themselves,
    nobody_manages_who_holds_more,
    nobody_grants_what_they_do_not_hold,
    free_permissions_are_granted_by_holders_of_roles_write,
    a_role_with_more_is_neither_edited_nor_deleted,
    what_cannot_be_seen_is_not_changed,
    what_somebody_lost_meanwhile_does_not_count,
    somebody_disabled_meanwhile_changes_nothing,
];

async fn nobody_disables_themselves(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("other", &["administrator"]).await;
    let path = path(&server, &admin, "admin").await;
    let page = server.text(&admin, &path).await;
    assert!(page.contains("You cannot disable yourself") && !page.contains("/disable"));
    let words = refused(&server, &admin, &format!("{path}/disable"), &[]).await;
    assert!(words.contains("You cannot disable yourself"), "{words}");
    assert_eq!(admin.get(server.at("/")).send().await.unwrap().status(), StatusCode::OK);
}

async fn nobody_changes_their_own_roles(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("other", &["administrator"]).await;
    let path = path(&server, &admin, "admin").await;
    let fields = form(&server, &admin, &path).await;
    assert!(fields.iter().all(|(name, _)| name != "role" && name != "with_roles"));
    for role in ["member", "administrator"] {
        let fields = and(and(fields.clone(), "with_roles", "yes"), "role", role);
        let answer = post(&server, &admin, &path, &fields).await;
        if role == "administrator" {
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "nothing was to be changed");
        } else {
            let words = alert(&answer.text().await.unwrap());
            assert!(words.contains("You cannot change your own roles"), "{words}");
        }
    }
    let page = done(&server, &admin, &path, &with(fields, "display_name", "Myself")).await;
    assert!(page.contains("admin was changed."));
    assert_eq!(newest(&server, "edit_user"), event("edit_user", Some("admin"), None, Some("display name")));
    assert_eq!(cell(&row(&server, &admin, "admin").await, "Roles"), "administrator");
}

async fn nobody_sets_a_one_time_password_for_themselves(server: Server) {
    let admin = server.signed_in("admin").await;
    let path = path(&server, &admin, "admin").await;
    assert!(!server.text(&admin, &path).await.contains("/password\""));
    let path = format!("{path}/password");
    let fields = filled(&server.text(&admin, &path).await, &path);
    let words = refused(&server, &admin, &path, &fields).await;
    assert!(words.contains("one-time password for yourself"), "{words}");
    assert_eq!(server.sign_in(&browser(), "admin", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

async fn nobody_manages_who_holds_more(server: Server) {
    let admin = server.signed_in("admin").await;
    server.add_user("other", &["administrator"]).await;
    let helper = somebody(&server, "helper", &["users:read", "users:write"]).await;
    server.add_user("ada", &[]).await;
    let path = path(&server, &helper, "admin").await;
    let page = server.text(&helper, &path).await;
    assert!(page.contains("Only somebody who holds the permission") && !page.contains("Save changes"));
    let fields = form(&server, &admin, &path).await;
    let password_path = format!("{path}/password");
    let password_form = filled(&server.text(&helper, &password_path).await, &password_path);
    for (path, fields) in [
        (&path, with(fields, "display_name", "Hacked")),
        (&format!("{path}/disable"), Vec::new()),
        (&format!("{path}/enable"), Vec::new()),
        (&password_path, password_form),
    ] {
        let words = refused(&server, &helper, path, &fields).await;
        assert!(words.contains("Only somebody who holds the permission"), "{path}: {words}");
    }
    let row = row(&server, &admin, "admin").await;
    assert_eq!((cell(&row, "Display name"), cell(&row, "Status")), ("Administrator".to_owned(), "Active".to_owned()));
    server.signed_in("admin").await;
    super::switch(&server, &helper, "ada", "disable").await;
}

async fn nobody_grants_what_they_do_not_hold(server: Server) {
    let helper = somebody(&server, "helper", &["users:read", "users:write", "roles:read", "roles:write"]).await;
    server.add_user("ada", &["member"]).await;
    assert!(server.cli(&["role", "add", "auditor", "--permission", "audit:read"]).0);
    let path = path(&server, &helper, "ada").await;
    let page = server.text(&helper, &path).await;
    let boxed = page.split("<input ").find(|input| input.contains("value=\"auditor\"")).unwrap();
    assert!(boxed.contains(" disabled"), "{boxed}");
    for role in ["auditor", "administrator"] {
        let fields = and(form(&server, &helper, &path).await, "role", role);
        let words = refused(&server, &helper, &path, &fields).await;
        assert!(words.contains("You cannot grant the permission audit:read"), "{words}");
    }
    let fields = with(filled(&server.text(&helper, "/users/new").await, "/users/new"), "username", "bob");
    let words = refused(&server, &helper, "/users/new", &and(fields, "role", "administrator")).await;
    assert!(words.contains("You cannot grant"), "{words}");

    let page = server.text(&helper, "/roles/new").await;
    let boxed = page.split("<input ").find(|input| input.contains("value=\"audit:read\"")).unwrap();
    assert!(boxed.contains(" disabled"), "{boxed}");
    let fields = with(filled(&page, "/roles/new"), "name", "mine");
    for fields in [and(fields.clone(), "permission", "audit:read"), with(fields.clone(), "free", "audit:read")] {
        let words = refused(&server, &helper, "/roles/new", &fields).await;
        assert!(words.contains("You cannot grant the permission audit:read"), "{words}");
    }
    done(&server, &helper, "/roles/new", &and(fields, "permission", "users:read")).await;
    let edit = "/roles/mine/edit";
    let fields = with(filled(&server.text(&helper, edit).await, edit), "free", "audit:read");
    let words = refused(&server, &helper, edit, &fields).await;
    assert!(words.contains("You cannot grant the permission audit:read"), "{words}");
    let (_, shown) = server.cli(&["role", "show", "mine"]);
    assert!(!shown.contains("audit:read"), "{shown}");
}

async fn free_permissions_are_granted_by_holders_of_roles_write(server: Server) {
    let helper = somebody(&server, "helper", &["users:read", "users:write"]).await;
    let editor = somebody(&server, "editor", &["users:read", "users:write", "roles:write"]).await;
    assert!(server.cli(&["role", "add", "accountant", "--permission", "journals:read"]).0);
    server.add_user("ada", &["member"]).await;
    let path = path(&server, &helper, "ada").await;
    let fields = and(form(&server, &helper, &path).await, "role", "accountant");
    let words = refused(&server, &helper, &path, &fields).await;
    assert!(words.contains("You cannot give the role accountant"), "{words}");
    done(&server, &editor, &path, &fields).await;

    // What is held already stays, and can be taken away.
    let fields = form(&server, &helper, &path).await;
    assert!(fields.contains(&("role".to_owned(), "accountant".to_owned())));
    done(&server, &helper, &path, &with(fields.clone(), "display_name", "Ada")).await;
    assert_eq!(cell(&row(&server, &helper, "ada").await, "Roles"), "accountant, member");
    let fields = without(form(&server, &helper, &path).await, "role", "accountant");
    done(&server, &helper, &path, &fields).await;
    assert_eq!(cell(&row(&server, &helper, "ada").await, "Roles"), "member");
}

async fn what_cannot_be_seen_is_not_changed(server: Server) {
    let writer = somebody(&server, "writer", &["users:write", "roles:write"]).await;
    server.add_user("ada", &["member"]).await;
    let ada = path(&server, &server.signed_in("admin").await, "ada").await;
    let fields = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect::<Vec<_>>();
    for (path, fields) in [
        ("/roles/new", fields(&["name", "description", "free"])),
        ("/users/new", fields(&["username", "display_name", "email", "nonce"])),
        (&format!("{ada}/disable"), Vec::new()),
    ] {
        let answer = post(&server, &writer, path, &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let users = server.cli(&["user", "list"]).1;
    assert!(users.contains("ada") && !users.contains("Disabled") && !users.contains(" x "), "{users}");
    assert!(!server.cli(&["role", "show", "x"]).0);
}

async fn a_role_with_more_is_neither_edited_nor_deleted(server: Server) {
    let editor = somebody(&server, "editor", &["roles:read", "roles:write"]).await;
    assert!(server.cli(&["role", "add", "auditor", "--permission", "audit:read"]).0);
    for path in ["/roles/auditor/edit", "/roles/auditor/delete"] {
        let answer = editor.get(server.at(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let words = alert(&answer.text().await.unwrap());
        assert!(words.contains("Only somebody who holds the permission audit:read"), "{words}");
    }
    let fields = ["version", "description", "free"].map(|name| (name.to_owned(), "0".to_owned()));
    for (path, fields) in [("/roles/auditor/edit", &fields[..]), ("/roles/auditor/delete", &[])] {
        let words = refused(&server, &editor, path, fields).await;
        assert!(words.contains("Only somebody who holds the permission audit:read"), "{words}");
    }
    assert!(server.cli(&["role", "show", "auditor"]).1.contains("audit:read"));
}

async fn what_somebody_lost_meanwhile_does_not_count(server: Server) {
    let admin = server.signed_in("admin").await;
    let helper = somebody(&server, "helper", &["users:read", "users:write", "keys:read"]).await;
    assert!(server.cli(&["role", "add", "watcher", "--permission", "keys:read"]).0);
    add_user(&server, &admin, "ada", &["member"]).await;
    let path = path(&server, &helper, "ada").await;
    let fields = and(form(&server, &helper, &path).await, "role", "watcher");
    assert!(server.cli(&["role", "edit", "helper", "--remove-permission", "keys:read"]).0);
    let words = refused(&server, &helper, &path, &fields).await;
    assert!(words.contains("You cannot grant the permission keys:read"), "{words}");
    assert!(server.cli(&["role", "edit", "helper", "--remove-permission", "users:write"]).0);
    let answer = post(&server, &helper, &path, &fields).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(cell(&row(&server, &admin, "ada").await, "Roles"), "member");
}

async fn somebody_disabled_meanwhile_changes_nothing(server: Server) {
    let admin = server.signed_in("admin").await;
    let other = server.add_user("other", &["administrator"]).await;
    add_user(&server, &admin, "ada", &["member"]).await;
    let path = path(&server, &other, "ada").await;
    let fields = with(form(&server, &other, &path).await, "display_name", "Too late");
    super::switch(&server, &admin, "other", "disable").await;
    let answer = post(&server, &other, &path, &fields).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_is_not(&server, &admin, "Too late").await;
}

async fn assert_is_not(server: &Server, admin: &Client, display_name: &str) {
    assert_ne!(cell(&row(server, admin, "ada").await, "Display name"), display_name);
}
