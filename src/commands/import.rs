//! `daybook import`: loads entries out of a file or another database. What stands already is left as it is, so a load
//! that broke off is begun again.

mod bad;
mod file;
mod foreign;
mod model;
mod people;
mod walk;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::bad::{Bad, BadFile};
use super::{line, load, make, refuse_attached};
use crate::{
    app,
    config::{DatabaseArgs, Sources},
    core::{error::Error, words},
    db::{Db, address::Address, migrate},
    ingest::entry::Wrong,
    logs::{
        log::NewLog,
        object::Column,
        sent::Sent,
        write::{
            Indexed,
            checked::{Strangers, Why, write_checked},
        },
    },
    staff_log::{self, Kind, Record},
};

/// Load entries from a file or another database
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  daybook import entries.ndjson\n  daybook import - --format csv\n  daybook import --from postgresql://reader@db.example/club --database sqlite://daybook.db"
)]
pub struct Args {
    /// The file; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    file: Option<PathBuf>,
    /// What kind of file: ndjson or csv; csv where its name ends in .csv, else ndjson
    #[arg(long, value_name = "FORMAT", conflicts_with = "from")]
    format: Option<FormatArg>,
    /// Another database with the application's tables, or Daybook's: <postgresql://USER@HOST/DATABASE>, <sqlite://FILE>
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Leave bad rows out and end well all the same; they are in the file of --bad
    #[arg(long)]
    skip_bad: bool,
    /// Where bad rows go, each with its reasons; made at the end, where there were some
    #[arg(long, value_name = "FILE", default_value = "import-bad.ndjson")]
    bad: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    Ndjson,
    Csv,
}

/// A row that was read: where it stood, as it stood, and the entry it is or what is wrong with it.
struct Read {
    /// From 1 on.
    at: u64,
    came: Came,
    entry: Result<Sent, Vec<Wrong>>,
}

/// A row as it came, for the file of bad rows.
enum Came {
    Text(String),
    /// Cells of a table, of which few are ever written down again.
    Cells(csv::ByteRecord),
}

impl Came {
    /// How many bytes it has.
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Cells(record) => record.as_slice().len(),
        }
    }

    fn text(self) -> Result<String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Cells(record) => file::as_table(&record),
        }
    }
}

/// Loads, and says what became of it.
///
/// # Errors
/// One line that says what to do; also where rows were bad, unless they are to be skipped.
pub async fn run(args: Args) -> Result<()> {
    let into = Sources::new(args.database.config.as_ref())?.database(&args.database)?;
    let from = args.from.as_deref().map(Address::parse).transpose().map_err(|why| anyhow!("--from: {why}"))?;
    for address in [Some(&into), from.as_ref()].into_iter().flatten() {
        if let Address::Sqlite(file) = address {
            // With what SQLite keeps beside it.
            for end in ["", "-wal", "-shm", "-journal"] {
                let mut file = file.clone().into_os_string();
                file.push(end);
                apart(Path::new(&file), &args.bad)?;
            }
        }
    }
    if let Some(file) = &args.file {
        apart(file, &args.bad)?;
    }
    let mut source = Source::open(&args, from.as_ref()).await?;
    let db = make(&into).await?;
    let loaded = load_all(&db, &mut source, &args).await;
    db.close().await;
    let done = loaded?;
    println!("{} entries written, {} stood already, {} bad", done.created, done.duplicate, done.bad);
    if done.bad > 0 && !args.skip_bad {
        let (rows, place) = (words::counted(done.bad, "row is bad", "rows are bad"), args.bad.display());
        bail!("{rows} and left out: see {place}, which says why for each; --skip-bad is content with that");
    }
    Ok(())
}

/// What became of the rows.
#[derive(Default)]
struct Done {
    created: u64,
    duplicate: u64,
    bad: u64,
}

/// Where rows come from.
enum Source {
    File(file::Rows),
    Foreign(Box<foreign::Rows>),
    Model(Box<model::Rows>),
}

