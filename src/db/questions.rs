//! What programs present, waiting for the writer to decide on it and to record the decision.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Error;
use super::credentials::{Found, Presented};
use super::inbox::{Answer, Inbox};
use super::record::Entry;

/// Presented credentials, and somebody who waits for a decision on them.
pub(super) struct Question {
    pub(super) presented: Vec<Presented>,
    pub(super) waiting: Waiting,
}

/// Somebody who waits for a decision, and where.
pub(super) struct Waiting {
    somebody: Box<dyn Decide>,
    inbox: Inbox,
}

/// How a decision comes back; why there is none is shared by all who asked at the same time.
pub(super) type Decided<T> = oneshot::Receiver<Result<T, Arc<Error>>>;

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

impl Question {
    /// To be asked on the thread that waits for the answer.
    pub(super) fn new<T, F>(presented: Vec<Presented>, decide: F) -> (Self, Decided<T>)
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let somebody = Box::new(Asked { decide: Some(decide), decision: None, answer });
        (Self { presented, waiting: Waiting { somebody, inbox: Inbox::own() } }, answered)
    }
}

impl Waiting {
    /// Decides on what was found, and adds the events of it.
    pub(super) fn decide(&mut self, found: Vec<Found>, entries: &mut Vec<Entry>) {
        self.somebody.decide(found, entries);
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
