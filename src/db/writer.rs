//! The one connection of this process that writes, and the thread that drives it for those who cannot wait.
//!
//! A change is a transaction of its own. Decisions ([`Writer::decide`]) share one, in which they are looked up, made and
//! recorded: what comes while a transaction is being committed is in the next one, so that under load one wait for the disk
//! serves many requests. They are looked up here because SQLite lets every other connection forget what it has read with
//! each commit: reading it anew took longer than looking it up. One connection also means one chain of events, without
//! locks. The wait for the disk is another thread's ([`super::log`]), so that the next decisions are made meanwhile.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};
use diesel::sql_types::Integer;
use tokio::sync::oneshot;

use super::connection::Manager;
use super::credentials::{self, Found, Presented};
use super::log::{Committed, Log, Syncer};
use super::pruning::{self, Pruned};
use super::questions::{Question, answer, tell_ahead};
use super::record::{self, Chain, Entry, Head, Recorded};
use super::remembered::Remembered;
use super::{DatabaseUrl, DbConnection, Error, LONGEST_WAIT, Timestamp, blocks};

/// Work that may wait for the thread; what comes on top is refused.
const LONGEST_QUEUE: usize = 4096;

/// Decisions of one shared transaction.
const LARGEST_BATCH: usize = 512;

/// How often to ask for the lock of an SQLite file while another process writes to it. SQLite's own waiting asks ever more
/// rarely, and would find a busy writer's gaps by luck only.
const WAIT: Duration = Duration::from_millis(1);

/// How long this thread writes without a gap for others, which is long enough for one that asks every [`WAIT`].
const LONGEST_RUN: Duration = Duration::from_millis(100);

/// See [`LONGEST_RUN`].
const GAP: Duration = Duration::from_millis(2);

/// Moments without work that are as good as a gap together, short as each of them is: one who asks every [`WAIT`] finds
/// one of them before long.
const ENOUGH_MOMENTS: Duration = Duration::from_millis(10);

/// After so long without work there is time for what can wait.
const REST: Duration = Duration::from_millis(50);

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
    /// Beside the session, which a transaction keeps to itself.
    recorded: Arc<Mutex<Recorded>>,
    signs: Arc<OnceLock<SignBeginning>>,
    jobs: SyncSender<Job>,
}

/// Signs, in the transaction that begins it, that a chain of this number has no events yet.
pub type SignBeginning = Box<dyn Fn(&mut DbConnection, i64, Timestamp) -> QueryResult<()> + Send + Sync>;

struct Job {
    /// When whoever asked is refused instead of waiting on.
    deadline: Instant,
    work: Work,
}

/// Told why not, where the transaction cannot begin.
type Change = Box<dyn FnOnce(Result<&mut Session, Error>, Instant) + Send>;

enum Work {
    Change(Change),
    Decide(Question),
}

