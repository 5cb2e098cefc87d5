//! Building SQL: only `&'static str` becomes text, and every value is bound.

use uuid::Uuid;

use crate::core::time::Timestamp;

/// A value that is bound.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An id.
    Uuid(Uuid),
    /// An instant.
    Time(Timestamp),
    /// An absent text.
    NullText,
    /// Absent bytes.
    NullBytes,
    /// An absent id.
    NullUuid,
    /// An absent instant.
    NullTime,
}

macro_rules! arg_from {
    ($($type:ty => $make:expr, $null:ident);* $(;)?) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                ($make)(value)
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                value.map_or(Self::$null, Self::from)
            }
        }
    )*};
}

arg_from! {
    String => Arg::Text, NullText;
    &str => |text: &str| Arg::Text(text.to_owned()), NullText;
    Vec<u8> => Arg::Bytes, NullBytes;
    Uuid => Arg::Uuid, NullUuid;
    Timestamp => Arg::Time, NullTime;
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<const N: usize> From<[u8; N]> for Arg {
    fn from(value: [u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(&'static str),
    Arg(Arg),
}

/// SQL in the making: text and values in their order. Placeholders get their numbers when it is rendered, so pieces
/// can be put together freely.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sql(Vec<Piece>);

impl Sql {
    /// Begins with a text.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self(vec![Piece::Text(text)])
    }

    /// Nothing yet.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: &'static str) -> Self {
        self.0.push(Piece::Text(text));
        self
    }

    /// Adds a placeholder and its value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.0.push(Piece::Arg(value.into()));
        self
    }

    /// Ends a question after so many rows.
    ///
    /// Never a bare placeholder: SQLite looks at the number itself when it plans, and so would plan anew each time that
    /// one is bound.
    #[must_use]
    pub fn limit(self, rows: i64) -> Self {
        self.text(" LIMIT 0 + ").bind(rows)
    }

    /// Adds another piece.
    #[must_use]
    pub fn append(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// Adds placeholders and their values, with a comma between.
    #[must_use]
    pub fn bind_all<A: Into<Arg>>(mut self, values: impl IntoIterator<Item = A>) -> Self {
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self = self.text(", ");
            }
            self = self.bind(value);
        }
        self
    }

    /// Puts `separator` between pieces.
    #[must_use]
    pub fn join(separator: &'static str, pieces: impl IntoIterator<Item = Self>) -> Self {
        let mut out = Self::empty();
        for (at, piece) in pieces.into_iter().enumerate() {
            if at > 0 {
                out = out.text(separator);
            }
            out.0.extend(piece.0);
        }
        out
    }

    /// The finished text, placeholders as `$1, $2 …` (both databases take them), and the values in their order.
    #[must_use]
    pub fn render(self) -> (String, Vec<Arg>) {
        let mut text = String::new();
        let mut args = Vec::new();
        for piece in self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Arg(arg) => {
                    args.push(arg);
                    text.push('$');
                    text.push_str(&args.len().to_string());
                }
            }
        }
        (text, args)
    }
}

/// Makes the function that turns [`Sql`] into text and the arguments of a driver. A macro, as a function over both drivers
/// would name each type it may encode.
macro_rules! statement {
    ($arguments:ty) => {
        /// Text and arguments as sqlx takes them. The text is made of `&'static str` alone ([`Sql`] sees to that).
        pub(super) fn statement(sql: Sql) -> (String, $arguments) {
            use sqlx::Arguments as _;
            let (text, args) = sql.render();
            let mut out = <$arguments>::default();
            for arg in args {
                let added = match arg {
                    Arg::Int(value) => out.add(value),
                    Arg::Text(value) => out.add(value),
                    Arg::Bytes(value) => out.add(value),
                    Arg::Uuid(value) => out.add(value),
                    Arg::Time(value) => out.add(value),
                    Arg::NullText => out.add(None::<String>),
                    Arg::NullBytes => out.add(None::<Vec<u8>>),
                    Arg::NullUuid => out.add(None::<uuid::Uuid>),
                    Arg::NullTime => out.add(None::<crate::core::time::Timestamp>),
                };
                debug_assert!(added.is_ok(), "none of these can fail to encode");
            }
            (text, out)
        }
    };
}
pub(super) use statement;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_when_pieces_are_together() {
        let area = Sql::new("area = ").bind("a");
        let sql = Sql::new("SELECT 1 WHERE ").append(&Sql::join(" AND ", [area.clone(), area])).limit(5_i64);
        let (text, args) = sql.render();
        assert_eq!(text, "SELECT 1 WHERE area = $1 AND area = $2 LIMIT 0 + $3");
        assert_eq!(args, [Arg::Text("a".into()), Arg::Text("a".into()), Arg::Int(5)]);
    }
}
