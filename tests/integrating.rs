//! The snippets of docs/integrating.md, run as they stand there.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use daybook::{core::role::Role, ingest::intake};

use crate::{
    database_test,
    support::{
        TestDb,
        app::add_account,
        binary::{self, Server, daybook},
        sample, wait,
    },
};

const PAGE: &str = include_str!("../docs/integrating.md");

/// Answers that Daybook gives seldom.
const GATE: &str = include_str!("fixtures/gate.py");

/// The block whose fence says this.
fn snippet(fence: &str) -> String {
    let begin = format!("```{fence}\n");
    let (_, rest) = PAGE.split_once(&begin).unwrap_or_else(|| panic!("no block ```{fence}"));
    rest.split_once("\n```").expect("an end of the block").0.to_owned() + "\n"
}

async fn token(db: &TestDb, scope: &str) -> String {
    add_account(db, "you@example.org", Role::Support, sample::now()).await;
    let make = ["token", "create", scope, "--scope", scope, "--owner", "you@example.org", "--database", &db.address];
    binary::run(db, &make).done().trim().to_owned()
}

/// Runs a snippet of shell until its first failure.
fn shell(db: &TestDb, text: &str, base: &str, token: &str) -> String {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", text]).env("DAYBOOK", base).env("TOKEN", token);
    command.current_dir(db.folder.path());
    let ran = binary::finish(command, "");
    ran.done().to_owned()
}

/// A snippet of shell that finds the binary under its name.
fn on_path(text: &str) -> Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_daybook")).parent().expect("a folder").display();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", text]);
    command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap_or_default()));
    command
}

/// Vector's interpreter, as somebody has packed it whom nobody knows: these files and no others.
const INTERPRETER: &str = "vrl-python==0.1.0 \
    --hash=sha256:b84144c5337e60ab89751cef56025000b861d4983e3d94f517f8de046ec65787 \
    --hash=sha256:82ac56f7e9c19a5fb53b8ef87432baac88b685b6ccf2ed3ec9fccd89d7d2f24a \
    --hash=sha256:50239a076f78fa4a9286c181697f1cbd21b54c1b48514931662b7227e922ec7a
";

/// A Python with what the snippets import: the one that is there, else one made for the tests.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let has = |python: &Path| {
            let ran = Command::new(python).args(["-c", "import httpx, sqlalchemy, psycopg, vrl_python"]).output();
            ran.is_ok_and(|ran| ran.status.success())
        };
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        for python in [PathBuf::from("python3"), own.join("bin/python")] {
            if has(&python) {
                return python;
            }
        }
        let run = |command: &mut Command| {
            let ran = command.output().expect("python3 runs");
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&own));
        let pip = || {
            let mut pip = Command::new(own.join("bin/pip"));
            pip.args(["install", "--quiet"]);
            pip
        };
        run(pip().args(["httpx==0.28.1", "sqlalchemy==2.0.44", "psycopg[binary]==3.3.9"]));
        let interpreter = own.join("interpreter.txt");
        std::fs::write(&interpreter, INTERPRETER).expect("written");
        run(pip().args(["--no-deps", "--only-binary=:all:", "--require-hashes", "-r"]).arg(interpreter));
        own.join("bin/python")
    })
}

/// Runs a script; what it is told stands in `sys.argv`.
async fn run_python(script: String, told: &[&str]) -> binary::Ran {
    let told: Vec<String> = told.iter().map(|text| (*text).to_owned()).collect();
    let run = move || {
        let mut command = Command::new(python());
        command.args(["-c", &script]).args(told);
        binary::finish(command, "")
    };
    tokio::task::spawn_blocking(run).await.expect("ended")
}

/// Runs a script against a Daybook that is not there when it begins.
async fn run_before_daybook(db: &TestDb, script: String, token: &str, told: &[&str]) -> (binary::Ran, Server) {
    tokio::task::spawn_blocking(python).await.expect("a Python");
    // An address at which nothing listens yet.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let serve = async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let listen = format!("127.0.0.1:{port}");
        let mut server = Server::start(daybook(db, &["serve", "--database", &db.address, "--listen", &listen]));
        server.base().await;
        server
    };
    let url = format!("http://127.0.0.1:{port}");
    let told: Vec<&str> = [url.as_str(), token].iter().chain(told).copied().collect();
    tokio::join!(run_python(script, &told), serve)
}

