//! Scopes.

use std::fmt;
use std::sync::Arc;

use crate::roles::permissions::parse_permission;

/// A scope token that is none: no permission has a tab in it.
const NOBODYS: &str = "nobody's\tscope";

/// A set of scope tokens (RFC 6749 section 3.3), in alphabetical order with spaces between them. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Arc<str>);

impl Scope {
    /// Reads space-delimited scope tokens; `None` when one is malformed, or when there is something but no token: a scope
    /// has at least one (RFC 6749 section 3.3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let scope = Self::of(text);
        let is_well_formed = scope.tokens().all(|token| parse_permission(token).is_ok());
        (is_well_formed && (text.is_empty() || !scope.is_empty())).then_some(scope)
    }

    /// The scope of somebody who holds these permissions, with spaces between them.
    #[must_use]
    pub fn of(permissions: &str) -> Self {
        permissions.split(' ').filter(|token| !token.is_empty()).collect()
    }

    /// A scope of one token that nobody can be given: no permission has a tab in it.
    #[must_use]
    pub fn held_by_nobody() -> Self {
        Self(NOBODYS.into())
    }

    /// Whether there can be somebody who holds it.
    #[must_use]
    pub fn can_be_held(&self) -> bool {
        !self.contains(NOBODYS)
    }

    /// Whether a token is in it.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.tokens().any(|other| other == token)
    }

    /// The tokens in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.tokens().chain(other.tokens()).collect()
    }

    /// Whether every token of this scope is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        is_within(self.tokens(), other.tokens())
    }

    /// The tokens of this scope that stand among these permissions, with spaces between them.
    #[must_use]
    pub fn held(&self, permissions: &str) -> Self {
        let mut permissions: Vec<&str> = permissions.split(' ').collect();
        permissions.sort_unstable();
        if is_within(self.tokens(), permissions.iter().copied()) {
            return self.clone();
        }
        self.tokens().filter(|token| permissions.binary_search(token).is_ok()).collect()
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens with spaces between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens in alphabetical order.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }
}

/// Whether all of these tokens are among the others. Both are in alphabetical order, so each is looked at once.
fn is_within<'a>(tokens: impl IntoIterator<Item = &'a str>, others: impl IntoIterator<Item = &'a str>) -> bool {
    let mut others = others.into_iter();
    tokens.into_iter().all(|token| others.any(|other| other == token))
}

impl<'a> FromIterator<&'a str> for Scope {
    fn from_iter<T: IntoIterator<Item = &'a str>>(tokens: T) -> Self {
        let mut tokens: Vec<&str> = tokens.into_iter().collect();
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens.join(" ").into())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        assert_eq!([" ", "  ", "\t"].map(Scope::parse), [None, None, None]);
        assert_eq!(scope.held("c b").to_string(), "b");
        assert_eq!(scope.held("c b a"), scope);
        assert_eq!(Scope::of("b a b"), scope);
        assert_eq!(scope.or(&Scope::of("c")).to_string(), "a b c");
        assert!(!scope.is_within(&Scope::parse("b c").unwrap()));
        assert!(scope.is_within(&Scope::of("a b c")));
        assert!(Scope::default().is_within(&Scope::default()));
        assert!(!Scope::held_by_nobody().can_be_held() && !scope.or(&Scope::held_by_nobody()).can_be_held());
        assert!(scope.can_be_held());
        assert_eq!(scope.held(""), Scope::default());
        assert_eq!(scope.tokens().collect::<Vec<_>>(), ["a", "b"]);
    }
}
