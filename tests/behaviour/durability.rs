//! Under load, with the worst that can happen in the middle of it: what was answered is in the record, once and whole.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use futures_util::future::join_all;
use keyledge::db::{DbConnection, Entry};
use reqwest::StatusCode;

use crate::support::load::{Connection, Exchange, Load, Request, basic, bearer, get, post};
use crate::support::{
    Event, Key, PASSWORD, Process, Record, TestDatabase, keyledge, on_each_database, operators_event,
};

on_each_database![
    a_kill_in_the_middle_of_a_load_loses_nothing_that_was_answered,
    a_request_to_end_in_the_middle_of_a_load_cuts_nothing_off,
    two_instances_that_write_at_once_keep_the_record_whole,
    what_is_under_way_when_the_program_is_asked_to_end_is_answered,
    the_command_line_is_done_within_two_seconds_beside_a_full_load,
];

/// What only one of the two databases can do to the program.
mod outages {
    mod sqlite {
        use crate::durability;
        use crate::support::{Backend, run};

        #[test]
        fn checks_fail_closed_while_the_file_is_locked_and_work_again_after() {
            run(Backend::Sqlite, durability::checks_fail_closed_while_the_file_is_locked_and_work_again_after);
        }
    }

    mod postgres {
        use crate::durability;
        use crate::support::{Backend, run};

        #[test]
        #[ignore = "needs Postgres: run scripts/test"]
        fn checks_fail_closed_while_connections_break_and_work_again_after() {
            run(Backend::Postgres, durability::checks_fail_closed_while_connections_break_and_work_again_after);
        }

        #[test]
        #[ignore = "needs Postgres: run scripts/test"]
        fn a_program_at_rest_whose_connections_broke_works_as_if_nothing_had_been() {
            run(Backend::Postgres, durability::a_program_at_rest_whose_connections_broke_works_as_if_nothing_had_been);
        }

        #[test]
        #[ignore = "needs Postgres: run scripts/test"]
        fn pages_say_so_while_the_database_cannot_be_reached_and_work_again_after() {
            run(Backend::Postgres, durability::pages_say_so_while_the_database_cannot_be_reached_and_work_again_after);
        }
    }
}

const CONNECTIONS: usize = 16;

/// Tokens outlive the process, so their issuer must. The addresses of proxies are believed, so that the record keeps
/// what they say, and wrong secrets are never too many, so that it keeps each of them.
const FLAGS: [&str; 8] = [
    "--public-url",
    "http://keys.example.com",
    "--trusted-proxies",
    "127.0.0.1",
    "--max-failures-per-name",
    "1000000",
    "--max-failures-per-address",
    "1000000",
];

/// What a request is recorded as: its action and the reason of its refusal.
type Recorded = (&'static str, Option<&'static str>);

/// A request that can be told from all others.
struct Marked {
    /// Its `User-Agent`.
    mark: String,
    path: String,
    /// What it is answered.
    status: u16,
    /// What it leaves in the record.
    events: &'static [Recorded],
}

/// Credentials of all kinds.
#[derive(Clone)]
struct Credentials {
    key: Key,
    token: String,
    deleted_token: String,
    administrators_key: Key,
}

impl Credentials {
    async fn of(process: &Process, database: &TestDatabase) -> Self {
        database.add_user("ada", &[]);
        let (ada, admin) = (process.signed_in("ada").await, process.signed_in("admin").await);
        let (key, deleted) = (process.generate(&ada).await, process.generate(&ada).await);
        let (token, deleted_token) = (process.token(&key).await, process.token(&deleted).await);
        process.delete(&ada, &deleted.client_id).await;
        Self { key, token, deleted_token, administrators_key: process.generate(&admin).await }
    }

    fn load(&self, process: &Process, round: &str) -> Load<Marked> {
        let (credentials, round) = (self.clone(), round.to_owned());
        Load::start(process, CONNECTIONS, move |place, number| {
            credentials.request(format!("{round}/{place}/{number}"), place + number)
        })
    }

