//! Signs how far the chains of events go: when one is begun, each minute, when the process ends, and when old events are
//! removed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use diesel::prelude::*;

use super::chain::{Chain, Hex, SignedHead, is_signed, statement};
use crate::clock::Clock;
use crate::db::schema::{audit_heads, audit_keys, audit_writers};
use crate::db::{Database, DbConnection, Head, PrunedChain, Timestamp, one_at_a_time};
use crate::secret::{IS_IT_THE_KEY, SecretKey};

/// How long events may be unsigned.
const INTERVAL: Duration = Duration::from_secs(60);

/// What the private key is sealed for.
const PURPOSE: &str = "audit key";

/// What those wait for who sign: two statements about a chain at once would tell of it in the wrong order.
const LOCK: &str = "audit heads";

/// The key that signs the heads of chains. Cheap to clone.
#[derive(Clone)]
pub struct Signer(Arc<Ed25519KeyPair>);

impl Signer {
    /// Opens the key of this installation, and makes it where there is none. Chains that this process begins are signed from
    /// then on.
    ///
    /// # Errors
    /// When the database or the cryptographic library fails, or the key was sealed with another secret key.
    pub fn open(database: &Database, secret_key: &SecretKey) -> anyhow::Result<Self> {
        let signer = match Self::find(database, secret_key)? {
            Some(signer) => signer,
            None => Self::make(database, secret_key)?,
        };
        let its = signer.clone();
        database.sign_new_chains(Box::new(move |connection, writer_id, now| {
            let chain = chain(connection, writer_id)?.ok_or(diesel::result::Error::NotFound)?;
            its.sign(connection, &chain, 0, &chain.genesis, now)
        }));
        Ok(signer)
    }

    fn make(database: &Database, secret_key: &SecretKey) -> anyhow::Result<Self> {
        if database.read_blocking(|connection| audit_heads::table.count().get_result::<i64>(connection))? > 0 {
            tracing::error!(
                "the key that signs the record is gone, and another one is made: run keyledge audit verify"
            );
        }
        let document = Ed25519KeyPair::generate()?.to_pkcs8()?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref())?;
        let sealed = secret_key.seal(PURPOSE, document.as_ref())?;
        database.write_blocking(|transaction| {
            one_at_a_time(transaction, PURPOSE)?;
            let made: i64 = audit_keys::table.count().get_result(&mut **transaction)?;
            if made == 0 {
                diesel::insert_into(audit_keys::table)
                    .values((
                        audit_keys::public_key.eq(pair.public_key().as_ref()),
                        audit_keys::sealed_private_key.eq(sealed.as_slice()),
                    ))
                    .execute(&mut **transaction)?;
            }
            Ok(())
        })?;
        // Another instance that started at the same moment may have been first.
        Self::find(database, secret_key)?.ok_or_else(|| anyhow::anyhow!("the key that signs the record is gone"))
    }

    fn find(database: &Database, secret_key: &SecretKey) -> anyhow::Result<Option<Self>> {
        database.read_blocking(sealed_key)?.map(|sealed| Self::unseal(secret_key, &sealed)).transpose()
    }

    /// Opens what [`sealed_key`] found.
    ///
    /// # Errors
    /// When it was sealed with another secret key.
    pub fn unseal(secret_key: &SecretKey, sealed: &[u8]) -> anyhow::Result<Self> {
        let private_key = secret_key.open(PURPOSE, sealed).context(IS_IT_THE_KEY)?;
        Ok(Self(Arc::new(Ed25519KeyPair::from_pkcs8(&private_key)?)))
    }

    /// The public half (RFC 8032): 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs the chains of this process as far as they go now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sign_own(&self, database: &Database, now: Timestamp) -> Result<(), crate::db::Error> {
        let own = database.own_heads();
        if own.is_empty() {
            return Ok(());
        }
        database.write_blocking(|transaction| {
            one_at_a_time(transaction, LOCK)?;
            own.iter().try_for_each(|head| self.sign_as_far_as(transaction, head, now))
        })?;
        database.forget_ended(&own);
        Ok(())
    }

    fn sign_as_far_as(&self, connection: &mut DbConnection, own: &Head, now: Timestamp) -> QueryResult<()> {
        let Some(chain) = chain(connection, own.writer_id)? else { return Ok(()) };
        if chain.head.as_ref().is_some_and(|head| head.sequence >= own.sequence) {
            return Ok(());
        }
        self.sign(connection, &chain, own.sequence, &own.digest, now)
    }

    /// Signs anew the chains that lost their oldest events, in the transaction that removes those.
    ///
    /// # Errors
    /// When a statement fails, and when a chain was not what had been signed: nothing is removed then, since what was
    /// changed could not be found out any more.
    pub fn sign_pruned(
        &self,
        connection: &mut DbConnection,
        pruned: &[PrunedChain],
        now: Timestamp,
    ) -> QueryResult<()> {
        if !pruned.is_empty() {
            one_at_a_time(connection, LOCK)?;
        }
        for PrunedChain { writer_id, through, digest } in pruned {
            let Some(chain) = chain(connection, *writer_id)? else { continue };
            let is_as_signed = |head: &SignedHead| {
                is_signed(&chain, head, self.public_key())
                    && (head.pruned_through, head.pruned_digest.as_deref()) == (*through, digest.as_deref())
            };
            let Some(head) = chain.head.as_ref().filter(|head| is_as_signed(head)) else {
                tracing::error!("the signed head of chain {writer_id} was changed: run keyledge audit verify");
                return Err(diesel::result::Error::RollbackTransaction);
            };
            let (sequence, digest) = if head.sequence >= chain.pruned_through {
                (head.sequence, &*head.digest)
            } else {
                (chain.pruned_through, chain.pruned_digest.as_deref().unwrap_or_default())
            };
            self.sign(connection, &chain, sequence, digest, now)?;
        }
        Ok(())
    }

    fn sign(
        &self,
        connection: &mut DbConnection,
        chain: &Chain,
        sequence: i64,
        digest: &[u8],
        now: Timestamp,
    ) -> QueryResult<()> {
        let mut head = SignedHead {
            sequence,
            digest: Hex(digest.to_vec()),
            pruned_through: chain.pruned_through,
            pruned_digest: chain.pruned_digest.clone(),
            signed_at: now.unix_micros(),
            signature: Hex(Vec::new()),
        };
        head.signature =
            Hex(self.0.sign(statement(chain.writer_id, &chain.genesis, &head).as_bytes()).as_ref().to_vec());
        diesel::delete(audit_heads::table.find(chain.writer_id)).execute(connection)?;
        diesel::insert_into(audit_heads::table)
            .values((
                audit_heads::writer_id.eq(chain.writer_id),
                audit_heads::sequence.eq(head.sequence),
                audit_heads::digest.eq(head.digest.0),
                audit_heads::pruned_through.eq(head.pruned_through),
                audit_heads::pruned_digest.eq(head.pruned_digest.map(|digest| digest.0)),
                audit_heads::signed_at.eq(now),
                audit_heads::signature.eq(head.signature.0),
            ))
            .execute(connection)?;
        Ok(())
    }
}

