//! The operator's command line: what it does, what it prints, how it ends.

use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    Key, PASSWORD, SECRET_KEY, Server, browser, full_disk, keyledge, keyledge_printing_to, keyledge_unread,
    keyledge_with, on_each_database, read_export, record_uses,
};

on_each_database![
    a_user_is_added_with_a_one_time_password,
    a_user_is_added_with_all_that_is_known,
    a_user_that_cannot_be_added_is_explained,
    a_password_from_standard_input_obeys_the_rules,
    users_are_listed_with_status_and_roles,
    a_user_is_disabled_and_enabled,
    a_password_that_is_set_ends_the_sessions,
    a_role_gives_its_permissions,
    a_role_that_cannot_be_added_is_explained,
    keys_are_listed_with_owner_and_status,
    the_keys_of_an_unknown_user_are_not_listed,
    keys_are_listed_by_status_and_concern,
    keys_and_events_are_listed_for_programs,
    more_keys_than_asked_for_are_told,
    events_are_listed_and_filtered,
    events_that_cannot_be_listed_are_explained,
    the_record_is_exported_whole,
    a_part_of_the_record_is_exported_for_spreadsheets,
    a_key_is_deleted,
    a_key_that_cannot_be_deleted_is_explained,
    whoever_reads_only_the_beginning_has_what_was_wanted,
    what_is_of_use_only_as_a_whole_is_missed,
    what_cannot_be_printed_is_an_error,
    a_one_time_password_that_nobody_was_told_is_an_error,
    what_cannot_be_logged_changes_nothing,
    a_level_of_the_log_that_there_is_not_is_refused,
];

async fn whoever_reads_only_the_beginning_has_what_was_wanted(server: Server) {
    server.generate(&server.signed_in("admin").await).await;
    server.database.add_user("ada", &[]);
    for arguments in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["audit", "list"],
        &["audit", "list", "--json"],
        &["signing-key", "list"],
        &["user", "list"],
        &["role", "show", "member", "--json"],
        &["audit", "public-key"],
        &["audit", "verify"],
        &["role", "add", "poet"],
        &["role", "delete", "poet", "--json"],
        &["user", "disable", "ada", "--json"],
        &["user", "enable", "ada"],
        &["signing-key", "rotate"],
        &["check-config"],
        &["help"],
    ] {
        let finished = keyledge_unread(&server.database.text, arguments);
        assert_eq!((finished.code, &*finished.errors), (0, ""), "{arguments:?}");
    }
}

async fn what_is_of_use_only_as_a_whole_is_missed(server: Server) {
    for arguments in [["audit", "export"], ["completions", "bash"]] {
        let finished = keyledge_unread(&server.database.text, &arguments);
        let errors = "keyledge: the output cannot be written: Broken pipe (os error 32)\n";
        assert_eq!((finished.code, &*finished.errors), (1, errors), "{arguments:?}");
    }
}

