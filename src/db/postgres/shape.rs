//! What the application's tables look like, found out once: which columns there are, of which type, and which indexes.
//!
//! From that comes one fixed definition of each table. It stands before a question as a `WITH` clause under the table's
//! own name, so the text of every question is the same whatever the table looks like: what needs a cast has one, what is
//! missing is NULL. The server takes such a definition apart again, so filters reach the bare columns and their indexes.

use sqlx::PgConnection;

use super::{definition::Definition, fittings, origin::Origin, quoted};
use crate::{
    core::error::Result,
    db::{dialect::Served, explain},
};

/// The tables of the application, as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// The schema they are in.
    pub schema: String,
    /// `audit_logs`, `members` and `bookings`, in this order.
    pub tables: [Table; 3],
    /// Whether they are the application's: they stood before Daybook came.
    pub attached: bool,
    /// What the indexes of `audit_logs` serve.
    pub served: Served,
    /// The definitions, one a table.
    definitions: [Definition; 3],
    /// How many others came before it. It stands in questions: what a connection has prepared for another is not run.
    number: u32,
}

/// One of the application's tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What it is in the catalogue: `r` a table, `p` one in partitions, `v` a view, `m` one that is kept, `f` foreign.
    pub kind: String,
    /// Its columns; none where there is no such table.
    pub columns: Vec<Column>,
    /// Its valid indexes.
    pub indexes: Vec<Index>,
}

/// An index as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// How many key columns it has.
    pub keys: i16,
    /// The first of them; empty where not all rows are in it.
    pub first: String,
    /// Whether it holds beginnings of texts rather than all of them.
    pub cut: bool,
}

/// A column as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type without a length: `text`, `character varying`, `timestamp with time zone` …
    pub kind: String,
    /// `e` for an enumeration, `b` for a base type.
    pub family: String,
    /// Whether it refuses NULL.
    pub required: bool,
    /// Whether a value of it may be too long for an index: a text without a length, but for those of Daybook's own tables,
    /// whose length is checked.
    pub long: bool,
}

/// The names of the application's tables.
pub const TABLES: [&str; 3] = ["audit_logs", "members", "bookings"];

/// A column that Daybook reads: its name, and as which type.
type Wanted = (&'static str, As);

/// As which type a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Uuid,
    Instant,
    /// Text that may be absent.
    Text,
    /// Text that the model always has; where a table has none, it is empty.
    Given,
    /// The same, and a key of an index.
    Key,
    /// The same, but compared byte by byte, so that a branch of areas is a range.
    Bytewise,
    /// Text that may be absent, and a key of an index.
    Email,
    /// An address as text.
    Address,
    /// JSON as the text that came.
    Json,
}

const AUDIT_LOGS: [Wanted; 14] = [
    ("id", As::Uuid),
    ("timestamp", As::Instant),
    ("member_id", As::Uuid),
    ("member_email", As::Email),
    ("action_type", As::Key),
    ("area", As::Bytewise),
    ("description", As::Given),
    ("status", As::Key),
    ("booking_id", As::Uuid),
    ("error_message", As::Text),
    ("error_detail", As::Text),
    ("ip_address", As::Address),
    ("user_agent", As::Text),
    ("extra", As::Json),
];
const MEMBERS: [Wanted; 3] = [("id", As::Uuid), ("email", As::Email), ("name", As::Text)];
const BOOKINGS: [Wanted; 3] = [("id", As::Uuid), ("member_id", As::Uuid), ("service_type", As::Text)];

const WANTED: [&[Wanted]; 3] = [&AUDIT_LOGS, &MEMBERS, &BOOKINGS];

impl As {
    /// The column as the definition selects it.
    fn select(self, column: Option<&Column>, name: &str) -> String {
        let absent = match self {
            Self::Uuid => "NULL::uuid",
            Self::Instant => "NULL::timestamptz",
            Self::Given | Self::Key | Self::Bytewise => "''::text",
            Self::Text | Self::Email | Self::Address | Self::Json => "NULL::text",
        };
        let Some(column) = column else { return absent.to_owned() };
        let bare = quoted(name);
        let text = match (column.kind.as_str(), column.family.as_str()) {
            ("text" | "character varying", _) => bare.clone(),
            (_, "e") => format!("daybook.label({bare})"),
            _ => format!("{bare}::text"),
        };
        // An insert fails where a key of an index is too long, and must not fail for our index.
        let text = match self.longest() {
            Some(longest) if column.long => format!("left({text}, {longest})"),
            _ => text,
        };
        match (self, column.kind.as_str()) {
            (Self::Uuid, "uuid") | (Self::Instant, "timestamp with time zone" | "timestamp without time zone") => bare,
            // What is no id at all becomes none: a cast would fail for the whole page.
            (Self::Uuid, _) => format!(
                "(CASE WHEN {bare}::text ~* '^[0-9a-f]{{8}}-?([0-9a-f]{{4}}-?){{3}}[0-9a-f]{{12}}$' \
                 THEN {bare}::text::uuid END)"
            ),
            (Self::Instant, _) => absent.to_owned(),
            (Self::Address, "inet" | "cidr") => format!("host({bare})"),
            (Self::Json | Self::Text | Self::Email | Self::Address, _) => text,
            (Self::Given | Self::Key, _) if column.required => text,
            (Self::Given | Self::Key, _) => format!("coalesce({text}, '')"),
            (Self::Bytewise, _) if column.required => format!("({text} COLLATE \"C\")"),
            (Self::Bytewise, _) => format!("(coalesce({text}, '') COLLATE \"C\")"),
        }
    }
}

