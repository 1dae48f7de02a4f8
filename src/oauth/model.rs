//! Scopes.

use std::collections::BTreeSet;
use std::fmt;

use crate::roles::permissions::parse_permission;

/// A set of scope tokens (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Reads space-delimited scope tokens; `None` when one is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(' ')
            .filter(|token| !token.is_empty())
            .map(|token| parse_permission(token).ok())
            .collect::<Option<_>>()
            .map(Self)
    }

    /// The scope of somebody who holds these permissions.
    #[must_use]
    pub fn of(permissions: BTreeSet<String>) -> Self {
        Self(permissions)
    }

    /// A scope with a token that nobody can be given: it is longer than one word.
    #[must_use]
    pub fn held_by_nobody() -> Self {
        Self(BTreeSet::from(["a malformed scope".to_owned()]))
    }

    /// Whether a token is in it.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// The tokens in either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether every token of this scope is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in alphabetical order.
    #[must_use]
    pub fn into_tokens(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_a_set_of_tokens() {
        let scope = Scope::parse("b  a b").unwrap();
        assert_eq!(scope.to_string(), "a b");
        assert_eq!(Scope::parse("a\"b"), None);
        assert!(Scope::parse("").unwrap().is_empty());
        assert_eq!(scope.and(&Scope::parse("b c").unwrap()).to_string(), "b");
        assert!(!scope.is_within(&Scope::parse("b c").unwrap()));
    }
}
