//! What is on disk: its shape, who may read it, and that nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Barrier;

use diesel::QueryResult;
use diesel::backend::Backend as DieselBackend;
use diesel::connection::SimpleConnection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use keyledge::clock::Clock;
use keyledge::config::StorageConfig;
use keyledge::db::{Database, DbConnection, Error};
use keyledge::secret::SecretText;
use keyledge::storage::Storage;
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::{
    Backend, Columns, Key, PASSWORD, Process, Record, SECRET_KEY, Server, TestDatabase, browser, keyledge,
    keyledge_with, on_each_database, operators_event, row, rows,
};

const ANOTHER_SECRET_KEY: &str = "another secret key of at least 32 characters";

on_each_database![
    the_tables_are_those_that_the_queries_expect,
    the_migrations_can_be_taken_back_and_run_again,
    a_migration_that_is_taken_back_leaves_what_was_there_before,
    everything_is_there_after_a_restart,
    what_was_answered_survives_a_kill,
    a_change_that_panics_leaves_no_trace_and_takes_nothing_with_it,
    another_process_writes_while_the_server_runs,
    a_change_holds_at_once_on_every_instance,
    another_secret_key_is_refused,
    instances_that_start_together_share_one_administrator,
    a_command_leaves_the_database_of_another_program_as_it_is,
    a_command_leaves_the_database_of_another_version_as_it_is,
    a_command_leaves_the_database_of_a_newer_version_as_it_is,
    the_server_refuses_the_database_of_a_newer_version,
    a_lost_secret_key_is_given_up_as_the_security_policy_says,
];

async fn the_tables_are_those_that_the_queries_expect(server: Server) {
    let mut columns = server.database.columns();
    // What is an index on Postgres is some tables on SQLite, see `db/blocks.rs`.
    let stands_in = ["audit_blocks", "audit_block_entries", "audit_counted"];
    columns.retain(|(of_table, _), _| !stands_in.contains(&&**of_table));
    assert_eq!(columns, columns_of_the_queries());
}

async fn the_migrations_can_be_taken_back_and_run_again(server: Server) {
    let (ada, admin) = (server.add_user("ada", &[]).await, server.signed_in("admin").await);
    let key = server.generate(&ada).await;
    server.token(&key).await;
    server.delete(&ada, &key.client_id).await;
    server.token(&server.generate(&admin).await).await;
    let (columns, database) = (server.database.columns(), server.stop());
    match database.connect() {
        DbConnection::Sqlite(mut sqlite) => {
            sqlite.batch_execute("PRAGMA foreign_keys = ON").unwrap();
            take_back(&mut sqlite, "migrations/sqlite");
        }
        DbConnection::Postgres(mut postgres) => take_back(&mut postgres, "migrations/postgres"),
    }
    assert_eq!(database.columns(), Columns::new());
    let server = database.serve(&[]);
    assert_eq!(server.database.columns(), columns);
    server.token(&server.generate(&server.signed_in("admin").await).await).await;
}

async fn a_migration_that_is_taken_back_leaves_what_was_there_before(database: TestDatabase) {
    match database.connect() {
        DbConnection::Sqlite(mut sqlite) => run_and_take_back(&database, &mut sqlite, "migrations/sqlite"),
        DbConnection::Postgres(mut postgres) => run_and_take_back(&database, &mut postgres, "migrations/postgres"),
    }
}

fn run_and_take_back<DB: DieselBackend>(
    database: &TestDatabase,
    connection: &mut impl MigrationHarness<DB>,
    folder: &str,
) {
    let migrations = FileBasedMigrations::from_path(folder).unwrap();
    let mut before = Vec::new();
    while connection.has_pending_migration(migrations.clone()).unwrap() {
        before.push((database.columns(), database.indexes()));
        connection.run_next_migration(migrations.clone()).unwrap();
    }
    assert!(before.len() > 10);
    for (columns, indexes) in before.into_iter().rev() {
        let taken_back = connection.revert_last_migration(migrations.clone()).unwrap();
        assert_eq!((database.columns(), database.indexes()), (columns, indexes), "{taken_back}");
    }
}

/// One after another, the newest first.
fn take_back<DB: DieselBackend>(connection: &mut impl MigrationHarness<DB>, folder: &str) {
    let migrations = FileBasedMigrations::from_path(folder).unwrap();
    let run = connection.applied_migrations().unwrap();
    for _ in &run {
        connection.revert_last_migration(migrations.clone()).unwrap();
    }
    assert!(run.len() > 10 && connection.applied_migrations().unwrap().is_empty());
}

