//! One's own account: the password, in which language and time zone one reads pages, and the sessions in which one is
//! signed in.
//!
//! A new password ends the other sessions, and this one goes on under a new key. A wrong current password counts as a
//! failed sign-in does. A session is named by a handle that opens nothing: its key is in its cookie alone.
//!
//! Every page of somebody who is signed in asks now and then how long the session lasts, and warns before it ends.
//! Asking does not prolong it ([`crate::app`] has the route), any other request does.

pub mod actions;
pub mod handlers;
pub mod model;
pub mod pages;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::web::kept;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/account").get(handlers::account))
        .service(web::resource("/account/password").get(handlers::to_account).post(handlers::change_password))
        .service(
            web::resource("/account/reading")
                .wrap(from_fn(kept::keep))
                .get(handlers::to_account)
                .post(handlers::set_reading),
        )
        .service(web::resource("/account/session/stay").post(handlers::stay))
        .service(web::resource("/account/sessions/end-others").post(handlers::end_other_sessions))
        .service(web::resource("/account/sessions/{handle}/end").post(handlers::end_session));
}