impl Writer {
    pub(super) fn start(manager: Manager) -> Result<Self, Error> {
        let (recorded, signs) = (Arc::default(), Arc::default());
        let session = Arc::new(Mutex::new(Session::new(manager, Arc::clone(&recorded), Arc::clone(&signs))));
        let (jobs, queue) = sync_channel(LONGEST_QUEUE);
        let its_session = session.clone();
        let syncer = Syncer::start()?;
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || drive(&its_session, &queue, &syncer))
            .map_err(Error::Thread)?;
        Ok(Self { session, recorded, signs, jobs })
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
        let mut session = lock(&self.session);
        let result = session.transaction(Instant::now() + LONGEST_WAIT, queries);
        session.bring_forward(blocks::CHECK_EVERY);
        result
    }

    pub(super) fn recorded(&self) -> Recorded {
        lock(&self.recorded).clone()
    }

    pub(super) fn sign_new_chains(&self, sign: SignBeginning) {
        // Whoever was first signs with the same key.
        let _ = self.signs.set(sign);
    }

    pub(super) fn heads(&self) -> Vec<Head> {
        let session = lock(&self.session);
        session.ended.iter().copied().chain(session.chain.as_ref().map(Chain::head)).collect()
    }

    pub(super) fn forget_ended(&self, signed: &[Head]) {
        lock(&self.session).ended.retain(|head| !signed.contains(head));
    }

    pub(super) async fn decide<T, F>(&self, presented: Vec<Presented>, decide: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (question, decided) = Question::new(presented, decide);
        self.submit(Work::Decide(question))?;
        decided.await.map_err(|_| Error::Abandoned)?.map_err(Error::Shared)
    }

    pub(super) async fn decide_and_prepare<T, F, P>(
        &self,
        presented: Vec<Presented>,
        decide: F,
        prepare: impl AsyncFnOnce(T) -> P,
    ) -> Result<P, Error>
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (question, decided, recorded) = Question::ahead(presented, decide);
        self.submit(Work::Decide(question))?;
        let prepared = match decided.await {
            Ok(decision) => Some(prepare(decision).await),
            Err(_) => None,
        };
        recorded.await.map_err(|_| Error::Abandoned)?.map_err(Error::Shared)?;
        prepared.ok_or(Error::Abandoned)
    }

    fn submit(&self, work: Work) -> Result<(), Error> {
        self.jobs.try_send(Job { deadline: Instant::now() + LONGEST_WAIT, work }).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Abandoned,
        })
    }
}

/// A thread that panicked with the lock has left the session as one that failed does.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn drive(session: &Mutex<Session>, queue: &Receiver<Job>, syncer: &Syncer) {
    let shares_file = lock(session).manager.url.is_file();
    let mut last_gap = Instant::now();
    let mut moments = Duration::ZERO;
    let mut next = None;
    loop {
        let ready = next.take().map(|job| (job, Duration::ZERO));
        let Some((Job { deadline, work }, moment)) = ready.or_else(|| wait(session, queue)) else { return };
        moments += moment;
        if moment >= GAP || moments >= ENOUGH_MOMENTS {
            (last_gap, moments) = (Instant::now(), Duration::ZERO);
        } else if shares_file && last_gap.elapsed() >= LONGEST_RUN {
            std::thread::sleep(GAP);
            (last_gap, moments) = (Instant::now(), Duration::ZERO);
        }
        let in_time = Instant::now() <= deadline;
        guard(session, || match work {
            Work::Change(change) if in_time => change(Ok(&mut *lock(session)), deadline),
            Work::Change(change) => change(Err(Error::Busy), deadline),
            Work::Decide(question) if in_time => {
                // Whoever is about to ask, and waits for a processor, comes into this transaction instead of the next: a few
                // large ones take less processor time than many small ones.
                std::thread::yield_now();
                let (questions, change) = with_others(queue, question);
                next = change;
                decide(session, syncer, deadline, questions);
            }
            Work::Decide(question) => answer(vec![question.waiting], &Err(Arc::new(Error::Busy))),
        });
        guard(session, || lock(session).bring_forward(blocks::CHECK_AT_LAST));
    }
}

/// Waits for work, and does meanwhile what can wait. Returns how long there was nothing to do, too; none when no more work
/// will come.
fn wait(session: &Mutex<Session>, queue: &Receiver<Job>) -> Option<(Job, Duration)> {
    if let Ok(job) = queue.try_recv() {
        return Some((job, Duration::ZERO));
    }
    guard(session, || lock(session).bring_forward(blocks::CHECK_EVERY));
    let began = Instant::now();
    let job = match queue.recv_timeout(REST) {
        Ok(job) => job,
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => {
            guard(session, || lock(session).count_idly());
            queue.recv().ok()?
        }
    };
    Some((job, began.elapsed()))
}

/// Gives the connection up where the work panics.
fn guard(session: &Mutex<Session>, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!("a transaction panicked and was given up");
        lock(session).give_up();
    }
}

