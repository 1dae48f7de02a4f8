//! `/api/v1/me`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::authorize::authorize;
use super::problem::{Problem, ProblemDetails};
use crate::users::queries as users;
use crate::web::state::State;

/// Who an access token stands for.
#[derive(Serialize, ToSchema)]
pub struct Me {
    user: Person,
    /// The API key that the token was issued for.
    client_id: String,
    /// What the token may be used for now.
    permissions: Vec<String>,
    #[schema(format = DateTime)]
    key_expires_at: String,
    #[schema(format = DateTime)]
    token_expires_at: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The immutable ID: the `sub` of access tokens.
    id: String,
    username: String,
    display_name: String,
    email: Option<String>,
}

/// Who the access token stands for now.
///
/// # Errors
/// When the token is missing or refused.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    operation_id = "get_me",
    tag = "You",
    responses(
        (status = 200, description = "Who the token stands for", body = Me),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn me(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = authorize(&state, &request, None).await?;
    let bearer = caller.bearer;
    let user_id = bearer.owner.id;
    let user = state.database.look_up(move |connection| users::find(connection, user_id)).await?;
    let user = user.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok().json(Me {
        user: Person { id: user.subject, username: user.username, display_name: user.display_name, email: user.email },
        client_id: bearer.client_id.to_string(),
        permissions: bearer.scope.tokens().map(str::to_owned).collect(),
        key_expires_at: bearer.key_expires_at.rfc3339(),
        token_expires_at: caller.token_expires_at.rfc3339(),
    }))
}
