//! The record as it is on disk, checked by what the documentation says about it and not by the program's own code.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};
use keyledge::audit::export::ExportedEvent;
use keyledge::clock::Clock;
use keyledge::db::schema::{api_keys, audit_events, audit_writers, daily_uses};
use keyledge::db::{Database, DbConnection, Entry, Timestamp};
use keyledge::secret::sha256;

use super::TestDatabase;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Events after which a writer looks at the latest whether there is something to count or to index, and then does one of
/// the two; a group of up to 512 may come in between.
const DELAY: usize = 1024 + 512;

/// Every audit event, oldest first.
pub struct Record(Vec<Event>);

/// A row of the record.
#[derive(Debug, Queryable)]
pub struct Event {
    pub id: i64,
    pub writer_id: i64,
    pub sequence: i64,
    pub occurred_at: i64,
    pub user_id: Option<i64>,
    pub api_key_id: Option<i64>,
    pub actor_id: Option<i64>,
    pub action: String,
    pub reason: Option<String>,
    pub is_use: bool,
    pub method: Option<String>,
    pub path: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub detail: Option<String>,
    pub digest: Vec<u8>,
}

#[derive(Debug, QueryableByName)]
struct Block {
    #[diesel(sql_type = BigInt)]
    first_id: i64,
    #[diesel(sql_type = BigInt)]
    last_id: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
}

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct BlockEntry {
    #[diesel(sql_type = BigInt)]
    block_id: i64,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Bool)]
    refused: bool,
    #[diesel(sql_type = BigInt)]
    api_key_id: i64,
    #[diesel(sql_type = BigInt)]
    event_id: i64,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    last_id: i64,
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl Record {
    /// Reads all of it, and checks that nothing in it is half-written: the chains of events, and what is counted and
    /// indexed together with them.
    pub fn whole(database: &TestDatabase) -> Self {
        let mut connection = database.connect();
        // One moment for all of it, while the program may go on writing.
        connection
            .transaction(|connection| {
                if let DbConnection::Postgres(postgres) = connection {
                    sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(postgres)?;
                }
                let events: Vec<Event> = audit_events::table.order(audit_events::id).load(connection)?;
                assert_chained(&events, &writers(connection)?);
                let counted = match connection {
                    DbConnection::Sqlite(sqlite) => assert_indexed(sqlite, &events)?,
                    DbConnection::Postgres(_) => events.as_slice(),
                };
                assert_counted(connection, counted)?;
                QueryResult::Ok(Self(events))
            })
            .unwrap()
    }

    /// The events by the `User-Agent` of the request that they tell about.
    pub fn by_user_agent(&self) -> HashMap<&str, Vec<&Event>> {
        let mut events = HashMap::<_, Vec<_>>::new();
        for event in &self.0 {
            if let Some(user_agent) = &event.user_agent {
                events.entry(user_agent.as_str()).or_default().push(event);
            }
        }
        events
    }

    /// How many events are of an action.
    pub fn of_action(&self, action: &str) -> usize {
        self.0.iter().filter(|event| event.action == action).count()
    }

    /// Checks that no key was let in after its deletion, in the order of a process's events.
    pub fn assert_ends_with_deletion(&self) {
        let mut deleted = BTreeSet::new();
        for event in &self.0 {
            if event.action == "delete_key" {
                deleted.insert((event.writer_id, event.api_key_id));
            }
            let is_late =
                event.is_use && event.reason.is_none() && deleted.contains(&(event.writer_id, event.api_key_id));
            assert!(!is_late, "{event:?} comes after the deletion");
        }
        assert!(!deleted.is_empty(), "nothing was deleted");
    }

    /// How many events have a reason.
    pub fn count(&self, reason: &str) -> usize {
        self.0.iter().filter(|event| event.reason.as_deref() == Some(reason)).count()
    }

    /// How many of them are in nobody's record.
    pub fn count_of_nobody(&self, reason: &str) -> usize {
        let of_nobody = self.0.iter().filter(|event| event.user_id.is_none() && event.api_key_id.is_none());
        of_nobody.filter(|event| event.reason.as_deref() == Some(reason)).count()
    }
}

