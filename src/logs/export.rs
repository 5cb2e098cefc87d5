//! Every entry of a filter as a file, in the list's order: pulled piece by piece out of one snapshot, in flat memory.

pub mod encode;
pub mod handlers;
pub mod stream;
mod walk;

use std::{collections::VecDeque, fmt};

use super::{
    filter::{Filter, ListQuery},
    form::{Asker, FilterForm},
    object::Column,
    rows,
    sql::Plan,
    store,
};
use crate::{
    core::{
        error::Result,
        form::FieldErrors,
        query_string,
        time::{Timestamp, Zone},
    },
    db::{Db, Snapshot},
    paging::Key,
};
use encode::Encoder;
use walk::Walk;

/// The parameter that chooses columns.
pub const COLUMNS: &str = "columns";
/// The parameter that says that columns were chosen, so that none of them is not all of them.
pub const CHOSEN: &str = "chosen";

/// A piece is handed over once it has so many bytes, or before more is looked for.
const PIECE: usize = 64 * 1024;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table, for a spreadsheet.
    Csv,
    /// An object of JSON a line, for a script.
    Ndjson,
}

impl Format {
    /// The ending of its file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ending())
    }
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which entries.
    pub filter: Filter,
    /// Which of their columns, in this order.
    pub columns: Vec<Column>,
}

impl Asked {
    /// Reads a query string. Where a list would begin and how long its pages are means nothing here: an export is all.
    pub fn read(form: &FilterForm, asker: Asker) -> std::result::Result<Self, FieldErrors> {
        let columns = if form.values(COLUMNS).next().is_none() && !form.value(CHOSEN).is_empty() {
            Err("Choose at least one column.".to_owned())
        } else {
            Column::choose(form.values(COLUMNS))
        };
        let query = form.parse(asker);
        match (query, columns) {
            (Ok(query), Ok(columns)) => Ok(Self { filter: query.filter, columns }),
            (query, columns) => {
                let mut errors = query.err().unwrap_or_default();
                if let Err(message) = columns {
                    errors.add(COLUMNS, message);
                }
                Err(errors)
            }
        }
    }

    /// Its query string: the filter, and the columns where they are not all.
    #[must_use]
    pub fn query_string(&self, zone: Zone) -> String {
        let mut pairs = ListQuery::first(self.filter.clone()).pairs(zone);
        if self.columns != Column::ALL {
            let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
            pairs.push((COLUMNS.to_owned(), names.join(",")));
        }
        query_string::write(pairs)
    }
}

/// An export under way.
pub struct Export {
    /// None once it has come to its end.
    snapshot: Option<Snapshot>,
    plan: Plan,
    columns: Vec<Column>,
    walk: Walk,
    /// Entries that were found and not yet read, in groups that fit into memory.
    waiting: VecDeque<Vec<Key>>,
    encoder: Encoder,
    rows: u64,
    /// Whether the log was looked through at all. Before that nothing goes out, the head of a table neither: whoever
    /// waits can still be told that it fails.
    looked: bool,
}

impl Export {
    /// Takes hold of the log as it is now. `details` says whether a search looks at the error's texts.
    pub async fn open(db: &Db, asked: Asked, format: Format, now: Timestamp, details: bool) -> Result<Self> {
        // The snapshot first: what the filter's values stand for is asked after it, and so misses nothing that it holds.
        let snapshot = db.snapshot().await?;
        let plan = store::plan(db, &asked.filter, now, details).await?;
        Ok(Self {
            snapshot: Some(snapshot),
            walk: Walk::new(&plan),
            plan,
            waiting: VecDeque::new(),
            encoder: Encoder::new(format, &asked.columns)?,
            columns: asked.columns,
            rows: 0,
            looked: false,
        })
    }

    /// How many entries stand in the pieces so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The next piece of the file; none once it is whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while let Some(snapshot) = &mut self.snapshot {
            if self.encoder.len() >= PIECE {
                return Ok(Some(self.encoder.take()));
            }
            if let Some(group) = self.waiting.pop_front() {
                for row in rows::read(snapshot, &group, &self.columns).await? {
                    self.encoder.put(&row, &self.columns)?;
                    self.rows += 1;
                }
                continue;
            }
            // What was found goes out before more is looked for: that may take a while.
            if self.looked && !self.encoder.is_empty() {
                return Ok(Some(self.encoder.take()));
            }
            match self.walk.next(&self.plan, snapshot).await? {
                Some(found) => self.waiting = rows::groups(snapshot, &found, &self.columns).await?,
                None => {
                    if let Some(snapshot) = self.snapshot.take() {
                        snapshot.done().await?;
                    }
                }
            }
            self.looked = true;
        }
        Ok(Some(self.encoder.take()).filter(|rest| !rest.is_empty()))
    }
}
