//! Exports: what is in the file, who may have it, what is written down, and that no end but the whole one is silent.

use std::collections::HashMap;

use daybook::{
    core::role::Role,
    logs::log::{NewLog, NewMember},
};
use reqwest::StatusCode;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, TestApp, TestDb,
        crowd::{Crowd, kinds},
        reference::{Pairs, pair, url},
        sample, wait,
    },
};

/// The columns, in their order.
pub const COLUMNS: [&str; 14] = [
    "id",
    "timestamp",
    "member_id",
    "member_email",
    "action_type",
    "area",
    "description",
    "status",
    "booking_id",
    "error_message",
    "error_detail",
    "ip_address",
    "user_agent",
    "extra",
];

/// Cells that would do something, or break a table that is written carelessly.
const HOSTILE: [&str; 18] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\n=1",
    "'=1",
    " =1",
    "a,b",
    "a\"b\"\"",
    "\"",
    "two\r\nlines",
    "\u{feff}x",
    "\u{202e}evil",
    "🐕 é e\u{301}",
    "=HYPERLINK(\"http://x.example\",\"click\")",
    "\u{2028}\u{85}\u{b}\u{1b}[31m\u{7f}",
];

/// The export at the address of a list.
pub fn export_of(list: &str, ending: &str) -> String {
    list.replacen("/logs", &format!("/logs/export.{ending}"), 1)
}

/// A file of CSV as another program reads it: strict about the width of rows, and about what RFC 4180 says of their ends.
pub fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(false)
        .terminator(csv::Terminator::CRLF)
        .from_reader(bytes);
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// What a cell holds for a text.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// The cells of an entry, out of what was written.
fn cells(log: &NewLog) -> Vec<String> {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    vec![
        log.id.to_string(),
        log.timestamp.rfc3339(),
        id(log.member_id),
        text(&log.member_email),
        cell(&log.action_type),
        cell(&log.area),
        cell(&log.description),
        cell(&log.status),
        id(log.booking_id),
        text(&log.error_message),
        text(&log.error_detail),
        text(&log.ip_address),
        text(&log.user_agent),
        text(&log.extra),
    ]
}

/// The line of an entry, out of what was written; `extra` as the text that came, where that is JSON.
fn line(log: &NewLog) -> String {
    let string = |text: &str| serde_json::to_string(text).expect("a string");
    let text = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), string);
    let id = |id: Option<Uuid>| id.map_or("null".to_owned(), |id| format!("\"{id}\""));
    let extra = log.extra.as_deref().map_or("null".to_owned(), |text| {
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
        if is_json { text.trim().replace(['\r', '\n'], " ") } else { string(text) }
    });
    format!(
        r#"{{"id":"{}","timestamp":"{}","member_id":{},"member_email":{},"action_type":{},"area":{},"description":{},"status":{},"booking_id":{},"error_message":{},"error_detail":{},"ip_address":{},"user_agent":{},"extra":{extra}}}"#,
        log.id,
        log.timestamp.rfc3339(),
        id(log.member_id),
        text(&log.member_email),
        string(&log.action_type),
        string(&log.area),
        string(&log.description),
        string(&log.status),
        id(log.booking_id),
        text(&log.error_message),
        text(&log.error_detail),
        text(&log.ip_address),
        text(&log.user_agent),
    )
}

/// Both exports of a list are the entries that walking its pages meets, cell for cell and byte for byte.
async fn is_the_list(client: &Client, logs: &HashMap<String, &NewLog>, list: &str) -> usize {
    let walked = client.walk(list, "next").await.concat();
    let csv = client.get(&export_of(list, "csv")).await;
    assert_eq!(csv.status, StatusCode::OK, "{list}: {}", csv.text());
    let mut rows = table(&csv.body);
    assert_eq!(rows.remove(0), COLUMNS, "{list}");
    let expected: Vec<Vec<String>> = walked.iter().map(|id| cells(logs[id])).collect();
    assert_eq!(rows, expected, "{list}");
    let ndjson = client.get(&export_of(list, "ndjson")).await;
    let lines: String = walked.iter().map(|id| format!("{}\n", line(logs[id]))).collect();
    assert_eq!(ndjson.text(), lines, "{list}");
    walked.len()
}

/// The lines about exports in the staff's log: kind, what, detail.
pub async fn recorded(db: &TestDb) -> Vec<String> {
    let sql = "SELECT staff_email || ' ' || kind || ' ' || subject || ' ' || detail FROM daybook_staff_log \
               WHERE kind LIKE '%export%' ORDER BY seq";
    db.outside().await.texts(sql).await
}

