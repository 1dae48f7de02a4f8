//! The pages on which administrators manage users.

use askama::Template;

use super::listing::{Column, ListedUser, Sort, Status};
use crate::language::{Message, Time, filters};
use crate::web::fields::Mistake;
use crate::web::layout::Layout;

/// `/users`.
#[derive(Template)]
#[template(path = "users/users.html")]
pub struct UsersPage {
    /// What all pages share.
    pub layout: Layout,
    /// The filters as they were chosen.
    pub form: FilterForm,
    /// The columns that can be sorted by.
    pub headings: Headings,
    /// The users.
    pub rows: Vec<UserRow>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Where the first page is, on the others.
    pub first: Option<String>,
    /// What was just done.
    pub notice: Option<Message>,
}

/// The filters as they were chosen.
pub struct FilterForm {
    /// What is searched for.
    pub search: String,
    /// `active`, `inactive` or nothing.
    pub status: String,
    /// The name of a role, or nothing.
    pub role: String,
    /// The roles to choose from.
    pub roles: Vec<String>,
    /// The orders to choose from.
    pub sorts: Vec<SortChoice>,
    /// Whether anything is filtered.
    pub is_filtered: bool,
}

/// An order to choose.
pub struct SortChoice {
    /// [`Sort::code`].
    pub code: String,
    /// The ID of what people read.
    pub label: &'static str,
    /// Whether it is chosen.
    pub selected: bool,
}

impl SortChoice {
    /// All orders, each said so that it needs no arrow.
    #[must_use]
    pub fn all(chosen: Sort) -> Vec<Self> {
        let labels = |column| match column {
            Column::Username => ["users-sort-username", "users-sort-username-reverse"],
            Column::DisplayName => ["users-sort-display-name", "users-sort-display-name-reverse"],
            Column::Email => ["users-sort-email", "users-sort-email-reverse"],
            Column::LastSignIn => ["users-sort-last-sign-in", "users-sort-last-sign-in-reverse"],
            Column::Updated => ["users-sort-updated", "users-sort-updated-reverse"],
        };
        let mut choices = Vec::new();
        for column in Column::ALL {
            for (label, descending) in labels(column).into_iter().zip([false, true]) {
                let sort = Sort { column, descending };
                choices.push(Self { code: sort.code(), label, selected: sort == chosen });
            }
        }
        choices
    }
}

/// The headings of the columns that can be sorted by.
pub struct Headings {
    /// The name to sign in with.
    pub username: Heading,
    /// The name that people read.
    pub display_name: Heading,
    /// The e-mail address.
    pub email: Heading,
    /// When the user last signed in.
    pub last_sign_in: Heading,
    /// When the user was last changed.
    pub updated: Heading,
}

/// The heading of a column that can be sorted by.
pub struct Heading {
    /// The ID of the words.
    pub label: &'static str,
    /// Where the list sorted by it is, or in reverse when it is.
    pub href: String,
    /// How the list is sorted by it, as `aria-sort` has it.
    pub sorted: Option<&'static str>,
}

/// A row of the grid.
pub struct UserRow {
    /// The immutable random ID.
    pub subject: String,
    /// The name to sign in with.
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the user may sign in and use keys.
    pub status: Status,
    /// The names of the roles.
    pub roles: String,
    /// How many API keys can be used.
    pub valid_keys: i64,
    /// How many API keys could be used if the user were active.
    pub suspended_keys: i64,
    /// When the user last signed in.
    pub last_sign_in_at: Option<Time>,
    /// When the user was last changed.
    pub updated_at: Time,
}

impl From<ListedUser> for UserRow {
    fn from(listed: ListedUser) -> Self {
        Self {
            status: Status::of(&listed.user),
            valid_keys: listed.valid_keys(),
            suspended_keys: listed.suspended_keys(),
            subject: listed.user.subject,
            username: listed.user.username,
            display_name: listed.user.display_name,
            email: listed.user.email,
            roles: listed.roles.join(", "),
            last_sign_in_at: listed.last_sign_in_at.map(Time),
            updated_at: Time(listed.updated_at),
        }
    }
}

/// `/users/new`.
#[derive(Template)]
#[template(path = "users/new.html")]
pub struct NewUserPage {
    /// What all pages share.
    pub layout: Layout,
    /// Makes a repeated submit recognisable.
    pub nonce: String,
    /// The username that was typed.
    pub username: String,
    /// The other fields.
    pub form: UserForm,
}

/// The fields of a user, as they were typed.
#[derive(Default)]
pub struct UserForm {
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// The roles to choose from; none for oneself.
    pub roles: Option<Vec<RoleChoice>>,
    /// Why it was not accepted.
    pub mistake: Option<Mistake>,
    /// How what was typed differs from what somebody else has saved meanwhile, a sentence each.
    pub conflicts: Vec<Message>,
}

impl UserForm {
    /// Whether this field is the wrong one.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.mistake.as_ref().is_some_and(|mistake| mistake.field == field)
    }
}

/// What was typed into a field, or that it is empty.
#[must_use]
pub fn quoted(text: &str) -> Message {
    if text.is_empty() { Message::new("conflict-empty") } else { Message::new("conflict-quoted").with("text", text) }
}

/// A role to choose.
pub struct RoleChoice {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: Option<Message>,
    /// Whether it is chosen.
    pub checked: bool,
    /// Why it cannot be chosen.
    pub locked: Option<Message>,
}

/// `/users/{subject}`.
#[derive(Template)]
#[template(path = "users/user.html")]
pub struct UserPage {
    /// What all pages share.
    pub layout: Layout,
    /// The user as saved.
    pub user: UserRow,
    /// The permissions held now.
    pub permissions: Vec<PermissionRow>,
    /// What was just done.
    pub notice: Option<Message>,
    /// Why something was not done.
    pub refused: Option<Message>,
    /// The version that the form shows.
    pub version: i32,
    /// What can be changed.
    pub form: Option<UserForm>,
    /// Why nothing can be changed, where somebody might expect that it can.
    pub locked: Option<Message>,
    /// Whether the user may be disabled or enabled, or why not.
    pub switch: Result<(), Message>,
    /// Whether a one-time password may be set, or why not.
    pub password: Result<(), Message>,
}

/// A permission that a user holds.
pub struct PermissionRow {
    /// The permission.
    pub name: String,
    /// The ID of what it is for, where it is built in.
    pub explanation: Option<&'static str>,
    /// The names of the roles that carry it.
    pub roles: String,
}

/// A question before a user is disabled or enabled, or gets a one-time password.
#[derive(Template)]
#[template(path = "users/confirm.html")]
pub struct ConfirmPage {
    /// What all pages share.
    pub layout: Layout,
    /// The ID of the name of the dialog.
    pub heading: &'static str,
    /// The immutable random ID.
    pub subject: String,
    /// The name to sign in with.
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// What will happen, a paragraph each.
    pub consequences: Vec<Message>,
    /// The last part of the path.
    pub action: &'static str,
    /// The ID of the words on the button.
    pub button: &'static str,
    /// Whether it takes something away.
    pub is_danger: bool,
    /// Makes a form that is no longer up to date recognisable, where that matters.
    pub session_epoch: Option<i32>,
}

/// The one answer that shows a one-time password.
#[derive(Template)]
#[template(path = "users/password.html")]
pub struct PasswordPage {
    /// What all pages share.
    pub layout: Layout,
    /// The immutable random ID.
    pub subject: String,
    /// The name to sign in with.
    pub username: String,
    /// Whether the user was added with it.
    pub added: bool,
    /// The one-time password: this page is the only place where it is shown.
    pub password: String,
}
