//! Everybody's API keys, for those who look after them: to find keys that nobody needs or that are about to expire, and to
//! delete them.
//!
//! There is no generating here. A key carries the permissions of whoever generates it and its secret is shown to whoever
//! generates it, so each user does that in the own Profile window. A deletion is in the record of the key's owner, with
//! whoever did it.

pub mod handlers;
pub mod model;
pub mod pages;
pub mod queries;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/keys").get(handlers::list))
        .service(web::resource("/keys/{client_id}/delete").get(handlers::confirm).post(handlers::delete));
}
