//! What the programs that fill a database for measurements share.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use keyledge::config::StorageConfig;
use keyledge::db::{DatabaseUrl, DbConnection};

/// A connection for filling: what it writes is not waited for.
pub(crate) fn connect(storage: &StorageConfig) -> anyhow::Result<DbConnection> {
    match storage.database_url()? {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
            connection.batch_execute(
                "PRAGMA busy_timeout = 60000;
                 PRAGMA synchronous = OFF;
                 PRAGMA cache_size = -1000000;",
            )?;
            Ok(DbConnection::Sqlite(connection))
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(&url)?;
            // As a replica, it takes foreign keys for granted: checking millions would be half of the work.
            connection.batch_execute("SET synchronous_commit = off; SET session_replication_role = replica;")?;
            Ok(DbConnection::Postgres(connection))
        }
    }
}

/// The elements of the JSON array that is the first parameter, and how bytes are read from hexadecimal digits. SQLite
/// numbers parameters in the order in which they appear, so the query begins with it.
pub(crate) fn dialect(connection: &DbConnection) -> (&'static str, fn(&str) -> String) {
    match connection {
        DbConnection::Sqlite(_) => ("json_each($1)", |digits| format!("unhex({digits})")),
        DbConnection::Postgres(_) => ("jsonb_array_elements($1::jsonb)", |digits| format!("decode({digits}, 'hex')")),
    }
}

/// Does now what the database would do some time after so many inserts, in the middle of the load.
pub(crate) fn settle(connection: &mut DbConnection) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(sqlite) => sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
        DbConnection::Postgres(postgres) => {
            postgres
                .batch_execute("SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users))")?;
            postgres.batch_execute("VACUUM ANALYZE")?;
            postgres.batch_execute("CHECKPOINT")
        }
    }
}
