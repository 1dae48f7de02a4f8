//! The program under test, and what a person and a program do with it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use clap::Parser;
use keyledge::app;
use keyledge::clock::Clock;
use keyledge::config::{ServerConfig, StorageConfig};
use keyledge::db::Database;
use keyledge::secret::SecretText;
use reqwest::{Client, Response, StatusCode, redirect};

use super::{Backend, TestDatabase};

/// The password of `admin`, and of every user that [`Server::add_user`] adds.
pub const PASSWORD: &str = "correct horse battery staple";

/// The secret key of every server under test.
pub const SECRET_KEY: &str = "a secret key of at least 32 characters";

/// The program, listening on a port of its own over an empty database.
pub struct Server {
    pub url: String,
    pub address: SocketAddr,
    pub clock: Clock,
    pub database: TestDatabase,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// A generated API key.
#[derive(Clone, Debug)]
pub struct Key {
    pub client_id: String,
    pub client_secret: String,
}

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    storage: StorageConfig,
    #[command(flatten)]
    server: ServerConfig,
}

/// Runs a test against a server that was just started.
pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Server) -> F) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        test(Server::start(backend)).await;
    });
}

impl Server {
    /// Starts the program on an empty database. Its `admin` has [`PASSWORD`].
    pub fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[])
    }

    /// The same with more flags.
    pub fn start_with(backend: Backend, flags: &[&str]) -> Self {
        Self::start_on(TestDatabase::create(backend), Clock::default(), flags)
    }

    /// Starts the program on a database that may have been used before.
    pub fn start_on(database: TestDatabase, clock: Clock, flags: &[&str]) -> Self {
        let mut arguments = vec![
            "keyledge",
            "--listen",
            "127.0.0.1:0",
            "--bcrypt-cost",
            "4",
            "--workers",
            "2",
            "--postgres-connections",
            "4",
            "--secret-key",
            SECRET_KEY,
            "--database-url",
            &database.text,
        ];
        arguments.extend(flags);
        let settings = Settings::parse_from(arguments);
        let server = ServerConfig { admin_password: Some(SecretText::new(PASSWORD)), ..settings.server };
        let storage = settings.storage;
        let (send, receive) = mpsc::channel();
        let its_clock = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let bound = app::bind(&storage, server, its_clock).unwrap();
                send.send((bound.address, bound.server.handle())).unwrap();
                bound.server.await.unwrap();
            });
        });
        let (address, handle) = receive.recv().expect("the server did not start");
        let url = format!("http://{address}");
        Self { url, address, clock, database, handle, thread: Some(thread) }
    }

    /// Stops the program and gives its database back.
    pub fn stop(mut self) -> TestDatabase {
        self.shut_down();
        let empty = TestDatabase::create(Backend::Sqlite);
        std::mem::replace(&mut self.database, empty)
    }

    /// A path as a URL.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The database, to look into it.
    pub fn open_database(&self) -> Database {
        Database::open(&self.database.url, 2).unwrap()
    }

    /// Runs the program's command line on the same database and returns whether it succeeded, and what it printed.
    pub fn cli(&self, arguments: &[&str]) -> (bool, String) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_keyledge"))
            .args(["--bcrypt-cost", "4"])
            .args(arguments)
            .env_clear()
            .env("KEYLEDGE_DATABASE_URL", &self.database.text)
            .env("KEYLEDGE_SECRET_KEY", SECRET_KEY)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    /// Adds a user with [`PASSWORD`] and returns a browser in which this user is signed in.
    pub async fn add_user(&self, username: &str, roles: &[&str]) -> Client {
        use std::io::Write as _;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_keyledge"));
        command.args(["--bcrypt-cost", "4", "user", "add", username, "--password-stdin"]);
        for role in roles {
            command.args(["--role", role]);
        }
        let mut child = command
            .env_clear()
            .env("KEYLEDGE_DATABASE_URL", &self.database.text)
            .env("KEYLEDGE_SECRET_KEY", SECRET_KEY)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{username} could not be added");
        self.signed_in(username).await
    }

    /// A browser in which a user is signed in.
    pub async fn signed_in(&self, username: &str) -> Client {
        let browser = browser();
        let answer = self.sign_in(&browser, username, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{username} could not sign in");
        browser
    }

    /// Fills in and sends the sign-in form.
    pub async fn sign_in(&self, browser: &Client, username: &str, password: &str) -> Response {
        let form = [("username", username), ("password", password)];
        browser.post(self.at("/login")).form(&form).send().await.unwrap()
    }

    /// A page as text.
    pub async fn text(&self, browser: &Client, path: &str) -> String {
        browser.get(self.at(path)).send().await.unwrap().text().await.unwrap()
    }

    /// Presses Generate in the Profile window.
    pub async fn generate(&self, browser: &Client) -> Key {
        self.generate_with(browser, &[]).await
    }

    /// The same with a name or a lifetime.
    pub async fn generate_with(&self, browser: &Client, fields: &[(&str, &str)]) -> Key {
        let nonce = nonce(&self.text(browser, "/profile").await);
        let mut form = vec![("nonce", nonce.as_str())];
        form.extend(fields);
        let answer = browser.post(self.at("/profile/api-keys")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        Key { client_id: input(&page, "client-id"), client_secret: input(&page, "client-secret") }
    }

    /// Presses Delete in the confirm dialog.
    pub async fn delete(&self, browser: &Client, client_id: &str) -> Response {
        browser.post(self.at(&format!("/profile/api-keys/{client_id}/delete"))).send().await.unwrap()
    }

    /// Asks for a token.
    pub async fn token_answer(&self, key: &Key, more: &[(&str, &str)]) -> Response {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(more);
        Client::new()
            .post(self.at("/auth/token"))
            .basic_auth(&key.client_id, Some(&key.client_secret))
            .form(&form)
            .send()
            .await
            .unwrap()
    }

    /// Gets a token.
    pub async fn token(&self, key: &Key) -> String {
        let answer = self.token_answer(key, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Calls the protected endpoint.
    pub async fn me(&self, token: &str) -> Response {
        Client::new().get(self.at("/api/v1/me")).bearer_auth(token).send().await.unwrap()
    }

    fn shut_down(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(self.handle.stop(false));
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// A browser without a session: it keeps cookies and does not follow redirects.
pub fn browser() -> Client {
    Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap()
}

/// The nonce of the API Client panel's form.
pub fn nonce(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"nonce\" value=\"").expect("the page has no form with a nonce");
    rest.split('"').next().unwrap().to_owned()
}

/// The value of an input field.
fn input(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("id=\"{id}\" ")).expect("the page has no such field");
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}
