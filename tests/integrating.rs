//! The snippets of docs/integrating.md, run as they stand there.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use daybook::core::role::Role;

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

/// A Python with httpx: the one that is there, else one made for the tests.
fn python() -> PathBuf {
    let has = |python: &Path| {
        Command::new(python).args(["-c", "import httpx"]).output().is_ok_and(|ran| ran.status.success())
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
    run(Command::new(own.join("bin/pip")).args(["install", "--quiet", "httpx==0.28.1"]));
    own.join("bin/python")
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
        let python = tokio::task::spawn_blocking(python).await.expect("a Python");
        // An address at which nothing listens yet.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let script = format!(
            "{}\nimport sys\nurl, token = sys.argv[1:]\n{}\n",
            snippet("python"),
            snippet("python example").replace("daybook.close()", "daybook.record('x' * 65, 'a', 'is refused')\nfor n in range(40):\n    daybook.record('page_visit', 'a', f'{n}')\ndaybook.close(60)")
        );
        let mut command = Command::new(python);
        command.args(["-c", &script, &format!("http://127.0.0.1:{port}"), &ingest]);
        let program = tokio::task::spawn_blocking(move || binary::finish(command, ""));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let listen = format!("127.0.0.1:{port}");
        let mut server = Server::start(daybook(&db, &["serve", "--database", &db.address, "--listen", &listen]));
        server.base().await;
        let ran = program.await.expect("ended");
        ran.done();
        assert!(ran.stderr.contains("cannot be reached") && ran.stderr.contains("refuses entries"), "{}", ran.stderr);
        assert_eq!(entries(&db).await, 41);
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
        let path = format!("{}:{}", Path::new(env!("CARGO_BIN_EXE_daybook")).parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &snippet("sh import")]).env("PATH", path).env("DAYBOOK_DATABASE_URL", &db.address);
        command.current_dir(&folder);
        binary::finish(command, "").done();
        wait::until("all three are there", async || (entries(&db).await == 3).then_some(())).await;
        assert!(folder.join("left-out.ndjson").exists());
    }
}
