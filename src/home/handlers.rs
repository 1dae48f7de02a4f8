//! `/`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono_tz::Tz;

use super::pages::HomePage;
use crate::api_keys::expiry::{DaysLeft, SOON_DAYS};
use crate::api_keys::handlers::token_command;
use crate::api_keys::model::{ApiKey, Status};
use crate::api_keys::queries::list_of_user;
use crate::db::Timestamp;
use crate::error::Error;
use crate::language::{Message, Time};
use crate::web::answer::page;
use crate::web::layout::{Layout, Viewer};
use crate::web::signed_in;
use crate::web::state::State;

/// The home page.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn home(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let now = state.clock.now();
    let (account, keys) = signed_in::with(&request, list_of_user).await?;
    let active = account.user.is_active();
    let count = |status| keys.iter().filter(|key| Status::of(key.expires_at, active, now) == status).count();
    let mut valid = keys.iter().filter(|key| Status::of(key.expires_at, active, now) == Status::Valid);
    let expiring = expiring(valid.clone(), now, account.locale.zone);
    let next_expiry = valid.clone().map(|key| key.expires_at).min();
    let example = valid.next().map_or("CLIENT_ID", |key| &key.client_id);
    let public_url = state.public_url.as_str();
    let base_url = state.config.api_url.as_ref().map_or(public_url, |url| url.as_str()).trim_end_matches('/');
    page(
        account.locale,
        StatusCode::OK,
        &HomePage {
            layout: Layout::new(&state, Some(Viewer::from(&account))),
            base_url: base_url.to_owned(),
            valid: count(Status::Valid),
            suspended: count(Status::Suspended),
            expired: count(Status::Expired),
            next_expiry: next_expiry.map(Time),
            expiring,
            token_command: token_command(public_url, example),
            me_command: format!("curl --header 'Authorization: Bearer ACCESS_TOKEN' {public_url}/api/v1/me"),
        },
    )
}

/// What is to be said about the keys that expire soon.
fn expiring<'a>(valid: impl Iterator<Item = &'a ApiKey>, now: Timestamp, zone: Tz) -> Option<Message> {
    let soon: Vec<_> = valid.filter_map(|key| Some((DaysLeft::of(key.expires_at, now, zone)?, key))).collect();
    let (days_left, first) = soon.iter().min_by_key(|(_, key)| key.expires_at)?;
    let message = match (soon.len(), &first.name) {
        (1, Some(name)) => Message::new("home-expiring-name").with("name", name),
        (1, None) => Message::new("home-expiring-id").with("client-id", &first.client_id),
        (count, _) => Message::new("home-expiring-several").with("count", count).with("within", SOON_DAYS),
    };
    Some(message.with("days", days_left))
}
