//! The file of bad rows: a line of JSON each, with where it stood, what is wrong and the row as it came.

use std::{
    fs::{File, Permissions},
    io::{BufWriter, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::ingest::entry::Wrong;

/// A row that is left out.
#[derive(Serialize)]
pub struct Bad<'a> {
    line: u64,
    errors: Vec<Why>,
    row: &'a str,
}

#[derive(Serialize)]
struct Why {
    field: Option<String>,
    reason: String,
}

impl<'a> Bad<'a> {
    /// A row and what is wrong with it.
    pub fn new(line: u64, row: &'a str, wrong: Vec<Wrong>) -> Self {
        let errors = wrong.into_iter().map(|Wrong { field, reason }| Why { field, reason }).collect();
        Self { line, errors, row }
    }
}

/// The file, made with the first bad row: it holds members' data, so only its owner may read it.
pub struct BadFile {
    path: PathBuf,
    out: Option<BufWriter<File>>,
}

impl BadFile {
    /// A file that is not there yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), out: None }
    }

    /// Adds a row.
    pub fn put(&mut self, bad: &Bad<'_>) -> Result<()> {
        let cannot = || format!("{} cannot be written", self.path.display());
        if self.out.is_none() {
            let mut options = File::options();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let file = options.open(&self.path).with_context(cannot)?;
            // One that was there before may have been made for everybody to read.
            if file.metadata().with_context(cannot)?.is_file() {
                file.set_permissions(Permissions::from_mode(0o600)).with_context(cannot)?;
            }
            self.out = Some(BufWriter::new(file));
        }
        if let Some(out) = &mut self.out {
            serde_json::to_writer(&mut *out, bad).with_context(cannot)?;
            out.write_all(b"\n").with_context(cannot)?;
        }
        Ok(())
    }

    /// Everything is out.
    pub fn finish(self) -> Result<()> {
        let Some(mut out) = self.out else { return Ok(()) };
        out.flush().with_context(|| format!("{} cannot be written", self.path.display()))
    }
}
