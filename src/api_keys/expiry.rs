//! Keys that are about to expire.

use chrono::Duration;
use chrono_tz::Tz;

use crate::db::Timestamp;
use crate::language::Argument;

/// So many days before it expires, a key is pointed out to its owner.
pub const SOON_DAYS: i64 = 14;

/// How many days are left until a key expires, when they are few. They are counted from date to date, because people see
/// the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysLeft(i64);

impl DaysLeft {
    /// Those of a key; `None` when there are many, or none because it has expired.
    #[must_use]
    pub fn of(expires_at: Timestamp, now: Timestamp, zone: Tz) -> Option<Self> {
        let date = |time: Timestamp| time.utc().with_timezone(&zone).date_naive();
        // A zone is less than a day away from UTC.
        if expires_at - now > Duration::days(SOON_DAYS + 2) {
            return None;
        }
        let days = (date(expires_at) - date(now)).num_days();
        (expires_at > now && days <= SOON_DAYS).then_some(Self(days))
    }
}

impl From<DaysLeft> for Argument {
    fn from(DaysLeft(days): DaysLeft) -> Self {
        Self::Number(days)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    fn days(expires_at: &str, zone: Tz) -> Option<i64> {
        DaysLeft::of(time(expires_at), time("2026-11-24T22:00:00Z"), zone).map(|DaysLeft(days)| days)
    }

    #[test]
    fn only_keys_that_expire_within_fourteen_days_are_pointed_out() {
        for (expires_at, expected) in [
            ("2026-12-09T00:00:00Z", None),
            ("2026-12-08T23:59:59Z", Some(14)),
            ("2026-11-26T00:00:00Z", Some(2)),
            ("2026-11-25T00:00:00Z", Some(1)),
            ("2026-11-24T22:00:01Z", Some(0)),
            ("2026-11-24T22:00:00Z", None),
        ] {
            assert_eq!(days(expires_at, Tz::UTC), expected, "{expires_at}");
        }
    }

    #[test]
    fn days_are_counted_by_the_clock_of_who_reads_them() {
        // 23:00 in Berlin and 17:00 in New York.
        assert_eq!(days("2026-11-25T01:00:00Z", Tz::Europe__Berlin), Some(1));
        assert_eq!(days("2026-11-25T01:00:00Z", Tz::America__New_York), Some(0));
        assert_eq!(days("2026-12-09T04:59:59Z", Tz::America__New_York), Some(14));
        assert_eq!(days("2026-12-09T05:00:00Z", Tz::America__New_York), None);
    }
}
