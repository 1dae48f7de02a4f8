//! Copies of an SQLite database, and whether the server would start.

use std::cell::Cell;
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use keyledge::db::schema::audit_events;
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::load::{Load, Request, basic, post};
use crate::support::{
    self, Backend, Process, Server, TestDatabase, keyledge, keyledge_held, keyledge_unprivileged, keyledge_with,
    on_each_database,
};

on_each_database![
    the_database_is_checked_beside_a_running_server,
    a_database_in_which_another_program_has_a_table_of_ours_is_refused_without_a_trace,
    a_record_that_was_signed_with_a_key_of_another_database_is_refused,
];

#[test]
fn a_copy_that_is_made_under_load_has_what_was_answered_before_and_works() {
    support::run(Backend::Sqlite, async |server: Server| {
        let admin = server.signed_in("admin").await;
        let (key, deleted) = (server.generate(&admin).await, server.generate(&admin).await);
        server.delete(&admin, &deleted.client_id).await;
        let secret = basic(&key);
        let load = Load::start(&server, 8, move |_, _| Request {
            about: (),
            text: post("/auth/token", &[("Authorization", &secret)], "grant_type=client_credentials"),
        });
        load.wait_for(200);
        let answered = load.answered();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("copy.db");
        let copied = keyledge(&server.database.text, &["backup", file.to_str().unwrap()], "");
        assert_eq!(copied.code, 0, "{}", copied.errors);
        assert!(copied.output.contains("Its secret key is not in there"), "{}", copied.output);
        load.wait_for(200);
        assert!(load.stop().iter().all(|exchange| exchange.answer.as_ref().is_some_and(|answer| answer.status == 200)));
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, folder.path().read_dir().unwrap().count()), (0o600, 1));

        let copy = format!("sqlite:{}", file.display());
        let verified = keyledge(&copy, &["audit", "verify"], "");
        assert!(verified.code == 0 && verified.output.contains("The record is whole"), "{}", verified.errors);
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        let kept: i64 = audit_events::table
            .filter(audit_events::action.eq("issue_token"))
            .count()
            .get_result(&mut connection)
            .unwrap();
        assert!(kept >= i64::try_from(answered).unwrap(), "{kept} of {answered} events are in the copy");
        let process = Process::start(&copy, &[]);
        process.signed_in("admin").await;
        process.token(&key).await;
        assert_eq!(process.token_answer(&deleted, &[]).await.status(), StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_copy_replaces_no_file_and_leaves_no_rest() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let database = database.serve(&[]).stop();
        let folder = TempDir::new().unwrap();
        let there = folder.path().join("there.db");
        std::fs::write(&there, "something else").unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        for (file, words) in [
            (text(&there), "there.db"),
            (text(&folder.path().join("nowhere/copy.db")), "nowhere"),
            (format!("file:{}", text(&folder.path().join("copy.db"))), "file:/"),
        ] {
            let refused = keyledge(&database.text, &["backup", &file], "");
            assert_eq!(refused.code, 1);
            assert!(refused.errors.contains(words), "{}", refused.errors);
        }
        let missing = format!("sqlite:{}", folder.path().join("missing.db").display());
        let refused = keyledge(&missing, &["backup", folder.path().join("copy.db").to_str().unwrap()], "");
        assert!(refused.code == 1 && refused.errors.contains("there is no database"), "{}", refused.errors);
        assert_eq!(std::fs::read_to_string(&there).unwrap(), "something else");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    });
}

#[test]
fn a_copy_replaces_no_link_that_leads_nowhere() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let database = database.serve(&[]).stop();
        let folder = TempDir::new().unwrap();
        let (link, nowhere) = (folder.path().join("copy.db"), folder.path().join("nowhere.db"));
        symlink(&nowhere, &link).unwrap();
        let refused = keyledge(&database.text, &["backup", link.to_str().unwrap()], "");
        assert!(refused.code == 1 && refused.errors.contains("copy.db could not be written"), "{refused:?}");
        assert_eq!(link.read_link().unwrap(), nowhere);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    });
}

