//! What the list of groups is narrowed to and in which order it stands: a typed query that writes itself back.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{fingerprint::Fingerprint, state::State};
use crate::{
    core::{
        query_string,
        time::{Timestamp, Zone},
    },
    logs::filter::{DEFAULT_LIMIT, Search},
    paging::{At, Cursor, Key},
};

/// Where the list is.
pub const PATH: &str = "/errors";

/// A group's page.
#[must_use]
pub fn link(fingerprint: Fingerprint) -> String {
    format!("{PATH}/{fingerprint}")
}

/// What became of its members, for the page of one of its entries.
#[must_use]
pub fn since_link(fingerprint: Fingerprint) -> String {
    format!("{PATH}/{fingerprint}/since")
}

/// A group's page from a place in its times, in the zone of a request where that has one.
#[must_use]
pub fn link_in(fingerprint: Fingerprint, place: Option<(&str, String)>, tz: Option<&str>) -> String {
    match query_string::write(place.into_iter().chain(tz.map(|tz| ("tz", tz.to_owned())))) {
        query if query.is_empty() => link(fingerprint),
        query => format!("{}?{query}", link(fingerprint)),
    }
}

/// In which order groups stand; of two that are equal in it, by their fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Recorded last.
    #[default]
    LastSeen,
    /// Most members.
    Members,
    /// Most often.
    Times,
    /// Recorded first of all, the newest first.
    FirstSeen,
}

impl Sort {
    /// All orders, as the list offers them.
    pub const ALL: [Self; 4] = [Self::LastSeen, Self::Members, Self::Times, Self::FirstSeen];

    /// Its value in a query string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LastSeen => "last_seen",
            Self::Members => "members",
            Self::Times => "times",
            Self::FirstSeen => "first_seen",
        }
    }

    /// The order of a value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text)
    }

    /// Its words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LastSeen => "Last seen",
            Self::Members => "Most members",
            Self::Times => "Most often",
            Self::FirstSeen => "First seen",
        }
    }

    /// The same in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LastSeen => "last seen first",
            Self::Members => "most members first",
            Self::Times => "most often first",
            Self::FirstSeen => "newest first",
        }
    }
}

/// The place of a group in an order, as a key of the list: what it is ordered by stands for the time, its fingerprint for
/// the id.
#[must_use]
pub fn key(value: i64, fingerprint: Fingerprint) -> Key {
    Key {
        timestamp: Timestamp::from_micros(value),
        id: Uuid::from_u128(u128::from(fingerprint.number().unsigned_abs())),
    }
}

/// The fingerprint that such a key names.
#[must_use]
pub fn fingerprint(key: Key) -> Fingerprint {
    Fingerprint::from_number(i64::try_from(key.id.as_u128()).unwrap_or(i64::MAX))
}

const VERSION: u8 = 1;

/// A place in an order as a link carries it: the order, and the whole key. A place in one order means nothing in another.
#[must_use]
pub fn show(sort: Sort, cursor: Cursor) -> String {
    let mut bytes = [0_u8; 19];
    bytes[..3].copy_from_slice(&[VERSION, sort as u8, u8::from(cursor.inclusive)]);
    bytes[3..11].copy_from_slice(&cursor.key.timestamp.micros().to_be_bytes());
    bytes[11..].copy_from_slice(&fingerprint(cursor.key).number().to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`show`] writes; none where it is no place in this order.
#[must_use]
pub fn read(sort: Sort, text: &str) -> Option<Cursor> {
    let bytes: [u8; 19] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let [VERSION, order, side @ (0 | 1), rest @ ..] = bytes else { return None };
    let (value, number) = rest.split_first_chunk::<8>()?;
    let number = i64::from_be_bytes(number.try_into().ok()?);
    let fingerprint = Fingerprint::from_number(number);
    let is_ours = order == sort as u8 && fingerprint.number() == number;
    let key = key(i64::from_be_bytes(*value), fingerprint);
    is_ours.then_some(Cursor { key, inclusive: side == 1, as_of: None })
}

/// The list as a URL asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The state that groups have; any where there is none.
    pub state: Option<State>,
    /// What stands in their texts.
    pub search: Option<Search>,
    /// Their order.
    pub sort: Sort,
    /// How many a page has.
    pub limit: u16,
    /// The zone of this request alone.
    pub tz: Option<Zone>,
    /// Where the page begins.
    pub at: At,
}

impl Default for Query {
    fn default() -> Self {
        Self { state: None, search: None, sort: Sort::default(), limit: DEFAULT_LIMIT, tz: None, at: At::Newest }
    }
}

impl Query {
    /// The same list from another place.
    #[must_use]
    pub fn from(&self, at: At) -> Self {
        Self { at, ..self.clone() }
    }

    /// The same list of another state, from its beginning.
    #[must_use]
    pub fn of_state(&self, state: Option<State>) -> Self {
        Self { state, at: At::Newest, ..self.clone() }
    }

    /// Its query string; empty where nothing is asked for.
    #[must_use]
    pub fn query_string(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if let Some(search) = &self.search {
            pairs.push(("q", search.typed.clone()));
        }
        if let Some(state) = self.state {
            pairs.push(("state", state.as_str().to_owned()));
        }
        if self.sort != Sort::default() {
            pairs.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.limit != DEFAULT_LIMIT {
            pairs.push(("limit", self.limit.to_string()));
        }
        if let Some(tz) = self.tz {
            pairs.push(("tz", tz.name().to_owned()));
        }
        match self.at {
            At::Newest => {}
            At::Before(cursor) => pairs.push(("before", show(self.sort, cursor))),
            At::After(cursor) => pairs.push(("after", show(self.sort, cursor))),
        }
        query_string::write(pairs)
    }

    /// Where it is.
    #[must_use]
    pub fn link(&self) -> String {
        match self.query_string() {
            query if query.is_empty() => PATH.to_owned(),
            query => format!("{PATH}?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_reads_back_in_its_own_order_alone(
            value in any::<i64>(), number in 0..0xffff_ffff_ffff_i64, inclusive in any::<bool>(), at in 0..4_usize, other in 0..4_usize,
        ) {
            let sort = Sort::ALL[at];
            let cursor = Cursor { key: key(value, Fingerprint::from_number(number)), inclusive, as_of: None };
            let text = show(sort, cursor);
            prop_assert_eq!(read(sort, &text), Some(cursor));
            prop_assert_eq!(read(Sort::ALL[other], &text).is_some(), at == other);
        }

        #[test]
        fn other_text_is_no_place(text in ".{0,60}") {
            if let Some(cursor) = read(Sort::Times, &text) {
                prop_assert_eq!(show(Sort::Times, cursor), text);
            }
        }
    }
}
