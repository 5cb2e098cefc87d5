//! `daybook backup`: a consistent copy of an embedded database while it serves.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args as ClapArgs;

use super::{line, open};
use crate::{
    config::{DatabaseArgs, Sources},
    db::{Sql, address::Address},
};

/// Copy an embedded database while it serves
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  daybook backup /backups/daybook-2026-06-18.db --database sqlite:///var/lib/daybook/daybook.db"
)]
pub struct Args {
    /// The file to make; it must not exist yet
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Writes the copy beside its name and gives it the name when it is whole and on disk.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    if matches!(address, Address::Postgres(_)) {
        bail!("a server's own tools make its backups: pg_dump, with the schemas daybook and that of audit_logs");
    }
    if args.file.exists() {
        bail!("{} exists: a backup never replaces a file, so give it another name", args.file.display());
    }
    let db = open(&address, false).await?;
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
    // In a folder of its own that only its owner may enter: SQLite makes the file with the rights it is used to.
    let beside = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o700))
        .prefix(".daybook-backup-")
        .tempdir_in(folder)
        .with_context(|| format!("{} cannot be written to", folder.display()))?;
    let copy = beside.path().join("copy.db");
    let text = copy.to_str().ok_or_else(|| anyhow!("the name of {} is not text", folder.display()))?;
    db.execute_alone(Sql::new("VACUUM INTO ").bind(text)).await.map_err(line)?;
    db.close().await;
    secure(&copy)?;
    // Fails where the name was taken meanwhile; a rename would replace that file.
    std::fs::hard_link(&copy, &args.file).with_context(|| format!("{} cannot be made", args.file.display()))?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).context("the backup could not be made durable")?;
    println!("{}", args.file.display());
    Ok(())
}

/// Only for its owner, and on disk.
fn secure(file: &std::path::Path) -> Result<()> {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
        .and_then(|()| std::fs::File::open(file)?.sync_all())
        .context("the backup could not be made durable")
}
