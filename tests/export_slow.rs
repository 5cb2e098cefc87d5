//! Exports that take their time: one state of the log whatever is written meanwhile, flat memory, and an end that shows.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use daybook::{core::role::Role, logs::log::NewLog};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    export::{recorded, table},
    support::{Client, TestApp, TestDb, app::Setup, sample, wait},
};

/// An answer that is read a little at a time.
struct Slow {
    socket: TcpStream,
    head: String,
    read: Vec<u8>,
}

impl Slow {
    /// Asks, and reads no more than it takes to see the head.
    fn ask(client: &Client, base: &str, path: &str, headers: &str) -> Self {
        let host = base.trim_start_matches("http://");
        let mut socket = TcpStream::connect(host).expect("a connection");
        socket.set_read_timeout(Some(wait::LIMIT)).expect("a limit");
        let cookies = client.cookies();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n{headers}\r\n");
        socket.write_all(request.as_bytes()).expect("asked");
        let mut slow = Self { socket, head: String::new(), read: Vec::new() };
        while slow.head.is_empty() {
            slow.more();
            if let Some(end) = slow.read.windows(4).position(|window| window == b"\r\n\r\n") {
                slow.head = String::from_utf8_lossy(&slow.read[..end]).into_owned();
                slow.read.drain(..end + 4);
            }
        }
        slow
    }

    /// Reads a little; false at the end of the connection.
    fn more(&mut self) -> bool {
        let mut bytes = [0; 4_096];
        let n = self.socket.read(&mut bytes).unwrap_or_default();
        self.read.extend_from_slice(&bytes[..n]);
        n > 0
    }

    /// The body so far, and whether its last chunk, the empty one, is there.
    fn body(&self) -> (Vec<u8>, bool) {
        let (mut body, mut rest) = (Vec::new(), &self.read[..]);
        while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).expect("a size");
            let size = usize::from_str_radix(size, 16).expect("a size");
            rest = &rest[end + 2..];
            if size == 0 {
                return (body, true);
            }
            body.extend_from_slice(&rest[..size.min(rest.len())]);
            if rest.len() < size + 2 {
                break;
            }
            rest = &rest[size + 2..];
        }
        (body, false)
    }

    /// Reads on until the last chunk or the end of the connection.
    fn finish(mut self) -> (Vec<u8>, bool) {
        while !self.read.ends_with(b"\r\n0\r\n\r\n") && self.more() {}
        self.body()
    }
}

/// More than all buffers between server and client hold, and not much smaller when compressed.
fn bulky(entries: i64) -> Vec<NewLog> {
    let noise = || (0..300).map(|_| Uuid::new_v4().simple().to_string()).collect::<String>();
    (0..entries).map(|at| NewLog { error_detail: Some(noise()), ..sample::error(sample::minutes_ago(at)) }).collect()
}

async fn write(db: &TestDb, logs: &[NewLog]) {
    for part in logs.chunks(5_000) {
        db.write(part.to_vec()).await;
    }
}

/// The ids in a file of CSV that may be cut short, but for its last row.
fn ids(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let rows = text.split("\r\n").skip(1).filter_map(|row| row.split(',').next());
    rows.filter(|id| id.len() == 36).map(str::to_owned).collect()
}

fn newest_first(logs: &[NewLog]) -> Vec<String> {
    let mut logs: Vec<&NewLog> = logs.iter().collect();
    logs.sort_by_key(|log| std::cmp::Reverse((log.timestamp, log.id)));
    logs.into_iter().map(|log| log.id.to_string()).collect()
}

/// What stands in the staff's log about the end of an export, once it is there.
async fn ended(app: &TestApp) -> String {
    wait::until("the end of the export is recorded", async || {
        app.staff_log.flush().await;
        recorded(&app.db).await.into_iter().find(|line| line.contains(" export_"))
    })
    .await
}

/// Spoils most of a database's file: what is read of it from now on is a fault.
fn damage(db: &TestDb) {
    use std::os::unix::fs::FileExt as _;
    let file = std::fs::OpenOptions::new().write(true).open(db.file()).expect("the file");
    let length = file.metadata().expect("its length").len();
    let from = 400 * 4_096;
    file.write_all_at(&vec![0xff; usize::try_from(length - from).expect("a length")], from).expect("damaged");
}

async fn checkpoint(db: &TestDb) {
    db.outside().await.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
}

