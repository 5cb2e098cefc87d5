//! What each role sees: a viewer learns nothing of an address, a browser, an error's text or extra data, on no page, and
//! by no filter, search or count.

use daybook::{
    core::{query_string::escape, role::Role},
    logs::log::NewLog,
    routes::ROUTES,
    session::access::{Access, Verb},
};
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, TestDb, sample},
};

/// What stands in the five fields, each nowhere else.
const ADDRESS: &str = "203.0.113.77";
const BROWSER: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 uamark/18.5 Safari/604.1";
const MESSAGE: &str = "KeyError: messagemark";
const DETAIL: &str = "Traceback (most recent call last):\n  File \"/srv/detailmark/service.py\", line 247, in framemark\n\
                      \x20   return codemark\nKeyError: endmark";
const EXTRA: &str = r#"{"service_type": "servicemark", "keymark": "valuemark", "deep": {"deepmark": 77001}}"#;

/// What gives any of it away.
const MARKS: [&str; 16] = [
    ADDRESS,
    "203.0.113",
    "uamark",
    "iPhone",
    "Safari",
    "KeyError",
    "messagemark",
    "Traceback (",
    "detailmark",
    "framemark",
    "codemark",
    "endmark",
    "servicemark",
    "keymark",
    "valuemark",
    "77001",
];

fn secretive() -> NewLog {
    NewLog {
        ip_address: Some(ADDRESS.to_owned()),
        user_agent: Some(BROWSER.to_owned()),
        error_message: Some(MESSAGE.to_owned()),
        error_detail: Some(DETAIL.to_owned()),
        extra: Some(EXTRA.to_owned()),
        ..sample::error(sample::minutes_ago(6))
    }
}

/// One member, their booking, their error, and another entry to page to.
async fn written(db: &TestDb) -> Places {
    let member = sample::member("Hana Lindqvist", "hana.lindqvist@example.org");
    let booking = sample::booking(member.id);
    let log = NewLog { member_id: Some(member.id), booking_id: Some(booking.id), ..secretive() };
    let places = Places::write_these(db, member, booking, log).await;
    let gone = NewLog { member_email: Some("gone@example.org".to_owned()), ..secretive() };
    db.write(vec![gone, sample::log(sample::minutes_ago(3)), sample::log(sample::minutes_ago(9))]).await;
    places
}

/// Every page that shows entries, and some that cannot.
fn pages(places: &Places) -> Vec<String> {
    let Places { member, booking, entry, .. } = places;
    let mut out: Vec<_> = ROUTES
        .iter()
        .filter(|row| row.verb == Verb::Get && matches!(row.access, Access::Anyone | Access::Staff(_)))
        .map(|row| places.path(row))
        .collect();
    out.extend(
        [
            "/logs?range=all",
            "/logs?range=all&status=error",
            "/logs?q=confirmed",
            "/logs?range=all&action_type=!page_visit",
            "/logs?range=all&area=members/*",
            "/logs?range=1h&limit=25",
            "/logs?range=all&member=no-account",
            "/logs?range=nonsense",
            "/logs?status=nothing&area=nowhere",
            "/members?q=hana",
            "/members?q=gone",
            "/find?q=hana",
            "/find?q=confirmed",
            "/members/by-email?email=gone@example.org",
            "/members/by-email?email=hana.lindqvist@example.org",
        ]
        .map(str::to_owned),
    );
    out.push(format!("/logs?member={member}"));
    out.push(format!("/logs?booking={booking}"));
    out.push(format!("/logs/{entry}?range=all&status=error"));
    out.push(format!("/logs/{}?q=confirmed", entry.simple()));
    out
}

/// A page, and what htmx and a restored history get of it.
async fn thrice(client: &Client, path: &str) -> [Page; 3] {
    let restored = [("HX-Request", "true"), ("HX-History-Restore-Request", "true")];
    [client.get(path).await, client.htmx(path).await, client.get_with(path, &restored).await]
}

/// A page without what differs between any two loads of it, and without what was typed.
fn without(page: &Page, typed: &str) -> (StatusCode, String) {
    let mut text = page.text();
    for token in page.attributes("input[name=csrf_token]", "value") {
        text = text.replace(&token, "TOKEN");
    }
    // The place of a value's number is named after the query.
    for place in page.attributes(".facet b", "id") {
        text = text.replace(&place, "PLACE");
    }
    let text = text.replace(&escape(typed), "TYPED").replace(typed, "TYPED");
    // A number beside a choice is named after the query that it is of.
    let parts: Vec<&str> = text.split("id=\"n-").collect();
    let unnamed = |part: &&str| part.split_once('"').map_or("", |(_, rest)| rest).to_owned();
    let rest: Vec<String> = parts.iter().skip(1).map(unnamed).collect();
    (page.status, format!("{}{}", parts[0], rest.concat()))
}

