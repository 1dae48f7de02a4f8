//! A connection to either database, and how one is opened.

#![allow(missing_docs, reason = "the derived connection brings public items without any")]

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection as _, ConnectionError, ConnectionResult, PgConnection, SqliteConnection};

use super::{DatabaseUrl, Error};

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// A connection to the embedded database.
    Sqlite(SqliteConnection),
    /// A connection to a Postgres server.
    Postgres(PgConnection),
}

/// Opens connections, also for the pool. Diesel's own manager would guess the backend from the URL.
#[derive(Clone)]
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
    let mut connection = connect(url)?;
    if let DbConnection::Sqlite(sqlite) = &mut connection {
        sqlite
            .batch_execute(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;",
            )
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(connection)
}

/// See [`connect`].
pub(super) fn look_into(url: &DatabaseUrl) -> Result<DbConnection, Error> {
    connect(url).map_err(|error| Error::Open(diesel::r2d2::Error::ConnectionError(error)))
}

/// See [`connect`].
pub(super) const POSTGRES_SETTINGS: &str = "SET lock_timeout = '10s'; SET statement_timeout = '30s'; \
    SET default_transaction_isolation = 'read committed'; \
    SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'";

/// A connection that changes nothing of what a database holds, whichever program's it is. It waits a limited time for locks
/// that others have, and on Postgres has the isolation and durability that are relied on, whatever the server's defaults are.
fn connect(url: &DatabaseUrl) -> ConnectionResult<DbConnection> {
    let mut connection = match url {
        DatabaseUrl::Sqlite(path) => DbConnection::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?),
        DatabaseUrl::Postgres(url) => DbConnection::Postgres(PgConnection::establish(&with_parameters(url))?),
    };
    let settings = match url {
        DatabaseUrl::Sqlite(_) => "PRAGMA busy_timeout = 5000",
        DatabaseUrl::Postgres(_) => POSTGRES_SETTINGS,
    };
    connection.batch_execute(settings).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// What libpq is told unless the URI or the environment tells it. Of several servers the one that can be written to is
/// meant: a copy that follows it would let in what was deleted a moment ago. And connecting takes a limited time, as does
/// waiting for a server that has vanished from the network: libpq would wait for ever, and the system for a quarter of an
/// hour.
const PARAMETERS: [(&str, &str, Option<&str>); 6] = [
    ("target_session_attrs", "read-write", Some("PGTARGETSESSIONATTRS")),
    ("connect_timeout", "10", Some("PGCONNECT_TIMEOUT")),
    ("tcp_user_timeout", "10000", None),
    ("keepalives_idle", "10", None),
    ("keepalives_interval", "2", None),
    ("keepalives_count", "3", None),
];

fn with_parameters(url: &str) -> String {
    // A password may have a question mark in it, or one of the names.
    let parameters =
        url.rsplit_once('@').map_or(url, |(_, after)| after).split_once('?').map_or("", |(_, after)| after);
    let is_set = |variable: Option<&str>| variable.is_some_and(|variable| std::env::var_os(variable).is_some());
    let missing =
        PARAMETERS.iter().filter(|(name, _, variable)| !parameters.contains(&format!("{name}=")) && !is_set(*variable));
    let mut separator = if parameters.is_empty() { '?' } else { '&' };
    missing.fold(url.to_owned(), |url, (name, value, _)| {
        let separator = std::mem::replace(&mut separator, '&');
        format!("{url}{separator}{name}={value}")
    })
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

#[cfg(test)]
mod tests {
    use super::with_parameters;

    #[test]
    fn what_the_uri_says_stays_and_what_it_does_not_say_is_added() {
        let added = "target_session_attrs=read-write&connect_timeout=10&tcp_user_timeout=10000&keepalives_idle=10&\
                     keepalives_interval=2&keepalives_count=3";
        for (given, given_with_parameters) in [
            ("postgres://db/keyledge", format!("postgres://db/keyledge?{added}")),
            (
                "postgres://ada:a?connect_timeout=@db/keyledge",
                format!("postgres://ada:a?connect_timeout=@db/keyledge?{added}"),
            ),
            (
                "postgres://a,b/keyledge?target_session_attrs=any",
                format!("postgres://a,b/keyledge?target_session_attrs=any&{}", added.split_once('&').unwrap().1),
            ),
        ] {
            assert_eq!(with_parameters(given), given_with_parameters);
        }
    }
}
