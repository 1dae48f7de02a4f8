//! The statements on users and roles.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use diesel::dsl::{exists, max};
use diesel::prelude::*;

use super::listing::words_of;
use super::model::{Account, Reading, User, is_subject};
use crate::db::schema::{role_permissions, roles, user_roles, user_words, users};
use crate::db::{DbConnection, Timestamp, on_either, one_at_a_time};
use crate::language::{Language, Locale};
use crate::roles::model::ADMINISTRATOR;

type UserColumns = (
    users::id,
    users::subject,
    users::username,
    users::display_name,
    users::email,
    users::password_must_change,
    users::disabled_at,
    users::session_epoch,
    users::version,
    (users::language, users::time_zone),
);

/// The columns of a [`User`].
pub const USER_COLUMNS: UserColumns = (
    users::id,
    users::subject,
    users::username,
    users::display_name,
    users::email,
    users::password_must_change,
    users::disabled_at,
    users::session_epoch,
    users::version,
    (users::language, users::time_zone),
);

/// A user by the name to sign in with.
///
/// # Errors
/// When the statement fails.
pub fn find_by_username(connection: &mut DbConnection, username: &str) -> QueryResult<Option<User>> {
    users::table.filter(users::username.eq(username)).select(USER_COLUMNS).first(connection).optional()
}

/// A user by the key of the row.
///
/// # Errors
/// When the statement fails.
pub fn find(connection: &mut DbConnection, user_id: i64) -> QueryResult<Option<User>> {
    let query = users::table.find(user_id).select(USER_COLUMNS);
    on_either!(connection, either => query.first(either).optional())
}

/// A user's bcrypt hash, and the epoch of the sessions, which goes up when the password is replaced.
///
/// # Errors
/// When the statement fails.
pub fn password(connection: &mut DbConnection, user_id: i64) -> QueryResult<(String, i32)> {
    users::table.find(user_id).select((users::password_hash, users::session_epoch)).first(connection)
}

/// The greatest of all bcrypt hashes in the order of texts, which begin with their cost.
///
/// # Errors
/// When the statement fails.
pub fn greatest_password_hash(connection: &mut DbConnection) -> QueryResult<Option<String>> {
    users::table.select(max(users::password_hash)).first(connection)
}

/// Replaces the hash of a password by another one of the same password, unless the password was changed meanwhile.
///
/// # Errors
/// When the statement fails.
pub fn renew_password_hash(connection: &mut DbConnection, user_id: i64, before: &str, after: &str) -> QueryResult<()> {
    let unchanged = users::table.find(user_id).filter(users::password_hash.eq(before));
    diesel::update(unchanged).set(users::password_hash.eq(after)).execute(connection)?;
    Ok(())
}

/// A user by the immutable random ID.
///
/// # Errors
/// When the statement fails.
pub fn find_by_subject(connection: &mut DbConnection, subject: &str) -> QueryResult<Option<User>> {
    if !is_subject(subject) {
        return Ok(None);
    }
    users::table.filter(users::subject.eq(subject)).select(USER_COLUMNS).first(connection).optional()
}

/// The nonce of the form that added a user; none when no form did.
///
/// # Errors
/// When the statement fails.
pub fn password_nonce(connection: &mut DbConnection, user_id: i64) -> QueryResult<Option<String>> {
    users::table.find(user_id).select(users::password_nonce).first(connection)
}

/// Whether there is any user.
///
/// # Errors
/// When the statement fails.
pub fn any(connection: &mut DbConnection) -> QueryResult<bool> {
    diesel::select(exists(users::table.select(users::id))).get_result(connection)
}

/// Whether there is an active administrator besides this user.
///
/// # Errors
/// When the statement fails.
pub fn other_administrators(connection: &mut DbConnection, user_id: i64) -> QueryResult<bool> {
    let others = users::table
        .inner_join(user_roles::table.inner_join(roles::table))
        .filter(roles::name.eq(ADMINISTRATOR))
        .filter(users::disabled_at.is_null())
        .filter(users::id.ne(user_id));
    diesel::select(exists(others.select(users::id))).get_result(connection)
}

