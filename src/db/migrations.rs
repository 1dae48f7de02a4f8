//! Brings a database's schema up to date when it is opened, and tells what is there before.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_query;
use diesel::sql_types::{Bool, Text};
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
    // A version that is not known here is of a newer program.
    Ok(if known(connection)? == done(connection)? { Contents::Current } else { Contents::Other })
}

fn done(connection: &mut DbConnection) -> QueryResult<BTreeSet<String>> {
    let done = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(done.load(connection)?.into_iter().collect())
}

fn known(connection: &DbConnection) -> Result<BTreeSet<String>, Error> {
    let known = match connection {
        DbConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        DbConnection::Postgres(_) => versions::<Pg>(&POSTGRES),
    };
    known.map_err(Error::Migrate)
}

fn versions<DB: Backend>(migrations: &impl MigrationSource<DB>) -> diesel::migration::Result<BTreeSet<String>> {
    Ok(migrations.migrations()?.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// Which migrations have run, and whether they are another program's alone. What a newer version has changed is refused: its
/// tables may be others than the queries here expect.
fn done_before(connection: &mut DbConnection) -> Result<(BTreeSet<String>, bool), Error> {
    // An empty database has no such table.
    let (done, known) = (done(connection).unwrap_or_default(), known(connection)?);
    let is_foreign = done.is_disjoint(&known);
    if is_foreign || done.is_subset(&known) { Ok((done, is_foreign)) } else { Err(Error::NewerVersion) }
}

/// Brings the schema up to date.
pub(super) fn run(connection: &mut DbConnection) -> Result<(), Error> {
    done_before(connection)?;
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

/// Finds out whether [`run`] would fail, without a trace: on SQLite with the same tables, all of them empty, in memory.
///
/// On Postgres what runs is rolled back, and nothing runs where a server of another version has run: it would have to wait.
pub(super) fn rehearse(connection: &mut DbConnection) -> Result<(), Error> {
    let (done, is_foreign) = done_before(connection)?;
    match connection {
        DbConnection::Sqlite(sqlite) => {
            copy_of_schema(sqlite, &done)?.run_pending_migrations(SQLITE).map(|_| ()).map_err(Error::Migrate)
        }
        DbConnection::Postgres(postgres) if is_foreign => {
            let mut ran = Ok(());
            let rolled_back: QueryResult<()> = postgres.transaction(|postgres| {
                postgres.batch_execute(&format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})"))?;
                ran = postgres.run_pending_migrations(POSTGRES).map(|_| ());
                Err(DieselError::RollbackTransaction)
            });
            match rolled_back {
                Ok(()) | Err(DieselError::RollbackTransaction) => ran.map_err(Error::Migrate),
                Err(error) => Err(error.into()),
            }
        }
        DbConnection::Postgres(_) => Ok(()),
    }
}

fn copy_of_schema(sqlite: &mut SqliteConnection, done: &BTreeSet<String>) -> Result<SqliteConnection, Error> {
    let opening = |error| Error::Open(diesel::r2d2::Error::ConnectionError(error));
    let mut copy = SqliteConnection::establish(":memory:").map_err(opening)?;
    let statements = sql::<Text>(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY type <> 'table', rowid",
    );
    for statement in statements.load::<String>(sqlite)? {
        // A virtual table may be of a kind that this SQLite does not know, or make tables by itself that come next.
        // And only the first statement is SQLite's own: who changed the text by hand may have added another.
        let _ = sql_query(statement).execute(&mut copy);
    }
    for version in done {
        let row = __diesel_schema_migrations::version.eq(version);
        diesel::insert_into(__diesel_schema_migrations::table).values(row).execute(&mut copy)?;
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_behind_a_table_of_another_program_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let [database, trace] = ["notes.db", "trace.db"].map(|name| folder.path().join(name).display().to_string());
        let mut sqlite = SqliteConnection::establish(&database).unwrap();
        let added = format!("; ATTACH ''{trace}'' AS trace; CREATE TABLE trace.left_behind (id)");
        let by_hand = format!("UPDATE sqlite_master SET sql = sql || '{added}'");
        sqlite.batch_execute("CREATE TABLE notes (note TEXT); PRAGMA writable_schema = ON").unwrap();
        sqlite.batch_execute(&by_hand).unwrap();
        let mut copy = copy_of_schema(&mut sqlite, &BTreeSet::new()).unwrap();
        assert!(!std::fs::exists(trace).unwrap());
        copy.batch_execute("INSERT INTO notes VALUES ('milk')").unwrap();
    }
}
