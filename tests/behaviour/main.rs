//! What the program does, as sentences. Every test runs the real server on a real port; those in `on_each_database!`
//! run on SQLite and on Postgres alike.

mod sign_in;
mod support;
