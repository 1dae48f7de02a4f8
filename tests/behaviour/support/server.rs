//! The program under test, in a thread of the test.

use std::future::Future;
use std::ops::Deref;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use clap::Parser;
use diesel::prelude::*;
use keyledge::app;
use keyledge::clock::Clock;
use keyledge::config::{ServerConfig, StorageConfig};
use keyledge::db::Database;
use keyledge::db::schema::role_permissions;
use keyledge::secret::SecretText;
use reqwest::Client;

use super::{Backend, PASSWORD, Site, TestDatabase, keyledge};

/// The secret key of every server under test.
pub const SECRET_KEY: &str = "a secret key of at least 32 characters";

/// The program, listening on a port of its own over an empty database.
pub struct Server {
    site: Site,
    pub clock: Clock,
    pub database: TestDatabase,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    storage: StorageConfig,
    #[command(flatten)]
    server: ServerConfig,
}

/// What a test begins with.
pub trait Start {
    fn start(backend: Backend) -> Self;
}

impl Start for Server {
    fn start(backend: Backend) -> Self {
        Self::start(backend)
    }
}

impl Start for TestDatabase {
    fn start(backend: Backend) -> Self {
        Self::create(backend)
    }
}

/// Runs a test with what it begins with.
pub fn run<S: Start, F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(S) -> F) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        test(S::start(backend)).await;
    });
}

impl Server {
    /// Starts the program on an empty database.
    pub fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[])
    }

    /// The same with more flags.
    pub fn start_with(backend: Backend, flags: &[&str]) -> Self {
        TestDatabase::create(backend).serve(flags)
    }

    /// Starts the program on a database that may have been used before. On an empty one its `admin` has [`PASSWORD`].
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
                bound.run().await.unwrap();
            });
        });
        let (address, handle) = receive.recv().expect("the server did not start");
        let url = format!("http://{address}");
        Self { site: Site { url }, clock, database, handle, thread: Some(thread) }
    }

    /// Stops the program and gives its database back.
    pub fn stop(mut self) -> TestDatabase {
        self.shut_down();
        let empty = TestDatabase::create(Backend::Sqlite);
        std::mem::replace(&mut self.database, empty)
    }

    /// The database, to look into it.
    pub fn open_database(&self) -> Database {
        self.database.open()
    }

    /// Runs the program's command line on the same database and returns whether it succeeded, and what it printed.
    pub fn cli(&self, arguments: &[&str]) -> (bool, String) {
        let finished = keyledge(&self.database.text, arguments, "");
        (finished.code == 0, [finished.output, finished.errors].concat())
    }

    /// Adds a user with [`PASSWORD`] and returns a browser in which this user is signed in.
    pub async fn add_user(&self, username: &str, roles: &[&str]) -> Client {
        self.database.add_user(username, roles);
        self.signed_in(username).await
    }

    /// Takes a permission away from every role.
    pub fn lose(&self, permission: &str) {
        let lost = role_permissions::table.filter(role_permissions::permission.eq(permission));
        self.open_database().write_blocking(|transaction| diesel::delete(lost).execute(&mut **transaction)).unwrap();
    }

    fn shut_down(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(self.handle.stop(false));
            thread.join().unwrap();
        }
    }
}

impl Deref for Server {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut_down();
    }
}
