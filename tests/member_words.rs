//! Who has a text in their name or e-mail: the index gives whom a plain reading of everybody gives, whatever happened to
//! them since, and whoever wrote it.

use std::{collections::BTreeSet, ops::ControlFlow, time::Duration};

use daybook::{
    db::{Budget, MemberText, Sql},
    logs::{
        log::NewMember,
        search::{Question, index, members},
        write::Batch,
    },
    members::names,
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{TestDb, sample},
};

const LONG: Budget = Budget { time: Duration::from_mins(1), ..Budget::COUNT };
const BOTH: [MemberText; 2] = [MemberText::Name, MemberText::Email];

/// Names of letters whose lower case is longer, depends on what follows, or is another letter's too.
const NAMES: &str = "[abkiABKIéÉİKßẞΣσς日本語%_'\" ]{1,8}";

fn made<T>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

async fn found(db: &TestDb, texts: &[MemberText], wanted: &str) -> BTreeSet<Uuid> {
    let mut looking = db.db.look(LONG).await.expect("a reader");
    let mut out = BTreeSet::new();
    let whole = names::each_with(&mut looking, texts, wanted, |row| {
        out.insert(row.id);
        ControlFlow::Continue(())
    });
    assert!(whole.await.expect("an answer"), "{wanted}");
    looking.done();
    out
}

/// Whom a plain reading finds.
fn reference(all: &[NewMember], texts: &[MemberText], wanted: &str) -> BTreeSet<Uuid> {
    let lower = wanted.to_lowercase();
    let has = |member: &&NewMember| {
        texts.iter().any(|text| {
            let text = match text {
                MemberText::Name => &member.name,
                MemberText::Email => &member.email,
            };
            text.as_ref().is_some_and(|text| text.to_lowercase().contains(&lower))
        })
    };
    all.iter().filter(has).map(|member| member.id).collect()
}

async fn agrees(db: &TestDb, all: &[NewMember], wanted: &[String]) {
    for wanted in wanted {
        for texts in [&BOTH[..], &BOTH[..1], &BOTH[1..]] {
            assert_eq!(found(db, texts, wanted).await, reference(all, texts, wanted), "{wanted:?} in {texts:?}");
        }
    }
}

/// Whether everybody is in the index.
async fn complete(db: &TestDb) -> bool {
    members::is_complete(&db.db).await.expect("an answer")
}

database_test! {
    async fn whom_the_index_finds_a_plain_reading_finds(db: TestDb) {
        let row = (prop::option::of(NAMES), prop::option::of("[akiAKI.]{1,4}@[akiİΣ.]{1,4}"));
        let mut all: Vec<NewMember> = made(120, row)
            .into_iter()
            .map(|(name, email)| NewMember { id: Uuid::new_v4(), name, email })
            .collect();
        db.write_batch(Batch { members: all.clone(), ..Batch::default() }).await;
        assert!(complete(&db).await, "whoever is written is in it at once");
        // Some of what they have, in either case, and what nobody may have.
        let mut wanted = made(60, "[abkiKé日本%_ ]{1,4}");
        for (at, member) in all.iter().enumerate().filter(|(at, _)| at % 2 == 0) {
            let letters: Vec<char> = member.name.iter().chain(&member.email).flat_map(|text| text.chars()).collect();
            let some: String = letters.iter().skip(at % 3).take(3 + at % 4).collect();
            wanted.extend((!some.is_empty()).then_some(some));
        }
        agrees(&db, &all, &wanted).await;

        // Some change, one goes.
        for (at, member) in all.iter_mut().enumerate().filter(|(at, _)| at % 3 == 0) {
            member.name = Some(format!("Renamed {at}"));
        }
        db.write_batch(Batch { members: all.clone(), ..Batch::default() }).await;
        let gone = all.remove(0);
        db.execute(Sql::new("DELETE FROM members WHERE id = ").bind(gone.id)).await;
        wanted.extend(["renamed".to_owned(), "NAMED 9".to_owned()]);
        agrees(&db, &all, &wanted).await;
    }

    async fn whoever_writes_a_member_they_are_found_at_once(db: TestDb) {
        let mut hana = sample::member("Hana Lindqvist", "hana@example.org");
        db.member(hana.clone()).await;
        // By hand, past everything that knows of the index.
        let rename = |name: &'static str| Sql::new("UPDATE members SET name = ").bind(name.to_owned());
        db.execute(rename("ÉLODIE Lindqvist").text(" WHERE id = ").bind(hana.id)).await;
        let mira = NewMember { id: Uuid::new_v4(), name: Some("Mira Élodie".to_owned()), email: None };
        let insert = Sql::new("INSERT INTO members (id, name) VALUES (").bind(mira.id).text(", ");
        db.execute(insert.bind(mira.name.clone()).text(")")).await;
        hana.name = Some("ÉLODIE Lindqvist".to_owned());
        let all = [hana, mira];
        let wanted = ["élodie", "Hana", "lindqvist", "mira é"].map(str::to_owned);
        agrees(&db, &all, &wanted).await;
        while index::build(&db.db).await.expect("built") {}
        assert!(complete(&db).await);
        agrees(&db, &all, &wanted).await;
        // Anew from nothing, as `daybook rebuild` does.
        index::clear(&db.db).await.expect("cleared");
        agrees(&db, &all, &wanted).await;
        while index::build(&db.db).await.expect("built") {}
        agrees(&db, &all, &wanted).await;
    }

    async fn nobody_is_indexed_again_who_stays_as_they_are(db: FileDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        db.member(hana.clone()).await;
        let upsert = "INSERT INTO members (id, email, name) SELECT id, email, name FROM members WHERE true \
                      ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name";
        db.execute(Sql::new(upsert)).await;
        assert!(complete(&db).await);
        db.execute(Sql::new("UPDATE members SET name = NULL")).await;
        assert!(!complete(&db).await);
        db.execute(Sql::new("DELETE FROM members")).await;
        let left = "SELECT (SELECT count(*) FROM daybook_member_keys) + (SELECT count(*) FROM daybook_member_words)";
        let left: Vec<(i64,)> = db.db.fetch_all(Sql::new(left)).await.expect("a number");
        assert_eq!(left, [(0,)]);
    }

    async fn nobody_else_is_read_than_whom_the_index_finds(db: FileDb) {
        db.member(sample::member("Hana Lindqvist", "hana@example.org")).await;
        let Question { trigrams, term } = Question::of("lindq").expect("a question");
        for statistics in [false, true] {
            if statistics {
                db.execute(Sql::new("ANALYZE")).await;
            }
            let sql = db.db.dialect().members_with(&BOTH, &trigrams, &term);
            let lines: Vec<(i64, i64, i64, String)> =
                db.db.fetch_all(Sql::new("EXPLAIN QUERY PLAN ").append(&sql)).await.expect("a plan");
            let told: Vec<&str> = lines.iter().map(|line| line.3.as_str()).collect();
            let steps: Vec<&str> = told.into_iter().filter(|line| line.starts_with('S')).collect();
            assert_eq!(steps.len(), 5, "{steps:?}");
            assert!(steps[0].starts_with("SCAN daybook_member_words VIRTUAL TABLE"), "{steps:?}");
            assert_eq!(steps[1], "SEARCH k USING INTEGER PRIMARY KEY (rowid=?)");
            assert_eq!(steps[3], "SCAN k USING INDEX daybook_members_waiting");
            for step in [steps[2], steps[4]] {
                assert!(step.starts_with("SEARCH m USING INDEX sqlite_autoindex_members_1"), "{step}");
            }
        }
    }
}
