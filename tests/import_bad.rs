//! The file of bad rows of `daybook import`: whole or as it was before, whatever becomes of the load.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        binary::{self, daybook},
        wait,
    },
};

fn good(id: u128) -> String {
    let id = Uuid::from_u128(id);
    format!(r#"{{"id":"{id}","timestamp":"2026-06-18T13:00:00Z","action_type":"login","area":"a","description":"d"}}"#)
}

fn name(file: &Path) -> &str {
    file.to_str().expect("text")
}

/// What commands leave beside their files until those are whole.
fn begun(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.starts_with('.')).collect()
}

database_test! {
    async fn bad_rows_may_be_loaded_out_of_the_file_they_go_to(db: TestDb) {
        let (bad, _) = db.beside("bad.ndjson");
        // More than one transaction takes, so that the first of them are written before the last are read.
        let rows: String = (0..7_000).map(|n| format!("{{\"row\": {n}}}\n")).collect();
        std::fs::write(&bad, rows).expect("written");
        let mut import = Command::new("bash");
        let load = "exec \"$0\" import - --skip-bad --bad \"$1\" --database \"$2\" < \"$1\"";
        import.args(["-c", load, env!("CARGO_BIN_EXE_daybook"), name(&bad), &db.address]);
        // Ended where it does not end by itself: it could read what it writes.
        let ran = binary::finish(import, "");
        assert_eq!(ran.done(), "0 entries written, 0 stood already, 7000 bad\n");
        let kept = std::fs::read_to_string(&bad).expect("bad rows");
        let rows: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((rows.len(), &rows[6_999]["row"]), (7_000, &Value::from("{\"row\": 6999}")));
        assert_eq!(begun(db.folder.path()), [""; 0]);
    }

    async fn of_a_load_that_is_killed_or_fails_the_file_of_another_run_is_left_as_it_is(db: TestDb) {
        let (bad, _) = db.beside("bad.ndjson");
        std::fs::write(&bad, "of another run\n").expect("written");
        let arguments = ["import", "-", "--bad", name(&bad), "--database", &db.address];
        let mut import: Command = daybook(&db, &arguments);
        import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut load = import.spawn().expect("it runs");
        let mut rows = load.stdin.take().expect("a pipe");
        // A whole transaction, whose bad rows are kept before its good one stands.
        rows.write_all(format!("{}\n{}", "{\n".repeat(4_999), good(1)).as_bytes()).expect("written");
        rows.write_all(b"\n").expect("written");
        wait::until("the good row stands", async || {
            let mut outside = db.outside().await;
            (outside.number("SELECT count(*) FROM audit_logs").await == 1).then_some(())
        })
        .await;
        load.kill().expect("killed");
        load.wait().expect("ended");
        assert_eq!(std::fs::read_to_string(&bad).expect("a file"), "of another run\n");
        assert_eq!(begun(db.folder.path()), [""; 0]);
        // One that cannot be read to its end.
        let (table, _) = db.beside("open.csv");
        let mut out = File::create(&table).expect("a file");
        out.write_all(b"id,timestamp,action_type,area,description\nx,,,,\n\"").expect("written");
        for _ in 0..65 {
            out.write_all(&vec![b'x'; 1024 * 1024]).expect("written");
        }
        let import = ["import", name(&table), "--bad", name(&bad), "--database", &db.address];
        assert!(binary::run(&db, &import).failed().contains("quote"));
        let recorded = "SELECT detail FROM daybook_staff_log ORDER BY seq DESC LIMIT 1";
        assert_eq!(db.outside().await.texts(recorded).await, ["0 new, 0 stood already, 1 bad, broken off"]);
        assert_eq!(std::fs::read_to_string(&bad).expect("a file"), "of another run\n");
        assert_eq!(begun(db.folder.path()), [""; 0]);
    }

    async fn what_is_no_file_is_added_to_and_a_link_leads_to_the_file_that_is_meant(db: TestDb) {
        let import = |bad: &str| ["import", "-", "--bad", bad, "--database", &db.address].map(str::to_owned);
        let row = |text: &str| {
            let line = text.lines().find(|line| line.starts_with('{')).expect("a row");
            serde_json::from_str::<Value>(line).expect("JSON")["row"].clone()
        };
        let run = |bad: &str| {
            let arguments = import(bad);
            binary::run_with(&db, &arguments.each_ref().map(String::as_str), "[")
        };
        assert_eq!(row(&run("/dev/stderr").stderr), "[");
        // Standard error that goes to a file is still what the messages go to.
        let (log, _) = db.beside("messages.log");
        let arguments = import("/dev/stderr");
        let mut load = daybook(&db, &arguments.each_ref().map(String::as_str));
        load.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(File::create(&log).expect("a file"));
        let mut load = load.spawn().expect("it runs");
        load.stdin.take().expect("a pipe").write_all(b"[").expect("written");
        assert!(!load.wait().expect("ended").success());
        let said = std::fs::read_to_string(&log).expect("messages");
        assert_eq!(row(&said), "[");
        assert!(said.contains("daybook: 1 row is bad"), "{said}");

        let (file, link) = (db.beside("meant.ndjson").0, db.beside("link.ndjson").0);
        std::fs::write(&file, "old\n").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        run(name(&link));
        assert!(link.is_symlink());
        assert_eq!(row(&std::fs::read_to_string(&file).expect("bad rows")), "[");
    }
}
