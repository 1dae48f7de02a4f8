//! Events for programs and spreadsheets: what one looks like outside, and whole exports, read a slice at a time.
//!
//! An export has its events oldest first, up to the newest one at the moment when it was begun. It takes as much memory as
//! one slice does, and holds no connection between two slices. When a slice cannot be read, the export ends with an error
//! and never as if it were complete.

use std::collections::HashMap;

use actix_web::web::Bytes;
use diesel::result::Error as DieselError;
use diesel::{Connection as _, QueryResult};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::Chain;
use super::model::{Event, Filter};
use super::queries::{self, Range};
use super::signer;
use super::spreadsheet::csv;
use crate::db::{Database, DbConnection, Error, Order, Timestamp, of_one_moment};

/// Events that are read at a time.
const SLICE: usize = 500;

/// Something that was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEvent {
    /// Its place in the record.
    pub id: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub occurred_at: String,
    /// The username of whoever's record it is in; null for an attempt that names no known API key or user.
    pub owner: Option<String>,
    /// The API key that it was done with or to.
    pub client_id: Option<String>,
    /// What was done, such as `issue_token` or `check`.
    pub action: String,
    /// Whether it was done.
    pub outcome: EventOutcome,
    /// Why it was refused, such as `key_expired`.
    pub reason: Option<String>,
    /// The request's method.
    pub method: Option<String>,
    /// The path, without its query.
    pub path: Option<String>,
    /// The caller's address; null for what an operator did on the command line.
    pub address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The username of whoever did it, where that is not the owner.
    pub actor: Option<String>,
    /// What was changed, where there is more to say.
    pub detail: Option<String>,
}

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum EventOutcome {
    /// It was.
    Allowed,
    /// It was not.
    Refused,
}

impl From<Event> for AuditEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.to_string(),
            occurred_at: event.occurred_at.rfc3339_micros(),
            owner: event.username,
            client_id: event.client_id,
            action: event.action,
            outcome: if event.reason.is_none() { EventOutcome::Allowed } else { EventOutcome::Refused },
            reason: event.reason,
            method: event.method,
            path: event.path,
            address: event.address,
            user_agent: event.user_agent,
            actor: event.actor,
            detail: event.detail,
        }
    }
}

/// A line of an export of everybody's events as JSON Lines: every column of the event, so that its digest can be
/// computed anew from that of the event before it in its chain ([`crate::db::digest`]), and the names of those whom the event names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedEvent {
    /// Its place in the record. Events of one chain come in the order of their sequence, chains mixed.
    pub id: i64,
    /// The chain: the process that wrote it.
    pub writer_id: i64,
    /// Its place in the chain, from 1 on without gaps.
    pub sequence: i64,
    /// Microseconds since 1970, UTC.
    pub occurred_at: i64,
    /// The row of the user in whose record it is.
    pub user_id: Option<i64>,
    /// The row of the API key that it was done with or to.
    pub api_key_id: Option<i64>,
    /// The row of the user who did it, where that is somebody else.
    pub actor_id: Option<i64>,
    /// What was done, such as `issue_token` or `check`.
    pub action: String,
    /// Why it was refused, such as `key_expired`; null when it was allowed.
    pub reason: Option<String>,
    /// Whether a program presented the key or one of its tokens.
    pub is_use: bool,
    /// The request's method.
    pub method: Option<String>,
    /// The request's path, without its query.
    pub path: Option<String>,
    /// The caller's address.
    pub address: Option<String>,
    /// The caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// What was changed, where there is more to say.
    pub detail: Option<String>,
    /// The digest over the digest of the event before and over the columns from `writer_id` to `detail`: 64 hexadecimal
    /// digits, in lower case.
    pub digest: String,
    /// `occurred_at` as RFC 3339. No part of the digest, as all that follows.
    pub time: String,
    /// The username of `user_id`, as it is now.
    pub username: Option<String>,
    /// The client ID of `api_key_id`.
    pub client_id: Option<String>,
    /// The username of `actor_id`, as it is now.
    pub actor: Option<String>,
}

