//! What surrounds an entry: what the same person did before and after, how often the same happened to them, and the text
//! for a ticket that says so.

use daybook::{
    core::role::Role,
    logs::{log::NewLog, write::Batch},
};

use crate::{
    database_test,
    support::{
        Page, TestApp, sample,
        tale::{named, tale},
    },
};

/// An afternoon of one member: a booking works, the next fails twice.
const AFTERNOON: &str = "
    2026-06-17T16:00:00Z page_visit members/dashboard Opened the dashboard
    14:01:00 page_visit members/dashboard Opened the dashboard
    14:02:00 page_visit members/help Read the prices
    14:23:49 login members/login Signed in with a password
    14:24:10 page_visit members/dashboard Opened the dashboard
    14:24:20 page_visit members/dashboard Opened the dashboard
    14:24:30 page_visit members/dashboard Opened the dashboard
    14:26:40 booking_created members/bookings/new Booked a solo walk
    14:29:18 error members/bookings/new Booking could not be confirmed
    14:31:30 page_visit members/bookings/new Opened the booking form
    14:32:07 error members/bookings/new Booking could not be confirmed
    14:32:41 page_visit members/help Opened “Contact us”
";

/// The trail of a page, a line for each part of it.
fn trail(page: &Page) -> Vec<String> {
    page.texts("#around > .trail > li")
}

