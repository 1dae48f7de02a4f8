//! An empty database for one test.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use keyledge::db::DatabaseUrl;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database that goes away with the test.
pub struct TestDatabase {
    pub url: DatabaseUrl,
    /// The same as the program's command line takes it.
    pub text: String,
    pub folder: TempDir,
    created_in: Option<(String, String)>,
}

/// The Postgres server that `scripts/test` starts.
const POSTGRES: &str = "KEYLEDGE_TEST_POSTGRES_URL";

impl TestDatabase {
    pub fn create(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (text, created_in) = match backend {
            Backend::Sqlite => (format!("sqlite:{}", folder.path().join("keyledge.db").display()), None),
            Backend::Postgres => {
                let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
                    panic!("{POSTGRES} is not set: run scripts/test, which starts a Postgres server")
                });
                let name = format!("test_{:032x}", rand::random::<u128>());
                postgres(&server, &format!("CREATE DATABASE {name}"));
                let (base, _) = server.rsplit_once('/').unwrap();
                (format!("{base}/{name}"), Some((server, name)))
            }
        };
        Self { url: text.parse().unwrap(), text, folder, created_in }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.created_in {
            postgres(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn postgres(server: &str, statement: &str) {
    PgConnection::establish(server).unwrap().batch_execute(statement).unwrap();
}
