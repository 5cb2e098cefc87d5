//! The file of bad rows: a line of JSON each, with where it stood, what is wrong and the row as it came.

use std::{
    fs::File,
    io::{self, BufWriter, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::{
    commands::output::{self, Target},
    ingest::entry::Wrong,
};

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

/// The file, which stands there when the load has come to its end: until then the one of another run may be what is
/// loaded, and of a load that is killed nothing is left.
pub struct BadFile {
    path: PathBuf,
    out: Option<Out>,
}

enum Out {
    /// A device or a pipe.
    Open(BufWriter<File>),
    /// A file without a name, and the one that it is to be.
    Aside(BufWriter<File>, PathBuf),
}

impl BadFile {
    /// A file that is not there yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), out: None }
    }

    /// Adds a row.
    pub fn put(&mut self, bad: &Bad<'_>) -> Result<()> {
        let cannot = || cannot(&self.path);
        let out = match &mut self.out {
            Some(out) => out,
            none => none.insert(Out::at(&self.path).with_context(cannot)?),
        };
        let (Out::Open(out) | Out::Aside(out, _)) = out;
        serde_json::to_writer(&mut *out, bad).with_context(cannot)?;
        out.write_all(b"\n").with_context(cannot)
    }

    /// Everything is out.
    pub fn finish(self) -> Result<()> {
        let Some(out) = self.out else { return Ok(()) };
        out.keep().with_context(|| cannot(&self.path))
    }
}

impl Out {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(match Target::at(path)? {
            Target::Open(file) => Self::Open(BufWriter::new(file)),
            Target::File(target) => {
                Self::Aside(BufWriter::new(tempfile::tempfile_in(output::folder(&target))?), target)
            }
        })
    }

    fn keep(self) -> io::Result<()> {
        match self {
            Self::Open(mut out) => out.flush(),
            Self::Aside(out, target) => {
                let mut rows = out.into_inner()?;
                rows.rewind()?;
                let mut beside = output::beside(&target, ".daybook-import-")?;
                io::copy(&mut rows, beside.as_file_mut())?;
                output::keep(beside, &target)
            }
        }
    }
}

fn cannot(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}