database_test! {
    async fn a_viewer_sees_none_of_the_five_fields_anywhere(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let mut shown = 0;
        for path in pages(&places) {
            for page in thrice(&client, &path).await {
                let headers: String = page.headers.values().map(|value| format!("{value:?} ")).collect();
                let text = page.text();
                for mark in MARKS {
                    assert!(!text.contains(mark) && !headers.contains(mark), "{path} tells {mark}: {text}");
                }
                shown += usize::from(text.contains("Booking could not be confirmed"));
            }
        }
        assert!(shown > 20, "the entry itself stands on {shown} pages");
    }

    async fn a_viewer_is_told_that_something_is_hidden_whether_or_not_it_is_there(db: TestDb) {
        let bare = sample::log(sample::minutes_ago(3));
        let (full, empty) = (secretive(), NewLog { id: uuid::Uuid::new_v4(), ..bare });
        let ids = [full.id, empty.id];
        db.write(vec![full, empty]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for id in ids {
            let page = client.get(&format!("/logs/{id}")).await;
            assert_eq!(page.status, StatusCode::OK);
            let hidden = page.texts(".facts .gone").into_iter().filter(|text| text == "Hidden from viewers").count();
            assert_eq!(hidden, 3, "address, browser and extra data: {}", page.text());
            assert!(page.text().contains("Part of this entry is hidden from viewers"));
            assert!(!page.has("#ticket") && !page.has("#tb-text") && !page.has("#error-message"));
        }
    }

    async fn support_and_admins_see_all_of_it(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        for role in [Role::Support, Role::Admin] {
            let client = app.signed_in(role).await;
            let entry = client.get(&format!("/logs/{}", places.entry)).await;
            for mark in MARKS {
                assert!(entry.text().contains(mark), "{role} does not see {mark}");
            }
            assert_eq!(entry.texts("#error-message"), [MESSAGE]);
            assert!(client.get("/logs?range=all").await.texts(".err-line").contains(&MESSAGE.to_owned()));
            let file = client.get(&format!("/logs/{}/error_detail.txt", places.entry)).await;
            assert_eq!((file.status, file.text().as_str()), (StatusCode::OK, DETAIL));
        }
    }

    async fn a_viewer_gets_no_traceback_as_a_file(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let spelled = places.entry.simple().to_string();
        let unknown = uuid::Uuid::new_v4().to_string();
        for id in [places.entry.to_string(), spelled, unknown, "nonsense".to_owned()] {
            for page in thrice(&client, &format!("/logs/{id}/error_detail.txt")).await {
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{id}");
                assert!(!MARKS.iter().any(|mark| page.text().contains(mark)), "{id}");
            }
        }
    }

    async fn what_a_viewer_may_not_see_is_no_filter_either(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let (viewer, support) = (app.signed_in(Role::Viewer).await, app.signed_in(Role::Support).await);
        for (name, hit, miss) in [
            ("ip", ADDRESS, "198.51.100.9"),
            ("ip", "203.0.113.0/24", "198.51.100.0/24"),
            ("user_agent", "uamark", "otherua"),
            ("extra.keymark", "valuemark", "othervalue"),
            ("extra.service_type", "servicemark", "otherservice"),
            ("extra.nokey", "valuemark", "othervalue"),
        ] {
            for other in ["range=all", "range=all&status=error", "range=1h&q=confirmed"] {
                let path = |value| format!("/logs?{other}&{name}={}", escape(value));
                let (hits, misses) = (thrice(&viewer, &path(hit)).await, thrice(&viewer, &path(miss)).await);
                for (hits, misses) in hits.iter().zip(&misses) {
                    assert_eq!(hits.status, StatusCode::BAD_REQUEST, "{name}={hit}");
                    assert!(hits.has("[role=alert]") && hits.entries().is_empty(), "{name}={hit}: {}", hits.text());
                    assert_eq!(without(hits, hit), without(misses, miss), "{name}={hit} tells");
                }
                // What was typed is kept beside the reason.
                assert!(hits[0].texts(".chip--bad").iter().any(|chip| chip.contains(hit)), "{}", hits[0].text());
                assert_eq!(support.get(&path(hit)).await.status, StatusCode::OK, "{name}={hit}");
            }
            // The way to the next entry is no way around it.
            let entry = |value| format!("/logs/{}?range=all&{name}={}", places.entry, escape(value));
            let (hits, misses) = (viewer.get(&entry(hit)).await, viewer.get(&entry(miss)).await);
            assert_eq!(without(&hits, hit), without(&misses, miss), "{name}={hit} tells beside an entry");
        }
    }

    async fn a_viewers_search_finds_nothing_by_the_text_of_an_error(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let (viewer, support) = (app.signed_in(Role::Viewer).await, app.signed_in(Role::Support).await);
        for hit in
            ["messagemark", "detailmark", "endmark", "keyerror", "\"line 247, in framemark\"", "confirmed messagemark"]
        {
            let path = |text: &str| format!("/logs?range=all&q={}", escape(text));
            assert_eq!(support.get(&path(hit)).await.entries().len(), 2, "{hit}");
            let miss = hit.replace("mark", "nowhere").replace("keyerror", "keynowhere");
            for (hits, misses) in thrice(&viewer, &path(hit)).await.iter().zip(&thrice(&viewer, &path(&miss)).await) {
                assert_eq!(hits.status, StatusCode::OK, "{hit}");
                assert!(hits.entries().is_empty(), "{hit} is found");
                let plain = |page: &Page, typed: &str| {
                    let words = without(page, typed);
                    let escaped = typed.replace('"', "&#34;");
                    (words.0, words.1.replace(&escaped, "TYPED").replace(typed.trim_matches('"'), "TYPED"))
                };
                assert_eq!(plain(hits, hit), plain(misses, &miss), "{hit} tells");
            }
        }
        for both in ["confirmed", "bookings/new", "\"could not be\""] {
            for client in [&viewer, &support] {
                let found = client.get(&format!("/logs?range=all&q={}", escape(both))).await;
                assert_eq!(found.entries().len(), 2, "{both}");
            }
        }
        // Nor does either find what stands only in fields that no search looks at.
        for nowhere in ["valuemark", "uamark", ADDRESS] {
            assert!(support.get(&format!("/logs?range=all&q={nowhere}")).await.entries().is_empty(), "{nowhere}");
        }
    }

    async fn a_viewer_finds_no_member_by_what_is_hidden(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for mark in MARKS {
            let page = client.get(&format!("/members?q={}", escape(mark))).await;
            assert!(page.status == StatusCode::OK && !page.has("[data-row]"), "{mark}: {}", page.text());
        }
        assert!(client.get("/members?q=hana").await.has("[data-row]"));
    }
}