    /// Mostly checks with good credentials, alternately a token and a key.
    fn request(&self, mark: String, turn: usize) -> Request<Marked> {
        let (token, secret) = (bearer(&self.token), basic(&self.key));
        let wrong_secret = basic(&Key { client_secret: "wrong".to_owned(), ..self.key.clone() });
        match turn % 24 {
            0 => issue(mark, &secret),
            1 => introspect(mark, &basic(&self.administrators_key), &self.token),
            2 => check(mark, "", &wrong_secret, 401, &[("check", Some("wrong_secret"))]),
            3 => check(mark, "", &bearer(&self.deleted_token), 401, &[("check", Some("key_deleted"))]),
            4 => check(mark, "?scope=users:write", &token, 403, &[("check", Some("permission_missing"))]),
            5 => check(mark, "?scope=users:write", &secret, 403, &[("check", Some("permission_missing"))]),
            turn if turn % 2 == 0 => check(mark, "", &token, 200, &[("check", None)]),
            _ => check(mark, "", &secret, 200, &[("check", None)]),
        }
    }
}

fn check(mark: String, query: &str, credentials: &str, status: u16, events: &'static [Recorded]) -> Request<Marked> {
    let path = format!("/orders/{mark}");
    let headers = [
        ("Authorization", credentials),
        ("User-Agent", &mark),
        ("X-Original-Method", "GET"),
        ("X-Original-URI", &path),
    ];
    let text = get(&format!("/auth/verify{query}"), &headers);
    Request { about: Marked { mark, path, status, events }, text }
}

fn issue(mark: String, credentials: &str) -> Request<Marked> {
    let path = "/auth/token".to_owned();
    let headers = [("Authorization", credentials), ("User-Agent", &mark)];
    let text = post(&path, &headers, "grant_type=client_credentials");
    Request { about: Marked { mark, path, status: 200, events: &[("issue_token", None)] }, text }
}

fn introspect(mark: String, credentials: &str, token: &str) -> Request<Marked> {
    let path = "/auth/introspect".to_owned();
    let headers = [("Authorization", credentials), ("User-Agent", &mark)];
    let text = post(&path, &headers, &format!("token={token}"));
    let events = &[("introspect", None), ("introspected", None)];
    Request { about: Marked { mark, path, status: 200, events }, text }
}

async fn a_kill_in_the_middle_of_a_load_loses_nothing_that_was_answered(database: TestDatabase) {
    let mut process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    fill(&database).await;
    let mut exchanges = Vec::new();
    for round in 0..20 {
        let load = credentials.load(&process, &round.to_string());
        load.wait_for(1);
        sleep(Duration::from_millis(rand::random_range(20..300)));
        process.kill();
        exchanges.extend(load.end());

        process = Process::start(&database.text, &FLAGS);
        assert_let_in(&process, &credentials).await;
        assert_recorded(&database, &exchanges);
    }
    let answered = exchanges.iter().filter(|exchange| exchange.answer.is_some()).count();
    assert!(answered > 20 * CONNECTIONS, "only {answered} requests were answered in all");
}

async fn a_request_to_end_in_the_middle_of_a_load_cuts_nothing_off(database: TestDatabase) {
    let mut process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let mut exchanges = Vec::new();
    for round in 0..3 {
        let load = credentials.load(&process, &round.to_string());
        load.wait_for(200);
        process.terminate();
        assert_eq!(process.wait(), 0);
        exchanges.extend(load.end());

        process = Process::start(&database.text, &FLAGS);
        let record = assert_recorded(&database, &exchanges);
        let recorded = record.by_user_agent();
        let cut_off: Vec<_> = exchanges
            .iter()
            .filter(|exchange| exchange.answer.is_none() && recorded.contains_key(&*exchange.about.mark))
            .map(|exchange| &exchange.about.mark)
            .collect();
        assert!(cut_off.is_empty(), "decided and recorded, but not answered: {cut_off:?}");
    }
    assert_let_in(&process, &credentials).await;
}

async fn two_instances_that_write_at_once_keep_the_record_whole(database: TestDatabase) {
    let (one, other) = (Process::start(&database.text, &FLAGS), Process::start(&database.text, &FLAGS));
    let credentials = Credentials::of(&one, &database).await;
    let loads = [credentials.load(&one, "one"), credentials.load(&other, "other")];
    for load in &loads {
        load.wait_for(300);
    }
    let mut exchanges = Vec::new();
    for load in loads {
        let of_one = load.stop();
        assert!(of_one.iter().any(|exchange| exchange.status() == 200));
        exchanges.extend(of_one);
    }
    assert_recorded(&database, &exchanges);
}

