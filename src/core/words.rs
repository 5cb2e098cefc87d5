//! Plain English: counts, spans, dates and the names of things, as every page says them.

mod time;

pub use time::{
    ago, ago_short, clock, date_long, date_short, day_name, span, took, zone_abbreviation, zone_city, zone_offset,
};
use uuid::Uuid;

/// A number with a comma before each group of three: `1,234`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: `1 member`, `1,234 members`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `1 entry`, `1,234 entries`.
#[must_use]
pub fn entries(n: u64) -> String {
    counted(n, "entry", "entries")
}

/// Which of a row: `first`, `second`, up to `tenth`, then `11th`, `22nd`.
#[must_use]
pub fn ordinal(n: usize) -> String {
    const NAMES: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    if let Some(name) = n.checked_sub(1).and_then(|at| NAMES.get(at)) {
        return (*name).to_owned();
    }
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{}{ending}", count(u64::try_from(n).unwrap_or(u64::MAX)))
}

/// A list in a sentence: `A`, `A and B`, `A, B and C`; nothing for an empty one.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(if at + 1 == items.len() { " and " } else { ", " });
        }
        out.push_str(item.as_ref());
    }
    out
}

/// A text in the pieces between which a line may break before it breaks within a word: before an `@`, after `/ . _ :`.
/// (After a hyphen a browser breaks by itself.)
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let breaks = |(at, letter): (usize, char)| {
            let next = at + letter.len_utf8();
            match letter {
                '@' if at > 0 => Some(at),
                // A number stays whole.
                '.' if rest[next..].starts_with(|after: char| after.is_ascii_digit()) => None,
                // Of several in a row after the last, and never before an end that is nothing.
                '/' | '.' | '_' | ':' if !rest[next..].starts_with(['/', '.', '_', ':', '@', ' ']) => Some(next),
                _ => None,
            }
        };
        let end = rest.char_indices().find_map(breaks).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// An `action_type` as a noun; one that Daybook does not know stays as it is.
#[must_use]
pub fn action_name(action_type: &str) -> String {
    match action_type {
        "login" => "Sign-in",
        "logout" => "Sign-out",
        "page_visit" => "Page visit",
        "booking_created" => "Booking created",
        "booking_cancelled" => "Booking cancelled",
        "profile_updated" => "Profile updated",
        "onboarding_updated" => "Onboarding updated",
        "contract_signed" => "Contract signed",
        "account_claimed" => "Account claimed",
        "message_read" => "Message read",
        "error" => "App error",
        unknown => unknown,
    }
    .to_owned()
}

/// A `status` as a word; one that Daybook does not know stays as it is.
#[must_use]
pub fn status_name(status: &str) -> String {
    match status {
        "success" => "Success",
        "warning" => "Warning",
        "error" => "Error",
        unknown => unknown,
    }
    .to_owned()
}

/// The first 13 characters of an id: ids made within 65 seconds share their first 8.
#[must_use]
pub fn short_id(id: Uuid) -> String {
    let mut text = id.hyphenated().to_string();
    text.truncate(13);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_breaks_between_the_parts_of_an_address() {
        let cut = |text: &str| pieces(text).collect::<Vec<_>>().join("|");
        assert_eq!(cut("members/bookings/new"), "members/|bookings/|new");
        assert_eq!(cut("hana.lindqvist@example.org"), "hana.|lindqvist|@example.|org");
        assert_eq!(cut("2001:db8::837b"), "2001:|db8::|837b");
        assert_eq!(cut("puppy_group"), "puppy_|group");
        assert_eq!(cut("https://a.b/"), "https://|a.|b/");
        assert_eq!(cut("within 1.5 s of 203.0.113.24"), "within 1.5 s of 203.0.113.24");
        assert_eq!(cut("@"), "@");
        assert_eq!(cut("ä@@ö. Ü"), "ä|@|@ö. Ü");
        assert_eq!(cut(""), "");
    }

    #[test]
    fn counts_have_commas_and_things_a_number() {
        for (n, said) in [(0, "0"), (999, "999"), (1_000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")] {
            assert_eq!(count(n), said);
        }
        assert_eq!(entries(0), "0 entries");
        assert_eq!(entries(1), "1 entry");
        assert_eq!(entries(1_234), "1,234 entries");
        assert_eq!(counted(2, "member", "members"), "2 members");
    }

    #[test]
    fn which_of_a_row_is_a_word_up_to_ten() {
        let said = [1, 2, 10, 11, 13, 21, 22, 23, 111, 1_002].map(ordinal);
        assert_eq!(said, ["first", "second", "tenth", "11th", "13th", "21st", "22nd", "23rd", "111th", "1,002nd"]);
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["A"]), "A");
        assert_eq!(list(&["A", "B"]), "A and B");
        assert_eq!(list(&["A".to_owned(), "B".to_owned(), "C".to_owned()]), "A, B and C");
    }

    #[test]
    fn known_actions_and_statuses_have_names() {
        assert_eq!(action_name("login"), "Sign-in");
        assert_eq!(action_name("error"), "App error");
        assert_eq!(action_name("walk_rated"), "walk_rated");
        assert_eq!(status_name("success"), "Success");
        assert_eq!(status_name("degraded"), "degraded");
    }

    #[test]
    fn a_short_id_ends_before_the_second_dash() {
        let id = Uuid::from_u128(0x018f_2b6e_41aa_7c19_9f3e_5b0d_7c2a_9e11);
        assert_eq!(short_id(id), "018f2b6e-41aa");
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in ".{0,40}|[a-z@/._: ]{0,40}") {
            prop_assert_eq!(pieces(&text).collect::<String>(), text);
        }

        #[test]
        fn a_count_without_its_commas_is_the_number(n in any::<u64>()) {
            prop_assert_eq!(count(n).replace(',', ""), n.to_string());
        }
    }
}