async fn everything_is_there_after_a_restart(database: TestDatabase) {
    let flags = ["--public-url", "http://localhost:8080"];
    let server = database.serve(&flags);
    let admin = server.signed_in("admin").await;
    let (key, deleted) = (server.generate(&admin).await, server.generate(&admin).await);
    server.delete(&admin, &deleted.client_id).await;
    let token = server.token(&key).await;
    let activity = rows(&server.text(&admin, "/activity").await).len();

    let server = Server::start_on(server.stop(), Clock::default(), &flags);
    let page = server.text(&admin, "/profile").await;
    assert!(row(&page, &key.client_id).is_some() && row(&page, &deleted.client_id).is_none());
    assert_eq!(rows(&server.text(&admin, "/activity").await).len(), activity);
    assert_eq!(server.me(&token).await.status(), StatusCode::OK);
    server.token(&key).await;
    assert_eq!(server.token_answer(&deleted, &[]).await.status(), StatusCode::UNAUTHORIZED);
}

async fn what_was_answered_survives_a_kill(database: TestDatabase) {
    let mut kept: Option<Key> = None;
    for _ in 0..4 {
        let process = Process::start(&database.text, &[]);
        let admin = process.signed_in("admin").await;
        let earlier = kept.take();
        if let Some(earlier) = &earlier {
            process.delete(&admin, &earlier.client_id).await;
        }
        let key = process.generate(&admin).await;
        process.kill();

        let process = Process::start(&database.text, &[]);
        let admin = process.signed_in("admin").await;
        process.token(&key).await;
        let profile = process.text(&admin, "/profile").await;
        assert_eq!(rows(&profile).len(), 1);
        assert!(row(&profile, &key.client_id).is_some());
        let activity = process.text(&admin, "/activity").await;
        assert!(rows(&activity).iter().any(|event| event.contains("Generated") && event.contains(&key.client_id)));
        if let Some(earlier) = &earlier {
            assert_eq!(process.token_answer(earlier, &[]).await.status(), StatusCode::UNAUTHORIZED);
            assert!(
                rows(&activity).iter().any(|event| event.contains("Deleted") && event.contains(&earlier.client_id))
            );
        }
        kept = Some(key);
    }
}

async fn a_change_that_panics_leaves_no_trace_and_takes_nothing_with_it(database: TestDatabase) {
    let opened = database.open();
    opened.record(vec![operators_event("before")]).await.unwrap();
    let change = catch_unwind(AssertUnwindSafe(|| {
        opened.write_blocking(|transaction| -> QueryResult<()> {
            transaction.record(operators_event("never"));
            panic!("a change panics");
        })
    }));
    assert!(change.is_err());
    opened.record(vec![operators_event("after")]).await.unwrap();

    let record = Record::whole(&database);
    assert_eq!(["before", "never", "after"].map(|action| record.of_action(action)), [1, 0, 1]);
}

async fn another_process_writes_while_the_server_runs(server: Server) {
    let admin = server.signed_in("admin").await;
    let key = server.generate(&admin).await;
    let database = server.database.text.clone();
    let writer = tokio::task::spawn_blocking(move || {
        for number in 0..15 {
            let added = keyledge(&database, &["user", "add", &format!("user{number}"), "--password-stdin"], PASSWORD);
            assert_eq!(added.code, 0, "{}", added.errors);
        }
    });
    while !writer.is_finished() {
        server.token(&key).await;
    }
    writer.await.unwrap();
    for number in 0..15 {
        server.signed_in(&format!("user{number}")).await;
    }
}

