//! Reads a client's request and its credentials, strictly as RFC 6749 has it.

use std::collections::BTreeMap;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::error::OauthError;
use crate::secret::SecretText;

/// What is wrong with a request. Where it names a client, it is told once it is known whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is not as RFC 6749 has it; the words say what was expected.
    Request(&'static str),
    /// The body is larger than any of these requests.
    TooLarge,
}

impl Malformed {
    const REPEATED: Self = Self::Request("a parameter is repeated");
    const BOTH: Self = Self::Request("authenticate by HTTP Basic or in the form, not both");
}

impl From<Malformed> for OauthError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Request(description) => Self::InvalidRequest(description),
            Malformed::TooLarge => Self::TooLarge,
        }
    }
}

/// A request with a client's credentials, which come by HTTP Basic or in the form (RFC 6749 section 2.3.1).
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// What was presented as client ID.
    pub client_id: String,
    /// What was presented as client secret.
    pub client_secret: SecretText,
    /// What is wrong with it.
    pub malformed: Option<Malformed>,
    /// The other parameters, without empty ones.
    parameters: BTreeMap<String, SecretText>,
}

impl ClientRequest {
    /// Reads a request's headers and body.
    ///
    /// # Errors
    /// When it names no client, or nobody can say which one: `invalid_request` when the form is not one, a credential in
    /// it is repeated, or there are several `Authorization` headers; `invalid_client` when no credentials, or
    /// unreadable ones, are presented.
    pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, OauthError> {
        Self::read(headers, Form::parse(headers, body))
    }

    /// The same for a request whose body could not be had.
    ///
    /// # Errors
    /// As for [`ClientRequest::parse`].
    pub fn without_body(headers: &HeaderMap, malformed: Malformed) -> Result<Self, OauthError> {
        Self::read(headers, Err(malformed))
    }

    fn read(headers: &HeaderMap, form: Result<Form, Malformed>) -> Result<Self, OauthError> {
        let mut authorizations = headers.get_all(AUTHORIZATION);
        let (header, None) = (authorizations.next(), authorizations.next()) else {
            return Err(OauthError::InvalidRequest("send one Authorization header, not several"));
        };
        let basic = header.map(|header| header.to_str().ok().and_then(basic_credentials));
        match (basic, form) {
            (Some(Some((client_id, client_secret))), form) => {
                let (malformed, form) = match form {
                    Ok(form) => (form.malformed_beside(&client_id), form),
                    Err(malformed) => (Some(malformed), Form::default()),
                };
                Ok(Self { client_id, client_secret, malformed, parameters: form.parameters })
            }
            (_, Err(malformed)) => Err(malformed.into()),
            (None, Ok(Form { client_id: Some(id), client_secret: Some(client_secret), repeats, parameters })) => {
                let (client_id, malformed) = (id.reveal().to_owned(), repeats.then_some(Malformed::REPEATED));
                Ok(Self { client_id, client_secret, malformed, parameters })
            }
            (None, Ok(_)) => Err(OauthError::InvalidClient("client_id and client_secret are missing")),
            (Some(None), Ok(Form { client_secret: Some(_), .. })) => Err(Malformed::BOTH.into()),
            (Some(None), Ok(_)) => Err(OauthError::InvalidClient("the Authorization header is not HTTP Basic")),
        }
    }

    /// A parameter's value; `None` when it is missing or empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(SecretText::reveal)
    }
}

/// A form, without empty parameters: they count as left out (RFC 6749 section 3.1).
#[derive(Default)]
struct Form {
    client_id: Option<SecretText>,
    client_secret: Option<SecretText>,
    /// Whether another parameter is repeated (RFC 6749 section 3.2).
    repeats: bool,
    /// The other parameters.
    parameters: BTreeMap<String, SecretText>,
}

