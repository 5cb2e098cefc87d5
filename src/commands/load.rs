//! Loading many entries at once: into an empty log without its indexes, which are built last.

use anyhow::Result;
use indicatif::ProgressBar;

use super::line;
use crate::{
    db::{Db, migrate},
    logs::{search::index, store, write::Indexed},
};

/// Entries of one transaction: what a crash may undo, and what memory holds.
pub const BATCH: usize = 5_000;

/// Gets a database ready; when what is loaded is to be indexed.
pub async fn begin(db: &Db) -> Result<Indexed> {
    if !store::is_empty(db).await.map_err(line)? {
        return Ok(Indexed::AtOnce);
    }
    migrate::defer_indexes(db).await.map_err(line)?;
    index::put_off(db).await.map_err(line)?;
    Ok(Indexed::Later)
}

/// Builds what was put off, and leaves the database as it is best read.
pub async fn finish(db: &Db, bar: &ProgressBar) -> Result<()> {
    migrate::restore_indexes_with(db, |name| bar.set_message(format!("building {name}"))).await.map_err(line)?;
    bar.set_message("building the search index");
    while index::build(db).await.map_err(line)? {}
    migrate::settle(db).await.map_err(line)
}