/// The names of a user's roles, sorted.
///
/// # Errors
/// When the statement fails.
pub fn roles_of(connection: &mut DbConnection, user_id: i64) -> QueryResult<Vec<String>> {
    let query = user_roles::table.inner_join(roles::table).filter(user_roles::user_id.eq(user_id)).select(roles::name);
    let mut names: Vec<String> = on_either!(connection, either => query.load(either))?;
    names.sort_unstable();
    Ok(names)
}

/// The permissions that a user holds now, through all roles.
///
/// # Errors
/// When the statement fails.
pub fn permissions_of(connection: &mut DbConnection, user_id: i64) -> QueryResult<BTreeSet<String>> {
    let query = user_roles::table
        .inner_join(role_permissions::table.on(role_permissions::role_id.eq(user_roles::role_id)))
        .filter(user_roles::user_id.eq(user_id))
        .select(role_permissions::permission);
    let permissions: Vec<String> = on_either!(connection, either => query.load(either))?;
    Ok(permissions.into_iter().collect())
}

/// Both in one statement, for every page: [`roles_of`] and [`permissions_of`].
fn roles_and_permissions_of(
    connection: &mut DbConnection,
    user_id: i64,
) -> QueryResult<(Vec<String>, BTreeSet<String>)> {
    let query = user_roles::table
        .inner_join(roles::table.left_join(role_permissions::table))
        .filter(user_roles::user_id.eq(user_id))
        .select((roles::name, role_permissions::permission.nullable()));
    let rows: Vec<(String, Option<String>)> = on_either!(connection, either => query.load(either))?;
    let (roles, permissions): (BTreeSet<_>, Vec<_>) = rows.into_iter().unzip();
    Ok((roles.into_iter().collect(), permissions.into_iter().flatten().collect()))
}

/// A user with roles and permissions, in whose browser this is how pages are read. To be called within [`crate::db::together`].
///
/// # Errors
/// When a statement fails.
pub fn account(connection: &mut DbConnection, user_id: i64, browser: Locale) -> QueryResult<Option<Account>> {
    let Some(user) = find(connection, user_id)? else { return Ok(None) };
    let (roles, permissions) = roles_and_permissions_of(connection, user_id)?;
    let locale = user.reading.locale(browser);
    Ok(Some(Account { user, roles, permissions, locale }))
}

/// What a new user's row holds.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// [`super::model::generate_subject`].
    pub subject: String,
    /// [`super::model::parse_username`].
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The bcrypt hash.
    pub password_hash: String,
    /// Whether the password is a one-time password.
    pub password_must_change: bool,
    /// The nonce of the form that adds the user.
    pub nonce: Option<String>,
}

