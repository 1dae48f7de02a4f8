//! What programs present, waiting for the writer to decide on it and to record the decision.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Error;
use super::credentials::{Found, Presented};
use super::inbox::{Answer, Inbox};
use super::record::Entry;

/// Presented credentials, and somebody who waits for a decision on them, and where.
pub(super) struct Question {
    presented: Vec<Presented>,
    somebody: Box<dyn Decide>,
    inbox: Inbox,
}

/// How something comes back once it is recorded; why it is not is shared by all who asked at the same time.
pub(super) type Recorded<T> = oneshot::Receiver<Result<T, Arc<Error>>>;

trait Decide: Send {
    /// Decides on what was found, and adds the events of it.
    fn decide(&mut self, found: Vec<Found>, entries: &mut Vec<Entry>);

    /// Tells the decision before its events are on disk, to somebody who does not pass it on until then.
    fn tell_ahead(&mut self) -> Option<Answer> {
        None
    }

    /// Tells that the events of the decision are on disk, and what it is unless that was told ahead, or why there is none.
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

struct AskedAhead<T, F> {
    decide: Option<F>,
    decision: Option<T>,
    ahead: Option<oneshot::Sender<T>>,
    answer: oneshot::Sender<Result<(), Arc<Error>>>,
}

impl<T: Send + 'static, F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send> Decide for AskedAhead<T, F> {
    fn decide(&mut self, found: Vec<Found>, entries: &mut Vec<Entry>) {
        self.decision = self.decide.take().map(|decide| decide(found, entries));
    }

    fn tell_ahead(&mut self) -> Option<Answer> {
        let (ahead, decision) = self.ahead.take().zip(self.decision.take())?;
        Some(Box::new(move || drop(ahead.send(decision))))
    }

    fn answer(self: Box<Self>, recorded: Result<(), Arc<Error>>) {
        // Whoever asked may be gone: the event stays.
        let _ = self.answer.send(recorded);
    }
}

impl Question {
    /// To be asked on the thread that waits for the answer.
    pub(super) fn new<T, F>(presented: Vec<Presented>, decide: F) -> (Self, Recorded<T>)
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let somebody = Box::new(Asked { decide: Some(decide), decision: None, answer });
        (Self { presented, somebody, inbox: Inbox::own() }, answered)
    }

    /// The same, with the decision told before it is recorded.
    pub(super) fn ahead<T, F>(presented: Vec<Presented>, decide: F) -> (Self, oneshot::Receiver<T>, Recorded<()>)
    where
        T: Send + 'static,
        F: FnOnce(Vec<Found>, &mut Vec<Entry>) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (ahead, decided) = oneshot::channel();
        let somebody = Box::new(AskedAhead { decide: Some(decide), decision: None, ahead: Some(ahead), answer });
        (Self { presented, somebody, inbox: Inbox::own() }, decided, answered)
    }

    /// What is presented.
    pub(super) fn presented(&self) -> &[Presented] {
        &self.presented
    }

    /// Decides on the first of what was found, as much as was presented, and adds the events of it.
    pub(super) fn decide(&mut self, found: &mut impl Iterator<Item = Found>, entries: &mut Vec<Entry>) {
        self.somebody.decide(found.take(self.presented.len()).collect(), entries);
    }
}

/// What all of them present, in their order.
pub(super) fn presented(questions: &[Question]) -> Vec<&Presented> {
    questions.iter().flat_map(Question::presented).collect()
}

/// Tells decisions ahead to those who get ready meanwhile.
pub(super) fn tell_ahead(questions: &mut [Question]) {
    deliver(
        questions.iter_mut().filter_map(|question| Some((question.inbox.clone(), question.somebody.tell_ahead()?))),
    );
}

/// Tells those who wait what became of the record of their decisions.
pub(super) fn answer(questions: Vec<Question>, recorded: &Result<(), Arc<Error>>) {
    deliver(questions.into_iter().map(|Question { somebody, inbox, .. }| {
        let recorded = recorded.clone();
        let answer: Answer = Box::new(move || somebody.answer(recorded));
        (inbox, answer)
    }));
}

/// Delivers answers, a thread at a time.
fn deliver(answers: impl Iterator<Item = (Inbox, Answer)>) {
    let mut by_inbox: Vec<(Inbox, Vec<Answer>)> = Vec::new();
    for (inbox, answer) in answers {
        match by_inbox.iter_mut().find(|(other, _)| other.is(&inbox)) {
            Some((_, answers)) => answers.push(answer),
            None => by_inbox.push((inbox, vec![answer])),
        }
    }
    for (inbox, answers) in by_inbox {
        inbox.deliver(answers);
    }
}