/// A question and those that wait, up to the next change, which is returned, too.
fn with_others(queue: &Receiver<Job>, first: Question) -> (Vec<Question>, Option<Job>) {
    let mut questions = vec![first];
    while questions.len() < LARGEST_BATCH {
        match queue.try_recv() {
            Ok(Job { work: Work::Decide(question), .. }) => questions.push(question),
            Ok(change) => return (questions, Some(change)),
            Err(_) => break,
        }
    }
    (questions, None)
}

/// Decides on questions in one transaction. Those whose decision panics hear that it was abandoned.
fn decide(session: &Mutex<Session>, syncer: &Syncer, deadline: Instant, questions: Vec<Question>) {
    let (mut presented, mut numbers, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for question in questions {
        numbers.push(question.presented.len());
        presented.extend(question.presented);
        waiting.push(question.waiting);
    }
    let decided = lock(session).commit(deadline, |transaction| {
        let Transaction { connection, remembered, entries } = transaction;
        let found = match connection {
            DbConnection::Sqlite(sqlite) => remembered.find(sqlite, &presented)?,
            DbConnection::Postgres(_) => credentials::find(connection, &presented)?,
        };
        let (mut presented, mut found) = (presented.iter(), found.into_iter());
        for (waiting, number) in waiting.iter_mut().zip(numbers) {
            let before = entries.len();
            waiting.decide(found.by_ref().take(number).collect(), entries);
            let changes_row = entries.iter().skip(before).any(|entry| entry.is_last_use);
            for presented in presented.by_ref().take(number).filter(|_| changes_row) {
                remembered.forget(&presented.named.client_id);
            }
        }
        // Before the events are written, so that what is prepared meanwhile takes as long as that and the disk together.
        tell_ahead(&mut waiting);
        Ok(!entries.is_empty())
    });
    match decided {
        Ok((true, Some(log))) => syncer.answer_once_on_disk(Committed { waiting, log }),
        Ok(_) => answer(waiting, &Ok(())),
        Err(error) => answer(waiting, &Err(Arc::new(error))),
    }
}

/// The writing connection and where its chain of events is.
struct Session {
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
}

impl Session {
    fn new(manager: Manager, recorded: Arc<Mutex<Recorded>>, signs: Arc<OnceLock<SignBeginning>>) -> Self {
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
        }
    }

    /// A transaction that is on disk when this returns `Ok`.
    fn transaction<T>(
        &mut self,
        deadline: Instant,
        queries: impl FnOnce(&mut Transaction<'_>) -> QueryResult<T>,
    ) -> Result<T, Error> {
        self.remembered = Remembered::default();
        let (value, log) = self.commit(deadline, queries)?;
        log.map_or(Ok(()), |log| log.sync())?;
        Ok(value)
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
                self.chain = chain;
                lock(&self.recorded).count(&entries);
                self.unchecked += entries.len();
                self.uncounted += entries.len();
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

    /// Brings on SQLite the index and the counts forward by a step, after so many events, until there is none left to do. A
    /// process that writes nothing leaves them to others.
    fn bring_forward(&mut self, events: usize) {
        if self.connection.is_some()
            && self.unchecked >= events
            && self.tidy(blocks::bring_forward).is_some_and(|was_due| !was_due)
        {
            self.unchecked = 0;
        }
    }

    /// Counts on SQLite what was not enough to be counted yet.
    fn count_idly(&mut self) {
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

    /// Lets the next transaction begin on a new connection, and with a new chain.
    fn give_up(&mut self) {
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::super::Database;
    use super::super::schema::audit_events;
    use super::*;
    use crate::audit::signer::Signer;
    use crate::audit::verify;
    use crate::secret::SecretKey;

    struct Installation {
        folder: TempDir,
        database: Database,
        signer: Signer,
    }

    impl Installation {
        /// With a log that something was written to.
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
            let secret_key = SecretKey::parse(&SecretKey::generate(&mut rand::rng())).unwrap();
            let signer = Signer::open(&database, &secret_key).unwrap();
            let installation = Self { folder, database, signer };
            installation.write("before").await.unwrap();
            installation
        }

        fn file(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn log_length(&self) -> u64 {
            std::fs::metadata(self.file("keyledge.db-wal")).unwrap().len()
        }

        /// Lets the disk refuse the log.
        fn break_log(&self) {
            lock(&self.database.writer.session).log = Some(Log::broken().unwrap());
        }

        async fn decide(&self, action: &'static str) -> Result<(), Error> {
            self.database.record(vec![Entry::example(action)]).await
        }

        async fn write(&self, action: &'static str) -> Result<(), Error> {
            self.database
                .write(move |transaction| {
                    transaction.record(Entry::example(action));
                    Ok(())
                })
                .await
        }

        fn write_blocking(&self, action: &'static str) -> Result<(), Error> {
            self.database.write_blocking(|transaction| {
                transaction.record(Entry::example(action));
                Ok(())
            })
        }

        /// What is in the record, which is whole.
        fn recorded(&self) -> Vec<String> {
            let actions = audit_events::table.order(audit_events::id.asc()).select(audit_events::action);
            let actions: Vec<String> = self.database.read_blocking(|connection| actions.load(connection)).unwrap();
            let verified = verify::database(&self.database, self.signer.public_key()).unwrap().unwrap();
            assert_eq!(usize::try_from(verified.events).unwrap(), actions.len());
            actions
        }
    }

    #[actix_web::test]
    async fn a_decision_or_a_change_that_may_not_be_on_disk_fails_and_what_comes_after_is_done() {
        let installation = Installation::new().await;
        installation.break_log();
        let refused = installation.decide("decision in a broken log").await;
        assert!(matches!(&refused, Err(Error::Shared(cause)) if matches!(**cause, Error::Unsynced(_))), "{refused:?}");
        installation.decide("decision").await.unwrap();
        installation.break_log();
        let refused = installation.write("change in a broken log").await;
        assert!(matches!(refused, Err(Error::Unsynced(_))), "{refused:?}");
        installation.write("change").await.unwrap();
        installation.break_log();
        let refused = installation.write_blocking("blocking change in a broken log");
        assert!(matches!(refused, Err(Error::Unsynced(_))), "{refused:?}");
        installation.write_blocking("blocking change").unwrap();
        // What was refused was committed nevertheless, and what joins on to it could not be understood without it.
        assert_eq!(
            installation.recorded(),
            [
                "before",
                "decision in a broken log",
                "decision",
                "change in a broken log",
                "change",
                "blocking change in a broken log",
                "blocking change"
            ]
        );
    }

    #[actix_web::test]
    async fn a_chain_that_was_given_up_is_signed_to_its_end() {
        let installation = Installation::new().await;
        installation.break_log();
        installation.write("change in a broken log").await.unwrap_err();
        installation.write("change").await.unwrap();
        let Installation { database, signer, .. } = &installation;
        assert_eq!(database.own_heads().len(), 2);
        signer.sign_own(database, Entry::example("").occurred_at).unwrap();
        assert_eq!(database.own_heads().len(), 1);
        let verified = verify::database(database, signer.public_key()).unwrap().unwrap();
        assert_eq!((verified.chains, verified.events, verified.unsigned), (2, 3, 0));
    }

    #[actix_web::test]
    async fn nothing_is_added_to_a_broken_log_before_it_could_be_emptied() {
        let installation = Installation::new().await;
        let mut reader = SqliteConnection::establish(installation.file("keyledge.db").to_str().unwrap()).unwrap();
        reader.batch_execute("BEGIN; SELECT COUNT(*) FROM audit_events").unwrap();
        installation.break_log();
        assert!(installation.write("change in a broken log").await.is_err());
        assert!(installation.write("change while somebody reads the log").await.is_err());
        assert!(installation.decide("decision while somebody reads the log").await.is_err());
        reader.batch_execute("COMMIT").unwrap();
        let length = installation.log_length();
        installation.write("change").await.unwrap();
        assert!(installation.log_length() < length, "the log was not emptied");
        assert_eq!(installation.recorded(), ["before", "change in a broken log", "change"]);
    }
}
