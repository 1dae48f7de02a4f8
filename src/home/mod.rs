//! The home page: what a person can do next.

pub mod handlers;
pub mod pages;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").get(handlers::home));
}
