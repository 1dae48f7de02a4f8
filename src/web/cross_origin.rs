//! Refuses requests that another website makes with a person's cookies.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web;

use super::state::State;
use crate::error::Error;

/// Lets a request that changes something pass only when it comes from a page of this server.
///
/// # Errors
/// Those of the handler.
pub async fn refuse<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let public_url = request.app_data::<web::Data<State>>().map(|state| state.public_url.as_str().to_owned());
    if request.method().is_safe() || is_same_origin(request.headers(), public_url.as_deref().unwrap_or_default()) {
        next.call(request).await.map(ServiceResponse::map_into_left_body)
    } else {
        Ok(request.error_response(Error::CrossOrigin).map_into_right_body())
    }
}

/// Browsers send `Sec-Fetch-Site` over https and on localhost, and `Origin` with every post. A request with neither is
/// not made by a browser, so no website is behind it.
fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    if let Some(site) = headers.get("Sec-Fetch-Site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin == public_url || origin.split_once("://").is_some_and(|(_, origin_host)| Some(origin_host) == host)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let map = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_same_origin(&map, "https://keys.example.com")
    }

    #[test]
    fn only_this_servers_pages_and_programs_may_post() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site"), ("origin", "https://keys.example.com")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site")]));
        assert!(allowed(&[("origin", "https://keys.example.com")]));
        assert!(allowed(&[("origin", "http://10.0.0.5:8080"), ("host", "10.0.0.5:8080")]));
        assert!(!allowed(&[("origin", "https://evil.example"), ("host", "keys.example.com")]));
        assert!(!allowed(&[("origin", "null"), ("host", "keys.example.com")]));
        assert!(allowed(&[]));
    }
}