async fn what_is_under_way_when_the_program_is_asked_to_end_is_answered(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let load = credentials.load(&process, "load");
    load.wait_for(200);
    let lock = Lock::take(&database);
    sleep(Duration::from_millis(500));
    let answered = load.answered();
    process.terminate();
    sleep(Duration::from_millis(500));
    assert_eq!(load.answered(), answered, "answered without a record");
    lock.release();
    let exchanges = load.end();
    assert_eq!(process.wait(), 0);
    assert_eq!(exchanges.len(), answered + CONNECTIONS);
    assert!(exchanges.iter().all(|exchange| exchange.status() == exchange.about.status));
    assert_recorded(&database, &exchanges);
}

async fn the_command_line_is_done_within_two_seconds_beside_a_full_load(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let load = credentials.load(&process, "load");
    load.wait_for(200);
    let (mut times, mut went_on) = (Vec::new(), 0);
    for number in 0..10 {
        let (begun, answered) = (Instant::now(), load.answered());
        let finished =
            keyledge(&database.text, &["user", "add", &format!("user{number}"), "--password-stdin"], PASSWORD);
        times.push(begun.elapsed());
        assert_eq!(finished.code, 0, "{}", finished.errors);
        went_on += usize::from(load.answered() > answered);
    }
    assert_recorded(&database, &load.stop());
    assert!(times.iter().all(|time| *time < Duration::from_secs(2)), "{times:?}");
    // Not each time: a slow disk may hold up both for as long as the command takes.
    assert!(went_on > 5, "the load went on during {went_on} of 10 commands");
}

async fn checks_fail_closed_while_the_file_is_locked_and_work_again_after(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let load = credentials.load(&process, "load");
    load.wait_for(200);
    let lock = Lock::take(&database);
    let locked_at = Instant::now();
    sleep(Duration::from_secs(12));
    let freed_at = Instant::now();
    lock.release();
    load.wait_for(200);

    let exchanges = load.stop();
    let record = assert_recorded(&database, &exchanges);
    let recorded = record.by_user_agent();
    let mut refused = 0;
    for exchange in &exchanges {
        let mark = &exchange.about.mark;
        if exchange.sent_at > locked_at && exchange.answered_at < freed_at {
            assert_eq!(exchange.status(), 503, "{mark} was answered without a record");
        }
        if exchange.status() == 503 {
            assert!(exchange.sent_at < freed_at, "{mark} was refused after the database was free");
            assert!(exchange.answered_at - exchange.sent_at < Duration::from_secs(12), "{mark} waited long");
            assert!(!recorded.contains_key(&**mark), "{mark} was refused and recorded");
            refused += 1;
        }
    }
    assert!(refused > 0, "nothing was refused");
    assert_let_in(&process, &credentials).await;
}

async fn checks_fail_closed_while_connections_break_and_work_again_after(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let load = credentials.load(&process, "load");
    let mut broken_at = Instant::now();
    for _ in 0..5 {
        load.wait_for(200);
        broken_at = Instant::now();
        break_connections(&database);
    }
    sleep(Duration::from_secs(2));
    load.wait_for(200);

    let exchanges = load.stop();
    assert_recorded(&database, &exchanges);
    let refused: Vec<_> = exchanges.iter().filter(|exchange| exchange.status() == 503).collect();
    assert!(!refused.is_empty(), "no connection broke");
    let again_at = broken_at + Duration::from_secs(2);
    let late = refused.iter().filter(|exchange| exchange.sent_at > again_at).count();
    assert_eq!(late, 0, "{} refused in all", refused.len());
    assert_let_in(&process, &credentials).await;
}

