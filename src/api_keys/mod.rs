//! API keys: the pair of a client ID and a client secret that one user owns.
//!
//! The secret exists in clear in the one answer that generates it; the database holds its SHA-256. A key's status is
//! computed from its expiration date and its owner whenever it is asked for. A deleted key keeps its row, so that its
//! client ID and the nonce of the form that made it are never used again.

pub mod actions;
pub mod expiry;
pub mod handlers;
pub mod model;
pub mod pages;
pub mod queries;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::answer::see_other;
use crate::web::kept;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/profile/api-keys")
                .wrap(from_fn(kept::keep))
                // Without scripts, people stand at this address.
                .get(async || see_other("/profile"))
                .post(handlers::generate),
        )
        .service(web::resource("/profile/api-keys/{client_id}/delete").get(handlers::confirm).post(handlers::delete));
}