/// The private key of this installation, sealed; none before the first start.
///
/// # Errors
/// When the statement fails.
pub fn sealed_key(connection: &mut DbConnection) -> QueryResult<Option<Vec<u8>>> {
    audit_keys::table.select(audit_keys::sealed_private_key).first(connection).optional()
}

/// Signs this process's chain each minute, for as long as the process runs.
pub async fn keep_signed(database: Database, signer: Signer, clock: Clock) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let (database, signer, now) = (database.clone(), signer.clone(), clock.now());
        let done = tokio::task::spawn_blocking(move || signer.sign_own(&database, now)).await;
        if let Err(error) = done.map_err(crate::db::Error::from).flatten() {
            tracing::error!("the record could not be signed: {:#}", anyhow::Error::from(error));
        }
    }
}

type ChainRow = (i64, Timestamp, Vec<u8>, i64, Option<Vec<u8>>);
type HeadRow = (i64, i64, Vec<u8>, i64, Option<Vec<u8>>, Timestamp, Vec<u8>);

fn chain(connection: &mut DbConnection, writer_id: i64) -> QueryResult<Option<Chain>> {
    let row: Option<ChainRow> = audit_writers::table.find(writer_id).first(connection).optional()?;
    let head: Option<HeadRow> = audit_heads::table.find(writer_id).first(connection).optional()?;
    Ok(row.map(|row| assemble(row, head)))
}

/// A chain of which nothing is left but its signed head.
///
/// # Errors
/// When the statement fails.
pub fn head_without_chain(connection: &mut DbConnection) -> QueryResult<Option<i64>> {
    audit_heads::table
        .filter(audit_heads::writer_id.ne_all(audit_writers::table.select(audit_writers::id)))
        .select(audit_heads::writer_id)
        .first(connection)
        .optional()
}

/// All chains, in the order in which they were begun.
///
/// # Errors
/// When a statement fails.
pub fn chains(connection: &mut DbConnection) -> QueryResult<Vec<Chain>> {
    let rows: Vec<ChainRow> = audit_writers::table.order(audit_writers::id).load(connection)?;
    let heads: Vec<HeadRow> = audit_heads::table.load(connection)?;
    let mut heads: HashMap<i64, HeadRow> = heads.into_iter().map(|head| (head.0, head)).collect();
    let with_head = |row: ChainRow| {
        let head = heads.remove(&row.0);
        assemble(row, head)
    };
    Ok(rows.into_iter().map(with_head).collect())
}

fn assemble(row: ChainRow, head: Option<HeadRow>) -> Chain {
    let (writer_id, started_at, genesis, pruned_through, pruned_digest) = row;
    let head = head.map(|(_, sequence, digest, pruned_through, pruned_digest, signed_at, signature)| SignedHead {
        sequence,
        digest: Hex(digest),
        pruned_through,
        pruned_digest: pruned_digest.map(Hex),
        signed_at: signed_at.unix_micros(),
        signature: Hex(signature),
    });
    Chain {
        writer_id,
        started_at: started_at.unix_micros(),
        genesis: Hex(genesis),
        pruned_through,
        pruned_digest: pruned_digest.map(Hex),
        head,
    }
}
