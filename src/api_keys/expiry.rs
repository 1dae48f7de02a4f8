//! Keys that are about to expire.

use crate::db::Timestamp;

/// So many days before it expires, a key is pointed out to its owner.
pub const SOON_DAYS: i64 = 14;

/// How many days are left until a key expires, when they are few. They are counted from date to date, because people see
/// the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysLeft(i64);

impl DaysLeft {
    /// Those of a key; `None` when there are many, or none because it has expired.
    #[must_use]
    pub fn of(expires_at: Timestamp, now: Timestamp) -> Option<Self> {
        let days = (expires_at.utc().date_naive() - now.utc().date_naive()).num_days();
        (expires_at > now && days <= SOON_DAYS).then_some(Self(days))
    }

    /// When that is, to go on after "expires".
    #[must_use]
    pub fn words(self) -> String {
        match self.0 {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            days => format!("in {days} days"),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    fn words(expires_at: &str) -> Option<String> {
        DaysLeft::of(time(expires_at), time("2026-11-24T22:00:00Z")).map(DaysLeft::words)
    }

    #[test]
    fn only_keys_that_expire_within_fourteen_days_are_pointed_out() {
        assert_eq!(words("2026-12-09T00:00:00Z"), None);
        assert_eq!(words("2026-12-08T23:59:59Z").as_deref(), Some("in 14 days"));
        assert_eq!(words("2026-11-26T00:00:00Z").as_deref(), Some("in 2 days"));
        assert_eq!(words("2026-11-25T00:00:00Z").as_deref(), Some("tomorrow"));
        assert_eq!(words("2026-11-24T22:00:01Z").as_deref(), Some("today"));
        assert_eq!(words("2026-11-24T22:00:00Z"), None);
    }
}
