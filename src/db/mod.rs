//! One connection type and one set of queries for SQLite and Postgres, and the only two ways to use them:
//! [`Database::read`] and [`Database::write`].
//!
//! What the two databases do differently (opening, pragmas, how a transaction begins, migrations) stands in
//! this folder and nowhere else.

mod migrations;
pub mod schema;
mod time;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::{Connection as _, ConnectionError, ConnectionResult, PgConnection, QueryResult, SqliteConnection};
use tokio::sync::Semaphore;

pub use self::time::Timestamp;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// A connection to the embedded database.
    Sqlite(SqliteConnection),
    /// A connection to a Postgres server.
    Postgres(PgConnection),
}

/// Where the database is; parsed from `sqlite:PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of an SQLite file.
    Sqlite(PathBuf),
    /// A connection URI as libpq reads it. It may carry a password, so it is never printed.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err("an SQLite database needs a file, for example sqlite:keyledge.db".to_owned());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned())
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be created with mode 0600.
    #[error("the database file {path} could not be created")]
    Create {
        /// The file asked for.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// No connection could be had.
    #[error("no connection to the database")]
    Connect(#[from] diesel::r2d2::PoolError),
    /// A migration failed.
    #[error("the database could not be migrated: {0}")]
    Migrate(String),
    /// A statement failed.
    #[error("a database statement failed")]
    Query(#[from] diesel::result::Error),
    /// The thread doing the work panicked or the runtime is shutting down.
    #[error("the database work was abandoned")]
    Abandoned(#[from] tokio::task::JoinError),
}

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    /// SQLite has one writer at a time: waiting here is fair and blocks no thread, unlike its busy handler.
    writers: Arc<Semaphore>,
}

/// Connections kept open to an SQLite file: readers do not block each other, and more of them gain nothing.
const SQLITE_CONNECTIONS: u32 = 8;

impl Database {
    /// Opens the database, creating an SQLite file (mode 0600) where there is none, and runs the migrations.
    ///
    /// # Errors
    /// When the database cannot be reached, created or migrated.
    pub fn open(url: &DatabaseUrl, postgres_connections: u32) -> Result<Self, Error> {
        let (connections, writers) = match url {
            DatabaseUrl::Sqlite(path) => {
                create_private(path)?;
                (SQLITE_CONNECTIONS, 1)
            }
            DatabaseUrl::Postgres(_) => (postgres_connections, Semaphore::MAX_PERMITS),
        };
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(std::time::Duration::from_secs(10))
            .build(Manager { url: url.clone() })?;
        migrations::run(&mut *pool.get()?)?;
        Ok(Self { pool, writers: Arc::new(Semaphore::new(writers)) })
    }

    /// Runs reading queries on a thread that may block.
    ///
    /// # Errors
    /// When no connection can be had or a statement fails.
    pub async fn read<T, F>(&self, queries: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.read_blocking(queries)).await?
    }

    /// Runs one writing transaction on a thread that may block. It is committed, and on disk, when this returns `Ok`,
    /// and leaves no trace when this returns an error.
    ///
    /// # Errors
    /// When no connection can be had or a statement or the commit fails.
    pub async fn write<T, F>(&self, queries: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    {
        let turn = self.writers.clone().acquire_owned().await;
        let database = self.clone();
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            database.write_blocking(queries)
        })
        .await?
    }

    /// [`Database::read`] for callers that have no async runtime.
    ///
    /// # Errors
    /// As for [`Database::read`].
    pub fn read_blocking<T>(&self, queries: impl FnOnce(&mut DbConnection) -> QueryResult<T>) -> Result<T, Error> {
        Ok(queries(&mut *self.pool.get()?)?)
    }

    /// [`Database::write`] for callers that have no async runtime.
    ///
    /// # Errors
    /// As for [`Database::write`].
    pub fn write_blocking<T>(&self, queries: impl FnOnce(&mut DbConnection) -> QueryResult<T>) -> Result<T, Error> {
        Ok(in_transaction(&mut *self.pool.get()?, queries)?)
    }
}

/// `BEGIN IMMEDIATE` on SQLite: a transaction that reads first and asks for the write lock later fails under load.
fn in_transaction<T>(
    connection: &mut DbConnection,
    queries: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    type Manager = AnsiTransactionManager;
    match connection {
        DbConnection::Sqlite(sqlite) => Manager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?,
        DbConnection::Postgres(postgres) => Manager::begin_transaction(postgres)?,
    }
    let result = queries(connection);
    let ended = match (connection, result.is_ok()) {
        (DbConnection::Sqlite(sqlite), true) => Manager::commit_transaction(sqlite),
        (DbConnection::Sqlite(sqlite), false) => Manager::rollback_transaction(sqlite),
        (DbConnection::Postgres(postgres), true) => Manager::commit_transaction(postgres),
        (DbConnection::Postgres(postgres), false) => Manager::rollback_transaction(postgres),
    };
    match (result, ended) {
        (Ok(value), Ok(())) => Ok(value),
        (Ok(_), Err(error)) | (Err(error), _) => Err(error),
    }
}

fn create_private(path: &Path) -> Result<(), Error> {
    match private_file(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(Error::Create { path: path.display().to_string(), source }),
    }
}

/// Creates a file that only its owner can read and write.
///
/// # Errors
/// When the file exists or cannot be created.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Opens connections for the pool. Diesel's own manager would guess the backend from the URL.
struct Manager {
    url: DatabaseUrl,
}

impl ManageConnection for Manager {
    type Connection = DbConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<DbConnection, Self::Error> {
        establish(&self.url).map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, connection: &mut DbConnection) -> Result<(), Self::Error> {
        connection.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut DbConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

fn establish(url: &DatabaseUrl) -> ConnectionResult<DbConnection> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
            // The busy timeout comes first: switching to WAL needs a lock that another process may hold.
            connection
                .batch_execute(
                    "PRAGMA busy_timeout = 5000;
                     PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON;",
                )
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(DbConnection::Sqlite(connection))
        }
        DatabaseUrl::Postgres(url) => Ok(DbConnection::Postgres(PgConnection::establish(url)?)),
    }
}
