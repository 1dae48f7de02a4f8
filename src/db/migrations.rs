//! Brings a database's schema up to date when it is opened.

use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DbConnection, Error};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do as long as no other program locks it in the same Postgres database.
const POSTGRES_LOCK: &str = "5427091630018";

pub(super) fn run(connection: &mut DbConnection) -> Result<(), Error> {
    match connection {
        DbConnection::Sqlite(sqlite) => {
            if sqlite.has_pending_migration(SQLITE).map_err(Error::Migrate)? {
                // Processes that start together wait for each other here, and the later one finds nothing to do.
                sqlite.immediate_transaction(|sqlite| {
                    sqlite.run_pending_migrations(SQLITE).map(|_| ()).map_err(Error::Migrate)
                })?;
            }
        }
        DbConnection::Postgres(postgres) => {
            // Instances that start together wait for each other here instead of creating one table twice.
            postgres.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")?;
            postgres.batch_execute(&format!("SELECT pg_advisory_lock({POSTGRES_LOCK})"))?;
            let result = postgres.run_pending_migrations(POSTGRES).map(|_| ());
            postgres.batch_execute(&format!("SELECT pg_advisory_unlock({POSTGRES_LOCK})"))?;
            postgres.batch_execute("RESET lock_timeout; RESET statement_timeout")?;
            result.map_err(Error::Migrate)?;
        }
    }
    Ok(())
}
