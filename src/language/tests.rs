//! The catalogues are equal, whole and used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;
use crate::db::Timestamp;

/// The elements that a text may hold.
const MARKUP: [&str; 10] = [
    "<strong>",
    "</strong>",
    "<strong data-session-left>",
    "<em>",
    "</em>",
    "<code>",
    "</code>",
    "<span class=\"visually-hidden\">",
    "</span>",
    "<a href=\"/activity\">",
];

/// The variables of each ID.
fn variables(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = fluent_syntax::parser::parse(source).expect("a catalogue that can be read");
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let mut names = BTreeSet::new();
                pattern(&message.value.expect("a text"), &mut names);
                let id = message.id.name.to_owned();
                assert!(messages.insert(id, names).is_none(), "{} is there twice", message.id.name);
            }
            Entry::GroupComment(_) | Entry::Comment(_) => {}
            other => panic!("{other:?}"),
        }
    }
    messages
}

fn pattern(pattern: &Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => variable(inline, names),
                Expression::Select { selector, variants } => {
                    variable(selector, names);
                    for variant in variants {
                        self::pattern(&variant.value, names);
                    }
                }
            }
        }
    }
}

fn variable(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => _ = names.insert(id.name.to_owned()),
        other => panic!("{other:?}"),
    }
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| path.extension().is_some_and(|extension| extension == *ending)) {
            found.push(path);
        }
    }
    found
}

