//! The company's API behind the proxy. It answers with what it was asked, and switches to any protocol it is asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};

/// An API on a port of its own. It ends with this value.
pub struct Api {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// A request as the API received it.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
        let requests = Arc::<Mutex<Vec<Received>>>::default();
        let list = web::Data::from(requests.clone());
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || App::new().app_data(list.clone()).default_service(web::to(answer));
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
        self.requests.lock().unwrap().len()
    }

    /// All that it received, the oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
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

async fn answer(request: HttpRequest, body: web::Payload, requests: web::Data<Mutex<Vec<Received>>>) -> HttpResponse {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let upgrade = request.headers().get(header::UPGRADE).cloned();
    // What follows an upgrade or CONNECT is no body, and has no end.
    let body = if upgrade.is_some() || request.method() == Method::CONNECT {
        String::new()
    } else {
        text(&body.to_bytes_limited(1024 * 1024).await.unwrap().unwrap())
    };
    let received = Received {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect(),
        body,
    };
    requests.lock().unwrap().push(received.clone());
    // The answer to the key that the RFC for WebSockets has as its example; HAProxy looks whether there is one.
    let accept = ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    match upgrade {
        Some(protocol) => {
            HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS).upgrade(protocol).insert_header(accept).finish()
        }
        None => HttpResponse::Ok().json(received),
    }
}
