//! How somebody reads pages, as far as the browser says it.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AcceptLanguage, Header as _, Preference, Quality};
use actix_web::{FromRequest, HttpRequest};

use crate::language::{Language, Locale, parse_zone};

/// The cookie in which a script tells the browser's time zone.
const ZONE_COOKIE: &str = "time_zone";

impl FromRequest for Locale {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(of_browser(request)))
    }
}

/// The language and the time zone of a browser; English and UTC where it says nothing that is known here.
#[must_use]
pub fn of_browser(request: &HttpRequest) -> Locale {
    let default = Locale::default();
    let zone = request.cookie(ZONE_COOKIE).and_then(|cookie| parse_zone(cookie.value()));
    Locale {
        language: AcceptLanguage::parse(request).map_or(default.language, preferred),
        zone: zone.unwrap_or(default.zone),
    }
}

/// The first language that pages speak, of those that are wanted most.
fn preferred(AcceptLanguage(mut wanted): AcceptLanguage) -> Language {
    wanted.retain(|item| item.quality > Quality::ZERO);
    // A stable sort: of two that are wanted as much, the first one counts.
    wanted.sort_by_key(|item| Reverse(item.quality));
    let spoken = wanted.into_iter().find_map(|item| match item.item {
        Preference::Any => Some(Language::default()),
        Preference::Specific(tag) => Language::of_tag(&tag.primary_language().to_lowercase()),
    });
    spoken.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::cookie::Cookie;
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    fn language(header: &str) -> Language {
        of_browser(&TestRequest::default().insert_header((ACCEPT_LANGUAGE, header)).to_http_request()).language
    }

    fn zone(name: &str) -> &'static str {
        of_browser(&TestRequest::default().cookie(Cookie::new(ZONE_COOKIE, name)).to_http_request()).zone.name()
    }

    #[test]
    fn the_language_that_is_wanted_most_and_spoken_counts() {
        for german in ["de", "de-AT", "DE-de", "fr, de;q=0.5, en;q=0.4", "en;q=0.7, de", "tlh, de;q=0.1", "de, en"] {
            assert_eq!(language(german), Language::German, "{german}");
        }
        for english in ["en", "en-GB, de;q=0.9", "fr", "*", "de;q=0", "de;q=0, *", "de;q=0.3, en;q=0.8", "en, de"] {
            assert_eq!(language(english), Language::English, "{english}");
        }
    }

    #[test]
    fn what_cannot_be_read_of_the_languages_is_passed_over() {
        for english in ["", ",", ";q=1", "de;q=rubbish", "de;q=2", "d e", "\u{e4}", "_"] {
            assert_eq!(language(english), Language::English, "{english}");
        }
        assert_eq!(language("!!, de"), Language::German);
        assert_eq!(of_browser(&TestRequest::default().to_http_request()), Locale::default());
    }

    #[test]
    fn only_a_time_zone_that_there_is_counts() {
        assert_eq!(zone("Europe/Berlin"), "Europe/Berlin");
        for unknown in ["", "Europe/Atlantis", "+02:00", "../../etc/passwd", "<b>"] {
            assert_eq!(zone(unknown), "UTC", "{unknown}");
        }
    }
}
