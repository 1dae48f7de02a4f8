//! Whether the record is what was written: each event's digest covers the event before, each chain's genesis the chain
//! before, and a signed head says where a chain begins and how far it goes.
//!
//! What this cannot show: events after a chain's newest signed head that were cut off, and what somebody wrote who holds
//! the key that signs.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::db::{StoredEvent, Timestamp, digest, genesis};
use crate::secret::Digest;

/// A chain of events: one a process that has written any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its number, from 1 on without gaps.
    pub writer_id: i64,
    /// When it was begun, in microseconds since 1970.
    pub started_at: i64,
    /// What its first event joins on to: see [`genesis`].
    pub genesis: Hex,
    /// The last event that was removed because of its age; 0 when none was.
    pub pruned_through: i64,
    /// The digest of that event.
    pub pruned_digest: Option<Hex>,
    /// The newest signed statement about it: the first one is made when the chain is begun.
    pub head: Option<SignedHead>,
}

/// A signed statement of how far a chain goes, and of what was removed from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The event's place in its chain.
    pub sequence: i64,
    /// The event's digest.
    pub digest: Hex,
    /// [`Chain::pruned_through`] at that time.
    pub pruned_through: i64,
    /// [`Chain::pruned_digest`] at that time.
    pub pruned_digest: Option<Hex>,
    /// When it was signed, in microseconds since 1970.
    pub signed_at: i64,
    /// The Ed25519 signature (RFC 8032) of [`statement`].
    pub signature: Hex,
}

/// Bytes, which programs read as hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex::serde")] pub Vec<u8>);

impl Deref for Hex {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// What is signed: lines of a name, a space and a value; bytes in hexadecimal, and `-` for none.
#[must_use]
pub fn statement(writer_id: i64, genesis: &[u8], head: &SignedHead) -> String {
    format!(
        "keyledge audit head 1\nchain {writer_id}\ngenesis {}\nremoved {}\nremoved-digest {}\nevent {}\ndigest {}\n\
         signed-at {}\n",
        hex::encode(genesis),
        head.pruned_through,
        head.pruned_digest.as_deref().map_or_else(|| "-".to_owned(), hex::encode),
        head.sequence,
        hex::encode(&*head.digest),
        head.signed_at,
    )
}

/// Whether a chain's signed head was signed with the key behind `public_key`.
#[must_use]
pub fn is_signed(chain: &Chain, head: &SignedHead, public_key: &[u8]) -> bool {
    let statement = statement(chain.writer_id, &chain.genesis, head);
    UnparsedPublicKey::new(&ED25519, public_key).verify(statement.as_bytes(), &head.signature).is_ok()
}

/// Where the record is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The event is not what it was, or its digest is not.
    Changed {
        /// Its place in the record.
        id: i64,
        /// The chain.
        writer_id: i64,
        /// Its place in the chain.
        sequence: i64,
    },
    /// Between two events of a chain, or before its first, one is missing or was put in.
    Gap {
        /// The event after it.
        id: i64,
        /// The chain.
        writer_id: i64,
        /// The place in the chain that should have come.
        expected: i64,
        /// The place that came.
        sequence: i64,
    },
    /// The event belongs to no chain.
    NoChain {
        /// Its place in the record.
        id: i64,
        /// The chain that it names.
        writer_id: i64,
    },
    /// The chain does not go as far as was signed.
    CutOff {
        /// The chain.
        writer_id: i64,
        /// How far it goes.
        sequence: i64,
        /// How far it went when it was signed.
        signed: i64,
    },
    /// A chain was changed, put in or taken out.
    Chains {
        /// The chain that does not join on to the one before.
        writer_id: i64,
    },
    /// The chain has no signed head, which each has from its beginning on.
    Unsigned {
        /// The chain.
        writer_id: i64,
    },
    /// An event is not where an index of the record is to have it, or something else is.
    Index {
        /// The event's place in the record.
        id: i64,
    },
    /// The chain's signed head was signed with another key, or was changed.
    Signature {
        /// The chain.
        writer_id: i64,
    },
    /// More was removed from the chain's beginning than was signed.
    Removed {
        /// The chain.
        writer_id: i64,
    },
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { id, writer_id, sequence } => {
                write!(f, "event {id} (number {sequence} of chain {writer_id}) was changed")
            }
            Self::Gap { id, writer_id, expected, sequence } => write!(
                f,
                "before event {id} something is missing or was put in: it is number {sequence} of chain {writer_id}, \
                 where number {expected} was to come"
            ),
            Self::NoChain { id, writer_id } => write!(f, "event {id} was put in: there is no chain {writer_id}"),
            Self::CutOff { writer_id, sequence, signed } => write!(
                f,
                "chain {writer_id} was cut off: it ends with number {sequence}, and went to number {signed} when it was \
                 signed"
            ),
            Self::Chains { writer_id } => {
                write!(
                    f,
                    "chain {writer_id} does not join on to the chain before it: one was changed, put in or removed"
                )
            }
            Self::Unsigned { writer_id } => write!(f, "chain {writer_id} has no signed head: it was removed or put in"),
            Self::Index { id } => {
                write!(f, "event {id} is not what the index has there, by which people find their events")
            }
            Self::Signature { writer_id } => {
                write!(f, "the signed head of chain {writer_id} was changed or signed with another key")
            }
            Self::Removed { writer_id } => {
                write!(f, "more was removed from the beginning of chain {writer_id} than was signed")
            }
        }
    }
}

