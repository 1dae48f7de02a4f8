//! The company's API behind the proxy. It answers with what it was asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::http::header::UPGRADE;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};

/// An API on a port of its own. It ends with this value.
pub struct Api {
    pub address: SocketAddr,
    requests: Arc<AtomicUsize>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// A request as the API received it.
#[derive(Debug, Deserialize, Serialize)]
pub struct Received {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Api {
    pub fn start() -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = web::Data::from(requests.clone());
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || App::new().app_data(counter.clone()).default_service(web::to(answer));
                let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                send.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = receive.recv().expect("the API did not start");
        Self { address, requests, handle, thread: Some(thread) }
    }

    /// How many requests it received.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Received {
    /// The value of a header that is there once; nothing when it is not there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values: Vec<_> = self.headers.iter().filter(|(header, _)| header == name).collect();
        assert!(values.len() < 2, "{name} is there more than once: {values:?}");
        values.first().map(|(_, value)| value.as_str())
    }

    /// The headers that a server could take for those of the check: some make no difference between the characters
    /// that stand between the words.
    pub fn who(&self) -> Vec<(&str, &str)> {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.replace(|c: char| !c.is_ascii_alphanumeric(), "-").starts_with("x-auth-"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        headers.sort_unstable();
        headers
    }
}

async fn answer(request: HttpRequest, body: web::Payload, requests: web::Data<AtomicUsize>) -> HttpResponse {
    requests.fetch_add(1, Ordering::SeqCst);
    // What follows an upgrade is a body without an end.
    let is_upgrade = request.headers().contains_key(UPGRADE);
    let body = if is_upgrade { web::Bytes::new() } else { body.to_bytes_limited(1024 * 1024).await.unwrap().unwrap() };
    let body = String::from_utf8(body.into()).unwrap();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    HttpResponse::Ok().json(Received {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect(),
        body,
    })
}
