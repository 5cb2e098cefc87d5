//! Whether a database's file still lies where it was opened.
//!
//! SQLite goes on with a file that was taken away: it would acknowledge what is gone with the last connection.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::core::error::{Error, Outage, Result};

/// Where the file was when it was opened, and which one it was.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Place {
    /// The place of a file that has just been opened.
    pub(super) fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), identity: identity(file) }
    }

    /// Fails where the file is gone, or another lies in its place.
    pub(super) fn check(&self) -> Result<()> {
        let there = self.identity.is_some() && identity(&self.file) == self.identity;
        if there { Ok(()) } else { Err(Error::Unavailable(Outage::Away)) }
    }
}

/// Which file it is, whatever it is called.
fn identity(file: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_away_or_replaced_is_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, aside) = (folder.path().join("a.db"), folder.path().join("b.db"));
        std::fs::write(&file, "one").expect("written");
        let place = Place::of(&file);
        assert!(place.check().is_ok());
        std::fs::rename(&file, &aside).expect("moved");
        assert!(matches!(place.check(), Err(Error::Unavailable(Outage::Away))));
        std::fs::write(&file, "two").expect("written");
        assert!(place.check().is_err());
        std::fs::rename(&aside, &file).expect("moved back");
        assert!(place.check().is_ok());
        assert!(Place::of(&aside).check().is_err());
    }
}