async fn a_change_holds_at_once_on_every_instance(database: TestDatabase) {
    let public_url = "http://keys.example.com";
    let server = database.serve(&["--public-url", public_url]);
    let other = Process::start(&server.database.text, &["--public-url", public_url]);
    let ada = server.add_user("ada", &[]).await;
    let (key, suspended) = (server.generate(&ada).await, server.generate(&ada).await);
    let token = server.token(&key).await;
    assert_eq!(other.me(&token).await.status(), StatusCode::OK);
    assert!(other.text(&ada, "/profile").await.contains(&key.client_id));

    server.delete(&ada, &key.client_id).await;
    assert_eq!(other.me(&token).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(other.token_answer(&key, &[]).await.status(), StatusCode::UNAUTHORIZED);

    other.token(&suspended).await;
    assert!(server.cli(&["user", "disable", "ada"]).0);
    assert_eq!(other.token_answer(&suspended, &[]).await.status(), StatusCode::UNAUTHORIZED);
    let home = ada.get(other.at("/")).send().await.unwrap();
    assert_eq!(home.status(), StatusCode::SEE_OTHER);
}

async fn another_secret_key_is_refused(server: Server) {
    let database = &*server.database.text;
    let environment = [
        ("KEYLEDGE_DATABASE_URL", database),
        ("KEYLEDGE_SECRET_KEY", ANOTHER_SECRET_KEY),
        ("KEYLEDGE_BCRYPT_COST", "4"),
    ];
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["user", "add", "ada"]] {
        let refused = keyledge_with(arguments, &environment);
        assert_eq!(refused.code, 1, "{arguments:?} was done: {refused:?}");
        assert!(refused.errors.contains("secret key that the database was made with"), "{}", refused.errors);
    }
}

