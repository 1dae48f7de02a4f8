//! The Profile window: who one is, the API Client panel and the API Keys grid.

pub mod handlers;
pub mod pages;
pub mod window;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/profile").get(handlers::profile));
}
