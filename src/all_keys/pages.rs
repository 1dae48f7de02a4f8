//! The list of everybody's keys and the question before one is deleted.

use askama::Template;

use crate::api_keys::model::Status;
use crate::api_keys::pages::LastUse;
use crate::language::{Message, Time, filters};
use crate::web::layout::Layout;

/// `/keys`.
#[derive(Template)]
#[template(path = "all_keys/list.html")]
pub struct ListPage {
    /// What all pages share.
    pub layout: Layout,
    /// The filters.
    pub form: FilterForm,
    /// The keys.
    pub rows: Vec<Row>,
    /// The key that was just deleted.
    pub deleted: Option<Deleted>,
    /// Where the page of the keys after these is.
    pub next: Option<String>,
    /// Where the first page is, on the others.
    pub first: Option<String>,
}

/// The filters as they were chosen.
#[derive(Clone, Debug)]
pub struct FilterForm {
    /// Whether anything is filtered.
    pub is_filtered: bool,
    /// How the owners' usernames begin.
    pub owner: String,
    /// Whether more owners have such a name than are looked through.
    pub too_many_owners: bool,
    /// The statuses to choose from.
    pub statuses: Vec<Choice>,
    /// The concerns to choose from.
    pub concerns: Vec<Choice>,
    /// All that is chosen, for forms that come back to this list.
    pub hidden: Vec<(&'static str, String)>,
}

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the form sends.
    pub value: &'static str,
    /// What people read.
    pub label: Message,
    /// Whether it is chosen.
    pub selected: bool,
}

/// A row of the list.
pub struct Row {
    /// The owner.
    pub owner: String,
    /// The client ID.
    pub client_id: String,
    /// The name.
    pub name: Option<String>,
    /// Whether it can be used.
    pub status: Status,
    /// When it was generated.
    pub created_at: Time,
    /// When it expires.
    pub expires_at: Time,
    /// Its last use.
    pub last_use: Option<LastUse>,
}

/// A key that was just deleted.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Deleted {
    /// The owner.
    pub owner: String,
    /// The client ID.
    pub client_id: String,
}

/// The question as a page of its own.
#[derive(Template)]
#[template(path = "all_keys/delete.html")]
pub struct DeletePage {
    /// What all pages share.
    pub layout: Layout,
    /// The question.
    pub confirm: Confirm,
}

/// The question as a dialog over the list.
#[derive(Template)]
#[template(path = "all_keys/delete.html", block = "confirm")]
pub struct DeleteFragment {
    /// The question.
    pub confirm: Confirm,
}

/// What is about to be deleted.
pub struct Confirm {
    /// The owner.
    pub owner: String,
    /// The client ID.
    pub client_id: String,
    /// The name.
    pub name: Option<String>,
    /// Whether the key can be used.
    pub status: Status,
    /// Where the answer goes.
    pub action: String,
    /// What leads back to the list as it was.
    pub hidden: Vec<(&'static str, String)>,
}
