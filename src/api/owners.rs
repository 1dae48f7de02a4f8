//! Whose things are asked for: the caller's own, unless an administrator asks for those of others.

use serde::Deserialize;

use super::authorize::Caller;
use super::problem::Problem;
use crate::db::DbConnection;
use crate::oauth::check::Bearer;
use crate::users::model::normalize_username;
use crate::users::queries as users;

/// Whose things: `me`, `all`, or a username.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Owner {
    /// The caller's own.
    #[default]
    Me,
    /// Everybody's.
    All,
    /// Those of the user of this name.
    User(String),
}

impl From<String> for Owner {
    fn from(text: String) -> Self {
        match &*text {
            "" | "me" => Self::Me,
            "all" => Self::All,
            _ => Self::User(normalize_username(&text)),
        }
    }
}

impl Owner {
    /// Whether these are the caller's own things.
    #[must_use]
    pub fn is(&self, caller: &Bearer) -> bool {
        match self {
            Self::Me => true,
            Self::All => false,
            Self::User(username) => *username == caller.owner.username,
        }
    }

    /// The row of the one owner, `None` for all; `Err` when there is no such user.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn find(
        &self,
        connection: &mut DbConnection,
        caller: &Caller,
    ) -> diesel::QueryResult<Result<Option<i64>, Problem>> {
        Ok(match self {
            Self::Me => Ok(Some(caller.bearer.owner.id)),
            Self::All => Ok(None),
            Self::User(username) => match users::find_by_username(connection, username)? {
                Some(user) => Ok(Some(user.id)),
                None => Err(Problem::NO_SUCH_OWNER),
            },
        })
    }
}
