//! Fills the Profile window.

use std::collections::HashMap;

use serde::Deserialize;

use super::pages::{Choice, Grid, Outcome, Panel, ProfileWindow, Row};
use crate::api_keys;
use crate::api_keys::expiry::DaysLeft;
use crate::api_keys::model::{ApiKey, DEFAULT_LIFETIME_DAYS, Lifetime, Status};
use crate::audit::uses::{Month, first_day};
use crate::db::Uses;
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

/// The window of a person as it is now.
///
/// # Errors
/// When the database fails.
pub async fn fill(state: &State, account: Account, typed: Typed, outcome: Outcome) -> Result<ProfileWindow, Error> {
    let (now, zone) = (state.clock.now(), account.locale.zone);
    let (keys, uses) = api_keys::actions::list_own_with_uses(&state.database, account.user.id, first_day(now)).await?;
    let mut uses_by_key = HashMap::<i64, Vec<Uses>>::new();
    for uses in uses {
        uses_by_key.entry(uses.api_key_id).or_default().push(uses);
    }
    let rows = keys
        .into_iter()
        .map(|key: ApiKey| Row {
            month: Month::of(uses_by_key.remove(&key.id).unwrap_or_default(), now),
            status: Status::of(key.expires_at, account.user.is_active(), now),
            client_id: key.client_id,
            name: key.name,
            created_at: Time(key.created_at),
            expires_at: Time(key.expires_at),
            days_left: DaysLeft::of(key.expires_at, now, zone),
            last_used_at: key.last_used_at.map(Time),
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
    Ok(ProfileWindow {
        username: account.user.username,
        display_name: account.user.display_name,
        email: account.user.email,
        roles: account.roles,
        permissions: account.permissions.into_iter().collect(),
        panel,
        grid: Grid { rows },
    })
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
