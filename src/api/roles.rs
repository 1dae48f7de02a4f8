//! `/api/v1/roles`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authorize::authorize;
use super::paging::{page, page_size};
use super::problem::{Problem, ProblemDetails};
use crate::roles::model::{ListedRole, parse_role_name};
use crate::roles::permissions::ROLES_READ;
use crate::roles::queries;
use crate::web::state::State;

/// A role: a named set of permissions.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub struct RoleSummary {
    name: String,
    /// What it is for.
    description: String,
    /// Whether it came with Keyledge, and can be neither edited nor deleted.
    built_in: bool,
    permissions: Vec<String>,
    /// How many users have it.
    users: i64,
}

impl From<ListedRole> for RoleSummary {
    fn from(ListedRole { grant, users }: ListedRole) -> Self {
        Self {
            name: grant.role.name,
            description: grant.role.description,
            built_in: grant.role.built_in,
            permissions: grant.permissions.into_iter().collect(),
            users,
        }
    }
}

/// Roles by name.
#[derive(Serialize, ToSchema)]
pub struct RoleList {
    items: Vec<RoleSummary>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Which roles are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoleQuery {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Roles of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
}

/// Roles by name. There is no way to add or change one here: a key cannot make users, roles or passwords.
///
/// # Errors
/// When the caller may not, or a parameter cannot be read.
#[utoipa::path(
    get,
    path = "/api/v1/roles",
    operation_id = "list_roles",
    tag = "Roles",
    security(("token" = []), ("client" = ["roles:read"])),
    params(RoleQuery),
    responses(
        (status = 200, description = "A page of roles", body = RoleList),
        (status = 400, description = "The Authorization header or a parameter cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission roles:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn list(
    state: web::Data<State>,
    request: HttpRequest,
    query: Result<web::Query<RoleQuery>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    authorize(&state, &request, Some(ROLES_READ)).await?;
    let RoleQuery { cursor, limit } = query.map_err(|_| Problem::BAD_QUERY)?.into_inner();
    let size = page_size(limit)?;
    if cursor.as_deref().is_some_and(|cursor| parse_role_name(cursor).is_err()) {
        return Err(Problem::BAD_CURSOR);
    }
    let roles = state.database.read(move |connection| queries::page(connection, cursor.as_deref(), size + 1)).await?;
    let (roles, next_cursor) = page(roles, size, |role| role.grant.role.name.clone());
    Ok(HttpResponse::Ok().json(RoleList { items: roles.into_iter().map(Into::into).collect(), next_cursor }))
}

/// A role.
///
/// # Errors
/// When the caller may not, or there is no such role.
#[utoipa::path(
    get,
    path = "/api/v1/roles/{name}",
    operation_id = "get_role",
    tag = "Roles",
    security(("token" = []), ("client" = ["roles:read"])),
    params(("name" = String, Path, description = "The name of the role")),
    responses(
        (status = 200, description = "The role", body = RoleSummary),
        (status = 400, description = "The Authorization header or the address cannot be read", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "No access token, or one that is not valid", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The permission roles:read is missing", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such role", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The call cannot be recorded or answered at the moment", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub async fn get(
    state: web::Data<State>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    authorize(&state, &request, Some(ROLES_READ)).await?;
    let role = state.database.look_up(move |connection| queries::find_listed(connection, &name)).await?;
    Ok(HttpResponse::Ok().json(RoleSummary::from(role.ok_or(Problem::NotFound)?)))
}