/// The queue, and what is done with it.
fn with_queue(script: &str) -> String {
    format!("{}\n{}\nimport sys\nurl, token, aside = sys.argv[1:]\n{script}\n", snippet("python"), GATE)
}

/// What the entries say that the queue put aside, each of them once.
fn put_aside(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let said = |line: &str| {
        let (_, rest) = line.split_once("\"description\": \"").expect("a description");
        rest.split_once('"').expect("its end").0.to_owned()
    };
    let mut all: Vec<String> = text.lines().map(said).collect();
    all.sort();
    all
}

async fn descriptions(db: &TestDb) -> Vec<String> {
    let mut all = db.outside().await.texts("SELECT description FROM audit_logs").await;
    all.sort();
    all
}

/// What a program for Vector makes of lines of a file that were read at an instant of June 2026, as its sink would write it
/// down; none of those at which the program fails.
async fn remapped(program: &str, lines: &[String]) -> Vec<Option<String>> {
    let script = r#"
import json, sys
from vrl_python import VRLRuntime

program = ".timestamp = t'2026-06-18T13:38:05.123456789Z'\n" + sys.argv[1] + "\n. = {\"line\": encode_json(.)}"
runtime = VRLRuntime()
runtime.compile(program)
for line in json.loads(sys.argv[2]):
    event = {"message": line, "file": "audit.ndjson", "host": "club", "source_type": "file"}
    try:
        print(json.dumps(runtime.execute(program, event).processed_event["line"]))
    except RuntimeError:
        print("null")
"#;
    let lines = serde_json::to_string(lines).expect("JSON");
    let ran = run_python(script.to_owned(), &[program, &lines]).await;
    ran.done().lines().map(|line| serde_json::from_str(line).expect("a text or null")).collect()
}

/// An address as SQLAlchemy writes it.
fn of_sqlalchemy(address: &str) -> String {
    match address.strip_prefix("sqlite://") {
        Some(file) => format!("sqlite:///{file}"),
        None => address.replacen("postgresql://", "postgresql+psycopg://", 1).replacen("localhost", "", 1),
    }
}

/// Makes the application's tables, where they are not there yet, and writes an entry and an error into them.
async fn application_writes(address: &str) {
    let script = format!(
        "{}\nimport sys\nfrom sqlalchemy import create_engine\nengine = create_engine(sys.argv[1])\n\
         Base.metadata.create_all(engine)\nwith Session(engine) as session, session.begin():\n    \
         session.query(Member).delete()\n{}",
        snippet("python sqlalchemy"),
        snippet("python sqlalchemy-example")
    );
    run_python(script, &[&of_sqlalchemy(address)]).await.done();
}

#[tokio::test]
async fn a_gate_that_waits_in_vain_says_for_what() {
    let script = with_queue("gate = Gate(url)\ngate.until('nothing comes', lambda: False, 0.05)");
    let ran = run_python(script, &["http://127.0.0.1:9", "dbk", "aside.ndjson"]).await;
    assert!(!ran.status.success() && ran.stderr.contains("waited in vain until nothing comes"), "{}", ran.stderr);
}

async fn entries(db: &TestDb) -> i64 {
    db.outside().await.number("SELECT count(*) FROM audit_logs").await
}

