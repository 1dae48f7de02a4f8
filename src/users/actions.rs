//! What is done to users and roles: a verb each, one transaction, its audit event inside it.

use std::collections::BTreeSet;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use rand::CryptoRng;

use super::model::{ADMINISTRATOR, generate_subject};
use super::password::{Passwords, generate_one_time};
use super::password_rules::check_choice;
use super::queries::{self, NewUser};
use crate::audit::model::{Action, NewEvent, Outcome};
use crate::config::BadSetting;
use crate::db::{Database, Timestamp, Transaction};
use crate::login;
use crate::secret::SecretText;

/// What became of adding a user.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    /// The user exists now.
    Added,
    /// The name is taken.
    NameTaken,
    /// There is no role of this name.
    NoSuchRole(String),
}

/// Adds a user with roles.
///
/// # Errors
/// When the transaction fails.
pub fn add(
    database: &Database,
    user: NewUser<'_>,
    roles: &[String],
    now: Timestamp,
) -> Result<Added, crate::db::Error> {
    database.write_blocking(|connection| {
        let mut role_ids = Vec::new();
        for role in roles.iter().collect::<BTreeSet<_>>() {
            match queries::find_role(connection, role)? {
                Some(role_id) => role_ids.push(role_id),
                None => return Ok(Added::NoSuchRole(role.clone())),
            }
        }
        if queries::find_by_username(connection, user.username)?.is_some() {
            return Ok(Added::NameTaken);
        }
        let user_id = queries::insert(connection, user, now)?;
        for role_id in role_ids {
            queries::insert_user_role(connection, user_id, role_id)?;
        }
        record(connection, Some(user_id), Action::AddUser, now);
        Ok(Added::Added)
    })
}

/// What became of a change to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The change was made.
    Changed,
    /// Nothing had to be changed.
    AlreadySo,
    /// There is no such user.
    NoSuchUser,
}

/// Disables or enables a user. Both end all browser sessions: the first because they must stop, the second so that none
/// comes back to life.
///
/// # Errors
/// When the transaction fails.
pub fn set_disabled(
    database: &Database,
    username: &str,
    disabled: bool,
    now: Timestamp,
) -> Result<Changed, crate::db::Error> {
    database.write_blocking(|connection| {
        let Some(user) = queries::find_by_username(connection, username)? else { return Ok(Changed::NoSuchUser) };
        if !queries::set_disabled(connection, user.id, disabled, now)? {
            return Ok(Changed::AlreadySo);
        }
        login::queries::delete_sessions_of(connection, user.id)?;
        record(connection, Some(user.id), if disabled { Action::DisableUser } else { Action::EnableUser }, now);
        Ok(Changed::Changed)
    })
}

/// Sets a one-time password, which the user must change at the next sign-in, and ends all browser sessions.
///
/// # Errors
/// When the transaction fails.
pub fn set_password(
    database: &Database,
    username: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<Changed, crate::db::Error> {
    database.write_blocking(|connection| {
        let Some(user) = queries::find_by_username(connection, username)? else { return Ok(Changed::NoSuchUser) };
        queries::set_password(connection, user.id, password_hash, true, now)?;
        login::queries::delete_sessions_of(connection, user.id)?;
        record(connection, Some(user.id), Action::SetPassword, now);
        Ok(Changed::Changed)
    })
}

/// What became of adding a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleAdded {
    /// The role exists now.
    Added,
    /// The name is taken.
    NameTaken,
}

/// Adds a role with permissions.
///
/// # Errors
/// When the transaction fails.
pub fn add_role(
    database: &Database,
    name: &str,
    description: &str,
    permissions: &BTreeSet<String>,
    now: Timestamp,
) -> Result<RoleAdded, crate::db::Error> {
    database.write_blocking(|connection| {
        if queries::find_role(connection, name)?.is_some() {
            return Ok(RoleAdded::NameTaken);
        }
        let role_id = queries::insert_role(connection, name, description)?;
        for permission in permissions {
            queries::insert_role_permission(connection, role_id, permission)?;
        }
        record(connection, None, Action::AddRole, now);
        Ok(RoleAdded::Added)
    })
}

/// What the first start found.
#[derive(Debug)]
pub enum FirstAdministrator {
    /// There are users already.
    NotNeeded,
    /// `admin` was made with the password that the operator gave.
    WithGivenPassword,
    /// `admin` was made with this one-time password, which is to be shown once.
    WithOneTimePassword(SecretText),
}

/// Makes the administrator `admin` when there is no user at all.
///
/// # Errors
/// When hashing or the transaction fails.
pub fn ensure_administrator(
    database: &Database,
    passwords: &Passwords,
    given: Option<&SecretText>,
    instance_name: &str,
    rng: &mut impl CryptoRng,
    now: Timestamp,
) -> anyhow::Result<FirstAdministrator> {
    if database.read_blocking(queries::any)? {
        return Ok(FirstAdministrator::NotNeeded);
    }
    if let Some(given) = given {
        check_choice(given, &["admin", instance_name])
            .map_err(|message| BadSetting(format!("the given password of admin: {message}")))?;
    }
    let one_time = if given.is_none() { Some(generate_one_time(rng)) } else { None };
    let Some(password) = given.or(one_time.as_ref()) else { return Ok(FirstAdministrator::NotNeeded) };
    let password_hash = passwords.hash_blocking(password)?;
    let subject = generate_subject(rng);
    let added = add(
        database,
        NewUser {
            subject: &subject,
            username: "admin",
            display_name: "Administrator",
            email: None,
            password_hash: &password_hash,
            password_must_change: one_time.is_some(),
        },
        &[ADMINISTRATOR.to_owned()],
        now,
    );
    match (added, one_time) {
        // Another instance that started at the same moment was first: its password counts.
        (Ok(Added::NameTaken), _) => Ok(FirstAdministrator::NotNeeded),
        (Err(crate::db::Error::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))), _) => {
            Ok(FirstAdministrator::NotNeeded)
        }
        (Err(error), _) => Err(error.into()),
        (Ok(Added::NoSuchRole(role)), _) => anyhow::bail!("the built-in role {role} is missing from the database"),
        (Ok(Added::Added), Some(password)) => Ok(FirstAdministrator::WithOneTimePassword(password)),
        (Ok(Added::Added), None) => Ok(FirstAdministrator::WithGivenPassword),
    }
}

fn record(transaction: &mut Transaction<'_>, user_id: Option<i64>, action: Action, now: Timestamp) {
    let event = NewEvent {
        at: now,
        user_id,
        api_key_id: None,
        action,
        outcome: Outcome::Allowed,
        source: None,
        actor_id: None,
        detail: None,
    };
    transaction.record(event.into());
}
