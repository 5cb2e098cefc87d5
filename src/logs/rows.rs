//! Reading entries whole by their keys, in groups that fit into memory however long their texts are.

use std::collections::{HashMap, VecDeque};

use anyhow::anyhow;
use uuid::Uuid;

use super::object::{Column, Row};
use crate::{
    core::error::Result,
    db::{Ask, Sql},
    paging::Key,
};

/// How many entries one statement reads.
const GROUP: usize = 250;
/// How many bytes of long text one statement reads, unless one entry alone has more.
const LONG: i64 = 256 * 1024;

/// What a column is in the select list, and what stands there where it is not asked for.
const fn select(column: Column) -> (&'static str, &'static str) {
    match column {
        Column::Id => ("id", "id"),
        Column::Timestamp => (", \"timestamp\"", ", \"timestamp\""),
        Column::MemberId => (", member_id", ", NULL AS member_id"),
        Column::MemberEmail => (", member_email", ", NULL AS member_email"),
        Column::ActionType => (", action_type", ", NULL AS action_type"),
        Column::Area => (", area", ", NULL AS area"),
        Column::Description => (", description", ", NULL AS description"),
        Column::Status => (", status", ", NULL AS status"),
        Column::BookingId => (", booking_id", ", NULL AS booking_id"),
        Column::ErrorMessage => (", error_message", ", NULL AS error_message"),
        Column::ErrorDetail => (", error_detail", ", NULL AS error_detail"),
        Column::IpAddress => (", ip_address", ", NULL AS ip_address"),
        Column::UserAgent => (", user_agent", ", NULL AS user_agent"),
        Column::Extra => (", extra", ", NULL AS extra"),
    }
}

/// The bytes of a column that has no bound; asking for them does not read the text.
const fn size(column: Column) -> Option<&'static str> {
    match column {
        Column::ErrorMessage => Some(" + coalesce(octet_length(error_message), 0)"),
        Column::ErrorDetail => Some(" + coalesce(octet_length(error_detail), 0)"),
        Column::Extra => Some(" + coalesce(octet_length(extra), 0)"),
        _ => None,
    }
}

/// Cuts what was found into groups, each to be read at once.
pub async fn groups(from: &mut impl Ask, found: &[Key], columns: &[Column]) -> Result<VecDeque<Vec<Key>>> {
    let mut out = VecDeque::new();
    for part in found.chunks(GROUP) {
        let long: Vec<&'static str> = columns.iter().filter_map(|column| size(*column)).collect();
        if long.is_empty() {
            out.push_back(part.to_vec());
            continue;
        }
        let sum = long.into_iter().fold(Sql::new("SELECT id, CAST(0 AS BIGINT)"), Sql::text);
        let sizes: Vec<(Uuid, i64)> = from.ask(among(sum.text(" AS bytes"), part)).await?;
        let sizes: HashMap<Uuid, i64> = sizes.into_iter().collect();
        let (mut group, mut bytes) = (Vec::new(), 0);
        for key in part {
            let more = sizes.get(&key.id).copied().unwrap_or_default();
            if !group.is_empty() && bytes + more > LONG {
                out.push_back(std::mem::take(&mut group));
                bytes = 0;
            }
            group.push(*key);
            bytes += more;
        }
        out.push_back(group);
    }
    Ok(out)
}

/// The entries of a group, in its order.
pub async fn read(from: &mut impl Ask, group: &[Key], columns: &[Column]) -> Result<Vec<Row>> {
    let rows: Vec<Row> = from.ask(among(list(columns), group)).await?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    // One that is missing would be an export cut short in silence.
    let row = |key: &Key| rows.remove(&key.id).ok_or_else(|| anyhow!("entry {} is in an index and not there", key.id));
    Ok(group.iter().map(row).collect::<anyhow::Result<_>>()?)
}

fn list(columns: &[Column]) -> Sql {
    Column::ALL.into_iter().fold(Sql::new("SELECT "), |sql, column| {
        let (wanted, absent) = select(column);
        sql.text(if columns.contains(&column) { wanted } else { absent })
    })
}

/// One entry, if there is one.
pub async fn one(from: &mut impl Ask, id: Uuid, columns: &[Column]) -> Result<Option<Row>> {
    let key = Key { timestamp: crate::core::time::Timestamp::MIN, id };
    Ok(from.ask(among(list(columns), &[key])).await?.pop())
}

fn among(list: Sql, keys: &[Key]) -> Sql {
    list.text(" FROM audit_logs WHERE id IN (").bind_all(keys.iter().map(|key| key.id)).text(")")
}