database_test! {
    async fn an_entry_stands_in_what_its_member_did(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let logs = tale(Some(&hana), AFTERNOON);
        let beside = tale(None, "14:30:00 page_visit public/prices Somebody else");
        let error = logs[10].id;
        let batch = Batch { members: vec![hana.clone()], logs: [logs, beside].concat(), ..Batch::default() };
        db.write_batch(batch).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        // Whatever list it was opened from.
        for query in ["", "?range=24h&status=error&area=members/bookings/*", "?ip=nowhere"] {
            let page = client.get(&format!("/logs/{error}{query}")).await;
            assert_eq!(
                trail(&page),
                [
                    "14:24:20 Opened the dashboard members/dashboard",
                    "14:24:30 Opened the dashboard members/dashboard",
                    "2 min 10 s",
                    "14:26:40 Booked a solo walk members/bookings/new",
                    "2 min 38 s",
                    "14:29:18 Booking could not be confirmed same error",
                    "2 min 12 s",
                    "14:31:30 Opened the booking form members/bookings/new",
                    "14:32:07 Booking could not be confirmed this entry",
                    "14:32:41 Opened “Contact us” members/help",
                    "Nothing recorded since, 5 min",
                ]
            );
            assert_eq!(page.texts("#around [aria-current]").len(), 1);
            let links = page.attributes("#around .trail a", "href");
            assert_eq!(links.len(), 6, "the entry itself leads nowhere: {links:?}");
            assert!(links.iter().all(|link| link.ends_with(query)), "{links:?}");
        }
    }

    async fn five_more_either_way_at_a_click(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let logs = tale(Some(&hana), AFTERNOON);
        let booked = named(&logs, "Booked a solo walk").id;
        db.write_batch(Batch { members: vec![hana], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/logs/{booked}?status=success")).await;
        let more = page.attributes("#around .more a", "href");
        assert_eq!(more, [format!("/logs/{booked}?range=24h&status=success&earlier=10#around")], "nothing more is later");
        let page = client.get(more[0].split('#').next().expect("a path")).await;
        assert!(page.attributes("#around .more a", "href").is_empty());
        assert_eq!(
            trail(&page)[..7],
            [
                "Nothing recorded before",
                "Yesterday",
                "17:00:00 Opened the dashboard members/dashboard",
                "21 h 01 min",
                "Today",
                "14:01:00 Opened the dashboard members/dashboard",
                "14:02:00 Read the prices members/help",
            ]
        );
        // The same three times over is one line that opens.
        assert_eq!(
            page.texts("#around .folded summary"),
            ["Opened the dashboard 3 times until 14:24:30, members/dashboard"]
        );
        assert_eq!(page.attributes("#around .folded .trail a", "href").len(), 3);
        for odd in ["earlier=x&later=-3", "earlier=4", "earlier=99999999999999999999"] {
            assert_eq!(client.get(&format!("/logs/{booked}?{odd}")).await.status, 200, "{odd}");
        }
        let all = client.get(&format!("/logs/{booked}?earlier=5000&later=5000")).await;
        assert_eq!(all.attributes("#around .trail a[data-row]", "href").len(), 11);
    }

    async fn of_nobody_the_same_address_and_browser_say_what_belongs_together(db: TestDb) {
        let from = |log: NewLog, address: Option<&str>, browser: Option<&str>| NewLog {
            ip_address: address.map(str::to_owned),
            user_agent: browser.map(str::to_owned),
            ..log
        };
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let (home, phone) = (Some("203.0.113.24"), Some("Phone/1"));
        let mut logs = tale(None, "
            14:00:00 page_visit public/prices Opened the prices
            14:01:00 page_visit public/prices Elsewhere
            14:02:00 page_visit public/prices On another device
            14:03:00 page_visit public/join Opened the form
        ");
        logs[0] = from(logs[0].clone(), Some("::ffff:203.0.113.24"), phone);
        logs[1] = from(logs[1].clone(), Some("203.0.113.25"), phone);
        logs[2] = from(logs[2].clone(), home, Some("Tablet/1"));
        logs[3] = from(logs[3].clone(), home, phone);
        logs.extend(tale(Some(&hana), "14:04:00 login members/login Signed in"));
        logs[4] = from(logs[4].clone(), home, phone);
        let bare = tale(None, "13:00:00 page_visit public/prices Without an address");
        let (opened, nowhere) = (logs[3].id, bare[0].id);
        db.write_batch(Batch { members: vec![hana], logs: [logs, bare].concat(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let support = app.signed_in(Role::Support).await;
        let page = support.get(&format!("/logs/{opened}")).await;
        assert_eq!(
            trail(&page),
            [
                "Nothing recorded before",
                "14:00:00 Opened the prices public/prices",
                "3 min",
                "14:03:00 Opened the form this entry",
                "14:04:00 Signed in hana@example.org members/login",
                "Nothing recorded since, 34 min",
            ]
        );
        assert!(page.texts("#around .hint")[0].contains("same address and browser; they may be several people"));
        let page = support.get(&format!("/logs/{nowhere}")).await;
        assert!(page.texts("#around .hint")[0].contains("Neither a member nor an address"), "{}", page.text());
        let viewer = app.signed_in(Role::Viewer).await;
        let told: Vec<String> = [opened, nowhere].map(|id| format!("/logs/{id}")).to_vec();
        for path in told {
            let page = viewer.get(&path).await;
            assert!(trail(&page).is_empty(), "{:?}", trail(&page));
            assert!(page.texts("#around .hint")[0].contains("hidden from viewers"), "whether or not there is one");
        }
    }

    async fn the_sentence_says_how_often_and_the_ticket_what_led_there(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let mut logs = tale(Some(&hana), AFTERNOON);
        "Asked hana@example.org, Lindqvist or 203.0.113.24".clone_into(&mut logs[2].description);
        let (first, second, visit) = (logs[8].id, logs[10].id, logs[11].id);
        db.write_batch(Batch { members: vec![hana], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let lede = async |id| client.get(&format!("/logs/{id}")).await.texts(".lede").concat();
        let said = lede(second).await;
        assert!(said.contains("for the second time in 3 minutes."), "{said}");
        assert!(said.contains("No success in this area is recorded since; they were last seen at 14:32:41 BST."), "{said}");
        let said = lede(first).await;
        assert!(said.contains("for the first time in 24 hours."), "{said}");
        assert!(!lede(visit).await.contains(" time in "), "of a page visit that says nothing");

        let ticket = client.get(&format!("/logs/{first}")).await.texts("#ticket").concat();
        let told = "- What led there: \
            1. 14:01:00 Opened the dashboard (`members/dashboard`) \
            2. 14:02:00 `Asked [name], [name] or [address]` (`members/help`) \
            3. 14:23:49 Signed in with a password (`members/login`) \
            4. 14:24:10 Opened the dashboard (`members/dashboard`), 3 times \
            5. 14:26:40 Booked a solo walk (`members/bookings/new`)";
        assert!(ticket.ends_with(told), "{ticket}");
        assert!(ticket.contains("- Lately: first time in 24 hours for them"), "{ticket}");
        assert!(ticket.contains("- Worked since: not seen to succeed since; last seen at 14:32:41 BST"), "{ticket}");
        assert!(!ticket.contains("Lindqvist") && !ticket.contains('@') && !ticket.contains("203.0.113"), "{ticket}");
    }
}
