//! Brings a database's schema up to date when it is opened, and tells what is there before.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::POSTGRES_SETTINGS;
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

/// What a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// There is no file, so the server will make one.
    Missing,
    /// No table.
    Empty,
    /// What another program, or another version of this one, has made.
    Other,
    /// All tables of this version.
    Current,
}

/// What the database of a connection holds; never [`Contents::Missing`].
pub(super) fn contents(connection: &mut DbConnection) -> Result<Contents, Error> {
    let (is_empty, has_run_some) = match connection {
        DbConnection::Sqlite(_) => (
            "NOT EXISTS (SELECT 1 FROM sqlite_master)",
            "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
        ),
        DbConnection::Postgres(_) => (
            "NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema())",
            "to_regclass('__diesel_schema_migrations') IS NOT NULL",
        ),
    };
    if diesel::select(sql::<Bool>(is_empty)).get_result(connection)? {
        return Ok(Contents::Empty);
    }
    if !diesel::select(sql::<Bool>(has_run_some)).get_result(connection)? {
        return Ok(Contents::Other);
    }
    let done: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(connection)?;
    let known = match connection {
        DbConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        DbConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    };
    // A version that is not known here is of a newer program.
    Ok(if known.map_err(Error::Migrate)? == done.into_iter().collect() { Contents::Current } else { Contents::Other })
}

fn versions<DB: Backend>(migrations: &impl MigrationSource<DB>) -> diesel::migration::Result<BTreeSet<String>> {
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
            postgres.batch_execute(POSTGRES_SETTINGS)?;
            result.map_err(Error::Migrate)?;
        }
    }
    Ok(())
}
