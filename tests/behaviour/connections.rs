//! Connections that stay open between requests.

use std::io::{ErrorKind, Read as _, Write as _};
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

/// Sends a request whose body never ends, one byte after another, and returns what is answered until the connection is
/// closed.
fn trickle(address: &str, head: &str, is_chunked: bool) -> String {
    let (header, piece) =
        if is_chunked { ("Transfer-Encoding: chunked", "1\r\na\r\n") } else { ("Content-Length: 1000", "a") };
    let mut connection = TcpStream::connect(address).unwrap();
    write!(
        connection,
        "{head} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n{header}\r\n\r\n"
    )
    .unwrap();
    let mut sending = connection.try_clone().unwrap();
    let sent = std::thread::spawn(move || {
        while sending.write_all(piece.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = Vec::new();
    match connection.read_to_end(&mut answer) {
        Ok(_) => {}
        // A byte that came after the end is answered so.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{head}, {header}: the connection stays open ({error})"),
    }
    let _ = connection.shutdown(Shutdown::Both);
    sent.join().unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_body_that_arrives_byte_by_byte_is_given_up_and_its_connection_closed() {
    let database = TestDatabase::create(Backend::Sqlite);
    let process = Process::start(&database.text, &[]);
    let address = process.url.strip_prefix("http://").unwrap();
    std::thread::scope(|scope| {
        for is_chunked in [false, true] {
            for (head, begins, says) in [
                ("POST /auth/token", "HTTP/1.1 408 ", "invalid_request"),
                ("POST /login", "HTTP/1.1 408 ", "did not arrive within 20 seconds"),
                ("POST /nothing", "HTTP/1.1 404 ", ""),
                ("GET /healthz", "HTTP/1.1 200 ", ""),
                ("GET /auth/verify", "HTTP/1.1 401 ", ""),
            ] {
                scope.spawn(move || {
                    let answer = trickle(address, head, is_chunked);
                    assert!(answer.starts_with(begins) && answer.contains(says), "{head}: {answer}");
                });
            }
        }
    });
}
