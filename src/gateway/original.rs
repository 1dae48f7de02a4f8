//! The request that a proxy asks about, as far as the proxy can be believed.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};

use crate::audit::model::Source;
use crate::web::caller;
use crate::web::state::State;

/// Where the check is. Proxies that send the original path itself put it below.
const HERE: &str = "/auth/verify";

/// Header pairs in which proxies send the original method and URI: nginx and HAProxy as they are configured, Caddy and
/// Traefik by themselves.
static PAIRS: [(HeaderName, HeaderName); 2] = [
    (HeaderName::from_static("x-original-method"), HeaderName::from_static("x-original-uri")),
    (HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-forwarded-uri")),
];

/// Where the original request came from and what it asked for. What a stranger says about it is not believed, and
/// neither is a proxy whose headers contradict each other: one of them came from the caller then.
#[must_use]
pub fn source(state: &State, request: &HttpRequest) -> Source {
    let mut source = caller::source(request, &state.config.trusted_proxies);
    if !caller::is_from_proxy(request, &state.config.trusted_proxies) {
        return source;
    }
    if let Some((method, uri)) = told(request.headers()) {
        source.method = caller::cut(&method);
        source.path = caller::cut(path_of(&uri));
    } else if let Some(path) = request.path().strip_prefix(HERE).filter(|path| path.starts_with('/')) {
        source.path = caller::cut(path);
    }
    source
}

fn told(headers: &HeaderMap) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let mut told = PAIRS.iter().filter_map(|(method, uri)| {
        let value = |name: &HeaderName| headers.get(name).map(caller::text_of);
        Some((value(method)?, value(uri)?))
    });
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

/// The path of a URI, which may be absolute, without its query. A path and a query may hold another URI.
fn path_of(uri: &str) -> &str {
    let uri = uri.split(['?', '#']).next().unwrap_or(uri);
    match uri.split_once("://") {
        Some((_, rest)) if !uri.starts_with('/') => rest.find('/').map_or("/", |start| &rest[start..]),
        _ => uri,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_neither_host_nor_query() {
        for (uri, path) in [
            ("/orders/17?token=secret", "/orders/17"),
            ("https://api.example.com/orders?x=/y", "/orders"),
            ("https://api.example.com", "/"),
            ("https://api.example.com?x=/y", "/"),
            ("/a#b", "/a"),
            ("/orders/17?next=https://app.example.com/reset/secret", "/orders/17"),
            ("/proxy/https://app.example.com/orders?x=y", "/proxy/https://app.example.com/orders"),
        ] {
            assert_eq!(path_of(uri), path);
        }
    }
}
