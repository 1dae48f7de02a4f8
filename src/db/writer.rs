//! The thread that changes and decides, one after another, for those who cannot wait.
//!
//! A change is a transaction of its own. Decisions ([`Writer::decide`]) are made in groups: what comes while one is being
//! recorded is in the next, so that under load one wait for the disk serves many requests. On SQLite a group is looked up,
//! made and recorded in one transaction on the connection that writes, because SQLite lets every other one forget what it has
//! read with each commit: reading it anew took longer than looking it up. The wait for the disk is another thread's
//! ([`super::log`]), so that the next decisions are made meanwhile. For Postgres see [`super::decider`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use tokio::sync::oneshot;

use super::connection::Manager;
use super::credentials::{Found, Presented};
use super::decider::Decider;
use super::log::{Committed, Syncer};
use super::questions::{Question, answer};
use super::record::{Entry, Head, Recorded};
use super::session::{Session, SignBeginning, Transaction, guard, lock};
use super::{Error, LONGEST_WAIT, blocks};

/// Work that may wait for the thread; what comes on top is refused.
const LONGEST_QUEUE: usize = 4096;

/// Decisions of one group.
const LARGEST_BATCH: usize = 512;

/// How long this thread writes to an SQLite file without a gap for others, which is long enough for one that asks every
/// [`WAIT`](super::session::WAIT).
const LONGEST_RUN: Duration = Duration::from_millis(100);

/// See [`LONGEST_RUN`].
const GAP: Duration = Duration::from_millis(2);

/// Moments without work that are as good as a gap together, short as each of them is: one who asks every [`WAIT`] finds
/// one of them before long.
const ENOUGH_MOMENTS: Duration = Duration::from_millis(10);

/// After so long without work there is time for what can wait.
const REST: Duration = Duration::from_millis(50);

/// The way to the writing connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    session: Arc<Mutex<Session>>,
    /// Beside the session, which a transaction keeps to itself.
    recorded: Arc<Mutex<Recorded>>,
    signs: Arc<OnceLock<SignBeginning>>,
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
    Decide(Question),
}

impl Writer {
    pub(super) fn start(manager: Manager) -> Result<Self, Error> {
        let (recorded, signs) = (Arc::default(), Arc::default());
        let remote = (!manager.url.is_file()).then(|| manager.clone());
        let session = Arc::new(Mutex::new(Session::new(manager, Arc::clone(&recorded), Arc::clone(&signs))));
        let (jobs, queue) = sync_channel(LONGEST_QUEUE);
        let its_session = session.clone();
        let drive: Box<dyn FnOnce() + Send> = if let Some(manager) = remote {
            let mut decider = Decider::start(manager, session.clone())?;
            Box::new(move || drive_remote(&its_session, &queue, &mut decider))
        } else {
            let syncer = Syncer::start()?;
            Box::new(move || drive_embedded(&its_session, &queue, &syncer))
        };
        std::thread::Builder::new().name("writer".to_owned()).spawn(drive).map_err(Error::Thread)?;
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
        lock(&self.session).heads()
    }

    pub(super) fn forget_ended(&self, signed: &[Head]) {
        lock(&self.session).forget_ended(signed);
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

/// Works on an SQLite file, which other processes write to as well.
fn drive_embedded(session: &Mutex<Session>, queue: &Receiver<Job>, syncer: &Syncer) {
    let mut last_gap = Instant::now();
    let mut moments = Duration::ZERO;
    let mut next = None;
    loop {
        let ready = next.take().map(|job| (job, Duration::ZERO));
        let Some((job, moment)) = ready.or_else(|| wait(session, queue)) else { return };
        moments += moment;
        if moment >= GAP || moments >= ENOUGH_MOMENTS {
            (last_gap, moments) = (Instant::now(), Duration::ZERO);
        } else if last_gap.elapsed() >= LONGEST_RUN {
            std::thread::sleep(GAP);
            (last_gap, moments) = (Instant::now(), Duration::ZERO);
        }
        next = work_off(session, queue, job, |deadline, mut questions| {
            let decided = lock(session).decide(deadline, &mut questions);
            match decided {
                Ok(Some(log)) => syncer.answer_once_on_disk(Committed { questions, log }),
                Ok(None) => answer(questions, &Ok(())),
                Err(error) => answer(questions, &Err(Arc::new(error))),
            }
        });
        guard(session, || lock(session).bring_forward(blocks::CHECK_AT_LAST));
    }
}

/// Works on a server, which others wait for by themselves.
fn drive_remote(session: &Mutex<Session>, queue: &Receiver<Job>, decider: &mut Decider) {
    let mut next = None;
    while let Some(job) = next.take().or_else(|| queue.recv().ok()) {
        if matches!(job.work, Work::Change(_)) {
            decider.settle(job.deadline);
        }
        next = work_off(session, queue, job, |deadline, questions| {
            // The connection that writes has no part in it.
            if catch_unwind(AssertUnwindSafe(|| decider.decide(deadline, questions))).is_err() {
                tracing::error!("a decision panicked and was given up");
            }
        });
    }
}

/// Makes a change, or decides on a question and on those that wait, up to the next change, which is returned, too. Those
/// whose decision panics hear that it was abandoned.
fn work_off(
    session: &Mutex<Session>,
    queue: &Receiver<Job>,
    Job { deadline, work }: Job,
    decide: impl FnOnce(Instant, Vec<Question>),
) -> Option<Job> {
    let in_time = Instant::now() <= deadline;
    let mut next = None;
    guard(session, || match work {
        Work::Change(change) if in_time => change(Ok(&mut *lock(session)), deadline),
        Work::Change(change) => change(Err(Error::Busy), deadline),
        Work::Decide(question) if in_time => {
            // Whoever is about to ask, and waits for a processor, comes into this group instead of the next: a few large ones
            // take less processor time than many small ones.
            std::thread::yield_now();
            let (questions, change) = with_others(queue, question);
            next = change;
            decide(deadline, questions);
        }
        Work::Decide(question) => answer(vec![question], &Err(Arc::new(Error::Busy))),
    });
    next
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;
    use tempfile::TempDir;

    use super::super::schema::audit_events;
    use super::super::{Database, DatabaseUrl};
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
            lock(&self.database.writer.session).break_log();
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