async fn what_cannot_be_printed_is_an_error(server: Server) {
    let key = server.generate(&server.signed_in("admin").await).await;
    server.database.add_user("ada", &[]);
    let fails = |arguments: &[&str], words: &str| {
        let finished = keyledge_printing_to(full_disk(), Stdio::piped(), &server.database.text, arguments);
        let expected =
            format!("keyledge: {words}the output cannot be written: No space left on device (os error 28)\n");
        assert_eq!((finished.code, finished.errors), (1, expected), "{arguments:?}");
    };
    for arguments in [
        &["user", "list"][..],
        &["user", "show", "admin", "--json"],
        &["role", "list"],
        &["key", "list", "--json"],
        &["audit", "list"],
        &["audit", "export"],
        &["audit", "public-key"],
        &["audit", "verify"],
        &["signing-key", "list"],
        &["check-config"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ] {
        fails(arguments, "");
    }
    for arguments in [
        &["role", "add", "poet"][..],
        &["role", "edit", "poet", "--description", "Writes", "--json"],
        &["role", "delete", "poet", "--json"],
        &["key", "delete", &key.client_id],
        &["user", "disable", "ada"],
        &["user", "enable", "ada", "--json"],
        &["signing-key", "rotate", "--now"],
    ] {
        fails(arguments, "it was done, but this could not be told: ");
    }
    assert_eq!(done(&server, &["key", "list", "--json"]), "[]\n");
}

async fn a_one_time_password_that_nobody_was_told_is_an_error(server: Server) {
    for arguments in [&["user", "add", "ada"][..], &["user", "set-password", "ada", "--json"]] {
        if arguments[1] == "set-password" {
            assert!(done(&server, &["user", "list"]).contains("ada"));
        }
        let finished = keyledge_printing_to(full_disk(), Stdio::piped(), &server.database.text, arguments);
        assert_eq!(finished.code, 1, "{finished:?}");
        let lost = "ada has a one-time password now that could not be told: make another one with `keyledge user \
            set-password ada`: the output cannot be written: No space left";
        assert!(finished.errors.contains(lost), "{}", finished.errors);
    }
    let unread = keyledge_unread(&server.database.text, &["user", "set-password", "ada"]);
    assert!(unread.code == 1 && unread.errors.contains("make another one with"), "{unread:?}");
}

async fn what_cannot_be_logged_changes_nothing(server: Server) {
    let run = |arguments: &[&str]| {
        keyledge_printing_to(
            Stdio::piped(),
            full_disk(),
            &server.database.text,
            &[arguments, &["--log", "trace"]].concat(),
        )
    };
    let (listed, missing, unknown) = (run(&["user", "list"]), run(&["user", "show", "ada"]), run(&["user", "shout"]));
    assert_eq!([listed.code, missing.code, unknown.code], [0, 1, 2]);
    server.generate(&server.signed_in("admin").await).await;
    server.generate(&server.signed_in("admin").await).await;
    assert_eq!(run(&["key", "list", "--limit", "1"]).code, 0);
}

#[test]
fn a_first_password_that_nobody_was_told_is_an_error() {
    let folder = TempDir::new().unwrap();
    let database = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    for (name, arguments, words) in [
        (
            "server.db",
            &["serve", "--listen", "127.0.0.1:0"][..],
            "make another one with `keyledge user set-password admin`",
        ),
        ("demo.db", &["demo"], "try it again on another database"),
    ] {
        let finished = keyledge_printing_to(full_disk(), Stdio::piped(), &database(name), arguments);
        assert_eq!(finished.code, 1, "{finished:?}");
        assert!(finished.errors.contains(words), "{}", finished.errors);
    }
    assert_eq!(keyledge(&database("server.db"), &["user", "set-password", "admin"], "").code, 0);
}

async fn a_level_of_the_log_that_there_is_not_is_refused(server: Server) {
    let list = |level| {
        let database = [("KEYLEDGE_DATABASE_URL", &*server.database.text), ("KEYLEDGE_SECRET_KEY", SECRET_KEY)];
        keyledge_with(&["user", "list"], &[&database[..], &[("KEYLEDGE_LOG", level)]].concat())
    };
    for level in ["verbose", "warning", "info,verbose", "keyledge=loud"] {
        let finished = list(level);
        assert_eq!(finished.code, 2, "{level} was accepted");
        assert!(finished.errors.contains("expected error, warn, info or debug"), "{}", finished.errors);
    }
    for level in ["", "error", "debug", "warn,keyledge=debug"] {
        let finished = list(level);
        assert_eq!(finished.code, 0, "{}", finished.errors);
    }
}

async fn a_user_is_added_with_a_one_time_password(server: Server) {
    let printed = done(&server, &["user", "add", "Ada"]);
    assert!(printed.contains("The user ada was added."));
    let (_, password) = printed.split_once("first sign-in: ").unwrap();
    assert_eq!(password.trim().len(), 22);
    assert_eq!(server.sign_in(&browser(), "ada", password.trim()).await.status(), StatusCode::SEE_OTHER);
}

async fn a_user_is_added_with_all_that_is_known(server: Server) {
    done(&server, &["role", "add", "accountant"]);
    let ada = ["user", "add", "ada", "--display-name", "Ada Lovelace", "--email", "ada@example.com"];
    let roles = ["--role", "member", "--role", "accountant", "--password-stdin"];
    let added = keyledge(&server.database.text, &[&ada[..], &roles].concat(), &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.errors);
    assert!(!added.output.contains("password"));
    let page = server.text(&server.signed_in("ada").await, "/profile").await;
    for known in ["Ada Lovelace", "ada@example.com", "accountant", "member"] {
        assert!(page.contains(&format!(">{known}</dd>")), "{known} is missing");
    }
}

async fn a_user_that_cannot_be_added_is_explained(server: Server) {
    assert!(refused(&server, &["user", "add", "admin"]).contains("there is a user admin already"));
    assert!(refused(&server, &["user", "add", "a b"]).contains("bad username: expected 1 to 64 letters"));
    assert!(refused(&server, &["user", "add", "all"]).contains("bad username: the names me and all are reserved"));
    let without_role = refused(&server, &["user", "add", "ada", "--role", "poet"]);
    assert!(without_role.contains("there is no role poet"));
    assert!(!done(&server, &["user", "list"]).contains("ada"));
}

async fn a_password_from_standard_input_obeys_the_rules(server: Server) {
    for (password, words) in [("", "too short"), ("sh0rt", "too short"), ("abababababababababab", "easy to guess")] {
        for arguments in
            [["user", "add", "ada", "--password-stdin"], ["user", "set-password", "admin", "--password-stdin"]]
        {
            let finished = keyledge(&server.database.text, &arguments, password);
            assert_eq!(finished.code, 1, "{password:?} was accepted");
            assert!(finished.errors.contains(words), "{}", finished.errors);
        }
    }
    server.signed_in("admin").await;
}

async fn users_are_listed_with_status_and_roles(server: Server) {
    done(&server, &["user", "add", "ada", "--display-name", "Ada Lovelace", "--email", "ada@example.com"]);
    done(&server, &["user", "add", "bob", "--role", "administrator"]);
    done(&server, &["user", "disable", "bob"]);
    let table = done(&server, &["user", "list"]);
    let words: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        words,
        [
            vec!["USERNAME", "DISPLAY", "NAME", "E-MAIL", "STATUS", "ROLES", "VALID", "KEYS", "LAST", "SIGN-IN"],
            vec!["ada", "Ada", "Lovelace", "ada@example.com", "Active", "member", "0", "never"],
            vec!["admin", "Administrator", "Active", "administrator", "0", "never"],
            vec!["bob", "bob", "Inactive", "administrator", "0", "never"],
        ]
    );
}

