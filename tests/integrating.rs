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

/// A Python with what the snippets import: the one that is there, else one made for the tests.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let has = |python: &Path| {
            let ran = Command::new(python).args(["-c", "import httpx, sqlalchemy, psycopg"]).output();
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
        let packages = ["httpx==0.28.1", "sqlalchemy==2.0.44", "psycopg[binary]==3.3.9"];
        run(Command::new(own.join("bin/pip")).args(["install", "--quiet"]).args(packages));
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
        tokio::task::spawn_blocking(python).await.expect("a Python");
        // An address at which nothing listens yet.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let script = format!(
            "{}\nimport sys\nurl, token = sys.argv[1:]\n{}\n",
            snippet("python"),
            snippet("python example").replace("daybook.close()", "daybook.record('x' * 65, 'a', 'is refused')\nfor n in range(40):\n    daybook.record('page_visit', 'a', f'{n}')\ndaybook.close(60)")
        );
        let url = format!("http://127.0.0.1:{port}");
        let serve = async {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let listen = format!("127.0.0.1:{port}");
            let mut server = Server::start(daybook(&db, &["serve", "--database", &db.address, "--listen", &listen]));
            server.base().await;
            server
        };
        let told = [url.as_str(), ingest.as_str()];
        let (ran, mut server) = tokio::join!(run_python(script, &told), serve);
        ran.done();
        assert!(ran.stderr.contains("cannot be reached") && ran.stderr.contains("refuses entries"), "{}", ran.stderr);
        assert_eq!(entries(&db).await, 41);
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
        let sink = &settings["sinks"]["daybook"];
        let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
        let number = |name: &str| sink["batch"][name].as_integer().and_then(|n| usize::try_from(n).ok()).expect("a number");
        assert!(number("max_events") <= intake::LINES && number("max_bytes") < intake::BYTES);
        assert_eq!((text(&sink["encoding"]["codec"]), text(&sink["framing"]["method"])), ("json".into(), "newline_delimited".into()));
        assert_eq!((text(&sink["auth"]["strategy"]), text(&sink["compression"])), ("bearer".into(), "none".into()));
        let method = text(&sink["method"]).to_uppercase().parse::<reqwest::Method>().expect("a method");
        let lines: String = (0..number("max_events"))
            .map(|n| format!("{{\"id\":\"{}\",\"action_type\":\"a\",\"area\":\"b\",\"description\":\"{n}\"}}\n", uuid::Uuid::from_u128(n as u128 + 1)))
            .collect();
        for status in [201, 200] {
            let mut request = reqwest::Client::new()
                .request(method.clone(), text(&sink["uri"]))
                .bearer_auth(text(&sink["auth"]["token"]))
                .body(lines.clone());
            for (name, value) in sink["request"]["headers"].as_table().expect("headers") {
                request = request.header(name, text(value));
            }
            assert_eq!(request.send().await.expect("an answer").status(), status);
        }
        assert_eq!(entries(&db).await, 500);
        server.stop();
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
