//! The request that a proxy asks about, as far as the proxy can be believed.

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
        source.method = caller::cut(method);
        source.path = caller::cut(path_of(uri));
    } else if let Some(path) = request.path().strip_prefix(HERE).filter(|path| path.starts_with('/')) {
        source.path = caller::cut(path);
    }
    source
}

fn told(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut told = PAIRS.iter().filter_map(|(method, uri)| {
        let value = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        Some((value(method)?, value(uri)?))
    });
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

/// The path of a URI, which may be absolute, without its query.
fn path_of(uri: &str) -> &str {
    let path = match uri.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => uri,
    };
    path.split(['?', '#']).next().unwrap_or(path)
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
            ("/a#b", "/a"),
        ] {
            assert_eq!(path_of(uri), path);
        }
    }
}
