//! `keyledge user` and `keyledge role`: editing, showing, and what programs read.

use serde_json::{Value, json};

use super::{event, newest};
use crate::support::{Finished, Server, keyledge, on_each_database};

on_each_database![
    a_user_is_edited_and_shown,
    a_user_that_cannot_be_edited_is_explained,
    a_role_is_edited_shown_and_deleted,
    a_role_that_cannot_be_changed_is_explained,
    programs_read_users_as_json,
    programs_read_roles_as_json,
    programs_read_the_one_time_password,
    a_list_is_filtered,
    what_the_operator_does_is_on_record,
];

fn run(server: &Server, arguments: &[&str]) -> Finished {
    keyledge(&server.database.text, arguments, "")
}

fn done(server: &Server, arguments: &[&str]) -> String {
    let finished = run(server, arguments);
    assert_eq!((finished.code, &*finished.errors), (0, ""), "{arguments:?}");
    finished.output
}

fn refused(server: &Server, arguments: &[&str]) -> String {
    let finished = run(server, arguments);
    assert_eq!((finished.code, &*finished.output), (1, ""), "{arguments:?} was done");
    assert!(finished.errors.starts_with("keyledge: "), "{}", finished.errors);
    finished.errors
}

fn json(server: &Server, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(server, &[arguments, &["--json"]].concat())).unwrap()
}

async fn a_user_is_edited_and_shown(server: Server) {
    done(&server, &["role", "add", "accountant", "--permission", "journals:read"]);
    done(&server, &["user", "add", "ada"]);
    let edit = ["user", "edit", "Ada", "--display-name", "Ada Lovelace", "--email", "ada@example.com"];
    let roles = ["--add-role", "accountant", "--remove-role", "member"];
    assert_eq!(done(&server, &[&edit[..], &roles].concat()), "The user ada was changed.\n");
    assert_eq!(done(&server, &[&edit[..], &roles].concat()), "The user ada already has these details.\n");
    let shown = done(&server, &["user", "show", "ada"]);
    let lines: Vec<Vec<_>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    for line in [
        &["Username", "ada"][..],
        &["Display", "name", "Ada", "Lovelace"],
        &["E-mail", "ada@example.com"],
        &["Status", "Active"],
        &["Roles", "accountant"],
        &["API", "keys", "0", "valid"],
        &["Last", "sign-in", "never"],
        &["Permission", "journals:read", "(through", "accountant)"],
    ] {
        assert!(lines.contains(&line.to_vec()), "{line:?} is not in\n{shown}");
    }
    done(&server, &["user", "edit", "ada", "--email", "", "--remove-role", "accountant"]);
    let shown = done(&server, &["user", "show", "ada"]);
    assert!(!shown.contains("example.com") && !shown.contains("accountant"), "{shown}");
}

