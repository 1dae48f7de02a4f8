//! Roles: named sets of permissions, and the rules of who may change what.
//!
//! A permission is an OAuth 2.0 scope token. The built-in ones govern Keyledge itself, all others are free: they belong
//! to the APIs behind it. The roles `administrator` and `member` are built in. A change holds at the next check of every
//! key whose owner has the role.

pub mod actions;
pub mod handlers;
pub mod model;
pub mod pages;
pub mod permissions;
pub mod queries;
pub mod rules;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::kept;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/roles").get(handlers::list))
        .service(web::resource("/roles/new").wrap(from_fn(kept::keep)).get(handlers::new).post(handlers::add))
        .service(web::resource("/roles/{name}/edit").wrap(from_fn(kept::keep)).get(handlers::edit).post(handlers::save))
        .service(web::resource("/roles/{name}/delete").get(handlers::confirm).post(handlers::delete));
}
