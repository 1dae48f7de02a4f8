//! Users, their passwords, and how administrators manage them.
//!
//! A user is active or disabled and holds [`crate::roles`]. Disabling a user ends the browser sessions at once and
//! suspends the API keys; nothing about the keys is written for that, because a key's status is computed when it is
//! asked for.

pub mod access;
pub mod actions;
pub mod author;
pub mod editing;
pub mod handlers;
pub mod listing;
pub mod listing_queries;
pub mod model;
pub mod pages;
pub mod password;
pub mod password_rules;
pub mod queries;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::kept;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/users").get(handlers::list))
        .service(web::resource("/users/new").wrap(from_fn(kept::keep)).get(handlers::new).post(handlers::add))
        .service(web::resource("/users/{subject}").wrap(from_fn(kept::keep)).get(editing::show).post(editing::save))
        .service(web::resource("/users/{subject}/disable").get(access::confirm_disable).post(access::disable))
        .service(web::resource("/users/{subject}/enable").get(access::confirm_enable).post(access::enable))
        .service(web::resource("/users/{subject}/password").get(access::confirm_password).post(access::set_password));
}
