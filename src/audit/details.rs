//! What the record says beside an action, in the language of who reads it. The record itself is English, once and for all:
//! what this program writes there is recognised, and anything else is told as it stands.

use crate::language::Message;

/// What people read for a detail of an event.
pub(super) fn detail(text: &str) -> Message {
    match text.split_once(": ") {
        Some(("1 session", session)) => ended(session),
        // The name of a role, and what was changed about it; or the ID of a signing key, and when it signs.
        Some((name, changes)) if name != "roles" && !name.contains("; ") => {
            Message::new("detail-named").with("name", name).with("changes", list(changes))
        }
        _ => list(text),
    }
}

fn list(text: &str) -> Message {
    match text.split_once("; ") {
        Some((first, rest)) => Message::new("detail-list").with("first", change(first)).with("rest", list(rest)),
        None => change(text),
    }
}

fn change(text: &str) -> Message {
    match text {
        "display name" => Message::new("detail-display-name"),
        "e-mail" => Message::new("detail-email"),
        "description" => Message::new("detail-description"),
        "language" => Message::new("detail-language"),
        "time zone" => Message::new("detail-time-zone"),
        "signs at once, earlier tokens end" => Message::new("detail-signs-at-once"),
        "signs after five minutes" => Message::new("detail-signs-later"),
        _ => {
            if let Some(changes) = text.strip_prefix("roles: ") {
                Message::new("detail-roles").with("changes", difference(changes))
            } else {
                sessions(text).unwrap_or_else(|| difference(text))
            }
        }
    }
}

/// Such as `added a b, removed c`.
fn difference(text: &str) -> Message {
    if let Some(names) = text.strip_prefix("removed ") {
        return Message::new("detail-removed").with("names", names);
    }
    match text.strip_prefix("added ").map(|names| names.split_once(", removed ").ok_or(names)) {
        Some(Ok((added, removed))) => {
            Message::new("detail-added-and-removed").with("added", added).with("removed", removed)
        }
        Some(Err(names)) => Message::new("detail-added").with("names", names),
        None => Message::new("detail-as-it-is").with("text", text),
    }
}

/// Such as `2 other sessions ended`.
fn sessions(text: &str) -> Option<Message> {
    let (count, words) = text.split_once(' ')?;
    let id = match words {
        "other session" | "other sessions" => "account-other-sessions",
        "other session ended" | "other sessions ended" => "detail-sessions-ended",
        _ => return None,
    };
    Some(Message::new(id).with("others", count.parse::<i64>().ok()?))
}

/// Such as `Firefox on Windows, 198.51.100.7`.
fn ended(session: &str) -> Message {
    let (browser, address) = session.rsplit_once(", ").unwrap_or((session, ""));
    let browser = match browser.split_once(" on ") {
        Some(("Unknown browser", system)) => Message::new("account-unknown-browser-on").with("system", system),
        Some((browser, system)) => Message::new("account-browser-on").with("browser", browser).with("system", system),
        None if browser == "Unknown browser" => Message::new("account-unknown-browser"),
        None => Message::new("account-browser-named").with("browser", browser),
    };
    Message::new("detail-session").with("browser", browser).with("address", address)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::language::{Language, Locale, Say as _};

    #[test]
    fn in_english_a_detail_reads_as_it_stands_in_the_record() {
        for text in [
            "display name; e-mail; roles: added accountant member, removed auditor",
            "roles: added member",
            "accountant: description; added journals:read",
            "accountant: removed journals:read",
            "accountant",
            "helper: keys:read",
            "0iIUPh93weGhxVvyu: signs at once, earlier tokens end",
            "0InsSdN837dVgD21I: signs after five minutes",
            "language; time zone",
            "2 other sessions ended",
            "1 other session ended",
            "1 other session",
            "12 other sessions",
            "1 session: Firefox on Windows, 198.51.100.7",
            "1 session: Unknown browser, ::1",
            "1 session: curl, ::1",
            "9a8b7c, RS256",
            "",
        ] {
            assert_eq!(detail(text).to_string(), text);
        }
    }

    #[test]
    fn in_german_only_the_words_of_this_program_are_other_ones() {
        let german = Locale { language: Language::German, zone: Tz::UTC };
        for (text, said) in [
            ("display name; roles: added a b, removed c", "Anzeigename; Rollen: hinzugefügt a b, entfernt c"),
            ("accountant: description; added journals:read", "accountant: Beschreibung; hinzugefügt journals:read"),
            ("2 other sessions ended", "2 andere Sitzungen beendet"),
            ("1 session: Firefox on Windows, ::1", "1 Sitzung: Firefox auf Windows, ::1"),
            ("0iIUPh93weGhxVvyu: signs after five minutes", "0iIUPh93weGhxVvyu: signiert nach fünf Minuten"),
            ("helper: <b>", "helper: &#60;b&#62;"),
        ] {
            assert_eq!(detail(text).say(german).to_string(), said);
        }
    }
}
