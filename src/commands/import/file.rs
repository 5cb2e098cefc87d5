//! Rows out of a file: lines of JSON, or a table. Read in flat memory, however long the file is.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::Path,
    rc::Rc,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::{Read, complete};
use crate::{
    commands::load::BATCH,
    core::time::Timestamp,
    ingest::entry::{self, Limits, Wrong},
    logs::object::Column,
};

/// The longest row, in bytes.
const LONGEST: usize = 64 * 1024 * 1024;
/// Rows are handed over once they hold so many bytes.
const BYTES: usize = 16 * 1024 * 1024;

/// Counts the bytes that were read.
struct Counted {
    from: Box<dyn io::Read>,
    read: Rc<Cell<u64>>,
}

impl io::Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(into)?;
        self.read.set(self.read.get() + u64::try_from(n).unwrap_or_default());
        Ok(n)
    }
}

/// The rows of a file.
pub struct Rows {
    name: String,
    length: Option<u64>,
    read: Rc<Cell<u64>>,
    kind: Kind,
}

enum Kind {
    Lines { from: BufReader<Counted>, at: u64 },
    Table { from: Box<csv::Reader<Counted>>, columns: Vec<Column> },
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
        let read = Rc::new(Cell::new(0));
        let counted = Counted { from, read: Rc::clone(&read) };
        let kind = if is_table {
            let mut from = csv::ReaderBuilder::new().flexible(true).from_reader(counted);
            let columns = columns(&mut from, &name)?;
            Kind::Table { from: Box::new(from), columns }
        } else {
            Kind::Lines { from: BufReader::with_capacity(256 * 1024, counted), at: 0 }
        };
        Ok(Self { name, length, read, kind })
    }

    /// How many bytes there are.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many were read.
    pub fn position(&self) -> u64 {
        self.read.get()
    }

    /// The next rows; none at the end.
    pub fn next(&mut self, now: Timestamp) -> Result<Vec<Read>> {
        let (mut out, mut bytes) = (Vec::new(), 0);
        while out.len() < BATCH && bytes < BYTES {
            let next = match &mut self.kind {
                Kind::Lines { from, at } => line(from, at, now),
                Kind::Table { from, columns } => record(from, columns, now),
            };
            let Some(row) = next.with_context(|| format!("{} cannot be read", self.name))? else { break };
            bytes += row.text.len();
            out.push(row);
        }
        Ok(out)
    }
}

/// The next line that is not blank.
fn line(from: &mut BufReader<Counted>, at: &mut u64, now: Timestamp) -> Result<Option<Read>> {
    loop {
        let mut bytes = Vec::new();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
        if from.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        *at += 1;
        let whole = |reason: &str| vec![Wrong { field: None, reason: reason.to_owned() }];
        if bytes.len() > LONGEST {
            skip_line(from)?;
            let wrong = whole("is longer than 64 MiB");
            return Ok(Some(Read { at: *at, text: String::new(), entry: Err(wrong) }));
        }
        if *at == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let (text, is_text) = match String::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
        };
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        if text.trim().is_empty() {
            continue;
        }
        let entry =
            if is_text { entry::read(&text, Limits::FILE, now).and_then(complete) } else { Err(whole("is not UTF-8")) };
        return Ok(Some(Read { at: *at, text, entry }));
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
fn columns(from: &mut csv::Reader<Counted>, name: &str) -> Result<Vec<Column>> {
    let first = from.headers().with_context(|| format!("{name} cannot be read as a table"))?.clone();
    let mut columns = Vec::new();
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
fn record(from: &mut csv::Reader<Counted>, columns: &[Column], now: Timestamp) -> Result<Option<Read>> {
    let mut record = csv::ByteRecord::new();
    if !from.read_byte_record(&mut record)? {
        return Ok(None);
    }
    let at = record.position().map_or(0, csv::Position::line);
    let cells: Option<Vec<&str>> = record.iter().map(|cell| std::str::from_utf8(cell).ok()).collect();
    let whole = |reason: String| vec![Wrong { field: None, reason }];
    let lossy: Vec<String> = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    let entry = match cells {
        None => Err(whole("is not UTF-8".to_owned())),
        Some(cells) if cells.len() != columns.len() => {
            Err(whole(format!("has {} cells, and the first row {}", cells.len(), columns.len())))
        }
        Some(cells) => entry::read_cells(columns.iter().copied().zip(cells), Limits::FILE, now).and_then(complete),
    };
    Ok(Some(Read { at, text: lossy.join(","), entry }))
}
