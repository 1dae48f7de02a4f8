//! The statements on everybody's keys. A list goes from a key to the next ones, so that a page far down costs what the
//! first one does.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::model::{Concern, KeyFilter, KeyOrder, long_ago, soon};
use crate::api_keys::model::{ApiKey, Status};
use crate::api_keys::queries::API_KEY_COLUMNS;
use crate::db::schema::{api_keys, users};
use crate::db::{DbConnection, Timestamp};
use crate::users::model::User;
use crate::users::queries::USER_COLUMNS;

/// Users whose keys are listed for the beginning of a username; more are too many to look through.
const MOST_OWNERS: i64 = 100;

/// Where a key is in every order.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Place {
    /// The key of the row.
    pub id: i64,
    /// When it was generated.
    pub created_at: Timestamp,
    /// From when on it cannot be used.
    pub expires_at: Timestamp,
}

/// Keys with their owners, in the filter's order, from after a [`place`] on.
///
/// # Errors
/// When a statement fails.
pub fn page(
    connection: &mut DbConnection,
    filter: &KeyFilter,
    after: Option<Place>,
    limit: usize,
    now: Timestamp,
) -> QueryResult<Vec<(ApiKey, User)>> {
    let ids = find(connection, filter, after, limit, now)?;
    let mut keys: Vec<(ApiKey, User)> = api_keys::table
        .inner_join(users::table)
        .filter(api_keys::id.eq_any(&ids))
        .select((API_KEY_COLUMNS, USER_COLUMNS))
        .load(connection)?;
    let places: HashMap<i64, usize> = ids.into_iter().zip(0..).collect();
    keys.sort_unstable_by_key(|(key, _)| places.get(&key.id).copied());
    Ok(keys)
}

/// The keys of a [`page`], found without reading the rows where an index has all that is asked for.
fn find(
    connection: &mut DbConnection,
    filter: &KeyFilter,
    after: Option<Place>,
    limit: usize,
    now: Timestamp,
) -> QueryResult<Vec<i64>> {
    let mut keys = api_keys::table
        .filter(api_keys::deleted_at.is_null())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(api_keys::id)
        .into_boxed();
    keys = match filter.order() {
        KeyOrder::Newest => keys.order(api_keys::id.desc()),
        KeyOrder::LatestCreation => keys.order((api_keys::created_at.desc(), api_keys::id.desc())),
        KeyOrder::LatestExpiry => keys.order((api_keys::expires_at.desc(), api_keys::id.desc())),
        KeyOrder::NextExpiry => keys.order((api_keys::expires_at.asc(), api_keys::id.asc())),
    };
    if let Some(Place { id, created_at, expires_at }) = after {
        keys = match filter.order() {
            KeyOrder::Newest => keys.filter(api_keys::id.lt(id)),
            // Said twice, so that an index goes on from there.
            KeyOrder::LatestCreation => keys
                .filter(api_keys::created_at.le(created_at))
                .filter(api_keys::created_at.lt(created_at).or(api_keys::id.lt(id))),
            KeyOrder::LatestExpiry => keys
                .filter(api_keys::expires_at.le(expires_at))
                .filter(api_keys::expires_at.lt(expires_at).or(api_keys::id.lt(id))),
            KeyOrder::NextExpiry => keys
                .filter(api_keys::expires_at.ge(expires_at))
                .filter(api_keys::expires_at.gt(expires_at).or(api_keys::id.gt(id))),
        };
    }
    if let Some(owners) = &filter.owners {
        keys = keys.filter(api_keys::user_id.eq_any(owners));
    }
    let disabled = users::table.filter(users::disabled_at.is_not_null());
    match filter.status {
        Some(Status::Expired) => keys = keys.filter(api_keys::expires_at.le(now)),
        Some(Status::Valid) => {
            let its_owner = disabled.filter(users::id.eq(api_keys::user_id));
            keys = keys.filter(api_keys::expires_at.gt(now)).filter(not(exists(its_owner)));
        }
        Some(Status::Suspended) => {
            keys =
                keys.filter(api_keys::expires_at.gt(now)).filter(api_keys::user_id.eq_any(disabled.select(users::id)));
        }
        None => {}
    }
    match filter.concern {
        Some(Concern::NeverUsed) => keys = keys.filter(api_keys::last_used_at.is_null()),
        Some(Concern::ExpiresSoon) => {
            keys = keys.filter(api_keys::expires_at.gt(now)).filter(api_keys::expires_at.le(soon(now)));
        }
        Some(Concern::Unused) => {
            let unused = api_keys::last_used_at.is_null().or(api_keys::last_used_at.le(long_ago(now)));
            keys = keys.filter(api_keys::created_at.le(long_ago(now))).filter(unused.assume_not_null());
        }
        None => {}
    }
    keys.load(connection)
}

/// The place of a key, deleted or not, among those of its owner or, when none is given, among all. A key of somebody else
/// has no place: whoever asks is not told that there is one.
///
/// # Errors
/// When the statement fails.
pub fn place(connection: &mut DbConnection, client_id: &str, owner: Option<i64>) -> QueryResult<Option<Place>> {
    let mut keys = api_keys::table.filter(api_keys::client_id.eq(client_id)).into_boxed();
    if let Some(owner) = owner {
        keys = keys.filter(api_keys::user_id.eq(owner));
    }
    keys.select((api_keys::id, api_keys::created_at, api_keys::expires_at)).first(connection).optional()
}

/// The first users, by name, whose username begins so, and whether there are more.
///
/// # Errors
/// When the statement fails.
pub fn owners_beginning_with(connection: &mut DbConnection, beginning: &str) -> QueryResult<(Vec<i64>, bool)> {
    let most = usize::try_from(MOST_OWNERS).unwrap_or(usize::MAX);
    let mut owners: Vec<i64> = users::table
        .filter(users::username.ge(beginning))
        .filter(users::username.lt(format!("{beginning}\u{10FFFF}")))
        .order(users::username)
        .limit(MOST_OWNERS + 1)
        .select(users::id)
        .load(connection)?;
    let more = owners.len() > most;
    owners.truncate(most);
    Ok((owners, more))
}