async fn instances_that_start_together_share_one_administrator(database: TestDatabase) {
    let text = database.text.clone();
    let starts: Vec<_> = (0..3)
        .map(|_| {
            let text = text.clone();
            tokio::task::spawn_blocking(move || Process::start(&text, &["--public-url", "http://keys.example.com"]))
        })
        .collect();
    let mut processes = Vec::new();
    for start in starts {
        processes.push(start.await.unwrap());
    }
    let admin = processes[0].signed_in("admin").await;
    let key = processes[0].generate(&admin).await;
    for process in &processes {
        process.signed_in("admin").await;
        process.token(&key).await;
    }
    let token = processes[0].token(&key).await;
    for process in &processes {
        assert_eq!(process.me(&token).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn nothing_set_makes_private_files_and_a_one_time_password() {
    let folder = TempDir::new().unwrap();
    let process = Process::start_bare(&sqlite_in(&folder), &[]);
    for name in ["keyledge.db", "keyledge.db-wal", "keyledge.db-shm", "keyledge.key"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    let printed = process.output();
    let password = printed.lines().find_map(|line| line.strip_prefix("    ")).unwrap().trim();
    let admin = browser();
    process.sign_in(&admin, "admin", password).await;
    let answer = admin.get(process.at("/")).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/login/password");

    let again = Process::start_bare(&sqlite_in(&folder), &[]);
    assert!(!again.output().contains("one-time password"));
}

#[test]
fn processes_that_start_together_share_one_secret_key() {
    const TOGETHER: usize = 4;
    for _ in 0..10 {
        let folder = TempDir::new().unwrap();
        let barrier = Barrier::new(TOGETHER);
        let config = StorageConfig {
            database_url: SecretText::new(sqlite_in(&folder)),
            secret_key: None,
            secret_key_file: None,
            bcrypt_cost: 4,
            postgres_connections: 1,
        };
        let open = || {
            barrier.wait();
            Storage::open_or_create(&config).unwrap().secret_key.mask("a text")
        };
        let masked: BTreeSet<String> = std::thread::scope(|scope| {
            let opening = [(); TOGETHER].map(|()| scope.spawn(open));
            opening.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(masked.len(), 1);
        let names = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let others: Vec<_> = names.filter(|name| !name.starts_with("keyledge.db") && name != "keyledge.key").collect();
        assert_eq!(others, [""; 0]);
        assert_eq!(mode(&folder.path().join("keyledge.key")), 0o600);
    }
}

#[test]
fn a_database_without_its_secret_key_is_not_opened() {
    let folder = TempDir::new().unwrap();
    drop(Process::start_bare(&sqlite_in(&folder), &[]));
    let key = folder.path().join("keyledge.key");
    std::fs::remove_file(&key).unwrap();
    let database = sqlite_in(&folder);
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["user", "list"]] {
        let refused = keyledge_with(arguments, &[("KEYLEDGE_DATABASE_URL", &database)]);
        assert_eq!(refused.code, 1);
        assert!(refused.errors.contains("keyledge.key is not: put the key file back"), "{}", refused.errors);
        assert!(!key.exists(), "a new key was made");
    }
}

async fn a_command_leaves_the_database_of_another_program_as_it_is(database: TestDatabase) {
    database.connect().batch_execute("CREATE TABLE notes (note TEXT); INSERT INTO notes VALUES ('milk')").unwrap();
    let before = (database.columns(), database.everything());
    refuses_to_list_users(&database);
    assert!((database.columns(), database.everything()) == before);
}

async fn a_command_leaves_the_database_of_another_version_as_it_is(database: TestDatabase) {
    let database = database.serve(&[]).stop();
    let newest = "DELETE FROM __diesel_schema_migrations \
        WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    database.connect().batch_execute(newest).unwrap();
    refuses_to_list_users(&database);
    refuses_to_list_users(&database);
}

async fn a_command_leaves_the_database_of_a_newer_version_as_it_is(database: TestDatabase) {
    refuses_to_list_users(&after_a_newer_version(database));
}

async fn the_server_refuses_the_database_of_a_newer_version(database: TestDatabase) {
    let database = after_a_newer_version(database);
    assert!(matches!(Database::open(&database.url, 2), Err(Error::NewerVersion)));
    let checked = keyledge(&database.text, &["check-config"], "");
    assert_eq!(checked.code, 1);
    assert!(checked.errors.contains("a newer version has changed its tables"), "{}", checked.errors);
}

fn after_a_newer_version(database: TestDatabase) -> TestDatabase {
    let database = database.serve(&[]).stop();
    database
        .connect()
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')")
        .unwrap();
    database
}

async fn a_lost_secret_key_is_given_up_as_the_security_policy_says(database: TestDatabase) {
    let server = database.serve(&["--public-url", "http://keys.example.com"]);
    let key = server.generate(&server.signed_in("admin").await).await;
    server.token(&key).await;
    let database = server.stop();

    let policy = include_str!("../../SECURITY.md");
    let statements: Vec<_> = policy.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [on_both, on_sqlite] = statements[..] else { panic!("{statements:?}") };
    database.connect().batch_execute(on_both).unwrap();
    if database.backend() == Backend::Sqlite {
        database.connect().batch_execute(on_sqlite).unwrap();
    }
    let environment = [
        ("KEYLEDGE_DATABASE_URL", &*database.text),
        ("KEYLEDGE_SECRET_KEY", ANOTHER_SECRET_KEY),
        ("KEYLEDGE_BCRYPT_COST", "4"),
    ];
    let process = Process::start_with_secret_key(&database.text, ANOTHER_SECRET_KEY);
    process.token(&key).await;
    drop(process);
    for arguments in [&["user", "set-password", "admin"][..], &["audit", "verify"]] {
        let done = keyledge_with(arguments, &environment);
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
    }
    assert_eq!(Record::whole(&database).of_action("issue_token"), 1);
}

fn refuses_to_list_users(database: &TestDatabase) {
    let refused = keyledge(&database.text, &["user", "list"], "");
    assert_eq!(refused.code, 1);
    assert!(refused.errors.contains("the server of this version was not started"), "{}", refused.errors);
}

#[test]
fn a_postgres_database_needs_a_secret_key() {
    let environment = [("KEYLEDGE_DATABASE_URL", "postgres://keyledge:hunter2@127.0.0.1:1/keyledge")];
    let refused = keyledge_with(&["--listen", "127.0.0.1:0"], &environment);
    assert_eq!(refused.code, 1);
    assert!(refused.errors.contains("set KEYLEDGE_SECRET_KEY"), "{}", refused.errors);
    assert!(!refused.errors.contains("hunter2"));
}

#[test]
fn a_database_that_cannot_be_opened_is_named_without_its_password() {
    let folder = TempDir::new().unwrap();
    let missing = format!("sqlite:{}", folder.path().join("nowhere/keyledge.db").display());
    for (database, words) in
        [(&*missing, "nowhere"), ("postgres://keyledge:hunter2@127.0.0.1:1/keyledge", "postgres://")]
    {
        let environment = [("KEYLEDGE_DATABASE_URL", database), ("KEYLEDGE_SECRET_KEY", SECRET_KEY)];
        let refused = keyledge_with(&["serve", "--listen", "127.0.0.1:0"], &environment);
        assert_eq!(refused.code, 1);
        assert!(refused.errors.contains("cannot be opened") && refused.errors.contains(words), "{}", refused.errors);
        assert!(!refused.errors.contains("hunter2"));
    }
}

#[test]
fn a_command_does_not_make_a_database_where_there_is_none() {
    let folder = TempDir::new().unwrap();
    let refused = keyledge_with(&["user", "list"], &[("KEYLEDGE_DATABASE_URL", &sqlite_in(&folder))]);
    assert_eq!(refused.code, 1);
    assert!(refused.errors.contains("there is no database"), "{}", refused.errors);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_bad_setting_is_refused_with_what_was_expected() {
    let folder = TempDir::new().unwrap();
    let database = sqlite_in(&folder);
    let idle = ["--session-idle-lifetime", "2h", "--session-absolute-lifetime", "1h"];
    let files = ["--secret-key", SECRET_KEY, "--secret-key-file", "/nowhere"];
    for (arguments, code, expected) in [
        (&["--database-url", "mysql://localhost"][..], 1, "expected sqlite:PATH or postgres://"),
        (&["--database-url", "sqlite:"], 1, "needs a file"),
        (&["--listen", "8080"], 2, "--listen"),
        (&["--public-url", "https://keys.example.com/path"], 2, "without a path"),
        (&["--public-url", "https://keys.example.com"], 1, "--trusted-proxies"),
        (&["--trusted-proxies", "localhost"], 2, "expected an address or a network"),
        (&["--token-lifetime", "0s"], 2, "at least one second"),
        (&["--token-lifetime", "300000years"], 2, "at most a year"),
        (&["--token-lifetime", "soon"], 2, "for example 90s, 15m or 12h"),
        (&idle, 1, "at most as long"),
        (&["--bcrypt-cost", "3"], 2, "4..=31"),
        (&["--max-key-lifetime-days", "0"], 2, "1..=3650"),
        (&["--max-failures-per-name", "0"], 2, "--max-failures-per-name"),
        (&["--secret-key", "short"], 1, "32 characters"),
        (&["--secret-key-file", "/nowhere"], 1, "/nowhere cannot be read"),
        (&files, 2, "cannot be used with"),
        (&["--admin-password-file", "/nowhere"], 1, "/nowhere cannot be read"),
        (&["--unknown"], 2, "--unknown"),
        (&["unknown"], 2, "unknown"),
    ] {
        let environment = [("KEYLEDGE_DATABASE_URL", &*database), ("KEYLEDGE_LISTEN", "127.0.0.1:0")];
        let refused = keyledge_with(arguments, &environment);
        assert_eq!(refused.code, code, "{arguments:?}: {}", refused.errors);
        assert!(refused.errors.contains(expected), "{arguments:?}: {}", refused.errors);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "files were made nevertheless");
}

#[test]
fn the_first_administrators_password_obeys_the_rules() {
    for (password, expected) in [
        ("sh0rt", "too short"),
        ("qazwsxedcrfvtgb", "known from a data leak"),
        ("fynapse api admin 12", "the name of this service"),
    ] {
        let folder = TempDir::new().unwrap();
        let database = sqlite_in(&folder);
        let environment = [("KEYLEDGE_DATABASE_URL", &*database), ("KEYLEDGE_ADMIN_PASSWORD", password)];
        let refused = keyledge_with(&["--listen", "127.0.0.1:0", "--instance-name", "Fynapse API"], &environment);
        assert_eq!(refused.code, 1, "{password} was accepted");
        assert!(refused.errors.contains("the given password of admin: "), "{}", refused.errors);
        assert!(refused.errors.contains(expected) && !refused.errors.contains(password), "{}", refused.errors);
    }
}

#[tokio::test]
async fn secrets_can_come_from_files() {
    let database = TestDatabase::create(Backend::Sqlite);
    let file = |name: &str, text: &str| {
        let path = database.folder.path().join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (key, password) =
        (file("secret-key", ANOTHER_SECRET_KEY), file("password", "another password of the operator"));
    let flags = ["--secret-key-file", &*key, "--admin-password-file", &password];
    let process = Process::start_bare(&database.text, &flags);
    let answer = process.sign_in(&browser(), "admin", "another password of the operator").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(!database.folder.path().join("keyledge.key").exists());
}

/// The columns in the schema that Diesel's queries are checked against.
fn columns_of_the_queries() -> Columns {
    let mut columns = BTreeMap::new();
    let mut of_table = "";
    for line in include_str!("../../src/db/schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            of_table = name;
        } else if let Some((name, kind)) = line.split_once(" -> ").filter(|_| line.ends_with(',')) {
            columns.insert((of_table.to_owned(), name.to_owned()), kind.starts_with("Nullable<"));
        }
    }
    columns
}

fn sqlite_in(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("keyledge.db").display())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
