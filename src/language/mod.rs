//! The words of the pages: one catalogue of texts for each language, and how numbers, dates and times are written in it.
//!
//! Whatever people read in a browser has an ID, such as `sign-in-heading`, under which `en.ftl` and `de.ftl` hold its text
//! in the syntax of Project Fluent. A template says it with the filter `text`, and gives it what it speaks about with the
//! filter `with`; elsewhere it is a [`Message`], which is put into words when a page is made, because only then it is known
//! who reads it. Tests hold the catalogues equal and look every ID up.
//!
//! A text of the catalogue is HTML: it may hold the few elements that the tests list. What a message speaks about is
//! escaped when it is put in.
//!
//! Whatever programs and operators read, such as the JSON API, the command line, the log and exported files, is English. That
//! is what a [`Message`] displays.

mod catalogue;
pub mod filters;
mod message;
#[cfg(test)]
mod tests;
mod times;
mod zones;

use chrono_tz::Tz;

pub use catalogue::prepare;
pub use message::{Argument, Markup, Message, Say};
pub use times::Time;
pub use zones::{ZoneRegion, parse_zone, regions, start_of_day};

/// A language that pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What the language calls itself, which is the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of this tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// How somebody reads pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// In which language.
    pub language: Language,
    /// Where the clock is by which times are told.
    pub zone: Tz,
}

impl Default for Locale {
    fn default() -> Self {
        Self { language: Language::English, zone: Tz::UTC }
    }
}