/// What an operator did just now, of nobody's record.
pub fn operators_event(action: &'static str) -> Entry {
    Entry {
        occurred_at: Clock::default().now(),
        user_id: None,
        api_key_id: None,
        actor_id: None,
        action,
        reason: None,
        is_use: false,
        method: None,
        path: None,
        address: None,
        user_agent: None,
        detail: None,
        is_last_use: false,
    }
}

/// Records uses of a key as if at that time, allowed or refused for a reason.
pub async fn record_uses(
    database: &Database,
    client_id: &str,
    at: Timestamp,
    reason: Option<&'static str>,
    number: i64,
) {
    let find = api_keys::table.filter(api_keys::client_id.eq(client_id)).select((api_keys::id, api_keys::user_id));
    let (api_key_id, user_id) = database.read_blocking(|connection| find.first::<(i64, i64)>(connection)).unwrap();
    let entry = Entry {
        occurred_at: at,
        user_id: Some(user_id),
        api_key_id: Some(api_key_id),
        reason,
        is_use: true,
        method: Some("GET".to_owned()),
        path: Some("/journals".to_owned()),
        address: Some("203.0.113.9".to_owned()),
        ..operators_event("check")
    };
    let mut rest = number;
    while rest > 0 {
        let batch = rest.min(500);
        database.record(vec![entry.clone(); usize::try_from(batch).unwrap()]).await.unwrap();
        rest -= batch;
    }
}

