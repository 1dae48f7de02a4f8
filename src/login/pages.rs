//! The sign-in page and the page to choose a password.

use askama::Template;

use crate::language::{Message, filters};
use crate::web::layout::Layout;

/// `/login`.
#[derive(Template)]
#[template(path = "login/login.html")]
pub struct LoginPage {
    /// What all pages share.
    pub layout: Layout,
    /// The username that was typed.
    pub username: String,
    /// Why the sign-in was refused.
    pub message: Option<Message>,
    /// The path to go to after the sign-in.
    pub next: String,
    /// What was typed into the form of that page; empty when nothing was.
    pub kept: String,
}

/// `/login/password`.
#[derive(Template)]
#[template(path = "login/password.html")]
pub struct PasswordPage {
    /// What all pages share.
    pub layout: Layout,
    /// Whose password it is, for password managers.
    pub username: String,
    /// Why the password was refused.
    pub message: Option<Message>,
    /// The shortest password, in characters.
    pub minimum_length: usize,
}
