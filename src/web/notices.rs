//! What a form has done, told on the page that it leads to.

use actix_session::Session;

use crate::error::Error;
use crate::language::Message;

/// The entry of a session's state that holds it.
const NOTICE: &str = "notice";

/// Remembers what is to be told on the next page that tells such things.
///
/// # Errors
/// When it cannot be remembered.
pub fn tell(session: &Session, notice: Message) -> Result<(), Error> {
    session.insert(NOTICE, notice).map_err(Error::internal)
}

/// What is to be told now, once.
#[must_use]
pub fn take(session: &Session) -> Option<Message> {
    // Removing even what is not there would store the session anew.
    session.contains_key(NOTICE).then(|| session.remove_as::<Message>(NOTICE)).flatten()?.ok()
}
