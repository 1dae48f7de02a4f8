//! Brings a database's schema up to date when it is opened, and tells whether it is.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DbConnection, Error};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

diesel::table! {
    /// Where Diesel notes which migrations have run.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Any number will do as long as no other program locks it in the same Postgres database.
const POSTGRES_LOCK: &str = "5427091630018";

/// Whether all migrations have run, so that the database is one of this version or a later one. Changes nothing.
pub(super) fn have_run(connection: &mut DbConnection) -> Result<bool, Error> {
    let is_kept = match connection {
        DbConnection::Sqlite(_) => "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
        DbConnection::Postgres(_) => "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    };
    if !diesel::select(sql::<Bool>(is_kept)).get_result(connection)? {
        return Ok(false);
    }
    let done: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(connection)?;
    let known = match connection {
        DbConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        DbConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    };
    Ok(known.map_err(Error::Migrate)?.iter().all(|version| done.contains(version)))
}

fn versions<DB: Backend>(migrations: &impl MigrationSource<DB>) -> diesel::migration::Result<Vec<String>> {
    Ok(migrations.migrations()?.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// Brings the schema up to date.
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