impl Source {
    async fn open(args: &Args, from: Option<&Address>) -> Result<Self> {
        if let Some(address) = from {
            return Self::database(address).await;
        }
        let file = args.file.as_deref().unwrap_or(Path::new("-"));
        let is_table = match args.format {
            Some(format) => format == FormatArg::Csv,
            None => file.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")),
        };
        Ok(Self::File(file::Rows::open(file, is_table)?))
    }

    /// Another database, whichever way its rows are written.
    async fn database(address: &Address) -> Result<Self> {
        let db = match address {
            Address::Sqlite(file) if !file.exists() => bail!("--from: there is no database at {address}"),
            Address::Sqlite(file) => Db::inspect_sqlite(file).await,
            Address::Postgres(server) => Db::open_postgres(server).await,
        };
        let db = db.map_err(|error| match error {
            Error::Internal(error) => anyhow!("--from: {address} cannot be opened: {error:#}"),
            error => anyhow!("--from: {address} cannot be opened: {error}"),
        })?;
        if migrate::state(&db).await.map_err(line)? == migrate::State::Foreign {
            return Ok(Self::Foreign(Box::new(foreign::Rows::open(db, address).await?)));
        }
        Ok(Self::Model(Box::new(model::Rows::open(&db, address).await?)))
    }

    /// Takes members and bookings over, where there are any.
    async fn bring_people(&mut self, into: &Db) -> Result<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Foreign(rows) => rows.bring_people(into).await,
            Self::Model(rows) => rows.bring_people(into).await,
        }
    }

    /// How much there is, in the unit of [`Self::position`]; none where nobody can say.
    fn length(&self) -> Option<u64> {
        match self {
            Self::File(rows) => rows.length(),
            Self::Foreign(rows) => Some(rows.length()),
            Self::Model(rows) => Some(rows.length()),
        }
    }

    /// How much was read.
    fn position(&self) -> u64 {
        match self {
            Self::File(rows) => rows.position(),
            Self::Foreign(rows) => rows.position(),
            Self::Model(rows) => rows.position(),
        }
    }

    /// The next rows; none at the end.
    async fn next(&mut self) -> Result<Vec<Read>> {
        let now = app::system_clock().now();
        match self {
            Self::File(rows) => rows.next(now),
            Self::Foreign(rows) => rows.next(now).await,
            Self::Model(rows) => rows.next(now).await,
        }
    }
}

async fn load_all(db: &Db, source: &mut Source, args: &Args) -> Result<Done> {
    refuse_attached(db)?;
    let bar = bar(source.length(), matches!(source, Source::File(_)));
    source.bring_people(db).await?;
    let indexed = load::begin(db).await?;
    let mut done = Done::default();
    let loaded = load_rows(db, source, args, &bar, indexed, &mut done).await;
    // What a load wrote before it broke off stands: it is to be found, and to be told of.
    let ended = async {
        load::finish(db, &bar).await?;
        record(db, args, &done, loaded.is_ok()).await
    };
    let ended = ended.await;
    bar.finish_and_clear();
    loaded.and(ended).map(|()| done)
}

async fn load_rows(
    db: &Db,
    source: &mut Source,
    args: &Args,
    bar: &ProgressBar,
    indexed: Indexed,
    done: &mut Done,
) -> Result<()> {
    let mut bad = BadFile::new(&args.bad);
    loop {
        let rows = source.next().await?;
        if rows.is_empty() {
            return bad.finish();
        }
        put(db, rows, indexed, done, &mut bad).await?;
        bar.set_position(source.position());
        bar.set_message(format!("{} entries", done.created + done.duplicate));
    }
}

