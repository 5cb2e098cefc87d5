//! Reading by machine: the page's filters, ways on that meet each entry once, and objects without what a role may not see.

use daybook::{core::role::Role, logs::log::NewLog, session::tokens::Scope};
use serde_json::Value;

use crate::{
    database_test,
    support::{
        Api, Places, TestApp,
        api::{errors, json, problem},
        sample,
    },
};

fn ids(body: &Value) -> Vec<String> {
    let entries = body["entries"].as_array().expect("entries");
    entries.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect()
}

/// Pages from a path on, by one of the links.
async fn walk(program: &Api, base: &str, path: &str, way: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = program.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let body = json(&page);
        pages.push(ids(&body));
        next = body[way].as_str().map(|url| url.strip_prefix(base).expect("an address here").to_owned());
        assert!(pages.len() < 100, "{path} leads nowhere");
    }
    pages
}

database_test! {
    async fn walking_by_the_links_meets_each_entry_once_in_both_directions(db: TestDb) {
        // Many share an instant.
        let logs: Vec<NewLog> = (0..130).map(|n| sample::log(sample::minutes_ago(n / 40))).collect();
        db.write(logs).await;
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        let pages = walk(&program, &app.base, "/api/v1/logs?limit=25&action_type=page_visit", "older").await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 25, 25, 25, 5]);
        let there: Vec<String> = pages.concat();
        let mut once = there.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 130);
        let support = app.signed_in(Role::Support).await;
        assert_eq!(there[..25], support.get("/logs?range=all&limit=25").await.entries());
        let first = json(&program.get("/api/v1/logs?limit=25").await);
        assert_eq!(first["newer"], Value::Null);
    }

    async fn a_walk_over_a_preset_meets_all_that_was_there_at_its_start_however_slowly(db: TestDb) {
        db.write((0..60).map(|minutes| sample::log(sample::minutes_ago(minutes))).collect()).await;
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        let (mut met, mut next) = (Vec::new(), Some("/api/v1/logs?range=1h&limit=25".to_owned()));
        while let Some(path) = next {
            let body = json(&program.get(&path).await);
            met.push(ids(&body).len());
            next = body["older"].as_str().map(|url| url.strip_prefix(&app.base).expect("an address here").to_owned());
            app.clock.advance(20 * 60);
        }
        assert_eq!(met, [25, 25, 10]);
    }

    async fn an_entry_is_the_object_of_exports_in_every_spelling_of_its_id(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        let support = app.signed_in(Role::Support).await;
        let line = support.get("/logs/export.ndjson").await.text();
        let listed = program.get("/api/v1/logs").await;
        assert_eq!(listed.text(), format!("{{\"entries\":[{}],\"older\":null,\"newer\":null}}", line.trim_end()));
        for id in [places.entry.to_string(), places.entry.to_string().to_uppercase(), places.entry.simple().to_string()] {
            let page = program.get(&format!("/api/v1/logs/{id}")).await;
            assert_eq!((page.status.as_u16(), page.text()), (200, line.trim_end().to_owned()), "{id}");
        }
        for id in ["x", &uuid::Uuid::nil().to_string()] {
            let page = program.get(&format!("/api/v1/logs/{id}")).await;
            assert_eq!((page.status.as_u16(), problem(&page).as_str()), (404, "not-found"), "{id}");
        }
        let nothing = app.client().get("/api/v1/nothing").await;
        assert_eq!((nothing.status.as_u16(), problem(&nothing).as_str()), (404, "not-found"));
    }

    async fn the_filters_are_those_of_the_page_and_a_bad_one_is_named(db: TestDb) {
        Places::write(&db).await;
        db.write(vec![sample::log(sample::minutes_ago(600))]).await;
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        for (query, n) in [
            ("", 2),
            ("?status=error", 1),
            ("?status=!error", 1),
            ("?q=walker_id", 1),
            ("?ip=203.0.113.0/24", 1),
            ("?extra.service_type=group_walk", 1),
            ("?range=1h", 1),
            ("?member=none", 1),
        ] {
            let page = program.get(&format!("/api/v1/logs{query}")).await;
            assert_eq!(ids(&json(&page)).len(), n, "{query}");
        }
        let page = program.get("/api/v1/logs?range=2h&limit=7&ip=x&before=y&q=%ff").await;
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (400, "malformed"));
        let mut fields: Vec<_> = errors(&page).into_iter().map(|error| error.1).collect();
        fields.sort();
        assert_eq!(fields, ["before", "ip", "limit", "q", "range"]);
    }

    async fn what_the_owner_may_not_see_is_not_in_the_object_and_cannot_be_asked_for(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let viewer = Api::new(&app, Role::Viewer, &[Scope::Read]).await;
        for path in ["/api/v1/logs".to_owned(), format!("/api/v1/logs/{}", places.entry)] {
            let text = viewer.get(&path).await.text();
            assert!(text.contains("Booking could not be confirmed"), "{text}");
            for hidden in ["ip_address", "user_agent", "error_message", "error_detail", "extra", "203.0.113.24", "walker_id"] {
                assert!(!text.contains(hidden), "{path} tells {hidden}: {text}");
            }
        }
        for query in ["ip=203.0.113.24", "user_agent=iphone", "extra.service_type=group_walk"] {
            assert_eq!(viewer.get(&format!("/api/v1/logs?{query}")).await.status, 400, "{query}");
        }
        assert!(ids(&json(&viewer.get("/api/v1/logs?q=walker_id").await)).is_empty());
        // Another role of the owner counts from the next request.
        app.db.outside().await.run("UPDATE daybook_staff SET role = 'support' WHERE email = 'viewer-api@example.org'").await;
        assert!(viewer.get("/api/v1/logs").await.text().contains("walker_id"));
    }

    async fn a_page_of_long_entries_is_cut_short_and_leads_on(db: TestDb) {
        let long = |n: i64| NewLog { error_detail: Some("x".repeat(1024 * 1024)), ..sample::error(sample::minutes_ago(n)) };
        db.write((0..12).map(long).collect()).await;
        let app = TestApp::start(db).await;
        let program = Api::reader(&app).await;
        let pages = walk(&program, &app.base, "/api/v1/logs?limit=50", "older").await;
        assert!(pages.len() > 1 && pages.iter().all(|page| page.len() <= 6), "{:?}", pages.iter().map(Vec::len).collect::<Vec<_>>());
        let mut all = pages.concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12);
    }
}
