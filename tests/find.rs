//! Paste anything: whatever a text stands for is found by what staff may see, and nothing else is.

use daybook::{
    core::{query_string::escape, role::Role},
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
    routes::ROUTES,
    session::access::{Access, Verb},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{Client, Page, Places, TestApp, TestDb, app::Setup, sample},
};

const HANA: &str = "hana.lindqvist@example.org";

async fn find(client: &Client, q: &str) -> Page {
    client.get(&format!("/find?q={}", escape(q))).await
}

/// Where a text leads at once.
async fn leads(client: &Client, q: &str) -> String {
    let page = find(client, q).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{q}: {}", page.text());
    page.location().to_owned()
}

/// What is found: its title and what matched.
async fn found(client: &Client, q: &str) -> Vec<String> {
    let page = find(client, q).await;
    assert_eq!(page.status, StatusCode::OK, "{q}");
    let rows = page.texts(".found tbody tr:not(.day) .full");
    let titles = page.texts(".found a[data-row]");
    assert_eq!(rows.len(), titles.len());
    titles.iter().zip(rows).map(|(title, why)| format!("{title}: {why}")).collect()
}

/// What was tried in vain.
async fn tried(client: &Client, q: &str) -> Vec<String> {
    let page = find(client, q).await;
    assert_eq!(page.status, StatusCode::OK, "{q}: {}", page.text());
    assert!(!page.has("[data-row]"), "{q}");
    page.texts(".tried td")
}

fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}

/// Hana with a booking and an error, Johana, and somebody whom only an entry names.
async fn written(db: &TestDb) -> Places {
    let hana = sample::member("Hana Lindqvist", HANA);
    let booking = sample::booking(hana.id);
    let error = NewLog {
        id: id("0197830e-6c2f-7a11-9f3e-5b0d7c2a9e11"),
        member_id: Some(hana.id),
        booking_id: Some(booking.id),
        ..sample::error(sample::minutes_ago(6))
    };
    let places = Places::write_these(db, hana, booking, error).await;
    let members = vec![
        sample::member("Johana Reyes-Whitcombe", "j.reyes@example.net"),
        sample::member("Mori Akemi", "hanabi.mori@example.com"),
        NewMember { name: None, ..sample::member("", "nameless@example.org") },
    ];
    let logs = vec![
        NewLog { id: id("0197830e-3d91-7a11-9f3e-000000000001"), ..sample::log(sample::minutes_ago(9)) },
        NewLog {
            id: id("11111111-3d91-7a11-9f3e-000000000001"),
            member_email: Some("Hana.L@example.com".to_owned()),
            ip_address: Some("198.51.100.7, 10.0.0.1".to_owned()),
            ..sample::log(sample::minutes_ago(12))
        },
    ];
    db.write_batch(Batch { members, logs, ..Batch::default() }).await;
    places
}

