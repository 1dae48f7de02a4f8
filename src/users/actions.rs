//! What is done to users: a verb each, a part of one transaction, its audit event inside it. Whoever serves requests
//! begins the transaction with [`Database::write`], the command line with [`Database::write_blocking`].

use std::collections::BTreeSet;

use diesel::QueryResult;
use rand::CryptoRng;

use super::author::Author;
use super::model::{User, generate_subject};
use super::password::{Passwords, generate_one_time};
use super::password_rules::check_choice;
use super::queries::{self, NewUser};
use crate::audit::model::Action;
use crate::config::BadSetting;
use crate::db::{Database, Timestamp, Transaction};
use crate::login;
use crate::roles::model::{ADMINISTRATOR, Grant, NewSet, Role, difference};
use crate::roles::queries as roles;
use crate::roles::rules::{self, Refusal, Subject};
use crate::secret::SecretText;

/// Adds a user with roles, and returns the key of the row.
///
/// # Errors
/// When a statement fails.
pub fn add(
    transaction: &mut Transaction<'_>,
    author: &Author,
    new: &NewUser,
    role_names: &BTreeSet<String>,
    now: Timestamp,
) -> QueryResult<Result<i64, Refusal>> {
    let actor = author.begin(transaction)?;
    let given = match grants(transaction, role_names)? {
        Ok(given) => given,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let subject = Subject { id: None, permissions: &BTreeSet::new() };
    if let Err(refusal) = rules::may_change_roles(&actor, subject, &given, &[], true, true) {
        return Ok(Err(author.refuse(transaction, Action::AddUser, &new.username, refusal, now)));
    }
    if let Some(other) = queries::find_by_username(transaction, &new.username)? {
        let same_form = new.nonce.is_some() && queries::password_nonce(transaction, other.id)? == new.nonce;
        let refusal = if same_form { Refusal::FormUsed } else { Refusal::UsernameTaken(other.username) };
        return Ok(Err(refusal));
    }
    let user_id = queries::insert(transaction, new, now)?;
    for grant in given {
        queries::insert_user_role(transaction, user_id, grant.role.id)?;
    }
    let detail = (!role_names.is_empty()).then(|| roles_changed(&BTreeSet::new(), role_names));
    author.record(transaction, user_id, Action::AddUser, detail, now);
    Ok(Ok(user_id))
}

/// What is to become of a user. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EditUser {
    /// The version that was edited; none where nobody looked at one.
    pub version: Option<i32>,
    /// The name that people read.
    pub display_name: Option<String>,
    /// The e-mail address, or that there is none.
    pub email: Option<Option<String>>,
    /// The names of the roles.
    pub roles: Option<NewSet>,
}

