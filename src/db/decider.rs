//! The thread that decides on what programs present, with a reading connection of its own.
//!
//! It looks up whatever has come since it looked before in one go, decides, and hands the decisions to the writer, which
//! records them while the next ones are looked up. Workers only wait: a look-up by each of them would begin and end a
//! transaction for each, and read anew what the writer's last commit made every connection forget.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Instant;

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};
use tokio::sync::oneshot;

use super::connection::Manager;
use super::credentials::{self, Found, Presented};
use super::inbox::{Answer, Inbox};
use super::record::Entry;
use super::writer::{LONGEST_QUEUE, LONGEST_WAIT, Writer};
use super::{DbConnection, Error};

/// Questions that are looked up together.
const LARGEST_BATCH: usize = 512;

/// The way to the thread. Cheap to clone.
#[derive(Clone)]
pub(super) struct Decider(SyncSender<Question>);

struct Question {
    presented: Vec<Presented>,
    waiting: Waiting,
    /// When whoever asked is refused instead of waiting on.
    deadline: Instant,
}

/// Somebody who waits for a decision, and where.
pub(super) struct Waiting {
    somebody: Box<dyn Decide>,
    inbox: Inbox,
}

trait Decide: Send {
    /// Decides on what was found, and adds the events of it.
    fn decide(&mut self, found: Vec<Found>, entries: &mut Vec<Entry>);

    /// Tells the decision, once its events are on disk, or why there is none.
    fn answer(self: Box<Self>, recorded: Result<(), Arc<Error>>);
}

struct Asked<T, F> {
    decide: Option<F>,
    decision: Option<T>,
    answer: oneshot::Sender<Result<T, Arc<Error>>>,
}

impl<T: Send, F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send> Decide for Asked<T, F> {
    fn decide(&mut self, found: Vec<Found>, entries: &mut Vec<Entry>) {
        self.decision = self.decide.take().map(|decide| decide(found, entries));
    }

    fn answer(self: Box<Self>, recorded: Result<(), Arc<Error>>) {
        let Self { decision, answer, .. } = *self;
        let decision = recorded.and_then(|()| decision.ok_or_else(|| Arc::new(Error::Abandoned)));
        // Whoever asked may be gone: the event stays.
        let _ = answer.send(decision);
    }
}

/// Tells those who wait what became of the record of their decisions, a thread at a time.
pub(super) fn answer(waiting: Vec<Waiting>, recorded: &Result<(), Arc<Error>>) {
    let mut by_inbox: Vec<(Inbox, Vec<Answer>)> = Vec::new();
    for Waiting { somebody, inbox } in waiting {
        let recorded = recorded.clone();
        let answer: Answer = Box::new(move || somebody.answer(recorded));
        match by_inbox.iter_mut().find(|(other, _)| other.is(&inbox)) {
            Some((_, answers)) => answers.push(answer),
            None => by_inbox.push((inbox, vec![answer])),
        }
    }
    for (inbox, answers) in by_inbox {
        inbox.deliver(answers);
    }
}

impl Decider {
    pub(super) fn start(manager: Manager, writer: Writer) -> Result<Self, Error> {
        let (questions, queue) = sync_channel(LONGEST_QUEUE);
        let mut reader = Reader { manager, connection: None };
        std::thread::Builder::new()
            .name("decider".to_owned())
            .spawn(move || drive(&mut reader, &queue, &writer))
            .map_err(Error::Thread)?;
        Ok(Self(questions))
    }

    pub(super) async fn decide<T, F>(&self, presented: Vec<Presented>, decide: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let somebody = Box::new(Asked { decide: Some(decide), decision: None, answer });
        let waiting = Waiting { somebody, inbox: Inbox::own() };
        let question = Question { presented, waiting, deadline: Instant::now() + LONGEST_WAIT };
        self.0.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Abandoned,
        })?;
        answered.await.map_err(|_| Error::Abandoned)?.map_err(Error::Shared)
    }
}

fn drive(reader: &mut Reader, queue: &Receiver<Question>, writer: &Writer) {
    while let Ok(first) = queue.recv() {
        let deadline = first.deadline;
        let mut questions = vec![first];
        while questions.len() < LARGEST_BATCH
            && let Ok(question) = queue.try_recv()
        {
            questions.push(question);
        }
        // Those whose decision panicked hear that it was abandoned.
        if catch_unwind(AssertUnwindSafe(|| decide(reader, questions, deadline, writer))).is_err() {
            tracing::error!("a decision panicked and was given up");
            reader.connection = None;
        }
    }
}

fn decide(reader: &mut Reader, questions: Vec<Question>, deadline: Instant, writer: &Writer) {
    let (mut presented, mut numbers, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for question in questions {
        numbers.push(question.presented.len());
        presented.extend(question.presented);
        waiting.push(question.waiting);
    }
    let mut found = match reader.find(&presented) {
        Ok(found) => found.into_iter(),
        Err(error) => return answer(waiting, &Err(Arc::new(error))),
    };
    let mut entries = Vec::with_capacity(waiting.len());
    for (waiting, number) in waiting.iter_mut().zip(numbers) {
        waiting.somebody.decide(found.by_ref().take(number).collect(), &mut entries);
    }
    writer.record(entries, waiting, deadline);
}

struct Reader {
    manager: Manager,
    connection: Option<DbConnection>,
}

impl Reader {
    /// Finds what there is about presented credentials, on a new connection when the last one has broken.
    fn find(&mut self, presented: &[Presented]) -> Result<Vec<Found>, Error> {
        if presented.is_empty() {
            return Ok(Vec::new());
        }
        let was_open = self.connection.is_some();
        match self.try_find(presented)? {
            Err(error) if was_open && self.is_broken() => {
                tracing::warn!("the connection to the database is gone, opening another: {error}");
                self.connection = None;
                Ok(self.try_find(presented)??)
            }
            found => Ok(found?),
        }
    }

    fn try_find(&mut self, presented: &[Presented]) -> Result<QueryResult<Vec<Found>>, Error> {
        let connection = match self.connection.take() {
            Some(connection) => self.connection.insert(connection),
            None => self.connection.insert(self.connect()?),
        };
        Ok(credentials::find(connection, presented))
    }

    /// A connection that reads an SQLite file as memory: each commit makes it forget what it has read, and reading it anew
    /// from the file would be a third of a look-up.
    fn connect(&self) -> Result<DbConnection, Error> {
        let mut connection = self.manager.connect().map_err(Error::Open)?;
        if let DbConnection::Sqlite(sqlite) = &mut connection {
            sqlite.batch_execute("PRAGMA mmap_size = 1073741824")?;
        }
        Ok(connection)
    }

    /// Whether the connection has to be replaced. Diesel notices when it is asked.
    fn is_broken(&mut self) -> bool {
        self.connection.as_mut().is_some_and(|connection| connection.ping().is_err() || connection.is_broken())
    }
}
