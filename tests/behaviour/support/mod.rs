//! What the tests need to start the program and to talk to it.

mod database;
mod server;

pub use database::{Backend, TestDatabase};
pub use server::{Key, PASSWORD, SECRET_KEY, Server, browser, nonce, run};

/// Makes a test of each named `async fn(Server)`, once on SQLite and once on Postgres.
///
/// A function that is not named here is unused, which the linter reports: no test can be forgotten.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $name() {
                    crate::support::run(crate::support::Backend::Sqlite, super::$name);
                }
            )+
        }

        mod postgres {
            $(
                #[test]
                #[ignore = "needs Postgres: run scripts/test"]
                fn $name() {
                    crate::support::run(crate::support::Backend::Postgres, super::$name);
                }
            )+
        }
    };
}

pub(crate) use on_each_database;