impl From<Event> for ExportedEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            writer_id: event.writer_id,
            sequence: event.sequence,
            occurred_at: event.occurred_at.unix_micros(),
            user_id: event.user_id,
            api_key_id: event.api_key_id,
            actor_id: event.actor_id,
            action: event.action,
            reason: event.reason,
            is_use: event.is_use,
            method: event.method,
            path: event.path,
            address: event.address,
            user_agent: event.user_agent,
            detail: event.detail,
            digest: hex::encode(&event.digest),
            time: event.occurred_at.rfc3339_micros(),
            username: event.username,
            client_id: event.client_id,
            actor: event.actor,
        }
    }
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A table for spreadsheets: CSV (RFC 4180) with a header line and the words of the Activity page.
    Csv,
    /// JSON Lines of [`AuditEvent`]s, as the JSON API has them.
    Events,
    /// JSON Lines of [`ExportedEvent`]s; of all events, a [`Chain`] a line before them.
    Chain,
}

impl Shape {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Events | Self::Chain => "application/jsonl; charset=utf-8",
        }
    }

    /// What a file's name ends with.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Events | Self::Chain => "jsonl",
        }
    }
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    filter: Filter,
    shape: Shape,
    /// What is still to be read.
    rest: Range,
    /// The oldest event when the export was begun.
    oldest: i64,
    /// What the first part begins with: nothing but the chains makes it possible to verify all events elsewhere.
    chains: Vec<Chain>,
    /// How far each of them went, where an event may be committed after others that have a greater ID.
    ends: Option<ChainEnds>,
    /// Whether nothing was written yet.
    is_new: bool,
}

impl Export {
    /// Begins an export of the events that are there now.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn begin(connection: &mut DbConnection, filter: Filter, shape: Shape) -> QueryResult<Self> {
        let is_whole = shape == Shape::Chain && filter.is_everything();
        connection.transaction(|connection| {
            of_one_moment(connection)?;
            let chains = if is_whole { signer::chains(connection)? } else { Vec::new() };
            let (rest, oldest) = (queries::range(connection, &filter)?, queries::oldest(connection)?);
            let ends = match connection {
                DbConnection::Postgres(_) if is_whole => Some(ChainEnds::of(connection, rest)?),
                _ => None,
            };
            Ok(Self { filter, shape, rest, oldest, chains, ends, is_new: true })
        })
    }

    /// The next part; `None` after the last one.
    ///
    /// # Errors
    /// When the events cannot be read, or some were removed because of their age before they were. The export is not complete
    /// then.
    pub fn next_part(&mut self, connection: &mut DbConnection) -> QueryResult<Option<Vec<u8>>> {
        if self.rest.first >= self.rest.end && !self.is_new {
            return Ok(None);
        }
        let mut events = queries::list(connection, self.filter, self.rest, Order::OldestFirst, SLICE)?;
        if queries::oldest(connection)? > self.oldest.max(self.rest.first) {
            let removed = "events became too old and were removed before they were exported: begin again";
            return Err(DieselError::QueryBuilderError(removed.into()));
        }
        self.rest.first = match events.last() {
            Some(last) if events.len() == SLICE => last.id + 1,
            _ => self.rest.end,
        };
        if let Some(ends) = &self.ends {
            events.retain(|event| ends.include(event));
        }
        let part = match self.shape {
            Shape::Csv => csv(events, self.is_new).map_err(unwritable)?,
            Shape::Events => lines(events.into_iter().map(AuditEvent::from)).map_err(unwritable)?,
            Shape::Chain => {
                let mut part = lines(std::mem::take(&mut self.chains).into_iter()).map_err(unwritable)?;
                part.extend(lines(events.into_iter().map(ExportedEvent::from)).map_err(unwritable)?);
                part
            }
        };
        self.is_new = false;
        Ok(Some(part))
    }
}

/// How far each chain went when an export was begun. Where events are committed between two parts, these would have the end
/// of what was committed without its beginning.
#[derive(Debug)]
struct ChainEnds {
    /// No event before this one was still to be committed.
    settled: i64,
    /// The last event from there on, by chain.
    last: HashMap<i64, i64>,
}

impl ChainEnds {
    /// More events than all processes together record while one of them waits for its commit, which takes half a minute at
    /// the most.
    const UNSETTLED: i64 = 1_000_000;

