//! What a role is, and which names are allowed.

use std::collections::BTreeSet;

use crate::language::Message;

/// The built-in role that holds all built-in permissions.
pub const ADMINISTRATOR: &str = "administrator";
/// The built-in role that holds none.
pub const MEMBER: &str = "member";

/// The longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 200;

/// A role, without its permissions.
#[derive(Clone, Debug, diesel::Queryable)]
pub struct Role {
    /// The key of the row; never shown.
    pub id: i64,
    /// Its name, which never changes.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it came with the database, and can be neither edited nor deleted.
    pub built_in: bool,
    /// Goes up with each change.
    pub version: i32,
}

impl Role {
    /// What people read about it: its description, which for a built-in role stands in the catalogue of their language.
    #[must_use]
    pub fn about(&self) -> Option<Message> {
        match self.name.as_str() {
            ADMINISTRATOR if self.built_in => Some(Message::new("roles-administrator")),
            MEMBER if self.built_in => Some(Message::new("roles-member")),
            _ if self.description.is_empty() => None,
            _ => Some(Message::new("roles-about").with("description", &self.description)),
        }
    }
}

/// A role with its permissions.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Its permissions.
    pub permissions: BTreeSet<String>,
}

/// A role as administrators see it.
#[derive(Clone, Debug)]
pub struct ListedRole {
    /// The role with its permissions.
    pub grant: Grant,
    /// How many users have it.
    pub users: i64,
}

/// What becomes of a set of names, such as the roles of a user or the permissions of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewSet {
    /// It is exactly this from now on.
    Exactly(BTreeSet<String>),
    /// Some come and some go.
    Changed {
        /// Those that come.
        added: BTreeSet<String>,
        /// Those that go.
        removed: BTreeSet<String>,
    },
}

impl NewSet {
    /// The set that becomes of one.
    #[must_use]
    pub fn from(&self, before: &BTreeSet<String>) -> BTreeSet<String> {
        match self {
            Self::Exactly(after) => after.clone(),
            Self::Changed { added, removed } => {
                before.union(added).filter(|name| !removed.contains(*name)).cloned().collect()
            }
        }
    }
}

/// How two sets differ, in words for the record, such as `added a b, removed c`.
#[must_use]
pub fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let words = |verb: &str, names: Vec<&str>| (!names.is_empty()).then(|| format!("{verb} {}", names.join(" ")));
    let added = words("added", after.difference(before).map(String::as_str).collect());
    let removed = words("removed", before.difference(after).map(String::as_str).collect());
    [added, removed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The name of a role.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_role_name(text: &str) -> Result<String, &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("expected 1 to 64 lower-case letters, digits, - or _")
    }
}

/// What a role is for, without white space around it.
///
/// # Errors
/// A sentence for the person when it is too long or has characters that cannot be shown.
pub fn parse_description(text: &str) -> Result<String, Message> {
    let text = text.trim();
    if text.chars().count() > LONGEST_DESCRIPTION {
        return Err(Message::new("roles-description-too-long").with("length", LONGEST_DESCRIPTION));
    }
    if text.chars().any(char::is_control) {
        return Err(Message::new("roles-description-unreadable"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &str) -> BTreeSet<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_set_is_replaced_or_changed() {
        assert_eq!(NewSet::Exactly(set("c")).from(&set("a b")), set("c"));
        let changed = NewSet::Changed { added: set("c"), removed: set("a d") };
        assert_eq!(changed.from(&set("a b")), set("b c"));
    }

    #[test]
    fn a_difference_is_told_in_words() {
        assert_eq!(difference(&set("a b"), &set("b c d")), "added c d, removed a");
        assert_eq!(difference(&set("a"), &set("a b")), "added b");
        assert_eq!(difference(&set("a"), &set("a")), "");
    }

    #[test]
    fn role_names_are_short_and_lower_case() {
        assert!(parse_role_name("night-shift_2").is_ok());
        for bad in ["", "The Boss", "a/b", "é", &"a".repeat(65)] {
            assert!(parse_role_name(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