#[test]
fn a_copy_replaces_no_file_that_comes_while_it_is_made() {
    support::run(Backend::Sqlite, async |database: TestDatabase| {
        let database = database.serve(&[]).stop();
        let takes_long = "CREATE TABLE filler AS WITH RECURSIVE numbers (number) AS \
            (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT 64) SELECT zeroblob(1048576) FROM numbers";
        database.connect().batch_execute(takes_long).unwrap();
        let folder = TempDir::new().unwrap();
        let (file, unfinished) = (folder.path().join("copy.db"), folder.path().join("copy.db.unfinished"));
        let was_free = Cell::new(false);
        let come =
            || was_free.set(File::create_new(&file).is_ok_and(|mut file| file.write_all(b"something else").is_ok()));
        let refused = loop {
            let arguments = ["backup", file.to_str().unwrap()];
            let copied = keyledge_held(&database.text, &arguments, || unfinished.exists(), come);
            if was_free.get() {
                break copied;
            }
            // The copy was made before anything could come.
            std::fs::remove_file(&file).unwrap();
        };
        assert!(refused.code == 1 && refused.errors.contains("copy.db could not be written"), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "something else");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    });
}

#[test]
fn how_to_copy_a_postgres_database_is_told() {
    let refused = keyledge("postgres://keyledge:hunter2@127.0.0.1:1/keyledge", &["backup", "copy.db"], "");
    assert!(refused.code == 1 && refused.errors.contains("pg_dump"), "{}", refused.errors);
    assert!(!Path::new("copy.db").exists());
}

#[test]
fn settings_are_checked_without_a_trace() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("keyledge.db").display());
    let environment = [("KEYLEDGE_DATABASE_URL", &*url)];
    let checked = keyledge_with(&["check-config"], &environment);
    assert!(checked.code == 0 && checked.output.contains("does not exist: the server will make it"), "{checked:?}");
    for (arguments, expected) in [
        (&["--public-url", "https://keys.example.com"][..], "--trusted-proxies"),
        (&["--admin-password", "short"], "at least 15"),
        (&["--logo", "/nowhere.svg"], "/nowhere.svg"),
        (&["--secret-key", "short"], "32 characters"),
    ] {
        let refused = keyledge_with(&[&["check-config"], arguments].concat(), &environment);
        assert!(refused.code == 1 && refused.errors.contains(expected), "{arguments:?}: {refused:?}");
    }
    let nowhere = [("KEYLEDGE_DATABASE_URL", "sqlite:/nowhere/keyledge.db")];
    let refused = keyledge_with(&["check-config"], &nowhere);
    assert!(refused.code == 1 && refused.errors.contains("there is no folder /nowhere"), "{refused:?}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    std::fs::write(folder.path().join("keyledge.key"), "short").unwrap();
    let refused = keyledge_with(&["check-config"], &environment);
    assert!(refused.code == 1 && refused.errors.contains("32 characters"), "{refused:?}");
}

#[test]
fn the_first_password_is_checked_as_long_as_there_is_no_user() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("keyledge.db").display());
    let environment = [("KEYLEDGE_DATABASE_URL", &*url), ("KEYLEDGE_ADMIN_PASSWORD", "abababababababababab")];
    let refuses = |arguments: &[&str]| {
        let refused = keyledge_with(arguments, &environment);
        assert!(refused.code == 1 && refused.errors.contains("easy to guess"), "{refused:?}");
    };
    refuses(&["check-config"]);
    refuses(&["serve", "--listen", "127.0.0.1:0"]);
    refuses(&["check-config"]);
    let filled = keyledge_with(&["demo"], &environment);
    assert_eq!(filled.code, 0, "{}", filled.errors);
    assert_eq!(keyledge_with(&["check-config"], &environment).code, 0);
}

async fn the_database_is_checked_beside_a_running_server(database: TestDatabase) {
    if database.backend() == Backend::Postgres {
        let checked = keyledge(&database.text, &["check-config"], "");
        assert!(
            checked.code == 0 && checked.output.contains("is empty: the server will make its tables"),
            "{checked:?}"
        );
        assert!(database.columns().is_empty());
    }
    let server = database.serve(&[]);
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let checked = keyledge(&server.database.text, &["check-config"], "");
    assert!(checked.code == 0 && checked.output.contains("the secret key opens what is sealed in it"), "{checked:?}");
    let another = [
        ("KEYLEDGE_DATABASE_URL", &*server.database.text),
        ("KEYLEDGE_SECRET_KEY", "another secret key of at least 32 characters"),
    ];
    let refused = keyledge_with(&["check-config"], &another);
    assert!(refused.code == 1 && refused.errors.contains("is this the secret key"), "{refused:?}");
    server.token(&key).await;
}

