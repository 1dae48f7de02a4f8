//! What is to be said, before it is known in which language.

use std::borrow::Cow;
use std::fmt;

use askama::filters::{Escaper, Html, HtmlSafe};
use askama::{FastWritable, Values};
use chrono::NaiveDate;
use fluent_bundle::{FluentArgs, FluentValue};
use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::{Language, Locale, Time, times};

/// A text of the catalogue with what it speaks about. It can be kept in a session. Displayed it is in English, as programs
/// and operators read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    id: Cow<'static, str>,
    arguments: Vec<(Cow<'static, str>, Argument)>,
}

/// What a message speaks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Argument {
    /// Words of a person or a program.
    Text(String),
    /// A number, which also chooses between singular and plural.
    Number(i64),
    /// Other words of the catalogue.
    Message(Message),
    /// A point in time.
    Time(Time),
    /// A date.
    Date(NaiveDate),
}

impl Message {
    /// The text of an ID.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), arguments: Vec::new() }
    }

    /// The same with something that it speaks about.
    #[must_use]
    pub fn with(mut self, name: &'static str, argument: impl Into<Argument>) -> Self {
        self.arguments.push((Cow::Borrowed(name), argument.into()));
        self
    }

    fn words(&self, language: Language, said: impl Fn(&Argument) -> FluentValue<'_>) -> Cow<'static, str> {
        let mut arguments = FluentArgs::with_capacity(self.arguments.len());
        for (name, argument) in &self.arguments {
            arguments.set(name.as_ref(), said(argument));
        }
        let arguments = Some(&arguments).filter(|_| !self.arguments.is_empty());
        Catalogue::of(language).say(&self.id, arguments).unwrap_or_else(|| Cow::Owned(self.id.clone().into_owned()))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::English, |argument| match argument {
            Argument::Text(text) => text.as_str().into(),
            Argument::Number(number) => (*number).into(),
            Argument::Message(message) => message.to_string().into(),
            Argument::Time(time) => time.moment(Locale::default()).into(),
            Argument::Date(date) => times::date(*date, Language::English).into(),
        }))
    }
}

/// HTML that is safe to write into a page: texts of the catalogue, and in them what was escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup(pub(super) Cow<'static, str>);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

impl FastWritable for Markup {
    fn write_into(&self, page: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(page.write_str(&self.0)?)
    }
}

/// What can be said on a page.
pub trait Say {
    /// The words, for somebody.
    fn say(&self, locale: Locale) -> Markup;
}

impl Say for str {
    /// The text of this ID.
    fn say(&self, locale: Locale) -> Markup {
        let text = Catalogue::of(locale.language).say(self, None);
        Markup(text.unwrap_or_else(|| Cow::Owned(self.to_owned())))
    }
}

impl Say for Message {
    fn say(&self, locale: Locale) -> Markup {
        Markup(self.words(locale.language, |argument| match argument {
            Argument::Text(text) => escaped(text).into(),
            Argument::Number(number) => (*number).into(),
            Argument::Message(message) => message.say(locale).0.into(),
            Argument::Time(time) => time.element(locale).into(),
            Argument::Date(date) => times::date_element(*date, locale.language).into(),
        }))
    }
}

impl<T: Say + ?Sized> Say for &T {
    fn say(&self, locale: Locale) -> Markup {
        (**self).say(locale)
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut html = String::with_capacity(text.len() + 16);
    // Writing to a string cannot fail.
    let _ = Html.write_escaped_str(&mut html, text);
    Cow::Owned(html)
}

impl From<&'static str> for Message {
    fn from(id: &'static str) -> Self {
        Self::new(id)
    }
}

impl From<&&'static str> for Message {
    fn from(id: &&'static str) -> Self {
        Self::new(id)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Message> for Argument {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Time> for Argument {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

/// Templates give references.
impl<T: Clone> From<&T> for Argument
where
    Argument: From<T>,
{
    fn from(argument: &T) -> Self {
        argument.clone().into()
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(
            impl From<$number> for Argument {
                fn from(number: $number) -> Self {
                    Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
                }
            }
        )+
    };
}

numbers![u16, u32, i32, u64, usize, i64];