/// Changes a user, and returns whether anything had to be changed. A role that was taken away is gone from the next
/// check on.
///
/// # Errors
/// When a statement fails.
pub fn edit(
    transaction: &mut Transaction<'_>,
    author: &Author,
    user_id: i64,
    edit: &EditUser,
    now: Timestamp,
) -> QueryResult<Result<bool, Refusal>> {
    let actor = author.begin(transaction)?;
    let Some(user) = queries::find(transaction, user_id)? else { return Ok(Err(Refusal::NoSuchUser)) };
    let before: BTreeSet<String> = queries::roles_of(transaction, user_id)?.into_iter().collect();
    let after = edit.roles.as_ref().map_or_else(|| before.clone(), |roles| roles.from(&before));
    let (given, taken) = match role_changes(transaction, &before, &after)? {
        Ok(changes) => changes,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let permissions = queries::permissions_of(transaction, user_id)?;
    let subject = Subject { id: Some(user_id), permissions: &permissions };
    let others = queries::other_administrators(transaction, user_id)?;
    if let Err(refusal) = rules::may_change_roles(&actor, subject, &given, &taken, user.is_active(), others) {
        return Ok(Err(author.refuse(transaction, Action::EditUser, &user.username, refusal, now)));
    }
    if edit.version.is_some_and(|version| version != user.version) {
        return Ok(Err(Refusal::Outdated));
    }
    let display_name = edit.display_name.as_ref().unwrap_or(&user.display_name);
    let email = edit.email.as_ref().unwrap_or(&user.email);
    let mut changes = Vec::new();
    if *display_name != user.display_name {
        changes.push("display name".to_owned());
    }
    if *email != user.email {
        changes.push("e-mail".to_owned());
    }
    if after != before {
        changes.push(roles_changed(&before, &after));
    }
    if changes.is_empty() {
        return Ok(Ok(false));
    }
    queries::update(transaction, &user, display_name, email.as_deref(), now)?;
    for role in taken {
        queries::delete_user_role(transaction, user_id, role.id)?;
    }
    for grant in given {
        queries::insert_user_role(transaction, user_id, grant.role.id)?;
    }
    author.record(transaction, user_id, Action::EditUser, Some(changes.join("; ")), now);
    Ok(Ok(true))
}

/// Disables or enables a user, and returns whether that had to be done. Both end all browser sessions: the first because
/// they must stop, the second so that none comes back to life.
///
/// # Errors
/// When a statement fails.
pub fn set_disabled(
    transaction: &mut Transaction<'_>,
    author: &Author,
    user_id: i64,
    disabled: bool,
    now: Timestamp,
) -> QueryResult<Result<bool, Refusal>> {
    let action = if disabled { Action::DisableUser } else { Action::EnableUser };
    let actor = author.begin(transaction)?;
    let Some(user) = queries::find(transaction, user_id)? else { return Ok(Err(Refusal::NoSuchUser)) };
    let permissions = queries::permissions_of(transaction, user_id)?;
    let subject = Subject { id: Some(user_id), permissions: &permissions };
    let allowed = if disabled {
        let is_administrator = user.is_active() && is_administrator(transaction, &user)?;
        let others = queries::other_administrators(transaction, user_id)?;
        rules::may_disable(&actor, subject, is_administrator, others)
    } else {
        rules::may_change_user(&actor, subject)
    };
    if let Err(refusal) = allowed {
        return Ok(Err(author.refuse(transaction, action, &user.username, refusal, now)));
    }
    if !queries::set_disabled(transaction, user_id, disabled, now)? {
        return Ok(Ok(false));
    }
    login::queries::delete_sessions_of(transaction, user_id)?;
    author.record(transaction, user_id, action, None, now);
    Ok(Ok(true))
}

/// Sets a one-time password, which the user must change at the next sign-in, and ends all browser sessions. A form that was
/// shown in an earlier epoch of the sessions does nothing: it was used, or the user's password or status changed meanwhile.
///
/// # Errors
/// When a statement fails.
pub fn set_password(
    transaction: &mut Transaction<'_>,
    author: &Author,
    user_id: i64,
    password_hash: &str,
    session_epoch: Option<i32>,
    now: Timestamp,
) -> QueryResult<Result<(), Refusal>> {
    let actor = author.begin(transaction)?;
    let Some(user) = queries::find(transaction, user_id)? else { return Ok(Err(Refusal::NoSuchUser)) };
    let permissions = queries::permissions_of(transaction, user_id)?;
    let subject = Subject { id: Some(user_id), permissions: &permissions };
    if let Err(refusal) = rules::may_set_password(&actor, subject) {
        return Ok(Err(author.refuse(transaction, Action::SetPassword, &user.username, refusal, now)));
    }
    if session_epoch.is_some_and(|epoch| epoch != user.session_epoch) {
        return Ok(Err(Refusal::FormUsed));
    }
    queries::set_password(transaction, user_id, password_hash, true, now)?;
    login::queries::delete_sessions_of(transaction, user_id)?;
    author.record(transaction, user_id, Action::SetPassword, None, now);
    Ok(Ok(()))
}

/// The roles of these names with their permissions.
fn grants(transaction: &mut Transaction<'_>, names: &BTreeSet<String>) -> QueryResult<Result<Vec<Grant>, Refusal>> {
    let mut grants = Vec::new();
    for name in names {
        match roles::find_grant(transaction, name)? {
            Some(grant) => grants.push(grant),
            None => return Ok(Err(Refusal::NoSuchRole(name.clone()))),
        }
    }
    Ok(Ok(grants))
}

/// The roles that come and those that go.
type RoleChanges = (Vec<Grant>, Vec<Role>);

fn role_changes(
    transaction: &mut Transaction<'_>,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> QueryResult<Result<RoleChanges, Refusal>> {
    let given = match grants(transaction, &(after - before))? {
        Ok(given) => given,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut taken = Vec::new();
    for name in before.difference(after) {
        taken.extend(roles::find(transaction, name)?);
    }
    Ok(Ok((given, taken)))
}

fn roles_changed(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    format!("roles: {}", difference(before, after))
}

fn is_administrator(transaction: &mut Transaction<'_>, user: &User) -> QueryResult<bool> {
    Ok(queries::roles_of(transaction, user.id)?.iter().any(|role| role == ADMINISTRATOR))
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

/// Refuses a password that the first administrator is not to have.
///
/// # Errors
/// When it breaks the rules for passwords.
pub fn check_given_password(given: &SecretText, instance_name: &str) -> Result<(), BadSetting> {
    check_choice(given, &["admin", instance_name])
        .map_err(|message| BadSetting(format!("the given password of admin: {message}")))
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
        check_given_password(given, instance_name)?;
    }
    let one_time = if given.is_none() { Some(generate_one_time(rng)) } else { None };
    let Some(password) = given.or(one_time.as_ref()) else { return Ok(FirstAdministrator::NotNeeded) };
    let new = NewUser {
        subject: generate_subject(rng),
        username: "admin".to_owned(),
        display_name: "Administrator".to_owned(),
        email: None,
        password_hash: passwords.hash_blocking(password)?,
        password_must_change: one_time.is_some(),
        nonce: None,
    };
    let roles = BTreeSet::from([ADMINISTRATOR.to_owned()]);
    let added = database.write_blocking(|transaction| add(transaction, &Author::Operator, &new, &roles, now))?;
    match (added, one_time) {
        // Another instance that started at the same moment was first: its password counts.
        (Err(Refusal::UsernameTaken(_)), _) => Ok(FirstAdministrator::NotNeeded),
        (Err(refusal), _) => anyhow::bail!("the first administrator cannot be added: {refusal}"),
        (Ok(_), Some(password)) => Ok(FirstAdministrator::WithOneTimePassword(password)),
        (Ok(_), None) => Ok(FirstAdministrator::WithGivenPassword),
    }
}
