//! What the tests need to start the program and to talk to it.

mod database;
mod html;
pub mod load;
mod process;
mod record;
mod server;
mod site;

pub use database::{Backend, Columns, TestDatabase};
pub use html::{alert, cell, field, link, nonce, notice, row, rows, texts};
pub use process::{
    Finished, Process, full_disk, keyledge, keyledge_held, keyledge_printing_to, keyledge_unprivileged,
    keyledge_unread, keyledge_with,
};
pub use record::{Event, Record, operators_event, read_export, record_uses};
pub use server::{SECRET_KEY, Server, run};
pub use site::{Key, PASSWORD, Site, browser, browser_sending, browser_speaking, session_cookie};

/// Makes a test of each named `async fn(Server)` or `async fn(TestDatabase)`, once on SQLite and once on Postgres. The
/// second kind starts the program itself, on the empty database that it is given.
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
