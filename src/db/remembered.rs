//! What was found about presented credentials on SQLite, for as long as the database is as it was then.
//!
//! SQLite keeps the pages that it has read until another connection commits, and asks at the beginning of each transaction
//! whether one has. What was found in these pages is true for exactly as long, so it is kept by the same answer
//! (`PRAGMA data_version`): every check still asks for the state of the database, and looks a key up where that has
//! changed. What this connection changes itself is forgotten by whoever changes it. Postgres gives no such answer, so there
//! every check looks its key up.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;

use super::Timestamp;
use super::credentials::{self, Found, Presented};
use super::schema::signing_keys;

/// Credentials that are remembered, some 12 MB of them; then all are forgotten.
const MOST: usize = 16_384;

/// Credentials of one key that are remembered: secret and tokens, each once for every address and kind of request.
const MOST_OF_ONE_KEY: usize = 32;

/// The longest permissions of an owner that are remembered, in bytes.
const LONGEST_PERMISSIONS: usize = 1024;

/// Empty to begin with.
#[derive(Default)]
pub(super) struct Remembered {
    of: Option<State>,
    by_client_id: HashMap<String, Vec<(Presented, Found)>>,
    number: usize,
}

/// A state of the database, and the time in which nothing changes that only time changes.
struct State {
    version: i64,
    since: Timestamp,
    /// When a signing key begins to sign or ceases to count.
    until: Option<Timestamp>,
}

impl Remembered {
    /// As [`credentials::find`], inside a transaction.
    ///
    /// # Errors
    /// When a statement fails.
    pub(super) fn find(&mut self, sqlite: &mut SqliteConnection, presented: &[&Presented]) -> QueryResult<Vec<Found>> {
        let Some(first) = presented.first() else { return Ok(Vec::new()) };
        self.renew(sqlite, first.now)?;
        presented.iter().map(|presented| self.find_one(sqlite, presented)).collect()
    }

    /// Forgets what there was about a key, whose row is about to change.
    pub(super) fn forget(&mut self, client_id: &str) {
        self.number -= self.by_client_id.remove(client_id).map_or(0, |forgotten| forgotten.len());
    }

    /// Forgets everything where the database is not as it was.
    fn renew(&mut self, sqlite: &mut SqliteConnection, now: Timestamp) -> QueryResult<()> {
        let version = DataVersion.get_result(sqlite)?;
        let is_same = |state: &State| state.version == version && state.until.is_none_or(|until| now < until);
        if !self.of.as_ref().is_some_and(is_same) {
            *self = Self::default();
            self.of = Some(State { version, since: now, until: next_change(sqlite, now)? });
        }
        Ok(())
    }

    fn find_one(&mut self, sqlite: &mut SqliteConnection, presented: &Presented) -> QueryResult<Found> {
        let known = self.by_client_id.get(&presented.named.client_id);
        let is_in_time = self.of.as_ref().is_some_and(|state| state.holds_at(presented.now));
        // A limit that has ended has not before.
        let is_known = |known: &Presented| is_in_time && known.now <= presented.now && known.is(presented);
        if let Some((_, found)) = known.into_iter().flatten().find(|(known, _)| is_known(known)) {
            return Ok(found.clone());
        }
        let found = credentials::find_one(sqlite, presented)?;
        // Strangers cannot fill the memory, and a limit ends by itself.
        let is_worth_it = found.limited_until.is_none()
            && found.credential.as_ref().is_some_and(|key| key.permissions.len() <= LONGEST_PERMISSIONS);
        if is_in_time && is_worth_it {
            self.keep(presented.clone(), found.clone());
        }
        Ok(found)
    }

    fn keep(&mut self, presented: Presented, found: Found) {
        if self.number >= MOST {
            self.by_client_id.clear();
            self.number = 0;
        }
        let of_key = self.by_client_id.entry(presented.named.client_id.clone()).or_default();
        if of_key.len() >= MOST_OF_ONE_KEY {
            of_key.remove(0);
        } else {
            // Most keys are used in one way, and there are many keys.
            of_key.reserve_exact(1);
            self.number += 1;
        }
        of_key.push((presented, found));
    }
}

