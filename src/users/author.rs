//! On whose behalf a change of users and roles is made.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::queries;
use crate::audit::model::{Action, NewEvent, Outcome, Reason, Source};
use crate::db::{Timestamp, Transaction};
use crate::roles::rules::{Actor, Refusal};

/// Who makes a change, and from where.
#[derive(Clone, Debug)]
pub enum Author {
    /// The operator on the command line, or the first start.
    Operator,
    /// A user in a browser.
    Person {
        /// The key of the row.
        user_id: i64,
        /// The request.
        source: Source,
    },
    /// A program with an access token.
    Program {
        /// The key of its owner's row.
        user_id: i64,
        /// What the token may be used for.
        scope: BTreeSet<String>,
        /// The request.
        source: Source,
    },
}

impl Author {
    /// Lets changes of users and roles run one after another from here on, and looks up what the author holds now:
    /// nothing when disabled meanwhile.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn begin(&self, transaction: &mut Transaction<'_>) -> QueryResult<Actor> {
        queries::one_after_another(transaction)?;
        let Some(id) = self.user_id() else { return Ok(Actor::Operator) };
        let is_active = queries::find(transaction, id)?.is_some_and(|user| user.is_active());
        let mut permissions = if is_active { queries::permissions_of(transaction, id)? } else { BTreeSet::default() };
        if let Self::Program { scope, .. } = self {
            permissions.retain(|permission| scope.contains(permission));
        }
        Ok(Actor::User { id, permissions })
    }

    /// Records what was done to a user, in that user's record.
    pub fn record(
        &self,
        transaction: &mut Transaction<'_>,
        user_id: i64,
        action: Action,
        detail: Option<String>,
        now: Timestamp,
    ) {
        let actor_id = self.user_id().filter(|author_id| *author_id != user_id);
        let event = NewEvent { user_id: Some(user_id), actor_id, ..self.own_event(action, detail, now) };
        transaction.record(event.into());
    }

    /// Records what was done to no user in particular, in the author's own record.
    pub fn record_own(&self, transaction: &mut Transaction<'_>, action: Action, detail: String, now: Timestamp) {
        transaction.record(self.own_event(action, Some(detail), now).into());
    }

    /// Records what was tried against the rules, in the author's own record, and gives the refusal back. What is no attempt
    /// at more than somebody may do, such as a name that is taken, is not recorded.
    #[must_use]
    pub fn refuse(
        &self,
        transaction: &mut Transaction<'_>,
        action: Action,
        about: &str,
        refusal: Refusal,
        now: Timestamp,
    ) -> Refusal {
        if let Some((reason, what)) = recorded(&refusal) {
            let detail = what.map_or_else(|| about.to_owned(), |what| format!("{about}: {what}"));
            let event = NewEvent { outcome: Outcome::Refused(reason), ..self.own_event(action, Some(detail), now) };
            transaction.record(event.into());
        }
        refusal
    }

    /// What the author did, as it stands in the author's own record.
    fn own_event(&self, action: Action, detail: Option<String>, now: Timestamp) -> NewEvent {
        NewEvent {
            at: now,
            user_id: self.user_id(),
            api_key_id: None,
            actor_id: None,
            action,
            outcome: Outcome::Allowed,
            source: match self {
                Self::Operator => None,
                Self::Person { source, .. } | Self::Program { source, .. } => Some(source.clone()),
            },
            detail,
        }
    }

    fn user_id(&self) -> Option<i64> {
        match self {
            Self::Operator => None,
            Self::Person { user_id, .. } | Self::Program { user_id, .. } => Some(*user_id),
        }
    }
}

/// What the record says about a refusal, and about which permission or role; nothing about one that is no attempt at more
/// than somebody may do.
fn recorded(refusal: &Refusal) -> Option<(Reason, Option<&str>)> {
    Some(match refusal {
        Refusal::PermissionMissing(permission) => (Reason::PermissionMissing, Some(permission)),
        Refusal::GrantsFree(role) => (Reason::PermissionMissing, Some(role)),
        Refusal::HoldsMore(permission) => (Reason::HoldsMore, Some(permission)),
        Refusal::GrantsMore(permission) => (Reason::GrantsMore, Some(permission)),
        Refusal::DisablesYourself | Refusal::OwnRoles | Refusal::OwnPassword => (Reason::OwnAccount, None),
        Refusal::LastAdministrator => (Reason::LastAdministrator, None),
        Refusal::BuiltInRole => (Reason::BuiltInRole, None),
        Refusal::RoleInUse => (Reason::RoleInUse, None),
        Refusal::NoSuchUser
        | Refusal::NoSuchRole(_)
        | Refusal::UsernameTaken(_)
        | Refusal::RoleNameTaken(_)
        | Refusal::Outdated
        | Refusal::FormUsed => return None,
    })
}
