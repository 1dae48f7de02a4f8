//! What a form has done, told on the page that it leads to.

use actix_session::Session;
use actix_web::HttpRequest;
use serde::de::DeserializeOwned;

use super::head::is_head;
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
pub fn take(session: &Session, request: &HttpRequest) -> Option<Message> {
    take_entry(session, request, NOTICE)
}

/// The same of an entry that one page has for itself.
#[must_use]
pub fn take_entry<T: DeserializeOwned>(session: &Session, request: &HttpRequest, entry: &str) -> Option<T> {
    let told = session.get(entry).ok().flatten();
    remove(session, request, entry);
    told
}

/// Removes what a page has told. Nobody sees the answer to a HEAD, so it is told again then.
pub(super) fn remove(session: &Session, request: &HttpRequest, entry: &str) {
    // Removing even what is not there would store the session anew.
    if session.contains_key(entry) && !is_head(request) {
        session.remove(entry);
    }
}
