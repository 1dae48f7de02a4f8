//! The page of one's own account.

use askama::Template;

use super::model::browser;
use crate::language::{Language, Message, Time, ZoneRegion, filters};
use crate::login::queries::Session;
use crate::users::model::Reading;
use crate::web::fields::Mistake;
use crate::web::layout::Layout;

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
    /// How they read pages, or what was chosen and not saved.
    pub reading: Reading,
    /// Why it was not saved.
    pub reading_mistake: Option<Mistake>,
    /// The time zones to choose from.
    pub regions: Vec<ZoneRegion>,
    /// The sessions, this one first.
    pub sessions: Vec<SessionRow>,
}

/// What was just done.
#[derive(serde::Serialize, serde::Deserialize)]
pub enum News {
    /// The password was changed, and so many other sessions ended.
    PasswordChanged(usize),
    /// A session in this browser was ended.
    SessionEnded(Message),
    /// The session had ended before.
    SessionGone,
    /// So many other sessions were ended.
    OthersEnded(usize),
    /// Language and time zone were saved, and whether that changed them.
    ReadingSaved(bool),
}

impl News {
    /// What people read.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::PasswordChanged(0) => Message::new("account-password-changed"),
            Self::PasswordChanged(others) => Message::new("account-password-changed-elsewhere").with("others", *others),
            Self::SessionEnded(browser) => Message::new("account-session-ended").with("browser", browser),
            Self::SessionGone => Message::new("account-session-gone"),
            Self::OthersEnded(0) => Message::new("account-no-other-session"),
            Self::OthersEnded(others) => Message::new("account-others-ended").with("others", *others),
            Self::ReadingSaved(true) => Message::new("reading-saved"),
            Self::ReadingSaved(false) => Message::new("reading-unchanged"),
        }
    }
}

/// Why the password was not changed.
pub struct Refusal {
    /// What happened and what to do.
    pub message: Message,
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
    /// Whether this language is the chosen one.
    #[must_use]
    pub fn is_language(&self, language: &Language) -> bool {
        self.reading.language.as_ref() == Some(language)
    }

    /// Whether this time zone is the chosen one.
    #[must_use]
    pub fn is_zone(&self, name: &str) -> bool {
        self.reading.zone.is_some_and(|zone| zone.name() == name)
    }

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
    pub browser: Message,
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
