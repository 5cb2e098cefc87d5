//! Rows out of a file: lines of JSON, or a table. Read in flat memory, however long the file is.

use std::{
    cell::{Cell, RefCell},
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
    rc::Rc,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use uuid::Uuid;

use super::{Came, Read, complete};
use crate::{
    commands::load::BATCH,
    core::time::Timestamp,
    ingest::entry::{self, Limits, Wrong},
    logs::{json, object::Column},
};

/// The longest row, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;
/// Rows are handed over once they hold so many bytes.
const BYTES: usize = 16 * 1024 * 1024;

/// Counts the bytes that were read, and reads no further than it may.
struct Counted {
    from: Box<dyn io::Read>,
    count: Rc<Count>,
}

/// How far a file was read.
#[derive(Default)]
struct Count {
    read: Cell<u64>,
    until: Cell<u64>,
    /// What comes after the end of a table: a row of its own, unless a quote before it is not closed.
    end: RefCell<Vec<u8>>,
    /// What was read last, and the byte before it.
    last: RefCell<Vec<u8>>,
    before: Cell<u8>,
}

impl io::Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Count { read, until, end, last, before } = &*self.count;
        let mut n = self.from.read(into)?;
        if n == 0 {
            let mut end = end.borrow_mut();
            n = end.len().min(into.len());
            into[..n].copy_from_slice(&end[..n]);
            end.drain(..n);
        }
        let mut last = last.borrow_mut();
        before.set(last.last().copied().unwrap_or_default());
        last.clear();
        last.extend_from_slice(&into[..n]);
        read.set(read.get() + u64::try_from(n).unwrap_or_default());
        if read.get() > until.get() {
            return Err(io::Error::other("it is longer than 64 MiB: is a quote not closed?"));
        }
        Ok(n)
    }
}

impl Count {
    /// The last of the first `used` bytes, of which the end was read last.
    fn last_of(&self, used: u64) -> u8 {
        let last = self.last.borrow();
        let ahead = usize::try_from(self.read.get() - used).unwrap_or(usize::MAX);
        let at = last.len().checked_sub(ahead + 1);
        at.and_then(|at| last.get(at)).copied().unwrap_or(self.before.get())
    }
}

/// The rows of a file.
pub struct Rows {
    name: String,
    length: Option<u64>,
    count: Rc<Count>,
    kind: Kind,
    /// Why no more rows come after those that were handed over.
    failed: Option<anyhow::Error>,
}

enum Kind {
    Lines { from: BufReader<Counted>, at: u64 },
    Table { from: Box<csv::Reader<Counted>>, columns: Vec<Column>, end: String },
}

impl Rows {
    /// Opens a file, or standard input for `-`.
    pub fn open(path: &Path, is_table: bool) -> Result<Self> {
        let is_input = path == Path::new("-");
        let (from, length): (Box<dyn io::Read>, _) = if is_input {
            (Box::new(io::stdin().lock()), None)
        } else {
            let file = File::open(path).map_err(|error| anyhow!("{} cannot be read: {error}", path.display()))?;
            let about = file.metadata().ok();
            ensure!(about.as_ref().is_none_or(|about| !about.is_dir()), "{} is a folder: name a file", path.display());
            (Box::new(file), about.filter(std::fs::Metadata::is_file).map(|about| about.len()))
        };
        let name = if is_input { "standard input".to_owned() } else { path.display().to_string() };
        let count = Rc::new(Count::default());
        // A line says by itself where it ends; of a table's row only its reader knows.
        count.until.set(if is_table { LONGEST } else { u64::MAX });
        let counted = Counted { from, count: Rc::clone(&count) };
        let kind = if is_table {
            // Nobody who wrote the file can know it.
            let end = Uuid::new_v4().to_string();
            count.end.borrow_mut().extend_from_slice(format!("\n{end}").as_bytes());
            let mut from = csv::ReaderBuilder::new().flexible(true).from_reader(counted);
            let columns = columns(&mut from, &name, &end)?;
            Kind::Table { from: Box::new(from), columns, end }
        } else {
            Kind::Lines { from: BufReader::with_capacity(256 * 1024, counted), at: 0 }
        };
        Ok(Self { name, length, count, kind, failed: None })
    }

