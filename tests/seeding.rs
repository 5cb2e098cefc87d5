//! `daybook seed`: made-up data that is the same each time, whole after a crash, and never among anybody else's.

use std::path::Path;

use crate::{
    database_test,
    support::{
        TestDb,
        binary::{Ran, Server, daybook, run},
        outside::{Contents, Outside},
        sample, wait,
    },
};

const UNTIL: &str = "2026-06-18T12:00:00Z";
/// More than is written before it can be killed.
const MANY: i64 = 60_000;

fn seed(db: &TestDb, address: &str, entries: &str, more: &[&str]) -> Ran {
    let arguments = ["seed", "--entries", entries, "--until", UNTIL, "--database", address];
    run(db, &[&arguments[..], more].concat())
}

/// What a log holds: not the instants at which Daybook made its own tables.
async fn contents(file: &Path) -> Contents {
    let mut all = Outside::open(file).await.contents().await;
    all.retain(|table, _| ["audit_logs", "members", "bookings"].contains(&table.as_str()));
    all
}

/// The indexes of the log, as SQL.
async fn indexes(file: &Path) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit_logs' \
               AND sql IS NOT NULL ORDER BY name";
    Outside::open(file).await.texts(sql).await
}

async fn entries(file: &Path) -> i64 {
    Outside::open(file).await.number("SELECT count(*) FROM audit_logs").await
}

/// Seeds [`MANY`] entries and kills it when some of them stand; how many.
async fn killed_midway(db: &TestDb, file: &Path, address: &str) -> i64 {
    let many = MANY.to_string();
    let arguments = ["seed", "--entries", &many, "--until", UNTIL, "--database", address];
    let mut seeding = Server::start(daybook(db, &arguments));
    wait::until("a part of it stands", async || {
        let table = "SELECT count(*) FROM sqlite_schema WHERE name = 'daybook_deferred_indexes'";
        let there = file.exists() && Outside::open(file).await.number(table).await == 1;
        (there && entries(file).await > 0).then_some(())
    })
    .await;
    seeding.signal("KILL");
    seeding.ended();
    let stood = entries(file).await;
    assert!(stood < MANY, "it was too fast to be killed midway");
    stood
}

database_test! {
    async fn a_second_time_nothing_is_written_twice(db: FileDb) {
        let ran = seed(&db, &db.address, "1200", &["--members", "40"]);
        assert_eq!(ran.done(), "1200 entries written, 0 stood already\n");
        let before = contents(&db.file()).await;
        assert_eq!((before["audit_logs"].len(), before["members"].len()), (1_200, 40));
        let ran = seed(&db, &db.address, "1200", &["--members", "40"]);
        assert_eq!(ran.done(), "0 entries written, 1200 stood already\n");
        assert_eq!(contents(&db.file()).await, before);
    }

    async fn the_same_numbers_give_the_same_data_and_others_do_not(db: FileDb) {
        let mut made = Vec::new();
        for (name, number) in [("a.db", "7"), ("b.db", "7"), ("c.db", "8")] {
            let (file, address) = db.beside(name);
            seed(&db, &address, "300", &["--seed", number]).done();
            made.push(contents(&file).await);
        }
        assert_eq!(made[0], made[1]);
        assert_ne!(made[0]["audit_logs"], made[2]["audit_logs"]);
    }

    async fn all_of_it_lies_before_the_instant_that_was_given(db: FileDb) {
        seed(&db, &db.address, "300", &[]).done();
        let newest = db.outside().await.number("SELECT max(\"timestamp\") FROM audit_logs").await;
        let until = crate::support::database::at(UNTIL).micros();
        assert!(newest <= until && newest > until - 7 * 86_400_000_000, "{newest}");
    }

    async fn a_database_with_entries_of_its_own_is_refused_and_left_alone(db: FileDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let (before, stand) = (db.contents().await, indexes(&db.file()).await);
        let ran = seed(&db, &db.address, "50", &[]);
        assert!(ran.failed().contains("--database"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
        assert_eq!(db.contents().await, before);
        assert_eq!(indexes(&db.file()).await, stand);
    }

    async fn killed_midway_and_run_again_it_is_whole(db: FileDb) {
        let (file, address) = db.beside("big.db");
        let stood = killed_midway(&db, &file, &address).await;
        assert_eq!(Outside::open(&file).await.texts("PRAGMA integrity_check").await, ["ok"]);
        let ran = run(&db, &["check", "--database", &address]);
        assert!(ran.done().contains("to be built after a load that broke off"), "{}", ran.stdout);

        let ran = seed(&db, &address, &MANY.to_string(), &[]);
        assert_eq!(ran.done(), format!("{} entries written, {stood} stood already\n", MANY - stood));
        assert_eq!(entries(&file).await, MANY);
        assert_eq!(indexes(&file).await, indexes(&db.file()).await);
        assert!(run(&db, &["check", "--database", &address]).done().contains("complete"));
        assert_eq!(Outside::open(&file).await.texts("PRAGMA integrity_check").await, ["ok"]);
    }

    async fn what_broke_off_is_served_with_every_index(db: FileDb) {
        let (file, address) = db.beside("big.db");
        killed_midway(&db, &file, &address).await;
        let mut server = Server::start(daybook(&db, &["serve", "--database", &address, "--listen", "127.0.0.1:0"]));
        assert_eq!(server.client().await.get("/readyz").await.text(), "ok\n");
        // Some are built while it serves.
        wait::until("every index stands", async || (indexes(&file).await == indexes(&db.file()).await).then_some(()))
            .await;
    }
}
