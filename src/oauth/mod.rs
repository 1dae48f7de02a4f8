//! The endpoints of OAuth 2.0 clients: a program exchanges an API key for a short-lived access token (RFC 6749 section
//! 4.4), asks what a token stands for (RFC 7662), ends one (RFC 7009), and finds the endpoints and the public signing
//! keys by itself (RFC 8414, RFC 7517).
//!
//! What a credential stands for is asked of the database's state at every use ([`check`]): the key, its owner, the owner's
//! permissions, whether the token was ended and its signing key withdrawn. What was found about it may be kept on SQLite,
//! for as long as SQLite says, asked at each check, that no other connection has written (`db/remembered.rs`). The only
//! thing taken from a token is what cannot change: which key it was issued for, its scope and when it ends; and all that
//! is remembered here is that its signature is good.

pub mod actions;
pub mod check;
pub mod error;
pub mod handlers;
pub mod metadata;
pub mod model;
pub mod queries;
pub mod request;
pub mod signing_keys;
pub mod tokens;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    let post_only = |path: &str| web::resource(path.to_owned()).default_service(web::to(handlers::method_not_allowed));
    config
        .service(
            web::scope("/auth")
                .service(post_only("/token").post(handlers::token))
                .service(post_only("/introspect").post(handlers::introspect))
                .service(post_only("/revoke").post(handlers::revoke))
                .default_service(web::to(handlers::not_found)),
        )
        .service(
            web::scope("/.well-known")
                .service(web::resource("/oauth-authorization-server").get(metadata::metadata))
                .service(web::resource("/jwks.json").get(metadata::jwks))
                .default_service(web::to(handlers::not_found)),
        );
}
