//! Style sheets and scripts, embedded in the program and served under a name that changes with their content.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderValue};
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;

use crate::error::Error;
use crate::secret::{base62, sha256};

/// How long browsers keep what is served under a name of its content.
pub(super) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// One version for all files, so that those which name each other by relative paths keep doing so.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let digests: Vec<u8> = names
        .iter()
        .filter_map(|name| Files::get(name).map(|file| (name, file)))
        .flat_map(|(name, file)| [sha256(name.as_bytes()), file.metadata.sha256_hash()].concat())
        .collect();
    base62(&sha256(&digests)[..12], 17)
});

static FOLDER: LazyLock<String> = LazyLock::new(|| format!("/assets/{}", *VERSION));

/// The path below which the files of `static/` are.
#[must_use]
pub fn folder() -> &'static str {
    &FOLDER
}

/// Routes of the assets.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/assets/{version}/{path:.*}").get(asset));
}

async fn asset(path: web::Path<(String, String)>) -> Result<HttpResponse, Error> {
    let (version, path) = path.into_inner();
    let file = Files::get(&path).filter(|_| version == *VERSION).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE)))
        .insert_header(ContentType(file.metadata.mimetype().parse().unwrap_or(mime::APPLICATION_OCTET_STREAM)))
        .body(file.data.into_owned()))
}
