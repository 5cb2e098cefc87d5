//! Time: ranges to the microsecond, local times in the reader's zone and across changes of the clocks, days as the
//! reader has them, and links that mean the same to everybody.

use daybook::{
    core::{role::Role, time::Timestamp},
    logs::log::NewLog,
};

use crate::{
    database_test,
    support::{Client, TestApp, TestDb, app::PASSWORD, database::at, sample},
};

/// Writes an entry at each instant; their ids, as pages write them.
async fn write_at(db: &TestDb, instants: &[Timestamp]) -> Vec<String> {
    let logs: Vec<NewLog> = instants.iter().map(|at| sample::log(*at)).collect();
    db.write(logs.clone()).await;
    logs.into_iter().map(|log| log.id.to_string()).collect()
}

fn micros(at: Timestamp, by: i64) -> Timestamp {
    at.plus(chrono::Duration::microseconds(by))
}

/// Whether each of the entries is on the list, and nothing else is.
async fn which(client: &Client, path: &str, ids: &[String]) -> Vec<bool> {
    let page = client.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.texts(".field-error").concat());
    let entries = page.entries();
    let found: Vec<bool> = ids.iter().map(|id| entries.contains(id)).collect();
    assert_eq!(entries.len(), found.iter().filter(|found| **found).count(), "{path}");
    found
}

async fn in_zone(app: &TestApp, email: &str, zone: &str) -> Client {
    app.account_named(email, Role::Support).await;
    let client = app.client();
    client.sign_in(email, PASSWORD).await;
    assert_eq!(client.submit("/account/zone", &[("zone", zone), ("next", "/logs")]).await.status, 303);
    client
}

