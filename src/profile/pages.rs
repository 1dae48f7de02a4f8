//! The Profile window as a page of its own, as a window over another page, and as what changes in it.

use askama::Template;

use crate::api_keys::expiry::DaysLeft;
use crate::api_keys::model::Status;
use crate::api_keys::pages::LastUse;
use crate::audit::uses::Month;
use crate::language::{Message, Time, filters};
use crate::web::fields::Mistake;
use crate::web::layout::Layout;

/// The window as a page of its own.
#[derive(Template)]
#[template(path = "profile/profile.html")]
pub struct ProfilePage {
    /// What all pages share.
    pub layout: Layout,
    /// The window.
    pub window: ProfileWindow,
}

/// The window over another page.
#[derive(Template)]
#[template(path = "profile/profile.html", block = "window")]
pub struct ProfileWindowFragment {
    /// The window.
    pub window: ProfileWindow,
}

/// The panel and the grid, in a window that is open already.
#[derive(Template)]
#[template(path = "profile/profile.html", block = "content")]
pub struct ProfileContentFragment {
    /// The window.
    pub window: ProfileWindow,
}

/// What the window shows.
pub struct ProfileWindow {
    /// The name to sign in with.
    pub username: String,
    /// The name that people read.
    pub display_name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// The permissions held now.
    pub permissions: Vec<String>,
    /// The API Client panel.
    pub panel: Panel,
    /// The API Keys grid.
    pub grid: Grid,
}

/// The API Client panel.
pub struct Panel {
    /// Makes a repeated submit recognisable.
    pub nonce: String,
    /// The name that was typed.
    pub name: String,
    /// The lifetimes to choose from.
    pub choices: Vec<Choice>,
    /// The lifetime of a key when none is chosen.
    pub default_days: u32,
    /// The first date that can be chosen, as the date field wants it.
    pub earliest_date: String,
    /// The last one.
    pub latest_date: String,
    /// The date that was typed.
    pub expires_on: String,
    /// Why no key was generated.
    pub mistake: Option<Mistake>,
    /// What just happened.
    pub outcome: Outcome,
}

impl Panel {
    /// Whether this field is the wrong one.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.mistake.as_ref().is_some_and(|mistake| mistake.field == field)
    }
}

/// A lifetime to choose.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: Message,
    /// Whether it is chosen.
    pub selected: bool,
}

/// What just happened.
pub enum Outcome {
    /// Nothing.
    None,
    /// A key was generated.
    Generated(GeneratedKey),
    /// The form had made a key before.
    AlreadyGenerated {
        /// The key.
        client_id: String,
        /// Whether it was deleted since.
        deleted: bool,
    },
    /// A key was deleted.
    Deleted {
        /// The key.
        client_id: String,
        /// Its name, for a replacement.
        name: Option<String>,
        /// Its lifetime in days, for a replacement.
        lifetime: String,
    },
}

/// A key that was just generated.
pub struct GeneratedKey {
    /// The client ID.
    pub client_id: String,
    /// The client secret: this page is the only place where it is shown.
    pub client_secret: String,
    /// The name.
    pub name: Option<String>,
    /// When it expires.
    pub expires_at: Time,
    /// A command line that gets a token.
    pub token_command: String,
}

impl GeneratedKey {
    /// The name of the file in which it can be kept.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.env", self.client_id)
    }
}

/// The API Keys grid.
pub struct Grid {
    /// One row a key.
    pub rows: Vec<Row>,
}

/// A row of the grid.
pub struct Row {
    /// The client ID.
    pub client_id: String,
    /// The name.
    pub name: Option<String>,
    /// When it was generated.
    pub created_at: Time,
    /// When it expires.
    pub expires_at: Time,
    /// How soon that is, when it is soon.
    pub days_left: Option<DaysLeft>,
    /// Its last use.
    pub last_use: Option<LastUse>,
    /// The uses of the last thirty days; none when there were none.
    pub month: Option<Month>,
    /// Whether it can be used.
    pub status: Status,
}
