//! What the program does, as sentences. Every test runs the real server on a real port; those in `on_each_database!`
//! run on SQLite and on Postgres alike.

#![allow(clippy::print_stdout, clippy::unwrap_used, unreachable_pub)]

mod account;
mod activity;
mod all_keys;
mod api_keys;
mod audit;
mod backup;
mod boosted;
mod brand;
mod browser;
mod cli;
mod connections;
mod demo;
mod durability;
mod endpoints;
mod expiry;
mod exports;
mod immediacy;
mod kept;
mod languages;
mod markup;
mod metrics;
mod packages;
mod people;
mod proxies;
mod retention;
mod samples;
mod security;
mod sign_in;
mod storage;
mod support;
mod tampering;
mod test_script;
mod tokens;
