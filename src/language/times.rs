//! Points in time as people read them.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Datelike as _, NaiveDate, Offset as _, Timelike as _};
use chrono_tz::{OffsetName as _, Tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::catalogue::{Catalogue, DAY, MONTH, YEAR};
use super::{Language, Locale};
use crate::db::Timestamp;

/// A point in time as pages show it: in the zone of who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Time {
    /// Such as `24 November 2026, 05:00 UTC`.
    #[must_use]
    pub fn moment(&self, locale: Locale) -> String {
        written(|text| self.write_moment(text, locale))
    }

    /// Such as `24 November 2026`.
    #[must_use]
    pub fn day(&self, locale: Locale) -> String {
        written(|text| write_date(text, self.local(locale.zone).date_naive(), locale.language))
    }

    /// [`Time::moment`] as a `time` element.
    #[must_use]
    pub fn element(&self, locale: Locale) -> String {
        written(|text| {
            self.begin_element(text)?;
            self.write_moment(text, locale)?;
            text.write_str("</time>")
        })
    }

    /// [`Time::day`] as a `time` element.
    #[must_use]
    pub fn day_element(&self, locale: Locale) -> String {
        written(|text| {
            self.begin_element(text)?;
            write_date(text, self.local(locale.zone).date_naive(), locale.language)?;
            text.write_str("</time>")
        })
    }

    fn begin_element(self, text: &mut String) -> fmt::Result {
        let time = self.0.utc();
        write!(text, "<time datetime=\"{:04}-{:02}-{:02}", time.year(), time.month(), time.day())?;
        write!(text, "T{:02}:{:02}:{:02}Z\">", time.hour(), time.minute(), time.second())
    }

    fn write_moment(self, text: &mut String, locale: Locale) -> fmt::Result {
        let time = self.local(locale.zone);
        write_date(text, time.date_naive(), locale.language)?;
        write!(text, ", {:02}:{:02} ", time.hour(), time.minute())?;
        // Where a zone has no letters of its own, they are digits.
        match time.offset().abbreviation().filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic())) {
            Some(name) => text.write_str(name),
            None => write!(text, "UTC{}", time.offset().fix()),
        }
    }

    fn local(self, zone: Tz) -> DateTime<Tz> {
        self.0.utc().with_timezone(&zone)
    }
}

/// Such as `24 November 2026`.
pub(super) fn date(date: NaiveDate, language: Language) -> String {
    written(|text| write_date(text, date, language))
}

fn write_date(text: &mut String, date: NaiveDate, language: Language) -> fmt::Result {
    let catalogue = Catalogue::of(language);
    for part in catalogue.date.chars() {
        match part {
            DAY => write!(text, "{}", date.day())?,
            MONTH => text.write_str(&catalogue.months[date.month0() as usize])?,
            YEAR => write!(text, "{}", date.year())?,
            between => text.write_char(between)?,
        }
    }
    Ok(())
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::with_capacity(80);
    // Writing to a string cannot fail.
    let _ = write(&mut text);
    text
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.unix_micros().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        Timestamp::from_unix_micros(micros).map(Self).ok_or_else(|| serde::de::Error::custom("a time out of range"))
    }
}
