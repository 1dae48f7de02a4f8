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

/// The style sheets, in their order. Browsers get them as one, `style.css`, and wait for one answer instead of for many.
const STYLES: [&str; 15] = [
    "tokens", "base", "page", "card", "button", "field", "filters", "command", "notice", "badge", "table", "bars",
    "dialog", "profile", "print",
];

static STYLE: LazyLock<String> = LazyLock::new(|| {
    let sheets = STYLES.iter().filter_map(|name| Files::get(&format!("css/{name}.css")));
    sheets.map(|sheet| String::from_utf8_lossy(&sheet.data).into_owned()).collect()
});

/// One version for all files, so that those which name each other by relative paths keep doing so.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let digests: Vec<u8> = names
        .iter()
        .filter_map(|name| Files::get(name).map(|file| (name, file)))
        .flat_map(|(name, file)| [sha256(name.as_bytes()), file.metadata.sha256_hash()].concat())
        .chain(sha256(STYLE.as_bytes()))
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
    if version != *VERSION {
        return Err(Error::NotFound);
    }
    let (media_type, content) = if path == "style.css" {
        (mime::TEXT_CSS_UTF_8, STYLE.clone().into_bytes())
    } else {
        let file = Files::get(&path).ok_or(Error::NotFound)?;
        let media_type = file.metadata.mimetype().parse().unwrap_or(mime::APPLICATION_OCTET_STREAM);
        (media_type, file.data.into_owned())
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE)))
        .insert_header(ContentType(media_type))
        .body(content))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_one_style_sheet_has_all_of_them() {
        let files: BTreeSet<_> = Files::iter().filter(|name| name.starts_with("css/")).collect();
        assert_eq!(files, STYLES.iter().map(|name| format!("css/{name}.css").into()).collect());
        for name in files {
            assert!(STYLE.contains(std::str::from_utf8(&Files::get(&name).unwrap().data).unwrap()));
        }
    }
}
