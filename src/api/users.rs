//! `/api/v1/users`.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authorize::{Caller, authorize};
use super::paging::page_size;
use super::problem::{Problem, ProblemDetails};
use crate::db::Timestamp;
use crate::roles::permissions::{USERS_READ, USERS_WRITE};
use crate::roles::queries as roles;
use crate::users::actions;
use crate::users::author::Author;
use crate::users::listing::{Cursor, Filter, ListedUser, Sort, Status, searched};
use crate::users::listing_queries as listing;
use crate::users::queries;
use crate::web::state::State;

/// A user as administrators see one.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserSummary {
    /// The immutable ID: the `sub` of access tokens.
    id: String,
    username: String,
    display_name: String,
    email: Option<String>,
    status: UserStatus,
    /// The names of the roles.
    roles: Vec<String>,
    /// API keys that can be used.
    valid_keys: i64,
    /// API keys that could be used if the user were active.
    suspended_keys: i64,
    #[schema(format = DateTime)]
    last_sign_in_at: Option<String>,
    /// When the user was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Whether a user may sign in and use API keys: an `inactive` one is disabled.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// The user may.
    Active,
    /// The user is disabled.
    Inactive,
}

impl From<Status> for UserStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Inactive => Self::Inactive,
        }
    }
}

impl From<UserStatus> for Status {
    fn from(status: UserStatus) -> Self {
        match status {
            UserStatus::Active => Self::Active,
            UserStatus::Inactive => Self::Inactive,
        }
    }
}

impl From<ListedUser> for UserSummary {
    fn from(listed: ListedUser) -> Self {
        Self {
            status: Status::of(&listed.user).into(),
            valid_keys: listed.valid_keys(),
            suspended_keys: listed.suspended_keys(),
            id: listed.user.subject,
            username: listed.user.username,
            display_name: listed.user.display_name,
            email: listed.user.email,
            roles: listed.roles,
            last_sign_in_at: listed.last_sign_in_at.map(Timestamp::rfc3339),
            updated_at: listed.updated_at.rfc3339(),
        }
    }
}

/// A user with what the user holds.
#[derive(Serialize, ToSchema)]
pub struct UserDetails {
    #[serde(flatten)]
    user: UserSummary,
    /// The permissions held now.
    permissions: Vec<HeldPermission>,
}

/// A permission that a user holds.
#[derive(Serialize, ToSchema)]
pub struct HeldPermission {
    permission: String,
    /// The names of the roles through which it is held.
    roles: Vec<String>,
}

impl UserDetails {
    /// A user with the roles that carry each permission.
    #[must_use]
    pub fn of(listed: ListedUser, grants: BTreeMap<String, Vec<String>>) -> Self {
        let permissions = grants.into_iter().map(|(permission, roles)| HeldPermission { permission, roles }).collect();
        Self { user: listed.into(), permissions }
    }
}

/// Users by username.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    items: Vec<UserSummary>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which users are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// Only users whose username, display name or e-mail address has words that begin so; of more than
    /// five, the first five of the alphabet.
    search: Option<String>,
    /// Only users of this status.
    #[param(inline)]
    status: Option<UserStatus>,
    /// Only users with the role of this name.
    role: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Users of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
}

/// Users by username. There is no way to add or change one here: a key cannot make users, roles or passwords.
///
/// # Errors
/// When the caller may not, or a parameter cannot be read.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "list_users",
    tag = "Users",
    security(("token" = []), ("client" = ["users:read"])),
    params(UserQuery),
    responses(
        (status = 200, description = "A page of users", body = UserList),
        (status = 400, description = "The Authorization header or a parameter cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission users:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    query: Result<web::Query<UserQuery>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let now = authorize(&state, &request, Some(USERS_READ)).await?.now;
    let UserQuery { search, status, role, cursor, limit } = query.map_err(|_| Problem::BAD_QUERY)?.into_inner();
    let size = page_size(limit)?;
    let sort = Sort::default();
    let after = match cursor {
        Some(cursor) => Some(Cursor::parse(&cursor, sort.column).ok_or(Problem::BAD_CURSOR)?),
        None => None,
    };
    let words = search.as_deref().map(searched).unwrap_or_default();
    let filter = Filter { words, status: status.map(Status::from), role };
    let page = state
        .database
        .read(move |connection| listing::page(connection, &filter, sort, after.as_ref(), size, now))
        .await?;
    let next_cursor = page.next.map(|next| next.code());
    Ok(HttpResponse::Ok().json(UserList { items: page.users.into_iter().map(Into::into).collect(), next_cursor }))
}

/// A user with the permissions held now, and the roles through which they are held.
///
/// # Errors
/// When the caller may not, or there is no such user.
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    operation_id = "get_user",
    tag = "Users",
    security(("token" = []), ("client" = ["users:read"])),
    params(("id" = String, Path, description = "The user's ID")),
    responses(
        (status = 200, description = "The user", body = UserDetails),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission users:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such user", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn get(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let caller = authorize(&state, &request, Some(USERS_READ)).await?;
    details(&state, id.into_inner(), caller.now).await
}

/// Disables a user: ends the browser sessions and suspends the API keys. They and their tokens are refused from the next
/// request on. A user who is disabled already stays so.
///
/// # Errors
/// When the caller may not, or there is no such user.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/disable",
    operation_id = "disable_user",
    tag = "Users",
    security(("token" = []), ("client" = ["users:write"])),
    params(("id" = String, Path, description = "The user's ID")),
    responses(
        (status = 200, description = "The user, who is disabled now", body = UserDetails),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission users:write is missing, or one that the user holds; or it is yourself", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such user", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "The user is the last active administrator", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn disable(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    set_disabled(&state, &request, id.into_inner(), true).await
}

/// Enables a user: the API keys that have not expired, and their tokens, are accepted again. A user who is enabled already
/// stays so.
///
/// # Errors
/// When the caller may not, or there is no such user.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/enable",
    operation_id = "enable_user",
    tag = "Users",
    security(("token" = []), ("client" = ["users:write"])),
    params(("id" = String, Path, description = "The user's ID")),
    responses(
        (status = 200, description = "The user, who is enabled now", body = UserDetails),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission users:write is missing, or one that the user holds", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such user", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn enable(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    set_disabled(&state, &request, id.into_inner(), false).await
}

async fn set_disabled(
    state: &State,
    request: &HttpRequest,
    id: String,
    disabled: bool,
) -> Result<HttpResponse, Problem> {
    let Caller { bearer, source, now, .. } = authorize(state, request, Some(USERS_WRITE)).await?;
    let scope = bearer.scope.tokens().map(str::to_owned).collect();
    let author = Author::Program { user_id: bearer.owner.id, scope, source };
    let user_id = find(state, id.clone()).await?;
    state
        .database
        .write(move |transaction| actions::set_disabled(transaction, &author, user_id, disabled, now))
        .await?
        .map_err(Problem::from)?;
    details(state, id, now).await
}

async fn find(state: &State, id: String) -> Result<i64, Problem> {
    let user = state.database.look_up(move |connection| queries::find_by_subject(connection, &id)).await?;
    user.map(|user| user.id).ok_or(Problem::NotFound)
}

async fn details(state: &State, id: String, now: Timestamp) -> Result<HttpResponse, Problem> {
    let user_id = find(state, id).await?;
    let (listed, grants) = state
        .database
        .look_up(move |connection| {
            Ok((listing::find(connection, user_id, now)?, roles::grants_of_user(connection, user_id)?))
        })
        .await?;
    Ok(HttpResponse::Ok().json(UserDetails::of(listed.ok_or(Problem::NotFound)?, grants)))
}
