//! Client secrets and tokens that somebody has put where they do not belong, such as into a path, are not recorded.

use crate::api_keys::model::SECRET_PREFIX;

/// What each JWT begins with: `{"` in base64url.
const TOKEN_PREFIX: &str = "eyJ";

/// What stands for the rest of what is left out.
const MARK: &str = "***";

/// A text of the caller's as it may be recorded.
#[must_use]
pub fn redacted(text: String) -> String {
    let first = |text: &str| [SECRET_PREFIX, TOKEN_PREFIX].into_iter().filter_map(|prefix| text.find(prefix)).min();
    if first(&text).is_none() {
        return text;
    }
    let (mut kept, mut rest) = (String::with_capacity(text.len()), &*text);
    while let Some(start) = first(rest) {
        let (before, found) = rest.split_at(start);
        kept.push_str(before);
        let is_secret = found.starts_with(SECRET_PREFIX);
        let prefix = if is_secret { SECRET_PREFIX } else { TOKEN_PREFIX };
        let end = found.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c)).unwrap_or(found.len());
        // A token has three parts. Without them, or in the middle of a word, as in surveyJune.pdf, this is none.
        let is_token = found[..end].matches('.').count() >= 2 && !kept.ends_with(char::is_alphanumeric);
        kept.push_str(prefix);
        if is_secret || is_token {
            kept.push_str(MARK);
            rest = &found[end..];
        } else {
            rest = &found[prefix.len()..];
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pasted_into_the_wrong_place_is_left_out() {
        for (text, recorded) in [
            ("/orders/17", "/orders/17"),
            ("/api/v1/api-keys/kls_4fJr0xQ", "/api/v1/api-keys/kls_***"),
            ("/a/kls_4fJr0xQ/b?kls_0", "/a/kls_***/b?kls_***"),
            ("curl (kls_4fJr0xQ; eyJhbGciOi.eyJzdWIi.c2ln) eyJ", "curl (kls_***; eyJ***) eyJ"),
            ("/eyJhbGciOi", "/eyJhbGciOi"),
            ("/surveyJune.v2.pdf", "/surveyJune.v2.pdf"),
            ("/eyJhbGciOi-kls_4fJr0xQ", "/eyJhbGciOi-kls_***"),
            ("ä/kls_ä", "ä/kls_***ä"),
        ] {
            assert_eq!(redacted(text.to_owned()), recorded);
        }
    }
}