    fn of(connection: &mut DbConnection, range: Range) -> QueryResult<Self> {
        let settled = range.end - Self::UNSETTLED;
        Ok(Self { settled, last: queries::last_by_chain(connection, Range { first: settled, ..range })? })
    }

    fn include(&self, event: &Event) -> bool {
        event.id < self.settled || self.last.get(&event.writer_id).is_some_and(|last| event.sequence <= *last)
    }
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> DieselError {
    DieselError::SerializationError(Box::new(error))
}

/// An export as the body of an answer. An error in it makes the server break the connection off, so that nobody takes what
/// has come for the whole.
pub fn body(database: Database, export: Export) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold(export, move |mut export| {
        let database = database.clone();
        async move {
            let read = database.read(move |connection| Ok((export.next_part(connection)?, export))).await;
            match read {
                Ok((part, export)) => Ok(part.map(|part| (Bytes::from(part), export))),
                Err(error) => {
                    tracing::error!("an export ended before it was complete: {error:?}");
                    Err(error)
                }
            }
        }
    })
}

fn lines<T: Serialize>(records: impl Iterator<Item = T>) -> serde_json::Result<Vec<u8>> {
    let mut part = Vec::new();
    for record in records {
        serde_json::to_writer(&mut part, &record)?;
        part.push(b'\n');
    }
    Ok(part)
}

/// The name of an export's file.
#[must_use]
pub fn file_name(subject: &str, shape: Shape, now: Timestamp) -> String {
    format!("keyledge-{subject}-{}.{}", now.utc().format("%Y-%m-%d"), shape.extension())
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;
    use diesel::prelude::*;

    use super::*;
    use crate::db::schema::audit_events;
    use crate::db::{DatabaseUrl, Entry};

    pub(in crate::audit) fn event() -> Event {
        Event {
            id: 7,
            writer_id: 1,
            sequence: 2,
            occurred_at: DateTime::from_timestamp(1_764_000_000, 5000).unwrap().into(),
            user_id: Some(3),
            api_key_id: None,
            actor_id: None,
            action: "check".to_owned(),
            reason: Some("key_expired".to_owned()),
            is_use: true,
            method: Some("GET".to_owned()),
            path: Some("/a,\"b\"".to_owned()),
            address: Some("::1".to_owned()),
            user_agent: Some("=1+1\r\nx".to_owned()),
            detail: None,
            digest: vec![0x0a, 0xff],
            username: Some("ada".to_owned()),
            client_id: None,
            actor: None,
        }
    }

    #[test]
    fn a_line_of_the_chain_can_be_read_again() {
        let line = lines([ExportedEvent::from(event())].into_iter()).unwrap();
        assert_eq!(line.split_last().map(|(last, rest)| (*last, rest.contains(&b'\n'))), Some((b'\n', false)));
        let read: ExportedEvent = serde_json::from_slice(&line).unwrap();
        assert_eq!(read, ExportedEvent::from(event()));
        assert_eq!((read.occurred_at, &*read.digest), (1_764_000_000_000_005, "0aff"));
    }

    #[actix_web::test]
    async fn an_export_from_which_something_is_removed_meanwhile_breaks_off() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("keyledge.db")), 1).unwrap();
        database.record(vec![Entry::example("sign_in"); 2 * SLICE]).await.unwrap();
        let begin = |connection: &mut DbConnection| Export::begin(connection, Filter::default(), Shape::Events);
        let mut export = database.read_blocking(begin).unwrap();
        let remove = |through: i64| {
            let gone = diesel::delete(audit_events::table.filter(audit_events::id.le(through)));
            database.write_blocking(|transaction| gone.execute(&mut **transaction)).unwrap();
        };
        let lines = |part: Option<Vec<u8>>| part.map(|part| String::from_utf8(part).unwrap().lines().count());
        assert_eq!(lines(database.read_blocking(|connection| export.next_part(connection)).unwrap()), Some(SLICE));
        remove(500);
        assert_eq!(lines(database.read_blocking(|connection| export.next_part(connection)).unwrap()), Some(SLICE));
        let mut export = database.read_blocking(begin).unwrap();
        remove(501);
        assert!(database.read_blocking(|connection| export.next_part(connection)).is_err());
    }
}