database_test! {
    async fn a_preset_holds_its_first_microsecond_and_has_no_end(db: TestDb) {
        let presets = [("1h", 1), ("24h", 24), ("7d", 7 * 24), ("30d", 30 * 24), ("90d", 90 * 24)];
        let ago = |hours: i64| sample::now().plus(-chrono::Duration::hours(hours));
        let mut instants = vec![micros(sample::now(), 1), Timestamp::MAX, Timestamp::MIN];
        instants.extend(presets.iter().flat_map(|(_, hours)| [-1, 0, 1].map(|by| micros(ago(*hours), by))));
        let ids = write_at(&db, &instants).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for second in 0..2 {
            for (range, hours) in presets {
                let start = ago(hours).plus(chrono::Duration::seconds(second));
                let expected: Vec<bool> = instants.iter().map(|at| *at >= start).collect();
                assert_eq!(which(&client, &format!("/logs?range={range}"), &ids).await, expected, "{range}");
            }
            app.clock.advance(1);
        }
        for range in ["all", "custom"] {
            assert!(which(&client, &format!("/logs?range={range}"), &ids).await.iter().all(|found| *found), "{range}");
        }
    }

    async fn a_range_holds_its_beginning_and_not_its_end(db: TestDb) {
        let edge = at("2026-06-18T10:00:00.123456Z");
        let ids = write_at(&db, &[micros(edge, -1), edge, micros(edge, 1)]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for instant in
            ["2026-06-18T10:00:00.123456Z", "2026-06-18T11:00:00.123456%2B01:00", "2026-06-18t10:00:00.123456z"]
        {
            assert_eq!(which(&client, &format!("/logs?from={instant}"), &ids).await, [false, true, true], "{instant}");
            assert_eq!(which(&client, &format!("/logs?to={instant}"), &ids).await, [true, false, false], "{instant}");
        }
        let one = "/logs?from=2026-06-18T10:00:00.123456Z&to=2026-06-18T10:00:00.123457Z";
        assert_eq!(which(&client, one, &ids).await, [false, true, false]);
        let ignored = "/logs?range=all&from=2026-06-18T10:00:00.123456Z";
        assert_eq!(which(&client, ignored, &ids).await, [true; 3], "a preset needs no ends");
    }

    async fn a_page_means_the_last_day_unless_one_thing_is_looked_for(db: TestDb) {
        let member = sample::member("Hana", "hana@example.org");
        let booking = sample::booking(member.id);
        let old = NewLog {
            member_id: Some(member.id),
            booking_id: Some(booking.id),
            ip_address: Some("203.0.113.24".to_owned()),
            user_agent: Some("curl/8".to_owned()),
            extra: Some(r#"{"a": 1}"#.to_owned()),
            ..sample::log(sample::minutes_ago(400 * 24 * 60))
        };
        db.member(member.clone()).await;
        db.booking(booking.clone()).await;
        db.write(vec![old.clone()]).await;
        let ids = [old.id.to_string()];
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, found) in [
            (String::new(), false),
            ("status=success".to_owned(), false),
            ("area=members/*&action_type=page_visit".to_owned(), false),
            ("user_agent=curl".to_owned(), false),
            ("extra.a=1".to_owned(), false),
            (format!("member={}", member.id), true),
            ("member=HANA@example.org&status=success".to_owned(), true),
            (format!("booking={}", booking.id), true),
            ("ip=203.0.113.0/24".to_owned(), true),
            ("q=dashboard".to_owned(), true),
            ("q=dashboard&range=24h".to_owned(), false),
            ("q=%22%22".to_owned(), false),
        ] {
            assert_eq!(which(&client, &format!("/logs?{query}"), &ids).await, [found], "{query}");
        }
    }

    async fn local_times_are_those_of_the_reader_s_zone_however_the_clocks_change(db: TestDb) {
        // A zone, what is typed, and the instant it is as a beginning and as an end.
        let cases = [
            ("Europe/London", "2026-06-18T12:30", "2026-06-18T11:30:00Z", "2026-06-18T11:30:00Z"),
            ("Europe/London", "2026-06-18T12:30:15", "2026-06-18T11:30:15Z", "2026-06-18T11:30:15Z"),
            ("Europe/London", "2026-06-18", "2026-06-17T23:00:00Z", "2026-06-18T23:00:00Z"),
            ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
            ("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("Europe/London", "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
            ("America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"),
            ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z"),
            ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T01:30:00Z", "2018-02-18T02:30:00Z"),
            ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z"),
            ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"),
            ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
            ("Asia/Kathmandu", "2026-06-18T05:45", "2026-06-18T00:00:00Z", "2026-06-18T00:00:00Z"),
            // The first and the last day that there is, whatever the clocks of the zone showed then in UTC.
            ("Europe/London", "1970-01-01", "1970-01-01T00:00:00Z", "1970-01-01T23:00:00Z"),
            ("America/New_York", "9999-12-31T22:00", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("UTC", "9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ];
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for (zone, typed, from, to) in cases {
            for (side, instant) in [("from", at(from)), ("to", at(to))] {
                let around = [micros(instant, -1), instant, micros(instant, 1)];
                let in_time: Vec<Timestamp> =
                    around.into_iter().filter(|at| (Timestamp::MIN..=Timestamp::MAX).contains(at)).collect();
                let ids = write_at(&app.db, &in_time).await;
                // Only these three count: the other side of the range is close.
                let (near, far) = (micros(instant, -2).max(Timestamp::MIN), micros(instant, 2).min(Timestamp::MAX));
                let other = if side == "from" { ("to", far) } else { ("from", near) };
                let path = format!("/logs?tz={zone}&{side}={typed}&{}={}&limit=200", other.0, other.1.rfc3339());
                let page = client.get(&path).await;
                let empty = side == "from" && far <= instant;
                assert_eq!(page.status.as_u16(), if empty { 400 } else { 200 }, "{path}");
                let entries = page.entries();
                for (id, at) in ids.iter().zip(&in_time) {
                    let inside =
                        if side == "from" { *at >= instant && *at < far } else { *at < instant && *at >= near };
                    assert_eq!(entries.contains(id), inside && !empty, "{path}: {}", at.rfc3339());
                }
            }
        }
        let never = client.get("/logs?tz=Pacific/Apia&from=2011-12-30&to=2011-12-30").await;
        assert_eq!(never.status, 400, "a day that never was has no time in it");
    }

    async fn a_zone_asked_for_counts_for_this_request_alone(db: TestDb) {
        let ids = write_at(&db, &[at("2026-06-18T12:00:00Z")]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for tz in ["America/New_York", "%20America/New_York%20"] {
            let path = format!("/logs?range=24h&tz={tz}");
            let page = client.get(&path).await;
            assert_eq!(page.texts("#list time"), ["08:00:00"], "{path}");
            assert_eq!(
                page.attribute("#list time", "datetime").as_deref(),
                Some("2026-06-18T08:00:00-04:00"),
                "{path}"
            );
            assert_eq!(page.texts(".custom label")[0], "From (New York)");
            let href = page.attribute("#list a[data-row]", "href").expect("an entry");
            let entry = client.get(&href).await;
            assert!(entry.text().contains("Thu 18 June 2026, 08:00:00.000 EDT"), "{href}");
            let back = entry.attribute(".crumb a", "href").expect("a way back");
            assert_eq!(client.get(&back).await.texts("#list time"), ["08:00:00"], "{back}");
        }
        assert_eq!(client.get("/logs").await.texts("#list time"), ["13:00:00"], "London again");
        let local = "/logs?tz=America/New_York&from=2026-06-18T08:00&to=2026-06-18T08:00:01";
        assert_eq!(which(&client, local, &ids).await, [true]);
    }

    async fn days_are_the_reader_s_and_may_have_25_hours(db: TestDb) {
        write_at(
            &db,
            &[
                at("2026-10-26T00:00:00Z"),
                at("2026-10-25T23:59:59.999999Z"),
                at("2026-10-25T01:30:00Z"),
                at("2026-10-25T00:30:00Z"),
                at("2026-10-24T23:00:00Z"),
                at("2026-10-24T22:59:59.999999Z"),
            ],
        )
        .await;
        let app = TestApp::start(db).await;
        app.clock.set(at("2026-10-26T09:00:00Z"));
        let client = app.signed_in(Role::Viewer).await;
        let days = async |tz: &str| {
            let page = client.get(&format!("/logs?range=all&tz={tz}")).await;
            let html = page.html();
            let of = |body: scraper::ElementRef<'_>| {
                let text = |css: &str| -> Vec<String> {
                    let selector = scraper::Selector::parse(css).expect("a selector");
                    body.select(&selector).map(|found| found.text().collect::<String>()).collect()
                };
                (text("tr.day th").concat(), text("time"))
            };
            let bodies = scraper::Selector::parse("#list tbody").expect("a selector");
            html.select(&bodies).map(of).collect::<Vec<_>>()
        };
        let day =
            |name: &str, clocks: &[&str]| (name.to_owned(), clocks.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            days("Europe/London").await,
            [
                day("Today Monday 26 October 2026, London, GMT", &["00:00:00"]),
                day(
                    "Yesterday Sunday 25 October 2026, London",
                    &["23:59:59 GMT", "01:30:00 GMT", "01:30:00 BST", "00:00:00 BST"],
                ),
                day("Saturday 24 October 2026 London, BST", &["23:59:59"]),
            ]
        );
        // Whose clock it is also stands where a time stands alone; what is said of any day names the place alone.
        let page = client.get("/logs?from=2026-10-25&to=2026-10-25").await;
        assert_eq!(page.texts(".pager > span")[0], "25 October 23:59:59 GMT back to 25 October 00:00:00 BST");
        assert_eq!(page.attribute("#list", "aria-label").as_deref(), Some("Entries, newest first, times in London"));
        assert_eq!(page.texts(".custom .muted"), ["(London)", "(London)"]);
        let utc: Vec<usize> = days("UTC").await.into_iter().map(|(_, rows)| rows.len()).collect();
        assert_eq!(utc, [1, 3, 2]);
        let tokyo: Vec<usize> = days("Asia/Tokyo").await.into_iter().map(|(_, rows)| rows.len()).collect();
        assert_eq!(tokyo, [2, 4]);
    }

    async fn a_link_means_the_same_to_a_reader_elsewhere(db: TestDb) {
        let all: Vec<Timestamp> = (0..120).map(|at| sample::minutes_ago(at * 30)).collect();
        write_at(&db, &all).await;
        let app = TestApp::start(db).await;
        let london = in_zone(&app, "london@example.org", "Europe/London").await;
        let tokyo = in_zone(&app, "tokyo@example.org", "Asia/Tokyo").await;
        let page = london.get("/logs?from=2026-06-17&to=2026-06-18T10:15&limit=25").await;
        let mut links = page.attributes("[data-copy-link]", "data-copy-link");
        links.extend(page.rel("next"));
        links.extend(page.attribute("#refresh", "href"));
        let opened = page.attribute("#list a[data-row]", "href").expect("an entry");
        links.extend(london.get(&opened).await.attribute(".crumb a", "href"));
        assert_eq!(links.len(), 4, "{links:?}");
        for link in links {
            assert!(
                link.contains("from=2026-06-17T00:00:00%2B01:00") && link.contains("to=2026-06-18T10:15:00%2B01:00"),
                "{link}"
            );
            let (here, there) = (london.get(&link).await, tokyo.get(&link).await);
            assert_eq!(here.entries(), there.entries(), "{link}");
            assert_eq!(here.entries().len(), 25, "{link}");
            assert_ne!(here.texts("#list time"), there.texts("#list time"), "each on the clocks of their own");
        }
        let typed = tokyo.get("/logs?from=2026-06-17&to=2026-06-18T10:15&limit=25").await;
        assert_ne!(typed.entries(), page.entries(), "what is typed without an offset is the reader's own");
    }

    async fn what_is_dated_ahead_is_shown_and_marked(db: TestDb) {
        let ahead = write_at(&db, &[micros(sample::now(), 13 * 60_000_000)]).await;
        write_at(&db, &[sample::minutes_ago(1)]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for range in ["1h", "24h", "all"] {
            let page = client.get(&format!("/logs?range={range}")).await;
            assert_eq!(page.entries()[0], ahead[0], "{range}");
            assert_eq!(page.texts("#list .ahead"), ["In 13 min"], "{range}");
        }
        let entry = client.get(&format!("/logs/{}", ahead[0])).await;
        assert!(entry.texts(".head .tag").concat().contains("Dated 13 min ahead"), "{}", entry.texts(".head").concat());
        assert!(entry.texts(".facts").concat().contains("in 13 minutes"), "{}", entry.texts(".facts").concat());
    }

    async fn entries_of_one_second_show_their_fractions(db: TestDb) {
        let base = at("2026-06-18T12:00:00Z");
        write_at(&db, &[micros(base, 1), micros(base, 250_000), micros(base, 1_000_000)]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/logs").await;
        assert_eq!(page.texts("#list time"), ["13:00:01", "13:00:00.250", "13:00:00.000001"]);
        let exact = page.attributes("#list time", "datetime");
        assert_eq!(exact[2], "2026-06-18T13:00:00.000001+01:00");
    }
}