async fn a_database_in_which_another_program_has_a_table_of_ours_is_refused_without_a_trace(database: TestDatabase) {
    database.connect().batch_execute("CREATE TABLE notes (note TEXT); INSERT INTO notes VALUES ('milk')").unwrap();
    let checked = keyledge(&database.text, &["check-config"], "");
    assert!(checked.code == 0 && checked.output.contains("the server will add the tables"), "{checked:?}");

    database.connect().batch_execute("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada')").unwrap();
    let before = (database.columns(), database.everything());
    let checked = keyledge(&database.text, &["check-config"], "");
    assert!((database.columns(), database.everything()) == before);
    let served = keyledge(&database.text, &["serve", "--listen", "127.0.0.1:0"], "");
    for refused in [&checked, &served] {
        assert!(refused.code == 1 && refused.errors.contains("could not be migrated"), "{refused:?}");
        assert!(refused.errors.contains("users") && refused.errors.contains("already exists"), "{refused:?}");
    }
}

async fn a_record_that_was_signed_with_a_key_of_another_database_is_refused(database: TestDatabase) {
    let database = database.serve(&[]).stop();
    // As good as one of another database: it cannot be opened either.
    let foreign = "UPDATE audit_keys SET sealed_private_key = (SELECT sealed_private_key FROM signing_keys)";
    database.connect().batch_execute(foreign).unwrap();
    for arguments in [&["check-config"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let refused = keyledge(&database.text, arguments, "");
        assert!(refused.code == 1 && refused.errors.contains("is this the secret key"), "{refused:?}");
    }
}

#[test]
fn a_database_that_must_not_be_written_is_refused() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("keyledge.db").display());
    let allow = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let refuses = |words: &str| {
        let checked = keyledge_unprivileged(&url, &["check-config"]);
        assert!(checked.code == 1 && checked.errors.contains(words), "{checked:?}");
        let served = keyledge_unprivileged(&url, &["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(served.code, 1, "{served:?}");
    };
    allow(folder.path(), 0o555);
    refuses("keyledge.db cannot be created: Permission denied");
    allow(folder.path(), 0o755);
    allow(folder.path(), 0o333);
    refuses("keyledge.key cannot be created: Permission denied");
    allow(folder.path(), 0o755);
    let checked = keyledge_unprivileged(&url, &["check-config"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    drop(Process::start_bare(&url, &[]));
    let database = folder.path().join("keyledge.db");
    let files = || ["", "-wal"].map(|end| std::fs::read(format!("{}{end}", database.display())).ok());
    let before = files();
    assert_eq!(keyledge_unprivileged(&url, &["check-config"]).code, 0);
    assert!(files() == before, "what was in the log is in the file now");
    allow(&database, 0o400);
    refuses("keyledge.db cannot be read and written: Permission denied");
    allow(&database, 0o600);
    take_log_away(&database);
    allow(folder.path(), 0o555);
    refuses("keyledge.db-wal cannot be created: Permission denied");
    allow(folder.path(), 0o755);
}

#[test]
fn a_database_to_which_a_link_leads_has_its_log_where_it_is_itself() {
    let folder = TempDir::new().unwrap();
    let [links, data] = ["links", "data"].map(|name| folder.path().join(name));
    let allow = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let (link, database) = (links.join("keyledge.db"), data.join("real.db"));
    std::fs::create_dir(&links).unwrap();
    std::fs::create_dir(&data).unwrap();
    drop(Process::start_bare(&format!("sqlite:{}", database.display()), &[]));
    std::fs::rename(data.join("real.key"), links.join("keyledge.key")).unwrap();
    symlink(&database, &link).unwrap();
    let url = format!("sqlite:{}", link.display());
    let files = || ["", "-wal"].map(|end| std::fs::read(format!("{}{end}", database.display())).unwrap());
    let before = files();
    assert_eq!(keyledge_unprivileged(&url, &["check-config"]).code, 0);
    assert!(files() == before, "what was in the log is in the file now");
    take_log_away(&database);
    allow(&links, 0o555);
    let checked = keyledge_unprivileged(&url, &["check-config"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    allow(&links, 0o755);
    allow(&data, 0o555);
    let refused = keyledge_unprivileged(&url, &["check-config"]);
    assert!(refused.code == 1 && refused.errors.contains("real.db-wal cannot be created"), "{refused:?}");
    allow(&data, 0o755);
}

/// As whoever closes a database last does.
fn take_log_away(database: &Path) {
    let mut last = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    last.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(last);
    assert!(!Path::new(&format!("{}-wal", database.display())).exists());
}
