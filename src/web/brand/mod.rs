//! What makes an instance look like the company it belongs to: the tones of its accent colour, its logo and its icon.
//! They are made once, when the server starts, and served under names that change with their content.

pub mod logo;
pub mod tones;

use std::path::Path;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use askama::Template;

use self::logo::{Format, Logo};
use self::tones::{DARK, LIGHT, Tones};
use super::assets::IMMUTABLE;
use super::state::State;
use crate::color::Color;
use crate::error::Error;
use crate::secret::{base62, sha256};

const SVG: &str = "image/svg+xml";

/// An SVG is a document of its own when it is opened by itself. It gets no more than its looks there.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// How high the logo is in the header, in CSS pixels.
const HEIGHT: u32 = 28;

/// How wide it can become.
const WIDEST: u32 = 10 * HEIGHT;

#[derive(Template)]
#[template(path = "brand/accent.css", escape = "none")]
struct AccentSheet {
    light: Tones,
    dark: Tones,
}

#[derive(Template)]
#[template(path = "brand/icon.svg")]
struct Icon {
    ground: Color,
    sign: Color,
}

/// The looks of an instance.
#[derive(Clone, Debug)]
pub struct Brand {
    accent: Arc<File>,
    icon: Arc<File>,
    logo: Option<(Arc<File>, u32)>,
}

#[derive(Debug)]
struct File {
    path: String,
    media_type: &'static str,
    content: web::Bytes,
}

impl File {
    fn new(name: &str, media_type: &'static str, content: Vec<u8>) -> Arc<Self> {
        let version = base62(&sha256(&content)[..12], 17);
        Arc::new(Self { path: format!("/brand/{version}/{name}"), media_type, content: content.into() })
    }
}

impl Brand {
    /// The looks that the settings describe.
    ///
    /// # Errors
    /// When the logo cannot be used.
    pub fn new(accent: Color, logo: Option<&Path>) -> anyhow::Result<Self> {
        let (light, dark) = (Tones::of(accent, &LIGHT), Tones::of(accent, &DARK));
        let icon = Icon { ground: light.accent, sign: light.on_accent }.render()?;
        let icon = File::new("icon.svg", SVG, icon.into_bytes());
        let sheet = AccentSheet { light, dark }.render()?;
        let accent = File::new("accent.css", "text/css; charset=utf-8", sheet.into_bytes());
        let Some(logo) = logo.map(Logo::read).transpose()? else { return Ok(Self { accent, icon, logo: None }) };
        let width = width(logo.ratio);
        let logo = match logo.format {
            Format::Svg => File::new("logo.svg", SVG, logo.content),
            Format::Png => File::new("logo.png", "image/png", logo.content),
        };
        Ok(Self { accent, icon: logo.clone(), logo: Some((logo, width)) })
    }

    /// The URL of the style sheet with the tones of the accent.
    #[must_use]
    pub fn accent(&self) -> &str {
        &self.accent.path
    }

    /// The URL of what stands for this instance beside the title of a tab.
    #[must_use]
    pub fn icon(&self) -> &str {
        &self.icon.path
    }

    /// The media type of that.
    #[must_use]
    pub fn icon_type(&self) -> &str {
        self.icon.media_type
    }

    /// The URL of the logo, with its width and height in the header.
    #[must_use]
    pub fn logo(&self) -> Option<(&str, u32, u32)> {
        self.logo.as_ref().map(|(file, width)| (file.path.as_str(), *width, HEIGHT))
    }

    fn file(&self, path: &str) -> Option<&File> {
        [&self.accent, &self.icon].into_iter().find(|file| file.path == path).map(Arc::as_ref)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn width(ratio: f64) -> u32 {
    (ratio * f64::from(HEIGHT)).round().clamp(1.0, f64::from(WIDEST)) as u32
}

/// Routes of the looks.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/brand/{path:.*}").get(file));
}

async fn file(state: web::Data<State>, request: actix_web::HttpRequest) -> Result<HttpResponse, Error> {
    let file = state.brand.file(request.path()).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE)))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(file.media_type)))
        .body(file.content.clone()))
}
