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
        let end = found.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c)).unwrap_or(found.len());
        let (secret, after) = found.split_at(end);
        // Without a dot it is a word, or a token's header, which is no secret.
        if secret.starts_with(SECRET_PREFIX) || secret.contains('.') {
            kept.push_str(&secret[..SECRET_PREFIX.len().min(TOKEN_PREFIX.len())]);
            kept.push_str(MARK);
        } else {
            kept.push_str(secret);
        }
        rest = after;
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
            ("/api/v1/api-keys/kls_4fJr0xQ", "/api/v1/api-keys/kls***"),
            ("/a/kls_4fJr0xQ/b?kls_0", "/a/kls***/b?kls***"),
            ("curl (kls_4fJr0xQ; eyJhbGciOi.eyJzdWIi.c2ln) eyJ", "curl (kls***; eyJ***) eyJ"),
            ("/eyJhbGciOi", "/eyJhbGciOi"),
            ("ä/kls_ä", "ä/kls***ä"),
        ] {
            assert_eq!(redacted(text.to_owned()), recorded);
        }
    }
}
