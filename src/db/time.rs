//! The column type for points in time: UTC, cut to microseconds, the finest that Postgres keeps.

use std::fmt;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use diesel::sqlite::{Sqlite, SqliteValue};

use super::connection::{MultiBackend, MultiRawValue};

/// A point in time in UTC with microsecond resolution, equal before and after a trip through either database. In the
/// record it is a number of microseconds, which takes less space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Timestamp)]
pub struct Timestamp(NaiveDateTime);

impl Timestamp {
    /// The time as chrono knows it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// Whole seconds since 1970, the `NumericDate` of RFC 7519.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.utc().timestamp()
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn unix_micros(self) -> i64 {
        self.utc().timestamp_micros()
    }

    /// The time of so many microseconds since 1970; none when it is out of range.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self::from)
    }

    /// Whole days since 1970.
    #[must_use]
    pub fn unix_day(self) -> i32 {
        // A day number beyond 32 bits is beyond what chrono can hold.
        i32::try_from(self.unix_seconds().div_euclid(86_400)).unwrap_or(i32::MAX)
    }

    /// RFC 3339 with whole seconds, such as `2026-11-24T05:00:00Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let mut text = digits(&self.0, "T");
        text.push('Z');
        text
    }

    /// RFC 3339 with microseconds.
    #[must_use]
    pub fn rfc3339_micros(self) -> String {
        self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.naive_utc().trunc_subsecs(6))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

impl std::ops::Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.0)
    }
}

/// As text, as Diesel writes it: its own way goes through a pattern, which takes longer.
impl ToSql<sql_types::Timestamp, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(text(&self.0));
        Ok(serialize::IsNull::No)
    }
}

impl ToSql<sql_types::Timestamp, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamp, Pg>::to_sql(&self.0, out)
    }
}

impl ToSql<sql_types::Timestamp, MultiBackend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql_types::Timestamp, self));
        Ok(serialize::IsNull::No)
    }
}

impl<DB> FromSql<sql_types::BigInt, DB> for Timestamp
where
    DB: Backend,
    i64: FromSql<sql_types::BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = i64::from_sql(bytes)?;
        Self::from_unix_micros(micros).ok_or_else(|| "a time out of range".into())
    }
}

/// Diesel tries one format after another, which takes longer than all else about a row: it is asked only about texts that
/// were not written here.
impl FromSql<sql_types::Timestamp, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        match parse(value.read_text().as_bytes()) {
            Some(time) => Ok(Self(time)),
            None => <NaiveDateTime as FromSql<sql_types::Timestamp, Sqlite>>::from_sql(value).map(Self),
        }
    }
}

impl FromSql<sql_types::Timestamp, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<sql_types::Timestamp, Pg>>::from_sql(value).map(Self)
    }
}

impl FromSql<sql_types::Timestamp, MultiBackend> for Timestamp {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql_types::Timestamp>()
    }
}

/// Writes `2026-11-24 05:00:00` with as many digits of a second as Diesel does: none, three or six.
fn text(time: &NaiveDateTime) -> String {
    let micros = time.nanosecond() / 1000;
    let mut text = digits(time, " ");
    match micros {
        0 => {}
        _ if micros.is_multiple_of(1000) => push_number(&mut text, ".", micros / 1000, 3),
        _ => push_number(&mut text, ".", micros, 6),
    }
    text
}

/// Writes `2026-11-24 05:00:00` with something between day and time.
fn digits(time: &NaiveDateTime, between: &str) -> String {
    let mut text = String::with_capacity(26);
    for (before, number, digits) in [
        ("", time.year().unsigned_abs(), 4),
        ("-", time.month(), 2),
        ("-", time.day(), 2),
        (between, time.hour(), 2),
        (":", time.minute(), 2),
        (":", time.second(), 2),
    ] {
        push_number(&mut text, before, number, digits);
    }
    text
}

fn push_number(text: &mut String, before: &str, number: u32, digits: u32) {
    text.push_str(before);
    for place in (0..digits).rev() {
        text.push(char::from_digit(number / 10_u32.pow(place) % 10, 10).unwrap_or('0'));
    }
}

/// Reads `2026-11-24 05:00:00` with or without a fraction of a second.
fn parse(text: &[u8]) -> Option<NaiveDateTime> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |number, digit| {
            digit.is_ascii_digit().then(|| number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))
        })
    };
    let (whole, fraction) = text.split_at_checked(19)?;
    let [year @ .., b'-', m1, m2, b'-', d1, d2, b' ', h1, h2, b':', i1, i2, b':', s1, s2] = whole else { return None };
    let pair = |one: &u8, two: &u8| number(&[*one, *two]);
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
            number(digits)? * 10_u32.pow(6 - u32::try_from(digits.len()).ok()?)
        }
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, pair(m1, m2)?, pair(d1, d2)?)?;
    date.and_hms_micro_opt(pair(h1, h2)?, pair(i1, i2)?, pair(s1, s2)?, micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_writes_is_read_and_written_as_by_it() {
        for text in
            ["2026-11-24 05:00:00", "2026-11-24 05:00:00.5", "1999-12-31 23:59:59.000001", "2028-02-29 00:00:00.120"]
        {
            let expected = NaiveDateTime::parse_from_str(text, "%F %T%.f").unwrap();
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
        for micros in [0, 1, 500_000, 120_000, 999_999, 1_795_000_000_123_000, 1_827_000_000_000_456] {
            let time = DateTime::from_timestamp_micros(micros).unwrap().naive_utc();
            assert_eq!(super::text(&time), time.format("%F %T%.f").to_string());
            assert_eq!(Timestamp(time).rfc3339(), time.format("%FT%TZ").to_string());
        }
        for other in [
            "",
            "2026-11-24",
            "2026-11-24T05:00:00",
            "2026-13-24 05:00:00",
            "2026-11-24 05:00:00.",
            "+026-11-24 05:00:00",
        ] {
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
    }
}
