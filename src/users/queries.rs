//! The statements on users and roles.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::model::{Account, User};
use crate::db::schema::{role_permissions, roles, user_roles, users};
use crate::db::{DbConnection, Timestamp, on_either};

type UserColumns = (
    users::id,
    users::subject,
    users::username,
    users::display_name,
    users::email,
    users::password_must_change,
    users::disabled_at,
    users::session_epoch,
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

/// A user's bcrypt hash.
///
/// # Errors
/// When the statement fails.
pub fn password_hash(connection: &mut DbConnection, user_id: i64) -> QueryResult<String> {
    users::table.find(user_id).select(users::password_hash).first(connection)
}

/// All users by username.
///
/// # Errors
/// When the statement fails.
pub fn list(connection: &mut DbConnection) -> QueryResult<Vec<User>> {
    users::table.order(users::username).select(USER_COLUMNS).load(connection)
}

/// Whether there is any user.
///
/// # Errors
/// When the statement fails.
pub fn any(connection: &mut DbConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(connection)
}

/// The names of a user's roles.
///
/// # Errors
/// When the statement fails.
pub fn roles_of(connection: &mut DbConnection, user_id: i64) -> QueryResult<Vec<String>> {
    let query = user_roles::table
        .inner_join(roles::table)
        .filter(user_roles::user_id.eq(user_id))
        .order(roles::name)
        .select(roles::name);
    on_either!(connection, either => query.load(either))
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

/// A user with roles and permissions.
///
/// # Errors
/// When a statement fails.
pub fn account(connection: &mut DbConnection, user_id: i64) -> QueryResult<Option<Account>> {
    let Some(user) = find(connection, user_id)? else { return Ok(None) };
    let roles = roles_of(connection, user_id)?;
    let permissions = permissions_of(connection, user_id)?;
    Ok(Some(Account { user, roles, permissions }))
}

/// What a new user's row holds.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// [`super::model::generate_subject`].
    pub subject: &'a str,
    /// [`super::model::parse_username`].
    pub username: &'a str,
    /// The name that people read.
    pub display_name: &'a str,
    /// The e-mail address.
    pub email: Option<&'a str>,
    /// The bcrypt hash.
    pub password_hash: &'a str,
    /// Whether the password is a one-time password.
    pub password_must_change: bool,
}

/// Inserts a user and returns the key of the row.
///
/// # Errors
/// When the statement fails, also because the username is taken.
pub fn insert(connection: &mut DbConnection, user: NewUser<'_>, now: Timestamp) -> QueryResult<i64> {
    diesel::insert_into(users::table)
        .values((
            users::subject.eq(user.subject),
            users::username.eq(user.username),
            users::display_name.eq(user.display_name),
            users::email.eq(user.email),
            users::password_hash.eq(user.password_hash),
            users::password_must_change.eq(user.password_must_change),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .returning(users::id)
        .get_result(connection)
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
                users::updated_at.eq(now),
            ))
            .execute(connection)?
    } else {
        diesel::update(user.filter(users::disabled_at.is_not_null()))
            .set((
                users::disabled_at.eq(None::<Timestamp>),
                users::session_epoch.eq(users::session_epoch + 1),
                users::updated_at.eq(now),
            ))
            .execute(connection)?
    };
    Ok(changed > 0)
}

/// Replaces a user's password and ends all sessions.
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

/// The key of a role's row by name.
///
/// # Errors
/// When the statement fails.
pub fn find_role(connection: &mut DbConnection, name: &str) -> QueryResult<Option<i64>> {
    roles::table.filter(roles::name.eq(name)).select(roles::id).first(connection).optional()
}

/// Inserts a role and returns the key of the row.
///
/// # Errors
/// When the statement fails, also because the name is taken.
pub fn insert_role(connection: &mut DbConnection, name: &str, description: &str) -> QueryResult<i64> {
    diesel::insert_into(roles::table)
        .values((roles::name.eq(name), roles::description.eq(description), roles::built_in.eq(false)))
        .returning(roles::id)
        .get_result(connection)
}

/// Adds a permission to a role.
///
/// # Errors
/// When the statement fails.
pub fn insert_role_permission(connection: &mut DbConnection, role_id: i64, permission: &str) -> QueryResult<()> {
    diesel::insert_into(role_permissions::table)
        .values((role_permissions::role_id.eq(role_id), role_permissions::permission.eq(permission)))
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
