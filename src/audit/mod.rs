//! The record: one audit event for everything that is done, by whom, with which key, from where, with what outcome.
//!
//! An event is inserted in the transaction of the change that it describes, so that neither is ever there without the
//! other. It belongs to a user, who can read it at `/activity`; an attempt that names nobody known has no owner. What
//! was presented as a credential is never stored, and a path is stored without its query.
//!
//! That nobody has changed it afterwards can be seen ([`verify`]): events form chains ([`chain`]) whose heads are signed
//! ([`signer`]).
//!
//! Who may read which events, and by which filters, is [`asked`]'s to say, for the page, the JSON API, the command line and
//! the [`export`]s alike.

pub mod asked;
pub mod chain;
mod details;
pub mod export;
pub mod handlers;
pub mod model;
pub mod pages;
pub mod queries;
pub mod retention;
pub mod signer;
mod spreadsheet;
pub mod uses;
pub mod verify;

use actix_web::web;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/activity").get(handlers::own))
        .service(web::resource("/activity/export.{format}").get(handlers::export_own))
        .service(web::resource("/activity/everybody").get(handlers::everybody))
        .service(web::resource("/activity/everybody/export.{format}").get(handlers::export_everybody));
}
