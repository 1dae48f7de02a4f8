//! Which passwords a person may choose, after NIST SP 800-63B-4 section 3.1.1.2: long ones, in any script, of any
//! characters, that neither a list of leaked passwords nor a few guesses would find.
//!
//! Two lists stand behind this. `leaked_passwords.txt` has the digests of all that are long enough among the million
//! most used passwords of known leaks (`10-million-password-list-top-1000000` of SecLists, MIT licence; the script
//! `leaked-passwords` makes it). The crate zxcvbn (MIT licence) brings 30,000 common passwords, names and words, and
//! knows repetitions, sequences, dates and rows of keys: it says how many guesses would find a password made of them.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use zxcvbn::{Score, zxcvbn};

use crate::language::Message;
use crate::secret::{SecretText, sha256};

/// The shortest password that a person may choose, in characters.
pub const MINIMUM_LENGTH: usize = 15;
/// The longest one: a bound on the work, far above the 64 characters that must be possible.
pub const MAXIMUM_LENGTH: usize = 256;

/// The first 8 bytes of the SHA-256 of each leaked password in lower case: 16 hexadecimal digits a line, sorted.
static LEAKED: &str = include_str!("leaked_passwords.txt");

/// The name that every instance has besides its own.
const PRODUCT: &str = "Keyledge";

/// What is hashed for a password: NFC, so that it does not matter how a device writes a letter with its accents.
#[must_use]
pub fn normalize(password: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(password)
}

/// Whether a person may choose this password. It takes some milliseconds, so callers that serve requests ask
/// [`super::password::Passwords::check_choice`].
///
/// `names` are those that an attacker would try first: the username, the name of the instance.
///
/// # Errors
/// A sentence for the person, which says what to do.
pub fn check_choice(password: &SecretText, names: &[&str]) -> Result<(), Message> {
    let text = &*normalize(password.reveal());
    let length = text.chars().count();
    if length < MINIMUM_LENGTH {
        return Err(Message::new("password-too-short").with("length", MINIMUM_LENGTH));
    }
    if length > MAXIMUM_LENGTH {
        return Err(Message::new("password-too-long").with("length", MAXIMUM_LENGTH));
    }
    if text.chars().any(is_unassigned) {
        // Normalisation could change it in a later version of Unicode, and the password would not be found again.
        return Err(Message::new("password-unknown-character"));
    }
    if is_leaked(text) {
        return Err(Message::new("password-leaked"));
    }
    let names = names_to_avoid(names);
    if length_without(text, &names) < MINIMUM_LENGTH {
        return Err(Message::new("password-named").with("length", MINIMUM_LENGTH));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if zxcvbn(text, &names).score() < Score::Four { Err(Message::new("password-guessable")) } else { Ok(()) }
}

fn is_unassigned(character: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::Unassigned
}

fn is_leaked(text: &str) -> bool {
    let digest = hex::encode(&sha256(text.to_lowercase().as_bytes())[..8]);
    let (lines, _) = LEAKED.as_bytes().as_chunks::<17>();
    lines.binary_search_by(|line| line[..16].cmp(digest.as_bytes())).is_ok()
}

/// The names as an attacker would try them, longest first: without what separates their parts, and an e-mail address
/// also without its host.
fn names_to_avoid(names: &[&str]) -> Vec<String> {
    let parts = names.iter().flat_map(|name| [*name, name.split_once('@').map_or("", |(person, _)| person)]);
    let mut names: Vec<_> =
        parts.chain([PRODUCT]).map(letters_and_digits).filter(|name| name.chars().count() > 1).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
}

/// How many characters a password has besides the names in it. A name alone does not forbid a password: Ada may travel
/// to Canada.
fn length_without(text: &str, names: &[String]) -> usize {
    let whole = letters_and_digits(text);
    let rest = names.iter().fold(whole.clone(), |rest, name| rest.replace(name, " "));
    let removed = whole.chars().count() - rest.chars().filter(|character| *character != ' ').count();
    text.chars().count().saturating_sub(removed)
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Message> {
        check_choice(&SecretText::new(password), &["ada.lovelace@example.com", "Fynapse API"])
    }

    fn refused(password: &str, words: &str) {
        let message = check(password).expect_err(password).to_string();
        assert!(message.contains(words), "{password}: {message}");
    }

    #[test]
    fn long_passwords_of_any_characters_are_accepted() {
        let (longest, emoji) = ("correct horse battery staple ".repeat(8), "🌵".repeat(20) + "🦀🐢🎻🧭🪵🍋🛶🧵");
        for good in [
            "four unrelated words here",
            "密码学是一门有趣的学问但是很难",
            "кактус скрипка лодка компас",
            "كلمات غير مترابطة تماما هنا",
            "nur kleine buchstaben und leerzeichen",
            "83920174650193847561",
            "trip to canada in summer",
            "   leading and trailing spaces   ",
            &longest,
            &emoji,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn length_counts_characters_of_the_composed_form() {
        let composed = "zürich äpfel öl";
        assert_eq!(composed.chars().count(), 15);
        let decomposed = composed.replace('ü', "u\u{308}").replace('ä', "a\u{308}").replace('ö', "o\u{308}");
        assert_eq!(decomposed.chars().count(), 18);
        assert_eq!(check(composed), Ok(()));
        assert_eq!(check(&decomposed), Ok(()));
        refused("u\u{308}".repeat(14).as_str(), "too short");
        refused(&"ꙮ密".repeat(129), "at most 256 characters");
    }

    #[test]
    fn common_and_leaked_passwords_are_refused() {
        for leaked in ["polniypizdec0211", "PolniyPizdec0211", "qazwsxedcrfvtgb", "30secondstomars"] {
            refused(leaked, "data leak");
        }
        for common in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "letmeinletmeinletmein",
            "password1234567890!",
            "abcdefghijklmnopqrstuvwxyz",
            "2345678901234567890",
            "asdfghjkl;'qwertyuiop",
            "密码密码密码密码密码密码密码码",
            "summer2026summer2026",
            "P@ssw0rdP@ssw0rd",
        ] {
            refused(common, "easy to guess");
        }
    }

    #[test]
    fn a_password_is_not_made_of_the_username_or_the_name_of_the_service() {
        for named in [
            "Ada.Lovelace@Example.com",
            "ada lovelace 2026!!",
            "AdaLovelaceAdaLovelace",
            "fynapse-api-2026-fynapse-api",
            "my keyledge 12345",
            "ada.lovelace.Xkq92mfp",
        ] {
            refused(named, "your username or the name of this service");
        }
        assert_eq!(check("ada.lovelace plays the violin in a canoe"), Ok(()));
    }

    #[test]
    fn a_character_that_unicode_does_not_know_yet_is_refused() {
        refused("four unrelated words \u{378}", "not every device knows");
    }

    #[test]
    fn the_list_of_leaked_passwords_is_whole_and_sorted() {
        let lines: Vec<_> = LEAKED.lines().collect();
        assert!(lines.len() > 9_000 && LEAKED.len() == 17 * lines.len());
        assert!(lines.is_sorted() && lines.iter().all(|line| line.bytes().all(|digit| digit.is_ascii_hexdigit())));
    }
}
