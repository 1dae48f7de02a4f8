//! Goes through the whole record, in the database or in an export, and finds the first place where it is not what was
//! written.

use std::io::BufRead;

use anyhow::{Context, bail};
use diesel::prelude::*;
use serde::Deserialize;

use super::chain::{Break, Chain, Verified, Verifier};
use super::signer;
use crate::db::schema::audit_events;
use crate::db::{Database, DbConnection, Error, StoredEvent, blocks};

/// Events that are read at a time.
const SLICE: i64 = 5_000;

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
        if let Some(writer_id) = signer::head_without_chain(connection)? {
            return Ok(Err(Break::Chains { writer_id }));
        }
        let mut verifier = match Verifier::new(signer::chains(connection)?, public_key) {
            Ok(verifier) => verifier,
            Err(found) => return Ok(Err(found)),
        };
        let mut last = 0;
        loop {
            let slice: Vec<StoredEvent> = audit_events::table
                .filter(audit_events::id.gt(last))
                .order(audit_events::id)
                .limit(SLICE)
                .load(connection)?;
            let Some(end) = slice.last() else { break };
            last = end.id;
            for event in &slice {
                if let Err(found) = verifier.next(event) {
                    return Ok(Err(found));
                }
            }
        }
        if let DbConnection::Sqlite(sqlite) = connection
            && let Some(id) = blocks::first_misplaced(sqlite)?
        {
            return Ok(Err(Break::Index { id }));
        }
        Ok(verifier.finish())
    })
}

/// A line of a whole export.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Event(Box<StoredEvent>),
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
                    None if chains.is_empty() => bail!(
                        "line {number}: no chain comes before the events: only an export of all events can be verified"
                    ),
                    None => match Verifier::new(std::mem::take(&mut chains), public_key) {
                        Ok(new) => verifier.insert(new),
                        Err(found) => return Ok(Err(found)),
                    },
                };
                if let Err(found) = verifier.next(&event) {
                    return Ok(Err(found));
                }
            }
        }
    }
    if verifier.is_none() && chains.is_empty() {
        bail!("there is no chain in it: only an export of all events as JSON Lines can be verified");
    }
    let verifier = verifier.map_or_else(|| Verifier::new(chains, public_key), Ok);
    Ok(verifier.and_then(Verifier::finish))
}
