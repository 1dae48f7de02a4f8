//! Whether the process runs, and whether it can do its work.

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use crate::db::{Counters, Error, Presented};
use crate::users::queries;
use crate::web::state::State;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/healthz").get(|| async { HttpResponse::Ok().body("ok\n") }))
        .service(web::resource("/readyz").get(ready));
}

async fn ready(state: web::Data<State>) -> HttpResponse {
    match try_both(&state).await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(cause) => {
            tracing::error!("not ready: {cause:#}");
            HttpResponse::ServiceUnavailable().body("the database cannot be reached\n")
        }
    }
}

/// Reads as for a page, and decides as on a program, of which there is none by this client ID.
async fn try_both(state: &State) -> Result<(), Error> {
    state.database.read(queries::any).await?;
    let (named, counters, now) = (Arc::default(), Counters::default(), state.clock.now());
    let nobody = Presented { named, counters, asks_for_token: false, now };
    state.database.decide(vec![nobody], |_, _| ()).await
}
