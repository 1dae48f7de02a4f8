//! Goes through the whole record, in the database or in an export, and finds the first place where it is not what was
//! written.

use std::io::BufRead;

use anyhow::{Context, bail};
use diesel::prelude::*;
use serde::Deserialize;

use super::chain::{Break, Chain, Stored, Verified, Verifier};
use super::signer;
use crate::db::schema::audit_events;
use crate::db::{Columns, Database, DbConnection, Error};

/// Events that are read at a time.
const SLICE: i64 = 5_000;

/// An event with all its columns, in their order, from the database or from a line of an
/// [export](super::export::ExportedEvent).
#[derive(Debug, Queryable, Deserialize)]
struct Row {
    id: i64,
    writer_id: i64,
    sequence: i64,
    occurred_at: i64,
    user_id: Option<i64>,
    api_key_id: Option<i64>,
    actor_id: Option<i64>,
    action: String,
    reason: Option<String>,
    is_use: bool,
    method: Option<String>,
    path: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    detail: Option<String>,
    #[serde(with = "hex::serde")]
    digest: Vec<u8>,
}

impl Row {
    fn stored(&self) -> Stored<'_> {
        Stored {
            id: self.id,
            columns: Columns {
                writer_id: self.writer_id,
                sequence: self.sequence,
                occurred_at: self.occurred_at,
                user_id: self.user_id,
                api_key_id: self.api_key_id,
                actor_id: self.actor_id,
                action: &self.action,
                reason: self.reason.as_deref(),
                is_use: self.is_use,
                method: self.method.as_deref(),
                path: self.path.as_deref(),
                address: self.address.as_deref(),
                user_agent: self.user_agent.as_deref(),
                detail: self.detail.as_deref(),
            },
            digest: &self.digest,
        }
    }
}

/// Verifies the record of a database with the public key of its signed heads.
///
/// # Errors
/// When a statement fails.
pub fn database(database: &Database, public_key: &[u8]) -> Result<Result<Verified, Break>, Error> {
    database.read_blocking(|connection| whole(connection, public_key))
}

/// What is removed because of its age meanwhile would look as if it was missing, so all of it is of one moment.
fn whole(connection: &mut DbConnection, public_key: &[u8]) -> QueryResult<Result<Verified, Break>> {
    connection.transaction(|connection| {
        crate::db::of_one_moment(connection)?;
        let mut verifier = match Verifier::new(signer::chains(connection)?, public_key) {
            Ok(verifier) => verifier,
            Err(found) => return Ok(Err(found)),
        };
        let mut last = 0;
        loop {
            let slice: Vec<Row> = audit_events::table
                .filter(audit_events::id.gt(last))
                .order(audit_events::id)
                .limit(SLICE)
                .load(connection)?;
            let Some(end) = slice.last() else { return Ok(verifier.finish()) };
            last = end.id;
            for event in &slice {
                if let Err(found) = verifier.next(event.stored()) {
                    return Ok(Err(found));
                }
            }
        }
    })
}

/// A line of a whole export.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Event(Box<Row>),
    Chain(Chain),
}

/// Verifies a whole export ([`super::export::Shape::Chain`]) with the public key of the signed heads.
///
/// # Errors
/// When it cannot be read, or is no whole export.
pub fn export(lines: impl BufRead, public_key: &[u8]) -> anyhow::Result<Result<Verified, Break>> {
    let mut chains = Vec::new();
    let mut verifier = None;
    for (number, line) in (1..).zip(lines.lines()) {
        let line = serde_json::from_str(&line?).with_context(|| format!("line {number} is not one of an export"))?;
        match (line, &mut verifier) {
            (Line::Chain(chain), None) => chains.push(chain),
            (Line::Chain(_), Some(_)) => bail!("line {number}: the chains come before the events"),
            (Line::Event(event), verifier) => {
                let verifier = match verifier {
                    Some(verifier) => verifier,
                    None => match Verifier::new(std::mem::take(&mut chains), public_key) {
                        Ok(new) => verifier.insert(new),
                        Err(found) => return Ok(Err(found)),
                    },
                };
                if let Err(found) = verifier.next(event.stored()) {
                    return Ok(Err(found));
                }
            }
        }
    }
    let verifier = verifier.map_or_else(|| Verifier::new(chains, public_key), Ok);
    Ok(verifier.and_then(Verifier::finish))
}
