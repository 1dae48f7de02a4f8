//! Keyledge gives the users of a company's API their own API credentials: a user generates a key in a browser, a
//! program exchanges it for a short-lived token, and whatever checks the token or the key is told the state of *now*.
//!
//! This page is the map. Each module's own text says what it is for and what it may not do.
//!
//! # Words
//!
//! A *user* is active or disabled and holds *roles*, which are sets of *permissions* (OAuth 2.0 scope tokens). An
//! *API key* is a client ID and a client secret that one user owns; its *status* (Valid, Suspended, Expired) is
//! computed when asked for. An *access token* is what `POST /auth/token` gives for a key. An *audit event* is one
//! record of something done.
//!
//! # Map
//!
//! | what people do | |
//! |---|---|
//! | [`home`] | the first page: what to do next |
//! | [`login`] | signing in and out, sessions |
//! | [`profile`] | the Profile window |
//! | [`api_keys`] | generating and deleting keys in it |
//! | [`users`] | users and their passwords, managed by administrators |
//! | [`roles`] | roles, permissions, and who may change what |
//! | [`account`] | one's own password and sessions |
//! | [`all_keys`] | the keys of all users, for those who look after them |
//! | [`audit`] | the record, the pages of one's own and of everybody's activity, exports |
//!
//! | what programs do | |
//! |---|---|
//! | [`oauth`] | tokens: issued, asked about, ended; what a credential stands for |
//! | [`gateway`] | the check that a proxy makes before it lets a request through |
//! | [`api`] | the JSON API and its description |
//! | [`health`] | liveness and readiness |
//! | [`metrics`] | numbers for Prometheus |
//!
//! | what they stand on | |
//! |---|---|
//! | [`app`] | puts it all together: state, middleware, routes |
//! | [`cli`] | one file a command |
//! | [`demo`] | a small company to try the program out with |
//! | [`config`] | every setting with its default |
//! | [`language`] | the texts of the pages in each language, dates and time zones |
//! | [`db`] | the one connection type, reading and writing, the record on disk, migrations |
//! | [`storage`] | opens the database with its secret key |
//! | [`new_file`] | creates files without overwriting |
//! | [`attempts`] | limits on failed attempts |
//! | [`secret`] | randomness, digests, keys derived from the secret key |
//! | [`web`] | what pages share: layout, guards, headers, error pages, assets, the instance's looks |
//! | [`color`] | contrast, so that every accent colour can be read |
//! | [`error`], [`clock`] | the error of pages; the time |
//!
//! # Layers
//!
//! Inside a feature the layers are files: `model` (types and rules, no I/O), `queries` (one Diesel statement a
//! function), `actions` (a verb each: one transaction, its audit event inside it), `pages` (one Askama struct a
//! template), `handlers` (extract, act, answer). Imports go one way:
//!
//! `clock, secret, color, config, error, db, language` ← `model` ← `queries` ← `actions` ← `web` ← `pages` ← `handlers` ← `app` ← `cli`
//!
//! Handlers put no statements together, models never do I/O, and time and randomness come in as parameters.
//!
//! # Life of a request
//!
//! *Generate*, in a browser: the headers are added on the way out ([`web::headers`]); an error becomes a page
//! ([`web::error_pages`]); a request from another website is refused ([`web::cross_origin`]); the session is read from
//! the database ([`login::store`]); the guard looks up the user and the permissions of now ([`web::signed_in`]);
//! [`api_keys::handlers::generate`] reads the form; [`api_keys::actions::generate`] inserts the key and its audit event
//! in one transaction; the answer is the only place where the client secret is in clear.
//!
//! A gateway check: the signature of the token says which key it was issued for, and that it is good is remembered; the
//! thread that writes ([`db::Database::decide`]) finds that key, its owner, the owner's permissions and the token's
//! standing, together with what other requests ask about at that moment; [`oauth::check`] decides on what was found; the
//! decisions are put on disk together; then they are answered.
//!
//! # Invariants
//!
//! - A client secret exists in clear in one answer and nowhere else. The type that holds it cannot be printed.
//! - Every decision about a credential is made on what is in the database at that moment. On Postgres nothing that can
//!   change is remembered, so any number of equal instances can run over one; on SQLite what was found is kept for as long
//!   as SQLite says, at each decision, that nothing was written since (`db::remembered`).
//! - Who may change which user and role is decided by [`roles::rules`], in the transaction that makes the change and on
//!   what is read there; such transactions run one after another.
//! - A change and its audit event are one transaction, and what was answered is on disk.
//! - All writing of a process goes through one connection ([`db::Database::write`], [`db::Database::decide`]), which
//!   makes its audit events one chain of digests; its head is signed ([`audit::signer`]), so that a change behind the
//!   program's back can be found ([`audit::verify`]). No connection is held across an `.await`.
//! - When a decision cannot be recorded, it is not given: programs get 503.
//! - bcrypt is for passwords only, off the threads that serve requests, and never inside a transaction.
//! - An internal cause is logged once, where it becomes an answer, and never displayed.

pub mod account;
pub mod all_keys;
pub mod api;
pub mod api_keys;
pub mod app;
pub mod attempts;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod color;
pub mod config;
pub mod db;
pub mod demo;
pub mod error;
pub mod gateway;
pub mod health;
pub mod home;
pub mod language;
pub mod login;
pub mod metrics;
pub mod new_file;
pub mod oauth;
pub mod profile;
pub mod roles;
pub mod secret;
pub mod storage;
pub mod users;
pub mod web;
