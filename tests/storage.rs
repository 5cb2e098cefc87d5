//! What the database itself holds to: an entry never changes and never goes, references empty only when what they point
//! to is gone, lengths and types; and how its schema is brought up to date, or refused.

use daybook::{
    db::{Db, Sql, migrate},
    logs::{
        log::NewLog,
        write::{self, Batch, Written},
    },
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{TestDb, sample},
};

/// SQL that a test puts together.
fn sql(text: impl Into<String>) -> Sql {
    Sql::new(text.into().leak())
}

fn blob(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}

/// Tries a statement on the writer, where nothing but the database can refuse it; why it did.
async fn refused(db: &TestDb, text: impl Into<String>) -> String {
    let text = text.into();
    let mut tx = db.db.write().await.expect("a transaction");
    match tx.execute(sql(text.clone())).await {
        Ok(rows) => panic!("{text} was not refused and changed {rows} rows"),
        Err(error) => format!("{error:?}"),
    }
}

/// Everything in the log, as text to compare.
async fn dump(db: &TestDb) -> Vec<String> {
    let columns = COLUMNS.map(|column| format!("quote(\"{column}\")")).join(", ");
    let row = sql(format!("SELECT concat_ws('|', {columns}) FROM audit_logs ORDER BY seq"));
    let rows: Vec<(String,)> = db.db.fetch_all(row).await.expect("rows");
    rows.into_iter().map(|(row,)| row).collect()
}

