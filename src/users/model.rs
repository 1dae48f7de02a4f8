//! What a user is, and which names are allowed.

use std::collections::BTreeSet;

use rand::CryptoRng;

use crate::db::Timestamp;
use crate::error::Error;
use crate::secret::random_base62;

/// The built-in role that holds all built-in permissions.
pub const ADMINISTRATOR: &str = "administrator";
/// The built-in role that holds none.
pub const MEMBER: &str = "member";

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
}

impl User {
    /// Whether the user may sign in and use keys.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
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
}

impl Account {
    /// Lets only those go on who hold a permission.
    ///
    /// # Errors
    /// [`Error::PermissionMissing`], which has a page.
    pub fn require(&self, permission: &'static str) -> Result<(), Error> {
        if self.permissions.contains(permission) { Ok(()) } else { Err(Error::PermissionMissing(permission)) }
    }
}

/// A new user's immutable random ID. Its prefix keeps it apart from client IDs (RFC 9700 section 4.15).
#[must_use]
pub fn generate_subject(rng: &mut impl CryptoRng) -> String {
    format!("usr_{}", random_base62::<16>(rng, 22))
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

/// The spelling under which a username is looked up.
#[must_use]
pub fn normalize_username(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A permission: a scope token of RFC 6749 section 3.3.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_permission(text: &str) -> Result<String, &'static str> {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("expected a permission such as journals:read: visible ASCII characters without spaces, \" and \\")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_have_one_spelling() {
        assert_eq!(parse_username(" Ada.Lovelace@Example.com ").unwrap(), "ada.lovelace@example.com");
        for bad in ["", "a b", "-ada", "ada/../x", "ädä", &"a".repeat(65)] {
            assert!(parse_username(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn permissions_are_scope_tokens() {
        assert!(parse_permission("journals:read").is_ok());
        for bad in ["", "a b", "a\"b", "a\\b", "é"] {
            assert!(parse_permission(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
