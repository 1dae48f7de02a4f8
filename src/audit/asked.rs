//! Which events somebody asks for, as people and programs write it: the one reading of the filters of the page, the JSON
//! API, the command line and the exports.

use chrono::{DateTime, Datelike as _, Days, NaiveDate};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::model::Filter;
use crate::api_keys::queries as api_keys;
use crate::db::{DbConnection, Timestamp};
use crate::language::start_of_day;
use crate::users::model::normalize_username;
use crate::users::queries as users;

/// Whose record is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of the user of this row.
    User(i64),
    /// That of the user of this name.
    Named(String),
    /// Everybody's, and what belongs to nobody.
    Everybody,
}

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose record.
    pub whose: Whose,
    /// Only what was done with or to the key of this client ID.
    pub client_id: Option<String>,
    /// Only what was refused, or only what was allowed.
    pub refused: Option<bool>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// What is asked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No user has this name.
    User,
    /// No key of this user, or none at all, has this client ID.
    Key,
}

impl Asked {
    /// Looks up what is named.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn filter(&self, connection: &mut DbConnection) -> QueryResult<Result<Filter, Missing>> {
        let user_id = match &self.whose {
            Whose::User(user_id) => Some(*user_id),
            Whose::Named(username) => match users::find_by_username(connection, &normalize_username(username))? {
                Some(user) => Some(user.id),
                None => return Ok(Err(Missing::User)),
            },
            Whose::Everybody => None,
        };
        let filter = Filter { user_id, api_key_id: None, refused: self.refused, from: self.from, until: self.until };
        let Some(client_id) = &self.client_id else { return Ok(Ok(filter)) };
        Ok(match api_keys::owner_of(connection, client_id)? {
            Some((api_key_id, owner_id)) if user_id.is_none_or(|user_id| user_id == owner_id) => {
                Ok(Filter { user_id: Some(owner_id), api_key_id: Some(api_key_id), ..filter })
            }
            _ => Err(Missing::Key),
        })
    }
}

/// From when on: a date, which is its beginning in UTC, or a point in time.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_from(text: &str) -> Result<Timestamp, &'static str> {
    from_in(text, Tz::UTC)
}

/// Until when: a date, which is its end in UTC, or a point in time.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_until(text: &str) -> Result<Timestamp, &'static str> {
    until_in(text, Tz::UTC)
}

/// [`parse_from`] where dates are those of a time zone.
///
/// # Errors
/// A sentence that says what was expected.
pub fn from_in(text: &str, zone: Tz) -> Result<Timestamp, &'static str> {
    parse(text, zone, Some)
}

/// [`parse_until`] where dates are those of a time zone.
///
/// # Errors
/// A sentence that says what was expected.
pub fn until_in(text: &str, zone: Tz) -> Result<Timestamp, &'static str> {
    parse(text, zone, |date| date.checked_add_days(Days::new(1)))
}

fn parse(text: &str, zone: Tz, day: impl FnOnce(NaiveDate) -> Option<NaiveDate>) -> Result<Timestamp, &'static str> {
    const EXPECTED: &str = "expected a date such as 2026-11-24, or a time such as 2026-11-24T05:00:00Z";
    let time = match text.parse::<NaiveDate>() {
        Ok(date) => day(date).and_then(|date| start_of_day(date, zone)),
        Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc().into()),
    };
    time.filter(|time| is_in_range(*time)).ok_or(EXPECTED)
}

/// Whether a time can be asked for. A year of more digits is none that is meant, and some are none that can be added to.
#[must_use]
pub fn is_in_range(time: Timestamp) -> bool {
    (1970..=9999).contains(&time.utc().year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(time: Result<Timestamp, &'static str>) -> String {
        time.map_or_else(str::to_owned, Timestamp::rfc3339)
    }

    #[test]
    fn a_date_is_a_whole_day_from_both_ends() {
        assert_eq!(said(parse_from("2026-11-24")), "2026-11-24T00:00:00Z");
        assert_eq!(said(parse_until("2026-11-24")), "2026-11-25T00:00:00Z");
    }

    #[test]
    fn a_time_is_itself_from_both_ends() {
        assert_eq!(said(parse_from("2026-11-24T05:00:00+01:00")), "2026-11-24T04:00:00Z");
        assert_eq!(said(parse_until("2026-11-24T05:00:00Z")), "2026-11-24T05:00:00Z");
    }

    #[test]
    fn anything_else_is_explained() {
        for bad in ["", "yesterday", "2026-13-01", "24.11.2026", "+262142-12-31", "-0001-01-01", "1969-12-30"] {
            assert!(parse_from(bad).is_err() && parse_until(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
