//! How administrators look through users: sorted, filtered, found by words, a page at a time.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;

use super::model::User;
use crate::db::Timestamp;
use crate::language::Message;

/// The most words of a search that count.
const MOST_WORDS: usize = 5;

/// A user as administrators see one.
#[derive(Clone, Debug)]
pub struct ListedUser {
    /// The user.
    pub user: User,
    /// When the user was last changed.
    pub updated_at: Timestamp,
    /// When the user last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// How many API keys have not expired: they are valid, or suspended while the user is disabled.
    pub unexpired_keys: i64,
}

impl ListedUser {
    /// How many API keys can be used.
    #[must_use]
    pub fn valid_keys(&self) -> i64 {
        if self.user.is_active() { self.unexpired_keys } else { 0 }
    }

    /// How many API keys could be used if the user were active.
    #[must_use]
    pub fn suspended_keys(&self) -> i64 {
        self.unexpired_keys - self.valid_keys()
    }
}

/// Which users are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those with words that begin so.
    pub words: BTreeSet<String>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those with the role of this name.
    pub role: Option<String>,
}

/// Whether a user may sign in and use keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The user may.
    Active,
    /// The user is disabled.
    Inactive,
}

impl Status {
    /// The status of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        if user.is_active() { Self::Active } else { Self::Inactive }
    }

    /// What people read.
    #[must_use]
    pub const fn label(self) -> Message {
        Message::new(match self {
            Self::Active => "status-active",
            Self::Inactive => "status-inactive",
        })
    }

    /// The word in URLs and in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// Reads [`Status::code`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Inactive].into_iter().find(|status| status.code() == text)
    }
}

/// A column that users can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The name to sign in with.
    #[default]
    Username,
    /// The name that people read.
    DisplayName,
    /// The e-mail address; those without one come first.
    Email,
    /// When the user last signed in; those who never did come first.
    LastSignIn,
    /// When the user was last changed.
    Updated,
}

impl Column {
    /// All of them, in the order of the grid.
    pub const ALL: [Self; 5] = [Self::Username, Self::DisplayName, Self::Email, Self::LastSignIn, Self::Updated];

    /// The word in URLs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::DisplayName => "display-name",
            Self::Email => "email",
            Self::LastSignIn => "last-sign-in",
            Self::Updated => "updated",
        }
    }
}

/// The order of a list of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// Whether what is greater or later comes first.
    pub descending: bool,
}

impl Sort {
    /// Reads the name of a column, with a minus before it for the reverse.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, code) = text.strip_prefix('-').map_or((false, text), |code| (true, code));
        let column = Column::ALL.into_iter().find(|column| column.code() == code)?;
        Some(Self { column, descending })
    }

    /// What [`Sort::parse`] reads.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.column.code())
    }
}

/// The place of a user in an order, from which a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the user is sorted by.
    pub key: Key,
    /// Sorts those with the same key.
    pub username: String,
}

/// What a user is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A name.
    Text(String),
    /// A point in time.
    Time(Timestamp),
}

impl Cursor {
    /// The place of a user.
    #[must_use]
    pub fn of(listed: &ListedUser, column: Column) -> Self {
        let user = &listed.user;
        let never = Timestamp::from(DateTime::UNIX_EPOCH);
        let key = match column {
            Column::Username => Key::Text(user.username.clone()),
            Column::DisplayName => Key::Text(user.display_name.clone()),
            Column::Email => Key::Text(user.email.clone().unwrap_or_default()),
            Column::LastSignIn => Key::Time(listed.last_sign_in_at.unwrap_or(never)),
            Column::Updated => Key::Time(listed.updated_at),
        };
        Self { key, username: user.username.clone() }
    }

    /// The place as it stands in URLs: of no meaning to anybody else.
    #[must_use]
    pub fn code(&self) -> String {
        let key = match &self.key {
            Key::Text(text) => text.clone(),
            Key::Time(time) => time.rfc3339_micros(),
        };
        URL_SAFE_NO_PAD.encode(format!("{}\n{key}", self.username))
    }

    /// Reads [`Cursor::code`] of a list in the same order.
    #[must_use]
    pub fn parse(text: &str, column: Column) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (username, key) = text.split_once('\n')?;
        // Postgres takes no text with a NUL in it.
        if text.contains('\0') {
            return None;
        }
        let key = match column {
            Column::Username | Column::DisplayName | Column::Email => Key::Text(key.to_owned()),
            Column::LastSignIn | Column::Updated => Key::Time(DateTime::parse_from_rfc3339(key).ok()?.to_utc().into()),
        };
        Some(Self { key, username: username.to_owned() })
    }
}

/// A page of users.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<ListedUser>,
    /// Where the next page begins; none on the last one.
    pub next: Option<Cursor>,
}

/// The words by which a user is found.
#[must_use]
pub fn words_of(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase();
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What is searched for, as the words that a user must have. A text without any, such as `@`, stands for itself: it is no
/// word, so nobody has it.
#[must_use]
pub fn searched(text: &str) -> BTreeSet<String> {
    let words = words_of(text);
    if words.is_empty() && !text.trim().is_empty() {
        return BTreeSet::from([text.trim().to_owned()]);
    }
    words.into_iter().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_lower_case_and_without_punctuation() {
        let words = words_of("ada.l@Example.com Ada ŁOVELACE, ada");
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["ada", "com", "example", "l", "łovelace"]);
        assert!(words_of(" .@\0- ").is_empty());
        assert_eq!(searched("a b c d e f g").len(), 5);
        assert_eq!((searched(" @ ").len(), searched(" ").len()), (1, 0));
    }

    #[test]
    fn an_order_is_a_column_and_a_direction() {
        let sort = Sort { column: Column::LastSignIn, descending: true };
        assert_eq!(Sort::parse(&sort.code()), Some(sort));
        assert_eq!(Sort::parse("username"), Some(Sort::default()));
        for bad in ["", "-", "--username", "password"] {
            assert_eq!(Sort::parse(bad), None, "{bad} was accepted");
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let time = Timestamp::from(DateTime::from_timestamp_micros(1_764_000_000_123_456).unwrap());
        for (column, key) in
            [(Column::DisplayName, Key::Text("Ada\n“L”".to_owned())), (Column::Updated, Key::Time(time))]
        {
            let cursor = Cursor { key, username: "ada".to_owned() };
            assert_eq!(Cursor::parse(&cursor.code(), column), Some(cursor));
        }
        for bad in ["", "rubbish!", "YWRh", "YWRhCng", "YWRhCgA"] {
            assert_eq!(Cursor::parse(bad, Column::Updated), None, "{bad} was accepted");
        }
        assert_eq!(Cursor::parse("YWRhCgA", Column::Username), None);
    }
}