database_test! {
    async fn an_export_is_the_list_whatever_the_filter(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let logs: HashMap<String, &NewLog> = reference.logs.iter().map(|log| (log.id.to_string(), log)).collect();
        let mut queries: Vec<Pairs> = vec![vec![]];
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let kinds = kinds();
        for (at, one) in kinds.iter().enumerate() {
            use proptest::strategy::{Strategy as _, ValueTree as _};
            let other = &kinds[(at + 3) % kinds.len()];
            let mut ask = |kind: &proptest::strategy::BoxedStrategy<Pairs>| {
                kind.new_tree(&mut runner).expect("a filter").current()
            };
            queries.extend([ask(one), ask(one), [ask(one), ask(other)].concat()]);
        }
        let mut found = 0;
        for mut pairs in queries {
            if !pairs.iter().any(|(name, _)| matches!(name.as_str(), "range" | "from" | "to")) {
                pairs.push(pair("range", "all"));
            }
            found += usize::from(is_the_list(&client, &logs, &url(&pairs)).await > 0);
        }
        assert!(found > 20, "only {found} filters found anything: they try nothing");
        // Unless said, it is everything, not a page's last 24 hours.
        let all = client.get("/logs/export.ndjson").await.text().lines().count();
        assert_eq!(all, logs.len());
    }

    async fn long_walks_of_many_that_share_an_instant_are_whole(db: TestDb) {
        let member = NewMember { id: Uuid::new_v4(), email: Some("jo@x.example".into()), name: None };
        let entry = |at: i64| NewLog {
            member_id: (at % 2 == 0).then_some(member.id),
            member_email: Some("Jo@X.example".into()),
            status: if at % 3 == 0 { "error" } else { "success" }.to_owned(),
            error_message: (at % 5 == 0).then(|| format!("refund {at}")),
            ..sample::log(sample::minutes_ago(at / 700))
        };
        let logs: Vec<NewLog> = (0..2_600).map(entry).collect();
        db.member(member).await;
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let logs: HashMap<String, &NewLog> = logs.iter().map(|log| (log.id.to_string(), log)).collect();
        // One walk, two that overlap, a conjunction, a search; just full chunks and what is beyond them.
        for (query, entries) in [
            ("range=all", 2_600),
            ("range=all&member=jo@x.example", 2_600),
            ("range=all&status=error&member=jo@x.example", 867),
            ("range=all&q=refund", 520),
        ] {
            assert_eq!(is_the_list(&client, &logs, &format!("/logs?limit=200&{query}")).await, entries, "{query}");
        }
    }

    async fn nothing_that_a_stranger_wrote_leaves_its_cell(db: FileDb) {
        let entry = |(at, text): (i64, &&str)| {
            let text = Some((*text).to_owned());
            let short = text.clone().filter(|text| text.len() < 16).unwrap_or_default();
            NewLog {
                member_email: text.clone(),
                action_type: short.clone() + "x",
                area: text.clone().unwrap_or_default(),
                description: text.clone().unwrap_or_default(),
                status: short,
                error_message: text.clone(),
                error_detail: text.clone(),
                ip_address: text.clone().filter(|text| text.len() < 60),
                user_agent: text.clone(),
                extra: Some(serde_json::json!({ "k": text }).to_string()),
                ..sample::log(sample::minutes_ago(at))
            }
        };
        let mut logs: Vec<NewLog> = (0..).zip(&HOSTILE).map(entry).collect();
        for extra in ["{\r\n \"a\": 1\n}", "-1", "not json, \"at all\"", "{\"n\": 12345678901234567890.10, \"n\": 1e400000}"] {
            logs.push(NewLog { extra: Some(extra.to_owned()), ..sample::log(sample::minutes_ago(90)) });
        }
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let by_id: HashMap<String, &NewLog> = logs.iter().map(|log| (log.id.to_string(), log)).collect();
        assert_eq!(is_the_list(&client, &by_id, "/logs?range=all").await, logs.len());
        let csv = client.get("/logs/export.csv").await;
        for (at, row) in table(&csv.body).iter().enumerate() {
            for cell in row {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "row {at}: {cell:?}");
            }
        }
        // By hand, and not by the reader's grace: quotes doubled, breaks and commas within quotes, CRLF after each row.
        let text = csv.text();
        assert!(text.starts_with("id,timestamp,member_id,") && text.ends_with("\r\n"), "{text}");
        for quoted in [",\"a\"\"b\"\"\"\"\",", ",\"\"\"\",", ",\"two\r\nlines\",", ",\"'\rx\",", ",'=1+1,", ",\"a,b\","] {
            assert!(text.contains(quoted), "{quoted:?} in {text}");
        }
    }

    async fn columns_are_chosen_in_their_order_by_link_and_by_form(db: TestDb) {
        let log = sample::error(sample::minutes_ago(5));
        db.write(vec![log.clone(), sample::log(sample::minutes_ago(6))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for query in ["columns=status,id", "columns=status&columns=id", "columns=status,%20id,,status&columns="] {
            let csv = client.get(&format!("/logs/export.csv?status=error&{query}")).await;
            assert_eq!(csv.text(), format!("status,id\r\nerror,{}\r\n", log.id), "{query}");
            let ndjson = client.get(&format!("/logs/export.ndjson?status=error&{query}")).await;
            assert_eq!(ndjson.text(), format!("{{\"status\":\"error\",\"id\":\"{}\"}}\n", log.id), "{query}");
        }
        let chosen = client.get("/logs/export.csv?status=error&chosen=1&columns=id").await;
        assert_eq!(chosen.text(), format!("id\r\n{}\r\n", log.id));
        // A row of one empty cell is still a row.
        let csv = client.get("/logs/export.csv?columns=error_message").await;
        assert!(csv.text().ends_with("\r\n\"\"\r\n"), "{:?}", csv.text());
        assert_eq!(table(&csv.body).len(), 3);
        assert_eq!(client.get("/logs/export.csv?columns=").await.text().lines().next(), Some(COLUMNS.join(",").as_str()));
    }

    async fn what_cannot_be_read_is_said_and_nothing_is_exported(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, said) in [
            ("columns=ip,id,%3Cb%3E", "columns: “ip”, “<b>” are no columns. The columns are id, timestamp,"),
            ("columns=%ff", "columns: “\u{fffd}” is no column."),
            ("chosen=1&status=error", "columns: Choose at least one column."),
            ("range=2d", "range: “2d” is not a time range"),
            ("status=!&ip=x", "ip: “x” is not an IP address."),
            ("from=2026-02-30", "February is shorter that year"),
        ] {
            for ending in ["csv", "ndjson"] {
                let page = client.get(&format!("/logs/export.{ending}?{query}")).await;
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert_eq!(page.texts("h1"), ["This export could not be made"]);
                assert!(page.texts(".lone p").join("\n").contains(said), "{query}: {:?}", page.texts(".lone p"));
                assert_eq!(page.header("content-disposition"), None);
            }
        }
        app.staff_log.flush().await;
        assert_eq!(recorded(&app.db).await, [""; 0]);
    }

    async fn a_file_is_named_after_its_filter_in_plain_letters(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, name) in [
            ("range=24h&status=error", "daybook-brackenfield-dogs-errors-last-24-hours-2026-06-18.csv".to_owned()),
            ("q=%22%0d%0aX%3a+1%2f..%2f%C3%A9", "daybook-brackenfield-dogs-entries-with-the-text-x-1-all-time-2026-06-18.csv".to_owned()),
        ] {
            let file = client.head(&format!("/logs/export.csv?{query}")).await;
            assert_eq!(file.header("content-disposition"), Some(format!("attachment; filename=\"{name}\"").as_str()));
        }
        let long = client.head(&format!("/logs/export.csv?area={}", "very-long/".repeat(40))).await;
        assert!(long.header("content-disposition").expect("a name").len() < 150);
    }

    async fn a_file_says_what_it_is_and_no_one_keeps_a_copy(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (ending, kind) in [("csv", "text/csv; charset=utf-8; header=present"), ("ndjson", "application/x-ndjson")] {
            let path = format!("/logs/export.{ending}");
            for page in [client.get(&path).await, client.head(&path).await] {
                assert_eq!(page.header("content-type"), Some(kind));
                assert_eq!(page.header("cache-control"), Some("no-store"));
                assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
                let name = format!("attachment; filename=\"daybook-brackenfield-dogs-2026-06-18.{ending}\"");
                assert_eq!(page.header("content-disposition"), Some(name.as_str()));
            }
        }
        // An empty list is an empty file, with the names of its columns.
        assert_eq!(client.get("/logs/export.csv").await.text(), COLUMNS.join(",") + "\r\n");
        assert_eq!(client.get("/logs/export.ndjson").await.text(), "");
    }

    async fn a_viewer_gets_neither_file_nor_menu(db: TestDb) {
        let log = NewLog { member_email: Some("jo@x.example".into()), ..sample::error(sample::minutes_ago(5)) };
        db.write(vec![log]).await;
        let app = TestApp::start(db).await;
        let viewer = app.signed_in(Role::Viewer).await;
        for ending in ["csv", "ndjson"] {
            let page = viewer.get(&format!("/logs/export.{ending}?range=all")).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN);
            assert!(!page.text().contains("AttributeError") && page.header("content-disposition").is_none());
        }
        for path in ["/logs?range=all", "/members/by-email?email=jo@x.example"] {
            assert!(!viewer.get(path).await.text().contains("export"), "{path}");
        }
        app.staff_log.flush().await;
        assert_eq!(recorded(&app.db).await, [""; 0]);
    }

    async fn the_menu_exports_what_is_shown(db: TestDb) {
        let member = sample::member("Hana <b>", "hana@example.org");
        let of = |at| NewLog {
            member_id: Some(member.id),
            area: "a\"&<b>".to_owned(),
            ..sample::error(sample::minutes_ago(at))
        };
        db.member(member.clone()).await;
        db.write((0..60).map(of).chain([sample::log(sample::minutes_ago(3))]).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let list = "/logs?range=all&area=a%22%26%3Cb%3E&limit=25";
        let second = client.get(list).await.rel("next").expect("a second page");
        let (page, fragment) = (client.get(&second).await, client.htmx(&second).await);
        for page in [page, fragment, client.get(&format!("/members/{}", member.id)).await] {
            let links = page.attributes("details.export a[download]", "href");
            assert_eq!(links.len(), 2, "{}", page.text());
            for link in &links {
                assert!(!link.contains("before=") && link.contains("range=all"), "{link}");
            }
            let csv = table(&client.get(&links[0]).await.body);
            assert_eq!((csv.len(), csv[0].len()), (61, 14), "{}", links[0]);
            assert_eq!(client.get(&links[1]).await.text().lines().count(), 60);
            // The form, as a browser without a script sends it.
            let hidden = |name| page.attributes("details.export input[type=hidden]", name);
            let mut pairs: Pairs = hidden("name").into_iter().zip(hidden("value")).collect();
            let boxes = page.attributes("details.export input[name=columns][checked]", "value");
            assert_eq!(boxes, COLUMNS);
            pairs.extend([pair("columns", &boxes[7]), pair("columns", &boxes[5])]);
            let actions = [page.attribute("details.export form", "action"), page.attribute("details.export button[formaction]", "formaction")];
            assert_eq!(actions.clone().map(Option::unwrap_or_default), ["/logs/export.csv", "/logs/export.ndjson"]);
            let csv = client.get(&url(&pairs).replacen("/logs", "/logs/export.csv", 1)).await.text();
            assert!(csv.starts_with("status,area\r\nerror,\"a\"\"&<b>\"\r\n"), "{csv}");
            assert!(page.text().contains("The export is recorded under your name."));
        }
    }

    async fn an_export_is_written_down_before_and_after(db: FileDb) {
        db.write((0..40).map(|at| sample::error(sample::minutes_ago(at))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        client.get("/logs/export.csv?status=error&columns=id&from=2026-06-18T14:08:05%2B01:00&limit=25").await;
        client.head("/logs/export.csv").await;
        client.get("/logs/export.ndjson?range=1h&member=none").await;
        // A line at the end is written once the last piece is taken, which the client may see first.
        let all = wait::until("both ends are recorded", async || {
            app.staff_log.flush().await;
            Some(recorded(&app.db).await).filter(|lines| lines.len() == 4)
        });
        let all = all.await;
        let first = "range=custom&from=2026-06-18T14:08:05%2B01:00&status=error&columns=id";
        assert_eq!(
            all,
            [
                format!("admin@example.org exported csv {first}"),
                format!("admin@example.org export_ended csv rows=31&{first}"),
                "admin@example.org exported ndjson range=1h&member=none".to_owned(),
                "admin@example.org export_ended ndjson rows=0&range=1h&member=none".to_owned(),
            ]
        );
        // What cannot be written down is not exported. The lock is held for longer than a commit may take.
        let mut outside = app.db.outside().await;
        outside.run("BEGIN IMMEDIATE").await;
        let refused = wait::until("exports are refused", async || {
            let page = client.get("/logs/export.csv").await;
            (page.status == StatusCode::SERVICE_UNAVAILABLE).then_some(page)
        });
        assert_eq!(refused.await.texts("h1"), ["This page cannot be shown just now"]);
        outside.run("ROLLBACK").await;
    }
}