/// Reads a whole export as JSON Lines, and checks the chains in it.
pub fn read_export(text: &str, database: &TestDatabase) -> Vec<ExportedEvent> {
    // The chains come first; what they say is checked by the program's own verification.
    let events = text.lines().filter(|line| !line.contains("\"genesis\""));
    let exported: Vec<ExportedEvent> = events.map(|line| serde_json::from_str(line).unwrap()).collect();
    let bytes = |hex: &str| {
        (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
    };
    let events: Vec<Event> = exported
        .iter()
        .cloned()
        .map(|event| Event {
            id: event.id,
            writer_id: event.writer_id,
            sequence: event.sequence,
            occurred_at: event.occurred_at,
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
            digest: bytes(&event.digest),
        })
        .collect();
    assert_chained(&events, &writers(&mut database.connect()).unwrap());
    exported
}

/// Each writer with its genesis.
fn writers(connection: &mut DbConnection) -> QueryResult<Vec<(i64, Timestamp, Vec<u8>)>> {
    audit_writers::table
        .order(audit_writers::id)
        .select((audit_writers::id, audit_writers::started_at, audit_writers::genesis))
        .load(connection)
}

/// Each writer's genesis joins on to that of the writer before, its events are numbered from 1 on without gaps, and each
/// digest joins on to the one before.
fn assert_chained(events: &[Event], writers: &[(i64, Timestamp, Vec<u8>)]) {
    let mut ends = HashMap::<i64, (i64, Vec<u8>)>::new();
    let mut before = vec![0; 32];
    for (number, (writer_id, started_at, genesis)) in (1..).zip(writers) {
        assert_eq!(*writer_id, number);
        let joined = joined(&before, &[Some(writer_id.to_string()), Some(started_at.unix_micros().to_string())]);
        assert_eq!(*genesis, joined, "writer {writer_id} does not join on to the one before");
        before.clone_from(genesis);
        ends.insert(*writer_id, (0, joined));
    }
    for event in events {
        let Some((sequence, before)) = ends.get_mut(&event.writer_id) else { panic!("nobody wrote {event:?}") };
        assert_eq!(event.sequence, *sequence + 1, "a gap before {event:?}");
        assert_eq!(event.digest, digest(before, event), "{event:?} does not join on to the event before");
        (*sequence, *before) = (event.sequence, event.digest.clone());
    }
}

/// As [`keyledge::db::digest`] describes it.
fn digest(before: &[u8], event: &Event) -> Vec<u8> {
    let number = |number: i64| Some(number.to_string());
    let columns = [
        number(event.writer_id),
        number(event.sequence),
        number(event.occurred_at),
        event.user_id.and_then(number),
        event.api_key_id.and_then(number),
        event.actor_id.and_then(number),
        Some(event.action.clone()),
        event.reason.clone(),
        number(event.is_use.into()),
        event.method.clone(),
        event.path.clone(),
        event.address.clone(),
        event.user_agent.clone(),
        event.detail.clone(),
    ];
    joined(before, &columns)
}

fn joined(before: &[u8], columns: &[Option<String>]) -> Vec<u8> {
    let mut bytes = before.to_vec();
    for column in columns {
        match column {
            Some(text) => {
                bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            None => bytes.extend([0xff; 4]),
        }
    }
    sha256(&bytes).to_vec()
}

/// The file is sound, and the blocks follow each other, each with one entry for each of its events. Returns the events
/// that are counted.
fn assert_indexed<'a>(sqlite: &mut SqliteConnection, events: &'a [Event]) -> QueryResult<&'a [Event]> {
    let findings: Vec<Finding> = sql_query("PRAGMA integrity_check").load(sqlite)?;
    let findings: Vec<_> = findings.into_iter().map(|finding| finding.integrity_check).collect();
    assert_eq!(findings, ["ok"]);

    let blocks: Vec<Block> =
        sql_query("SELECT first_id, last_id, refused FROM audit_blocks ORDER BY first_id").load(sqlite)?;
    let mut expected = Vec::new();
    let mut rest = events;
    for block in &blocks {
        assert_eq!(
            rest.first().map(|event| event.id),
            Some(block.first_id),
            "{block:?} does not follow the one before"
        );
        let (inside, after) = rest.split_at(rest.partition_point(|event| event.id <= block.last_id));
        assert_eq!(inside.last().map(|event| event.id), Some(block.last_id), "{block:?} is longer than the record");
        let refused = inside.iter().filter(|event| event.reason.is_some()).count();
        assert_eq!(i64::try_from(refused), Ok(block.refused), "{block:?}");
        expected.extend(inside.iter().map(|event| BlockEntry {
            block_id: block.first_id,
            user_id: event.user_id.unwrap_or(0),
            refused: event.reason.is_some(),
            api_key_id: event.api_key_id.unwrap_or(0),
            event_id: event.id,
        }));
        rest = after;
    }
    assert!(rest.len() < 1024 + DELAY + 512, "{} events wait for their block", rest.len());
    let entries: Vec<BlockEntry> = sql_query(
        "SELECT block_id, user_id, refused, api_key_id, event_id FROM audit_block_entries ORDER BY block_id, event_id",
    )
    .load(sqlite)?;
    assert_eq!(entries, expected);

    let counted: Counted = sql_query("SELECT last_id FROM audit_counted").get_result(sqlite)?;
    let (counted, rest) = events.split_at(events.partition_point(|event| event.id <= counted.last_id));
    assert!(rest.len() < 512 + DELAY, "{} events wait to be counted", rest.len());
    Ok(counted)
}

fn assert_counted(connection: &mut DbConnection, events: &[Event]) -> QueryResult<()> {
    // On SQLite all processes wait for each other anyway, so there they count together.
    let together = matches!(connection, DbConnection::Sqlite(_));
    let writer_of = |event: &Event| if together { 0 } else { event.writer_id };
    let mut expected = BTreeMap::<(i32, i64, i64), (i64, i64)>::new();
    for event in events.iter().filter(|event| event.is_use) {
        for api_key_id in BTreeSet::from([0, event.api_key_id.unwrap_or(0)]) {
            let day = i32::try_from(event.occurred_at / DAY).unwrap();
            let (allowed, refused) = expected.entry((day, api_key_id, writer_of(event))).or_default();
            *if event.reason.is_none() { allowed } else { refused } += 1;
        }
    }
    let counted: Vec<(i32, i64, i64, i64, i64)> = daily_uses::table.load(connection)?;
    let counted: BTreeMap<_, _> = counted
        .into_iter()
        .map(|(day, api_key_id, writer_id, allowed, refused)| ((day, api_key_id, writer_id), (allowed, refused)))
        .collect();
    assert_eq!(counted, expected);
    Ok(())
}
