//! Decides on presented credentials, always on what is in the database at that moment, and records each decision, in
//! the record of the key's owner, before it is known to whoever asked.

use std::sync::Arc;

use chrono::Duration;
use diesel::QueryResult;

use super::model::Scope;
use super::tokens::VerifiedToken;
use crate::api_keys::model::{ClientId, ClientSecret, Status};
use crate::attempts::model::{Attempt, Kind, Verdict};
use crate::attempts::queries as attempts;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Counters, Credential, Database, Entry, Error, Found, Named, Owner, Presented, Timestamp, Transaction};
use crate::secret::SecretText;

/// A key's row tells its last use to this precision, so that most uses change no row; the record tells each one.
const LAST_USE_STEP: Duration = Duration::minutes(1);

/// Who a good credential stands for now.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The key.
    pub client_id: ClientId,
    /// The key's owner.
    pub owner: Arc<Owner>,
    /// What it may be used for: a token's scope as far as its owner still holds it, or all that the owner holds.
    pub scope: Scope,
    /// When the key expires.
    pub key_expires_at: Timestamp,
}

/// The key that a credential names, whether or not the credential is good.
#[derive(Clone, Copy, Debug)]
pub struct NamedKey {
    /// The key of its row.
    pub id: i64,
    /// Its owner.
    pub user_id: i64,
    last_used_at: Option<Timestamp>,
}

/// A decision on a credential.
#[derive(Clone, Debug)]
pub struct Decision<T = Bearer> {
    /// The key that it names; none when there is no such key.
    pub key: Option<NamedKey>,
    /// Who it stands for, or why for nobody.
    pub result: Result<T, Reason>,
}

impl<T> Decision<T> {
    /// Goes on with what was found.
    #[must_use]
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Result<U, Reason>) -> Decision<U> {
        Decision { key: self.key, result: self.result.and_then(next) }
    }

    /// The audit event of this decision, in the record of the key's owner.
    #[must_use]
    pub fn event(&self, action: Action, source: Source, now: Timestamp) -> Entry {
        let event = NewEvent {
            at: now,
            user_id: self.key.map(|key| key.user_id),
            api_key_id: self.key.map(|key| key.id),
            action,
            outcome: Outcome::from(&self.result),
            source: Some(source),
            actor_id: None,
            detail: None,
        };
        let shown_since = self.key.and_then(|key| key.last_used_at);
        let is_news = shown_since.is_none_or(|shown| now - shown >= LAST_USE_STEP);
        Entry { is_last_use: action.is_use() && self.result.is_ok() && is_news, ..event.into() }
    }
}

/// What is presented with a client ID and its secret.
#[must_use]
pub fn presented_secret(client_id: &str, now: Timestamp) -> Presented {
    // What is no client ID names no key, whatever it is.
    let client_id = ClientId::parse(client_id).map(String::from).unwrap_or_default();
    presented(Arc::new(Named { client_id, ..Named::default() }), now)
}

/// What is presented with an access token; with `None` it names no key.
#[must_use]
pub fn presented_token(token: Option<&VerifiedToken>, now: Timestamp) -> Presented {
    presented(token.map(|token| token.named.clone()).unwrap_or_default(), now)
}

fn presented(named: Arc<Named>, now: Timestamp) -> Presented {
    Presented { named, counters: Counters::default(), asks_for_token: false, now }
}

/// Decides on a client ID and its secret. The scope is all that the owner holds.
#[must_use]
pub fn secret(client_id: &str, client_secret: &SecretText, found: Option<Arc<Credential>>, now: Timestamp) -> Decision {
    let Some((client_id, credential)) = ClientId::parse(client_id).zip(found) else {
        return Decision { key: None, result: Err(Reason::Unknown) };
    };
    let key = Some(NamedKey::from(&*credential));
    let result = standing_of_secret(&credential, client_secret, now);
    Decision { key, result: result.map(|()| bearer(client_id, &credential, Scope::of(&credential.permissions))) }
}

