//! What is done to roles: a verb each, a part of one transaction, its audit event inside it. Whoever serves requests
//! begins the transaction with [`crate::db::Database::write`], the command line with `write_blocking`.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::model::{NewSet, difference};
use super::queries;
use super::rules::{self, Refusal};
use crate::audit::model::Action;
use crate::db::{Timestamp, Transaction};
use crate::users::author::Author;

/// A role that is to be added.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// [`super::model::parse_role_name`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its permissions.
    pub permissions: BTreeSet<String>,
}

/// Adds a role.
///
/// # Errors
/// When a statement fails.
pub fn add(
    transaction: &mut Transaction<'_>,
    author: &Author,
    new: &NewRole,
    now: Timestamp,
) -> QueryResult<Result<(), Refusal>> {
    let actor = author.begin(transaction)?;
    if let Err(refusal) = rules::may_add_role(&actor, &new.permissions) {
        return Ok(Err(author.refuse(transaction, Action::AddRole, &new.name, refusal, now)));
    }
    if queries::find(transaction, &new.name)?.is_some() {
        return Ok(Err(Refusal::RoleNameTaken(new.name.clone())));
    }
    let role_id = queries::insert(transaction, &new.name, &new.description)?;
    for permission in &new.permissions {
        queries::insert_permission(transaction, role_id, permission)?;
    }
    let detail = described(&new.name, vec![difference(&BTreeSet::new(), &new.permissions)]);
    author.record_own(transaction, Action::AddRole, detail, now);
    Ok(Ok(()))
}

/// What is to become of a role.
#[derive(Clone, Debug)]
pub struct EditRole {
    /// Which role.
    pub name: String,
    /// The version that was edited; none where nobody looked at one.
    pub version: Option<i32>,
    /// What it is for from now on.
    pub description: Option<String>,
    /// Its permissions from now on.
    pub permissions: Option<NewSet>,
}

/// Changes a role, and returns whether anything had to be changed. What its users lose by that is gone from the next
/// check on.
///
/// # Errors
/// When a statement fails.
pub fn edit(
    transaction: &mut Transaction<'_>,
    author: &Author,
    edit: &EditRole,
    now: Timestamp,
) -> QueryResult<Result<bool, Refusal>> {
    let actor = author.begin(transaction)?;
    let Some(grant) = queries::find_grant(transaction, &edit.name)? else {
        return Ok(Err(Refusal::NoSuchRole(edit.name.clone())));
    };
    let (role, before) = (&grant.role, &grant.permissions);
    let after = edit.permissions.as_ref().map_or_else(|| before.clone(), |permissions| permissions.from(before));
    if let Err(refusal) = rules::may_change_permissions(&actor, &grant, &after) {
        return Ok(Err(author.refuse(transaction, Action::EditRole, &role.name, refusal, now)));
    }
    if edit.version.is_some_and(|version| version != role.version) {
        return Ok(Err(Refusal::Outdated));
    }
    let description = edit.description.as_ref().unwrap_or(&role.description);
    let mut changes = Vec::new();
    if *description != role.description {
        changes.push("description".to_owned());
    }
    if after != *before {
        changes.push(difference(before, &after));
    }
    if changes.is_empty() {
        return Ok(Ok(false));
    }
    queries::update(transaction, role.id, description)?;
    for permission in before.difference(&after) {
        queries::delete_permission(transaction, role.id, permission)?;
    }
    for permission in after.difference(before) {
        queries::insert_permission(transaction, role.id, permission)?;
    }
    author.record_own(transaction, Action::EditRole, described(&role.name, changes), now);
    Ok(Ok(true))
}

/// Deletes a role that nobody has.
///
/// # Errors
/// When a statement fails.
pub fn delete(
    transaction: &mut Transaction<'_>,
    author: &Author,
    name: &str,
    now: Timestamp,
) -> QueryResult<Result<(), Refusal>> {
    let actor = author.begin(transaction)?;
    let Some(grant) = queries::find_grant(transaction, name)? else {
        return Ok(Err(Refusal::NoSuchRole(name.to_owned())));
    };
    let is_in_use = queries::is_in_use(transaction, grant.role.id)?;
    if let Err(refusal) = rules::may_delete_role(&actor, &grant, is_in_use) {
        return Ok(Err(author.refuse(transaction, Action::DeleteRole, name, refusal, now)));
    }
    queries::delete(transaction, grant.role.id)?;
    author.record_own(transaction, Action::DeleteRole, name.to_owned(), now);
    Ok(Ok(()))
}

fn described(name: &str, mut changes: Vec<String>) -> String {
    changes.retain(|change| !change.is_empty());
    if changes.is_empty() { name.to_owned() } else { format!("{name}: {}", changes.join("; ")) }
}
