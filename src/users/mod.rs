//! Users, their passwords, and how administrators manage them.
//!
//! A user is active or disabled and holds [`crate::roles`]. Disabling a user ends the browser sessions at once and
//! suspends the API keys; nothing about the keys is written for that, because a key's status is computed when it is
//! asked for.

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

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/users").get(handlers::list))
        .service(web::resource("/users/new").get(handlers::new).post(handlers::add))
        .service(web::resource("/users/{subject}").get(handlers::show).post(handlers::save))
        .service(web::resource("/users/{subject}/disable").get(handlers::confirm_disable).post(handlers::disable))
        .service(web::resource("/users/{subject}/enable").get(handlers::confirm_enable).post(handlers::enable))
        .service(
            web::resource("/users/{subject}/password").get(handlers::confirm_password).post(handlers::set_password),
        );
}
