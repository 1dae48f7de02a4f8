//! A connection to either database, and how one is opened.

#![allow(missing_docs, reason = "the derived connection brings public items without any")]

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection as _, ConnectionError, ConnectionResult, PgConnection, SqliteConnection};

use super::DatabaseUrl;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// A connection to the embedded database.
    Sqlite(SqliteConnection),
    /// A connection to a Postgres server.
    Postgres(PgConnection),
}

/// Opens connections for the pool. Diesel's own manager would guess the backend from the URL.
pub(super) struct Manager {
    pub(super) url: DatabaseUrl,
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
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(&with_timeout(url))?;
            // A statement that somebody else holds up must not hold up the caller for ever.
            connection
                .batch_execute("SET lock_timeout = '10s'; SET statement_timeout = '30s'")
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(DbConnection::Postgres(connection))
        }
    }
}

/// A connection URI with a limit on how long connecting may take, unless it has one; libpq would wait for ever.
fn with_timeout(url: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    if url.contains("connect_timeout=") { url.to_owned() } else { format!("{url}{separator}connect_timeout=10") }
}

/// Runs a query on whichever connection it is. A query that names its backend is prepared once and found again by its
/// type; one that does not is written out as text each time, which takes longer than a look-up.
macro_rules! on_either {
    ($connection:expr, $either:ident => $query:expr) => {
        match $connection {
            $crate::db::DbConnection::Sqlite($either) => $query,
            $crate::db::DbConnection::Postgres($either) => $query,
        }
    };
}

pub(crate) use on_either;
