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
                    "14:29:18 Booking could not be confirmed same description",
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

    async fn another_error_under_one_description_is_not_called_the_same(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let mut logs = tale(Some(&hana), "
            14:10:00 error members/bookings/new Booking failed
            14:20:00 error members/bookings/new Booking failed
            14:30:00 error members/bookings/new Booking failed
        ");
        for (log, message) in logs.iter_mut().zip(["TimeoutError", "KeyError: 'walker'", "KeyError: 'walker'"]) {
            log.error_message = Some(message.to_owned());
        }
        let ids: Vec<_> = logs.iter().map(|log| log.id).collect();
        db.write_batch(Batch { members: vec![hana], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let support = app.signed_in(Role::Support).await;
        let page = support.get(&format!("/logs/{}", ids[2])).await;
        let told = trail(&page);
        assert_eq!(told[1], "14:10:00 Booking failed same description TimeoutError");
        assert_eq!(told[3], "14:20:00 Booking failed same error");
        assert!(page.texts(".lede").concat().contains("for the third time with this description in 20 minutes"));
        let viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.get(&format!("/logs/{}", ids[2])).await;
        assert_eq!(trail(&page)[3], "14:20:00 Booking failed same description");
        assert!(!page.text().contains("KeyError") && page.texts(".lede").concat().contains("with this description"));
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

    async fn a_ticket_of_nobody_tells_nobody_elses_story(db: TestDb) {
        let ingrid = sample::member("Ingrid Secretname", "ingrid@example.org");
        let mut logs = tale(Some(&ingrid), "14:00:00 profile_updated members/profile Ingrid Secretname changed phone");
        logs.extend(tale(None, "
            14:01:00 page_visit public/prices Opened the prices
            14:02:00 error public/join Form could not be sent
        "));
        for log in &mut logs {
            log.ip_address = Some("203.0.113.24".to_owned());
            log.user_agent = Some("Phone/1".to_owned());
        }
        let (opened, failed) = (logs[1].id, logs[2].id);
        db.write_batch(Batch { members: vec![ingrid], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        for role in [Role::Support, Role::Viewer] {
            let client = app.signed_in(role).await;
            let page = client.get(&format!("/logs/{failed}")).await;
            let ticket = page.texts("#ticket").concat();
            assert!(!ticket.contains("Secretname") && !ticket.contains("Lately"), "{ticket}");
            assert_eq!(ticket.contains("perhaps of several people: 1. 14:01:00 Opened the prices"), role == Role::Support, "{ticket}");
            assert!(!page.texts(".lede").concat().contains("time in"), "nobody is known whom it happened to");
        }
        let page = app.signed_in(Role::Support).await.get(&format!("/logs/{opened}")).await;
        assert!(!page.has("#around .section-head a"), "there is no visit of nobody");
    }

    async fn an_e_mail_that_went_from_one_to_another_tells_neithers_story_as_the_others(db: TestDb) {
        let mut walter = sample::member("Walter Formerowner", "shared@example.org");
        let mut logs = tale(Some(&walter), "
            13:00:00 profile_updated members/profile Walter Formerowner changed phone
            13:30:00 error members/pets Photo failed
        ");
        logs.extend(tale(Some(&walter), "14:10:00 profile_updated members/pets Walter Formerowner added a dog"));
        let mut alone = tale(None, "
            13:50:00 page_visit public/prices Read the prices
            14:00:00 error members/pets Photo failed
        ");
        for log in &mut alone {
            log.member_email = Some("Shared@example.org".to_owned());
        }
        let failed = alone[1].id;
        logs.extend(alone);
        walter.email = Some("walter@example.org".to_owned());
        db.write_batch(Batch { members: vec![walter.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let told = async || {
            let page = client.get(&format!("/logs/{failed}")).await;
            let (lede, ticket) = (page.texts(".lede").concat(), page.texts("#ticket").concat());
            assert!(!ticket.contains("Walter") && !ticket.contains("Formerowner"), "{ticket}");
            assert!(ticket.ends_with("- What led there: 1. 13:50:00 Read the prices (`public/prices`)"), "{ticket}");
            assert!(lede.contains("for the first time in 24 hours"), "what failed for Walter is not theirs: {lede}");
            let trail = trail(&page).join("; ");
            assert!(trail.contains("13:00:00 Walter Formerowner changed phone Walter Formerowner members/profile"), "{trail}");
            assert!(trail.contains("13:50:00 Read the prices public/prices"), "who is alone with the e-mail has no name: {trail}");
            assert!(page.texts("#around .hint").concat().contains("other members have the same e-mail"), "{trail}");
            lede
        };
        // Nobody has it now, and the newest entry that has it is Walter's.
        let lede = told().await;
        assert!(lede.contains("Nothing is recorded of them since."), "{lede}");
        // Zoe takes it over, and is seen.
        let zoe = sample::member("Zoe Newowner", "shared@example.org");
        let page = tale(Some(&zoe), "14:20:00 page_visit members/help Zoe looked");
        app.db.write_batch(Batch { members: vec![zoe.clone()], logs: page, ..Batch::default() }).await;
        let lede = told().await;
        assert!(lede.contains("Zoe Newowner") && lede.contains("last seen at 14:20:00 BST"), "{lede}");
        let booked = tale(Some(&zoe), "14:25:00 profile_updated members/pets Zoe added a dog");
        app.db.write(booked).await;
        let lede = told().await;
        assert!(lede.contains("a success in the same area is recorded at 14:25:00 BST"), "{lede}");
    }

    async fn at_a_busy_address_more_is_shown_as_far_as_was_looked(db: TestDb) {
        let mut logs = Vec::new();
        for at in 0..700 {
            let mine = at % 10 == 0;
            logs.push(NewLog {
                member_id: None,
                member_email: None,
                description: format!("Visit {at}"),
                ip_address: Some("203.0.113.24".to_owned()),
                user_agent: Some(if mine { "Mine/1" } else { "Other/1" }.to_owned()),
                ..sample::log(sample::minutes_ago(700 - at))
            });
        }
        let entry = logs[650].id;
        db.write(logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/logs/{entry}")).await;
        assert!(page.has("#earlier a"), "{}", page.text());
        assert!(!page.has("#later a"), "the four after it are shown");
        let all = client.get(&format!("/logs/{entry}?earlier=100")).await;
        // 500 of the address are looked at: 50 of this browser.
        assert_eq!(all.attributes("#around .trail a[data-row]", "href").len(), 50 + 4);
        assert!(all.texts("#around .hint")[0].contains("Not all of them were looked through"), "{:?}", trail(&all));
    }

    async fn at_most_a_hundred_are_shown_either_way_and_that_is_said(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let log = |at: i64| NewLog {
            member_id: Some(hana.id),
            description: format!("Step {at}"),
            ..sample::log(sample::minutes_ago(400 - at))
        };
        let logs: Vec<NewLog> = (0..250).map(log).collect();
        let entry = logs[130].id;
        db.write_batch(Batch { members: vec![hana.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/logs/{entry}?earlier=100&later=100")).await;
        let lines = trail(&page);
        assert_eq!((lines[0].as_str(), lines.len()), ("More is recorded before; at most 100 are shown here", 203));
        assert_eq!(lines[202], "More is recorded after; at most 100 are shown here");
        assert!(!page.has("#earlier a") && !page.has("#later a"));
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
        assert!(ticket.contains("- Lately: for the first time in 24 hours"), "{ticket}");
        assert!(ticket.contains("- Worked since: not seen to succeed since; last seen at 14:32:41 BST"), "{ticket}");
        assert!(!ticket.contains("Lindqvist") && !ticket.contains('@') && !ticket.contains("203.0.113"), "{ticket}");
    }
}