    /// How many bytes there are.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many were read.
    pub fn position(&self) -> u64 {
        self.count.read.get()
    }

    /// The next rows; none at the end.
    pub fn next(&mut self, now: Timestamp) -> Result<Vec<Read>> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let (mut out, mut bytes) = (Vec::new(), 0);
        while out.len() < BATCH && bytes < BYTES {
            let next = match &mut self.kind {
                Kind::Lines { from, at } => line(from, at, now),
                Kind::Table { from, columns, end } => record(from, &self.count, (columns, end), now),
            };
            let row = match next.with_context(|| format!("{} cannot be read", self.name)) {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(failed) if out.is_empty() => return Err(failed),
                Err(failed) => {
                    self.failed = Some(failed);
                    break;
                }
            };
            bytes += row.came.len();
            out.push(row);
        }
        Ok(out)
    }
}

/// The next line that is not blank.
fn line(from: &mut BufReader<Counted>, at: &mut u64, now: Timestamp) -> Result<Option<Read>> {
    loop {
        let mut bytes = Vec::new();
        if from.by_ref().take(LONGEST + 1).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        *at += 1;
        let whole = |reason: &str| vec![Wrong { field: None, reason: reason.to_owned() }];
        // Its break is none of its length, and where that was read the next line is not to be skipped.
        if u64::try_from(bytes.strip_suffix(b"\n").unwrap_or(&bytes).len()).is_ok_and(|length| length > LONGEST) {
            skip_line(from)?;
            let wrong = whole("is longer than 64 MiB");
            return Ok(Some(Read { at: *at, came: Came::Text(String::new()), entry: Err(wrong) }));
        }
        if *at == 1 && bytes.starts_with(json::MARK) {
            bytes.drain(..json::MARK.len());
        }
        let (text, is_text) = match String::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
        };
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        if json::is_blank(&text) {
            continue;
        }
        let entry =
            if is_text { entry::read(&text, Limits::FILE, now).and_then(complete) } else { Err(whole("is not UTF-8")) };
        return Ok(Some(Read { at: *at, came: Came::Text(text), entry }));
    }
}