/// Bytes of a file or rows of a database, how fast, and how long it will take.
fn bar(length: Option<u64>, is_file: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let style = match (length.is_some(), is_file) {
        (true, true) => "{bar:40} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left  {msg}",
        (true, false) => "{bar:40} {human_pos}/{human_len} {per_sec}, {eta} left  {msg}",
        (false, _) => "{spinner} {bytes}, {bytes_per_sec}  {msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// Writes rows in one transaction: the good ones whatever the others are.
async fn put(db: &Db, rows: Vec<Read>, indexed: Indexed, done: &mut Done, bad: &mut BadFile) -> Result<()> {
    let mut good: Vec<(u64, Came)> = Vec::new();
    let mut sent: Vec<Sent> = Vec::new();
    for Read { at, came, entry } in rows {
        match entry {
            Ok(mut entry) => {
                // Where it came from the member may have been deleted since it was last imported; here they are kept.
                let NewLog { member_id, booking_id, .. } = entry.log;
                entry.said.keep(|column| match column {
                    Column::MemberId => member_id.is_some(),
                    Column::BookingId => booking_id.is_some(),
                    _ => true,
                });
                good.push((at, came));
                sent.push(entry);
            }
            Err(wrong) => {
                done.bad += 1;
                bad.put(&Bad::new(at, &came.text()?, wrong))?;
            }
        }
    }
    while !sent.is_empty() {
        let mut tx = db.write().await.map_err(line)?;
        tx.take_turn().await.map_err(line)?;
        let refused = match write_checked(&mut tx, &sent, Strangers::Make, indexed).await.map_err(line)? {
            Ok(written) => {
                tx.commit().await.map_err(line)?;
                done.created += written.created;
                done.duplicate += written.duplicate;
                return Ok(());
            }
            Err(refused) => refused,
        };
        drop(tx);
        // None was written for the sake of some: the others are tried again without them.
        for refused in refused.iter().rev() {
            let reason = match refused.why {
                Why::Conflict => "is not what stands in the entry with this id",
                Why::Unknown => "is not known here",
            };
            sent.remove(refused.at);
            let (at, came) = good.remove(refused.at);
            let wrong = Wrong { field: Some(refused.field.name().to_owned()), reason: reason.to_owned() };
            done.bad += 1;
            bad.put(&Bad::new(at, &came.text()?, vec![wrong]))?;
        }
    }
    Ok(())
}

async fn record(db: &Db, args: &Args, done: &Done, is_whole: bool) -> Result<()> {
    let from = match (&args.from, &args.file) {
        (Some(_), _) => "another database".to_owned(),
        (None, Some(file)) => file.file_name().map_or("-".to_owned(), |name| name.to_string_lossy().into_owned()),
        (None, None) => "-".to_owned(),
    };
    let end = if is_whole { "" } else { ", broken off" };
    let detail = format!("{} new, {} stood already, {} bad{end}", done.created, done.duplicate, done.bad);
    let record = Record::by_command(app::system_clock().now(), Kind::Imported, &from, Some(detail));
    let tx = db.write().await.map_err(line)?;
    staff_log::commit(tx, record).await.map_err(line)
}

/// What a row must say for itself, so that a second run stores it no second time.
fn complete(sent: Sent) -> Result<Sent, Vec<Wrong>> {
    let missing = [Column::Id, Column::Timestamp].into_iter().filter(|column| !sent.said.has(*column));
    let wrong: Vec<Wrong> = missing
        .map(|column| Wrong {
            field: Some(column.name().to_owned()),
            reason: "is needed in what is imported".to_owned(),
        })
        .collect();
    if wrong.is_empty() { Ok(sent) } else { Err(wrong) }
}

/// Fails where bad rows would be written over a file that the load needs.
fn apart(needed: &Path, written: &Path) -> Result<()> {
    // One that is not there yet is known by its folder and its name.
    let place = |file: &Path| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = || Some(std::fs::canonicalize(folder).ok()?.join(file.file_name()?));
        std::fs::canonicalize(file).ok().or_else(beside)
    };
    let same = place(needed).zip(place(written)).is_some_and(|(a, b)| a == b);
    ensure!(!same, "{} is needed: name another file for bad rows with --bad", needed.display());
    Ok(())
}
