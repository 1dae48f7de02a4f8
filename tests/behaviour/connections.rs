//! Connections that stay open between requests.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
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

#[test]
fn a_body_that_arrives_byte_by_byte_is_given_up_and_its_connection_closed() {
    let database = TestDatabase::create(Backend::Sqlite);
    let process = Process::start(&database.text, &[]);
    let address = process.url.strip_prefix("http://").unwrap();
    std::thread::scope(|scope| {
        for path in ["/auth/token", "/login"] {
            scope.spawn(move || {
                let mut connection = TcpStream::connect(address).unwrap();
                let head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000";
                write!(connection, "POST {path} HTTP/1.1\r\nHost: {address}\r\n{head}\r\n\r\n").unwrap();
                let mut sending = connection.try_clone().unwrap();
                scope.spawn(move || {
                    while sending.write_all(b"a").is_ok() {
                        std::thread::sleep(Duration::from_millis(200));
                    }
                });
                let mut answer = String::new();
                connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                let end = connection.read_to_string(&mut answer);
                let _ = connection.shutdown(Shutdown::Both);
                assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {end:?} {answer}");
                assert!(end.is_ok(), "{path}: the connection stays open: {end:?}");
            });
        }
    });
}
