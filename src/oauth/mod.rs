//! The token endpoint: a program exchanges an API key for a short-lived access token (RFC 6749 section 4.4).
//!
//! What a token stands for is looked up again at every use ([`actions::check`]): the key, its owner, the owner's
//! permissions. The only thing taken from the token is what cannot change: which key it was issued for, its scope and
//! when it ends.

pub mod actions;
pub mod error;
pub mod handlers;
pub mod model;
pub mod queries;
pub mod request;
pub mod tokens;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::scope("/auth")
                .service(
                    web::resource("/token")
                        .post(handlers::token)
                        .default_service(web::to(handlers::method_not_allowed)),
                )
                .default_service(web::to(handlers::not_found)),
        )
        .service(web::scope("/.well-known").default_service(web::to(handlers::not_found)));
}
