//! `daybook import --from` an application's SQLite file, whatever SQLite knows its rows by and however long they are.

use std::path::Path;

use crate::{
    database_test,
    support::{
        Outside,
        binary::{self, Server, daybook},
    },
};

/// A file that an application wrote.
async fn written(file: &Path, statements: &str) -> Outside {
    std::fs::write(file, "").expect("an empty file, which is an empty database");
    let mut application = Outside::open(file).await;
    application.run(statements).await;
    application
}

/// The most memory that a command had at hand before it ended, in KiB.
fn peak_of(mut command: Server) -> u64 {
    let status = format!("/proc/{}/status", command.id());
    let peak = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB");
        line.parse().ok()
    };
    let mut most = 0;
    // What has ended has no memory any more.
    while let Some(peak) = std::fs::read_to_string(&status).ok().and_then(peak) {
        most = peak;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let ended = command.ended();
    assert!(ended.success(), "{ended}: {:?}", command.stderr());
    most
}

database_test! {
    async fn tables_without_numbered_rows_are_read_by_their_ids(db: TestDb) {
        let (file, address) = db.beside("application.db");
        // More of each type than one question brings.
        drop(written(&file, "
            CREATE TABLE members (ID CHAR(32) NOT NULL PRIMARY KEY, email, name) WITHOUT ROWID;
            INSERT INTO members VALUES ('018f2b6e00007c199f3e5b0d7c2a9e11', 'hana@example.org', 'Hana');
            CREATE TABLE bookings (id CHAR(32) NOT NULL PRIMARY KEY, member_id, service_type) WITHOUT ROWID;
            INSERT INTO bookings VALUES ('018f2b6e11117c199f3e5b0d7c2a9e11', '018f2b6e00007c199f3e5b0d7c2a9e11', 'walk');
            CREATE TABLE audit_logs (id PRIMARY KEY, timestamp, action_type, area, description) WITHOUT ROWID;
            WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6000)
            INSERT INTO audit_logs SELECT printf('%032x', n), '2026-06-18 13:00:00', 'login', 'a', 'Text' FROM n
            UNION ALL SELECT unhex(printf('%032x', 10000 + n)), '2026-06-18 13:00:00', 'login', 'a', 'Bytes' FROM n;
            INSERT INTO audit_logs VALUES (7, '2026-06-18 13:00:00', 'login', 'a', 'A number'),
                (-7, '2026-06-18 13:00:00', 'login', 'a', 'A number'),
                (CAST(X'61ff' AS TEXT), '2026-06-18 13:00:00', 'login', 'a', 'No text'), ('', '2026-06-18 13:00:00', 'login', 'a', 'Empty');
        ").await);
        let own = db.another().await;
        let import = ["import", "--from", &address, "--skip-bad", "--database", &own];
        assert_eq!(binary::run(&db, &import).done(), "12000 entries written, 0 stood already, 4 bad\n");
        assert_eq!(binary::run(&db, &import).done(), "0 entries written, 12000 stood already, 4 bad\n");
        let whose = "SELECT service_type || ' ' || name FROM bookings JOIN members ON members.id = member_id";
        assert_eq!(Outside::at(&own).await.texts(whose).await, ["walk Hana"]);
    }

    async fn what_cannot_be_read_step_by_step_is_said_with_what_to_do(db: TestDb) {
        let rows = "SELECT '018f2b6e41aa7c199f3e5b0d7c2a9e11' AS id, '2026-06-18 13:00:00' AS timestamp, 'login' AS action_type,
                    'a' AS area, 'd' AS description";
        let table = "CREATE TABLE audit_logs (id, timestamp, action_type, area, description, PRIMARY KEY (timestamp, id)) WITHOUT ROWID";
        for (name, statements, why) in [
            ("view.db", format!("CREATE VIEW audit_logs AS {rows}"), "is a view"),
            ("two.db", format!("{table}; INSERT INTO audit_logs {rows}"), "WITHOUT ROWID"),
        ] {
            let (file, address) = db.beside(name);
            drop(written(&file, &statements).await);
            let own = db.another().await;
            let ran = binary::run(&db, &["import", "--from", &address, "--database", &own]);
            let said = ran.failed();
            assert!(said.contains(why), "{said}");
            // As it says.
            let (_, copy) = said.split_once("sqlite3 COPY.db \"").expect("what to do");
            let (copied, from) = db.beside(&format!("copy-{name}"));
            drop(written(&copied, &copy.trim_end_matches('"').replace("FILE", &file.display().to_string())).await);
            let ran = binary::run(&db, &["import", "--from", &from, "--database", &own]);
            assert_eq!(ran.done(), "1 entries written, 0 stood already, 0 bad\n");
        }
        // A column of that name is no number of a row.
        let (file, address) = db.beside("named.db");
        drop(written(&file, &format!("CREATE TABLE audit_logs AS {rows}, 'x' AS rowid")).await);
        let ran = binary::run(&db, &["import", "--from", &address, "--database", &db.address]);
        assert_eq!(ran.done(), "1 entries written, 0 stood already, 0 bad\n");
    }

    async fn however_long_rows_are_only_some_of_them_are_at_hand_at_once(db: TestDb) {
        let (file, address) = db.beside("long.db");
        // They are bad, so that reading them is all that is measured.
        let statements = "
            CREATE TABLE audit_logs (id, timestamp, action_type, area, description, error_detail);
            WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200)
            INSERT INTO audit_logs SELECT n, '2026-06-18 13:00:00', 'error', 'a', 'd', hex(zeroblob(500000)) FROM n";
        drop(written(&file, statements).await);
        let import = ["import", "--from", &address, "--skip-bad", "--bad", "/dev/null", "--database", &db.address];
        let peak = peak_of(Server::start(daybook(&db, &import)));
        assert!((1..150 * 1024).contains(&peak), "{peak} KiB");
    }
}
