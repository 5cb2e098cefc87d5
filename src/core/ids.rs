//! Ids as people paste them: whole in any spelling, or the beginning of one.

use uuid::Uuid;

/// How many digits of an id must be there to look for what begins so.
const BEGINNING: usize = 8;
/// How many digits an id has.
const DIGITS: usize = 32;

/// The id that the whole text is, in any spelling.
#[must_use]
pub fn whole(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}

/// The first and the last id that begin with the text, where it is at least eight digits of one.
#[must_use]
pub fn range(text: &str) -> Option<(Uuid, Uuid)> {
    if let Some(id) = whole(text) {
        return Some((id, id));
    }
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let readable = (BEGINNING..DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !readable || text.starts_with('-') {
        return None;
    }
    let filled = |with: char| Uuid::parse_str(&format!("{digits}{}", with.to_string().repeat(DIGITS - digits.len())));
    filled('0').ok().zip(filled('f').ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_read_from_eight_digits_on() {
        let range = |text: &str| range(text).map(|(first, last)| (first.to_string(), last.to_string()));
        let whole = "0197830e-6c2f-7a11-9f3e-5b0d7c2a9e11";
        assert_eq!(range(whole), Some((whole.to_owned(), whole.to_owned())));
        assert_eq!(range(&whole.to_uppercase().replace('-', "")), Some((whole.to_owned(), whole.to_owned())));
        let begins = Some((
            "0197830e-6000-0000-0000-000000000000".to_owned(),
            "0197830e-6fff-ffff-ffff-ffffffffffff".to_owned(),
        ));
        assert_eq!(range("0197830E-6"), begins);
        for other in ["0197830", "0197-830", "0197830g", "-0197830e", "", "0197830e 6c2f", "é197830e"] {
            assert_eq!(range(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = range(&text);
        }
    }
}
