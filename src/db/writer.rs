//! The one connection of this process that writes, and the thread that drives it for those who cannot wait.
//!
//! A change is a transaction of its own. The records of decisions ([`Writer::record`]) share one: what comes while a
//! transaction is being committed is in the next one, so that under load one wait for the disk serves many requests. One
//! connection also means one chain of events, without locks.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SendError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager};
use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};
use tokio::sync::oneshot;

use super::connection::Manager;
use super::credentials::{self, Found, Presented};
use super::decider::{Waiting, answer};
use super::pruning::{self, Pruned};
use super::record::{self, Chain, Entry, Head};
use super::{DbConnection, Error, Timestamp};

/// Work that may wait for the thread; what comes on top is refused.
pub(super) const LONGEST_QUEUE: usize = 4096;

/// Events of one shared transaction.
const LARGEST_BATCH: usize = 512;

/// How long anybody waits for a transaction to begin: for those before, and for another process that writes to the same
/// SQLite file.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often to ask for its lock meanwhile. SQLite's own waiting asks ever more rarely, and would find a busy writer's
/// gaps by luck only.
const WAIT: Duration = Duration::from_millis(1);

/// A writing transaction: statements, and the audit events of what they do. The events are written at its end.
pub struct Transaction<'a> {
    connection: &'a mut DbConnection,
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
    pub fn find(&mut self, presented: Presented) -> QueryResult<Found> {
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

/// The way to the writing connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    session: Arc<Mutex<Session>>,
    jobs: SyncSender<Job>,
}

struct Job {
    /// When whoever asked is refused instead of waiting on.
    deadline: Instant,
    work: Work,
}

/// Told why not, where the transaction cannot begin.
type Change = Box<dyn FnOnce(Result<&mut Session, Error>, Instant) + Send>;

enum Work {
    Change(Change),
    Record(Vec<Entry>, Vec<Waiting>),
}

impl Writer {
    pub(super) fn start(manager: Manager) -> Result<Self, Error> {
        let session = Arc::new(Mutex::new(Session { manager, connection: None, chain: None }));
        let (jobs, queue) = sync_channel(LONGEST_QUEUE);
        let its_session = session.clone();
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || drive(&its_session, &queue))
            .map_err(Error::Thread)?;
        Ok(Self { session, jobs })
    }

    pub(super) async fn change<T, F>(&self, queries: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> QueryResult<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.submit(Work::Change(Box::new(move |session, deadline| {
            // Whoever asked may be gone: what was asked is done nevertheless.
            let _ = answer.send(session.and_then(|session| session.transaction(deadline, queries)));
        })))?;
        answered.await.map_err(|_| Error::Abandoned)?
    }

    pub(super) fn change_blocking<T>(
        &self,
        queries: impl FnOnce(&mut Transaction<'_>) -> QueryResult<T>,
    ) -> Result<T, Error> {
        lock(&self.session).transaction(Instant::now() + LONGEST_WAIT, queries)
    }

    pub(super) fn head(&self) -> Option<Head> {
        lock(&self.session).chain.as_ref().map(Chain::head)
    }

    /// Records decisions, and then tells them to those who wait. Waits where much else is to be written.
    pub(super) fn record(&self, entries: Vec<Entry>, waiting: Vec<Waiting>, deadline: Instant) {
        if let Err(SendError(Job { work: Work::Record(_, waiting), .. })) =
            self.jobs.send(Job { deadline, work: Work::Record(entries, waiting) })
        {
            answer(waiting, &Err(Arc::new(Error::Abandoned)));
        }
    }

    fn submit(&self, work: Work) -> Result<(), Error> {
        self.jobs.try_send(Job { deadline: Instant::now() + LONGEST_WAIT, work }).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Abandoned,
        })
    }
}

/// A thread that panicked with the lock has left the session as one that failed does.
fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

fn drive(session: &Mutex<Session>, queue: &Receiver<Job>) {
    let mut next = None;
    while let Some(Job { deadline, work }) = next.take().or_else(|| queue.recv().ok()) {
        let in_time = Instant::now() <= deadline;
        let done = catch_unwind(AssertUnwindSafe(|| match work {
            Work::Change(change) if in_time => change(Ok(&mut *lock(session)), deadline),
            Work::Change(change) => change(Err(Error::Busy), deadline),
            Work::Record(entries, waiting) if in_time => {
                next = record_with_others(session, queue, deadline, entries, waiting);
            }
            Work::Record(_, waiting) => answer(waiting, &Err(Arc::new(Error::Busy))),
        }));
        if done.is_err() {
            tracing::error!("a transaction panicked and was given up");
            lock(session).give_up();
        }
    }
}

