//! Requests on connections that stay open, each sent as soon as the one before is answered.
//!
//! Written by hand, because the tests need to know the moment before a request's first byte leaves.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Site};

/// Longer than any answer takes, so that a test which waits for none fails instead of hanging.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// A request of a load, and what its test has to know of it.
pub struct Request<T> {
    pub about: T,
    pub text: String,
}

/// A request that was sent, and its answer; none when the connection ended before.
#[derive(Debug)]
pub struct Exchange<T> {
    pub about: T,
    pub sent_at: Instant,
    pub answered_at: Instant,
    pub answer: Option<Answer>,
}

impl<T> Exchange<T> {
    /// The status of the answer; 0 when there was none.
    pub fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    closes: bool,
}

/// Connections that send requests until they are stopped or broken.
pub struct Load<T> {
    connections: Vec<JoinHandle<Vec<Exchange<T>>>>,
    stopped: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
}

impl<T: Send + 'static> Load<T> {
    /// Opens connections, each of which sends one request after another. They are made from the connection's place and
    /// from how many it has sent before.
    pub fn start(
        site: &Site,
        connections: usize,
        request: impl Fn(usize, usize) -> Request<T> + Send + Sync + 'static,
    ) -> Self {
        let (stopped, answered, request) =
            (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::new(request));
        let connections = (0..connections)
            .map(|place| {
                let mut connection = Connection::open(site);
                let (stopped, answered, request) = (stopped.clone(), answered.clone(), request.clone());
                std::thread::spawn(move || {
                    let mut exchanges = Vec::new();
                    let mut open = true;
                    while open && !stopped.load(Ordering::Relaxed) {
                        let Request { about, text } = request(place, exchanges.len());
                        let sent_at = Instant::now();
                        let answer = connection.ask(&text).ok();
                        let answered_at = Instant::now();
                        open = answer.as_ref().is_some_and(|answer| !answer.closes);
                        answered.fetch_add(usize::from(answer.is_some()), Ordering::Relaxed);
                        exchanges.push(Exchange { about, sent_at, answered_at, answer });
                    }
                    exchanges
                })
            })
            .collect();
        Self { connections, stopped, answered }
    }

    /// How many requests were answered so far.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits for so many more answers.
    pub fn wait_for(&self, more: usize) {
        let (begun, enough) = (Instant::now(), self.answered() + more);
        while self.answered() < enough {
            assert!(begun.elapsed() < LONGEST_ANSWER, "only {} of {enough} requests were answered", self.answered());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets each connection wait for its last answer.
    pub fn stop(self) -> Vec<Exchange<T>> {
        self.stopped.store(true, Ordering::Relaxed);
        self.end()
    }

    /// Waits until the program has closed every connection.
    pub fn end(self) -> Vec<Exchange<T>> {
        self.connections.into_iter().flat_map(|connection| connection.join().unwrap()).collect()
    }
}

/// A connection that stays open.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(site: &Site) -> Self {
        let stream = TcpStream::connect(site.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LONGEST_ANSWER)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub fn ask(&mut self, request: &str) -> io::Result<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        let (mut length, mut closes) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", "close")) => closes = true,
                Some((name, value)) => assert_ne!(name, "transfer-encoding", "{value}"),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, body: String::from_utf8(body).unwrap(), closes })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// A GET request as it is sent.
pub fn get(path: &str, headers: &[(&str, &str)]) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", lines(headers))
}

/// A form as it is sent.
pub fn post(path: &str, headers: &[(&str, &str)], form: &str) -> String {
    let (headers, length) = (lines(headers), form.len());
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n{headers}\r\n{form}"
    )
}

/// The `Authorization` header of a client ID with its secret.
pub fn basic(key: &Key) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", key.client_id, key.client_secret)))
}

/// The `Authorization` header of a token.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn lines(headers: &[(&str, &str)]) -> String {
    headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect()
}