impl As {
    /// How many characters of a text of any length are read where it is a key of an index, which holds 2,700 bytes.
    /// Two of the short ones stand in one.
    const fn longest(self) -> Option<u32> {
        match self {
            Self::Key => Some(120),
            Self::Bytewise | Self::Email => Some(500),
            _ => None,
        }
    }

    /// The column as the first step makes it.
    fn own(self, name: &str) -> Column {
        let kind = match self {
            Self::Uuid => "uuid",
            Self::Instant => "timestamp with time zone",
            Self::Text | Self::Given | Self::Key | Self::Bytewise | Self::Email | Self::Address => "text",
            Self::Json => "json",
        };
        let required = name == "id" || matches!(self, Self::Instant | Self::Given | Self::Key | Self::Bytewise);
        Column { name: name.to_owned(), kind: kind.to_owned(), family: "b".to_owned(), required, long: false }
    }
}

impl Table {
    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether indexes and triggers can be put onto it without holding up who writes: it is a table as such.
    #[must_use]
    pub fn takes_fittings(&self) -> bool {
        self.kind == "r"
    }

    /// Whether it is there at all.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether it has a valid index of this name, of at least so many key columns.
    #[must_use]
    pub fn has_index(&self, name: &str, keys: i16) -> bool {
        self.indexes.iter().any(|index| index.name == name && index.keys >= keys)
    }

    /// Whether some index of all its rows, in their order, leads with this column.
    #[must_use]
    pub fn leads_with(&self, column: &str) -> bool {
        self.indexes.iter().any(|index| index.first.trim_matches('"') == column)
    }
}

