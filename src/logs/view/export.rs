//! The menu that exports what is shown: a link for each kind of file, and a form to choose columns.

use super::Reader;
use crate::{
    core::role::Role,
    logs::{
        export::{CHOSEN, COLUMNS, Format},
        filter::ListQuery,
        link,
        object::Column,
    },
};

/// The menu, as its template prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportMenu {
    /// What is in the file, and that it is recorded.
    pub says: &'static str,
    /// The whole as CSV.
    pub csv: String,
    /// The whole as NDJSON.
    pub ndjson: String,
    /// Where the form goes for CSV,
    pub csv_action: String,
    /// and for NDJSON.
    pub ndjson_action: String,
    /// The filter, as the form carries it.
    pub pairs: Vec<(String, String)>,
    /// The parameter of the columns.
    pub parameter: &'static str,
    /// The parameter that says that they were chosen.
    pub chosen: &'static str,
    /// Their names.
    pub columns: Vec<&'static str>,
}

impl ExportMenu {
    /// The menu of a list, for a reader who may export.
    #[must_use]
    pub fn of(query: &ListQuery, reader: &Reader, says: &'static str) -> Option<Self> {
        if reader.role < Role::Support {
            return None;
        }
        let whole = ListQuery::first(query.filter.clone());
        Some(Self {
            says,
            csv: link::export(&whole, reader.zone, Format::Csv),
            ndjson: link::export(&whole, reader.zone, Format::Ndjson),
            csv_action: link::export_path(Format::Csv),
            ndjson_action: link::export_path(Format::Ndjson),
            pairs: whole.pairs(reader.zone),
            parameter: COLUMNS,
            chosen: CHOSEN,
            columns: Column::ALL.into_iter().map(Column::name).collect(),
        })
    }
}
