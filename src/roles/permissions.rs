//! The permissions that govern Keyledge itself. All others are free: they belong to the APIs behind it.

use std::collections::BTreeSet;

/// To see all users.
pub const USERS_READ: &str = "users:read";
/// To add, change, disable and enable users.
pub const USERS_WRITE: &str = "users:write";
/// To see all roles.
pub const ROLES_READ: &str = "roles:read";
/// To add, change and delete roles, and to grant free permissions.
pub const ROLES_WRITE: &str = "roles:write";
/// To see everybody's API keys.
pub const KEYS_READ: &str = "keys:read";
/// To delete everybody's API keys.
pub const KEYS_DELETE: &str = "keys:delete";
/// To read everybody's record.
pub const AUDIT_READ: &str = "audit:read";
/// To ask what a token stands for.
pub const TOKENS_INTROSPECT: &str = "tokens:introspect";

/// All of them, each with the ID of what people read about it.
pub const BUILT_IN: [(&str, &str); 8] = [
    (USERS_READ, "permission-users-read"),
    (USERS_WRITE, "permission-users-write"),
    (ROLES_READ, "permission-roles-read"),
    (ROLES_WRITE, "permission-roles-write"),
    (KEYS_READ, "permission-keys-read"),
    (KEYS_DELETE, "permission-keys-delete"),
    (AUDIT_READ, "permission-audit-read"),
    (TOKENS_INTROSPECT, "permission-tokens-introspect"),
];

/// The ID of what people read about a built-in permission; none for a free one.
#[must_use]
pub fn explanation(permission: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(name, _)| *name == permission).map(|(_, explanation)| *explanation)
}

/// Whether a permission governs Keyledge itself.
#[must_use]
pub fn is_built_in(permission: &str) -> bool {
    explanation(permission).is_some()
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

/// Permissions with white space between them.
///
/// # Errors
/// The first text that is none.
pub fn parse_permissions(text: &str) -> Result<BTreeSet<String>, &str> {
    text.split_whitespace().map(|token| parse_permission(token).map_err(|_| token)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_scope_tokens() {
        assert!(parse_permission("journals:read").is_ok());
        for bad in ["", "a b", "a\"b", "a\\b", "é"] {
            assert!(parse_permission(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn permissions_stand_on_lines_or_between_spaces() {
        let permissions = parse_permissions(" journals:read\r\njournals:write journals:read\t").unwrap();
        assert_eq!(permissions.into_iter().collect::<Vec<_>>(), ["journals:read", "journals:write"]);
        assert_eq!(parse_permissions("journals:read, \"all\""), Err("\"all\""));
        assert!(parse_permissions(" \n").unwrap().is_empty());
    }
}