impl Form {
    fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, Malformed> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Malformed::Request("send the parameters as application/x-www-form-urlencoded"));
        }
        if std::str::from_utf8(body).is_err() {
            return Err(Malformed::Request("the form is not UTF-8"));
        }
        let (mut parameters, mut repeats) = (BTreeMap::new(), false);
        for (name, value) in form_urlencoded::parse(body) {
            let is_credential = matches!(&*name, "client_id" | "client_secret");
            if parameters.insert(name.into_owned(), SecretText::new(value)).is_some() {
                if is_credential {
                    return Err(Malformed::REPEATED);
                }
                repeats = true;
            }
        }
        parameters.retain(|_, value| !value.reveal().is_empty());
        let (client_id, client_secret) = (parameters.remove("client_id"), parameters.remove("client_secret"));
        Ok(Self { client_id, client_secret, repeats, parameters })
    }

    /// What is wrong with it where a client has named itself by HTTP Basic.
    fn malformed_beside(&self, client_id: &str) -> Option<Malformed> {
        if self.client_secret.is_some() {
            return Some(Malformed::BOTH);
        }
        // RFC 6749 section 2.3.1 has no client_id in the form then, but clients send it; it must be the same.
        if self.client_id.as_ref().is_some_and(|own| own.reveal() != client_id) {
            return Some(Malformed::Request("client_id differs from the Authorization header"));
        }
        self.repeats.then_some(Malformed::REPEATED)
    }
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
    }

    #[test]
    fn rfc6749_2_3_only_one_way_to_authenticate_is_allowed() {
        let both = request(Some(&basic("a:b")), "client_id=a&client_secret=b").unwrap();
        assert_eq!((&*both.client_id, both.malformed), ("a", Some(Malformed::BOTH)));
        let unreadable = request(Some("Basic !!!"), "client_id=a&client_secret=b");
        assert!(matches!(unreadable, Err(OauthError::InvalidRequest(_))));
    }

    #[test]
    fn rfc6750_3_1_of_several_authorization_headers_none_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        for header in [basic("a:b"), basic("a:b")] {
            headers.append(AUTHORIZATION, HeaderValue::try_from(header).unwrap());
        }
        for body in ["grant_type=client_credentials", "client_id=a&client_secret=b"] {
            let result = ClientRequest::parse(&headers, body.as_bytes());
            assert!(matches!(result, Err(OauthError::InvalidRequest(_))), "{body}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_is_told_once_it_is_known_whose_it_is() {
        let by = |authorization: Option<&str>, content_type: &'static str, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            if let Some(authorization) = authorization {
                headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
            }
            ClientRequest::parse(&headers, body)
        };
        let (form, client) = ("application/x-www-form-urlencoded", basic("a:b"));
        for (content_type, body) in [
            ("application/json", &b"{}"[..]),
            (form, b"grant_type=\xff"),
            (form, b"client_id=b"),
            (form, b"client_id=a&client_id=a"),
            (form, b"client_secret=b"),
            (form, b"scope=x&scope=y"),
        ] {
            let request = by(Some(&client), content_type, body).unwrap();
            assert_eq!((&*request.client_id, request.client_secret.reveal()), ("a", "b"));
            assert!(matches!(request.malformed, Some(Malformed::Request(_))), "{}", body.escape_ascii());
            assert!(by(None, content_type, body).is_err(), "{}", body.escape_ascii());
        }
        assert_eq!(by(Some(&client), form, b"client_id=a&scope=&scope").unwrap().malformed, Some(Malformed::REPEATED));
        assert_eq!(by(Some(&client), form, b"client_id=a&scope=x&other=").unwrap().malformed, None);

        let mut headers = HeaderMap::new();
        assert!(matches!(ClientRequest::without_body(&headers, Malformed::TooLarge), Err(OauthError::TooLarge)));
        headers.insert(AUTHORIZATION, HeaderValue::try_from(client).unwrap());
        let request = ClientRequest::without_body(&headers, Malformed::TooLarge).unwrap();
        assert_eq!((&*request.client_id, request.malformed), ("a", Some(Malformed::TooLarge)));
    }

    #[test]
    fn rfc6749_3_2_a_repeated_parameter_is_refused_and_an_empty_one_left_out() {
        let credentials = "client_id=a&client_secret=b";
        let repeating = request(None, &format!("{credentials}&scope=x&scope=y")).unwrap();
        assert_eq!(repeating.malformed, Some(Malformed::REPEATED));
        let repeated = request(None, &format!("{credentials}&client_id=a"));
        assert!(matches!(repeated, Err(OauthError::InvalidRequest(_))));
        let empty = request(None, &format!("{credentials}&scope=")).unwrap();
        assert_eq!((empty.parameter("scope"), empty.malformed), (None, None));
        let blank = request(None, &format!("{credentials}&scope=%20")).unwrap();
        assert_eq!(blank.parameter("scope"), Some(" "), "it is not empty");
    }

    #[test]
    fn unreadable_credentials_are_no_client() {
        for header in ["Basic", "Basic !!!", "Bearer abc", &basic("no colon")] {
            let result = request(Some(header), "");
            assert!(matches!(result, Err(OauthError::InvalidClient(_))), "{header} was accepted");
        }
    }
}
