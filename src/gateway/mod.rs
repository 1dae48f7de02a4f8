//! The gateway check: a proxy asks, before it lets a request through, who the caller is and whether the caller may.
//!
//! `/auth/verify` answers with a status and headers, never with a body: proxies only look at those, and answers
//! without a body are what makes the check fast. What is checked is the same as everywhere ([`crate::oauth::check`]).

pub mod challenge;
pub mod handlers;
pub mod original;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/auth/verify").to(handlers::verify))
        .service(web::resource("/auth/verify/{original:.*}").to(handlers::verify));
}
