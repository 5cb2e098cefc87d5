//! What stands on the pages of error groups beside their numbers: charts whatever a group holds, whom to write to and whom not,
//! the note, what a search looks at, and the zone of a request.

use daybook::{
    core::role::Role,
    db::{Budget, Sql},
    logs::{log::NewLog, write::Batch},
};
use reqwest::StatusCode;

use crate::{
    database_test,
    error_groups::{failure, gather, link, support},
    support::{TestApp, TestDb, app::Setup, sample},
};

/// Fills each quarter of the last fourteen days of each group with one error, as far as its charts know.
async fn fill_quarters(db: &TestDb) {
    let last = sample::now().micros().div_euclid(900_000_000);
    let sql = Sql::new("WITH RECURSIVE q(x) AS (SELECT CAST(")
        .bind(last - 14 * 96)
        .text(" AS BIGINT) UNION ALL SELECT x + 1 FROM q WHERE x < ")
        .bind(last)
        .text(
            ") INSERT INTO daybook_error_quarters (fingerprint, quarter, n) SELECT g.fingerprint, q.x, 1 \
             FROM daybook_error_groups AS g, q WHERE true ON CONFLICT (fingerprint, quarter) DO UPDATE SET n = 1",
        );
    db.execute(sql).await;
}

database_test! {
    async fn the_busiest_groups_have_their_charts(db: TestDb) {
        let first = |at: u8| NewLog {
            error_message: Some(format!("{}Error: it failed", char::from(b'A' + at / 26).to_string() + &char::from(b'a' + at % 26).to_string())),
            error_detail: None,
            ..sample::error(sample::minutes_ago(14 * 24 * 60))
        };
        let logs: Vec<NewLog> = (0..80).map(first).collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        fill_quarters(&db).await;
        let mut setup = Setup::default();
        setup.budgets.count = Budget { time: std::time::Duration::from_secs(20), ..setup.budgets.count };
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/errors?limit=100").await;
        let labels = page.attributes("#list .spark", "aria-label");
        assert_eq!(labels.len(), 80, "more quarters than are read one by one");
        assert!(labels.iter().all(|label| label.starts_with("Last 14 days: 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, ")), "{labels:?}");
        let page = client.get(&link(&logs[0])).await;
        let bars: u64 = page
            .attributes(".hits-fine a", "aria-label")
            .iter()
            .filter_map(|label| label.split(" error").next()?.rsplit([' ', ':']).next()?.replace(',', "").parse::<u64>().ok())
            .sum();
        assert_eq!(bars, 14 * 96 + 1, "{:?}", page.attributes(".hits-fine a", "aria-label"));
    }

    async fn only_who_has_an_account_and_one_address_is_copied(db: TestDb) {
        let mut members = [
            sample::member("Ann", "ann@example.org"),
            sample::member("Ben", "ben@example.org, evil@example.com"),
            sample::member("Cat", "cat@example.org"),
            sample::member("Dan", "<dan@example.org>"),
        ];
        members[2].email = None;
        let mut logs: Vec<NewLog> = members
            .iter()
            .zip(1..)
            .map(|(member, at)| NewLog { member_id: Some(member.id), member_email: member.email.clone(), ..sample::error(sample::minutes_ago(at)) })
            .collect();
        logs[2].member_email = Some("cat@example.org; evil@example.com".to_owned());
        logs.push(NewLog { member_email: Some("typed@example.com".to_owned()), ..sample::error(sample::minutes_ago(9)) });
        logs.push(NewLog { member_email: Some("ANN@example.org".to_owned()), ..sample::error(sample::minutes_ago(10)) });
        db.write_batch(Batch { members: members.to_vec(), logs: logs.clone(), ..Batch::default() }).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let page = client.get(&link(&logs[0])).await;
        assert_eq!(page.texts("#write .c-member a"), ["Ann", "Ben", "Cat", "Dan", "typed@example.com"]);
        assert!(page.texts("#write .c-member").concat().contains("typed@example.com No account now"), "{:?}", page.texts("#write .c-member"));
        assert_eq!(page.texts("#emails"), ["ann@example.org"]);
    }

    async fn whoever_was_not_looked_at_to_the_end_is_not_written_to(db: TestDb) {
        let member = sample::member("Ann", "ann@example.org");
        let of = |log: NewLog| NewLog { member_id: Some(member.id), member_email: member.email.clone(), ..log };
        let error = of(sample::error(sample::minutes_ago(600)));
        // Successes of another service: none of the conditions that an index serves leaves one of them out.
        let visit = |at| {
            let extra = Some(r#"{"service_type": "solo_walk"}"#.to_owned());
            let action_type = "booking_created".to_owned();
            of(NewLog { area: error.area.clone(), action_type, extra, ..sample::log(sample::minutes_ago(at)) })
        };
        let mut logs: Vec<NewLog> = (0..300).map(visit).collect();
        logs.push(error.clone());
        db.write_batch(Batch { members: vec![member.clone()], logs, ..Batch::default() }).await;
        gather(&db).await;
        let mut setup = Setup::default();
        setup.budgets.count = Budget { step: 10, steps: 1, ..setup.budgets.count };
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&link(&error)).await;
        assert!(!page.has("#write") && !page.has("#emails"), "{}", page.texts("#write").concat());
        assert!(page.texts("#not-known li").concat().contains("Ann"), "{}", page.text());
        assert!(page.text().contains("Of 1 member there was no time to look at everything later."));
    }

    async fn a_search_looks_at_all_that_is_said_of_a_group(db: TestDb) {
        let traced = sample::error(sample::minutes_ago(5));
        let other = NewLog { area: "admin/rota".to_owned(), description: "The rota did not load".to_owned(), ..failure("RotaError", 30) };
        db.write(vec![traced.clone(), other.clone()]).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let group = client.get(&link(&traced)).await.texts(".facts .kv");
        let group = group.last().expect("what it is grouped by").clone();
        assert!(group.contains("Last frame"), "{group}");
        for (q, log) in [
            ("rotaerror", &other),
            ("admin/ROTA", &other),
            ("did not load", &other),
            ("rotaerror%20admin/rota%20%22not%20load%22", &other),
            (traced.area.as_str(), &traced),
            ("AttributeError", &traced),
            ("service.py", &traced),
        ] {
            let page = client.get(&format!("/errors?q={q}")).await;
            assert_eq!(page.attributes("#list a[data-row]", "href"), [link(log)], "{q}");
            assert_eq!(page.texts(".tabs a")[0], "All 1", "{q}");
        }
        assert!(client.get("/errors?q=rotaerror+nowhere").await.has(".empty"));
    }

    async fn the_zone_of_a_request_stays(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let page = client.get(&format!("{}?tz=Asia/Kathmandu", link(&error))).await;
        let bars = page.attributes(".hits-fine a", "href");
        assert!(!bars.is_empty() && bars.iter().all(|href| href.contains("tz=Asia/Kathmandu")), "{bars:?}");
        let action = page.attribute(".facts form", "action").expect("a form");
        let saved = client.submit(&action, &[("state", "in_work")]).await;
        assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, action.as_str()));
        assert!(client.get(saved.location()).await.texts("#list caption, #list").concat().len() > 1);
        assert!(action.ends_with("?tz=Asia/Kathmandu"), "{action}");
        assert!(client.get(&link(&error)).await.attribute(".facts form", "action").is_some_and(|action| !action.contains("tz=")));
    }

    async fn the_note_stands_below_the_title_and_leads_to_its_form(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let path = link(&error);
        assert!(!client.get(&path).await.has(".tell"));
        client.submit(&path, &[("note", "Solo walks work.\r\nOffer one.")]).await;
        let page = client.get(&path).await;
        assert_eq!(page.texts("#main > .tell"), ["What to tell them: Solo walks work. Offer one."]);
        assert!(page.has(".head a[href='#state']") && page.has("section#state textarea#note"));
        let refused = client.submit(&path, &[("state", "gone")]).await;
        assert!(refused.texts("#main > .notice").concat().contains("This was not saved."), "{}", refused.text());
    }
}