fn standing_of_secret(credential: &Credential, client_secret: &SecretText, now: Timestamp) -> Result<(), Reason> {
    let digest = credential.secret_digest.as_ref().ok_or(Reason::KeyDeleted)?;
    let presented = ClientSecret::parse(client_secret).ok_or(Reason::WrongSecret)?;
    if !presented.matches(digest) {
        return Err(Reason::WrongSecret);
    }
    standing_of_key(credential, now)
}

/// Decides on an access token; none when what was presented is none of ours.
#[must_use]
pub fn token(token: Option<&VerifiedToken>, found: Option<Arc<Credential>>, now: Timestamp) -> Decision {
    let named = token.and_then(|token| Some((token, ClientId::parse(&token.named.client_id)?))).zip(found);
    let Some(((token, client_id), credential)) = named else {
        return Decision { key: None, result: Err(Reason::TokenInvalid) };
    };
    let key = Some(NamedKey::from(&*credential));
    let result = standing_of_token(token, &credential, now);
    Decision { key, result: result.map(|()| bearer(client_id, &credential, token.scope.held(&credential.permissions))) }
}

fn standing_of_token(token: &VerifiedToken, credential: &Credential, now: Timestamp) -> Result<(), Reason> {
    if token.subject != credential.owner.subject || !credential.signing_key_counts {
        return Err(Reason::TokenInvalid);
    }
    if credential.is_deleted {
        return Err(Reason::KeyDeleted);
    }
    standing_of_key(credential, now)?;
    if token.expires_at <= now {
        return Err(Reason::TokenExpired);
    }
    if credential.token_is_revoked { Err(Reason::TokenRevoked) } else { Ok(()) }
}

fn standing_of_key(credential: &Credential, now: Timestamp) -> Result<(), Reason> {
    match Status::of(credential.expires_at, credential.owner.is_active, now) {
        Status::Valid => Ok(()),
        Status::Expired => Err(Reason::KeyExpired),
        Status::Suspended => Err(Reason::UserDisabled),
    }
}

impl From<&Credential> for NamedKey {
    fn from(credential: &Credential) -> Self {
        Self { id: credential.id, user_id: credential.owner.id, last_used_at: credential.last_used_at }
    }
}

fn bearer(client_id: ClientId, credential: &Credential, scope: Scope) -> Bearer {
    Bearer { client_id, owner: credential.owner.clone(), scope, key_expires_at: credential.expires_at }
}

/// A request that is decided on.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked for.
    pub action: Action,
    /// Where it came from.
    pub source: Source,
    /// How a failure is counted.
    pub attempt: Attempt,
    /// When.
    pub now: Timestamp,
}

/// Decides and records the decision, with what `decide` adds to it. `Err` of the inner result is what `decide` did not
/// look at, and is not recorded.
///
/// # Errors
/// When nothing can be read or recorded.
pub async fn decide<T, E, D>(
    database: &Database,
    presented: Vec<Presented>,
    call: Call,
    decide: D,
) -> Result<Result<Decision<T>, E>, Error>
where
    T: Send + 'static,
    E: Send + 'static,
    D: FnOnce(Vec<Found>, &mut Vec<Entry>) -> Result<Decision<T>, E> + Send + 'static,
{
    let (decision, guess) = database.decide(presented, recording(call, decide)).await?;
    write_guess(database, guess).await?;
    Ok(decision)
}

/// The same for an answer that takes work: `prepare` gets it ready while the decision is being recorded. It must not tell
/// anybody: only what this returns is on record.
///
/// # Errors
/// When nothing can be read or recorded.
pub async fn decide_and_prepare<T, E, D, P>(
    database: &Database,
    presented: Vec<Presented>,
    call: Call,
    decide: D,
    prepare: impl AsyncFnOnce(Result<Decision<T>, E>) -> P,
) -> Result<P, Error>
where
    T: Send + 'static,
    E: Send + 'static,
    D: FnOnce(Vec<Found>, &mut Vec<Entry>) -> Result<Decision<T>, E> + Send + 'static,
{
    let prepare = async |(decision, guess): DecisionAndGuess<T, E>| (prepare(decision).await, guess);
    let (prepared, guess) = database.decide_and_prepare(presented, recording(call, decide), prepare).await?;
    write_guess(database, guess).await?;
    Ok(prepared)
}

