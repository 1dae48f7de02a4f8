//! The question before a key is deleted.

use askama::Template;

use super::model::Status;
use crate::language::filters;
use crate::web::layout::Layout;

/// The question as a page of its own.
#[derive(Template)]
#[template(path = "api_keys/delete.html")]
pub struct DeletePage {
    /// What all pages share.
    pub layout: Layout,
    /// The question.
    pub confirm: Confirm,
}

/// The question as a dialog over the Profile window.
#[derive(Template)]
#[template(path = "api_keys/delete.html", block = "confirm")]
pub struct DeleteFragment {
    /// The question.
    pub confirm: Confirm,
}

/// What is about to be deleted.
pub struct Confirm {
    /// The client ID.
    pub client_id: String,
    /// The name.
    pub name: Option<String>,
    /// Whether the key can be used.
    pub status: Status,
    /// Whether it is the only key that can be used.
    pub last_valid: bool,
    /// Whether it is asked over the Profile window, which then shows what became of it.
    pub over_window: bool,
}
