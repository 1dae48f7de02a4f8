//! Points in time as people read them.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Datelike as _, NaiveDate, Offset as _, Timelike as _};
use chrono_tz::{OffsetName as _, Tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::catalogue::{Catalogue, DAY, MONTH, YEAR};
use super::{Language, Locale};
use crate::db::Timestamp;

const SPACE: char = ' ';
const NO_BREAK_SPACE: char = '\u{a0}';

/// A point in time as pages show it: in the zone of who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Time {
    /// Such as `24 November 2026, 05:00 UTC`, in plain text.
    #[must_use]
    pub fn moment(&self, locale: Locale) -> String {
        written(|text| self.write_moment(text, locale, SPACE))
    }

    /// [`Time::moment`] as a `time` element, in which a line ends between the date and the time of day at most.
    #[must_use]
    pub fn element(&self, locale: Locale) -> String {
        written(|text| {
            self.begin_element(text)?;
            self.write_moment(text, locale, NO_BREAK_SPACE)?;
            text.write_str("</time>")
        })
    }

    /// Its day, such as `24 November 2026`, as a `time` element, in which no line ends.
    #[must_use]
    pub fn day_element(&self, locale: Locale) -> String {
        written(|text| {
            self.begin_element(text)?;
            write_date(text, self.local(locale.zone).date_naive(), locale.language, NO_BREAK_SPACE)?;
            text.write_str("</time>")
        })
    }

    fn begin_element(self, text: &mut String) -> fmt::Result {
        text.write_str("<time datetime=\"")?;
        text.write_str(&self.0.rfc3339())?;
        text.write_str("\">")
    }

    fn write_moment(self, text: &mut String, locale: Locale, space: char) -> fmt::Result {
        let time = self.local(locale.zone);
        write_date(text, time.date_naive(), locale.language, space)?;
        write!(text, ", {:02}:{:02}{space}", time.hour(), time.minute())?;
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

/// Such as `24 November 2026`, in plain text.
pub(super) fn date(date: NaiveDate, language: Language) -> String {
    written(|text| write_date(text, date, language, SPACE))
}

/// [`date`] as a `time` element, in which no line ends.
pub(super) fn date_element(date: NaiveDate, language: Language) -> String {
    written(|text| {
        write!(text, "<time datetime=\"{date}\">")?;
        write_date(text, date, language, NO_BREAK_SPACE)?;
        text.write_str("</time>")
    })
}

fn write_date(text: &mut String, date: NaiveDate, language: Language, space: char) -> fmt::Result {
    let catalogue = Catalogue::of(language);
    for part in catalogue.date.chars() {
        match part {
            DAY => text.write_str(itoa::Buffer::new().format(date.day()))?,
            MONTH => text.write_str(&catalogue.months[date.month0() as usize])?,
            YEAR => text.write_str(itoa::Buffer::new().format(date.year()))?,
            SPACE => text.write_char(space)?,
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
