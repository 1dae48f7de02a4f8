//! What a user is, and which names are allowed.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use rand::CryptoRng;

use crate::db::Timestamp;
use crate::error::Error;
use crate::language::{Language, Locale, Message, parse_zone};
use crate::roles::rules::Actor;
use crate::secret::random_base62;

/// The longest name that people read, in characters.
pub const LONGEST_DISPLAY_NAME: usize = 100;

/// The longest e-mail address, in characters (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const LONGEST_EMAIL: usize = 254;

/// A user, without the password.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct User {
    /// The key of the row; never shown.
    pub id: i64,
    /// The immutable random ID that programs know the user by: the `sub` of access tokens.
    pub subject: String,
    /// The name to sign in with.
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address, for display.
    pub email: Option<String>,
    /// Whether the password is a one-time password.
    pub password_must_change: bool,
    /// Since when the user is disabled.
    pub disabled_at: Option<Timestamp>,
    /// Only sessions begun in this epoch are good.
    pub session_epoch: i32,
    /// Goes up with each change that an administrator makes.
    pub version: i32,
    /// How the user wants to read pages.
    pub reading: Reading,
}

impl User {
    /// Whether the user may sign in and use keys.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// How a user wants to read pages. Where nothing is chosen, the browser says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// In which language.
    pub language: Option<Language>,
    /// In which time zone.
    pub zone: Option<Tz>,
}

impl Reading {
    /// How the user reads pages in a browser.
    #[must_use]
    pub fn locale(self, browser: Locale) -> Locale {
        Locale { language: self.language.unwrap_or(browser.language), zone: self.zone.unwrap_or(browser.zone) }
    }
}

impl<DB, ST> Queryable<ST, DB> for Reading
where
    DB: Backend,
    (Option<String>, Option<String>): FromStaticSqlRow<ST, DB>,
{
    type Row = (Option<String>, Option<String>);

    /// What is not known here, such as a zone that a later version knew, is as if it were not chosen.
    fn build((language, zone): Self::Row) -> deserialize::Result<Self> {
        Ok(Self {
            language: language.as_deref().and_then(Language::of_tag),
            zone: zone.as_deref().and_then(parse_zone),
        })
    }
}

/// A user with the roles and permissions held now.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user.
    pub user: User,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// The permissions of all roles together.
    pub permissions: BTreeSet<String>,
    /// How the user reads pages in this browser.
    pub locale: Locale,
}

impl Account {
    /// Lets only those go on who hold a permission.
    ///
    /// # Errors
    /// [`Error::PermissionMissing`], which has a page.
    pub fn require(&self, permission: &'static str) -> Result<(), Error> {
        if self.permissions.contains(permission) { Ok(()) } else { Err(Error::PermissionMissing(permission)) }
    }

    /// The user as somebody who makes changes, to show what can be changed. A change itself is decided on what is held
    /// then.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User { id: self.user.id, permissions: self.permissions.clone() }
    }
}

/// A new user's immutable random ID. Its prefix keeps it apart from client IDs (RFC 9700 section 4.15).
#[must_use]
pub fn generate_subject(rng: &mut impl CryptoRng) -> String {
    format!("usr_{}", random_base62::<16>(rng, 22))
}

/// Whether a text can be such an ID.
#[must_use]
pub fn is_subject(text: &str) -> bool {
    text.strip_prefix("usr_").is_some_and(|random| random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A username in the one spelling that is stored: lower case, without white space around it.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_username(text: &str) -> Result<String, &'static str> {
    let username = normalize_username(text);
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._@+-".contains(character);
    let starts_well = username.starts_with(|first: char| first.is_ascii_alphanumeric());
    if username.len() <= 64 && starts_well && username.chars().all(allowed) {
        Ok(username)
    } else {
        Err("expected 1 to 64 letters, digits or the characters . _ @ + -, beginning with a letter or digit")
    }
}

/// Names by which programs mean themselves and everybody (`/api/v1/api-keys?owner=me`).
const RESERVED_USERNAMES: [&str; 2] = ["me", "all"];

/// The same for a new user, who cannot have a name that means something else to programs.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_new_username(text: &str) -> Result<String, &'static str> {
    let username = parse_username(text)?;
    if RESERVED_USERNAMES.contains(&&*username) {
        return Err("the names me and all are reserved: by them programs mean themselves and everybody");
    }
    Ok(username)
}

/// The spelling under which a username is looked up.
#[must_use]
pub fn normalize_username(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The name that people read, without white space around it; the username where nothing is left.
///
/// # Errors
/// A sentence for the person when it is too long or has characters that cannot be shown.
pub fn parse_display_name(text: &str, username: &str) -> Result<String, Message> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(username.to_owned());
    }
    if name.chars().count() > LONGEST_DISPLAY_NAME {
        return Err(Message::new("user-display-name-too-long").with("length", LONGEST_DISPLAY_NAME));
    }
    if name.chars().any(char::is_control) {
        return Err(Message::new("user-display-name-unreadable"));
    }
    Ok(name.to_owned())
}

/// An e-mail address without white space around it, `None` when nothing is left. Nothing is sent to it, so that it has
/// the shape of one is enough.
///
/// # Errors
/// A sentence for the person.
pub fn parse_email(text: &str) -> Result<Option<String>, Message> {
    let email = text.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let halves = email.rsplit_once('@');
    let complete = halves.is_some_and(|(before, after)| !before.is_empty() && !after.is_empty());
    let readable = !email.chars().any(|character| character.is_control() || character.is_whitespace());
    if complete && readable && email.chars().count() <= LONGEST_EMAIL {
        Ok(Some(email.to_owned()))
    } else {
        Err(Message::new("user-bad-email"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_have_one_spelling() {
        assert_eq!(parse_username(" Ada.Lovelace@Example.com ").unwrap(), "ada.lovelace@example.com");
        for bad in ["", "a b", "-ada", "ada/../x", "ädä", &"a".repeat(65)] {
            assert!(parse_username(bad).is_err(), "{bad:?} was accepted");
        }
        for (name, free) in [("Me", false), ("all", false), ("mel", true), ("-ada", false)] {
            assert_eq!(parse_new_username(name).is_ok(), free, "{name}");
        }
    }

    #[test]
    fn a_display_name_can_be_read() {
        assert_eq!(parse_display_name(" Ada Łovelace ", "ada").unwrap(), "Ada Łovelace");
        assert_eq!(parse_display_name(" ", "ada").unwrap(), "ada");
        for bad in ["bell\u{7}", &"a".repeat(101)] {
            assert!(parse_display_name(bad, "ada").is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_email_address_has_two_sides() {
        assert_eq!(parse_email(" ada@example.com ").unwrap().as_deref(), Some("ada@example.com"));
        assert_eq!(parse_email(" ").unwrap(), None);
        for bad in ["ada", "@example.com", "ada@", "a da@example.com", &format!("{}@b", "a".repeat(253))] {
            assert!(parse_email(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
