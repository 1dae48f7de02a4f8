//! How answers come back to the threads that wait for them.
//!
//! Waking a future on another thread costs a system call. The writer answers many futures of one thread at once, so it
//! hands them over together, to a task of that thread which wakes them from there: one call instead of many.

use std::cell::RefCell;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What tells somebody an answer.
pub(super) type Answer = Box<dyn FnOnce() + Send>;

/// The way to a thread. Cheap to clone.
#[derive(Clone)]
pub(super) struct Inbox(UnboundedSender<Vec<Answer>>);

thread_local! {
    static OWN: RefCell<Option<Inbox>> = const { RefCell::new(None) };
}

impl Inbox {
    /// The inbox of this thread, whose runtime must be entered.
    pub(super) fn own() -> Self {
        OWN.with_borrow_mut(|own| match own {
            // A runtime that has ended has taken its task with it.
            Some(inbox) if !inbox.0.is_closed() => inbox.clone(),
            _ => own.insert(Self::open()).clone(),
        })
    }

    fn open() -> Self {
        let (sender, answers) = unbounded_channel();
        tokio::spawn(tell(answers));
        Self(sender)
    }

    /// Whether both are the inbox of the same thread.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Tells answers on the thread of the inbox, or here when that has ended.
    pub(super) fn deliver(&self, answers: Vec<Answer>) {
        if let Err(undelivered) = self.0.send(answers) {
            tell_all(undelivered.0);
        }
    }
}

async fn tell(mut inbox: UnboundedReceiver<Vec<Answer>>) {
    while let Some(answers) = inbox.recv().await {
        tell_all(answers);
    }
}

fn tell_all(answers: Vec<Answer>) {
    for answer in answers {
        answer();
    }
}
