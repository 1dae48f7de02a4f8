//! An empty database for one test.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Text};
use diesel::{
    Connection, OptionalExtension, PgConnection, QueryDsl, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
};
use keyledge::audit::signer::Signer;
use keyledge::clock::Clock;
use keyledge::db::schema::failed_attempts;
use keyledge::db::{Database, DatabaseUrl, DbConnection};
use keyledge::secret::{SecretKey, SecretText};
use tempfile::TempDir;

use super::{PASSWORD, SECRET_KEY, Server, keyledge};

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

/// Whether each column of each table may be null, by table and column.
pub type Columns = BTreeMap<(String, String), bool>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Text)]
    text: String,
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

    /// Starts the program on it with more flags. Its `admin` has [`super::PASSWORD`].
    pub fn serve(self, flags: &[&str]) -> Server {
        Server::start_on(self, Clock::default(), flags)
    }

    /// Adds a user with [`PASSWORD`].
    pub fn add_user(&self, username: &str, roles: &[&str]) {
        let mut arguments = vec!["user", "add", username, "--password-stdin"];
        arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
        let finished = keyledge(&self.text, &arguments, PASSWORD);
        assert_eq!(finished.code, 0, "{username} could not be added: {}", finished.errors);
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        match self.url {
            DatabaseUrl::Sqlite(_) => Backend::Sqlite,
            DatabaseUrl::Postgres(_) => Backend::Postgres,
        }
    }

    /// A connection beside those of the program.
    pub fn connect(&self) -> DbConnection {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut sqlite = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                sqlite.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                DbConnection::Sqlite(sqlite)
            }
            DatabaseUrl::Postgres(url) => DbConnection::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    /// Ends all connections to a Postgres database and lets nobody open another one, or lets everybody again.
    pub fn shut(&self, is_shut: bool) {
        let (server, name) = self.created_in.as_ref().unwrap();
        postgres(server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {}", !is_shut));
        if is_shut {
            postgres(
                server,
                &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
            );
        }
    }

    /// The database as another process of the program opens it.
    pub fn open(&self) -> Database {
        let database = Database::open(&self.url, 2).unwrap();
        Signer::open(&database, &SecretKey::parse(&SecretText::new(SECRET_KEY)).unwrap()).unwrap();
        database
    }

    /// How many failures of a kind were counted against this machine.
    pub fn failures(&self, kind: &str) -> usize {
        let bucket = format!("{kind} 127.0.0.1");
        let counted: Option<i32> = failed_attempts::table
            .find(&*bucket)
            .select(failed_attempts::failures)
            .first(&mut self.connect())
            .optional()
            .unwrap();
        usize::try_from(counted.unwrap_or(0)).unwrap()
    }

    /// Every table's columns.
    pub fn columns(&self) -> Columns {
        self.all_columns().into_iter().map(|column| ((column.of_table, column.name), column.nullable)).collect()
    }

    /// Every index by its name, but for those that make a key unique.
    pub fn indexes(&self) -> BTreeSet<String> {
        let indexes = match self.url {
            DatabaseUrl::Sqlite(_) => "SELECT name AS text FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
            DatabaseUrl::Postgres(_) => {
                "SELECT indexname || ' ' || indexdef AS text FROM pg_indexes WHERE schemaname = 'public' \
                 AND tablename <> '__diesel_schema_migrations'"
            }
        };
        let indexes = sql_query(indexes).load::<Cell>(&mut self.connect()).unwrap();
        indexes.into_iter().map(|index| index.text).collect()
    }

    /// Everything that is stored: the bytes of the SQLite files, or every value of the Postgres tables.
    pub fn everything(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => ["", "-wal", "-journal"]
                .iter()
                .filter_map(|suffix| std::fs::read(format!("{}{suffix}", path.display())).ok())
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect(),
            DatabaseUrl::Postgres(url) => {
                let mut connection = PgConnection::establish(url).unwrap();
                let values = self.all_columns().into_iter().flat_map(|Column { of_table, name, kind, .. }| {
                    let value =
                        if kind == "bytea" { format!("encode({name}, 'escape')") } else { format!("{name}::text") };
                    let query = format!("SELECT {value} AS text FROM {of_table} WHERE {name} IS NOT NULL");
                    sql_query(query).load::<Cell>(&mut connection).unwrap()
                });
                values.map(|cell| cell.text + "\n").collect()
            }
        }
    }

    fn all_columns(&self) -> Vec<Column> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => sql_query(
                "SELECT tables.name AS of_table, columns.name AS name, columns.type AS kind, \
                 NOT columns.\"notnull\" AS nullable \
                 FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns \
                 WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                 AND tables.name <> '__diesel_schema_migrations'",
            )
            .load(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            .unwrap(),
            DatabaseUrl::Postgres(url) => sql_query(
                "SELECT table_name::text AS of_table, column_name::text AS name, data_type::text AS kind, \
                 is_nullable = 'YES' AS nullable FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'",
            )
            .load(&mut PgConnection::establish(url).unwrap())
            .unwrap(),
        }
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