/// Inserts a user and returns the key of the row.
///
/// # Errors
/// When a statement fails, also because the username is taken.
pub fn insert(connection: &mut DbConnection, user: &NewUser, now: Timestamp) -> QueryResult<i64> {
    let user_id = diesel::insert_into(users::table)
        .values((
            users::subject.eq(&user.subject),
            users::username.eq(&user.username),
            users::display_name.eq(&user.display_name),
            users::email.eq(&user.email),
            users::password_hash.eq(&user.password_hash),
            users::password_must_change.eq(user.password_must_change),
            users::password_nonce.eq(&user.nonce),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .returning(users::id)
        .get_result(connection)?;
    insert_words(connection, user_id, &user.username, &user.display_name, user.email.as_deref())?;
    Ok(user_id)
}

/// Changes how a user is called.
///
/// # Errors
/// When a statement fails.
pub fn update(
    connection: &mut DbConnection,
    user: &User,
    display_name: &str,
    email: Option<&str>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(users::table.find(user.id))
        .set((
            users::display_name.eq(display_name),
            users::email.eq(email),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .execute(connection)?;
    diesel::delete(user_words::table.filter(user_words::user_id.eq(user.id))).execute(connection)?;
    insert_words(connection, user.id, &user.username, display_name, email)
}

fn insert_words(
    connection: &mut DbConnection,
    user_id: i64,
    username: &str,
    display_name: &str,
    email: Option<&str>,
) -> QueryResult<()> {
    for word in words_of(&format!("{username} {display_name} {}", email.unwrap_or_default())) {
        diesel::insert_into(user_words::table)
            .values((user_words::word.eq(word), user_words::user_id.eq(user_id)))
            .execute(connection)?;
    }
    Ok(())
}

/// Notes that a user has signed in.
///
/// # Errors
/// When the statement fails.
pub fn note_sign_in(connection: &mut DbConnection, user_id: i64, now: Timestamp) -> QueryResult<()> {
    diesel::update(users::table.find(user_id)).set(users::last_sign_in_at.eq(Some(now))).execute(connection)?;
    Ok(())
}

/// Disables a user, or enables one; both end all sessions. `false` when it was so already.
///
/// # Errors
/// When the statement fails.
pub fn set_disabled(connection: &mut DbConnection, user_id: i64, disabled: bool, now: Timestamp) -> QueryResult<bool> {
    let user = users::table.find(user_id);
    let changed = if disabled {
        diesel::update(user.filter(users::disabled_at.is_null()))
            .set((
                users::disabled_at.eq(Some(now)),
                users::session_epoch.eq(users::session_epoch + 1),
                users::version.eq(users::version + 1),
                users::updated_at.eq(now),
            ))
            .execute(connection)?
    } else {
        diesel::update(user.filter(users::disabled_at.is_not_null()))
            .set((
                users::disabled_at.eq(None::<Timestamp>),
                users::session_epoch.eq(users::session_epoch + 1),
                users::version.eq(users::version + 1),
                users::updated_at.eq(now),
            ))
            .execute(connection)?
    };
    Ok(changed > 0)
}

/// Lets transactions that change users, their passwords or roles run one after another, so that what each has read of them
/// still holds when it writes.
///
/// # Errors
/// When the statement fails.
pub fn one_after_another(connection: &mut DbConnection) -> QueryResult<()> {
    one_at_a_time(connection, "people")
}

/// Replaces a user's password and ends all sessions. To be called after [`one_after_another`].
///
/// # Errors
/// When the statement fails.
pub fn set_password(
    connection: &mut DbConnection,
    user_id: i64,
    password_hash: &str,
    must_change: bool,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(users::table.find(user_id))
        .set((
            users::password_hash.eq(password_hash),
            users::password_must_change.eq(must_change),
            users::session_epoch.eq(users::session_epoch + 1),
            users::updated_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}

/// Changes how a user reads pages.
///
/// # Errors
/// When the statement fails.
pub fn set_reading(connection: &mut DbConnection, user_id: i64, reading: Reading) -> QueryResult<()> {
    diesel::update(users::table.find(user_id))
        .set((users::language.eq(reading.language.map(Language::tag)), users::time_zone.eq(reading.zone.map(Tz::name))))
        .execute(connection)?;
    Ok(())
}

/// Gives a user a role.
///
/// # Errors
/// When the statement fails.
pub fn insert_user_role(connection: &mut DbConnection, user_id: i64, role_id: i64) -> QueryResult<()> {
    diesel::insert_into(user_roles::table)
        .values((user_roles::user_id.eq(user_id), user_roles::role_id.eq(role_id)))
        .execute(connection)?;
    Ok(())
}

/// Takes a role away from a user.
///
/// # Errors
/// When the statement fails.
pub fn delete_user_role(connection: &mut DbConnection, user_id: i64, role_id: i64) -> QueryResult<()> {
    diesel::delete(user_roles::table.find((user_id, role_id))).execute(connection)?;
    Ok(())
}