async fn a_user_that_cannot_be_edited_is_explained(server: Server) {
    done(&server, &["user", "add", "ada"]);
    for (arguments, words) in [
        (&["user", "edit", "nobody", "--email", ""][..], "there is no user nobody"),
        (&["user", "show", "nobody"], "there is no user nobody"),
        (&["user", "edit", "ada", "--add-role", "poet"], "there is no role poet"),
        (&["user", "edit", "ada", "--email", "ada"], "not an e-mail address"),
        (&["user", "edit", "ada", "--display-name", "bell\u{7}"], "cannot be shown"),
        (&["user", "edit", "ada", "--add-role", "member", "--remove-role", "member"], "both added and removed"),
        (&["user", "add", "bob", "--email", "bob"], "not an e-mail address"),
        (&["user", "list", "--role", "poet"], "there is no role poet"),
        (&["user", "disable", "admin"], "the last active administrator"),
        (&["user", "edit", "admin", "--remove-role", "administrator"], "the last active administrator"),
    ] {
        let told = refused(&server, arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert_eq!(run(&server, &["user", "list", "--status", "asleep"]).code, 2);
    server.signed_in("admin").await;
}

async fn a_role_is_edited_shown_and_deleted(server: Server) {
    done(&server, &["role", "add", "reader", "--permission", "journals:read"]);
    let edit = ["role", "edit", "reader", "--description", "Reads", "--add-permission", "keys:read"];
    assert_eq!(
        done(&server, &[&edit[..], &["--remove-permission", "journals:read"]].concat()),
        "The role reader was changed.\n"
    );
    assert_eq!(done(&server, &edit), "The role reader already has these details.\n");
    let shown = done(&server, &["role", "show", "reader"]);
    let words: Vec<_> = shown.split_whitespace().collect();
    assert_eq!(
        words,
        ["Name", "reader", "Description", "Reads", "Built", "in", "no", "Users", "0", "Permission", "keys:read"]
    );
    let table = done(&server, &["role", "list"]);
    let lines: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NAME", "USERS", "BUILT", "IN", "DESCRIPTION", "PERMISSIONS"]);
    assert!(lines.contains(&vec!["reader", "0", "Reads", "keys:read"]), "{table}");
    assert_eq!(done(&server, &["role", "delete", "reader"]), "The role reader was deleted.\n");
    assert!(!done(&server, &["role", "list"]).contains("reader"));
}

async fn a_role_that_cannot_be_changed_is_explained(server: Server) {
    done(&server, &["role", "add", "reader", "--permission", "journals:read"]);
    done(&server, &["user", "add", "ada", "--role", "reader"]);
    for (arguments, words) in [
        (&["role", "show", "poet"][..], "there is no role poet"),
        (&["role", "edit", "poet", "--description", ""], "there is no role poet"),
        (&["role", "delete", "poet"], "there is no role poet"),
        (&["role", "delete", "reader"], "This role has users"),
        (&["role", "delete", "member"], "This role is built in"),
        (&["role", "edit", "administrator", "--remove-permission", "users:write"], "This role is built in"),
        (&["role", "edit", "reader", "--add-permission", "a", "--remove-permission", "a"], "both added and removed"),
    ] {
        let told = refused(&server, arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert_eq!(run(&server, &["role", "edit", "reader", "--add-permission", "a b"]).code, 2);
}

async fn programs_read_users_as_json(server: Server) {
    done(&server, &["role", "add", "accountant", "--permission", "journals:read"]);
    done(&server, &["user", "add", "ada", "--role", "accountant", "--email", "ada@example.com"]);
    let mut shown = json(&server, &["user", "show", "ada"]);
    let changing = ["id", "updated_at"].map(|name| shown.as_object_mut().unwrap().remove(name).unwrap());
    assert!(changing[0].as_str().unwrap().starts_with("usr_") && changing[1].as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "username": "ada", "display_name": "ada", "email": "ada@example.com", "status": "active",
        "roles": ["accountant"], "valid_keys": 0, "suspended_keys": 0, "last_sign_in_at": null,
        "permissions": [{ "permission": "journals:read", "roles": ["accountant"] }],
    });
    assert_eq!(shown, expected);
    let names = |list: Value| {
        list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(json(&server, &["user", "list"])), ["ada", "admin"]);
    assert_eq!(json(&server, &["user", "disable", "ada"])["status"], "inactive");
    assert_eq!(json(&server, &["user", "enable", "ada"])["status"], "active");
    assert_eq!(json(&server, &["user", "edit", "ada", "--display-name", "Ada"])["display_name"], "Ada");
}

async fn programs_read_roles_as_json(server: Server) {
    let added = json(&server, &["role", "add", "reader", "--permission", "journals:read"]);
    let expected = json!({
        "name": "reader", "description": "", "built_in": false, "permissions": ["journals:read"], "users": 0,
    });
    assert_eq!(added, expected);
    assert_eq!(json(&server, &["role", "show", "reader"]), expected);
    let roles = json(&server, &["role", "list"]);
    assert_eq!(roles[0]["name"], "administrator");
    assert_eq!((&roles[0]["users"], &roles[0]["built_in"]), (&json!(1), &json!(true)));
    assert_eq!(json(&server, &["role", "edit", "reader", "--description", "Reads"])["description"], "Reads");
    assert_eq!(json(&server, &["role", "delete", "reader"]), json!({ "name": "reader" }));
}

async fn programs_read_the_one_time_password(server: Server) {
    for arguments in [["user", "add", "ada"], ["user", "set-password", "ada"]] {
        let told = json(&server, &arguments);
        assert_eq!(told["username"], "ada");
        assert!(told["id"].as_str().unwrap().starts_with("usr_"));
        super::signs_in_once(&server, "ada", told["one_time_password"].as_str().unwrap()).await;
    }
    let from_input = ["user", "set-password", "ada", "--password-stdin", "--json"];
    let set = keyledge(&server.database.text, &from_input, "a one-time password of the operator");
    assert_eq!(serde_json::from_str::<Value>(&set.output).unwrap()["one_time_password"], Value::Null);
}

async fn a_list_is_filtered(server: Server) {
    done(&server, &["role", "add", "reader"]);
    done(&server, &["user", "add", "ada", "--display-name", "Ada Lovelace", "--role", "reader"]);
    done(&server, &["user", "add", "bob"]);
    done(&server, &["user", "disable", "bob"]);
    for (filter, names) in [
        (&["--status", "inactive"][..], &["bob"][..]),
        (&["--status", "active"], &["ada", "admin"]),
        (&["--role", "reader"], &["ada"]),
        (&["--search", "love"], &["ada"]),
        (&["--search", "nobody"], &[]),
    ] {
        let table = done(&server, &[&["user", "list"], filter].concat());
        let found: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(found, names, "{filter:?}");
    }
}

async fn what_the_operator_does_is_on_record(server: Server) {
    done(&server, &["role", "add", "reader"]);
    assert_eq!(newest(&server, "add_role"), event("add_role", None, None, Some("reader")));
    done(&server, &["role", "edit", "reader", "--add-permission", "journals:read"]);
    let detail = "reader: added journals:read";
    assert_eq!(newest(&server, "edit_role"), event("edit_role", None, None, Some(detail)));
    done(&server, &["user", "add", "ada"]);
    assert_eq!(newest(&server, "add_user"), event("add_user", Some("ada"), None, Some("roles: added member")));
    done(&server, &["user", "edit", "ada", "--add-role", "reader"]);
    assert_eq!(newest(&server, "edit_user"), event("edit_user", Some("ada"), None, Some("roles: added reader")));
}
