//! The catalogues, read once.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::Language;

/// The texts of a language.
pub(super) struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    /// The names of the months.
    pub(super) months: [Cow<'static, str>; 12],
    /// How a date is written, with [`DAY`], [`MONTH`] and [`YEAR`] where these belong.
    pub(super) date: Cow<'static, str>,
}

/// Stands for the day in [`Catalogue::date`].
pub(super) const DAY: char = '\u{1}';
/// Stands for the month.
pub(super) const MONTH: char = '\u{2}';
/// Stands for the year.
pub(super) const YEAR: char = '\u{3}';

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(Language::English));
static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(Language::German));

/// Reads the catalogues, so that nobody waits for it later.
pub fn prepare() {
    for language in Language::ALL {
        Catalogue::of(language);
    }
}

impl Catalogue {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    fn read(language: Language) -> Self {
        let source = match language {
            Language::English => include_str!("en.ftl"),
            Language::German => include_str!("de.ftl"),
        };
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        // What cannot be read or is there twice is left out: a test finds it.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // The marks around what is put in are for texts in both directions. They would be copied along.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match language {
            Language::English => |value, _| grouped(value, ','),
            Language::German => |value, _| grouped(value, '.'),
        }));
        let _ = bundle.add_resource(resource);
        let mut catalogue = Self { bundle, months: Default::default(), date: Cow::default() };
        let mut parts = FluentArgs::new();
        for (name, part) in [("day", DAY), ("month", MONTH), ("year", YEAR)] {
            parts.set(name, String::from(part));
        }
        catalogue.date = Cow::Owned(catalogue.say("date", Some(&parts)).unwrap_or_default().into_owned());
        catalogue.months = MONTHS.map(|id| Cow::Owned(catalogue.say(id, None).unwrap_or_default().into_owned()));
        catalogue
    }

    /// The text of an ID; none when the catalogue does not have it.
    pub(super) fn say(&self, id: &str, arguments: Option<&FluentArgs<'_>>) -> Option<Cow<'_, str>> {
        let pattern = self.bundle.get_message(id)?.value()?;
        Some(self.bundle.format_pattern(pattern, arguments, &mut Vec::new()))
    }
}

/// The IDs of the months' names.
const MONTHS: [&str; 12] = [
    "month-january",
    "month-february",
    "month-march",
    "month-april",
    "month-may",
    "month-june",
    "month-july",
    "month-august",
    "month-september",
    "month-october",
    "month-november",
    "month-december",
];

/// A whole number as people read it, such as `1,234,567`.
fn grouped(value: &FluentValue<'_>, separator: char) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    // Numbers are whole here. To round one would take longer than all else about it.
    let digits = number.value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    Some(text)
}
