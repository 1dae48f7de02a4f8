//! On whose behalf a change of users and roles is made.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::queries;
use crate::audit::model::{Action, NewEvent, Outcome, Source};
use crate::db::{Timestamp, Transaction, one_at_a_time};
use crate::roles::rules::Actor;

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
        one_at_a_time(transaction, "people")?;
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
        self.write(transaction, Some(user_id), actor_id, action, detail, now);
    }

    /// Records what was done to no user in particular, in the author's own record.
    pub fn record_own(&self, transaction: &mut Transaction<'_>, action: Action, detail: String, now: Timestamp) {
        self.write(transaction, self.user_id(), None, action, Some(detail), now);
    }

    fn write(
        &self,
        transaction: &mut Transaction<'_>,
        user_id: Option<i64>,
        actor_id: Option<i64>,
        action: Action,
        detail: Option<String>,
        now: Timestamp,
    ) {
        let source = match self {
            Self::Operator => None,
            Self::Person { source, .. } | Self::Program { source, .. } => Some(source.clone()),
        };
        let (api_key_id, outcome) = (None, Outcome::Allowed);
        let event = NewEvent { at: now, user_id, api_key_id, actor_id, action, outcome, source, detail };
        transaction.record(event.into());
    }

    fn user_id(&self) -> Option<i64> {
        match self {
            Self::Operator => None,
            Self::Person { user_id, .. } | Self::Program { user_id, .. } => Some(*user_id),
        }
    }
}
