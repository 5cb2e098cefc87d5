//! Instants that no calendar has: an attached table may hold `infinity`, and years long before and after ours.

use chrono::DateTime;

use crate::support::{
    Api, api,
    application::{ENTRIES, attached, signed_in},
};

/// More than a page of each, all of the same words.
const FAR: &str = "INSERT INTO audit_logs (id, timestamp, action_type, area, description, status)
    SELECT gen_random_uuid(), at, 'page_visit', 'members/far', 'seen from afar', 'success' FROM generate_series(1, 60),
    unnest(ARRAY['infinity', '-infinity', '20000-01-01', '4000-01-01 BC']::timestamptz[]) AS at";
const MANY: usize = 240;

/// The entries of pages, each of which came once.
fn once(walked: &[Vec<String>], of: &str) -> Vec<String> {
    let met: Vec<String> = walked.concat();
    let mut each = met.clone();
    each.sort();
    each.dedup();
    assert_eq!(each.len(), met.len(), "{of}: an entry came twice");
    met
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_at_the_ends_of_time_are_met_once_and_told_as_instants() {
    for zone in
        ["", "; ALTER TABLE audit_logs ALTER COLUMN timestamp TYPE timestamp USING timestamp AT TIME ZONE 'UTC'"]
    {
        let (db, mut outside) = attached(&format!("{FAR}{zone}"), &[]).await;
        let (app, client) = signed_in(db).await;
        for (query, many) in [
            ("range=all", MANY + ENTRIES.len()),
            ("range=all&area=members/far", MANY),
            ("range=all&area=members/*&status=success", MANY + 3),
            ("range=all&q=afar", MANY),
            ("range=all&user_agent=none-such", 0),
        ] {
            let path = format!("/logs?{query}&limit=25");
            let walked = client.walk(&path, "next").await;
            let met = once(&walked, query);
            assert_eq!(met.len(), many, "{query}{zone} in {} pages", walked.len());
        }
        let mut last = client.get("/logs?range=all&limit=25").await;
        while let Some(next) = last.rel("next") {
            last = client.get(&next).await;
        }
        let back = client.walk(&last.rel("prev").expect("a way back"), "prev").await;
        assert_eq!(once(&back, "back").len() + last.entries().len(), MANY + ENTRIES.len(), "{zone}");

        let export = client.get("/logs/export.ndjson?range=all").await.text();
        let mut told: Vec<String> = Vec::new();
        for line in export.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            told.push(entry["timestamp"].as_str().expect("an instant").to_owned());
        }
        assert_eq!(told.len(), MANY + ENTRIES.len());
        assert!(told.is_sorted_by(|newer, older| newer >= older), "{told:?}");
        for at in &told {
            assert!(DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
        }
        assert!(told[0] == "9999-12-31T23:59:59.999999Z" && told.last().is_some_and(|at| at.starts_with("0000-01-01")));

        let reader = Api::reader(&app).await;
        let mut next = Some("/api/v1/logs?limit=100".to_owned());
        let mut read = 0;
        while let Some(path) = next {
            let page = api::json(&reader.get(&path).await);
            read += page["entries"].as_array().expect("entries").len();
            next = page["older"].as_str().map(|url| url.strip_prefix(&app.base).expect("a link of ours").to_owned());
            assert!(read <= told.len(), "the walk does not end");
        }
        assert_eq!(read, told.len());
        for id in outside.texts("SELECT id::text FROM (SELECT DISTINCT ON (timestamp) id FROM audit_logs) AS one").await
        {
            assert_eq!(client.get(&format!("/logs/{id}?range=all")).await.status, 200, "{id}");
        }
        for query in ["range=all", "range=all&q=afar"] {
            let overview = client.htmx(&format!("/logs/overview?{query}")).await;
            assert!(overview.status == 200 && overview.has(".hist"), "{query}{zone}: {}", overview.text());
        }
    }
}
