//! Who may change which user and which role. Every way in, the pages, the JSON API and the command line, decides by
//! these rules, inside the transaction that makes the change and on what is read there.

use std::collections::BTreeSet;
use std::fmt;

use super::model::{ADMINISTRATOR, Grant, Role};
use super::permissions::{ROLES_WRITE, USERS_WRITE, is_built_in};
use crate::language::Message;

/// Who makes a change, with what counts at that moment.
#[derive(Clone, Debug)]
pub enum Actor {
    /// The operator on the command line, who may do all but leave nobody in charge.
    Operator,
    /// A user.
    User {
        /// The key of the row.
        id: i64,
        /// What the user holds now, as far as it counts here.
        permissions: BTreeSet<String>,
    },
}

/// A user who is to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The key of the row; none for a user who is to be added.
    pub id: Option<i64>,
    /// What the user holds now.
    pub permissions: &'a BTreeSet<String>,
}

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such user.
    NoSuchUser,
    /// There is no role of this name.
    NoSuchRole(String),
    /// There is a user of this name already.
    UsernameTaken(String),
    /// There is a role of this name already.
    RoleNameTaken(String),
    /// Whoever asks lacks this permission.
    PermissionMissing(&'static str),
    /// The user or role holds this built-in permission, and whoever asks does not.
    HoldsMore(String),
    /// This built-in permission would be granted, and whoever asks does not hold it.
    GrantsMore(String),
    /// This role carries free permissions, which only a holder of `roles:write` grants.
    GrantsFree(String),
    /// Nobody disables themselves.
    DisablesYourself,
    /// Nobody changes their own roles.
    OwnRoles,
    /// Nobody sets a one-time password for themselves.
    OwnPassword,
    /// Nobody would be left who can manage users and roles.
    LastAdministrator,
    /// The role came with the database.
    BuiltInRole,
    /// The role has users.
    RoleInUse,
    /// Somebody else made a change meanwhile.
    Outdated,
    /// The same form has made this change before, or what it is about changed after it was shown.
    FormUsed,
}

impl Refusal {
    /// What people read.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NoSuchUser => Message::new("refusal-no-such-user"),
            Self::NoSuchRole(role) => Message::new("refusal-no-such-role").with("role", role),
            Self::UsernameTaken(username) => Message::new("refusal-username-taken").with("user", username),
            Self::RoleNameTaken(role) => Message::new("refusal-role-name-taken").with("role", role),
            Self::PermissionMissing(permission) => {
                Message::new("refusal-permission-missing").with("permission", *permission)
            }
            Self::HoldsMore(permission) => Message::new("refusal-holds-more").with("permission", permission),
            Self::GrantsMore(permission) => Message::new("refusal-grants-more").with("permission", permission),
            Self::GrantsFree(role) => {
                Message::new("refusal-grants-free").with("role", role).with("permission", ROLES_WRITE)
            }
            Self::DisablesYourself => Message::new("refusal-disables-yourself"),
            Self::OwnRoles => Message::new("refusal-own-roles"),
            Self::OwnPassword => Message::new("refusal-own-password"),
            Self::LastAdministrator => Message::new("refusal-last-administrator"),
            Self::BuiltInRole => Message::new("refusal-built-in-role"),
            Self::RoleInUse => Message::new("refusal-role-in-use"),
            Self::Outdated => Message::new("refusal-outdated"),
            Self::FormUsed => Message::new("refusal-form-used"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl Actor {
    fn is(&self, user_id: Option<i64>) -> bool {
        matches!(self, Self::User { id, .. } if Some(*id) == user_id)
    }

    fn holds(&self, permission: &str) -> bool {
        match self {
            Self::Operator => true,
            Self::User { permissions, .. } => permissions.contains(permission),
        }
    }

    fn require(&self, permission: &'static str) -> Result<(), Refusal> {
        if self.holds(permission) { Ok(()) } else { Err(Refusal::PermissionMissing(permission)) }
    }

    /// The first built-in permission of these that the actor does not hold.
    fn lacks<'a>(&self, permissions: impl IntoIterator<Item = &'a String>) -> Option<String> {
        permissions.into_iter().find(|permission| is_built_in(permission) && !self.holds(permission)).cloned()
    }

    fn reaches<'a>(&self, held: impl IntoIterator<Item = &'a String>) -> Result<(), Refusal> {
        self.lacks(held).map_or(Ok(()), |permission| Err(Refusal::HoldsMore(permission)))
    }

