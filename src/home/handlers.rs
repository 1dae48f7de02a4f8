//! `/`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::pages::{Expiring, HomePage};
use crate::api_keys;
use crate::api_keys::expiry::{DaysLeft, SOON_DAYS};
use crate::api_keys::handlers::token_command;
use crate::api_keys::model::{ApiKey, Status};
use crate::db::Timestamp;
use crate::error::Error;
use crate::web::answer::page;
use crate::web::layout::{Layout, Time, Viewer};
use crate::web::signed_in::SignedIn;
use crate::web::state::State;

/// The home page.
///
/// # Errors
/// When nobody is signed in or something goes wrong inside.
pub async fn home(state: web::Data<State>, SignedIn(account): SignedIn) -> Result<HttpResponse, Error> {
    let now = state.clock.now();
    let (keys, active) = api_keys::actions::list_own(&state.database, account.user.id).await?;
    let count = |status| keys.iter().filter(|key| Status::of(key.expires_at, active, now) == status).count();
    let mut valid = keys.iter().filter(|key| Status::of(key.expires_at, active, now) == Status::Valid);
    let expiring = expiring(valid.clone(), now);
    let next_expiry = valid.clone().map(|key| key.expires_at).min();
    let example = valid.next().map_or("CLIENT_ID", |key| &key.client_id);
    let public_url = state.public_url.as_str();
    let base_url = state.config.api_url.as_ref().map_or(public_url, |url| url.as_str()).trim_end_matches('/');
    page(
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

fn expiring<'a>(valid: impl Iterator<Item = &'a ApiKey>, now: Timestamp) -> Option<Expiring> {
    let soon: Vec<_> = valid.filter_map(|key| Some((DaysLeft::of(key.expires_at, now)?, key))).collect();
    let (days_left, first) = soon.iter().min_by_key(|(_, key)| key.expires_at)?;
    Some(Expiring {
        count: soon.len(),
        client_id: first.client_id.clone(),
        name: first.name.clone(),
        days_left: *days_left,
        within_days: SOON_DAYS,
    })
}
