//! The connection of this process that writes, and the transactions on it. One connection also means one chain of events,
//! for which nothing has to be locked in the database.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};
use diesel::sql_types::Integer;

use super::connection::Manager;
use super::credentials::{self, Found, Presented};
use super::log::Log;
use super::pruning::{self, Pruned};
use super::questions::{Question, presented, tell_ahead};
use super::record::{self, Chain, Entry, Head, Recorded};
use super::remembered::Remembered;
use super::{DatabaseUrl, DbConnection, Error, Timestamp, blocks};

/// How often to ask for the lock of an SQLite file while another process writes to it. SQLite's own waiting asks ever more
/// rarely, and would find a busy writer's gaps by luck only.
pub(super) const WAIT: Duration = Duration::from_millis(1);

/// A connection to a server that was not used for so long may have broken.
const LONGEST_TRUST: Duration = Duration::from_secs(1);

/// A writing transaction: statements, and the audit events of what they do. The events are written at its end.
pub struct Transaction<'a> {
    connection: &'a mut DbConnection,
    remembered: &'a mut Remembered,
    entries: Vec<Entry>,
}

impl Transaction<'_> {
    /// Adds an audit event, which is there if and only if the transaction is committed.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// What there is about a presented credential, as for [`super::Database::decide`].
    ///
    /// # Errors
    /// When the statement fails.
    pub fn find(&mut self, presented: &Presented) -> QueryResult<Found> {
        let found = credentials::find(self.connection, &[presented])?;
        found.into_iter().next().ok_or(diesel::result::Error::NotFound)
    }

    /// Removes a slice of the record from before `oldest`.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn prune(&mut self, oldest: Timestamp) -> QueryResult<Pruned> {
        pruning::prune(self.connection, oldest)
    }
}

impl Deref for Transaction<'_> {
    type Target = DbConnection;

    fn deref(&self) -> &DbConnection {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut DbConnection {
        self.connection
    }
}

/// Signs, in the transaction that begins it, that a chain of this number has no events yet.
pub type SignBeginning = Box<dyn Fn(&mut DbConnection, i64, Timestamp) -> QueryResult<()> + Send + Sync>;

/// The writing connection and where its chain of events is.
pub(super) struct Session {
    manager: Manager,
    connection: Option<DbConnection>,
    /// What the connection has found, and not changed since.
    remembered: Remembered,
    chain: Option<Chain>,
    /// Where the chains are that were given up since they were last signed.
    ended: Vec<Head>,
    signs: Arc<OnceLock<SignBeginning>>,
    recorded: Arc<Mutex<Recorded>>,
    /// The connection's log, once something was committed on SQLite.
    log: Option<Log>,
    /// Whether a log may be incomplete on disk, so that nothing must be added to it.
    is_log_lost: bool,
    /// Events since the index and the counts were last as far as they go by steps.
    unchecked: usize,
    /// Events since there was time to count them.
    uncounted: usize,
    /// When a transaction was last committed.
    committed_at: Instant,
}

impl Session {
    pub(super) fn new(manager: Manager, recorded: Arc<Mutex<Recorded>>, signs: Arc<OnceLock<SignBeginning>>) -> Self {
        Self {
            manager,
            connection: None,
            remembered: Remembered::default(),
            chain: None,
            ended: Vec::new(),
            signs,
            recorded,
            log: None,
            is_log_lost: false,
            // Another process may have left something to do.
            unchecked: blocks::CHECK_EVERY,
            uncounted: 0,
            committed_at: Instant::now(),
        }
    }