    fn grants<'a>(&self, granted: impl IntoIterator<Item = &'a String>) -> Result<(), Refusal> {
        self.lacks(granted).map_or(Ok(()), |permission| Err(Refusal::GrantsMore(permission)))
    }
}

/// Whether somebody may change a user at all.
///
/// # Errors
/// Why not.
pub fn may_change_user(actor: &Actor, user: Subject<'_>) -> Result<(), Refusal> {
    actor.require(USERS_WRITE)?;
    actor.reaches(user.permissions)
}

/// Whether somebody may disable a user. `others` is whether another active administrator would be left.
///
/// # Errors
/// Why not.
pub fn may_disable(actor: &Actor, user: Subject<'_>, is_administrator: bool, others: bool) -> Result<(), Refusal> {
    may_change_user(actor, user)?;
    if actor.is(user.id) {
        return Err(Refusal::DisablesYourself);
    }
    if is_administrator && !others { Err(Refusal::LastAdministrator) } else { Ok(()) }
}

/// Whether somebody may set a one-time password for a user.
///
/// # Errors
/// Why not.
pub fn may_set_password(actor: &Actor, user: Subject<'_>) -> Result<(), Refusal> {
    may_change_user(actor, user)?;
    if actor.is(user.id) { Err(Refusal::OwnPassword) } else { Ok(()) }
}

/// Whether somebody may give a user this role.
///
/// # Errors
/// Why not.
pub fn may_give(actor: &Actor, grant: &Grant) -> Result<(), Refusal> {
    actor.require(USERS_WRITE)?;
    actor.grants(&grant.permissions)?;
    let carries_free = grant.permissions.iter().any(|permission| !is_built_in(permission));
    if carries_free && !actor.holds(ROLES_WRITE) {
        return Err(Refusal::GrantsFree(grant.role.name.clone()));
    }
    Ok(())
}

/// Whether somebody may give a user these roles and take those away. `others` is whether another active administrator
/// would be left; `is_active` is whether the user counts as one.
///
/// # Errors
/// Why not.
pub fn may_change_roles(
    actor: &Actor,
    user: Subject<'_>,
    given: &[Grant],
    taken: &[Role],
    is_active: bool,
    others: bool,
) -> Result<(), Refusal> {
    may_change_user(actor, user)?;
    if given.is_empty() && taken.is_empty() {
        return Ok(());
    }
    if actor.is(user.id) {
        return Err(Refusal::OwnRoles);
    }
    for grant in given {
        may_give(actor, grant)?;
    }
    let leaves = is_active && taken.iter().any(|role| role.name == ADMINISTRATOR);
    if leaves && !others { Err(Refusal::LastAdministrator) } else { Ok(()) }
}

/// Whether somebody may add a role with these permissions.
///
/// # Errors
/// Why not.
pub fn may_add_role(actor: &Actor, permissions: &BTreeSet<String>) -> Result<(), Refusal> {
    actor.require(ROLES_WRITE)?;
    actor.grants(permissions)
}

/// Whether somebody may change or delete a role.
///
/// # Errors
/// Why not.
pub fn may_change_role(actor: &Actor, grant: &Grant) -> Result<(), Refusal> {
    actor.require(ROLES_WRITE)?;
    if grant.role.built_in {
        return Err(Refusal::BuiltInRole);
    }
    actor.reaches(&grant.permissions)
}

