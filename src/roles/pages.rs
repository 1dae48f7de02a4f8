//! The pages on which administrators manage roles.

use askama::Template;

use crate::language::{Message, filters};
use crate::web::fields::Mistake;
use crate::web::layout::Layout;

/// `/roles`.
#[derive(Template)]
#[template(path = "roles/roles.html")]
pub struct RolesPage {
    /// What all pages share.
    pub layout: Layout,
    /// The roles.
    pub rows: Vec<RoleRow>,
    /// What was just done.
    pub notice: Option<Message>,
    /// Why something was not done.
    pub refused: Option<Message>,
}

/// A row of the grid.
pub struct RoleRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: Option<Message>,
    /// Its permissions.
    pub permissions: Vec<String>,
    /// How many users have it.
    pub users: i64,
    /// Whether it can be edited, or why not.
    pub edit: Result<(), Message>,
    /// Whether it can be deleted.
    pub delete: bool,
}

/// `/roles/new` and `/roles/{name}/edit`.
#[derive(Template)]
#[template(path = "roles/form.html")]
pub struct RolePage {
    /// What all pages share.
    pub layout: Layout,
    /// The role that is edited, and the version that the form shows; none for a new one.
    pub edited: Option<(String, i32)>,
    /// How many users have it.
    pub users: i64,
    /// The fields.
    pub form: RoleForm,
}

/// The fields of a role, as they were typed.
#[derive(Default)]
pub struct RoleForm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The built-in permissions to choose from.
    pub built_in: Vec<PermissionChoice>,
    /// The free permissions, one a line.
    pub free: String,
    /// Why it was not accepted.
    pub mistake: Option<Mistake>,
    /// How what was typed differs from what somebody else has saved meanwhile, a sentence each.
    pub conflicts: Vec<Message>,
}

impl RoleForm {
    /// Whether this field is the wrong one.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.mistake.as_ref().is_some_and(|mistake| mistake.field == field)
    }
}

/// A built-in permission to choose.
pub struct PermissionChoice {
    /// The permission.
    pub name: &'static str,
    /// The ID of what it is for.
    pub explanation: &'static str,
    /// Whether it is chosen.
    pub checked: bool,
    /// Whether it cannot be chosen, because whoever asks does not hold it.
    pub locked: bool,
}

/// The question before a role is deleted.
#[derive(Template)]
#[template(path = "roles/delete.html")]
pub struct DeletePage {
    /// What all pages share.
    pub layout: Layout,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}
