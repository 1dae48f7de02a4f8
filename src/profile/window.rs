//! Fills the Profile window.

use std::collections::HashMap;

use diesel::QueryResult;
use serde::Deserialize;

use super::pages::{Choice, Grid, Outcome, Panel, ProfileWindow, Row};
use crate::api_keys::expiry::DaysLeft;
use crate::api_keys::model::{ApiKey, DEFAULT_LIFETIME_DAYS, Lifetime, Status};
use crate::api_keys::pages::LastUse;
use crate::api_keys::queries::list_of_user;
use crate::audit::uses::{Month, first_day};
use crate::db::{DbConnection, Timestamp, Uses, UsesOf, together, uses_since};
use crate::error::Error;
use crate::language::{Message, Time};
use crate::secret::random_base62;
use crate::users::model::Account;
use crate::web::fields::{Fields, Mistake};
use crate::web::state::State;

/// The lifetimes to choose from, in days, besides a date.
const CHOICES: [u32; 4] = [7, 30, 60, 90];

/// The choice of a date.
pub const UNTIL_A_DATE: &str = "date";

/// What a person typed into the API Client panel, to be shown again when it was not accepted, or when the session ended
/// meanwhile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The name.
    pub name: String,
    /// The choice of the lifetime.
    pub lifetime: String,
    /// The date.
    pub expires_on: String,
    /// Why it was not accepted.
    #[serde(skip)]
    pub mistake: Option<Mistake>,
}

impl Typed {
    /// What was kept over the end of a session.
    #[must_use]
    pub fn kept(fields: &Fields) -> Self {
        let first = |name| fields.all(name).next().unwrap_or_default().to_owned();
        Self {
            name: first("name"),
            lifetime: first("lifetime"),
            expires_on: first("expires_on"),
            mistake: Some(Mistake::not_sent()),
        }
    }
}

/// What the grid lists: the keys of a person at a point in time.
pub struct Listed {
    keys: Vec<ApiKey>,
    uses: Vec<Uses>,
    now: Timestamp,
}

impl Listed {
    /// Those of a user, with their uses of the last thirty days. To be called within [`together`].
    ///
    /// # Errors
    /// When a statement fails.
    pub fn read(connection: &mut DbConnection, user_id: i64, now: Timestamp) -> QueryResult<Self> {
        let keys = list_of_user(connection, user_id)?;
        Ok(Self { keys, uses: uses_since(connection, UsesOf::User(user_id), first_day(now))?, now })
    }
}

/// The window of a person after something was changed.
///
/// # Errors
/// When the database fails.
pub async fn renew(state: &State, account: Account, typed: Typed, outcome: Outcome) -> Result<ProfileWindow, Error> {
    let (user_id, now) = (account.user.id, state.clock.now());
    let listed = state
        .database
        .look_up(move |connection| together(connection, |connection| Listed::read(connection, user_id, now)))
        .await?;
    Ok(fill(state, account, listed, typed, outcome))
}

/// The window of a person with what was read for its grid.
#[must_use]
pub fn fill(state: &State, account: Account, listed: Listed, typed: Typed, outcome: Outcome) -> ProfileWindow {
    let (Listed { keys, uses, now }, zone) = (listed, account.locale.zone);
    let mut uses_by_key = HashMap::<i64, Vec<Uses>>::new();
    for uses in uses {
        uses_by_key.entry(uses.api_key_id).or_default().push(uses);
    }
    let rows = keys
        .into_iter()
        .map(|key: ApiKey| Row {
            month: uses_by_key.remove(&key.id).map(|uses| Month::of(uses, now)).filter(|month| !month.is_empty()),
            last_use: LastUse::of(&key),
            status: Status::of(key.expires_at, account.user.is_active(), now),
            client_id: key.client_id,
            name: key.name,
            created_at: Time(key.created_at),
            expires_at: Time(key.expires_at),
            days_left: DaysLeft::of(key.expires_at, now, zone),
        })
        .collect();
    let longest = state.config.max_key_lifetime_days;
    let default_days = DEFAULT_LIFETIME_DAYS.min(longest);
    let panel = Panel {
        nonce: random_base62::<16>(&mut rand::rng(), 22),
        choices: choices(&typed.lifetime, default_days, longest),
        default_days,
        earliest_date: Lifetime::earliest_date(now, zone).to_string(),
        latest_date: Lifetime::latest_date(longest, now, zone).to_string(),
        name: typed.name,
        expires_on: typed.expires_on,
        mistake: typed.mistake,
        outcome,
    };
    ProfileWindow {
        username: account.user.username,
        display_name: account.user.display_name,
        email: account.user.email,
        roles: account.roles,
        permissions: account.permissions.into_iter().collect(),
        panel,
        grid: Grid { rows },
    }
}

/// The lifetimes that the operator allows, the default one chosen unless the person chose another.
fn choices(chosen: &str, default_days: u32, longest: u32) -> Vec<Choice> {
    let mut days: Vec<u32> = CHOICES.into_iter().filter(|days| *days <= longest).collect();
    if !days.contains(&default_days) {
        days.push(default_days);
    }
    let mut choices: Vec<_> = days
        .iter()
        .map(|days| Choice {
            value: days.to_string(),
            label: Message::new("days").with("days", *days),
            selected: false,
        })
        .collect();
    choices.push(Choice { value: UNTIL_A_DATE.to_owned(), label: Message::new("panel-until-date"), selected: false });
    let default = default_days.to_string();
    let selected = if choices.iter().any(|choice| choice.value == chosen) { chosen } else { &default };
    for choice in &mut choices {
        choice.selected = choice.value == selected;
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(chosen: &str, longest: u32) -> Vec<String> {
        choices(chosen, DEFAULT_LIFETIME_DAYS.min(longest), longest)
            .into_iter()
            .map(|choice| format!("{}{}", if choice.selected { "*" } else { "" }, choice.label))
            .collect()
    }

    #[test]
    fn ninety_days_are_chosen_unless_the_operator_allows_fewer() {
        assert_eq!(labels("", 365), ["7 days", "30 days", "60 days", "*90 days", "Until a date"]);
        assert_eq!(labels("30", 365), ["7 days", "*30 days", "60 days", "90 days", "Until a date"]);
        assert_eq!(labels("", 45), ["7 days", "30 days", "*45 days", "Until a date"]);
    }
}
