//! What templates say texts with: `{{ "sign-in-heading"|text }}`, `{{ "home-signed-in"|with("name", name)|text }}`.

#![allow(missing_docs, clippy::missing_errors_doc, clippy::inline_always, reason = "the attribute writes code so")]

use askama::{Result, Values};
use chrono::NaiveDate;

use super::{Argument, Locale, Markup, Message, Say, Time, times};

/// The name under which a template finds its [`Locale`].
pub const LOCALE: &str = "locale";

fn locale(values: &dyn Values) -> Result<Locale> {
    askama::get_value::<Locale>(values, LOCALE).copied()
}

/// The words of an ID or of a message.
#[askama::filter_fn]
pub fn text<S: Say>(said: S, values: &dyn Values) -> Result<Markup> {
    Ok(said.say(locale(values)?))
}

/// A message with something that it speaks about.
#[askama::filter_fn]
pub fn with<M: Into<Message>, A: Into<Argument>>(
    message: M,
    _: &dyn Values,
    name: &'static str,
    argument: A,
) -> Result<Message> {
    Ok(message.into().with(name, argument))
}

/// A point in time with the time of day.
#[askama::filter_fn]
pub fn moment(time: &Time, values: &dyn Values) -> Result<Markup> {
    Ok(Markup(time.element(locale(values)?).into()))
}

/// The day of a point in time.
#[askama::filter_fn]
pub fn day(time: &Time, values: &dyn Values) -> Result<Markup> {
    Ok(Markup(time.day_element(locale(values)?).into()))
}

/// A date.
#[askama::filter_fn]
pub fn date(date: &NaiveDate, values: &dyn Values) -> Result<Markup> {
    Ok(Markup(times::date(*date, locale(values)?.language).into()))
}

/// A number.
#[askama::filter_fn]
pub fn number(number: impl Into<Argument>, values: &dyn Values) -> Result<Markup> {
    Ok(Message::new("number").with("number", number).say(locale(values)?))
}