async fn a_program_at_rest_whose_connections_broke_works_as_if_nothing_had_been(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let credentials = Credentials::of(&process, &database).await;
    let admin = process.signed_in("admin").await;
    let pages = async || {
        let pages =
            join_all((0..8).map(async |_| admin.get(process.at("/profile")).send().await.unwrap().status())).await;
        assert_eq!(pages, [StatusCode::OK; 8]);
    };
    pages().await;
    assert_let_in(&process, &credentials).await;
    sleep(Duration::from_millis(1200));
    break_connections(&database);
    pages().await;
    assert_let_in(&process, &credentials).await;
    Record::whole(&database);
}

async fn pages_say_so_while_the_database_cannot_be_reached_and_work_again_after(database: TestDatabase) {
    let process = Process::start(&database.text, &FLAGS);
    let admin = process.signed_in("admin").await;
    database.shut(true);
    for path in ["/profile", "/login", "/activity"] {
        let answer = admin.get(process.at(path)).send().await.unwrap();
        let again = answer.headers()["retry-after"].to_str().unwrap().to_owned();
        assert_eq!((answer.status(), &*again), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Not available right now"), "{path}: {page}");
    }
    database.shut(false);
    sleep(Duration::from_secs(6));
    for _ in 0..8 {
        assert_eq!(admin.get(process.at("/profile")).send().await.unwrap().status(), StatusCode::OK);
    }
}

/// Ends all connections of the program to Postgres.
fn break_connections(database: &TestDatabase) {
    sql_query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut database.connect())
    .unwrap();
}

/// Brings the record to where the load completes the first block of its index.
async fn fill(database: &TestDatabase) {
    let entry = Entry { user_id: Some(1), ..operators_event("sign_in") };
    database.open().record(vec![entry; 3500]).await.unwrap();
}

/// Holds up whoever wants to write to the record.
struct Lock(DbConnection);

impl Lock {
    fn take(database: &TestDatabase) -> Self {
        let mut connection = database.connect();
        let statements = match connection {
            DbConnection::Sqlite(_) => "BEGIN IMMEDIATE",
            DbConnection::Postgres(_) => "BEGIN; LOCK TABLE audit_events IN EXCLUSIVE MODE",
        };
        connection.batch_execute(statements).unwrap();
        Self(connection)
    }

    fn release(mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}

/// Checks that the record is whole and tells of each answered request exactly what it was, once, and of those that were
/// not answered the same or nothing.
fn assert_recorded(database: &TestDatabase, exchanges: &[Exchange<Marked>]) -> Record {
    let record = Record::whole(database);
    let recorded = record.by_user_agent();
    for exchange in exchanges {
        let Marked { mark, path, status, events } = &exchange.about;
        let found = recorded.get(mark.as_str()).map_or(&[][..], Vec::as_slice);
        match &exchange.answer {
            Some(answer) if answer.status != 503 => {
                assert_eq!(answer.status, *status, "{mark}: {}", answer.body);
                assert!(path.starts_with("/auth/") || answer.body.is_empty(), "{mark}: {}", answer.body);
                assert!(is_told(found, path, events), "{mark} was answered {status} and recorded as {found:?}");
            }
            Some(answer) => {
                assert!(path.starts_with("/auth/") || answer.body.is_empty(), "{mark}: {}", answer.body);
                assert!(found.is_empty() || is_told(found, path, events), "{mark} was recorded as {found:?}");
            }
            None => assert!(found.is_empty() || is_told(found, path, events), "{mark} was recorded as {found:?}"),
        }
    }
    // A wrong secret is counted together with its event.
    assert_eq!(database.failures("token"), record.count("wrong_secret"));
    record
}

fn is_told(found: &[&Event], path: &str, events: &[Recorded]) -> bool {
    let told: Vec<_> = found.iter().map(|event| (event.action.as_str(), event.reason.as_deref())).collect();
    told == events && found.iter().all(|event| event.path.as_deref() == Some(path))
}

async fn assert_let_in(process: &Process, credentials: &Credentials) {
    let mut connection = Connection::open(process);
    for credentials in [bearer(&credentials.token), basic(&credentials.key)] {
        let answer = connection.ask(&get("/auth/verify", &[("Authorization", &credentials)])).unwrap();
        assert_eq!(answer.status, 200);
    }
    assert_eq!(process.token_answer(&credentials.key, &[]).await.status(), StatusCode::OK);
}