/// The sources of the program and its templates, without this file.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = files(&root.join("src"), &["rs"]);
    paths.retain(|path| !path.ends_with(file!()));
    paths.extend(files(&root.join("templates"), &["html"]));
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// What stands in quotation marks after each of these words.
fn literals<'a>(sources: &'a str, before: &str) -> Vec<&'a str> {
    sources.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn catalogues() -> [(Language, &'static str); 2] {
    [(Language::English, include_str!("en.ftl")), (Language::German, include_str!("de.ftl"))]
}

#[test]
fn the_catalogues_have_the_same_texts_about_the_same_things() {
    let [(_, english), (_, german)] = catalogues();
    assert_eq!(variables(english), variables(german));
}

#[test]
fn every_text_is_used() {
    let sources = sources();
    let unused: Vec<_> =
        variables(include_str!("en.ftl")).into_keys().filter(|id| !sources.contains(&format!("\"{id}\""))).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_text_that_is_used_is_there() {
    let (sources, texts) = (sources(), variables(include_str!("en.ftl")));
    let in_templates = ["\"|text", "\"|with("]
        .iter()
        .flat_map(|filter| sources.split(filter).map(|part| part.rsplit('"').next().unwrap()))
        .filter(|id| id.contains('-') && !id.contains(char::is_whitespace));
    let in_code = literals(&sources, "Message::new(\"").into_iter().chain(literals(&sources, "BadRequest(\""));
    let (mut count, mut missing) = (0, BTreeSet::new());
    for id in in_templates.chain(in_code) {
        count += 1;
        if !texts.contains_key(id) {
            missing.insert(id);
        }
    }
    assert!(count > 400, "only {count} uses were found");
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn texts_hold_the_same_few_elements_and_nothing_else_that_html_would_read() {
    let elements = |source: &'static str| {
        let texts = source.lines().filter(|line| !line.starts_with('#'));
        let mut elements: Vec<_> = texts
            .flat_map(|line| line.split('<').skip(1))
            .map(|part| format!("<{}>", part.split_once('>').expect("an element that ends").0))
            .collect();
        elements.sort();
        elements
    };
    let [english, german] = catalogues().map(|(_, source)| elements(source));
    assert_eq!(english, german);
    assert!(english.iter().all(|element| MARKUP.contains(&&**element) || element == "</a>"), "{english:?}");
    for (_, source) in catalogues() {
        assert!(!source.contains('&'));
    }
}

#[test]
fn every_plural_has_its_form() {
    for (language, one, many) in [(Language::English, "1 day", "1,000 days"), (Language::German, "1 Tag", "1.000 Tage")]
    {
        let locale = Locale { language, ..Locale::default() };
        let days = |days: i64| Message::new("days").with("days", days).say(locale).to_string();
        assert_eq!((days(1), days(1000)), (one.to_owned(), many.to_owned()));
    }
    let soon = |days: i64| {
        let locale = Locale { language: Language::German, ..Locale::default() };
        Message::new("grid-expires").with("days", days).say(locale).to_string()
    };
    assert_eq!([0, 1, 2].map(soon), ["Läuft heute ab", "Läuft morgen ab", "Läuft in 2 Tagen ab"]);
    let keys = |keys: i64| Message::new("confirm-keys-suspended").with("keys", keys).with("user", "ada").to_string();
    assert_eq!(keys(0), "ada has no valid API key.");
    assert!(keys(1).starts_with("1 valid API key will be suspended. Programs that use it"));
    assert!(keys(3).starts_with("3 valid API keys will be suspended. Programs that use them"));
}

#[test]
fn what_a_message_speaks_about_is_escaped_on_a_page_and_not_elsewhere() {
    let message = Message::new("home-signed-in").with("name", "<b>\"Ada\" & 'Bob'</b>");
    assert_eq!(
        message.say(Locale::default()).to_string(),
        "You are signed in as &#60;b&#62;&#34;Ada&#34; &#38; &#39;Bob&#39;&#60;/b&#62;."
    );
    assert_eq!(message.to_string(), "You are signed in as <b>\"Ada\" & 'Bob'</b>.");
}

#[test]
fn a_message_is_kept_in_a_session_and_said_later() {
    let message = Message::new("roles-added").with("role", "accountant");
    let kept: Message = serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();
    let german = Locale { language: Language::German, ..Locale::default() };
    assert_eq!(kept.say(german).to_string(), "Die Rolle accountant wurde hinzugefügt.");
}

fn time(text: &str) -> Time {
    Time(Timestamp::from(text.parse::<DateTime<Utc>>().unwrap()))
}

#[test]
fn a_time_is_told_by_the_clock_of_who_reads_it() {
    let midnight = time("2026-03-01T04:30:00Z");
    for (language, zone, moment, day) in [
        (Language::English, Tz::UTC, "1 March 2026, 04:30 UTC", "1 March 2026"),
        (Language::English, Tz::America__New_York, "28 February 2026, 23:30 EST", "28 February 2026"),
        (Language::German, Tz::Europe__Berlin, "1. März 2026, 05:30 CET", "1. März 2026"),
        (Language::German, Tz::America__Sao_Paulo, "1. März 2026, 01:30 UTC-03:00", "1. März 2026"),
    ] {
        let locale = Locale { language, zone };
        assert_eq!(midnight.moment(locale), moment);
        let day = format!("<time datetime=\"2026-03-01T04:30:00Z\">{}</time>", day.replace(' ', "\u{a0}"));
        assert_eq!(midnight.day_element(locale), day);
    }
    let berlin = Locale { language: Language::English, zone: Tz::Europe__Berlin };
    assert_eq!(time("2026-07-01T22:00:00Z").moment(berlin), "2 July 2026, 00:00 CEST");
    assert_eq!(
        midnight.element(Locale::default()),
        "<time datetime=\"2026-03-01T04:30:00Z\">1\u{a0}March\u{a0}2026, 04:30\u{a0}UTC</time>"
    );
    let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    let message =
        Message::new("uses-paragraph-most").with("summary", "").with("uses", 2).with("day", Argument::Date(day));
    let said = message.say(berlin).to_string();
    assert!(said.ends_with("on <time datetime=\"2026-03-01\">1\u{a0}March\u{a0}2026</time>."), "{said}");
}

#[test]
fn a_day_begins_at_midnight_or_when_the_clocks_go_on() {
    let starts = |date: &str, zone| start_of_day(date.parse::<NaiveDate>().unwrap(), zone).unwrap().rfc3339();
    assert_eq!(starts("2026-11-24", Tz::UTC), "2026-11-24T00:00:00Z");
    assert_eq!(starts("2026-11-24", Tz::Europe__Berlin), "2026-11-23T23:00:00Z");
    assert_eq!(starts("2026-07-01", Tz::America__New_York), "2026-07-01T04:00:00Z");
    // The clocks went from midnight to one.
    assert_eq!(starts("2018-11-04", Tz::America__Sao_Paulo), "2018-11-04T03:00:00Z");
    // There was no such day: the next one began.
    assert_eq!(starts("2011-12-30", Tz::Pacific__Apia), "2011-12-30T10:00:00Z");
}

#[test]
fn every_zone_can_be_chosen_once() {
    let names: Vec<_> = regions().into_iter().flat_map(|region| region.zones).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.len() > 400 && names.iter().all(|name| parse_zone(name).is_some()));
}
