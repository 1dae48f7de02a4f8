//! Reads a client's request and its credentials, strictly as RFC 6749 has it.

use std::collections::BTreeMap;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::error::OauthError;
use crate::secret::SecretText;

/// How a client said who it is (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the form.
    Form,
}

/// A request with a client's credentials.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// What was presented as client ID.
    pub client_id: String,
    /// What was presented as client secret.
    pub client_secret: SecretText,
    /// How.
    pub authentication: ClientAuthentication,
    /// Whether a parameter is repeated, which is an error (RFC 6749 section 3.2) once it is known whose.
    pub repeats: bool,
    /// The other parameters, without empty ones.
    parameters: BTreeMap<String, SecretText>,
}

impl ClientRequest {
    /// Reads a request's headers and body.
    ///
    /// # Errors
    /// `invalid_request` when the form is not one, a credential is repeated or both ways to authenticate are used;
    /// `invalid_client` when no credentials, or unreadable ones, are presented.
    pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, OauthError> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OauthError::InvalidRequest("send the parameters as application/x-www-form-urlencoded"));
        }
        if std::str::from_utf8(body).is_err() {
            return Err(OauthError::InvalidRequest("the form is not UTF-8"));
        }
        let (mut parameters, repeats) = parameters(body)?;
        let in_form = (parameters.remove("client_id"), parameters.remove("client_secret"));
        let (client_id, client_secret, authentication) = match (headers.get(AUTHORIZATION), in_form) {
            (Some(header), (form_id, None)) => {
                let (client_id, client_secret) =
                    header.to_str().ok().and_then(basic_credentials).ok_or(OauthError::InvalidClient {
                        basic: true,
                        description: "the Authorization header is not HTTP Basic",
                    })?;
                // RFC 6749 section 2.3.1 has no client_id in the form then, but clients send it; it must be the same.
                if form_id.is_some_and(|form_id| form_id.reveal() != client_id) {
                    return Err(OauthError::InvalidRequest("client_id differs from the Authorization header"));
                }
                (client_id, client_secret, ClientAuthentication::Basic)
            }
            (Some(_), (_, Some(_))) => {
                return Err(OauthError::InvalidRequest("authenticate by HTTP Basic or in the form, not both"));
            }
            (None, (Some(client_id), Some(client_secret))) => {
                (client_id.reveal().to_owned(), client_secret, ClientAuthentication::Form)
            }
            (None, _) => {
                return Err(OauthError::InvalidClient {
                    basic: false,
                    description: "client_id and client_secret are missing",
                });
            }
        };
        Ok(Self { client_id, client_secret, authentication, repeats, parameters })
    }

    /// A parameter's value; `None` when it is missing or empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(SecretText::reveal)
    }
}

/// Parameters of a form, and whether one is repeated. Empty ones count as left out (RFC 6749 section 3.1).
fn parameters(body: &[u8]) -> Result<(BTreeMap<String, SecretText>, bool), OauthError> {
    let (mut parameters, mut repeats) = (BTreeMap::new(), false);
    for (name, value) in form_urlencoded::parse(body) {
        let is_credential = matches!(&*name, "client_id" | "client_secret");
        if parameters.insert(name.into_owned(), SecretText::new(value)).is_some() {
            if is_credential {
                return Err(OauthError::InvalidRequest("a parameter is repeated"));
            }
            repeats = true;
        }
    }
    parameters.retain(|_, value| !value.reveal().is_empty());
    Ok((parameters, repeats))
}

/// Client ID and secret from an `Authorization` header, both form-decoded (RFC 6749 section 2.3.1 and appendix B).
/// Neither has a character that form-encoding changes, so clients that do not encode are read alike (RFC 7617).
#[must_use]
pub fn basic_credentials(header: &str) -> Option<(String, SecretText)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, client_secret) = decoded.split_once(':')?;
    Some((form_decode(client_id), SecretText::new(form_decode(client_secret))))
}

/// Decodes one form-encoded value. `&` and `=` are not encoded by every client, so they are taken as they are.
fn form_decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(value, _)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn request(authorization: Option<&str>, body: &str) -> Result<ClientRequest, OauthError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        }
        ClientRequest::parse(&headers, body.as_bytes())
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn rfc6749_2_3_1_both_parts_of_basic_are_form_decoded() {
        let request = request(Some(&basic("a%20b:c%3Ad+e&f=g")), "").unwrap();
        assert_eq!(request.client_id, "a b");
        assert_eq!(request.client_secret.reveal(), "c:d e&f=g");
        assert_eq!(request.authentication, ClientAuthentication::Basic);
    }

    #[test]
    fn rfc6749_2_3_only_one_way_to_authenticate_is_allowed() {
        let result = request(Some(&basic("a:b")), "client_id=a&client_secret=b");
        assert!(matches!(result, Err(OauthError::InvalidRequest(_))));
    }

    #[test]
    fn rfc6749_3_2_a_repeated_parameter_is_refused_and_an_empty_one_left_out() {
        let credentials = "client_id=a&client_secret=b";
        assert!(request(None, &format!("{credentials}&scope=x&scope=y")).unwrap().repeats);
        let repeated = request(None, &format!("{credentials}&client_id=a"));
        assert!(matches!(repeated, Err(OauthError::InvalidRequest(_))));
        let empty = request(None, &format!("{credentials}&scope=")).unwrap();
        assert_eq!((empty.parameter("scope"), empty.repeats), (None, false));
    }

    #[test]
    fn unreadable_credentials_are_no_client() {
        for header in ["Basic", "Basic !!!", "Bearer abc", &basic("no colon")] {
            let result = request(Some(header), "");
            assert!(matches!(result, Err(OauthError::InvalidClient { basic: true, .. })), "{header} was accepted");
        }
    }
}
