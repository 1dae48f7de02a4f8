//! The statements on roles.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::model::{Grant, ListedRole, Role, parse_role_name};
use crate::db::DbConnection;
use crate::db::schema::{role_permissions, roles, user_roles};

type RoleColumns = (roles::id, roles::name, roles::description, roles::built_in, roles::version);

const ROLE_COLUMNS: RoleColumns = (roles::id, roles::name, roles::description, roles::built_in, roles::version);

/// A role by its name.
///
/// # Errors
/// When the statement fails.
pub fn find(connection: &mut DbConnection, name: &str) -> QueryResult<Option<Role>> {
    if parse_role_name(name).is_err() {
        return Ok(None);
    }
    roles::table.filter(roles::name.eq(name)).select(ROLE_COLUMNS).first(connection).optional()
}

/// A role with its permissions, by its name.
///
/// # Errors
/// When a statement fails.
pub fn find_grant(connection: &mut DbConnection, name: &str) -> QueryResult<Option<Grant>> {
    let Some(role) = find(connection, name)? else { return Ok(None) };
    let permissions: Vec<String> = role_permissions::table
        .filter(role_permissions::role_id.eq(role.id))
        .select(role_permissions::permission)
        .load(connection)?;
    Ok(Some(Grant { role, permissions: permissions.into_iter().collect() }))
}

/// The names of all roles.
///
/// # Errors
/// When the statement fails.
pub fn names(connection: &mut DbConnection) -> QueryResult<Vec<String>> {
    roles::table.order(roles::name).select(roles::name).load(connection)
}

/// All roles with their permissions, by name.
///
/// # Errors
/// When a statement fails.
pub fn list_grants(connection: &mut DbConnection) -> QueryResult<Vec<Grant>> {
    let roles = roles::table.order(roles::name).select(ROLE_COLUMNS).load(connection)?;
    complete(connection, roles)
}

/// All roles as administrators see them, by name.
///
/// # Errors
/// When a statement fails.
pub fn list(connection: &mut DbConnection) -> QueryResult<Vec<ListedRole>> {
    let grants = list_grants(connection)?;
    counted(connection, grants)
}

/// Roles as administrators see them, by name, from after one on.
///
/// # Errors
/// When a statement fails.
pub fn page(connection: &mut DbConnection, after: Option<&str>, limit: usize) -> QueryResult<Vec<ListedRole>> {
    let mut roles = roles::table.order(roles::name).select(ROLE_COLUMNS).into_boxed();
    if let Some(after) = after {
        roles = roles.filter(roles::name.gt(after));
    }
    let roles = roles.limit(i64::try_from(limit).unwrap_or(i64::MAX)).load(connection)?;
    let grants = complete(connection, roles)?;
    counted(connection, grants)
}

fn complete(connection: &mut DbConnection, roles: Vec<Role>) -> QueryResult<Vec<Grant>> {
    let ids: Vec<i64> = roles.iter().map(|role| role.id).collect();
    let rows: Vec<(i64, String)> = role_permissions::table
        .filter(role_permissions::role_id.eq_any(ids))
        .select((role_permissions::role_id, role_permissions::permission))
        .load(connection)?;
    let mut permissions: HashMap<i64, BTreeSet<String>> = HashMap::new();
    for (role_id, permission) in rows {
        permissions.entry(role_id).or_default().insert(permission);
    }
    Ok(roles
        .into_iter()
        .map(|role| Grant { permissions: permissions.remove(&role.id).unwrap_or_default(), role })
        .collect())
}

fn counted(connection: &mut DbConnection, grants: Vec<Grant>) -> QueryResult<Vec<ListedRole>> {
    let ids: Vec<i64> = grants.iter().map(|grant| grant.role.id).collect();
    let counts: Vec<(i64, i64)> = user_roles::table
        .filter(user_roles::role_id.eq_any(ids))
        .group_by(user_roles::role_id)
        .select((user_roles::role_id, count_star()))
        .load(connection)?;
    let counts: HashMap<i64, i64> = counts.into_iter().collect();
    Ok(grants
        .into_iter()
        .map(|grant| ListedRole { users: counts.get(&grant.role.id).copied().unwrap_or(0), grant })
        .collect())
}

/// A role as administrators see it.
///
/// # Errors
/// When a statement fails.
pub fn find_listed(connection: &mut DbConnection, name: &str) -> QueryResult<Option<ListedRole>> {
    let Some(grant) = find_grant(connection, name)? else { return Ok(None) };
    let users = user_roles::table.filter(user_roles::role_id.eq(grant.role.id)).count().get_result(connection)?;
    Ok(Some(ListedRole { grant, users }))
}

/// The permissions that a user holds now, each with the names of the roles that carry it.
///
/// # Errors
/// When the statement fails.
pub fn grants_of_user(connection: &mut DbConnection, user_id: i64) -> QueryResult<BTreeMap<String, Vec<String>>> {
    let rows: Vec<(String, String)> = user_roles::table
        .inner_join(roles::table)
        .inner_join(role_permissions::table.on(role_permissions::role_id.eq(user_roles::role_id)))
        .filter(user_roles::user_id.eq(user_id))
        .order(roles::name)
        .select((role_permissions::permission, roles::name))
        .load(connection)?;
    let mut grants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (permission, role) in rows {
        grants.entry(permission).or_default().push(role);
    }
    Ok(grants)
}

/// Whether anybody has a role.
///
/// # Errors
/// When the statement fails.
pub fn is_in_use(connection: &mut DbConnection, role_id: i64) -> QueryResult<bool> {
    diesel::select(exists(user_roles::table.filter(user_roles::role_id.eq(role_id)))).get_result(connection)
}

/// Inserts a role and returns the key of the row.
///
/// # Errors
/// When the statement fails, also because the name is taken.
pub fn insert(connection: &mut DbConnection, name: &str, description: &str) -> QueryResult<i64> {
    diesel::insert_into(roles::table)
        .values((roles::name.eq(name), roles::description.eq(description), roles::built_in.eq(false)))
        .returning(roles::id)
        .get_result(connection)
}

/// Changes what a role is for, and its version.
///
/// # Errors
/// When the statement fails.
pub fn update(connection: &mut DbConnection, role_id: i64, description: &str) -> QueryResult<()> {
    diesel::update(roles::table.find(role_id))
        .set((roles::description.eq(description), roles::version.eq(roles::version + 1)))
        .execute(connection)?;
    Ok(())
}

/// Deletes a role that nobody has, and its permissions.
///
/// # Errors
/// When a statement fails.
pub fn delete(connection: &mut DbConnection, role_id: i64) -> QueryResult<()> {
    diesel::delete(role_permissions::table.filter(role_permissions::role_id.eq(role_id))).execute(connection)?;
    diesel::delete(roles::table.find(role_id)).execute(connection)?;
    Ok(())
}

/// Adds a permission to a role.
///
/// # Errors
/// When the statement fails.
pub fn insert_permission(connection: &mut DbConnection, role_id: i64, permission: &str) -> QueryResult<()> {
    diesel::insert_into(role_permissions::table)
        .values((role_permissions::role_id.eq(role_id), role_permissions::permission.eq(permission)))
        .execute(connection)?;
    Ok(())
}

/// Takes a permission away from a role.
///
/// # Errors
/// When the statement fails.
pub fn delete_permission(connection: &mut DbConnection, role_id: i64, permission: &str) -> QueryResult<()> {
    diesel::delete(role_permissions::table.find((role_id, permission))).execute(connection)?;
    Ok(())
}
