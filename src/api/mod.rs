//! The JSON API, by access token. Errors are problem details (RFC 9457).

pub mod handlers;
pub mod problem;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/api")
            .service(web::resource("/v1/me").get(handlers::me).default_service(web::to(handlers::method_not_allowed)))
            .default_service(web::to(handlers::not_found)),
    );
}