database_test! {
    async fn curl_writes_and_reads(db: TestDb) {
        let (ingest, read) = (token(&db, "ingest").await, token(&db, "read").await);
        let mut server = Server::serve(&db);
        let base = server.base().await;
        for _ in 0..2 {
            shell(&db, &snippet("sh curl"), &base, &ingest);
        }
        assert_eq!(entries(&db).await, 3);
        let answer = shell(&db, &snippet("sh read"), &base, &read);
        let body: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(body["entries"].as_array().map(Vec::len), Some(0), "none of them is an error of today: {body}");
        server.stop();
    }

    async fn the_queue_of_python_outlives_a_daybook_that_is_down(db: TestDb) {
        let ingest = token(&db, "ingest").await;
        let example = snippet("python example")
            .replace("(url, token)", "(url, token, aside=aside)")
            .replace("daybook.close()", "for n in range(40):\n    daybook.record('page_visit', 'a', f'{n}')\ndaybook.close(60)");
        let aside = db.folder.path().join("aside.ndjson");
        let told = [aside.to_str().expect("text")];
        let (ran, mut server) = run_before_daybook(&db, with_queue(&example), &ingest, &told).await;
        ran.done();
        assert!(ran.stderr.contains("cannot be reached"), "{}", ran.stderr);
        assert_eq!(entries(&db).await, 41);
        assert!(!aside.exists(), "{}", ran.stderr);
        server.stop();
    }

    async fn the_queue_brings_all_that_daybook_takes_and_puts_the_rest_aside(db: TestDb) {
        let ingest = token(&db, "ingest").await;
        let script = with_queue(r#"
daybook = Daybook(url, token, aside=aside)
for n in range(1_100):
    daybook.record("page_visit", "a", f"short {n}")
# Of these, a batch is more than Daybook takes; of the next, one alone.
for n in range(20):
    daybook.record("error", "a", f"long {n}", error_detail="x" * 600_000)
daybook.record("error", "a", "bad: too long", error_detail="x" * 9_000_000)
daybook.record("page_visit", "a", "bad: not a number", extra={"ratio": float("nan")})
daybook.record("page_visit", "a", "bad: infinite", extra={"deep": [{"ratio": float("-inf")}]})
daybook.record("page_visit", "a", "bad: half a character", error_message="\ud83d")
# More than one answer names.
for n in range(130):
    daybook.record("x" * 65, "a", f"bad: action {n}")
# What cannot be written down at all.
circle = {}
circle["itself"] = circle
for nothing in ({("a", "key"): 1}, circle):
    daybook.record("page_visit", "nowhere", "lost", extra=nothing)
for n in range(30):
    daybook.record("page_visit", "a", f"last {n}", booking_id=None, extra={"when": datetime.now()})
daybook.close(60)
"#);
        let aside = db.folder.path().join("aside.ndjson");
        let told = [aside.to_str().expect("text")];
        let (ran, mut server) = run_before_daybook(&db, script, &ingest, &told).await;
        ran.done();
        let mut good: Vec<String> = (0..1_100).map(|n| format!("short {n}")).collect();
        good.extend((0..20).map(|n| format!("long {n}")).chain((0..30).map(|n| format!("last {n}"))));
        good.sort();
        assert!(descriptions(&db).await == good, "{}", ran.stderr);
        let mut bad: Vec<String> = (0..130).map(|n| format!("bad: action {n}")).collect();
        bad.extend(["too long", "not a number", "infinite", "half a character"].map(|why| format!("bad: {why}")));
        bad.sort();
        assert_eq!(put_aside(&aside), bad);
        let mode = std::os::unix::fs::PermissionsExt::mode(&aside.metadata().expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(ran.stderr.matches("is lost: page_visit nowhere").count(), 2, "{}", ran.stderr);
        server.stop();
    }

    async fn the_queue_outlives_whatever_it_is_answered(db: TestDb) {
        let ingest = token(&db, "ingest").await;
        let mut server = Server::serve(&db);
        let base = server.base().await;
        let script = with_queue(r#"
gate = Gate(url)
daybook = Daybook(gate.url, token, aside=aside)

# That name no line which was sent: what got the answer is put aside, and the next is sent.
refusals = [
    (409, "{}"), (422, "<p>Unprocessable</p>"), (400, "[1]"), (400, ""), (409, '{"errors": null}'), (422, '{"errors": []}'),
    (422, '{"errors": ["?"]}'), (422, '{"errors": [{"field": "id"}]}'), (422, '{"errors": [{"line": "1"}]}'),
    (422, '{"errors": [{"line": [1]}]}'), (400, '{"errors": [{"line": 4000}]}'), (413, ""), (401, ""), (404, ""), (301, ""),
]
for n, (status, body) in enumerate(refusals):
    gate.tell((status, None, body))
    daybook.record("page_visit", "a", f"refused {n}")
    gate.gave_all()
    daybook.record("page_visit", "a", f"taken {n}")
    gate.wait()

# Longer than it would have waited by itself.
gate.tell((429, "2", ""))
daybook.record("page_visit", "a", "taken later")
gate.wait()
assert gate.came[1] - gate.came[0] >= 2, gate.came

# What else may stand there, and how long it is waited.
waited = []
time.sleep = waited.append
busy = [(503, "120"), (503, "9" * 400), (507, None), (408, "Wed, 21 Oct 2026 07:28:00 GMT"), (429, "\u00b2"), (500, "-1"), (502, "0")]
for status, after in busy:
    waited.clear()
    gate.tell((status, after, ""))
    daybook.record("page_visit", "a", f"taken after {after}"[:30])
    gate.wait()
    print(*waited)
daybook.close(60)

# Where nothing can be put aside either.
nowhere = Daybook(gate.url, token, aside="/dev/null/aside")
gate.tell((409, None, ""))
nowhere.record("page_visit", "a", "lost")
gate.gave_all()
nowhere.record("page_visit", "a", "taken all the same")
nowhere.close(60)
"#);
        let aside = db.folder.path().join("aside.ndjson");
        let ran = run_python(script, &[&base, &ingest, aside.to_str().expect("text")]).await;
        assert_eq!(ran.done(), "120.0\n3600\n0.5\n0.5\n0.5\n0.5\n0.5\n");
        assert!(ran.stderr.contains("1 entries are lost") && !ran.stderr.contains("Traceback"), "{}", ran.stderr);
        let mut refused: Vec<String> = (0..15).map(|n| format!("refused {n}")).collect();
        refused.sort();
        assert_eq!(put_aside(&aside), refused);
        assert_eq!(entries(&db).await, 15 + 1 + 7 + 1);
        server.stop();
        let import = ["import", aside.to_str().expect("text"), "--database", &db.address];
        assert_eq!(binary::run(&db, &import).done(), "15 entries written, 0 stood already, 0 bad\n");
        let mut all = descriptions(&db).await;
        all.dedup();
        assert_eq!(all.len(), 39, "{all:?}");
    }

    async fn what_the_queue_has_no_time_left_for_is_put_aside(db: TestDb) {
        let script = with_queue(
            "daybook = Daybook(url, token, aside=aside)\nfor n in range(1_100):\n    \
             daybook.record('page_visit', 'a', f'{n}')\ndaybook.close(0.1)",
        );
        let aside = db.folder.path().join("aside.ndjson");
        // Nothing listens there.
        let ran = run_python(script, &["http://127.0.0.1:9", "dbk", aside.to_str().expect("text")]).await;
        ran.done();
        let import = ["import", aside.to_str().expect("text"), "--database", &db.address];
        assert_eq!(binary::run(&db, &import).done(), "1100 entries written, 0 stood already, 0 bad\n");
    }

    async fn what_comes_after_the_end_of_the_queue_is_put_aside_for_its_owner_alone(db: TestDb) {
        let ingest = token(&db, "ingest").await;
        let mut server = Server::serve(&db);
        let base = server.base().await;
        let script = with_queue(
            "daybook = Daybook(url, token, aside=aside)\ndaybook.record('page_visit', 'a', 'sent')\ndaybook.close(60)\n\
             daybook.record('page_visit', 'a', 'late')\ndaybook.close()\ndaybook.record('page_visit', 'a', 'later')",
        );
        let aside = db.folder.path().join("aside.ndjson");
        std::fs::write(&aside, "").expect("a file");
        let set = |mode| std::fs::set_permissions(&aside, std::os::unix::fs::PermissionsExt::from_mode(mode));
        set(0o644).expect("a file for everybody");
        let told = [base.as_str(), &ingest, aside.to_str().expect("text")];
        run_python(script, &told).await.done();
        assert_eq!((descriptions(&db).await, put_aside(&aside)), (vec!["sent".into()], vec!["late".into(), "later".into()]));
        let mode = std::os::unix::fs::PermissionsExt::mode(&aside.metadata().expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600);
        // Nobody closes it: Python does when it ends.
        let script = with_queue("daybook = Daybook(url, token, aside=aside)\ndaybook.record('page_visit', 'a', 'at last')");
        run_python(script, &told).await.done();
        assert_eq!(descriptions(&db).await, ["at last", "sent"]);
        server.stop();
    }

    async fn sqlalchemy_writes_into_an_attached_table_and_daybook_reads_it(db: ServerDb) {
        let address = db.another().await;
        application_writes(&address).await;
        binary::run(&db, &["migrate", "--database", &address]).done();
        let attached = TestDb::postgres_at(&address).await;
        let read = token(&attached, "read").await;
        let mut server = Server::serve(&attached);
        let base = server.base().await;
        // It goes on writing while Daybook serves, and the member of before is gone by then.
        application_writes(&address).await;
        let answer = shell(&attached, &snippet("sh read"), &base, &read);
        let body: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let errors = body["entries"].as_array().expect("entries");
        assert_eq!(errors.len(), 2, "{body}");
        for error in errors {
            assert_eq!(error["error_message"], "no answer from the bank");
            assert!(error["error_detail"].as_str().is_some_and(|text| text.starts_with("Traceback")), "{error}");
            assert_eq!((&error["member_id"], &error["extra"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        }
        let ran = Command::new("curl")
            .args(["--silent", "--data-binary", "{}", "-H", "content-type: application/json", "-H"])
            .arg(format!("authorization: Bearer {}", token(&attached, "ingest").await))
            .arg(format!("{base}/api/v1/logs"))
            .output()
            .expect("curl runs");
        let refused = String::from_utf8_lossy(&ran.stdout);
        assert!(refused.contains("attached-read-only") && refused.contains("409"), "{refused}");
        server.stop();
        let mut outside = attached.outside().await;
        assert_eq!(outside.number("SELECT count(*) FROM audit_logs").await, 4);
        assert_eq!(outside.number("SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL").await, 1);
        let ran = binary::run_with(&attached, &["import", "-", "--database", &address], "");
        assert!(ran.failed().contains("attached-read-only"), "{}", ran.stderr);
    }

    async fn what_sqlalchemy_wrote_is_loaded_out_of_either_database(db: TestDb) {
        let application = db.another().await;
        application_writes(&application).await;
        for own in [TestDb::sqlite().await, TestDb::postgres().await] {
            let import = snippet("sh import-from").replace("sqlite://application.db", "\"$FROM\"").replace("sqlite://daybook.db", "\"$INTO\"");
            let mut command = on_path(&import);
            command.env("FROM", &application).env("INTO", &own.address).current_dir(db.folder.path());
            assert_eq!(binary::finish(command, "").done(), "2 entries written, 0 stood already, 0 bad\n");
            let mut outside = own.outside().await;
            let whose = "SELECT m.name FROM audit_logs AS l JOIN members AS m ON m.id = l.member_id";
            assert_eq!(outside.texts(whose).await, ["Hana Lindqvist"]);
            let extra = "SELECT coalesce(CAST(extra AS TEXT), '-') FROM audit_logs ORDER BY 1";
            assert_eq!(outside.texts(extra).await, ["-", "{\"service_type\": \"group_walk\"}"]);
        }
    }

    async fn what_vector_is_told_to_send_is_taken_once(db: TestDb) {
        let ingest = token(&db, "ingest").await;
        let mut server = Server::serve(&db);
        let base = server.base().await;
        let settings = snippet("toml vector").replace("${DAYBOOK}", &base).replace("${TOKEN}", &ingest);
        let settings: toml::Table = settings.parse().expect("TOML");
        let (entries_of, sink) = (&settings["transforms"]["entries"], &settings["sinks"]["daybook"]);
        let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
        let number = |value: &toml::Value| value.as_integer().and_then(|n| usize::try_from(n).ok()).expect("a number");
        let (events, bytes) = (number(&sink["batch"]["max_events"]), number(&sink["batch"]["max_bytes"]));
        let longest = number(&settings["sources"]["application"]["max_line_bytes"]);
        assert!(events <= intake::LINES && bytes < intake::BYTES && longest < intake::BYTES);
        assert_eq!((text(&sink["encoding"]["codec"]), text(&sink["framing"]["method"])), ("json".into(), "newline_delimited".into()));
        assert_eq!((text(&sink["auth"]["strategy"]), text(&sink["compression"])), ("bearer".into(), "none".into()));

        // What fails leaves by a way of its own.
        assert_eq!((&entries_of["drop_on_error"], &entries_of["reroute_dropped"]), (&true.into(), &true.into()));
        assert_eq!(settings["sinks"]["left_out"]["inputs"], toml::Value::from(vec!["entries.dropped"]));
        let bad = ["no JSON", "[1]", "3", "null", "\"x\"", "", "{\"a\":"];
        let good = [
            r#"{"id":"018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11","timestamp":"2026-01-02T03:04:05.678901+01:00","action_type":"a","area":"b","description":"whole"}"#,
            r#"{"id":null,"timestamp":null,"action_type":"a","area":"b","description":"bare","extra":{"z":1.5,"a":[null,"\u00e9"]}}"#,
        ];
        let plain = |n: usize| format!(r#"{{"action_type":"a","area":"b","description":"{n}"}}"#);
        let lines: Vec<String> = good.iter().chain(&bad).map(|line| (*line).to_owned()).chain((2..events).map(plain)).collect();
        let read = remapped(&text(&entries_of["source"]), &lines).await;
        let failed: Vec<&str> = lines.iter().zip(&read).filter(|(_, read)| read.is_none()).map(|(line, _)| line.as_str()).collect();
        assert_eq!(failed, bad);
        let body: String = read.iter().flatten().map(|line| format!("{line}\n")).collect();

        let method = text(&sink["method"]).to_uppercase().parse::<reqwest::Method>().expect("a method");
        for status in [201, 200] {
            let mut request = reqwest::Client::new()
                .request(method.clone(), text(&sink["uri"]))
                .bearer_auth(text(&sink["auth"]["token"]))
                .body(body.clone());
            for (name, value) in sink["request"]["headers"].as_table().expect("headers") {
                request = request.header(name, text(value));
            }
            assert_eq!(request.send().await.expect("an answer").status(), status);
        }
        server.stop();
        let mut exported: Vec<serde_json::Value> = binary::run(&db, &["export", "--database", &db.address])
            .done()
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(exported.len(), events);
        let whole = exported.pop().expect("the oldest");
        assert_eq!((&whole["description"], &whole["id"]), (&"whole".into(), &"018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11".into()));
        assert_eq!(whole["timestamp"], "2026-01-02T02:04:05.678901Z");
        assert!(exported.iter().all(|entry| entry["timestamp"] == "2026-06-18T13:38:05.123456Z"), "{exported:?}");
    }

    async fn files_are_imported_as_the_page_says(db: TestDb) {
        let folder = db.folder.path().to_owned();
        let line = |n: u8| {
            format!(r#"{{"id":"018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e{n:02}","timestamp":"2026-06-18T13:00:00Z","action_type":"a","area":"b","description":"c"}}"#)
        };
        std::fs::write(folder.join("entries.ndjson"), line(1)).expect("written");
        let table = "id,timestamp,action_type,area,description\r\n018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e02,2026-06-18T13:00:00Z,a,b,c\r\nx,,,,\r\n";
        std::fs::write(folder.join("entries.csv"), table).expect("written");
        let (_, old) = db.beside("old.db");
        binary::run_with(&db, &["import", "-", "--database", &old], &line(3)).done();
        let mut command = on_path(&snippet("sh import"));
        command.env("DAYBOOK_DATABASE_URL", &db.address).current_dir(&folder);
        binary::finish(command, "").done();
        wait::until("all three are there", async || (entries(&db).await == 3).then_some(())).await;
        assert!(folder.join("left-out.ndjson").exists());
    }
}
