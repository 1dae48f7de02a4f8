//! The page of one's own account.

use askama::Template;

use super::actions::count_sessions;
use super::model::browser;
use crate::login::queries::Session;
use crate::web::layout::{Layout, Time};

/// `/account`.
#[derive(Template)]
#[template(path = "account/account.html")]
pub struct AccountPage {
    /// What all pages share.
    pub layout: Layout,
    /// Whose account it is, for password managers.
    pub username: String,
    /// What was just done.
    pub news: Option<News>,
    /// Why the password was not changed.
    pub refusal: Option<Refusal>,
    /// The shortest password, in characters.
    pub minimum_length: usize,
    /// The sessions, this one first.
    pub sessions: Vec<SessionRow>,
}

/// What was just done.
#[derive(serde::Serialize, serde::Deserialize)]
pub enum News {
    /// The password was changed, and so many other sessions ended.
    PasswordChanged(usize),
    /// A session in this browser was ended.
    SessionEnded(String),
    /// The session had ended before.
    SessionGone,
    /// So many other sessions were ended.
    OthersEnded(usize),
}

impl News {
    /// What people read.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::PasswordChanged(0) => "Your password was changed.".to_owned(),
            Self::PasswordChanged(others) => {
                let others = count_sessions(*others);
                format!("Your password was changed. {others} ended: sign in there again with the new password.")
            }
            Self::SessionEnded(browser) => format!("The session in {browser} was ended."),
            Self::SessionGone => "That session had ended already.".to_owned(),
            Self::OthersEnded(0) => "There was no other session any more.".to_owned(),
            Self::OthersEnded(others) => format!("{} ended.", count_sessions(*others)),
        }
    }
}

/// Why the password was not changed.
pub struct Refusal {
    /// What happened and what to do.
    pub message: String,
    /// Where.
    pub field: Field,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// *Current password*.
    Current,
    /// *New password*.
    New,
    /// *Repeat new password*.
    Repeated,
}

impl AccountPage {
    /// Whether this field is what has to be corrected.
    #[must_use]
    pub fn is_wrong(&self, field: Field) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field == field)
    }
}

/// A row of the table of sessions.
pub struct SessionRow {
    /// Names it in forms.
    pub handle: String,
    /// Whether this page was asked for in it.
    pub is_this: bool,
    /// What people call the browser.
    pub browser: String,
    /// The address that it began from.
    pub address: String,
    /// When it began.
    pub began_at: Time,
    /// When it was last used.
    pub last_used_at: Time,
}

impl SessionRow {
    /// A row about this session, or about another one.
    #[must_use]
    pub fn new(session: Session, is_this: bool) -> Self {
        Self {
            is_this,
            browser: browser(session.user_agent.as_deref()),
            handle: session.handle,
            address: session.address,
            began_at: Time(session.began_at),
            last_used_at: Time(session.last_used_at),
        }
    }
}
