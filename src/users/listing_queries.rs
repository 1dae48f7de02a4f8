//! The statements that look through users.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{self, Bool, Text};

use super::listing::{Column, Cursor, Filter, Key, ListedUser, Sort, Status, UserPage};
use super::model::User;
use super::queries::USER_COLUMNS;
use crate::api_keys::queries as api_keys;
use crate::db::schema::{roles, user_roles, user_words, users};
use crate::db::{DbConnection, Timestamp};
use crate::roles::queries as role_queries;

/// Users that a part of the filter lets through are looked at one by one when they are at most so many. When they are
/// more, walking along the order of the list soon meets enough of them.
const FEW: usize = 1000;

/// Skipping no row keeps Postgres from joining: planning for words that it does not know, it would take every word for a
/// rare one, and collect and sort all who have it instead of walking along the order of the list until a page is full.
const OF_EACH_ROW: i64 = 0;

/// A user's row: the user, when it was changed, and when the user last signed in.
type Row = (User, Timestamp, Option<Timestamp>);

/// A page of users.
///
/// # Errors
/// When a statement fails.
pub fn page(
    connection: &mut DbConnection,
    filter: &Filter,
    sort: Sort,
    after: Option<&Cursor>,
    size: usize,
    now: Timestamp,
) -> QueryResult<UserPage> {
    let mut rows = rows(connection, filter, sort, after, size + 1)?;
    let more = rows.len() > size;
    rows.truncate(size);
    let users = complete(connection, rows, now)?;
    let next = users.last().filter(|_| more).map(|last| Cursor::of(last, sort.column));
    Ok(UserPage { users, next })
}

/// One user as administrators see one.
///
/// # Errors
/// When a statement fails.
pub fn find(connection: &mut DbConnection, user_id: i64, now: Timestamp) -> QueryResult<Option<ListedUser>> {
    let row: Option<Row> = users::table
        .find(user_id)
        .select((USER_COLUMNS, users::updated_at, users::last_sign_in_at))
        .first(connection)
        .optional()?;
    Ok(complete(connection, row.into_iter().collect(), now)?.pop())
}

fn complete(connection: &mut DbConnection, rows: Vec<Row>, now: Timestamp) -> QueryResult<Vec<ListedUser>> {
    let ids: Vec<i64> = rows.iter().map(|(user, ..)| user.id).collect();
    let mut roles = roles_of_each(connection, &ids)?;
    let keys = api_keys::count_unexpired(connection, &ids, now)?;
    Ok(rows
        .into_iter()
        .map(|(user, updated_at, last_sign_in_at)| ListedUser {
            roles: roles.remove(&user.id).unwrap_or_default(),
            unexpired_keys: keys.get(&user.id).copied().unwrap_or(0),
            user,
            updated_at,
            last_sign_in_at,
        })
        .collect())
}

fn roles_of_each(connection: &mut DbConnection, user_ids: &[i64]) -> QueryResult<HashMap<i64, Vec<String>>> {
    let rows: Vec<(i64, String)> = user_roles::table
        .inner_join(roles::table)
        .filter(user_roles::user_id.eq_any(user_ids))
        .order(roles::name)
        .select((user_roles::user_id, roles::name))
        .load(connection)?;
    let mut roles: HashMap<i64, Vec<String>> = HashMap::new();
    for (user_id, role) in rows {
        roles.entry(user_id).or_default().push(role);
    }
    Ok(roles)
}

fn rows(
    connection: &mut DbConnection,
    filter: &Filter,
    sort: Sort,
    after: Option<&Cursor>,
    limit: usize,
) -> QueryResult<Vec<Row>> {
    let role_id = match &filter.role {
        Some(role) => match role_queries::find(connection, role)? {
            Some(role) => Some(role.id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let few = few(connection, filter, role_id)?;
    let key = expression(sort.column);
    let (direction, beyond) = if sort.descending { ("DESC", "<") } else { ("ASC", ">") };
    let order = format!("{key} {direction}, users.username {direction}");
    let mut rows = users::table
        .select((USER_COLUMNS, users::updated_at, users::last_sign_in_at))
        .order(diesel::dsl::sql::<Bool>(&order))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if let Some(few) = few {
        rows = rows.filter(users::id.eq_any(few));
    }
    match filter.status {
        Some(Status::Active) => rows = rows.filter(users::disabled_at.is_null()),
        Some(Status::Inactive) => rows = rows.filter(users::disabled_at.is_not_null()),
        None => {}
    }
    if let Some(role_id) = role_id {
        let has_it = user_roles::table
            .filter(user_roles::user_id.eq(users::id))
            .filter(user_roles::role_id.eq(role_id))
            .offset(OF_EACH_ROW);
        rows = rows.filter(exists(has_it));
    }
    for word in &filter.words {
        let has_it = user_words::table
            .filter(user_words::user_id.eq(users::id))
            .filter(user_words::word.ge(word))
            .filter(user_words::word.lt(after_all_with(word)))
            .offset(OF_EACH_ROW);
        rows = rows.filter(exists(has_it));
    }
    if let Some(Cursor { key: place, username }) = after {
        let beyond = diesel::dsl::sql::<Bool>(&format!("({key}, users.username) {beyond} ("));
        rows =
            match place {
                Key::Text(text) => rows
                    .filter(beyond.sql("lower(").bind::<Text, _>(text).sql("), ").bind::<Text, _>(username).sql(")")),
                Key::Time(time) => rows
                    .filter(beyond.bind::<sql_types::Timestamp, _>(time).sql(", ").bind::<Text, _>(username).sql(")")),
            };
    }
    rows.load(connection)
}

/// What each column is sorted by, word for word as in its index.
fn expression(column: Column) -> &'static str {
    match column {
        Column::Username => "users.username",
        Column::DisplayName => "lower(users.display_name)",
        Column::Email => "lower(coalesce(users.email, ''))",
        Column::LastSignIn => "coalesce(users.last_sign_in_at, '1970-01-01 00:00:00')",
        Column::Updated => "users.updated_at",
    }
}

/// The users that one part of the filter lets through, if those are few.
fn few(connection: &mut DbConnection, filter: &Filter, role_id: Option<i64>) -> QueryResult<Option<Vec<i64>>> {
    let limit = i64::try_from(FEW + 1).unwrap_or(i64::MAX);
    let mut fewest: Option<Vec<i64>> = None;
    let mut consider = |found: Vec<i64>| {
        if found.len() <= FEW && fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len()) {
            fewest = Some(found);
        }
    };
    for word in &filter.words {
        let beginning_so =
            user_words::table.filter(user_words::word.ge(word)).filter(user_words::word.lt(after_all_with(word)));
        consider(beginning_so.limit(limit).select(user_words::user_id).load(connection)?);
    }
    if let Some(role_id) = role_id {
        let with_it = user_roles::table.filter(user_roles::role_id.eq(role_id)).limit(limit);
        consider(with_it.select(user_roles::user_id).load(connection)?);
    }
    if filter.status == Some(Status::Inactive) {
        let disabled = users::table.filter(users::disabled_at.is_not_null()).limit(limit);
        consider(disabled.select(users::id).load(connection)?);
    }
    Ok(fewest)
}

/// What comes after all words that begin with this one.
fn after_all_with(word: &str) -> String {
    format!("{word}{}", char::MAX)
}
