//! Whether the process runs, and whether it can do its work.

use actix_web::{HttpResponse, web};

use crate::users::queries;
use crate::web::state::State;

/// Routes of this feature.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/healthz").get(|| async { HttpResponse::Ok().body("ok\n") }))
        .service(web::resource("/readyz").get(ready));
}

async fn ready(state: web::Data<State>) -> HttpResponse {
    match state.database.read(queries::any).await {
        Ok(_) => HttpResponse::Ok().body("ready\n"),
        Err(cause) => {
            tracing::error!("not ready: {cause:#}");
            HttpResponse::ServiceUnavailable().body("the database cannot be reached\n")
        }
    }
}