/// Records decisions together with those that wait, up to the next change, which is returned.
fn record_with_others(
    session: &Mutex<Session>,
    queue: &Receiver<Job>,
    deadline: Instant,
    mut entries: Vec<Entry>,
    mut waiting: Vec<Waiting>,
) -> Option<Job> {
    let mut next = None;
    while entries.len() < LARGEST_BATCH {
        match queue.try_recv() {
            Ok(Job { work: Work::Record(more, others), .. }) => {
                entries.extend(more);
                waiting.extend(others);
            }
            Ok(change) => {
                next = Some(change);
                break;
            }
            Err(_) => break,
        }
    }
    let written = lock(session)
        .transaction(deadline, |transaction| {
            transaction.entries = entries;
            Ok(())
        })
        .map_err(Arc::new);
    answer(waiting, &written);
    next
}

/// The writing connection and where its chain of events is.
struct Session {
    manager: Manager,
    connection: Option<DbConnection>,
    chain: Option<Chain>,
}

impl Session {
    fn transaction<T>(
        &mut self,
        deadline: Instant,
        queries: impl FnOnce(&mut Transaction<'_>) -> QueryResult<T>,
    ) -> Result<T, Error> {
        let connection = self.begin(deadline)?;
        let mut transaction = Transaction { connection, entries: Vec::new() };
        let result = queries(&mut transaction);
        let entries = transaction.entries;
        let mut chain = self.chain.clone();
        let result = result.and_then(|value| {
            let Some(first) = entries.first() else { return Ok(value) };
            let connection = self.connection.as_mut().ok_or(diesel::result::Error::BrokenTransactionManager)?;
            let chain = match &mut chain {
                Some(chain) => chain,
                None => chain.insert(Chain::begin(connection, first.occurred_at)?),
            };
            record::append(connection, chain, &entries)?;
            Ok(value)
        });
        match result {
            Ok(value) => {
                if let Err(error) = self.end(true) {
                    // It may or may not be on disk, so nothing can join on to it.
                    self.give_up();
                    return Err(error.into());
                }
                self.chain = chain;
                Ok(value)
            }
            Err(error) => {
                if self.end(false).is_err() {
                    self.give_up();
                }
                Err(error.into())
            }
        }
    }

    /// Begins a transaction, on a new connection when the last one has broken.
    fn begin(&mut self, deadline: Instant) -> Result<&mut DbConnection, Error> {
        loop {
            let connection = match self.connection.take() {
                Some(connection) => self.connection.insert(connection),
                None => self.connection.insert(self.connect()?),
            };
            match begin_transaction(connection) {
                Ok(()) => break,
                Err(error) if is_locked(&error) && Instant::now() < deadline => std::thread::sleep(WAIT),
                Err(error) if connection.is_broken() && Instant::now() < deadline => {
                    tracing::warn!("the connection to the database is gone, opening another: {error}");
                    self.give_up();
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.connection.as_mut().ok_or(Error::Abandoned)
    }

    /// A connection on which [`WAIT`] counts, and not SQLite's own waiting.
    fn connect(&self) -> Result<DbConnection, Error> {
        let mut connection = self.manager.connect().map_err(Error::Open)?;
        if let DbConnection::Sqlite(sqlite) = &mut connection {
            sqlite.batch_execute("PRAGMA busy_timeout = 0")?;
        }
        Ok(connection)
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

    /// Lets the next transaction begin on a new connection, and with a new chain.
    fn give_up(&mut self) {
        self.connection = None;
        self.chain = None;
    }
}

/// `BEGIN IMMEDIATE` on SQLite: a transaction that reads first and asks for the write lock later fails under load.
fn begin_transaction(connection: &mut DbConnection) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE"),
        DbConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    }
}

/// Whether another process is writing to the same SQLite file.
fn is_locked(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, information) if information.message() == "database is locked")
}