database_test! {
    async fn one_hit_is_gone_to_at_once(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let Places { member, booking, entry, .. } = &places;
        for role in [Role::Viewer, Role::Support, Role::Admin] {
            let client = app.signed_in(role).await;
            let (member_page, entry_page) = (format!("/members/{member}"), format!("/logs/{entry}"));
            for (q, to) in [
                (entry.to_string(), &entry_page),
                (format!("  {} ", entry.simple().to_string().to_uppercase()), &entry_page),
                (entry.to_string()[..14].to_owned(), &entry_page),
                (entry.simple().to_string()[..12].to_owned(), &entry_page),
                (member.to_string(), &member_page),
                (format!("urn:uuid:{member}"), &member_page),
                (HANA.to_owned(), &member_page),
                (HANA.to_uppercase(), &member_page),
                ("hana.lind".to_owned(), &member_page),
                ("LINDQ".to_owned(), &member_page),
                ("a Lindqvist".to_owned(), &member_page),
                (booking.to_string(), &format!("/logs?range=all&booking={booking}")),
                (booking.simple().to_string(), &format!("/logs?range=all&booking={booking}")),
                ("hana.l@example.com".to_owned(), &"/members/by-email?email=Hana.L@example.com".to_owned()),
                (format!("{}/logs/{entry}?range=24h#top", app.base), &format!("/logs/{entry}?range=24h")),
                (format!("{}/members/{member}", app.base), &member_page),
                (app.base.clone(), &"/".to_owned()),
                ("/logs?range=7d&status=error".to_owned(), &"/logs?range=7d&status=error".to_owned()),
            ] {
                assert_eq!(&leads(&client, &q).await, to, "{role}: {q}");
            }
        }
    }

    async fn several_are_listed_with_what_matched(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let hana = found(&client, "hana").await;
        let mut sorted = hana.clone();
        sorted.sort();
        assert_eq!(sorted, [
            "Hana Lindqvist: Name has Hana; e-mail begins with it",
            "Hana.L@example.com: E-mail begins with hana",
            "Johana Reyes-Whitcombe: Name has hana",
            "Mori Akemi: E-mail begins with hana",
        ]);
        assert!(hana[3].starts_with("Hana.L@"), "members come first: {hana:?}");
        assert_eq!(found(&client, "0197830e").await, [
            "Booking could not be confirmed: ID begins with 0197830e-6c2f-7",
            "Opened the dashboard: ID begins with 0197830e-3d91-7",
        ]);
        let page = find(&client, "hana").await;
        assert_eq!(page.texts("#hits-h"), ["4 found for “hana”"]);
        assert_eq!(page.attribute("#q", "value").as_deref(), Some("hana"));
        assert_eq!(page.attribute(".pager a", "href").as_deref(), Some("/logs?range=all&q=hana"));
    }

    async fn at_most_twenty_are_listed_and_that_is_said(db: TestDb) {
        let member = |n: usize| sample::member(&format!("Kelvin {n:02}"), &format!("number{n:02}@example.org"));
        let members = (0..30).map(member).collect();
        let strange = |n: usize| NewLog {
            member_email: Some(format!("nobody{n:02}@example.org")),
            ..sample::log(sample::minutes_ago(5))
        };
        let alike = |n: u128| {
            let id = Uuid::from_u128((0xabcd_ef01 << 96) + n);
            NewLog { id, ..sample::log(sample::minutes_ago(5)) }
        };
        let logs = (0..30).map(strange).chain((0..30).map(alike)).collect();
        db.write_batch(Batch { members, logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for q in ["kelvin", "KELVIN", "\u{212a}elvin", "number", "nobody", "n", "abcdef01"] {
            assert_eq!(found(&client, q).await.len(), 20, "{q}");
            let page = find(&client, q).await;
            assert_eq!(page.texts("#hits-h"), [format!("At least 20 found for “{q}”")]);
        }
        assert_eq!(found(&client, "number1").await.len(), 10);
        assert_eq!(found(&client, "nobody1").await.len(), 10);
    }

    async fn nothing_is_said_with_all_that_was_tried(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let nobody = ["No member and no entry has it", "No member’s name has it"];
        let hex = "An ID has only the digits 0 to 9, the letters a to f and dashes";
        let short = "Too short or too long: type at least 8 digits of its beginning";
        for (q, entry, whole, address) in [
            ("hanna@exmaple", hex, false, "Not an IP address"),
            ("0197830", short, false, "Not an IP address"),
            ("01978300-1", "No entry’s ID begins with it", false, "Not an IP address"),
            ("01978300-0000-7000-8000-000000000000", "No entry has it", true, "Not an IP address"),
            ("203.0.113.250", hex, false, "No entry has it"),
            ("%", hex, false, "Not an IP address"),
            ("_", hex, false, "Not an IP address"),
            ("\\", hex, false, "Not an IP address"),
            ("<b>\"'&", hex, false, "Not an IP address"),
        ] {
            let member = match entry {
                "No entry has it" => "No member has it",
                "No entry’s ID begins with it" => "No member’s ID begins with it",
                unreadable => unreadable,
            };
            let booking = if whole { "No booking and no entry has it" } else { "Not a whole ID" };
            let expected = [entry, member, booking, nobody[0], nobody[1], address, "Not a link to this Daybook"];
            assert_eq!(tried(&client, q).await, expected, "{q}");
        }
        // Nothing was asked, so nothing was tried.
        for path in ["/find", "/find?q=", "/find?q=+"] {
            let page = client.get(path).await;
            assert!(page.status == StatusCode::OK && !page.has(".tried") && page.has(".empty"), "{path}");
        }
    }

    async fn no_link_leads_elsewhere(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let host = app.base.trim_start_matches("http://");
        for q in [
            "https://evil.example/logs",
            &format!("http://{host}@evil.example/logs"),
            &format!("http://{host}.evil.example/logs"),
            &format!("{}//evil.example/", app.base),
            &format!("{}/\\evil.example/", app.base),
            &format!("{}/logout", app.base),
            &format!("{}/login?next=/logs", app.base),
            &format!("{}/static/x.css", app.base),
            "//evil.example/logs",
            "/\\evil.example",
            "javascript:alert(1)",
            &format!("/{}", "a".repeat(1_000)),
        ] {
            let page = find(&client, q).await;
            assert_eq!((page.status, page.location()), (StatusCode::OK, ""), "{q}");
            assert_eq!(page.texts(".tried td").last().map(String::as_str), Some("Not a link to this Daybook"), "{q}");
        }
    }

    async fn an_address_is_found_by_whom_it_is_shown_to(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let (viewer, support) = (app.signed_in(Role::Viewer).await, app.signed_in(Role::Support).await);
        for q in ["203.0.113.24", "203.0.113.24:4711", "::ffff:203.0.113.24"] {
            assert_eq!(leads(&support, q).await, "/logs?range=all&ip=203.0.113.24", "{q}");
        }
        assert_eq!(leads(&support, "198.51.100.0/24").await, "/logs?range=all&ip=198.51.100.0/24");
        assert_eq!(tried(&support, "10.0.0.1").await[5], "No entry has it");
        // Whether it is there or not, a viewer reads the same.
        let plain = |page: &Page, q: &str| {
            let mut text = page.text().replace(&escape(q), "TYPED").replace(q, "TYPED");
            for token in page.attributes("input[name=csrf_token]", "value") {
                text = text.replace(&token, "TOKEN");
            }
            (page.status, text)
        };
        for (hit, miss) in [("203.0.113.24", "203.0.113.25"), ("198.51.100.0/24", "198.51.101.0/24")] {
            let (hits, misses) = (find(&viewer, hit).await, find(&viewer, miss).await);
            assert_eq!(plain(&hits, hit), plain(&misses, miss));
            assert_eq!(hits.texts(".tried td")[5], "Viewers cannot look for an address");
        }
        for (client, says) in [(&viewer, false), (&support, true)] {
            let page = client.get("/find").await;
            assert_eq!(page.text().contains("address"), says);
        }
        // The page it leads to guards itself.
        let file = format!("/logs/{}/error_detail.txt", places.entry);
        assert_eq!(leads(&viewer, &file).await, file);
    }

    async fn a_whole_id_is_gone_to_however_long_looking_through_names_would_take(db: TestDb) {
        let places = written(&db).await;
        let mut setup = Setup::default();
        setup.budgets.count.time = std::time::Duration::ZERO;
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Viewer).await;
        for q in [places.entry.to_string(), places.entry.simple().to_string(), places.member.to_string()] {
            let page = find(&client, &q).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{q}: {}", page.text());
        }
    }

    async fn what_cannot_be_read_is_said_beside_its_field(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for q in ["%ff", "%00", "a%00b", &"x".repeat(256), &format!("/{}", "x".repeat(5_000))] {
            let page = client.get(&format!("/find?q={q}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{q}");
            assert_eq!(page.texts("#q-e").len(), 1, "{q}");
            assert!(page.has("#q[aria-describedby=q-e]"), "{q}");
        }
        let longest = client.get(&format!("/find?q={}", "%C3%A9".repeat(255))).await;
        assert_eq!(longest.status, StatusCode::OK);
    }

    async fn what_was_pasted_is_recorded_before_it_is_answered(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for q in [HANA, "hana", "nobody at all", "203.0.113.24", "/logs?range=1h", ""] {
            app.clock.advance(1);
            find(&client, q).await;
        }
        app.staff_log.flush().await;
        let sql = "SELECT coalesce(subject, '-') || ' ' || detail FROM daybook_staff_log WHERE kind = 'found' \
                   ORDER BY \"timestamp\", seq";
        let lines = app.db.outside().await.texts(sql).await;
        let hana = format!("{} {HANA}", places.member);
        assert_eq!(lines, [&hana, "- hana", "- nobody at all", "203.0.113.24 203.0.113.24", "- /logs?range=1h"]);
    }

    async fn the_box_stands_on_every_page_of_whoever_is_signed_in(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let mut seen = 0;
        let staff = ROUTES.iter().filter(|row| row.verb == Verb::Get && matches!(row.access, Access::Staff(_)));
        let mut paths: Vec<String> = staff.map(|row| places.path(row)).collect();
        paths.extend(["/nowhere", "/logs?range=x", "/logs/x", "/find?q=hana", "/find?q=%ff"].map(str::to_owned));
        for path in paths {
            let page = client.get(&path).await;
            if page.has("header.top") {
                assert!(page.has("form.find[action='/find'][method=get] input[name=q]"), "{path}");
                seen += 1;
            }
        }
        assert!(seen > 12, "{seen}");
        assert!(!app.client().get("/login").await.has("form.find"));
    }
}
