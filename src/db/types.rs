//! How an instant is stored: SQLite keeps microseconds since 1970 as an integer, PostgreSQL a type of its own.

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

use crate::core::time::Timestamp;

impl Type<Sqlite> for Timestamp {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}

impl Encode<'_, Sqlite> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Sqlite>>::encode_by_ref(&self.micros(), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Timestamp {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self::from_micros(<i64 as Decode<'r, Sqlite>>::decode(value)?))
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }

    /// Also one without a zone: connections are set to UTC, and so is what such a column is taken to mean.
    fn compatible(ty: &PgTypeInfo) -> bool {
        <DateTime<Utc> as Type<Postgres>>::compatible(ty) || <NaiveDateTime as Type<Postgres>>::compatible(ty)
    }
}

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH: i64 = 946_684_800_000_000;
/// The first instant that PostgreSQL's calendar has, in 4713 BC, as it counts: it refuses one before that. Its last is
/// beyond ours, but for `infinity`.
const FIRST: i64 = -211_813_488_000_000_000;
/// The ends of PostgreSQL's count and of ours: `-infinity` and `infinity`, which are instants of their own, or a
/// place in the list among them would be another one when it is asked for.
const ENDS: [i64; 2] = [i64::MIN, i64::MAX];

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.micros();
        let count = if ENDS.contains(&micros) { micros } else { micros.saturating_sub(EPOCH).max(FIRST) };
        <i64 as Encode<'_, Postgres>>::encode_by_ref(&count, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        // Both kinds travel as the same eight bytes. The years from 294268 on, which our count has no room for, are one.
        let count = <i64 as Decode<'r, Postgres>>::decode(value)?;
        let finite = || count.saturating_add(EPOCH).min(i64::MAX - 1);
        Ok(Self::from_micros(if ENDS.contains(&count) { count } else { finite() }))
    }
}
