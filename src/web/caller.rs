//! Where a request comes from.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue, USER_AGENT, X_FORWARDED_FOR};
use ipnet::IpNet;

use super::head;
use super::redact::redacted;
use super::state::State;
use crate::audit::model::Source;
use crate::users::author::Author;
use crate::users::model::Account;

/// The longest user agent that is recorded, in characters.
const LONGEST_USER_AGENT: usize = 200;

/// The longest method or path that is recorded, in characters.
const LONGEST_PATH: usize = 1000;

/// Where a request comes from and what it asks for, for the record.
#[must_use]
pub fn source(request: &HttpRequest, trusted: &[IpNet]) -> Source {
    let user_agent = request.headers().get(USER_AGENT).map(|value| {
        let text = redacted(text_of(value).into_owned());
        // Visible ASCII, which it nearly always is.
        if text.len() <= LONGEST_USER_AGENT && value.to_str().is_ok() {
            text
        } else {
            text.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect()
        }
    });
    Source {
        address: address(peer(request), request.headers(), trusted),
        method: cut(head::method_sent(request).as_str()),
        path: cut(request.path()),
        user_agent,
    }
}

/// Whoever is signed in, as the author of a change.
#[must_use]
pub fn author(state: &State, request: &HttpRequest, account: &Account) -> Author {
    Author::Person { user_id: account.user.id, source: source(request, &state.config.trusted_proxies) }
}

/// A method or path as it is recorded.
#[must_use]
pub fn cut(text: &str) -> String {
    let text = redacted(text.to_owned());
    if text.len() <= LONGEST_PATH && text.is_ascii() {
        text
    } else {
        text.chars().filter(|c| !c.is_control()).take(LONGEST_PATH).collect()
    }
}

/// A header's value, with a replacement for each byte that is no text: one such byte hides nothing else.
#[must_use]
pub fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Whether the request was sent by a trusted proxy itself.
#[must_use]
pub fn is_from_proxy(request: &HttpRequest, trusted: &[IpNet]) -> bool {
    is_trusted(peer(request), trusted)
}

/// The token of an `Authorization` header (RFC 6750 section 2.1).
#[must_use]
pub fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

/// Whether an `Authorization` header is of this scheme, in whose name case does not matter (RFC 9110 section 11.1).
#[must_use]
pub fn is_scheme(header: &HeaderValue, scheme: &str) -> bool {
    let name = header.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
    name.eq_ignore_ascii_case(scheme.as_bytes())
}

fn peer(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address.to_canonical()))
}

/// The caller's address: the peer, or, when the peer is a trusted proxy, the last address in `X-Forwarded-For` that is
/// not one. What stands before that address was written by the caller and is not believed.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    if !is_trusted(peer, trusted) {
        return peer.to_canonical();
    }
    let mut caller = peer;
    let forwarded = headers.get_all(X_FORWARDED_FOR).map(text_of).collect::<Vec<_>>();
    for hop in forwarded.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(hop) = hop_address(hop.trim()) else { break };
        caller = hop;
        if !is_trusted(hop, trusted) {
            break;
        }
    }
    caller.to_canonical()
}

/// The address of one entry of `X-Forwarded-For`, to which some proxies add the port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn caller(peer: &str, forwarded: &[impl AsRef<[u8]>]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers
                .append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_bytes(value.as_ref()).unwrap());
        }
        let trusted = ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(caller("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn a_proxy_may_add_the_port() {
        for (forwarded, address) in [
            ("203.0.113.9:51234", "203.0.113.9"),
            ("[2001:db8::1]:443, 10.1.1.1:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("203.0.113.9, 10.1.1.1:port", "127.0.0.1"),
            ("[203.0.113.9]", "127.0.0.1"),
        ] {
            assert_eq!(caller("127.0.0.1", &[forwarded]), address, "{forwarded}");
        }
    }

    #[test]
    fn behind_trusted_proxies_the_last_untrusted_address_counts() {
        assert_eq!(caller("127.0.0.1", &["198.51.100.1, 203.0.113.9, 10.1.1.1"]), "203.0.113.9");
        assert_eq!(caller("127.0.0.1", &["198.51.100.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(caller("127.0.0.1", &[""; 0]), "127.0.0.1");
        assert_eq!(caller("127.0.0.1", &["rubbish"]), "127.0.0.1");
        assert_eq!(caller("127.0.0.1", &[b"\xff, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(caller("127.0.0.1", &[b"203.0.113.9, \xff"]), "127.0.0.1");
        assert_eq!(caller("::ffff:203.0.113.9", &[""; 0]), "203.0.113.9");
    }
}
