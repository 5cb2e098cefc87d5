//! The pages of error groups: list and group against a plain reference, by role, with what is typed kept, and harmless.

use daybook::{
    core::{role::Role, time::Timestamp},
    db::Sql,
    error_groups::fingerprint::{Alike, Fingerprint},
    logs::{log::NewLog, write::Batch},
};
use reqwest::StatusCode;
use scraper::Selector;
use uuid::Uuid;

use crate::{
    database_test,
    error_groups::{Plain, failure, gather, link, print, reference, said, state_of, support},
    support::{Client, Page, TestApp, app::Setup, harmless, sample},
};

/// What groups are ordered by.
type By = fn(&Plain) -> i64;

/// Titles in the list, from a page on, page after page.
async fn walk(client: &Client, path: &str, rel: &str) -> Vec<Vec<String>> {
    let pages = client.pages(path, rel).await;
    pages.iter().map(|page| page.attributes("#list a[data-row]", "href")).collect()
}

/// A value of what errors have in common.
struct Value {
    name: String,
    said: String,
    href: Option<String>,
}

fn rows(page: &Page) -> Vec<Value> {
    let css = |css: &str| Selector::parse(css).expect("a selector");
    let html = page.html();
    let text = |row: scraper::ElementRef<'_>, what: &str| {
        row.select(&css(what)).next().map(|one| one.text().collect::<String>()).unwrap_or_default()
    };
    let href =
        |row: scraper::ElementRef<'_>| row.select(&css("a")).next().and_then(|a| a.attr("href")).map(str::to_owned);
    let value = |row| Value { name: text(row, "dt"), said: text(row, "dd"), href: href(row) };
    html.select(&css(".facts .kv > div")).map(value).collect()
}

fn figures(page: &Page) -> Vec<String> {
    page.texts(".stats:not(.outcomes) dd").into_iter().take(2).collect()
}

