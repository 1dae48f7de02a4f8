//! The JSON API, by access token: what the pages show, for programs. Errors are problem details (RFC 9457). It is
//! described by the OpenAPI document that is generated from the handlers here.
//!
//! A token reaches what its owner reaches, as far as the token's scope goes. One's own things need no permission, but a token
//! that was asked for with a scope is for that alone. There is nothing here that makes keys, users, roles or passwords; users
//! can be disabled and enabled, for whatever finds out that somebody has left.

pub mod authorize;
pub mod events;
pub mod keys;
pub mod me;
pub mod openapi;
pub mod owners;
pub mod paging;
pub mod problem;
pub mod roles;
pub mod users;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    let resource = |path: &str, allowed: &'static str| {
        let other = move |state, request| authorize::method_not_allowed(state, request, allowed);
        web::resource(path.to_owned()).default_service(web::to(other))
    };
    config.service(
        web::scope("/api")
            .service(resource("/openapi.json", "GET").get(openapi::document))
            .service(resource("/v1/me", "GET").get(me::me))
            .service(resource("/v1/api-keys", "GET").get(keys::list))
            .service(resource("/v1/api-keys/{client_id}", "GET, DELETE").get(keys::get).delete(keys::delete))
            .service(resource("/v1/audit-events", "GET").get(events::list))
            .service(resource("/v1/users", "GET").get(users::list))
            .service(resource("/v1/users/{id}", "GET").get(users::get))
            .service(resource("/v1/users/{id}/disable", "POST").post(users::disable))
            .service(resource("/v1/users/{id}/enable", "POST").post(users::enable))
            .service(resource("/v1/roles", "GET").get(roles::list))
            .service(resource("/v1/roles/{name}", "GET").get(roles::get))
            .default_service(web::to(authorize::not_found)),
    );
}
