//! `/activity`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::model::Filter;
use super::pages::ActivityPage;
use super::queries;
use crate::error::Error;
use crate::web::answer::page;
use crate::web::layout::{Layout, Viewer};
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// Events on a page.
const PAGE_SIZE: u8 = 50;

/// The query of `/activity`.
#[derive(Deserialize)]
pub struct Before {
    before: Option<i64>,
}

/// What was done by the person and with the person's keys.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn activity(
    state: web::Data<State>,
    SignedIn(account): SignedIn,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let filter = Filter { user_id: Some(account.user.id), before: query.before, ..Filter::default() };
    let mut events =
        state.database.read(move |connection| queries::list(connection, filter, i64::from(PAGE_SIZE) + 1)).await?;
    let more = events.len() > usize::from(PAGE_SIZE);
    events.truncate(PAGE_SIZE.into());
    let older = events.last().filter(|_| more).map(|event| format!("/activity?before={}", event.id));
    page(
        StatusCode::OK,
        &ActivityPage {
            layout: Layout::new(&state, Some(Viewer::from(&account))),
            events: events.into_iter().map(Into::into).collect(),
            older,
        },
    )
}
