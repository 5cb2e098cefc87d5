//! Entries as the bytes of a file: CSV after RFC 4180 in which no cell is a formula, or a line of JSON each.

use std::borrow::Cow;

use anyhow::anyhow;

use super::Format;
use crate::{
    core::error::{Error, Result},
    logs::object::{Column, Object, Row},
};

/// Gathers bytes until they are taken.
pub struct Encoder {
    format: Format,
    out: Vec<u8>,
    /// A record of CSV before its bytes go out.
    record: csv::ByteRecord,
}

impl Encoder {
    /// Begins a file: CSV has the names of the columns as its first row.
    pub fn new(format: Format, columns: &[Column]) -> Result<Self> {
        let mut encoder = Self { format, out: Vec::new(), record: csv::ByteRecord::new() };
        if format == Format::Csv {
            encoder.table_row(columns.iter().map(|column| Cow::Borrowed(column.name())))?;
        }
        Ok(encoder)
    }

    /// Adds an entry.
    pub fn put(&mut self, row: &Row, columns: &[Column]) -> Result<()> {
        match self.format {
            Format::Csv => self.table_row(columns.iter().map(|column| row.text(*column).unwrap_or_default())),
            Format::Ndjson => {
                serde_json::to_writer(&mut self.out, &Object { row, columns }).map_err(|error| anyhow!(error))?;
                self.out.push(b'\n');
                Ok(())
            }
        }
    }

    /// How many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes the bytes that wait.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn table_row<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> Result<()> {
        self.record.clear();
        for cell in cells {
            if is_formula(&cell) {
                self.record.push_field(format!("'{cell}").as_bytes());
            } else {
                self.record.push_field(cell.as_bytes());
            }
        }
        let fault = |error| Error::Internal(anyhow!("a row of CSV: {error}"));
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).buffer_capacity(256).from_writer(&mut self.out);
        writer.write_byte_record(&self.record).map_err(|error| fault(error.to_string()))?;
        writer.flush().map_err(|error| fault(error.to_string()))
    }
}

/// Whether a spreadsheet would compute the cell, or skip white space and then do so.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[Vec<String>]) -> Vec<u8> {
        let mut encoder = Encoder { format: Format::Csv, out: Vec::new(), record: csv::ByteRecord::new() };
        for row in rows {
            encoder.table_row(row.iter().map(|cell| Cow::Borrowed(cell.as_str()))).expect("a row");
        }
        encoder.take()
    }

    /// RFC 4180 read as plainly as it can be said; anything beside it fails.
    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
        while !rest.is_empty() {
            let mut cell = String::new();
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = quoted;
                loop {
                    let end = rest.find('"').expect("a closing quote");
                    cell.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                    match rest.strip_prefix('"') {
                        Some(after) => rest = after,
                        None => break,
                    }
                    cell.push('"');
                }
            } else {
                let end = rest.find([',', '\r', '\n', '"']).expect("an end of the cell");
                cell.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            row.push(cell);
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => {
                    rest = rest.strip_prefix("\r\n").expect("CRLF after a row");
                    rows.push(std::mem::take(&mut row));
                }
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn any_text_reads_back_and_is_no_formula(
            rows in (1_usize..4).prop_flat_map(|width| {
                let cell = prop_oneof![".{0,12}", "[=+@,\"\r\n\t' -]{0,6}", Just(String::new())];
                prop::collection::vec(prop::collection::vec(cell, width), 0..6)
            })
        ) {
            let back = read(&written(&rows));
            prop_assert_eq!(back.len(), rows.len());
            for (was, is) in rows.iter().flatten().zip(back.iter().flatten()) {
                prop_assert!(!is_formula(is), "{:?}", is);
                let plain = if is_formula(was) { is.strip_prefix('\'') } else { Some(is.as_str()) };
                prop_assert_eq!(plain, Some(was.as_str()));
            }
        }
    }
}
