//! What the base template shows on every page.

use std::collections::BTreeSet;

use askama::filters::Safe;

use super::assets;
use super::brand::Brand;
use super::state::State;
use crate::language::Locale;
use crate::users::model::Account;

/// The header and the assets.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The name of the API that the keys are for.
    pub instance_name: String,
    /// The looks of the instance.
    pub brand: Brand,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The name to sign in with.
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// What they may see and do.
    pub permissions: BTreeSet<String>,
    /// How they read pages.
    pub locale: Locale,
}

impl From<&Account> for Viewer {
    fn from(Account { user, permissions, locale, .. }: &Account) -> Self {
        Self {
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            permissions: permissions.clone(),
            locale: *locale,
        }
    }
}

impl Layout {
    /// The layout for somebody, or nobody.
    #[must_use]
    pub fn new(state: &State, viewer: Option<Viewer>) -> Self {
        Self { instance_name: state.config.instance_name.clone(), brand: state.brand.clone(), viewer }
    }

    /// Whether whoever is signed in holds a permission. Pages show no way to what they may not do.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.permissions.contains(permission))
    }

    /// The path below which the files of `static/` are.
    #[must_use]
    pub fn assets(&self) -> Safe<&'static str> {
        Safe(assets::folder())
    }
}
