//! Signing in and out, and the sessions that this starts and ends.
//!
//! A session is a row in the database, found by the digest of the key in the cookie. So signing out, disabling a user
//! and setting a password end sessions at once, on every instance.

pub mod actions;
pub mod handlers;
pub mod model;
pub mod pages;
pub mod queries;
pub mod store;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::fields::form_config;
use crate::web::kept::{self, LARGEST_SIGN_IN};

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/login").app_data(form_config(LARGEST_SIGN_IN)).get(handlers::login).post(handlers::sign_in),
        )
        .service(
            web::resource("/login/again")
                .app_data(form_config(LARGEST_SIGN_IN))
                .app_data(web::PayloadConfig::new(LARGEST_SIGN_IN))
                .wrap(from_fn(kept::keep))
                .get(handlers::to_login)
                .post(handlers::login_again),
        )
        .service(web::resource("/login/password").get(handlers::choose_password).post(handlers::change_password))
        .service(web::resource("/logout").post(handlers::sign_out));
}
