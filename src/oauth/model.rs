//! Scopes.

use std::fmt;
use std::sync::Arc;

use crate::roles::permissions::parse_permission;

/// A set of scope tokens (RFC 6749 section 3.3), in alphabetical order. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Arc<[String]>);

impl Scope {
    /// Reads space-delimited scope tokens; `None` when one is malformed, or when there is something but no token: a scope
    /// has at least one (RFC 6749 section 3.3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        let scope: Self = tokens.map(|token| parse_permission(token).ok()).collect::<Option<_>>()?;
        (text.is_empty() || !scope.is_empty()).then_some(scope)
    }

    /// The scope of somebody who holds these permissions, with spaces between them.
    #[must_use]
    pub fn of(permissions: &str) -> Self {
        permissions.split_ascii_whitespace().map(str::to_owned).collect()
    }

    /// A scope with a token that nobody can be given: it is longer than one word.
    #[must_use]
    pub fn held_by_nobody() -> Self {
        Self::from_iter(["a malformed scope".to_owned()])
    }

    /// Whether a token is in it.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.binary_search_by(|other| other.as_str().cmp(token)).is_ok()
    }

    /// The tokens in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.0.iter().chain(&*other.0).cloned().collect()
    }

    /// Whether every token of this scope is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.contains(token))
    }

    /// The tokens of this scope that stand among these permissions, with spaces between them.
    #[must_use]
    pub fn held(&self, permissions: &str) -> Self {
        let mut permissions: Vec<&str> = permissions.split_ascii_whitespace().collect();
        permissions.sort_unstable();
        let is_held = |token: &&String| permissions.binary_search(&token.as_str()).is_ok();
        if self.0.iter().all(|token| is_held(&token)) {
            return self.clone();
        }
        self.0.iter().filter(is_held).cloned().collect()
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in alphabetical order.
    #[must_use]
    pub fn into_tokens(self) -> Vec<String> {
        self.0.to_vec()
    }
}

impl FromIterator<String> for Scope {
    fn from_iter<T: IntoIterator<Item = String>>(tokens: T) -> Self {
        let mut tokens: Vec<String> = tokens.into_iter().collect();
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens.into())
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
        assert_eq!([" ", "  ", "\t"].map(Scope::parse), [None, None, None]);
        assert_eq!(scope.held("c b").to_string(), "b");
        assert_eq!(scope.held("c b a"), scope);
        assert_eq!(Scope::of("b a b"), scope);
        assert_eq!(scope.or(&Scope::of("c")).to_string(), "a b c");
        assert!(!scope.is_within(&Scope::parse("b c").unwrap()));
    }
}
