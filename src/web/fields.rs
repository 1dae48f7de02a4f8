//! The fields of a form, of which some may be there several times, such as checkboxes, and what is wrong with one.

use actix_web::error::UrlencodedError;
use actix_web::web::FormConfig;

use super::slow_body::is_late;
use crate::error::Error;
use crate::language::Message;

/// The largest form or token request, in bytes.
pub const LARGEST_FORM: usize = 16 * 1024;

/// How forms of at most so many bytes are read.
#[must_use]
pub fn form_config(largest: usize) -> FormConfig {
    FormConfig::default().limit(largest).error_handler(|error, _| form_error(&error).into())
}

fn form_error(error: &UrlencodedError) -> Error {
    match error {
        UrlencodedError::Overflow { .. } => Error::TooLarge,
        UrlencodedError::Payload(error) if is_late(error) => Error::TooSlow,
        UrlencodedError::Parse(_) => Error::BadRequest("error-field-missing"),
        _ => Error::BadRequest("error-form-unreadable"),
    }
}

/// Why a form was not accepted.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The name of the field; empty when it is none in particular.
    pub field: &'static str,
    /// What was expected.
    pub message: Message,
}

impl Mistake {
    /// Of a form that comes back after the end of a session.
    #[must_use]
    pub fn not_sent() -> Self {
        Self { field: "", message: Message::new("form-not-sent") }
    }
}

/// The fields of a form.
#[derive(Clone, Debug)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// A field that is there once.
    ///
    /// # Errors
    /// When it is not, or twice.
    pub fn one(&self, name: &str) -> Result<&str, Error> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(Error::BadRequest("error-field-missing")),
        }
    }

    /// All fields of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A number that the form carries along, such as the version of what is edited.
    ///
    /// # Errors
    /// When there is none, or it is no number.
    pub fn number(&self, name: &str) -> Result<i32, Error> {
        self.one(name)?.parse().map_err(|_| Error::BadRequest("error-form-incomplete"))
    }

    /// The nonce of a form that does something once.
    ///
    /// # Errors
    /// When it cannot be one.
    pub fn nonce(&self) -> Result<&str, Error> {
        let nonce = self.one("nonce")?;
        if (16..=64).contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(nonce)
        } else {
            Err(Error::BadRequest("error-form-incomplete"))
        }
    }
}