database_test! {
    async fn the_list_is_sorted_searched_and_paged_as_a_plain_reference(db: TestDb) {
        // Many that are equal in what they are sorted by.
        let mut logs = Vec::new();
        for at in 0..70_i64 {
            let name = format!("Kind{}Error", ["A", "B", "C", "D", "E", "F", "G"][usize::try_from(at % 7).expect("a number")].repeat(usize::try_from(at / 7 + 1).expect("a number")));
            for time in 0..=(at % 3) {
                let member_email = Some(format!("m{}@example.org", time % 2));
                logs.push(NewLog { member_email, ..failure(&name, at / 5 * 60 + time) });
            }
        }
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let plain = reference(&logs);
        let micros = |at: Option<Timestamp>| at.map_or(0, Timestamp::micros);
        let by: [(&str, By); 3] = [
            ("times", |plain| plain.times),
            ("members", |plain| i64::try_from(plain.members.len()).expect("a number")),
            ("first_seen", |plain| plain.first.map_or(0, Timestamp::micros)),
        ];
        for (sort, value) in by {
            let mut order: Vec<(i64, i64)> = plain.iter().map(|(print, plain)| (value(plain), *print)).collect();
            order.sort_unstable_by(|a, b| b.cmp(a));
            let expected: Vec<String> =
                order.iter().map(|(_, print)| format!("/errors/{}", Fingerprint::from_number(*print))).collect();
            let pages = walk(&client, &format!("/errors?limit=25&sort={sort}"), "next").await;
            assert_eq!((pages.len(), pages.concat()), (3, expected.clone()), "{sort}");
            // And back from the last page.
            let mut last = format!("/errors?limit=25&sort={sort}");
            while let Some(next) = client.get(&last).await.rel("next") {
                last = next;
            }
            let mut back = walk(&client, &last, "prev").await;
            back.reverse();
            assert_eq!(back.concat(), expected, "{sort}");
        }
        let found = walk(&client, "/errors?limit=25&q=KINDAAA", "next").await.concat();
        let mut titled: Vec<(i64, i64)> = plain
            .iter()
            .filter(|(print, _)| {
                let log = logs.iter().find(|log| self::print(log).number() == **print).expect("a log");
                Alike::of(said(log), None).title.to_lowercase().contains("kindaaa")
            })
            .map(|(print, plain)| (micros(plain.last.map(|(at, _)| at)), *print))
            .collect();
        titled.sort_unstable_by(|a, b| b.cmp(a));
        let titled: Vec<String> =
            titled.iter().map(|(_, print)| format!("/errors/{}", Fingerprint::from_number(*print))).collect();
        assert_eq!((found.len(), found), (8, titled));
        let page = client.get("/errors?q=kindaaa+failed").await;
        assert_eq!(page.texts(".tabs a")[..2], ["All 8", "New 8"], "the numbers are of what is searched for");
        assert!(client.get("/errors?q=kindaaa+nothing").await.texts(".empty h3").contains(&"Nothing matches".to_owned()));
    }

    async fn a_search_that_stops_says_so_and_goes_on_from_there(db: TestDb) {
        let logs: Vec<NewLog> = (0..40_u8)
            .map(|at| failure(&format!("{}Error", char::from(b'A' + at % 26).to_string().repeat(usize::from(at / 26) + 2)), i64::from(at)))
            .collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let mut setup = Setup::default();
        (setup.budgets.list.step, setup.budgets.list.steps) = (7, 1);
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let last = &logs[39];
        let title = Alike::of(said(last), None).title;
        let path = format!("/errors?q={}", title.split(':').next().expect("a name"));
        let page = client.get(&path).await;
        assert!(page.has(".tell a") && !page.has(".empty"), "it never says that there is none");
        assert_eq!(walk(&client, &path, "next").await.concat(), [link(last)]);
    }

    async fn each_time_it_happened_is_walked_once(db: TestDb) {
        let logs: Vec<NewLog> = (0..60).map(|at| failure("OftenError", at / 4)).collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let mut expected: Vec<(Timestamp, Uuid)> = logs.iter().map(|log| (log.timestamp, log.id)).collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let expected: Vec<String> = expected.into_iter().map(|(_, id)| format!("/logs/{id}")).collect();
        let path = link(&logs[0]);
        assert_eq!(walk(&client, &path, "next").await.concat(), expected);
        let mut last = path.clone();
        while let Some(next) = client.get(&last).await.rel("next") {
            last = next;
        }
        let mut back = walk(&client, &last, "prev").await;
        back.reverse();
        assert_eq!(back.concat(), expected);
        assert_eq!(client.get(&format!("{path}?before=x")).await.status, StatusCode::BAD_REQUEST);
        // Each bar leads to what it counts.
        let page = client.get(&path).await;
        let bars = page.attributes(".hits-fine a", "href");
        let labels = page.attributes(".hits-fine a", "aria-label");
        let full = labels.iter().position(|label| label.contains("60 errors")).expect("a bar with all of them");
        assert_eq!(walk(&client, &bars[full], "next").await.concat(), expected);
    }

    async fn who_may_see_errors_sees_groups_and_nobody_else(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        let app = TestApp::start(db).await;
        gather(&app.db).await;
        let viewer = app.signed_in(Role::Viewer).await;
        for path in ["/errors", &link(&error), "/errors/nonsense"] {
            assert_eq!(viewer.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(viewer.submit(&link(&error), &[("state", "resolved")]).await.status, StatusCode::FORBIDDEN);
        let entry = format!("/logs/{}", error.id);
        let page = viewer.get(&entry).await;
        assert!(!page.has(".seen") && !page.has(".tell") && !page.text().contains("/errors"), "{}", page.text());
        assert_eq!(viewer.get(&format!("/find?q={}", print(&error))).await.status, StatusCode::OK);
        for role in [Role::Support, Role::Admin] {
            let client = app.signed_in(role).await;
            assert_eq!(client.get("/errors").await.status, StatusCode::OK);
            let fields = [("state", "in_work"), ("note", "Offer to book it for them.")];
            assert_eq!(client.submit(&link(&error), &fields).await.status, StatusCode::SEE_OTHER);
            let page = client.get(&entry).await;
            assert_eq!(page.texts(".tell"), ["What to tell them: Offer to book it for them."]);
            assert_eq!(page.texts(".seen .tag"), ["In work"]);
            assert_eq!(page.attribute(".seen a", "href"), Some(link(&error)));
            let found = client.get(&format!("/find?q={}", print(&error))).await;
            assert_eq!((found.status, found.location()), (StatusCode::SEE_OTHER, link(&error).as_str()));
            for nowhere in ["/errors/000000000000", "/errors/nonsense", "/errors/9F2C41D07BE3", "/errors/%00"] {
                assert_eq!(client.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
            }
            let nowhere = client.submit("/errors/000000000000", &[("state", "new")]).await;
            assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
            assert_eq!(client.post(&link(&error), &[("state", "new")]).await.status, StatusCode::FORBIDDEN, "no token");
        }
    }

    async fn what_is_said_is_checked_kept_and_written_down(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let path = link(&error);
        let long = "é".repeat(2_001);
        for (fields, why) in [
            (vec![("state", "came_back"), ("note", "kept")], "cannot be said"),
            (vec![("state", "gone"), ("note", "kept")], "cannot be said"),
            (vec![("state", "in_work"), ("note", long.as_str())], "2001 characters"),
            (vec![("state", "in_work"), ("note", "a\0b")], "NUL"),
        ] {
            let page = client.submit(&path, &fields).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{why}");
            assert!(page.texts(".facts .field-error").concat().contains(why), "{why}: {:?}", page.texts(".field-error"));
            let typed = fields[1].1.replace('\0', "\u{fffd}");
            assert_eq!(page.texts("#note"), [typed]);
        }
        assert_eq!(state_of(&app.db, &error).await, "new", "nothing of it was kept");
        let note = "é".repeat(2_000);
        assert_eq!(client.submit(&path, &[("state", "in_work"), ("note", &note)]).await.location(), path);
        let page = client.get(&path).await;
        assert_eq!((page.texts("#note"), page.attributes("[name=state][checked]", "value")), (vec![note], vec!["in_work".to_owned()]));
        assert!(page.texts(".facts .hint").concat().contains("said by support@example.org"));
        // The last wins, and the page says who.
        let admin = app.signed_in(Role::Admin).await;
        admin.submit(&path, &[("state", "resolved"), ("note", "")]).await;
        let page = client.get(&path).await;
        assert!(page.texts(".facts .hint").concat().contains("said by admin@example.org"));
        assert_eq!(page.texts("#note"), [""]);
        app.staff_log.flush().await;
        let records = admin.get("/staff/activity?range=all&kind=error_group").await;
        let said = records.texts("#list .c-what");
        let changed = said.iter().find(|said| said.starts_with("Changed")).expect("a change");
        assert!(changed.starts_with(&format!("Changed error group {}", print(&error))), "{said:?}");
        assert!(changed.contains("In work to Resolved; note removed"), "{said:?}");
        assert!(said.iter().any(|said| said.starts_with(&format!("Error group {}", print(&error)))), "opening it is written down");
        let searches = admin.get("/staff/activity?range=all&kind=search").await;
        client.get("/errors?state=new&q=walker").await;
        assert_eq!(searches.status, StatusCode::OK);
        app.staff_log.flush().await;
        let searches = admin.get("/staff/activity?range=all&kind=search").await;
        assert!(searches.texts("#list .c-what").iter().any(|said| said.starts_with("Looked at Errors") && said.contains("q=walker")));
    }

    async fn bad_values_are_said_beside_their_fields(db: TestDb) {
        let (_app, client) = support(db).await;
        for (query, why) in [
            ("state=open", "no state"),
            ("sort=title", "no order"),
            ("limit=7", "not a number of rows"),
            ("q=%ff", "UTF-8"),
            ("q=a%00", "NUL"),
            ("before=x", "cannot be read"),
            ("tz=Nowhere", "not a time zone"),
        ] {
            for page in [client.get(&format!("/errors?{query}")).await, client.htmx(&format!("/errors?{query}")).await] {
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert!(page.texts("#results .notice").concat().contains(why), "{query}: {:?}", page.texts("#results"));
            }
        }
        let page = client.get("/errors?sort=title&q=kept&state=new").await;
        assert_eq!(page.attribute("#q", "value").as_deref(), Some("kept"));
        assert_eq!(page.texts("#sort option[selected]"), ["title"]);
        assert!(page.has("#sort[aria-invalid][aria-describedby=sort-e]") && page.has("#sort-e"));
        // The form is sent along only where it has to be: once it is put right, it no longer says that it is wrong.
        for (shown, stale) in [("/errors?sort=title&q=kept", true), ("/errors?q=kept", false), ("/errors", false)] {
            let by_form = [("HX-Request", "true"), ("HX-Trigger", "filters"), ("HX-Current-URL", shown)];
            let page = client.get_with("/errors?sort=times&q=kept", &by_form).await;
            assert_eq!(page.status, StatusCode::OK, "{shown}");
            assert_eq!(page.has("#filters[hx-swap-oob]"), stale, "{shown}");
        }
        let ours = client.get("/errors?limit=25").await;
        assert!(ours.texts(".empty h3").concat().starts_with("No errors"));
        let fragment = client.htmx("/errors").await;
        assert!(fragment.has("#results") && !fragment.has("header.top"));
    }

    async fn what_becomes_of_members_is_said(db: TestDb) {
        let names = ["Ann", "Ben", "Cat", "Dan"];
        let members: Vec<_> = names.iter().map(|name| sample::member(name, &format!("{}@example.org", name.to_lowercase()))).collect();
        let of = |at: usize, log: NewLog| NewLog { member_id: Some(members[at].id), member_email: members[at].email.clone(), ..log };
        let error = |at: usize, minutes: i64| of(at, sample::error(sample::minutes_ago(minutes)));
        let success = |at: usize, minutes: i64, extra: &str| {
            let log = NewLog {
                action_type: "booking_created".to_owned(),
                area: "members/bookings/new".to_owned(),
                extra: Some(extra.to_owned()),
                ..sample::log(sample::minutes_ago(minutes))
            };
            of(at, log)
        };
        let logs = vec![
            error(0, 50),
            success(0, 40, r#"{"service_type": "group_walk"}"#),
            error(1, 50),
            error(1, 45),
            success(1, 30, r#"{"service_type": "solo_walk"}"#),
            error(2, 20),
            NewLog { member_email: None, ..sample::error(sample::minutes_ago(10)) },
        ];
        db.write_batch(Batch { members: members.clone(), logs: logs.clone(), ..Batch::default() }).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        let page = client.get(&link(&logs[0])).await;
        assert!(figures(&page)[0].starts_with('5') && figures(&page)[1].starts_with("3and 1 time of nobody known"), "{:?}", figures(&page));
        let outcomes = page.texts(".outcomes dd");
        let numbers: Vec<&str> = outcomes.iter().filter_map(|text| text.get(..1)).collect();
        assert_eq!(numbers, ["1", "1", "1"], "{outcomes:?}");
        assert_eq!(page.texts("#write .c-member a"), ["Cat", "Ben"], "newest first, and not who got past it");
        assert_eq!(page.texts("#emails"), ["cat@example.org, ben@example.org"]);
        let entry = client.get(&format!("/logs/{}", logs[0].id)).await;
        let asked = entry.attribute("#since-then", "hx-get").expect("an entry asks what became of them");
        let said = client.htmx(&asked).await.texts("#since-then");
        assert_eq!(said, ["Since then: 1 recovered, 1 not seen to succeed since, 1 not seen since."]);
        let services = page.texts(".facts .kv").concat();
        assert!(services.contains("group_walk5 of 5"), "{services}");
        let list = client.get("/errors").await;
        assert_eq!(list.texts("#list .out small"), ["1 time anonymous"]);
        assert_eq!(list.attributes("#list .spark", "aria-label"), ["Last 14 days: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5"]);
    }

    async fn a_link_beside_a_number_leads_to_as_many(db: TestDb) {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let chrome = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36");
        let agents = [
            (format!("{chrome} Edg/126.0.2592.56"), 3),
            (format!("Mozilla/5.0 (Linux; Android 14; SM-S921B) {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"), 4),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15".to_owned(), 5),
            (chrome, 6),
            ("curl/8.5.0".to_owned(), 2),
        ];
        let mut logs: Vec<NewLog> = Vec::new();
        for (agent, n) in &agents {
            for at in 0..*n {
                let when = sample::minutes_ago(60 * 24 * 7 * i64::try_from(logs.len()).expect("a number"));
                logs.push(NewLog {
                    user_agent: Some(agent.clone()),
                    area: format!("members/bookings/{}", at % 2),
                    extra: Some(format!("{{\"service_type\": \"walk_{}\"}}", at % 3)),
                    ..sample::error(when)
                });
            }
        }
        // By their action alone.
        let by_action = |log: &NewLog| NewLog {
            id: Uuid::new_v4(),
            status: "success".to_owned(),
            action_type: "error".to_owned(),
            area: "jobs".to_owned(),
            error_detail: None,
            error_message: Some("JobError: it failed".to_owned()),
            ..log.clone()
        };
        let jobs: Vec<NewLog> = logs.iter().map(by_action).collect();
        db.write(logs.iter().chain(&jobs).cloned().collect()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        for log in [&logs[0], &jobs[0]] {
            let page = client.get(&link(log)).await;
            let mut linked = 0;
            for row in rows(&page) {
                let Some(href) = row.href else { continue };
                let Some((number, _)) = row.said.split_once(" of ") else { continue };
                let entries = client.walk(&href, "next").await.concat();
                assert_eq!(entries.len().to_string(), number, "{} {}: {href}", row.name, row.said);
                linked += 1;
            }
            // All but Chrome, whose every mark others have too; three service types.
            assert_eq!(linked, 4 + 3, "{}", page.texts(".facts .kv").concat());
        }
    }

    async fn a_member_met_under_several_names_is_one(db: TestDb) {
        let (ann, ben) = (sample::member("Ann", "ann@example.org"), sample::member("Ben", "ben@example.org"));
        let of = |id: Option<Uuid>, email: Option<&str>, minutes: i64| NewLog {
            member_id: id,
            member_email: email.map(str::to_owned),
            ..sample::error(sample::minutes_ago(minutes))
        };
        let logs = vec![
            of(Some(ann.id), Some("ann@old.example.org"), 50),
            of(None, Some("Ann@Example.org"), 40),
            of(Some(ann.id), None, 30),
            of(Some(ben.id), None, 20),
        ];
        db.write_batch(Batch { members: vec![ann, ben.clone()], logs: logs.clone(), ..Batch::default() }).await;
        gather(&db).await;
        let (app, client) = support(db).await;
        let page = client.get(&link(&logs[0])).await;
        assert_eq!((page.texts("#write .c-member a"), page.texts("#write td.num")), (vec!["Ben".to_owned(), "Ann".to_owned()], vec!["1 time".to_owned(), "3 times".to_owned()]));
        assert!(figures(&page)[1].starts_with('2'), "{:?}", figures(&page));
        assert_eq!(page.texts("#out-h"), ["The 2 members, since then"]);
        app.db.execute(Sql::new("DELETE FROM members WHERE id = ").bind(ben.id)).await;
        let page = client.get(&link(&logs[0])).await;
        assert_eq!((page.texts("#write .c-member a"), page.texts("#out-h")), (vec!["Ann".to_owned()], vec!["The 2 members, since then".to_owned()]));
        assert!(page.text().contains("1 is no longer known."), "{}", page.text());
    }

    async fn nothing_that_an_error_says_does_anything(db: TestDb) {
        let hostile = "<script>alert(1)</script>\" onmouseover=x {{7*7}} \u{202e}evil";
        let logs: Vec<NewLog> = (0..3)
            .map(|at| NewLog {
                area: format!("{hostile}{at}"),
                description: hostile.to_owned(),
                error_message: Some(format!("{hostile}: {hostile}")),
                error_detail: Some(format!("Traceback (most recent call last):\n  File \"{hostile}\", line 1, in {hostile}\nXError: {hostile}")),
                member_email: Some(format!("{hostile}@example.org")),
                user_agent: Some(hostile.to_owned()),
                extra: Some(serde_json::json!({ "service_type": hostile }).to_string()),
                ..sample::error(sample::minutes_ago(at))
            })
            .collect();
        db.write(logs.clone()).await;
        gather(&db).await;
        let (_app, client) = support(db).await;
        client.submit(&link(&logs[0]), &[("state", "in_work"), ("note", hostile)]).await;
        for path in ["/errors".to_owned(), link(&logs[0]), format!("/logs/{}", logs[0].id), format!("/errors?q={}", daybook::core::query_string::escape(hostile))] {
            let page = client.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            harmless::check(&page.html(), &path);
        }
    }
}
