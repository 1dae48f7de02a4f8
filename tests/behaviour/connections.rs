//! Connections that stay open between requests.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::support::load::{Connection, get};
use crate::support::{Backend, Process, TestDatabase};

#[test]
fn more_connections_are_open_at_once_than_the_shell_would_allow() {
    let database = TestDatabase::create(Backend::Sqlite);
    let process = Process::start_with_open_files(&database.text, 64);
    let mut connections: Vec<_> = (0..150).map(|_| Connection::open(&process)).collect();
    for connection in &mut connections {
        assert_eq!(connection.ask(&get("/healthz", &[])).unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_proxy_finds_its_connection_open_after_a_pause_and_the_program_ends_without_waiting_for_it() {
    let database = TestDatabase::create(Backend::Sqlite);
    let process = Process::start(&database.text, &[]);
    let mut connection = Connection::open(&process);
    let mut opened_in_advance = Connection::open(&process);
    for _ in 0..2 {
        assert_eq!(connection.ask(&get("/healthz", &[])).unwrap().status, 200);
        // Longer than actix-web keeps connections unless told otherwise.
        sleep(Duration::from_secs(7)).await;
    }
    for connection in [&mut connection, &mut opened_in_advance] {
        assert_eq!(connection.ask(&get("/healthz", &[])).unwrap().status, 200);
    }
    let begun = Instant::now();
    process.terminate();
    assert_eq!(process.wait(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