async fn a_user_is_disabled_and_enabled(server: Server) {
    server.add_user("ada", &[]).await;
    assert_eq!(done(&server, &["user", "disable", "Ada"]), "The user ada is disabled now.\n");
    assert_eq!(done(&server, &["user", "disable", "ada"]), "The user ada was disabled already.\n");
    assert_eq!(server.sign_in(&browser(), "ada", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(done(&server, &["user", "enable", "ada"]), "The user ada is enabled now.\n");
    assert_eq!(done(&server, &["user", "enable", "ada"]), "The user ada was enabled already.\n");
    server.signed_in("ada").await;
    for command in ["disable", "enable", "set-password"] {
        assert!(refused(&server, &["user", command, "nobody"]).contains("there is no user nobody"));
    }
}

async fn a_password_that_is_set_ends_the_sessions(server: Server) {
    let ada = server.add_user("ada", &[]).await;
    let key = server.generate(&ada).await;
    let printed = done(&server, &["user", "set-password", "ada"]);
    let (_, password) = printed.split_once("first sign-in: ").unwrap();
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().headers()["location"], "/login?next=%2F");
    assert_eq!(server.sign_in(&browser(), "ada", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    server.sign_in(&ada, "ada", password.trim()).await;
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().headers()["location"], "/login/password");
    server.token(&key).await;

    let from_input = ["user", "set-password", "ada", "--password-stdin"];
    let set = keyledge(&server.database.text, &from_input, "a one-time password of the operator");
    assert_eq!((set.code, &*set.output), (0, "The password of ada was set.\n"));
    server.sign_in(&ada, "ada", "a one-time password of the operator").await;
    assert_eq!(ada.get(server.at("/")).send().await.unwrap().headers()["location"], "/login/password");
}

async fn a_role_gives_its_permissions(server: Server) {
    let role = ["role", "add", "accountant", "--description", "Keeps the books"];
    let permissions = ["--permission", "journals:read", "--permission", "journals:write"];
    assert_eq!(done(&server, &[&role[..], &permissions].concat()), "The role accountant was added.\n");
    let ada = server.add_user("ada", &["accountant"]).await;
    let page = server.text(&ada, "/profile").await;
    assert!(page.contains("journals:read") && page.contains("journals:write"));
}

async fn a_role_that_cannot_be_added_is_explained(server: Server) {
    assert!(refused(&server, &["role", "add", "member"]).contains("there is a role member already"));
    assert!(refused(&server, &["role", "add", "The Boss"]).contains("bad role name: expected 1 to 64"));
    let finished = keyledge(&server.database.text, &["role", "add", "boss", "--permission", "do all"], "");
    assert_eq!(finished.code, 2);
    assert!(finished.errors.contains("expected a permission such as journals:read"), "{}", finished.errors);
    assert!(refused(&server, &["user", "add", "ada", "--role", "boss"]).contains("there is no role boss"));
}

async fn keys_are_listed_with_owner_and_status(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let (first, second) = (server.generate(&admin).await, server.generate(&ada).await);
    let named = server.generate_with(&admin, &[("name", "Nightly import")]).await;
    server.token(&named).await;
    done(&server, &["user", "disable", "ada"]);
    let table = done(&server, &["key", "list"]);
    let line = |client_id: &str| table.lines().find(|line| line.contains(client_id)).unwrap().to_owned();
    assert!(line(&first.client_id).contains("admin") && line(&first.client_id).contains("Valid"));
    assert!(line(&first.client_id).contains("never"));
    assert!(line(&second.client_id).contains("ada") && line(&second.client_id).contains("Suspended"));
    assert!(line(&named.client_id).contains("Nightly import") && !line(&named.client_id).contains("never"));

    let of_ada = done(&server, &["key", "list", "--user", "Ada"]);
    assert!(of_ada.contains(&second.client_id) && !of_ada.contains(&first.client_id));
}

async fn the_keys_of_an_unknown_user_are_not_listed(server: Server) {
    assert!(refused(&server, &["key", "list", "--user", "nobody"]).contains("there is no user nobody"));
}

async fn keys_are_listed_by_status_and_concern(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let (used, unused) = (server.generate(&admin).await, server.generate(&admin).await);
    let short = server.generate_with(&ada, &[("lifetime", "7")]).await;
    server.token(&used).await;
    let listed = |arguments: &[&str]| {
        let table = done(&server, &[&["key", "list"], arguments].concat());
        [&used, &unused, &short].map(|key| table.contains(&key.client_id))
    };
    assert_eq!(listed(&[]), [true, true, true]);
    assert_eq!(listed(&["--only", "never-used"]), [false, true, true]);
    assert_eq!(listed(&["--only", "expires-soon"]), [false, false, true]);
    assert_eq!(listed(&["--only", "unused"]), [false, false, false]);
    assert_eq!(listed(&["--only", "never-used", "--user", "admin"]), [false, true, false]);
    done(&server, &["user", "disable", "ada"]);
    assert_eq!(listed(&["--status", "suspended"]), [false, false, true]);
    assert_eq!(listed(&["--status", "valid"]), [true, true, false]);
    assert_eq!(listed(&["--status", "expired"]), [false, false, false]);
}

async fn keys_and_events_are_listed_for_programs(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate_with(&admin, &[("name", "CI")]).await;
    let keys: Value = serde_json::from_str(&done(&server, &["key", "list", "--json"])).unwrap();
    let known = (&keys[0]["client_id"], &keys[0]["owner"], &keys[0]["status"], &keys[0]["name"]);
    assert_eq!(known, (&key.client_id.into(), &"admin".into(), &"valid".into(), &"CI".into()));
    let events: Value = serde_json::from_str(&done(&server, &["audit", "list", "--json", "--limit", "2"])).unwrap();
    let actions: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["action"]).collect();
    assert_eq!(actions, ["generate_key", "sign_in"]);
    assert_eq!(done(&server, &["key", "list", "--only", "unused", "--json"]), "[]\n");
}

async fn more_keys_than_asked_for_are_told(server: Server) {
    let admin = server.signed_in("admin").await;
    let (older, newer) = (server.generate(&admin).await, server.generate(&admin).await);
    let finished = keyledge(&server.database.text, &["key", "list", "--limit", "1"], "");
    assert_eq!((finished.code, &*finished.errors), (0, "There are more than 1: narrow them down, or raise --limit.\n"));
    assert!(finished.output.contains(&newer.client_id) && !finished.output.contains(&older.client_id));
}

async fn events_are_listed_and_filtered(server: Server) {
    let (admin, ada) = (server.signed_in("admin").await, server.add_user("ada", &[]).await);
    let key = server.generate(&ada).await;
    server.token_answer(&Key { client_secret: "rubbish".to_owned(), ..key.clone() }, &[]).await;
    admin.post(server.at(&format!("/keys/{}/delete", key.client_id))).send().await.unwrap();
    let lines = |arguments: &[&str]| {
        let table = done(&server, &[&["audit", "list"], arguments].concat());
        // The columns are as wide as their longest cell.
        table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let of_ada = lines(&["--user", "Ada"]);
    assert_eq!(of_ada.len(), 5);
    assert!(of_ada[0].contains("Deleted API key (by admin)") && of_ada[0].contains(&key.client_id));
    let refused = lines(&["--outcome", "refused"]);
    assert!(refused.len() == 1 && refused[0].contains("Refused: Wrong client secret"), "{refused:?}");
    assert_eq!(lines(&["--key", &key.client_id, "--limit", "2"]), of_ada[..2]);
    assert_eq!(lines(&["--from", "2001-01-01", "--until", "2100-01-01T00:00:00Z"]).len(), lines(&[]).len());
    assert_eq!(lines(&["--until", "2001-01-01"]), [""; 0]);
}

async fn events_that_cannot_be_listed_are_explained(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    server.add_user("ada", &[]).await;
    let of = |arguments: &[&str]| refused(&server, &[&["audit"], arguments].concat());
    assert!(of(&["list", "--user", "nobody"]).contains("there is no user nobody"));
    assert!(of(&["export", "--key", "kl_x"]).contains("there is no API key kl_x"));
    let foreign = of(&["list", "--user", "ada", "--key", &key.client_id]);
    assert!(foreign.contains(&format!("ada has no API key {}", key.client_id)));
    for arguments in [["list", "--from", "yesterday"], ["export", "--until", "2026-02-30"]] {
        let finished = keyledge(&server.database.text, &[&["audit"], &arguments[..]].concat(), "");
        assert_eq!(finished.code, 2);
        assert!(finished.errors.contains("expected a date such as 2026-11-24"), "{}", finished.errors);
    }
}

async fn the_record_is_exported_whole(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    record_uses(&server.open_database(), &key.client_id, server.clock.now(), None, 700).await;
    let events = read_export(&done(&server, &["audit", "export"]), &server.database);
    assert!(events.len() > 700 && events.is_sorted_by_key(|event| event.id));
    assert_eq!(events.iter().filter(|event| event.client_id.as_ref() == Some(&key.client_id)).count(), 701);
    assert_eq!(server.text(&admin, "/activity/everybody/export.jsonl").await, done(&server, &["audit", "export"]));
}

async fn a_part_of_the_record_is_exported_for_spreadsheets(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    server.token(&key).await;
    let csv = done(&server, &["audit", "export", "--format", "csv", "--user", "admin", "--key", &key.client_id]);
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("Time,Username,") && lines[1].contains("Generated API key"), "{csv}");
    assert_eq!(lines.len(), 3);
}

async fn a_key_is_deleted(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let deleted = done(&server, &["key", "delete", &key.client_id]);
    assert_eq!(deleted, format!("The API key {} was deleted.\n", key.client_id));
    assert_eq!(server.token_answer(&key, &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert!(!server.text(&admin, "/profile").await.contains(&key.client_id));
    let page = server.text(&admin, "/activity").await;
    assert!(page.contains("Deleted API key") && page.contains("Command line"));
    assert!(!done(&server, &["key", "list"]).contains(&key.client_id));
}

async fn a_key_that_cannot_be_deleted_is_explained(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    done(&server, &["key", "delete", &key.client_id]);
    for client_id in [&*key.client_id, "kl_0000000000000000000000"] {
        assert!(refused(&server, &["key", "delete", client_id]).contains(&format!("there is no API key {client_id}")));
    }
    assert!(refused(&server, &["key", "delete", "rubbish"]).contains("that is no client ID"));
}

#[test]
fn help_and_version_are_printed() {
    for arguments in [
        &["--help"][..],
        &["user", "add", "--help"],
        &["key", "list", "--help"],
        &["audit", "export", "--help"],
        &["--version"],
    ] {
        let finished = keyledge_with(arguments, &[("KEYLEDGE_SECRET_KEY", "hunter2")]);
        assert_eq!(finished.code, 0);
        assert!(finished.output.contains("keyledge") && finished.errors.is_empty());
        assert!(!finished.output.contains("hunter2"));
    }
}

#[test]
fn every_shell_gets_a_script_that_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = keyledge_with(&["completions", shell], &[("KEYLEDGE_SECRET_KEY", "hunter2")]);
        assert_eq!((finished.code, &*finished.errors), (0, ""), "{shell}");
        for word in ["set-password", "signing-key", "rotate", "completions", "trusted-proxies", "password-stdin"] {
            assert!(finished.output.contains(word), "{shell} does not complete {word}");
        }
        assert!(!finished.output.contains("hunter2"));
    }
    let refused = keyledge_with(&["completions", "cmd"], &[]);
    assert_eq!(refused.code, 2);
    assert!(refused.errors.contains("possible values: bash, elvish, fish, powershell, zsh"), "{}", refused.errors);
}

#[test]
fn bash_completes_commands_and_their_flags() {
    let script = keyledge_with(&["completions", "bash"], &[]).output;
    for (line, expected) in [
        ("keyledge us", "user"),
        ("keyledge user set", "set-password"),
        ("keyledge user add --pass", "--password-stdin"),
    ] {
        let words: Vec<_> = line.split(' ').collect();
        let ask = format!(
            "{script}\nCOMP_WORDS=({line}); COMP_CWORD={}; _keyledge keyledge {} {}; echo \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let completed = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), expected, "{line}");
    }
}

#[test]
fn a_command_that_cannot_be_understood_is_explained() {
    for (arguments, words) in [
        (&["user"][..], "Usage"),
        (&["user", "add"], "<USERNAME>"),
        (&["key", "drop"], "unrecognized subcommand 'drop'"),
        (&["user", "list", "--all"], "unexpected argument '--all'"),
    ] {
        let finished = keyledge_with(arguments, &[]);
        assert_eq!(finished.code, 2);
        assert!(finished.errors.contains(words), "{}", finished.errors);
    }
}

fn done(server: &Server, arguments: &[&str]) -> String {
    let finished = keyledge(&server.database.text, arguments, "");
    assert_eq!(finished.code, 0, "{}", finished.errors);
    assert_eq!(finished.errors, "");
    finished.output
}

fn refused(server: &Server, arguments: &[&str]) -> String {
    let finished = keyledge(&server.database.text, arguments, "");
    assert_eq!(finished.code, 1, "{arguments:?} was done: {}", finished.output);
    assert_eq!(finished.output, "");
    assert!(finished.errors.starts_with("keyledge: "), "{}", finished.errors);
    finished.errors
}