/// The binary, ended with its test.
struct Served(Child, String);

impl Served {
    fn start(db: &TestDb) -> Self {
        let mut child = daybook(&["serve", "--listen", "127.0.0.1:0", "--database", &db.address])
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let base = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        Self(child, base.expect("an address"))
    }

    /// Its own memory, in KiB: what is mapped from the file is the system's.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary, with nothing of this environment.
pub fn daybook(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command.args(args);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DAYBOOK_") || name == "DATABASE_URL") {
        command.env_remove(name);
    }
    command
}

database_test! {
    async fn what_is_written_meanwhile_is_not_in_it_and_what_was_there_is(db: TestDb) {
        let mut logs = bulky(3_000);
        write(&db, &logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for query in ["range=all", "range=all&q=attributeerror", "range=all&status=error&action_type=error&area=members/*"] {
            let slow = Slow::ask(&client, &app.base, &format!("/logs/export.csv?columns=id,error_detail&{query}"), "");
            assert!(slow.head.starts_with("HTTP/1.1 200"), "{}", slow.head);
            let beside = |at: i64| NewLog { area: format!("members/new-{at}"), ..sample::error(sample::minutes_ago(at)) };
            let (expected, new) = (newest_first(&logs), (0..3_000).step_by(10).map(beside).collect::<Vec<_>>());
            app.db.write(new.clone()).await;
            logs.extend(new);
            let (body, whole) = slow.finish();
            assert!(whole, "{query}: it broke off");
            let had: Vec<String> = table(&body).into_iter().skip(1).map(|row| row[0].clone()).collect();
            assert_eq!(had, expected, "{query}");
        }
        assert!(ended(&app).await.contains("export_ended csv rows=3000&"));
    }

    async fn a_fault_on_the_way_breaks_the_connection_and_is_recorded(db: FileDb) {
        let logs = bulky(3_000);
        write(&db, &logs).await;
        checkpoint(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let slow = Slow::ask(&client, &app.base, "/logs/export.csv", "");
        damage(&app.db);
        let (body, whole) = slow.finish();
        let had = ids(&body);
        assert!(!whole, "an export that broke off looks whole: {} entries", had.len());
        assert!(had.len() < 3_000);
        assert_eq!(had, newest_first(&logs)[..had.len()], "what came is the beginning of the list");
        let line = ended(&app).await;
        let rows: usize = line.split("rows=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).expect("rows");
        assert!(line.starts_with("support@example.org export_broken_off csv rows="), "{line}");
        assert!(rows < 3_000 && rows >= had.len(), "{line}, {} came", had.len());
    }

    async fn one_that_fails_before_anything_was_sent_is_answered_as_a_failure(db: FileDb) {
        write(&db, &bulky(3_000)).await;
        checkpoint(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        damage(&app.db);
        for file in ["csv", "ndjson"] {
            let page = client.get(&format!("/logs/export.{file}")).await;
            assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{file}: {}", page.text());
            assert_eq!(page.header("content-disposition"), None, "{file}: it is no file");
        }
        let line = ended(&app).await;
        assert!(line.contains("export_broken_off") && line.contains("rows=0&"), "{line}");
    }

    async fn whoever_stops_taking_it_loses_it(db: TestDb) {
        write(&db, &bulky(3_000)).await;
        let mut setup = Setup::default();
        setup.budgets.export.piece = Duration::from_millis(300);
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let slow = Slow::ask(&client, &app.base, "/logs/export.ndjson", "");
        let line = ended(&app).await;
        assert!(line.contains("export_broken_off ndjson rows="), "{line}");
        assert!(!slow.finish().1, "an export that broke off looks whole");
        // Whole in time, it is whole.
        let all = client.get("/logs/export.ndjson?columns=id").await;
        assert_eq!(all.text().lines().count(), 3_000);
    }

    async fn an_export_ends_in_its_time(db: TestDb) {
        write(&db, &bulky(3_000)).await;
        let mut setup = Setup::default();
        setup.budgets.export.whole = Duration::from_millis(50);
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        assert!(!Slow::ask(&client, &app.base, "/logs/export.ndjson", "").finish().1);
        assert!(ended(&app).await.contains("export_broken_off"));
    }

    async fn two_are_made_at_once_and_pages_go_on(db: TestDb) {
        write(&db, &bulky(3_000)).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let first = Slow::ask(&client, &app.base, "/logs/export.csv", "");
        let second = Slow::ask(&client, &app.base, "/logs/export.csv", "");
        let third = client.get("/logs/export.csv").await;
        assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(third.texts("h1"), ["Other exports are being made just now"]);
        assert_eq!(third.header("retry-after"), Some("5"));
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
        // Whoever goes away makes room.
        drop(first);
        wait::until("there is room", async || {
            (client.get("/logs/export.csv?columns=id").await.status == StatusCode::OK).then_some(())
        })
        .await;
        assert!(ended(&app).await.contains("export_broken_off"), "going away is not an end");
        assert!(second.finish().1, "the other was not disturbed");
    }

    async fn a_compressed_export_is_sent_as_it_is_made(db: TestDb) {
        let logs = bulky(3_000);
        write(&db, &logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let mut slow = Slow::ask(&client, &app.base, "/logs/export.csv", "Accept-Encoding: gzip\r\n");
        assert!(slow.head.to_lowercase().contains("content-encoding: gzip"), "{}", slow.head);
        while slow.body().0.len() < 100_000 {
            assert!(slow.more(), "it ended early");
        }
        let unpacked = |bytes: &[u8]| {
            let mut out = Vec::new();
            let _ = flate2::read::GzDecoder::new(bytes).read_to_end(&mut out);
            out
        };
        let early = ids(&unpacked(&slow.body().0));
        assert!((1..3_000).contains(&early.len()), "{} entries", early.len());
        app.staff_log.flush().await;
        assert!(!recorded(&app.db).await.iter().any(|line| line.contains(" export_")), "it was made before it was taken");
        let (body, whole) = slow.finish();
        assert!(whole);
        assert_eq!(ids(&unpacked(&body)), newest_first(&logs));
    }

    async fn memory_stays_flat(db: FileDb) {
        let mut logs: Vec<NewLog> = (0..30_000).map(|at| sample::error(sample::minutes_ago(at))).collect();
        // As many bytes side by side as would be seen if a page of entries were held at once.
        for log in &mut logs[300..340] {
            log.error_detail = Some("x".repeat(1_000_000));
        }
        write(&db, &logs).await;
        checkpoint(&db).await;
        let served = Served::start(&db);
        let app = TestApp::start(db).await;
        app.account(Role::Support).await;
        let client = Client::new(&served.1);
        client.sign_in("support@example.org", crate::support::app::PASSWORD).await;
        // What serving takes by itself is not the export's.
        for _ in 0..8 {
            client.get("/logs?range=all&limit=200").await;
        }
        let before = served.memory();
        let mut most = before;
        for (query, rows) in [("range=all", 30_000), ("range=all&q=attributeerror", 30_000), ("range=all", 30_000)] {
            let mut slow = Slow::ask(&client, &served.1, &format!("/logs/export.csv?{query}"), "");
            let mut at = 0_u32;
            while !slow.read.ends_with(b"\r\n0\r\n\r\n") && slow.more() {
                at += 1;
                if at.is_multiple_of(256) {
                    most = most.max(served.memory());
                }
            }
            let (body, whole) = slow.body();
            assert!(whole && body.len() > 60_000_000, "{} bytes", body.len());
            assert_eq!(ids(&body).len(), rows, "{query}");
        }
        most = most.max(served.memory());
        println!("before {before} KiB, at the most {most} KiB");
        assert!(most < before + 24 * 1_024, "from {before} KiB to {most} KiB");
    }
}

mod command {
    //! `daybook export`.

    use std::{
        os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
        path::Path,
        process::Output,
    };

    use super::*;

    fn export(address: &str, args: &[&str]) -> Output {
        daybook(&[&["export", "--database", address], args].concat()).output().expect("it ran")
    }

    /// One line on stderr, nothing on stdout, and not zero.
    fn refused(output: &Output) -> String {
        let line = String::from_utf8(output.stderr.clone()).expect("text");
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        assert!(line.starts_with("daybook: ") && line.trim_end().lines().count() == 1, "{line}");
        line
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    database_test! {
        async fn it_writes_what_the_page_would(db: TestDb) {
            let logs: Vec<NewLog> = (0..700).map(|at| sample::error(sample::minutes_ago(at * 60))).collect();
            db.write(logs.iter().cloned().chain([sample::log(sample::now())]).collect()).await;
            let app = TestApp::start(db).await;
            let client = app.signed_in(Role::Support).await;
            let (folder, address) = (tempfile::tempdir().expect("a folder"), app.db.address.clone());
            let all = export(&address, &[]);
            assert!(all.status.success() && all.stderr.is_empty(), "{all:?}");
            assert_eq!(all.stdout, client.get("/logs/export.ndjson").await.body);
            let query = "?status=error&q=walker_id&from=2026-06-01";
            let file = folder.path().join("errors.csv");
            std::fs::write(&file, "what was there").expect("written");
            let named = file.to_str().expect("a name");
            let some = export(&address, &["--query", query, "--columns", "id,status", "--output", named]);
            assert!(some.status.success() && some.stdout.is_empty() && some.stderr.is_empty(), "{some:?}");
            let address_of_it = format!("https://daybook.example/logs{query}");
            let pasted = export(&address, &["--query", &address_of_it, "--columns", "id,status", "--format", "csv"]);
            assert_eq!(pasted.stdout, std::fs::read(&file).expect("the file"));
            // The page's zone is London here, the command's is the default.
            let page = client.get(&format!("/logs/export.csv{query}&tz=UTC&columns=id,status")).await;
            assert_eq!(std::fs::read(&file).expect("the file"), page.body);
            assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
            assert_eq!(names(folder.path()), ["errors.csv"]);
            let csv = export(&address, &["--format", "csv", "--query", "status=success", "--output", "-"]);
            assert_eq!(table(&csv.stdout).len(), 2, "{csv:?}");
            let said: Vec<String> = recorded(&app.db).await.into_iter().filter(|line| line.starts_with("command")).collect();
            let filter = "range=custom&from=2026-06-01T00:00:00%2B00:00&q=walker_id&status=error&columns=id,status";
            let expected = [
                "command line exported ndjson range=all".to_owned(),
                "command line export_ended ndjson rows=701&range=all".to_owned(),
                format!("command line exported csv {filter}"),
                format!("command line export_ended csv rows={}&{filter}", page.text().lines().count() - 1),
                format!("command line exported csv {filter}"),
            ];
            assert_eq!(said[..5], expected);
            assert_eq!(said[6], "command line exported csv range=all&status=success");
        }

        async fn it_says_in_a_line_what_is_wrong_and_makes_nothing(db: FileDb) {
            db.write(bulky(2_000)).await;
            checkpoint(&db).await;
            let folder = tempfile::tempdir().expect("a folder");
            let at = |name: &str| folder.path().join(name).to_str().expect("a name").to_owned();
            let line = refused(&export(&format!("sqlite://{}", at("none.db")), &[]));
            assert!(line.contains("there is no database at"), "{line}");
            assert_eq!(names(folder.path()), [""; 0]);
            for (args, said) in [
                (&["--columns", "id,ip"][..], "--columns: “ip” is no column."),
                (&["--query", "range=2d&status=!"], "--query: range: “2d” is not a time range: 1h, 24h, 7d, 30d, 90d, all or custom. status: Write"),
                (&["--query", "columns=x"], "“x” is no column"),
                (&["--output", &at("no/such/folder.csv")], "cannot be written"),
                (&["--output", "/dev/full"], "the output cannot be written"),
            ] {
                let line = refused(&export(&db.address, args));
                assert!(line.contains(said), "{line}");
            }
            assert!(std::fs::metadata("/dev/full").expect("there").file_type().is_char_device());
            std::fs::write(at("empty.db"), "").expect("written");
            let line = refused(&export(&format!("sqlite://{}", at("empty.db")), &[]));
            assert!(line.contains("daybook migrate"), "{line}");
            assert_eq!(names(folder.path()), ["empty.db"]);
            // A file is replaced by a whole one or not at all.
            std::fs::write(at("had.csv"), "what was there").expect("written");
            checkpoint(&db).await;
            damage(&db);
            refused(&export(&db.address, &["--output", &at("had.csv")]));
            assert_eq!(std::fs::read_to_string(at("had.csv")).expect("the file"), "what was there");
            assert_eq!(names(folder.path()), ["empty.db", "had.csv"]);
            assert!(recorded(&db).await.last().is_some_and(|line| line.contains("export_broken_off csv rows=")));
        }
    }
}