impl Shape {
    /// Reads the catalogue.
    pub(super) async fn of(connection: &mut PgConnection, schema: &str) -> Result<Self> {
        let mut shape = Self { schema: schema.to_owned(), ..Self::default() };
        for (table, name) in shape.tables.iter_mut().zip(TABLES) {
            table.kind = sqlx::query_scalar(
                "SELECT c.relkind::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
            )
            .bind(schema)
            .bind(name)
            .fetch_optional(&mut *connection)
            .await
            .map_err(explain)?
            .unwrap_or_default();
            table.columns = sqlx::query_as(
                "SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS kind, t.typtype::text AS family, a.attnotnull AS required,
                 t.typtype <> 'e' AND NOT (t.typname IN ('varchar', 'bpchar') AND a.atttypmod BETWEEN 0 AND 504) AS long
                 FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
                 JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            )
            .bind(schema)
            .bind(name)
            .fetch_all(&mut *connection)
            .await
            .map_err(explain)?;
            table.indexes = sqlx::query_as(
                // Only one that holds every row in the order of the list leads with a column: not one of blocks or hashes.
                "SELECT i.relname::text AS name, x.indnkeyatts AS keys,
                 CASE WHEN x.indpred IS NULL AND m.amname = 'btree' AND x.indoption[0] IN (0, 3)
                 AND EXISTS (SELECT FROM pg_opclass AS o WHERE o.oid = x.indclass[0] AND o.opcdefault)
                 THEN pg_get_indexdef(x.indexrelid, 1, true) ELSE '' END AS first,
                 pg_get_indexdef(x.indexrelid) LIKE '%\"left\"(%' AS cut
                 FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid LEFT JOIN pg_am AS m ON m.oid = i.relam
                 JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relname = $2 AND x.indisvalid AND x.indisready ORDER BY 1",
            )
            .bind(schema)
            .bind(name)
            .fetch_all(&mut *connection)
            .await
            .map_err(explain)?;
        }
        // Asked of the catalogue, which everybody may read: this role may have no right on the schema.
        let ready: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
             WHERE n.nspname = 'daybook' AND p.proname = 'lowered')",
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
        shape.attached = Origin::of(connection).await?.map_or_else(|| shape.exists(), |origin| origin.attached);
        if !shape.attached {
            shape.tables.iter_mut().flat_map(|table| &mut table.columns).for_each(|column| column.long = false);
        }
        // The type of a column may have changed since an index was made: then a definition is no longer what it holds.
        let holds: Vec<bool> = shape.tables[0].indexes.iter().map(|index| fittings::holds(&shape, index)).collect();
        let mut holds = holds.into_iter();
        shape.tables[0].indexes.retain(|_| holds.next().unwrap_or_default());
        let [log, members, _] = &shape.tables;
        shape.served = Served::of(log, members);
        shape.definitions = std::array::from_fn(|table| Definition::of(&shape, table, ready));
        Ok(shape)
    }

    /// Whether it is the same, but for its number.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        *self == Self { number: self.number, ..other.clone() }
    }

    /// The same, as the one that comes after another.
    pub(super) fn after(self, other: &Self) -> Self {
        Self { number: other.number.wrapping_add(1), ..self }
    }

    /// Whether the application's table is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.tables[0].exists()
    }

    /// Under which names the definition of a table selects something.
    pub(super) fn names(table: usize) -> impl Iterator<Item = &'static str> {
        WANTED[table].iter().map(|(name, _)| *name)
    }

    /// What the definition of a table selects under a name.
    #[must_use]
    pub fn select(&self, table: usize, name: &str) -> String {
        let found = WANTED[table].iter().find(|(column, _)| *column == name);
        found.map_or_else(|| quoted(name), |(_, kind)| kind.select(self.tables[table].column(name), name))
    }

    /// What is made of the column `timestamp` alone, as an instant with a zone.
    #[must_use]
    pub fn instant(&self, of: &str) -> String {
        match self.tables[0].column("timestamp") {
            Some(column) if column.kind == "timestamp without time zone" => format!("({of} AT TIME ZONE 'UTC')"),
            _ => of.to_owned(),
        }
    }

    /// The week of an entry: its first instant.
    #[must_use]
    pub fn week(&self) -> String {
        let at = self.instant("\"timestamp\"");
        format!("date_bin('7 days'::interval, {at}, '2000-01-03 00:00:00+00'::timestamptz)")
    }

    /// What everybody may search.
    #[must_use]
    pub fn open_words(&self) -> String {
        let area = As::Given.select(self.tables[0].column("area"), "area");
        format!("daybook.open_words({area}, {})", self.select(0, "description"))
    }

    /// What those may search who may see what errors hold.
    #[must_use]
    pub fn error_words(&self) -> String {
        format!("daybook.error_words({}, {})", self.select(0, "error_message"), self.select(0, "error_detail"))
    }

    /// What members are found by: their name and their e-mail in lower case, of these what the table has.
    #[must_use]
    pub fn member_words(&self) -> Vec<String> {
        let there = ["name", "email"].into_iter().filter(|name| self.tables[1].column(name).is_some());
        there.map(|name| self.lowered(name)).collect()
    }

    /// A text of a member in lower case.
    pub(super) fn lowered(&self, name: &str) -> String {
        format!("daybook.lowered({})", self.select(1, name))
    }

    /// A question with the definitions of the tables it names.
    pub(super) fn defined(&self, text: String) -> String {
        let definitions: Vec<String> = self.definitions.iter().filter_map(|one| one.of_question(&text)).collect();
        if definitions.is_empty() {
            return text;
        }
        let (definitions, number) = (definitions.join(", "), self.number);
        match text.strip_prefix("WITH RECURSIVE ") {
            Some(rest) => format!("WITH RECURSIVE /* {number} */ {definitions}, {rest}"),
            None => format!("WITH /* {number} */ {definitions} {text}"),
        }
    }

    /// The tables that the first step makes in a database without any, and their indexes: what is put onto them once they
    /// are there can be told before.
    #[must_use]
    pub fn own(schema: &str) -> Self {
        let table = |wanted: &[Wanted]| Table {
            kind: "r".to_owned(),
            columns: wanted.iter().map(|(name, kind)| kind.own(name)).collect(),
            indexes: Vec::new(),
        };
        let mut tables = WANTED.map(table);
        let model = [("timestamp", 2), ("member_id", 3), ("action_type", 4), ("status", 3)];
        let index = |(name, keys)| {
            let named = |name: &str| name.to_owned();
            Index { name: format!("ix_audit_logs_{name}"), keys, first: named(name), cut: false }
        };
        tables[0].indexes = model.map(index).into();
        Self { schema: schema.to_owned(), tables, ..Self::default() }
    }

    /// The columns without which nothing can be shown, where they are missing or of another type than they must be.
    #[must_use]
    pub fn lacking(&self) -> Vec<&'static str> {
        let is = |name: &str, kinds: &[&str]| {
            self.tables[0].column(name).is_some_and(|column| kinds.contains(&column.kind.as_str()))
        };
        let mut out = Vec::new();
        if !is("id", &["uuid"]) {
            out.push("id (a uuid)");
        }
        if !is("timestamp", &["timestamp with time zone", "timestamp without time zone"]) {
            out.push("timestamp (a timestamp)");
        }
        out
    }

    /// The columns that are missing, by table.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let mut out = Vec::new();
        for ((wanted, table), name) in WANTED.into_iter().zip(&self.tables).zip(TABLES) {
            out.extend(
                wanted.iter().filter(|(column, _)| table.column(column).is_none()).map(|(column, _)| (name, *column)),
            );
        }
        out
    }
}