async fn one<T>(db: &Db, text: &'static str) -> T
where
    (T,): daybook::db::FromRow,
{
    db.fetch_optional::<(T,)>(Sql::new(text)).await.expect("an answer").expect("a row").0
}

/// Two members, two bookings, and two entries of the first that have everything.
async fn filled(db: &TestDb) -> Batch {
    let members = vec![sample::member("Hana", "hana@example.org"), sample::member("Jo", "jo@example.org")];
    let bookings = vec![sample::booking(members[0].id), sample::booking(members[1].id)];
    let log = |at: i64| NewLog {
        member_id: Some(members[0].id),
        booking_id: Some(bookings[0].id),
        ..sample::error(sample::minutes_ago(at))
    };
    let batch = Batch { logs: vec![log(1), log(2)], members, bookings };
    db.write_batch(batch.clone()).await;
    batch
}

const COLUMNS: [&str; 16] = [
    "seq",
    "id",
    "timestamp",
    "member_id",
    "member_email",
    "action_type",
    "area",
    "status",
    "description",
    "booking_id",
    "ip_address",
    "ip",
    "user_agent",
    "extra",
    "error_message",
    "error_detail",
];

database_test! {
    async fn an_entry_never_changes(db: FileDb) {
        let batch = filled(&db).await;
        let before = dump(&db).await;
        let other = (blob(batch.members[1].id), blob(batch.bookings[1].id));
        for column in COLUMNS {
            let value = match column {
                "seq" => "99".to_owned(),
                "id" => blob(Uuid::new_v4()),
                "timestamp" => "\"timestamp\" + 1".to_owned(),
                "member_id" => other.0.clone(),
                "booking_id" => other.1.clone(),
                "ip" => "zeroblob(16)".to_owned(),
                _ => "'changed'".to_owned(),
            };
            let why = refused(&db, format!("UPDATE audit_logs SET \"{column}\" = {value} WHERE seq = 1")).await;
            assert!(why.contains("audit_logs is immutable"), "{column}: {why}");
            refused(&db, format!("UPDATE OR REPLACE audit_logs SET \"{column}\" = {value} WHERE seq = 1")).await;
            if !matches!(column, "seq" | "id" | "timestamp" | "action_type" | "area" | "status" | "description") {
                let why = refused(&db, format!("UPDATE audit_logs SET \"{column}\" = NULL WHERE seq = 1")).await;
                assert!(why.contains("audit_logs is immutable"), "{column} to NULL: {why}");
            }
        }
        refused(&db, "UPDATE audit_logs SET rowid = rowid + 100").await;
        refused(&db, "UPDATE OR IGNORE audit_logs SET seq = 2 WHERE seq = 1").await;
        assert_eq!(dump(&db).await, before);
        // What changes nothing is no change.
        db.execute(Sql::new("UPDATE audit_logs SET area = area")).await;
    }

    async fn an_entry_never_goes_and_is_never_replaced(db: FileDb) {
        let batch = filled(&db).await;
        let before = dump(&db).await;
        let (first, second, new) = (blob(batch.logs[0].id), blob(batch.logs[1].id), blob(Uuid::new_v4()));
        let values = |seq: &str, id: &str| {
            format!("(seq, id, action_type, area, description) VALUES ({seq}, {id}, 'login', 'x', 'replaced')")
        };
        for text in [
            "DELETE FROM audit_logs".to_owned(),
            "DELETE FROM audit_logs WHERE seq = 2".to_owned(),
            format!("REPLACE INTO audit_logs {}", values("NULL", &first)),
            format!("REPLACE INTO audit_logs {}", values("1", &new)),
            format!("INSERT OR REPLACE INTO audit_logs {}", values("1", &second)),
            format!("INSERT OR IGNORE INTO audit_logs {}", values("NULL", &first)),
            format!("INSERT OR IGNORE INTO audit_logs {}", values("2", &new)),
            format!("INSERT INTO audit_logs {}", values("2", &new)),
            format!("INSERT INTO audit_logs {}", values("NULL", &second)),
            format!("INSERT INTO audit_logs {} ON CONFLICT (id) DO UPDATE SET area = 'x'", values("NULL", &first)),
            format!("INSERT INTO audit_logs {} ON CONFLICT (seq) DO UPDATE SET area = 'x'", values("1", &new)),
            format!("INSERT INTO audit_logs {} ON CONFLICT DO NOTHING", values("NULL", &first)),
            format!("REPLACE INTO audit_logs {}, (NULL, {first}, 'login', 'x', 'replaced')", values("NULL", &new)),
            format!("INSERT INTO audit_logs {}, (NULL, {new}, 'login', 'x', 'twice')", values("NULL", &new)),
        ] {
            let why = refused(&db, text.clone()).await;
            assert!(why.contains("audit_logs is immutable"), "{text}: {why}");
        }
        assert_eq!(dump(&db).await, before);
        db.execute(sql(format!("INSERT INTO audit_logs {}", values("NULL", &new)))).await;
        assert_eq!(dump(&db).await.len(), 3, "a new one is let in");
    }

    async fn references_empty_only_when_what_they_point_to_is_gone(db: FileDb) {
        let batch = filled(&db).await;
        db.write(vec![sample::log(sample::minutes_ago(3))]).await;
        let (member, booking) = (blob(batch.members[0].id), blob(batch.bookings[0].id));
        for column in ["member_id", "booking_id"] {
            refused(&db, format!("UPDATE audit_logs SET {column} = NULL")).await;
        }
        refused(&db, format!("UPDATE audit_logs SET member_id = {member} WHERE member_id IS NULL")).await;
        refused(&db, format!("UPDATE audit_logs SET booking_id = {booking} WHERE booking_id IS NULL")).await;
        for column in ["member_id", "booking_id"] {
            let why = refused(
                &db,
                format!(
                    "INSERT INTO audit_logs (id, action_type, area, description, {column}) VALUES ({}, 'a', 'b', 'c', {})",
                    blob(Uuid::new_v4()),
                    blob(Uuid::new_v4())
                ),
            );
            assert!(why.await.contains("FOREIGN KEY"), "{column}");
        }

        let references = "SELECT count(*) || '/' || count(member_id) || '/' || count(booking_id) || '/' || count(member_email) FROM audit_logs";
        assert_eq!(one::<String>(&db.db, references).await, "3/2/2/2");
        let before = dump(&db).await;
        db.execute(sql(format!("DELETE FROM members WHERE id = {member}"))).await;
        assert_eq!(one::<String>(&db.db, references).await, "3/0/2/2", "the e-mail stays");
        db.execute(sql(format!("DELETE FROM bookings WHERE id = {booking}"))).await;
        assert_eq!(one::<String>(&db.db, references).await, "3/0/0/2");
        let gone = |row: &String| {
            let hex = |id: Uuid| id.simple().to_string().to_uppercase();
            let quoted = |id: Uuid| format!("X'{}'", hex(id));
            row.replace(&quoted(batch.members[0].id), "NULL").replace(&quoted(batch.bookings[0].id), "NULL")
        };
        assert_eq!(dump(&db).await, before.iter().map(gone).collect::<Vec<_>>(), "and nothing else has changed");
        // It does not come back with the member.
        db.member(batch.members[0].clone()).await;
        refused(&db, format!("UPDATE audit_logs SET member_id = {member}")).await;
    }

    async fn what_the_model_forbids_is_not_stored(db: FileDb) {
        let insert = |column: &str, value: &str| {
            let mut values = vec![
                ("id", blob(Uuid::new_v4())),
                ("action_type", "'a'".into()),
                ("area", "'b'".into()),
                ("description", "'c'".into()),
            ];
            values.retain(|(name, _)| *name != column);
            values.push((column, value.to_owned()));
            let (names, values): (Vec<String>, Vec<String>) =
                values.into_iter().map(|(name, value)| (format!("\"{name}\""), value)).unzip();
            format!("INSERT INTO audit_logs ({}) VALUES ({})", names.join(", "), values.join(", "))
        };
        for (column, longest) in [
            ("member_email", 255),
            ("action_type", 64),
            ("area", 255),
            ("description", 500),
            ("status", 16),
            ("ip_address", 64),
            ("user_agent", 512),
        ] {
            // Characters, not bytes.
            let text = |n: usize| format!("'{}'", "é".repeat(n));
            db.execute(sql(insert(column, &text(longest)))).await;
            let why = refused(&db, insert(column, &text(longest + 1))).await;
            assert!(why.contains("CHECK"), "{column}: {why}");
        }
        for (column, value) in [
            ("id", "zeroblob(15)"),
            ("id", "zeroblob(17)"),
            ("id", "NULL"),
            ("id", "'0123456789abcdef'"),
            ("ip", "zeroblob(4)"),
            ("timestamp", "-1"),
            ("timestamp", "253402300800000000"),
            ("timestamp", "'2026-06-18'"),
            ("timestamp", "NULL"),
            ("timestamp", "1.5"),
            ("action_type", "NULL"),
            ("area", "NULL"),
            ("description", "NULL"),
            ("status", "NULL"),
            ("seq", "0"),
            ("seq", "-1"),
            ("area", "x'00'"),
            ("member_id", "zeroblob(3)"),
        ] {
            refused(&db, insert(column, value)).await;
        }
        let defaults = "SELECT status || '/' || (\"timestamp\" BETWEEN 1700000000000000 AND unixepoch() * 1000000 + 1000000) \
                        FROM audit_logs ORDER BY seq DESC LIMIT 1";
        db.execute(sql(insert("area", "'x'"))).await;
        assert_eq!(one::<String>(&db.db, defaults).await, "success/1");
    }

    async fn entries_that_stand_already_are_left_as_they_are(db: FileDb) {
        let batch = filled(&db).await;
        let before = dump(&db).await;
        let again = NewLog { description: "Another".to_owned(), ..batch.logs[0].clone() };
        let new: Vec<NewLog> = (0..120).map(|at| sample::log(sample::minutes_ago(at))).collect();
        let logs = [vec![again.clone()], new.clone(), vec![new[3].clone(), again, new[119].clone()]].concat();
        let written = write::write(&db.db, &Batch { logs, ..Batch::default() }).await.expect("written");
        assert_eq!(written, Written { created: 120, duplicate: 4 });
        let after = dump(&db).await;
        assert_eq!((after.len(), &after[..2]), (122, &before[..]));
        let none = write::write(&db.db, &Batch { logs: new, ..Batch::default() }).await.expect("written");
        assert_eq!(none, Written { created: 0, duplicate: 120 });
    }

    async fn a_batch_is_written_whole_or_not_at_all(db: FileDb) {
        let mut logs: Vec<NewLog> = (0..70).map(|at| sample::log(sample::minutes_ago(at))).collect();
        logs[69].member_id = Some(Uuid::new_v4());
        let members = vec![sample::member("Hana", "hana@example.org")];
        assert!(write::write(&db.db, &Batch { members, logs, ..Batch::default() }).await.is_err());
        assert_eq!(dump(&db).await, [""; 0]);
        assert_eq!(one::<i64>(&db.db, "SELECT count(*) FROM members").await, 0);
        // Dropped without a commit, a transaction leaves nothing.
        let mut tx = db.db.write().await.expect("a transaction");
        tx.execute(Sql::new("INSERT INTO members (id) VALUES (zeroblob(16))")).await.expect("executed");
        drop(tx);
        assert_eq!(one::<i64>(&db.db, "SELECT count(*) FROM members").await, 0);
    }

    async fn an_entry_knows_what_cannot_be_stored(db: FileDb) {
        drop(db);
        let fields = |log: NewLog| log.problems().into_iter().map(|bad| bad.field).collect::<Vec<_>>();
        let log = || sample::error(sample::now());
        assert_eq!(fields(log()), [""; 0]);
        assert_eq!(fields(NewLog { area: "é".repeat(255), description: "é".repeat(500), ..log() }), [""; 0]);
        assert_eq!(fields(NewLog { area: "é".repeat(256), status: "x".repeat(17), ..log() }), ["area", "status"]);
        assert_eq!(
            fields(NewLog { error_detail: Some("a\0b".into()), extra: Some("{".into()), ..log() }),
            ["error_detail", "extra"]
        );
        assert_eq!(fields(NewLog { extra: Some("[1, \"x\"] ".into()), ..log() }), [""; 0]);
    }

    async fn a_commit_survives_and_readers_cannot_write(db: FileDb) {
        assert_eq!(one::<String>(&db.db, "PRAGMA journal_mode").await, "wal");
        let mut tx = db.db.write().await.expect("a transaction");
        for (pragma, value) in [("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0), ("query_only", 0)] {
            let rows: Vec<(i64,)> = tx.fetch_all(sql(format!("PRAGMA {pragma}"))).await.expect("a pragma");
            assert_eq!(rows, [(value,)], "{pragma}");
        }
        drop(tx);
        assert_eq!(one::<i64>(&db.db, "PRAGMA query_only").await, 1);
        let written =
            db.db.fetch_all::<(i64,)>(Sql::new("INSERT INTO members (id) VALUES (zeroblob(16)) RETURNING 1")).await;
        assert!(written.is_err(), "a reader wrote");
    }

    async fn migrating_again_changes_nothing(db: FileDb) {
        filled(&db).await;
        let before = (dump(&db).await, schema(&db.db).await);
        assert_eq!(migrate::state(&db.db).await.expect("a state"), migrate::State::Current);
        assert_eq!(migrate::run(&db.db).await.expect("migrated"), [""; 0]);
        assert_eq!((dump(&db).await, schema(&db.db).await), before);
        assert_eq!(migrate::pending(&db.db, &daybook::db::postgres::fittings::Without::default()).await.expect("steps"), []);
    }

    async fn a_database_of_a_newer_version_is_refused(db: FileDb) {
        db.execute(Sql::new(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
        )).await;
        let before = schema(&db.db).await;
        assert_eq!(migrate::state(&db.db).await.expect("a state"), migrate::State::Newer(9999));
        let why = format!("{:?}", migrate::run(&db.db).await.expect_err("refused"));
        assert!(why.contains("newer Daybook") && why.contains("9999"), "{why}");
        assert_eq!(schema(&db.db).await, before);
    }

    async fn an_application_s_own_table_is_refused(db: FileDb) {
        drop(db);
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open_sqlite(&folder.path().join("app.db"), true).await.expect("a database");
        db.execute_alone(Sql::new("CREATE TABLE audit_logs (id CHAR(32) PRIMARY KEY, area VARCHAR(255))"))
            .await
            .expect("a table");
        let before = schema(&db).await;
        assert_eq!(migrate::state(&db).await.expect("a state"), migrate::State::Foreign);
        let why = format!("{:?}", migrate::run(&db).await.expect_err("refused"));
        assert!(why.contains("the application's, not Daybook's"), "{why}");
        assert_eq!(schema(&db).await, before, "nothing was made beside it");
    }

    async fn indexes_that_a_load_took_down_stand_again(db: FileDb) {
        let before = schema(&db.db).await;
        let indexes = |schema: &[String]| {
            schema.iter().filter(|line| line.contains("INDEX") && line.contains("audit_logs")).count()
        };
        for broken_off in [false, true] {
            migrate::defer_indexes(&db.db).await.expect("deferred");
            assert_eq!(indexes(&schema(&db.db).await), 1, "only the one that keeps ids apart stays");
            if broken_off {
                // A second load begins before the first was finished.
                migrate::defer_indexes(&db.db).await.expect("deferred");
            }
            db.write(vec![sample::log(sample::now())]).await;
            assert_eq!(migrate::run(&db.db).await.expect("migrated"), [""; 0]);
            assert_eq!(schema(&db.db).await, before);
        }
        assert!(indexes(&before) > 8, "{before:?}");
        assert_eq!(one::<i64>(&db.db, "SELECT count(*) FROM daybook_deferred_indexes").await, 0);
    }

    async fn what_staff_did_never_changes(db: FileDb) {
        db.execute(Sql::new("INSERT INTO daybook_staff_log (\"timestamp\", staff_email, kind) VALUES (1, 'a@b', 'x')"))
            .await;
        for text in ["UPDATE daybook_staff_log SET kind = 'y'", "DELETE FROM daybook_staff_log"] {
            assert!(refused(&db, text).await.contains("the staff log is immutable"), "{text}");
        }
    }
}

/// Every object of the schema as it was made.
async fn schema(db: &Db) -> Vec<String> {
    let rows: Vec<(String,)> = db
        .fetch_all(Sql::new("SELECT concat_ws(' ', type, name, sql) FROM sqlite_master ORDER BY type, name"))
        .await
        .expect("a schema");
    rows.into_iter().map(|(row,)| row).collect()
}
