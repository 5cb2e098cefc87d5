//! `daybook rebuild`: what is derived is computed anew, whatever became of it.

use daybook::{core::role::Role, db::Sql, logs::log::NewLog};

use crate::{
    database_test,
    error_groups::{gather, link},
    support::{TestApp, binary::run, sample},
};

database_test! {
    async fn a_search_and_an_overview_are_right_again(db: FileDb) {
        let needle = |at: i64| NewLog { description: "A zyzzyva was seen".to_owned(), ..sample::log(sample::minutes_ago(at)) };
        let mut logs: Vec<NewLog> = (0..1_300).map(|at| sample::log(sample::minutes_ago(at))).collect();
        logs.extend([3, 900].map(needle));
        db.write(logs).await;
        // Lost, without a word in what keeps count of it.
        db.execute(Sql::new("INSERT INTO daybook_words (daybook_words) VALUES ('delete-all')")).await;
        db.execute(Sql::new("DELETE FROM daybook_totals_hour")).await;
        db.execute(Sql::new("DELETE FROM daybook_totals_day")).await;

        let address = db.address.clone();
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        assert!(client.get("/logs?range=all&q=zyzzyva").await.entries().is_empty(), "the index was not lost");
        let total = async || client.htmx("/logs/overview?range=all").await.texts(".hist .key").join(" ");
        let lost = total().await;

        assert_eq!(run(&app.db, &["rebuild", "--database", &address]).done(), "rebuilt: search index, totals, error groups\n");
        assert_eq!(client.get("/logs?range=all&q=zyzzyva").await.entries().len(), 2);
        let found = total().await;
        assert!(found.contains("1,302") && !lost.contains("1,302"), "{lost} then {found}");
        let check = run(&app.db, &["check", "--database", &address]);
        assert!(check.done().contains("search index") && !check.stdout.contains('%'), "{}", check.stdout);
    }

    async fn error_groups_are_right_again_and_what_was_said_of_them_stays(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone(), sample::error(sample::minutes_ago(9))]).await;
        gather(&db).await;
        let address = db.address.clone();
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let fields = [("state", "in_work"), ("note", "Offer to book it for them.")];
        assert_eq!(client.submit(&link(&error), &fields).await.status, 303);
        // Lost, and wrong.
        app.db.execute(Sql::new("UPDATE daybook_error_groups SET times = 7, members = 7, state = 'new'")).await;
        app.db.execute(Sql::new("DELETE FROM daybook_error_members")).await;
        assert!(run(&app.db, &["rebuild", "--database", &address]).done().contains("error groups"));
        let page = client.get(&link(&error)).await;
        assert_eq!(page.texts(".stats dd")[..2], ["22 today", "1each counts once"]);
        assert_eq!((page.texts(".head .tag"), page.texts("#note")), (vec!["In work".to_owned()], vec!["Offer to book it for them.".to_owned()]));
        let check = run(&app.db, &["check", "--database", &address]);
        let said = check.done();
        assert!(said.lines().any(|line| line.starts_with("error groups") && line.ends_with("complete")), "{said}");
    }

    async fn it_makes_nothing_where_there_is_nothing(db: FileDb) {
        let (file, address) = db.beside("absent.db");
        assert!(run(&db, &["rebuild", "--database", &address]).failed().contains("no database"));
        assert!(!file.exists());
    }
}