/// A decision, and what is for [`write_guess`] where it is a guess.
type DecisionAndGuess<T, E> = (Result<Decision<T>, E>, Option<Guess>);

/// An attempt that counts as a guess, and its event.
struct Guess {
    event: Entry,
    attempt: Attempt,
    now: Timestamp,
}

/// Decides and adds the event of the decision.
fn recording<T, E>(
    call: Call,
    decide: impl FnOnce(Vec<Found>, &mut Vec<Entry>) -> Result<Decision<T>, E>,
) -> impl FnOnce(Vec<Found>, &mut Vec<Entry>) -> DecisionAndGuess<T, E> {
    let Call { action, source, attempt, now } = call;
    move |found, entries| {
        let place = entries.len();
        let decision = match decide(found, entries) {
            Ok(decision) => decision,
            Err(limited) => return (Err(limited), None),
        };
        let event = decision.event(action, source, now);
        if is_guess(&decision, attempt.kind) {
            return (Ok(decision), Some(Guess { event, attempt, now }));
        }
        entries.insert(place, event);
        (Ok(decision), None)
    }
}

async fn write_guess(database: &Database, guess: Option<Guess>) -> Result<(), Error> {
    let Some(Guess { event, attempt, now }) = guess else { return Ok(()) };
    // In a box, because all who are no guessers would carry the room for it through every step.
    Box::pin(async move {
        match verdict(database, &attempt, now).await? {
            Verdict::Allowed => {
                database.write(move |transaction| record_guess(transaction, event, &attempt, now)).await
            }
            Verdict::Limited { .. } => Ok(()),
        }
    })
    .await
}

/// Whether an attempt will be looked at, asked together with what others ask and without writing: whoever guesses on
/// must not keep the disk from everybody else.
///
/// # Errors
/// When nothing can be read.
pub async fn verdict(database: &Database, attempt: &Attempt, now: Timestamp) -> Result<Verdict, Error> {
    let asked = Presented { named: Arc::default(), counters: attempt.counters(), asks_for_token: false, now };
    let limited_until =
        database.decide(vec![asked], |found, _| found.into_iter().find_map(|found| found.limited_until));
    Ok(Verdict::until(limited_until.await?, now))
}

/// Records a decision in a transaction that does more.
///
/// # Errors
/// When a statement fails.
pub fn record<T>(transaction: &mut Transaction<'_>, decision: &Decision<T>, call: Call) -> QueryResult<()> {
    let event = decision.event(call.action, call.source, call.now);
    if is_guess(decision, call.attempt.kind) {
        return record_guess(transaction, event, &call.attempt, call.now);
    }
    transaction.record(event);
    Ok(())
}

/// A guess is recorded and counts against its address, up to the limit.
fn record_guess(transaction: &mut Transaction<'_>, event: Entry, attempt: &Attempt, now: Timestamp) -> QueryResult<()> {
    if attempts::verdict(transaction, attempt, now)? == Verdict::Allowed {
        attempts::count(transaction, attempt, now)?;
        transaction.record(event);
    }
    Ok(())
}

/// Whether somebody who cannot be told apart from a stranger caused this: by naming no known key, or with a wrong secret.
/// The secret of a deleted key is forgotten, so whoever presents one is a stranger too.
fn is_guess<T>(decision: &Decision<T>, kind: Kind) -> bool {
    match &decision.result {
        Ok(_) => false,
        Err(Reason::WrongSecret) => true,
        Err(Reason::KeyDeleted) => matches!(kind, Kind::Token),
        Err(_) => decision.key.is_none(),
    }
}
