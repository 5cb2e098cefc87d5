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
/// Its text is 35 opaque characters: version, side, eight bytes of time, sixteen of id, in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row.
    pub key: Key,
    /// Whether a walk from here begins with that row, rather than after it.
    pub inclusive: bool,
}

const VERSION: u8 = 1;

impl Cursor {
    /// The position beyond `key`.
    #[must_use]
    pub const fn beyond(key: Key) -> Self {
        Self { key, inclusive: false }
    }

    /// The position at `key`, which a walk from here begins with.
    #[must_use]
    pub const fn at(key: Key) -> Self {
        Self { key, inclusive: true }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0_u8; 26];
        bytes[0] = VERSION;
        bytes[1] = u8::from(self.inclusive);
        bytes[2..10].copy_from_slice(&self.key.timestamp.micros().to_be_bytes());
        bytes[10..].copy_from_slice(self.key.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The text is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let bytes: [u8; 26] =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotACursor)?;
        let [VERSION, side @ (0 | 1), rest @ ..] = bytes else { return Err(NotACursor) };
        let (time, id) = rest.split_first_chunk::<8>().ok_or(NotACursor)?;
        let id: [u8; 16] = id.try_into().map_err(|_| NotACursor)?;
        Ok(Self {
            key: Key { timestamp: Timestamp::from_micros(i64::from_be_bytes(*time)), id: Uuid::from_bytes(id) },
            inclusive: side == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn its_text_reads_back(micros in any::<i64>(), id in any::<u128>(), inclusive in any::<bool>()) {
            let cursor = Cursor { key: Key { timestamp: Timestamp::from_micros(micros), id: Uuid::from_u128(id) }, inclusive };
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
