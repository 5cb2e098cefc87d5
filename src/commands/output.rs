//! Files that a command writes for whoever runs it: each takes its name when it is whole, and what is no file is written
//! to and never replaced.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// What a command was told to write into.
pub enum Target {
    /// A device, a pipe, or what is open as standard output or standard error: it is added to.
    Open(File),
    /// A file, or none yet: another one is written beside it and takes its place.
    File(PathBuf),
}

impl Target {
    /// What stands at a path.
    ///
    /// # Errors
    /// Where it may not be written to.
    pub fn at(path: &Path) -> io::Result<Self> {
        if let Some(file) = standard(path)? {
            return Ok(Self::Open(file));
        }
        // Behind a link lies the file that is meant.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match File::options().write(true).open(&target) {
            Ok(file) if file.metadata()?.is_file() => Ok(Self::File(target)),
            Ok(file) => Ok(Self::Open(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::File(target)),
            Err(error) => Err(error),
        }
    }
}

/// Standard output or standard error, where a path is what either goes to: opened anew, a file would be written from
/// another place on.
fn standard(path: &Path) -> io::Result<Option<File>> {
    let Ok(wanted) = fs::metadata(path) else { return Ok(None) };
    for open in [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()] {
        let open = File::from(open?);
        let about = open.metadata()?;
        if (about.dev(), about.ino()) == (wanted.dev(), wanted.ino()) {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

/// The folder of a file.
#[must_use]
pub fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside the one to be, which only its owner may read: it holds members' data.
///
/// # Errors
/// Where none can be made there.
pub fn beside(target: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(prefix).tempfile_in(folder(target))
}

/// Gives a file that is whole its name, once it is on disk.
///
/// # Errors
/// Where it cannot be; nothing is left of it then.
pub fn keep(beside: NamedTempFile, target: &Path) -> io::Result<()> {
    beside.as_file().sync_all()?;
    beside.persist(target).map(drop).map_err(|error| error.error)
}
