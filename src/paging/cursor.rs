//! A position in a list that is ordered by `(timestamp, id)`.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::core::time::Timestamp;

/// The sort key of a row: no two rows share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// First by time,
    pub timestamp: Timestamp,
    /// then by id, since many rows may share an instant.
    pub id: Uuid,
}

/// A row's key, and whether the row itself is on the far side of the position.
///
/// Its text is opaque: version, side, eight bytes of time, sixteen of id, and eight of when the walk began where that is
/// said, in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row.
    pub key: Key,
    /// Whether a walk from here begins with that row, rather than after it.
    pub inclusive: bool,
    /// When the walk began whose place this is, where that decides what is walked: “the last hour” is then the hour before
    /// that, on each of its pages.
    pub as_of: Option<Timestamp>,
}

const VERSION: u8 = 1;
/// The same with the instant behind it.
const OF_A_WALK: u8 = 2;

impl Cursor {
    /// The position beyond `key`.
    #[must_use]
    pub const fn beyond(key: Key) -> Self {
        Self { key, inclusive: false, as_of: None }
    }

    /// The position at `key`, which a walk from here begins with.
    #[must_use]
    pub const fn at(key: Key) -> Self {
        Self { key, inclusive: true, as_of: None }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = if self.as_of.is_some() { OF_A_WALK } else { VERSION };
        let mut bytes = vec![version, u8::from(self.inclusive)];
        bytes.extend(self.key.timestamp.micros().to_be_bytes());
        bytes.extend(self.key.id.as_bytes());
        bytes.extend(self.as_of.iter().flat_map(|as_of| as_of.micros().to_be_bytes()));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The text is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
        let [version, side @ (0 | 1), rest @ ..] = bytes.as_slice() else { return Err(NotACursor) };
        let instant = |bytes: &[u8; 8]| Timestamp::from_micros(i64::from_be_bytes(*bytes));
        let (time, rest) = rest.split_first_chunk::<8>().ok_or(NotACursor)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or(NotACursor)?;
        let as_of = match (*version, rest) {
            (VERSION, []) => None,
            (OF_A_WALK, rest) => Some(instant(rest.try_into().map_err(|_| NotACursor)?)),
            _ => return Err(NotACursor),
        };
        Ok(Self { key: Key { timestamp: instant(time), id: Uuid::from_bytes(*id) }, inclusive: *side == 1, as_of })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn its_text_reads_back(
            micros in any::<i64>(),
            id in any::<u128>(),
            inclusive in any::<bool>(),
            as_of in any::<Option<i64>>(),
        ) {
            let key = Key { timestamp: Timestamp::from_micros(micros), id: Uuid::from_u128(id) };
            let cursor = Cursor { key, inclusive, as_of: as_of.map(Timestamp::from_micros) };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn other_text_is_refused(text in ".{0,60}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