impl State {
    fn holds_at(&self, now: Timestamp) -> bool {
        self.since <= now && self.until.is_none_or(|until| now < until)
    }
}

/// When what a signing key is good for will next change by itself. That the times are written as this program writes them is
/// taken for granted, as by the look-up, which compares them as texts.
fn next_change(sqlite: &mut SqliteConnection, now: Timestamp) -> QueryResult<Option<Timestamp>> {
    let keys: Vec<(Timestamp, Option<Timestamp>)> =
        signing_keys::table.select((signing_keys::signs_from, signing_keys::verifies_until)).load(sqlite)?;
    let changes = keys.into_iter().flat_map(|(signs_from, verifies_until)| [Some(signs_from), verifies_until]);
    Ok(changes.flatten().filter(|change| *change > now).min())
}

/// A number that is another one as soon as another connection has committed.
struct DataVersion;

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl QueryId for DataVersion {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("PRAGMA data_version");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diesel::connection::SimpleConnection as _;
    use tempfile::TempDir;

    use super::*;
    use crate::db::{Counters, Database, DatabaseUrl, Named};

    const NOW: i64 = 1_795_000_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(NOW + seconds * 1_000_000).unwrap()
    }

    fn presented(client_id: &str, now: Timestamp) -> Presented {
        Presented { named: named(client_id, "first", ""), counters: Counters::default(), asks_for_token: true, now }
    }

    fn named(client_id: &str, signing_key: &str, token_id: &str) -> Arc<Named> {
        let [client_id, signing_key, token_id] = [client_id, signing_key, token_id].map(str::to_owned);
        Arc::new(Named { client_id, signing_key, token_id })
    }

    /// An owner with a key, and a signing key whose place another one takes after 60 seconds.
    struct Installation {
        folder: TempDir,
        sqlite: SqliteConnection,
        remembered: Remembered,
    }

    impl Installation {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("keyledge.db");
            Database::open(&DatabaseUrl::Sqlite(file.clone()), 1).unwrap();
            let mut sqlite = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
            let sql = format!(
                "PRAGMA busy_timeout = 5000;
                 INSERT INTO users (id, subject, username, display_name, password_hash, password_must_change,
                     created_at, updated_at)
                 VALUES (1, 'subject', 'ada', 'Ada', '', FALSE, '{now}', '{now}');
                 INSERT INTO api_keys (id, client_id, user_id, secret_digest, nonce, lifetime_days, created_at, expires_at)
                 VALUES (1, 'kl_1', 1, x'00', '1', 90, '{now}', '{now}');
                 INSERT INTO signing_keys (key_id, sealed_private_key, created_at, signs_from, verifies_until)
                 VALUES ('first', x'', '{now}', '{now}', '{later}'), ('second', x'', '{now}', '{soon}', NULL);",
                now = text(at(0)),
                soon = text(at(60)),
                later = text(at(120)),
            );
            sqlite.batch_execute(&sql).unwrap();
            Self { folder, sqlite, remembered: Remembered::default() }
        }

        fn find(&mut self, client_id: &str, now: Timestamp) -> Found {
            let Self { sqlite, remembered, .. } = self;
            let found = sqlite.immediate_transaction(|sqlite| remembered.find(sqlite, &[&presented(client_id, now)]));
            found.unwrap().remove(0)
        }

        /// Whether the owner is active, by what is found.
        fn is_active(&mut self) -> bool {
            self.find("kl_1", at(1)).credential.unwrap().owner.is_active
        }

        /// As another process would.
        fn change_elsewhere(&self, statement: &str) {
            let file = self.folder.path().join("keyledge.db");
            let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
            other.batch_execute(&format!("PRAGMA busy_timeout = 5000; {statement}")).unwrap();
        }
    }

    fn text(time: Timestamp) -> String {
        time.utc().format("%F %T%.f").to_string()
    }

    const DISABLE: &str = "UPDATE users SET disabled_at = created_at";

    #[test]
    fn what_another_connection_changes_is_found_at_once() {
        let mut installation = Installation::new();
        assert!(installation.is_active());
        installation.change_elsewhere(DISABLE);
        assert!(!installation.is_active());
        installation.change_elsewhere("UPDATE users SET disabled_at = NULL");
        assert!(installation.is_active());
    }

    #[test]
    fn what_this_connection_changes_is_found_once_it_is_forgotten() {
        let mut installation = Installation::new();
        assert!(installation.is_active());
        installation.sqlite.batch_execute(DISABLE).unwrap();
        assert!(installation.is_active(), "it was not looked up");
        installation.remembered.forget("kl_1");
        assert!(!installation.is_active());
        assert_eq!(installation.remembered.number, 1);
    }

    #[test]
    fn what_time_changes_is_found_when_it_is_due_and_not_before() {
        let mut installation = Installation::new();
        let mut found = |seconds| {
            let found = installation.find("kl_1", at(seconds));
            (found.signing_key.unwrap(), found.credential.unwrap().signing_key_counts)
        };
        let (first, second) = ("first".to_owned(), "second".to_owned());
        assert_eq!(found(59), (first.clone(), true));
        assert_eq!(found(60), (second.clone(), true));
        assert_eq!(found(59), (first, true), "the clock of another thread may be behind");
        assert_eq!(found(119), (second.clone(), true));
        assert_eq!(found(120), (second, false));
    }

    #[test]
    fn one_credential_is_not_taken_for_another_of_the_same_key() {
        let mut installation = Installation::new();
        installation.find("kl_1", at(1));
        let other = Presented { named: named("kl_1", "none", ""), ..presented("kl_1", at(1)) };
        let Installation { sqlite, remembered, .. } = &mut installation;
        let found = sqlite.immediate_transaction(|sqlite| remembered.find(sqlite, &[&other])).unwrap().remove(0);
        assert!(!found.credential.unwrap().signing_key_counts);
    }

    #[test]
    fn what_was_found_later_does_not_hold_before() {
        let mut installation = Installation::new();
        installation.find("kl_1", at(20));
        installation.sqlite.batch_execute(DISABLE).unwrap();
        assert!(installation.find("kl_1", at(20)).credential.unwrap().owner.is_active, "it was not looked up");
        assert!(!installation.find("kl_1", at(19)).credential.unwrap().owner.is_active);
    }

    #[test]
    fn long_permissions_are_not_remembered() {
        let mut installation = Installation::new();
        let permission = "p".repeat(LONGEST_PERMISSIONS + 1);
        let sql = format!(
            "INSERT INTO role_permissions SELECT id, '{permission}' FROM roles WHERE name = 'member';
             INSERT INTO user_roles SELECT 1, id FROM roles WHERE name = 'member';"
        );
        installation.sqlite.batch_execute(&sql).unwrap();
        assert!(installation.find("kl_1", at(1)).credential.unwrap().permissions.contains(&permission));
        assert_eq!(installation.remembered.number, 0);
    }

    #[test]
    fn the_memory_is_limited() {
        let mut installation = Installation::new();
        installation.find("kl_2", at(1));
        assert_eq!(installation.remembered.number, 0, "there is no such key");
        let found = installation.find("kl_1", at(1));
        let remembered = &mut installation.remembered;
        for number in 0..2 * MOST_OF_ONE_KEY {
            remembered.keep(
                Presented { named: named("kl_1", "first", &number.to_string()), ..presented("kl_1", at(1)) },
                found.clone(),
            );
        }
        assert_eq!(remembered.number, MOST_OF_ONE_KEY);
        for number in 0..2 * MOST {
            remembered.keep(presented(&number.to_string(), at(1)), found.clone());
            assert!(remembered.number <= MOST);
        }
    }
}