/// Whether somebody may give a role these permissions.
///
/// # Errors
/// Why not.
pub fn may_change_permissions(actor: &Actor, grant: &Grant, after: &BTreeSet<String>) -> Result<(), Refusal> {
    may_change_role(actor, grant)?;
    actor.grants(after)
}

/// Whether somebody may delete a role.
///
/// # Errors
/// Why not.
pub fn may_delete_role(actor: &Actor, grant: &Grant, is_in_use: bool) -> Result<(), Refusal> {
    may_change_role(actor, grant)?;
    if is_in_use { Err(Refusal::RoleInUse) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::permissions::{BUILT_IN, KEYS_READ, USERS_READ};

    const ADA: i64 = 1;
    const BOB: i64 = 2;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn all() -> BTreeSet<String> {
        BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    /// Ada, who holds these.
    fn ada(permissions: &[&str]) -> Actor {
        Actor::User { id: ADA, permissions: set(permissions) }
    }

    fn administrator() -> Actor {
        Actor::User { id: ADA, permissions: all() }
    }

    fn user(id: i64, permissions: &BTreeSet<String>) -> Subject<'_> {
        Subject { id: Some(id), permissions }
    }

    fn role(name: &str, built_in: bool) -> Role {
        Role { id: 1, name: name.to_owned(), description: String::new(), built_in, version: 0 }
    }

    fn grant(name: &str, permissions: &[&str]) -> Grant {
        Grant { role: role(name, false), permissions: set(permissions) }
    }

    #[test]
    fn a_user_is_changed_by_who_holds_what_the_user_holds() {
        let helpdesk = ada(&[USERS_READ, USERS_WRITE]);
        assert_eq!(may_change_user(&helpdesk, user(BOB, &set(&["journals:read"]))), Ok(()));
        assert_eq!(may_change_user(&helpdesk, user(BOB, &set(&[USERS_READ]))), Ok(()));
        let held = set(&[KEYS_READ, "journals:read"]);
        assert_eq!(may_change_user(&helpdesk, user(BOB, &held)), Err(Refusal::HoldsMore(KEYS_READ.to_owned())));
        assert_eq!(may_change_user(&administrator(), user(BOB, &all())), Ok(()));
        let reader = ada(&[USERS_READ]);
        assert_eq!(may_change_user(&reader, user(BOB, &set(&[]))), Err(Refusal::PermissionMissing(USERS_WRITE)));
        assert_eq!(may_change_user(&Actor::Operator, user(BOB, &all())), Ok(()));
    }

    #[test]
    fn nobody_disables_themselves_or_the_last_administrator() {
        let (none, all) = (set(&[]), all());
        assert_eq!(may_disable(&administrator(), user(BOB, &none), false, false), Ok(()));
        assert_eq!(may_disable(&administrator(), user(BOB, &all), true, true), Ok(()));
        assert_eq!(may_disable(&administrator(), user(ADA, &all), true, true), Err(Refusal::DisablesYourself));
        for actor in [administrator(), Actor::Operator] {
            assert_eq!(may_disable(&actor, user(BOB, &all), true, false), Err(Refusal::LastAdministrator));
        }
        let more = may_disable(&ada(&[USERS_WRITE]), user(BOB, &all), true, true);
        assert!(matches!(more, Err(Refusal::HoldsMore(_))), "{more:?}");
    }

    #[test]
    fn nobody_sets_a_one_time_password_for_themselves_or_for_who_holds_more() {
        let all = all();
        assert_eq!(may_set_password(&administrator(), user(BOB, &all)), Ok(()));
        assert_eq!(may_set_password(&administrator(), user(ADA, &all)), Err(Refusal::OwnPassword));
        assert!(may_set_password(&ada(&[USERS_WRITE]), user(BOB, &all)).is_err());
    }

    #[test]
    fn nobody_changes_their_own_roles() {
        let all = all();
        let given = [grant("accountant", &["journals:read"])];
        let own = user(ADA, &all);
        assert_eq!(may_change_roles(&administrator(), own, &given, &[], true, true), Err(Refusal::OwnRoles));
        let taken = [role("accountant", false)];
        assert_eq!(may_change_roles(&administrator(), own, &[], &taken, true, true), Err(Refusal::OwnRoles));
        assert_eq!(may_change_roles(&administrator(), own, &[], &[], true, true), Ok(()));
    }

    #[test]
    fn a_role_is_given_by_who_holds_its_built_in_permissions() {
        let helpdesk = ada(&[USERS_WRITE, USERS_READ]);
        assert_eq!(may_give(&helpdesk, &grant("reader", &[USERS_READ])), Ok(()));
        assert_eq!(may_give(&helpdesk, &grant("empty", &[])), Ok(()));
        let more = may_give(&helpdesk, &grant("auditor", &[USERS_READ, KEYS_READ]));
        assert_eq!(more, Err(Refusal::GrantsMore(KEYS_READ.to_owned())));
    }

    #[test]
    fn free_permissions_are_given_by_holders_of_roles_write() {
        let accountant = grant("accountant", &["journals:read"]);
        let refused = Err(Refusal::GrantsFree("accountant".to_owned()));
        assert_eq!(may_give(&ada(&[USERS_WRITE]), &accountant), refused);
        assert_eq!(may_give(&ada(&[USERS_WRITE, ROLES_WRITE]), &accountant), Ok(()));
        assert_eq!(may_give(&ada(&[ROLES_WRITE]), &accountant), Err(Refusal::PermissionMissing(USERS_WRITE)));
        assert_eq!(may_add_role(&ada(&[ROLES_WRITE]), &accountant.permissions), Ok(()));
        let missing = Err(Refusal::PermissionMissing(ROLES_WRITE));
        assert_eq!(may_add_role(&ada(&[USERS_WRITE]), &accountant.permissions), missing);
    }

    #[test]
    fn the_last_administrator_keeps_the_role() {
        let (all, taken) = (all(), [role(ADMINISTRATOR, true)]);
        for actor in [administrator(), Actor::Operator] {
            let take = |is_active, others| may_change_roles(&actor, user(BOB, &all), &[], &taken, is_active, others);
            assert_eq!(take(true, false), Err(Refusal::LastAdministrator));
            assert_eq!(take(true, true), Ok(()));
            assert_eq!(take(false, false), Ok(()));
        }
    }

    #[test]
    fn a_role_is_changed_by_who_holds_its_built_in_permissions() {
        let editor = ada(&[ROLES_WRITE, USERS_READ]);
        let free = grant("accountant", &["journals:read"]);
        let after = |names: &[&str]| may_change_permissions(&editor, &free, &set(names));
        assert_eq!(after(&["journals:write", USERS_READ]), Ok(()));
        assert_eq!(after(&[KEYS_READ]), Err(Refusal::GrantsMore(KEYS_READ.to_owned())));
        let held = Err(Refusal::HoldsMore(KEYS_READ.to_owned()));
        assert_eq!(may_change_role(&editor, &grant("auditor", &[KEYS_READ])), held);
        assert_eq!(may_delete_role(&editor, &grant("auditor", &[KEYS_READ]), false), held);
        assert_eq!(may_change_role(&ada(&[USERS_WRITE]), &free), Err(Refusal::PermissionMissing(ROLES_WRITE)));
    }

    #[test]
    fn a_built_in_role_and_one_in_use_stay() {
        let built_in = Grant { role: role(ADMINISTRATOR, true), permissions: all() };
        for actor in [administrator(), Actor::Operator] {
            assert_eq!(may_change_role(&actor, &built_in), Err(Refusal::BuiltInRole));
            assert_eq!(may_delete_role(&actor, &built_in, false), Err(Refusal::BuiltInRole));
            assert_eq!(may_delete_role(&actor, &grant("a", &[]), true), Err(Refusal::RoleInUse));
            assert_eq!(may_delete_role(&actor, &grant("a", &[]), false), Ok(()));
        }
    }
}
