//! Decisions on Postgres: made on what one connection finds, while another one records those before them.
//!
//! Each statement is a journey to the server, and the one that records waits for the disk, too. So a group of decisions takes
//! two of them, one that finds and one that records, and they are under way for two groups at the same time. A transaction
//! around both would not make what was found any newer: it locks nothing. A change waits until all that was decided before it
//! is recorded, so that the record of one process tells of them in their order.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};

use super::connection::Manager;
use super::credentials::{self, Found, Presented};
use super::questions::{Question, answer, presented, tell_ahead};
use super::record::Entry;
use super::session::{Session, guard, lock};
use super::{DbConnection, Error};

/// Decides, and hands over to the thread that records.
pub(super) struct Decider {
    manager: Manager,
    connection: Option<DbConnection>,
    decided: SyncSender<Decided>,
}

struct Decided {
    deadline: Instant,
    questions: Vec<Question>,
    entries: Vec<Entry>,
}

impl Decider {
    /// `manager` opens the connection that finds, `session` has the one that records.
    pub(super) fn start(manager: Manager, session: Arc<Mutex<Session>>) -> Result<Self, Error> {
        // One group waits while another is recorded. More of them would be smaller, and each costs a statement.
        let (decided, queue) = sync_channel(0);
        std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || drive(&session, &queue))
            .map_err(Error::Thread)?;
        Ok(Self { manager, connection: None, decided })
    }

    /// Decides on questions, and lets them be answered once that is recorded.
    pub(super) fn decide(&mut self, deadline: Instant, mut questions: Vec<Question>) {
        let mut found = match self.find(&presented(&questions), deadline) {
            Ok(found) => found.into_iter(),
            Err(error) => return answer(questions, &Err(Arc::new(error))),
        };
        let mut entries = Vec::new();
        for question in &mut questions {
            question.decide(&mut found, &mut entries);
        }
        tell_ahead(&mut questions);
        self.hand_over(Decided { deadline, questions, entries });
    }

    /// Waits until all that was decided is recorded.
    pub(super) fn settle(&self, deadline: Instant) {
        // It is taken over once the group before it is recorded.
        self.hand_over(Decided { deadline, questions: Vec::new(), entries: Vec::new() });
    }

    fn hand_over(&self, decided: Decided) {
        // Those of a thread that has ended hear that their decision was abandoned.
        let _ = self.decided.send(decided);
    }

    fn find(&mut self, presented: &[&Presented], deadline: Instant) -> Result<Vec<Found>, Error> {
        if presented.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(mut connection) = self.connection.take() {
            let found = credentials::find(&mut connection, presented);
            match found {
                Err(error) if connection.ping().is_err() && Instant::now() < deadline => {
                    tracing::warn!("the connection to the database is gone, opening another: {error}");
                }
                found => {
                    self.connection = Some(connection);
                    return Ok(found?);
                }
            }
        }
        let mut connection = self.manager.connect().map_err(Error::Open)?;
        let found = credentials::find(&mut connection, presented)?;
        self.connection = Some(connection);
        Ok(found)
    }
}

fn drive(session: &Mutex<Session>, queue: &Receiver<Decided>) {
    while let Ok(Decided { deadline, questions, entries }) = queue.recv() {
        guard(session, || {
            let recorded = lock(session).record(deadline, entries);
            answer(questions, &recorded.map_err(Arc::new));
        });
    }
}