    /// A transaction that is on disk when this returns `Ok`.
    pub(super) fn transaction<T>(
        &mut self,
        deadline: Instant,
        queries: impl FnOnce(&mut Transaction<'_>) -> QueryResult<T>,
    ) -> Result<T, Error> {
        self.remembered = Remembered::default();
        let (value, log) = self.commit(deadline, queries)?;
        log.map_or(Ok(()), |log| log.sync())?;
        Ok(value)
    }

    /// Decides on questions and records the decisions, in one transaction. Returns the log with which that will be on disk,
    /// unless nothing was recorded. For Postgres see [`super::decider`].
    pub(super) fn decide(&mut self, deadline: Instant, questions: &mut [Question]) -> Result<Option<Log>, Error> {
        let (is_recorded, log) = self.commit(deadline, |Transaction { connection, remembered, entries }| {
            let asked = presented(questions);
            let found = match connection {
                DbConnection::Sqlite(sqlite) => remembered.find(sqlite, &asked)?,
                DbConnection::Postgres(_) => credentials::find(connection, &asked)?,
            };
            let mut found = found.into_iter();
            for question in questions.iter_mut() {
                let before = entries.len();
                question.decide(&mut found, entries);
                if entries.iter().skip(before).any(|entry| entry.is_last_use) {
                    for presented in question.presented() {
                        remembered.forget(&presented.named.client_id);
                    }
                }
            }
            // Before the events are written, so that what is prepared meanwhile takes as long as that and the disk together.
            tell_ahead(questions);
            Ok(!entries.is_empty())
        })?;
        Ok(log.filter(|_| is_recorded))
    }

    /// Records decisions on a server, where one statement is a transaction of its own as long as it needs nothing else: no
    /// new chain, and no new connection, of which only the beginning of a transaction can tell before anything is written.
    pub(super) fn record(&mut self, deadline: Instant, entries: Vec<Entry>) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Error::Busy);
        }
        if self.committed_at.elapsed() < LONGEST_TRUST
            && let (Some(connection), Some(mut chain)) = (&mut self.connection, self.chain.clone())
            && !connection.is_broken()
        {
            if let Err(error) = record::append(connection, &mut chain, &entries) {
                if connection.ping().is_err() {
                    // It may or may not be on disk, so nothing can join on to it.
                    self.give_up();
                }
                return Err(error.into());
            }
            self.appended(Some(chain), &entries);
            return Ok(());
        }
        self.commit(deadline, |transaction| {
            transaction.entries = entries;
            Ok(())
        })?;
        Ok(())
    }

    /// A transaction that is on disk when this returns `Ok`, or will be with the log that it returns. What it changes must
    /// not be remembered.
    fn commit<T>(
        &mut self,
        deadline: Instant,
        queries: impl FnOnce(&mut Transaction<'_>) -> QueryResult<T>,
    ) -> Result<(T, Option<Log>), Error> {
        self.begin(deadline)?;
        let connection = self.connection.as_mut().ok_or(Error::Abandoned)?;
        let mut transaction = Transaction { connection, remembered: &mut self.remembered, entries: Vec::new() };
        let result = queries(&mut transaction);
        let entries = transaction.entries;
        let mut chain = self.chain.clone();
        let result = result.and_then(|value| {
            let Some(first) = entries.first() else { return Ok(value) };
            let connection = self.connection.as_mut().ok_or(diesel::result::Error::BrokenTransactionManager)?;
            if chain.is_none() {
                let begun = Chain::begin(connection, first.occurred_at)?;
                if let Some(sign) = self.signs.get() {
                    sign(connection, begun.head().writer_id, first.occurred_at)?;
                }
                chain = Some(begun);
            }
            if let Some(chain) = &mut chain {
                record::append(connection, chain, &entries)?;
            }
            Ok(value)
        });
        match result {
            Ok(value) => {
                if let Err(error) = self.end(true) {
                    // It may or may not be on disk, so nothing can join on to it.
                    self.give_up();
                    return Err(error.into());
                }
                self.appended(chain, &entries);
                Ok((value, self.log()?))
            }
            Err(error) => {
                if self.end(false).is_err() {
                    self.give_up();
                }
                Err(error.into())
            }
        }
    }

    fn appended(&mut self, chain: Option<Chain>, entries: &[Entry]) {
        self.chain = chain;
        lock(&self.recorded).count(entries);
        self.unchecked += entries.len();
        self.uncounted += entries.len();
        self.committed_at = Instant::now();
    }

    /// The newest event of the chain, and of those that were given up since they were last signed.
    pub(super) fn heads(&self) -> Vec<Head> {
        self.ended.iter().copied().chain(self.chain.as_ref().map(Chain::head)).collect()
    }

    /// Forgets those chains that were given up, and are signed.
    pub(super) fn forget_ended(&mut self, signed: &[Head]) {
        self.ended.retain(|head| !signed.contains(head));
    }

    /// Brings on SQLite the index and the counts forward by a step, after so many events, until there is none left to do. A
    /// process that writes nothing leaves them to others.
    pub(super) fn bring_forward(&mut self, events: usize) {
        if self.connection.is_some()
            && self.unchecked >= events
            && self.tidy(blocks::bring_forward).is_some_and(|was_due| !was_due)
        {
            self.unchecked = 0;
        }
    }

    /// Counts on SQLite what was not enough to be counted yet.
    pub(super) fn count_idly(&mut self) {
        if self.uncounted >= blocks::IDLE_COUNT_STEP && self.tidy(blocks::count_idly).is_some() {
            self.uncounted = 0;
        }
    }

    /// Does something for those who will read the record, in a transaction of its own. Nobody waits for it, so it is left
    /// for later, and none is returned, where it cannot be done at once.
    fn tidy(&mut self, work: impl FnOnce(&mut SqliteConnection) -> QueryResult<bool>) -> Option<bool> {
        if !self.manager.url.is_file() {
            return Some(false);
        }
        let done = self.commit(Instant::now(), |transaction| match transaction.connection {
            DbConnection::Sqlite(sqlite) => work(sqlite),
            DbConnection::Postgres(_) => Ok(false),
        });
        match done {
            Ok((done, _)) => Some(done),
            Err(error) => {
                tracing::debug!("events are counted and indexed later: {error}");
                None
            }
        }
    }

    /// Begins a transaction, on a new connection when the last one has broken.
    fn begin(&mut self, deadline: Instant) -> Result<(), Error> {
        if self.log.as_ref().is_some_and(Log::has_failed) {
            self.is_log_lost = true;
            self.give_up();
        }
        if self.connection.as_mut().is_some_and(DbConnection::is_broken) {
            tracing::warn!("a transaction was left open and is given up");
            self.give_up();
        }
        loop {
            let connection = match self.connection.take() {
                Some(connection) => connection,
                None => self.connect()?,
            };
            let connection = self.connection.insert(connection);
            match begin_transaction(connection) {
                Ok(()) => return Ok(()),
                Err(error) if is_locked(&error) => {
                    if Instant::now() >= deadline {
                        return Err(Error::Busy);
                    }
                    std::thread::sleep(WAIT);
                }
                Err(error) if connection.is_broken() && Instant::now() < deadline => {
                    tracing::warn!("the connection to the database is gone, opening another: {error}");
                    self.give_up();
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A connection on which [`WAIT`] counts, and not SQLite's own waiting, and that remembers 16 MB of what it has read
    /// and written, its own commits included: with the usual 2 MB, every second look-up asked the file. What does not fit is
    /// read where the system has it mapped, without a call and without memory of its own: with a million keys a seventh less
    /// processor time for a check.
    fn connect(&mut self) -> Result<DbConnection, Error> {
        let mut connection = self.manager.connect().map_err(Error::Open)?;
        if let DbConnection::Sqlite(sqlite) = &mut connection {
            sqlite.batch_execute(
                "PRAGMA busy_timeout = 0; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; \
                 PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY",
            )?;
            if self.is_log_lost {
                empty_log(sqlite)?;
                self.is_log_lost = false;
            }
        }
        Ok(connection)
    }

    /// The log in which the last commit is, on SQLite.
    fn log(&mut self) -> Result<Option<Log>, Error> {
        if let (None, DatabaseUrl::Sqlite(path)) = (&self.log, &self.manager.url) {
            match Log::open(path) {
                Ok(log) => self.log = Some(log),
                Err(error) => {
                    self.is_log_lost = true;
                    self.give_up();
                    return Err(Error::Unsynced(error));
                }
            }
        }
        Ok(self.log.clone())
    }

    fn end(&mut self, commit: bool) -> QueryResult<()> {
        type Manager = AnsiTransactionManager;
        match (&mut self.connection, commit) {
            (Some(DbConnection::Sqlite(sqlite)), true) => Manager::commit_transaction(sqlite),
            (Some(DbConnection::Sqlite(sqlite)), false) => Manager::rollback_transaction(sqlite),
            (Some(DbConnection::Postgres(postgres)), true) => Manager::commit_transaction(postgres),
            (Some(DbConnection::Postgres(postgres)), false) => Manager::rollback_transaction(postgres),
            (None, _) => Ok(()),
        }
    }

    /// Lets the disk refuse the log.
    #[cfg(test)]
    pub(super) fn break_log(&mut self) {
        self.log = Some(Log::broken().unwrap());
    }

    /// Lets the next transaction begin on a new connection, and with a new chain.
    pub(super) fn give_up(&mut self) {
        self.connection = None;
        self.remembered = Remembered::default();
        self.ended.extend(self.chain.take().as_ref().map(Chain::head));
        self.log = None;
    }
}

/// `BEGIN IMMEDIATE` on SQLite: a transaction that reads first and asks for the write lock later fails under load.
fn begin_transaction(connection: &mut DbConnection) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE"),
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    }
}

/// Brings what is in the log into the database on disk, so that the log is not needed any more.
fn empty_log(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Checkpoint {
        #[diesel(sql_type = Integer)]
        busy: i32,
    }
    let Checkpoint { busy } = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(sqlite)?;
    if busy == 0 { Ok(()) } else { Err(diesel::result::Error::RollbackTransaction) }
}

/// Whether another process is writing to the same SQLite file.
fn is_locked(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, information) if information.message() == "database is locked")
}

/// A thread that panicked with the lock has left a transaction open at the worst, which the next one finds.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the connection up where the work panics.
pub(super) fn guard(session: &Mutex<Session>, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!("a transaction panicked and was given up");
        lock(session).give_up();
    }
}
