//! `daybook import`: what was exported comes back byte for byte, twice is once, and bad rows are named and left out.

use std::{io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use daybook::logs::log::NewLog;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Places, TestDb,
        application::attached,
        binary::{self, Server, daybook},
        crowd::Crowd,
        outside::Outside,
        sample, wait,
    },
};

fn run(db: &TestDb, arguments: &[&str]) -> binary::Ran {
    binary::run(db, arguments)
}

fn export(db: &TestDb, address: &str, format: &str) -> String {
    run(db, &["export", "--format", format, "--database", address]).done().to_owned()
}

fn write(file: &Path, text: &str) -> String {
    std::fs::write(file, text).expect("written");
    file.display().to_string()
}

fn line(id: Uuid, changes: &Value) -> String {
    let mut entry =
        json!({"id": id, "timestamp": "2026-06-18T13:00:00Z", "action_type": "login", "area": "a", "description": "d"});
    entry.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    entry.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_s_own_tables_are_taken_over_as_daybook_reads_them() {
    for change in [
        "",
        "ALTER TABLE audit_logs ALTER timestamp TYPE timestamp USING timestamp AT TIME ZONE 'UTC', \
         ALTER ip_address TYPE inet USING split_part(ip_address, ',', 1)::inet, ALTER extra TYPE jsonb, DROP COLUMN user_agent",
    ] {
        let (db, mut application) = attached(change, &[]).await;
        let before = application.contents().await;
        let read = export(&db, &db.address, "ndjson");
        for own in [TestDb::sqlite().await, TestDb::postgres().await] {
            let import = ["import", "--from", &db.address, "--database", &own.address];
            assert_eq!(run(&db, &import).done(), "6 entries written, 0 stood already, 0 bad\n", "{change}");
            assert_eq!(run(&db, &import).done(), "0 entries written, 6 stood already, 0 bad\n", "{change}");
            assert_eq!(export(&db, &own.address, "ndjson"), read, "{change}");
            let people = "SELECT email || coalesce(name, '-') FROM members ORDER BY 1";
            assert_eq!(own.outside().await.texts(people).await, application.texts(people).await);
            let booked = "SELECT service_type FROM bookings";
            assert_eq!(own.outside().await.texts(booked).await, application.texts(booked).await);
        }
        assert_eq!(application.contents().await["audit_logs"], before["audit_logs"]);
    }
}

database_test! {
    async fn what_was_exported_comes_back_byte_for_byte(db: TestDb) {
        Places::write(&db).await;
        Crowd::new().write(&db).await;
        let odd = |extra: &str, text: &str| NewLog {
            extra: Some(extra.to_owned()),
            error_detail: Some(text.to_owned()),
            ..sample::error(sample::minutes_ago(7))
        };
        db.write(vec![
            odd("{ \"z\" : 1.0, \"a\":12345678901234567890.10, \"a\":1e400000 }", "\r\n\t\u{7f}\u{2028}"),
            odd(&format!("{}{}", "[".repeat(1_000), "]".repeat(1_000)), "\"\\"),
            odd("{\n \"a\": 1\n}", "é\u{301}🐕"),
        ]).await;
        let again = db.another().await;
        let first = export(&db, &db.address, "ndjson");
        let file = write(&db.beside("first.ndjson").0, &first);
        let done = run(&db, &["import", &file, "--database", &again]).done().to_owned();
        let n = first.lines().count();
        assert_eq!(done, format!("{n} entries written, 0 stood already, 0 bad\n"));
        assert!(export(&db, &again, "ndjson") == first, "the files differ");
        // Twice is once, from standard input too.
        let twice = binary::run_with(&db, &["import", "-", "--database", &again], &first);
        assert_eq!(twice.done(), format!("0 entries written, {n} stood already, 0 bad\n"));
        assert!(export(&db, &again, "ndjson") == first);
        let loaded = Outside::at(&again).await.totals().await;
        assert_eq!(usize::try_from(loaded).expect("a count"), n);
        assert!(run(&db, &["check", "--database", &again]).done().contains("complete"));
        // A database of Daybook's own is taken over in one go too, and people come along.
        let third = db.another().await;
        assert_eq!(run(&db, &["import", "--from", &db.address, "--database", &third]).done(), done);
        assert!(export(&db, &third, "ndjson") == first);
        let people = "SELECT coalesce(name, '-') || coalesce(email, '-') FROM members ORDER BY 1";
        assert_eq!(Outside::at(&third).await.texts(people).await, db.outside().await.texts(people).await);
    }

    async fn a_table_comes_back_as_the_same_table(db: TestDb) {
        Places::write(&db).await;
        let texts = ["=1+1", "'=1", "a,b", "\"", "two\r\nlines", "-", "@x", "'", "\tx"];
        let odd = |text: &&str| NewLog { description: (*text).to_owned(), ..sample::log(sample::minutes_ago(7)) };
        db.write(texts.iter().map(odd).collect()).await;
        let again = db.another().await;
        let first = export(&db, &db.address, "csv");
        let file = write(&db.beside("first.csv").0, &first);
        assert!(run(&db, &["import", &file, "--database", &again]).done().ends_with("0 bad\n"));
        // A text that began with the sign of a guard and a formula's is the one that changes: '=1 reads as =1.
        assert_eq!(export(&db, &again, "csv"), first);
    }

    async fn bad_rows_are_left_out_named_and_kept(db: TestDb) {
        let (good, other) = (Uuid::new_v4(), Uuid::new_v4());
        let text = [
            line(good, &json!({})),
            "{".to_owned(),
            line(Uuid::new_v4(), &json!({"area": null, "nope": 1})),
            json!({"action_type": "a", "area": "b", "description": "c"}).to_string(),
            String::new(),
            line(good, &json!({"area": "elsewhere"})),
            line(other, &json!({"member_id": Uuid::new_v4()})),
            line(good, &json!({})),
        ]
        .join("\n");
        let file = write(&db.beside("mixed.ndjson").0, &text);
        let (bad, _) = db.beside("bad.ndjson");
        let bad_name = bad.display().to_string();
        let import = ["import", &file, "--bad", &bad_name, "--database", &db.address];
        let ran = run(&db, &import);
        assert!(!ran.status.success());
        assert_eq!(ran.stdout, "2 entries written, 1 stood already, 4 bad\n");
        assert!(ran.stderr.contains(&bad_name) && ran.stderr.contains("--skip-bad"), "{}", ran.stderr);
        let kept = std::fs::read_to_string(&bad).expect("bad rows");
        let rows: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let said = |row: &Value| {
            let fields: Vec<_> = row["errors"].as_array().expect("errors").iter().map(|error| error["field"].as_str().unwrap_or("-").to_owned()).collect();
            (row["line"].as_u64().expect("a line"), fields.join(" "))
        };
        let mut all: Vec<_> = rows.iter().map(said).collect();
        all.sort();
        assert_eq!(all, [(2, "-"), (3, "area nope"), (4, "id timestamp"), (6, "area")].map(|(at, what)| (at, what.to_owned())));
        assert!(rows.iter().any(|row| row["row"] == "{"));
        // Once more, content with that.
        let ran = run(&db, &[&import[..], &["--skip-bad"]].concat());
        assert_eq!(ran.done(), "0 entries written, 3 stood already, 4 bad\n");
        let recorded = "SELECT kind || ' ' || subject || ': ' || detail FROM daybook_staff_log ORDER BY seq LIMIT 1";
        assert_eq!(db.outside().await.texts(recorded).await, ["imported mixed.ndjson: 2 new, 1 stood already, 4 bad"]);
    }

    async fn a_load_that_was_killed_is_begun_again(db: TestDb) {
        let text: String = (0..60_000).map(|n| line(Uuid::from_u128(n), &json!({})) + "\n").collect();
        let file = write(&db.beside("many.ndjson").0, &text);
        let import = ["import", &file, "--database", &db.address];
        let mut server = Server::start(daybook(&db, &import));
        wait::until("some are written", async || {
            (db.outside().await.number("SELECT count(*) FROM audit_logs").await > 0).then_some(())
        })
        .await;
        server.signal("KILL");
        server.ended();
        let ran = run(&db, &import);
        let done = ran.done();
        assert!(done.contains(" stood already, 0 bad") && !done.starts_with("60000 "), "{done}");
        let mut outside = db.outside().await;
        assert_eq!(outside.number("SELECT count(*) FROM audit_logs").await, 60_000);
        assert_eq!(outside.totals().await, 60_000);
        if matches!(outside, Outside::Sqlite(_)) {
            assert_eq!(outside.number("SELECT count(*) FROM daybook_deferred_indexes").await, 0);
        }
    }

    async fn what_cannot_be_read_is_said_in_a_line(db: TestDb) {
        let folder = db.folder.path().display().to_string();
        let table = write(&db.beside("table.csv").0, "id,nope\r\n1,2\r\n");
        let none = db.beside("none.db").1;
        for (arguments, said) in [
            (&["import"][..], "<FILE>"),
            (&["import", "nowhere.ndjson"], "cannot be read"),
            (&["import", &folder], "folder"),
            (&["import", &table], "is no column"),
            (&["import", "x", "--from", "sqlite://y.db"], "--from"),
            (&["import", "--from", &none], "no database"),
        ] {
            let ran = run(&db, &[arguments, &["--database", &db.address]].concat());
            assert!(ran.failed().contains(said), "{arguments:?}: {}", ran.stderr);
        }
    }

    async fn a_file_that_sqlalchemy_wrote_is_loaded_and_not_served(db: TestDb) {
        let (file, address) = db.beside("application.db");
        std::fs::write(&file, "").expect("an empty file, which is an empty database");
        let mut application = Outside::open(&file).await;
        application.run(APPLICATION).await;
        let own = db.another().await;
        let refused = run(&db, &["serve", "--listen", "127.0.0.1:0", "--database", &address]);
        assert!(refused.failed().contains("daybook import --from"), "{}", refused.stderr);
        let before = application.contents().await;
        let ran = run(&db, &["import", "--from", &address, "--database", &own]);
        assert!(!ran.status.success());
        assert_eq!(ran.stdout, "3 entries written, 0 stood already, 1 bad\n");
        assert_eq!(application.contents().await, before);
        let lines: Vec<Value> =
            export(&db, &own, "ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["timestamp"], "2026-06-18T13:38:05.000120Z");
        assert_eq!(lines[0]["id"], "018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11");
        assert_eq!(lines[0]["member_id"], "018f2b6e-0000-7c19-9f3e-5b0d7c2a9e11");
        assert_eq!(lines[0]["extra"], json!({"service_type": "walk"}));
        assert_eq!(lines[1]["timestamp"], "2026-06-18T13:00:00.000000Z");
        // Python's None, and a number that the column's affinity took for one.
        assert_eq!((&lines[1]["extra"], &lines[2]["extra"]), (&Value::Null, &json!(12)));
        let mut loaded = Outside::at(&own).await;
        assert_eq!(loaded.texts("SELECT name || ' ' || email FROM members").await, ["Hana hana@example.org"]);
        assert_eq!(loaded.texts("SELECT service_type FROM bookings").await, ["walk"]);
        let again = run(&db, &["import", "--from", &address, "--skip-bad", "--database", &own]);
        assert_eq!(again.done(), "0 entries written, 3 stood already, 1 bad\n");
    }
}

database_test! {
    async fn every_row_of_an_application_s_file_is_met_whatever_its_id_is(db: TestDb) {
        let (file, address) = db.beside("odd.db");
        std::fs::write(&file, "").expect("an empty file, which is an empty database");
        Outside::open(&file).await.run(ODD_IDS).await;
        let own = db.another().await;
        let ran = run(&db, &["import", "--from", &address, "--skip-bad", "--database", &own]);
        // None, an empty one and a number are no ids, and what is no UTF-8 is no text: they are said to be bad.
        assert_eq!(ran.done(), "3 entries written, 0 stood already, 5 bad\n");
        let told = "SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL";
        assert_eq!(Outside::at(&own).await.number(told).await, 1, "the sixteen bytes of an id are the id");
        assert_eq!(
            Outside::at(&own).await.texts("SELECT name FROM members ORDER BY 1").await,
            ["Sixteen bytes", "\u{fffd}\u{fffd}"]
        );
        let bad = std::fs::read_to_string(db.folder.path().join("import-bad.ndjson")).expect("the bad rows");
        let last: Value = serde_json::from_str(bad.lines().last().expect("a row")).expect("JSON");
        assert_eq!(
            last["errors"],
            json!([{"field": "area", "reason": "is not UTF-8"}, {"field": "error_detail", "reason": "is not UTF-8"}])
        );
    }

    async fn who_was_deleted_at_the_source_since_is_no_conflict(db: TestDb) {
        let (file, address) = db.beside("application.db");
        std::fs::write(&file, "").expect("an empty file, which is an empty database");
        let mut application = Outside::open(&file).await;
        application.run(APPLICATION).await;
        let own = db.another().await;
        let import = ["import", "--from", &address, "--skip-bad", "--database", &own];
        assert_eq!(run(&db, &import).done(), "3 entries written, 0 stood already, 1 bad\n");
        application.run("UPDATE audit_logs SET member_id = NULL, booking_id = NULL; DELETE FROM members").await;
        assert_eq!(run(&db, &import).done(), "0 entries written, 3 stood already, 1 bad\n");
        let kept = "SELECT count(*) FROM audit_logs WHERE member_id IS NOT NULL";
        assert_eq!(Outside::at(&own).await.number(kept).await, 1);
    }

    async fn a_table_whose_quote_is_never_closed_is_read_within_bounds(db: TestDb) {
        let (file, _) = db.beside("open.csv");
        let head = "id,timestamp,action_type,area,description\r\n";
        let good = "018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11,2026-06-18T13:00:00Z,login,a,d\r\n";
        let mut out = std::fs::File::create(&file).expect("a file");
        out.write_all(format!("{head}{good}018f2b6e-41ab-7c19-9f3e-5b0d7c2a9e11,\"").as_bytes()).expect("written");
        for _ in 0..80 {
            out.write_all(&vec![b'x'; 1024 * 1024]).expect("written");
        }
        let ran = run(&db, &["import", &file.display().to_string(), "--database", &db.address]);
        assert!(ran.failed().contains("line 3") && ran.stderr.contains("quote"), "{}", ran.stderr);
    }

    async fn a_quote_that_is_never_closed_swallows_no_row_in_silence(db: TestDb) {
        let head = "id,timestamp,action_type,area,description,error_detail";
        let row = |n: u128, detail: &str| format!("{},2026-06-18T13:00:00Z,login,a,d,{detail}", Uuid::from_u128(n));
        for end in ["\n", "\r\n"] {
            let rows = [head.to_owned(), row(1, "x"), row(2, "\"tb"), row(3, "y"), row(4, "z")];
            let file = write(&db.beside("open.csv").0, &rows.join(end));
            let bad = db.beside("open-bad.ndjson").0;
            let ran = run(&db, &["import", &file, "--bad", &bad.display().to_string(), "--database", &db.address]);
            assert!(ran.failed().contains("1 row is bad") && ran.stdout.ends_with("1 bad\n"), "{}", ran.stdout);
            let kept = std::fs::read_to_string(&bad).expect("bad rows");
            let kept: Value = serde_json::from_str(kept.trim()).expect("one row");
            assert_eq!(kept["line"], 3, "{kept}");
            let text = kept["row"].as_str().expect("a row");
            assert!(text.ends_with(",z") && text.contains("\"tb"), "{text}");
        }
        let empty = write(&db.beside("empty.csv").0, "");
        assert!(run(&db, &["import", &empty, "--database", &db.address]).done().starts_with("0 entries"));
    }

    async fn a_line_may_be_so_long_and_no_longer(db: TestDb) {
        let (first, second) = (line(Uuid::from_u128(1), &json!({"error_detail": ""})), line(Uuid::from_u128(2), &json!({})));
        for over in [0, 1] {
            let long = "x".repeat(64 * 1024 * 1024 - first.len() + over);
            let long = first.replace("\"error_detail\":\"\"", &format!("\"error_detail\":\"{long}\""));
            let file = write(&db.beside("long.ndjson").0, &format!("{long}\n{second}\n"));
            let ran = run(&db, &["import", &file, "--skip-bad", "--database", &db.address]);
            let said = ["2 entries written, 0 stood already, 0 bad\n", "0 entries written, 1 stood already, 1 bad\n"];
            assert_eq!(ran.done(), said[over]);
        }
    }

    async fn bad_rows_never_take_the_place_of_what_a_load_needs(db: TestDb) {
        let (source, from) = db.beside("application.db");
        std::fs::write(&source, "").expect("an empty file, which is an empty database");
        Outside::open(&source).await.run(APPLICATION).await;
        let bad = source.display().to_string();
        let ran = run(&db, &["import", "--from", &from, "--bad", &bad, "--database", &db.address]);
        assert!(ran.failed().contains("--bad"), "{}", ran.stderr);
        // Nor of one that is yet to be made, nor of what SQLite keeps beside it.
        let (file, address) = db.beside("new.db");
        for bad in [file.display().to_string(), format!("{}-wal", file.display())] {
            let ran = run(&db, &["import", "--from", &from, "--bad", &bad, "--database", &address]);
            assert!(ran.failed().contains("--bad"), "{}", ran.stderr);
        }
        // Whoever could read the file of another run cannot read this one's.
        let (kept, _) = db.beside("kept.ndjson");
        std::fs::write(&kept, "old").expect("written");
        run(&db, &["import", "--from", &from, "--bad", &kept.display().to_string(), "--database", &db.address]);
        let mode = std::fs::metadata(&kept).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Ids of every kind that SQLite lets stand in a column.
const ODD_IDS: &str = "
CREATE TABLE members (id, email, name);
INSERT INTO members VALUES (NULL, 'nobody@example.org', 'No id'), (12, 'number@example.org', 'Odd'),
    (X'018f2b6e41aa7c199f3e5b0d7c2a9e33', 'bytes@example.org', 'Sixteen bytes'),
    ('018f2b6e41aa7c199f3e5b0d7c2a9e34', 'odd@example.org', CAST(X'fffe' AS TEXT));
CREATE TABLE audit_logs (id, timestamp, action_type, area, description, member_id, error_detail);
INSERT INTO audit_logs (id, timestamp, action_type, area, description) VALUES
    ('018f2b6e41aa7c199f3e5b0d7c2a9e11', '2026-06-18 13:00:00', 'login', 'a', 'Text'),
    (CAST('018f2b6e41ab7c199f3e5b0d7c2a9e11' AS BLOB), '2026-06-18 13:00:00', 'login', 'a', 'Text as a blob'),
    (NULL, '2026-06-18 13:00:00', 'login', 'a', 'None'),
    ('', '2026-06-18 13:00:00', 'login', 'a', 'Empty'),
    (12, '2026-06-18 13:00:00', 'login', 'a', 'A number');
INSERT INTO audit_logs VALUES
    (X'018f2b6e41ac7c199f3e5b0d7c2a9e11', '2026-06-18 13:00:00', 'login', 'a', 'Bytes', X'018f2b6e41aa7c199f3e5b0d7c2a9e33', NULL),
    (CAST('sixteen letters.' AS TEXT), '2026-06-18 13:00:00', 'login', 'a', 'No id', NULL, NULL),
    ('018f2b6e41ad7c199f3e5b0d7c2a9e11', '2026-06-18 13:00:00', 'login', CAST(X'61ff' AS TEXT), 'Latin-1', NULL, CAST(X'ff' AS TEXT));
";

/// What SQLAlchemy's `create_all` and a few of its inserts leave behind.
const APPLICATION: &str = "
CREATE TABLE members (id CHAR(32) NOT NULL, email VARCHAR(255) NOT NULL, name VARCHAR(120), PRIMARY KEY (id));
CREATE TABLE bookings (id CHAR(32) NOT NULL, member_id CHAR(32), service_type VARCHAR(64), PRIMARY KEY (id),
    FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE SET NULL);
CREATE TABLE audit_logs (
    timestamp DATETIME DEFAULT (CURRENT_TIMESTAMP) NOT NULL, member_id CHAR(32), member_email VARCHAR(255),
    action_type VARCHAR(64) NOT NULL, area VARCHAR(255) NOT NULL, description VARCHAR(500) NOT NULL,
    status VARCHAR(16) NOT NULL, booking_id CHAR(32), error_message TEXT, error_detail TEXT,
    ip_address VARCHAR(64), user_agent VARCHAR(512), extra JSON, id CHAR(32) NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE SET NULL,
    FOREIGN KEY(booking_id) REFERENCES bookings (id) ON DELETE SET NULL);
CREATE INDEX ix_audit_logs_timestamp ON audit_logs (timestamp);
CREATE INDEX ix_audit_logs_member_id ON audit_logs (member_id);
CREATE INDEX ix_audit_logs_action_type ON audit_logs (action_type);
CREATE INDEX ix_audit_logs_status ON audit_logs (status);
INSERT INTO members VALUES ('018f2b6e00007c199f3e5b0d7c2a9e11', 'hana@example.org', 'Hana');
INSERT INTO bookings VALUES ('018f2b6e11117c199f3e5b0d7c2a9e11', '018f2b6e00007c199f3e5b0d7c2a9e11', 'walk');
INSERT INTO audit_logs (id, timestamp, member_id, member_email, action_type, area, description, status, booking_id, extra) VALUES
    ('018f2b6e41aa7c199f3e5b0d7c2a9e11', '2026-06-18 13:38:05.000120', '018f2b6e00007c199f3e5b0d7c2a9e11', 'hana@example.org',
     'booking_created', 'members/bookings', 'Booked', 'success', '018f2b6e11117c199f3e5b0d7c2a9e11', '{\"service_type\": \"walk\"}'),
    ('018f2b6e41ab7c199f3e5b0d7c2a9e11', '2026-06-18 13:00:00', NULL, NULL, 'page_visit', 'public', 'Opened', 'success', NULL, 'null'),
    ('018f2b6e41ac7c199f3e5b0d7c2a9e11', '2026-06-18 12:00:00.5', NULL, NULL, 'page_visit', 'public', 'Opened', 'success', NULL, '12'),
    ('018f2b6e41ad7c199f3e5b0d7c2a9e11', 'yesterday', NULL, NULL, 'page_visit', 'public', 'Opened', 'success', NULL, NULL);
";
