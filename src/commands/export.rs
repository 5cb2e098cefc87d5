//! `daybook export`: every entry of a filter, to standard output or into a file that is whole or not there.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tempfile::NamedTempFile;

use super::{
    line, open,
    output::{self, Target},
};
use crate::{
    app,
    config::{DatabaseArgs, SiteArgs, Sources},
    core::{
        query_string,
        role::Role,
        time::{SharedClock, Zone},
    },
    db::{Db, address::Address, migrate as schema},
    logs::{
        export::{Asked, Export, Format},
        form::{Asker, FilterForm, Surface},
        object::Column,
    },
    staff_log::{self, Kind, Record},
};

/// Write every entry that matches a filter
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  daybook export --query 'range=7d&status=error' --columns timestamp,area,error_message --output errors.csv"
)]
pub struct Args {
    /// The filters, as they stand in the address of a list; everything unless said
    #[arg(long, value_name = "QUERY STRING", default_value = "")]
    query: String,
    /// Which columns, in this order; all unless said
    #[arg(long, value_name = "NAME,NAME")]
    columns: Option<String>,
    /// What kind of file: ndjson or csv; csv where --output ends in .csv, else ndjson
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// The file to write, which is replaced once the export is whole; standard output unless said
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    Ndjson,
    Csv,
}

impl Args {
    fn format(&self) -> Format {
        let is_table = match self.format {
            Some(format) => format == FormatArg::Csv,
            None => self.output.as_deref().and_then(Path::extension).is_some_and(|end| end.eq_ignore_ascii_case("csv")),
        };
        if is_table { Format::Csv } else { Format::Ndjson }
    }
}

/// Exports, and writes down that it did: before the first byte, and how it ended.
pub async fn run(args: Args) -> Result<()> {
    let sources = Sources::new(args.database.config.as_ref())?;
    let address = sources.database(&args.database)?;
    let zone = sources.site(&SiteArgs::default())?.zone;
    let (asked, format) = (asked(&args, zone)?, args.format());
    let db = open(&address, false).await?;
    let exported = export(&db, &address, asked, format, zone, args.output.as_deref()).await;
    // However it ended: a database that is not closed leaves its side files behind.
    db.close().await;
    exported
}

async fn export(
    db: &Db,
    address: &Address,
    asked: Asked,
    format: Format,
    zone: Zone,
    output: Option<&Path>,
) -> Result<()> {
    match schema::state(db).await.map_err(line)? {
        schema::State::Current => {}
        schema::State::Behind(_) => bail!("{address} is not up to date: daybook migrate brings it there"),
        state => bail!("{address} cannot be exported: {state}"),
    }
    let (query, clock) = (asked.query_string(zone), app::system_clock());
    let mut output = Output::open(output)?;
    let mut export = Export::open(db, asked, format, clock.now(), true).await.map_err(line)?;
    record(db, &clock, Kind::Exported, format, query.clone()).await?;
    let written = write(&mut export, &mut output).await.and_then(|()| output.keep());
    let kind = if written.is_ok() { Kind::ExportEnded } else { Kind::ExportBrokenOff };
    let recorded = record(db, &clock, kind, format, staff_log::counted(&export.rows().to_string(), &query)).await;
    written.and(recorded)
}

/// What is asked for, or one line of what could not be read.
fn asked(args: &Args, zone: Zone) -> Result<Asked> {
    let form = FilterForm::new(query_string::of_pasted(&args.query));
    let asked = Asked::read(&form, Asker { zone, role: Role::Admin, surface: Surface::Machine });
    let mut asked = asked.map_err(|errors| {
        let each: Vec<String> = errors.iter().map(|(name, message)| format!("{name}: {message}")).collect();
        anyhow!("--query: {}", each.join(" "))
    })?;
    if let Some(columns) = &args.columns {
        asked.columns = Column::choose([columns.as_str()]).map_err(|why| anyhow!("--columns: {why}"))?;
    }
    Ok(asked)
}

async fn record(db: &Db, clock: &SharedClock, kind: Kind, format: Format, detail: String) -> Result<()> {
    let record = Record::by_command(clock.now(), kind, format.ending(), Some(detail));
    let tx = db.write().await.map_err(line)?;
    staff_log::commit(tx, record).await.map_err(line)
}

async fn write(export: &mut Export, output: &mut Output) -> Result<()> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} entries, {per_sec}") {
        bar.set_style(style);
    }
    // A file that was begun is taken away again. Written to a terminal or a pipe, the export ends as any program does.
    let stop = output.is_file();
    let interrupted = async { if stop { interrupted().await } else { std::future::pending().await } };
    let mut interrupted = std::pin::pin!(interrupted);
    loop {
        let next = tokio::select! {
            result = &mut interrupted => { result?; bail!("the export was interrupted; nothing was written") }
            next = export.next() => next.map_err(line)?,
        };
        let Some(piece) = next else { break };
        output.put(&piece)?;
        bar.set_position(export.rows());
    }
    bar.finish_and_clear();
    Ok(())
}

/// SIGTERM or SIGINT.
async fn interrupted() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Where the bytes go.
enum Output {
    /// Standard output, a device or a pipe.
    Open(Box<dyn Write>),
    /// A file beside the one to be.
    Beside(io::BufWriter<NamedTempFile>, PathBuf),
}

impl Output {
    fn open(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file.filter(|file| *file != Path::new("-")) else {
            return Ok(Self::Open(Box::new(io::stdout().lock())));
        };
        let cannot = || format!("{} cannot be written", file.display());
        Ok(match Target::at(file).with_context(cannot)? {
            Target::Open(device) => Self::Open(Box::new(device)),
            Target::File(target) => {
                let beside = output::beside(&target, ".daybook-export-").with_context(cannot)?;
                Self::Beside(io::BufWriter::new(beside), target)
            }
        })
    }

    fn is_file(&self) -> bool {
        matches!(self, Self::Beside(..))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Open(out) => out.write_all(bytes).context("the output cannot be written"),
            Self::Beside(out, file) => {
                out.write_all(bytes).with_context(|| format!("{} cannot be written", file.display()))
            }
        }
    }

    /// Everything is out; a file gets its name once it is on disk.
    fn keep(self) -> Result<()> {
        match self {
            Self::Open(mut out) => out.flush().context("the output cannot be written"),
            Self::Beside(out, file) => {
                let cannot = || format!("{} cannot be written", file.display());
                let beside = out.into_inner().map_err(io::IntoInnerError::into_error).with_context(cannot)?;
                output::keep(beside, &file).with_context(cannot)
            }
        }
    }
}