/// Goes on to the end of a line without keeping it.
fn skip_line(from: &mut BufReader<Counted>) -> io::Result<()> {
    loop {
        let held = from.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        let end = held.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(held.len(), |at| at + 1);
        from.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// The columns that the first row names.
fn columns(from: &mut csv::Reader<Counted>, name: &str, end_of_file: &str) -> Result<Vec<Column>> {
    let first = from.headers().with_context(|| format!("{name} cannot be read as a table"))?.clone();
    let mut columns = Vec::new();
    if first.iter().eq([end_of_file]) {
        return Ok(columns);
    }
    for cell in &first {
        let cell = cell.trim_start_matches('\u{feff}').trim();
        let column = Column::ALL.into_iter().find(|column| column.name() == cell);
        let shown: String = cell.chars().filter(|c| !c.is_control()).take(40).collect();
        let Some(column) = column else {
            let all: Vec<&str> = Column::ALL.into_iter().map(Column::name).collect();
            bail!("{name}: “{shown}” in the first row is no column. The columns are {}.", all.join(", "));
        };
        ensure!(!columns.contains(&column), "{name}: the column {shown} stands twice in the first row");
        columns.push(column);
    }
    Ok(columns)
}

/// The next row of a table.
fn record(
    from: &mut csv::Reader<Counted>,
    count: &Count,
    (columns, end_of_file): (&[Column], &str),
    now: Timestamp,
) -> Result<Option<Read>> {
    let mut record = csv::ByteRecord::new();
    count.until.set(count.read.get() + LONGEST);
    let before = from.position();
    let begins = before.line() + u64::from(count.last_of(before.byte()) != b'\n');
    if !from.read_byte_record(&mut record).with_context(|| format!("the row that begins in line {begins}"))? {
        return Ok(None);
    }
    let last = record.iter().next_back().unwrap_or_default();
    if last == end_of_file.as_bytes() && record.len() == 1 {
        return Ok(None);
    }
    let is_open = last.ends_with(end_of_file.as_bytes());
    // The reader has come to the row's end, and beyond its break where that is one byte. What it says of the beginning
    // is where the row before ended.
    let end = from.position();
    let breaks = record.iter().flatten().filter(|byte| **byte == b'\n').count();
    let breaks = breaks + usize::from(count.last_of(end.byte()) == b'\n');
    let at = end.line() - u64::try_from(breaks).unwrap_or_default();
    let cells: Option<Vec<&str>> = record.iter().map(|cell| std::str::from_utf8(cell).ok()).collect();
    let whole = |reason: String| vec![Wrong { field: None, reason }];
    let entry = match cells {
        _ if is_open => Err(whole("a quote in it is not closed, so it goes on to the end of the file".to_owned())),
        None => Err(whole("is not UTF-8".to_owned())),
        Some(cells) if cells.len() != columns.len() => {
            Err(whole(format!("has {} cells, and the first row {}", cells.len(), columns.len())))
        }
        Some(cells) => entry::read_cells(columns.iter().copied().zip(cells), Limits::FILE, now).and_then(complete),
    };
    let came = if is_open {
        let mut text = as_table(&record)?;
        // As it came: what was put after the end is none of it, nor is the quote that would close it.
        text.truncate(text.rfind(end_of_file).unwrap_or(text.len()).saturating_sub(1));
        Came::Text(text)
    } else {
        Came::Cells(record)
    };
    Ok(Some(Read { at, came, entry }))
}

/// A row as it is written into a table, so that it can be mended and read again.
pub(super) fn as_table(record: &csv::ByteRecord) -> Result<String> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    out.write_byte_record(record)?;
    let bytes = out.into_inner().map_err(|error| anyhow!("a row cannot be kept: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_row_is_known_by_the_line_it_begins_in_and_kept_as_a_table_has_it(
            rows in proptest::collection::vec(("[a-z,\"\n]{0,9}|x{3000}", 0_usize..3), 1..20),
            end in prop_oneof![Just("\n"), Just("\r\n")],
            is_ended in any::<bool>(),
        ) {
            let (mut text, mut line, mut begun) = (format!("id,description{end}"), 2, Vec::new());
            for (at, (cell, blank)) in rows.iter().enumerate() {
                text.push_str(&end.repeat(*blank));
                text.extend(["no-id,\"", &cell.replace('"', "\"\""), "\""]);
                begun.push(line + blank);
                line += blank + 1 + cell.matches('\n').count();
                if is_ended || at + 1 < rows.len() {
                    text.push_str(end);
                }
            }
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(text.as_bytes())?;
            let mut read = Rows::open(file.path(), true).expect("a table");
            let bad = read.next(Timestamp::MIN).expect("rows");
            let lines: Vec<usize> = bad.iter().map(|row| usize::try_from(row.at).expect("a line")).collect();
            prop_assert_eq!(lines, begun);
            for (row, (cell, _)) in bad.into_iter().zip(&rows) {
                prop_assert!(row.entry.is_err());
                let again = format!("id,description\n{}\n", row.came.text().expect("a row"));
                let mut again = csv::Reader::from_reader(again.as_bytes());
                let kept = again.records().next().expect("a row").expect("a row");
                prop_assert_eq!(kept.iter().collect::<Vec<_>>(), ["no-id", cell]);
            }
        }
    }
}
