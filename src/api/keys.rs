//! `/api/v1/api-keys`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authorize::{Caller, authorize_where};
use super::owners::Owner;
use super::paging::{page, page_size};
use super::problem::{Problem, ProblemDetails};
use crate::all_keys::model::KeyFilter;
use crate::all_keys::queries as all_keys;
use crate::api_keys::actions::{self, Deletion};
use crate::api_keys::model::{ApiKey, ClientId, Status};
use crate::api_keys::queries;
use crate::db::Timestamp;
use crate::oauth::check::Bearer;
use crate::roles::permissions::{KEYS_DELETE as DELETE, KEYS_READ as READ};
use crate::users::model::User;
use crate::web::state::State;

/// An API key. Its client secret is known to nobody but whoever generated it.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct Key {
    client_id: String,
    /// The name that its owner gave.
    name: Option<String>,
    /// The username of its owner.
    owner: String,
    status: KeyStatus,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// To a minute.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// From which address it was used then.
    last_used_address: Option<String>,
}

/// Whether a key can be used: `suspended` while its owner is disabled, `expired` for good.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// It can.
    Valid,
    /// Its owner is disabled.
    Suspended,
    /// Its expiration date has passed.
    Expired,
}

impl Key {
    /// A key with its owner, as it is at this moment.
    #[must_use]
    pub fn of(key: ApiKey, owner: User, now: Timestamp) -> Self {
        let status = match Status::of(key.expires_at, owner.is_active(), now) {
            Status::Valid => KeyStatus::Valid,
            Status::Suspended => KeyStatus::Suspended,
            Status::Expired => KeyStatus::Expired,
        };
        Self {
            client_id: key.client_id,
            name: key.name,
            owner: owner.username,
            status,
            created_at: key.created_at.rfc3339(),
            expires_at: key.expires_at.rfc3339(),
            last_used_at: key.last_used_at.map(Timestamp::rfc3339),
            last_used_address: key.last_used_address,
        }
    }
}

/// API keys, newest first.
#[derive(Serialize, ToSchema)]
pub struct KeyPage {
    items: Vec<Key>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which keys are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// Whose keys: `me`, a username, or `all`. Anybody else's need the permission `keys:read`, as do one's own with a token
    /// that was asked for with a scope.
    #[serde(default)]
    #[param(value_type = String, default = "me")]
    owner: Owner,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Keys of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
}

/// API keys, newest first.
///
/// # Errors
/// When the caller may not, or a parameter cannot be read.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    operation_id = "list_api_keys",
    tag = "API keys",
    params(KeyQuery),
    responses(
        (status = 200, description = "A page of API keys", body = KeyPage),
        (status = 400, description = "The Authorization header or a parameter cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission keys:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    query: Result<web::Query<KeyQuery>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let owner = query.as_ref().map(|query| query.owner.clone()).unwrap_or_default();
    let caller = authorize_where(&state, &request, READ, move |caller| !owner.is(caller)).await?;
    let KeyQuery { owner, cursor, limit } = query.map_err(|_| Problem::BAD_QUERY)?.into_inner();
    let limit = page_size(limit)?;
    let now = caller.now;
    let keys = state
        .database
        .read(move |connection| {
            let user_id = match owner.find(connection, &caller)? {
                Ok(user_id) => user_id,
                Err(problem) => return Ok(Err(problem)),
            };
            let after = match &cursor {
                Some(cursor) => match all_keys::place(connection, cursor, user_id)? {
                    Some(place) => Some(place),
                    None => return Ok(Err(Problem::BAD_CURSOR)),
                },
                None => None,
            };
            let filter = KeyFilter { owners: user_id.map(|user_id| vec![user_id]), ..KeyFilter::default() };
            all_keys::page(connection, &filter, after, limit + 1, now).map(Ok)
        })
        .await??;
    let (keys, next_cursor) = page(keys, limit, |(key, _)| key.client_id.clone());
    let items = keys.into_iter().map(|(key, owner)| Key::of(key, owner, now)).collect();
    Ok(HttpResponse::Ok().json(KeyPage { items, next_cursor }))
}

/// One API key.
///
/// # Errors
/// When the caller may not, or there is no such key.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys/{client_id}",
    operation_id = "get_api_key",
    tag = "API keys",
    params(("client_id" = String, Path, description = "The client ID")),
    responses(
        (status = 200, description = "The API key", body = Key),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The token was asked for with a scope, and the permission keys:read is not in it", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such API key, or none that you may see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn get(
    state: web::Data<State>,
    request: HttpRequest,
    client_id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let caller = authorize_where(&state, &request, READ, |_| false).await?;
    let (key, owner) = visible(&state, &caller, &client_id).await?;
    Ok(HttpResponse::Ok().json(Key::of(key, owner, caller.now)))
}

/// Deletes an API key. It and its tokens are refused from the next request on. This cannot be reversed.
///
/// # Errors
/// When the caller may not, or there is no such key.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{client_id}",
    operation_id = "delete_api_key",
    tag = "API keys",
    params(("client_id" = String, Path, description = "The client ID")),
    responses(
        (status = 204, description = "The API key is deleted"),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission keys:delete is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such API key, or none that you may see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn delete(
    state: web::Data<State>,
    request: HttpRequest,
    client_id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = find(&state, &client_id).await?;
    let caller = authorize_where(&state, &request, DELETE, move |bearer| {
        found.is_some_and(|(_, owner)| may_see(bearer, &owner) && owner.id != bearer.owner.id)
    })
    .await?;
    let (key, owner) = visible(&state, &caller, &client_id).await?;
    let client_id = ClientId::parse(&key.client_id).ok_or(Problem::NotFound)?;
    let actor_id = caller.bearer.owner.id;
    match actions::delete(&state.database, owner.id, actor_id, client_id, caller.source, caller.now).await? {
        Deletion::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Deletion::DoneBefore(_) | Deletion::NoSuchKey => Err(Problem::NotFound),
    }
}

/// A key that the caller may see.
async fn visible(state: &State, caller: &Caller, client_id: &str) -> Result<(ApiKey, User), Problem> {
    find(state, client_id).await?.filter(|(_, owner)| may_see(&caller.bearer, owner)).ok_or(Problem::NotFound)
}

async fn find(state: &State, client_id: &str) -> Result<Option<(ApiKey, User)>, Problem> {
    let Some(client_id) = ClientId::parse(client_id) else { return Ok(None) };
    Ok(state.database.look_up(move |connection| queries::find_with_owner(connection, client_id.as_str())).await?)
}

/// Everybody sees their own keys, and with the permission those of all.
fn may_see(bearer: &Bearer, owner: &User) -> bool {
    owner.id == bearer.owner.id || bearer.scope.contains(READ)
}
