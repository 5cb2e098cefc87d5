//! What a server holds to: an entry never changes and never goes, references empty only when what they point to is gone;
//! its functions decide as Rust does; its totals are right however many write at once.

use daybook::{
    core::ip,
    db::{migrate, postgres::fittings::Without},
    logs::{log::NewLog, totals::server},
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

#[path = "../src/core/ip/cases.rs"]
mod cases;

use crate::{
    database_test,
    support::{Outside, sample},
};

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The log as a server prints it.
async fn dump(outside: &mut Outside) -> Vec<String> {
    outside.texts("SELECT l::text FROM audit_logs AS l ORDER BY id").await
}

database_test! {
    async fn an_entry_never_changes_and_never_goes(db: ServerDb) {
        db.write(vec![sample::error(sample::minutes_ago(5)), sample::log(sample::minutes_ago(3))]).await;
        let mut outside = db.outside().await;
        let before = dump(&mut outside).await;
        for sql in [
            "UPDATE audit_logs SET area = 'x'",
            "UPDATE audit_logs SET extra = '{}'",
            "UPDATE audit_logs SET \"timestamp\" = now()",
            "UPDATE audit_logs SET error_detail = NULL",
            "UPDATE audit_logs SET id = gen_random_uuid()",
            "UPDATE audit_logs SET member_id = gen_random_uuid()",
            "DELETE FROM audit_logs",
            "TRUNCATE audit_logs",
            "TRUNCATE members CASCADE",
            "INSERT INTO audit_logs SELECT * FROM audit_logs ON CONFLICT (id) DO UPDATE SET area = 'x'",
        ] {
            let why = outside.refused(sql).await;
            assert!(why.contains("immutable") || why.contains("violates foreign key"), "{sql}: {why}");
        }
        assert_eq!(dump(&mut outside).await, before);
        for sql in ["UPDATE daybook_staff_log SET kind = 'x'", "DELETE FROM daybook_staff_log", "TRUNCATE daybook_staff_log"] {
            assert!(outside.refused(sql).await.contains("immutable"), "{sql}");
        }
    }

    async fn references_empty_only_when_what_they_point_to_is_gone(db: ServerDb) {
        let member = sample::member("Hana", "hana@example.org");
        let booking = sample::booking(member.id);
        db.member(member.clone()).await;
        db.booking(booking.clone()).await;
        let log = NewLog {
            member_id: Some(member.id),
            booking_id: Some(booking.id),
            member_email: Some("hana@example.org".to_owned()),
            ..sample::error(sample::minutes_ago(5))
        };
        db.write(vec![log]).await;
        let mut outside = db.outside().await;
        for column in ["member_id", "booking_id"] {
            let why = outside.refused(&format!("UPDATE audit_logs SET {column} = NULL")).await;
            assert!(why.contains("immutable"), "{why}");
        }
        outside.run("DELETE FROM bookings").await;
        outside.run("DELETE FROM members").await;
        let left = outside
            .texts("SELECT concat_ws('|', member_id, booking_id, member_email) FROM audit_logs")
            .await;
        assert_eq!(left, ["hana@example.org"]);
    }

    async fn the_first_address_is_the_one_that_rust_finds(db: ServerDb) {
        let mut outside = db.outside().await;
        let mut texts: Vec<String> = cases::FIRST_ADDRESS.iter().map(|(text, _)| (*text).to_owned()).collect();
        let mut runner = TestRunner::deterministic();
        // Near misses: pieces of addresses put together at random.
        let pieces = prop::sample::select(vec![
            "1", "203", "256", "0", "00", ".", "..", ":", "::", "ffff", "2001", "db8", "12345", "%", "eth0", "[", "]", "]:80",
            ",", " ", "=", "\"", "1.2.3.4", "::ffff:", "for=", "g", "/24", "\u{a0}",
        ]);
        let made = prop::collection::vec(pieces, 1..9).prop_map(|pieces| pieces.concat());
        texts.extend((0..3_000).map(|_| made.new_tree(&mut runner).expect("a text").current()));
        let rows: Vec<String> = texts.iter().enumerate().map(|(at, text)| format!("({at}, {})", literal(text))).collect();
        let sql = format!(
            "SELECT coalesce(encode(daybook.ip(t), 'hex'), '-') FROM (VALUES {}) AS v (at, t) ORDER BY at",
            rows.join(", ")
        );
        let found = outside.texts(&sql).await;
        assert_eq!(found.len(), texts.len());
        for (text, found) in texts.iter().zip(found) {
            let expected = ip::first_address(text).map_or_else(
                || "-".to_owned(),
                |address| ip::key(address).iter().map(|byte| format!("{byte:02x}")).collect(),
            );
            assert_eq!(found, expected, "{text:?}");
        }
    }

    async fn lower_case_is_rust_s(db: ServerDb) {
        let mut outside = db.outside().await;
        for text in [
            "Ā", "İ", "I", "ı", "ß", "ẞ", "ΟΔΟΣ", "Σ", "ΣΑΣ Σ", "Ǆ", "ǅ", "K", "Å", "ﬁ", "É", "E\u{301}", "ДОМ", "日本語", "ＡＢＣ", "Ⅷ",
            "Ꭰ", "𐐀", "Straße", "ÀÉÎ", "ŒUVRE",
        ] {
            let lower = outside.texts(&format!("SELECT split_part(daybook.open_words({}, NULL), E'\\n', 1)", literal(text))).await;
            assert_eq!(lower, [text.to_lowercase()], "{text}");
        }
    }

    async fn totals_are_a_recount_while_many_write(db: ServerDb) {
        let writers = (0..6).map(|writer| {
            let db = db.db.clone();
            tokio::spawn(async move {
                for at in 0..20 {
                    let logs = vec![sample::log(sample::minutes_ago(writer * 61 + at)), sample::error(sample::minutes_ago(at))];
                    let batch = daybook::logs::write::Batch { logs, ..Default::default() };
                    daybook::logs::write::write(&db, &batch).await.expect("written");
                    server::add_up(&db).await.expect("added up");
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("a writer");
        }
        server::add_up(&db.db).await.expect("added up");
        let mut outside = db.outside().await;
        for (table, column, seconds) in [("daybook_totals_hour", "hour", 3_600), ("daybook_totals_day", "day", 86_400)] {
            let kept = outside
                .texts(&format!(
                    "SELECT {column} || '/' || c.action_type || '/' || c.status || '/' || c.area || '/' || n FROM {table} \
                     JOIN daybook_combinations AS c ON c.id = combination ORDER BY 1"
                ))
                .await;
            let counted = outside
                .texts(&format!(
                    "SELECT floor(extract(epoch FROM \"timestamp\") / {seconds}) || '/' || action_type || '/' || status || '/' \
                     || area || '/' || count(*) FROM audit_logs GROUP BY floor(extract(epoch FROM \"timestamp\") / {seconds}), \
                     action_type, status, area ORDER BY 1"
                ))
                .await;
            assert_eq!(kept, counted);
        }
        assert_eq!(outside.number("SELECT count(*) FROM daybook_totals_delta").await, 0);
    }

    async fn a_backlog_of_any_length_is_added_up_in_parts(db: ServerDb) {
        let mut outside = db.outside().await;
        outside
            .run(
                "INSERT INTO daybook.daybook_totals_delta (hour, combination, action_type, status, area, n)
                 SELECT 490000 + i % 50, i % 7, 'a' || i % 7, 'success', 'x', 1 FROM generate_series(1, 45000) AS g (i)",
            )
            .await;
        let mut parts = 0;
        while server::add_up(&db.db).await.expect("added up") {
            parts += 1;
        }
        assert!(parts >= 2, "all of it at once");
        for table in ["daybook_totals_hour", "daybook_totals_day"] {
            assert_eq!(outside.number(&format!("SELECT sum(n)::bigint FROM daybook.{table}")).await, 45_000);
        }
        assert_eq!(outside.number("SELECT count(*) FROM daybook.daybook_totals_delta").await, 0);
    }

    async fn migrating_again_changes_nothing_and_a_newer_version_is_refused(db: ServerDb) {
        assert_eq!(migrate::state(&db.db).await.expect("a state"), migrate::State::Current);
        assert_eq!(migrate::run(&db.db).await.expect("migrated"), [""; 0]);
        assert_eq!(migrate::pending(&db.db, &Without::default()).await.expect("steps"), []);
        let mut outside = db.outside().await;
        outside
            .run("INSERT INTO daybook_migrations (version, name, attached) VALUES (9999, 'later', false)")
            .await;
        assert_eq!(migrate::state(&db.db).await.expect("a state"), migrate::State::Newer(9999));
        let why = format!("{:?}", migrate::run(&db.db).await.expect_err("refused"));
        assert!(why.contains("newer Daybook") && why.contains("9999"), "{why}");
    }
}