/// What was found where nothing is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The chains.
    pub chains: usize,
    /// The events.
    pub events: u64,
    /// Those of them that came after the newest signed head of their chain.
    pub unsigned: u64,
}

struct Progress {
    chain: Chain,
    sequence: i64,
    digest: Digest,
}

/// Goes through the record once, in the order of the events' places.
pub struct Verifier {
    chains: BTreeMap<i64, Progress>,
    events: u64,
    unsigned: u64,
}

impl Verifier {
    /// Begins with the chains, which must join on to each other and be signed with the key behind `public_key`.
    ///
    /// # Errors
    /// The first break.
    pub fn new(mut chains: Vec<Chain>, public_key: &[u8]) -> Result<Self, Break> {
        chains.sort_unstable_by_key(|chain| chain.writer_id);
        let mut before: (i64, &[u8]) = (0, &[0; 32]);
        for chain in &chains {
            let writer_id = chain.writer_id;
            let started_at = Timestamp::from_unix_micros(chain.started_at).ok_or(Break::Chains { writer_id })?;
            let expected = genesis(before.1, writer_id, started_at);
            if writer_id != before.0 + 1 || *chain.genesis != expected {
                return Err(Break::Chains { writer_id });
            }
            match &chain.head {
                Some(head) if !is_signed(chain, head, public_key) => return Err(Break::Signature { writer_id }),
                Some(head)
                    if (head.pruned_through, &head.pruned_digest) != (chain.pruned_through, &chain.pruned_digest) =>
                {
                    return Err(Break::Removed { writer_id });
                }
                Some(_) => {}
                None => return Err(Break::Unsigned { writer_id }),
            }
            before = (writer_id, &chain.genesis);
        }
        let chains = chains.into_iter().map(|chain| {
            let joins_on_to = chain.pruned_digest.as_deref().unwrap_or(&chain.genesis);
            let digest = joins_on_to.try_into().map_err(|_| Break::Removed { writer_id: chain.writer_id })?;
            Ok((chain.writer_id, Progress { sequence: chain.pruned_through, digest, chain }))
        });
        Ok(Self { chains: chains.collect::<Result<_, _>>()?, events: 0, unsigned: 0 })
    }

    /// Goes on with the next event.
    ///
    /// # Errors
    /// The break, when it is not what was written.
    pub fn next(&mut self, event: &StoredEvent) -> Result<(), Break> {
        let StoredEvent { id, writer_id, sequence, .. } = *event;
        let Some(progress) = self.chains.get_mut(&writer_id) else { return Err(Break::NoChain { id, writer_id }) };
        let expected = progress.sequence + 1;
        if sequence != expected {
            return Err(Break::Gap { id, writer_id, expected, sequence });
        }
        let computed = digest(&progress.digest, &event.columns());
        if computed != *event.digest {
            return Err(Break::Changed { id, writer_id, sequence });
        }
        match &progress.chain.head {
            Some(head) if head.sequence == sequence && *head.digest != computed => {
                return Err(Break::Changed { id, writer_id, sequence });
            }
            Some(head) if head.sequence >= sequence => {}
            _ => self.unsigned += 1,
        }
        (progress.sequence, progress.digest) = (sequence, computed);
        self.events += 1;
        Ok(())
    }

    /// Ends after the last event.
    ///
    /// # Errors
    /// The break, when a chain does not go as far as was signed.
    pub fn finish(self) -> Result<Verified, Break> {
        for (writer_id, Progress { chain, sequence, .. }) in &self.chains {
            match &chain.head {
                Some(head) if head.sequence > *sequence => {
                    return Err(Break::CutOff { writer_id: *writer_id, sequence: *sequence, signed: head.sequence });
                }
                _ => {}
            }
        }
        Ok(Verified { chains: self.chains.len(), events: self.events, unsigned: self.unsigned })
    }
}
