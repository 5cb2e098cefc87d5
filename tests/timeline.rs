//! A member's visits: cut, folded, paged; what lies nearest to their time; what is inferred to be theirs.

use daybook::{
    core::{query_string::escape, role::Role},
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Page, TestApp, TestDb, sample,
        tale::{named, tale},
    },
};

/// The line of each visit.
fn visits(page: &Page) -> Vec<String> {
    page.texts(".visit > summary")
}

/// The ids of the entries in visits, newest visit first, in it oldest first.
fn entries(page: &Page) -> Vec<String> {
    let id = |href: String| href.trim_start_matches("/logs/").split('?').next().unwrap_or_default().to_owned();
    page.attributes(".visit > .trail a[data-row]", "href").into_iter().map(id).collect()
}

async fn hana(db: &TestDb, logs: Vec<NewLog>) -> NewMember {
    let hana = sample::member("Hana Lindqvist", "hana@example.org");
    let theirs = logs.into_iter().map(|log| NewLog { member_id: Some(hana.id), ..log }).collect();
    db.write_batch(Batch { members: vec![hana.clone()], logs: theirs, ..Batch::default() }).await;
    hana
}

/// The same entries, from one browser at an address.
fn seen_at(logs: Vec<NewLog>, address: &str) -> Vec<NewLog> {
    let there = |log| NewLog { ip_address: Some(address.to_owned()), user_agent: Some("Phone/1".to_owned()), ..log };
    logs.into_iter().map(there).collect()
}

/// Two days: a booking that fails, a morning's message, an evening across midnight.
const TWO_DAYS: &str = "
    2026-06-16T22:50:00Z page_visit members/pets Opened the pets
    2026-06-16T23:05:00Z profile_updated members/pets Added a second dog
    2026-06-16T23:34:59Z page_visit members/pets Looked once more
    08:04:12 login members/login Signed in
    08:05:40 message_read members/messages Read a message
    08:11:02 logout members/logout Signed out
    08:41:02 page_visit members/dashboard After half an hour
    14:23:49 login members/login Signed in again
    14:26:40 booking_created members/bookings/new Booked a walk
    14:26:41 page_visit members/bookings Opened the bookings
    14:26:51 page_visit members/bookings Opened the bookings
    14:29:00 page_visit members/bookings Opened the bookings
    14:29:18 error members/bookings/new Booking could not be confirmed
    14:32:07 error members/bookings/new Booking could not be confirmed
    14:32:20 profile_updated members/profile [warning] Photo was too large
";

database_test! {
    async fn a_story_is_cut_into_visits_that_open(db: TestDb) {
        let mut logs = tale(None, TWO_DAYS);
        for log in &mut logs[7..] {
            log.ip_address = Some("203.0.113.24".to_owned());
            log.user_agent = sample::error(sample::now()).user_agent;
            log.error_message = (log.action_type == "error").then(|| "KeyError: 'walker'".to_owned());
        }
        let hana = hana(&db, logs).await;
        let app = TestApp::start(db).await;
        let support = app.signed_in(Role::Support).await;
        let path = format!("/members/{}", hana.id);
        let page = support.get(&path).await;
        assert_eq!(
            visits(&page),
            [
                "14:23 to 14:32 8 min 1 booking, 8 entries 2 errors Safari 18.5 on iPhone, 203.0.113.24",
                "08:41 1 entry",
                "08:04 to 08:11 6 min 1 message read, 3 entries",
                "23:50 to 00:34 44 min 1 profile change, 3 entries",
            ]
        );
        assert_eq!(
            page.texts(".day-title"),
            ["Today Thursday 18 June 2026, 3 visits, London, BST", "Tuesday 16 June 2026 1 visit, London, BST"]
        );
        assert_eq!(page.texts(".visit[open] > summary").len(), 1, "the newest, which has errors too");
        let newest = page.texts(".visit[open] > .trail > li");
        assert_eq!(
            newest,
            [
                "14:23:49 Signed in again members/login",
                "2 min 51 s",
                "14:26:40 Booked a walk members/bookings/new",
                "14:26:41 Opened the bookings 3 times until 14:29:00, members/bookings 14:26:41 Opened the bookings \
                 members/bookings 14:26:51 Opened the bookings members/bookings 2 min 9 s 14:29:00 Opened the bookings \
                 members/bookings",
                "14:29:18 Booking could not be confirmed KeyError: 'walker'",
                "2 min 49 s",
                "14:32:07 Booking could not be confirmed KeyError: 'walker'",
                "14:32:20 Photo was too large members/profile",
            ]
        );
        assert!(page.texts(".visit .trail > li.gap").iter().any(|line| line == "Yesterday"));
        assert_eq!((page.rel("next"), page.rel("prev")), (None, None));
        let label = page.attribute(".spark", "aria-label").expect("a sparkline");
        assert_eq!(label, "Entries a day over 90 days. Most: 12, on 18 June. Days with errors: 18 June.");

        let viewer = app.signed_in(Role::Viewer).await.get(&path).await;
        assert_eq!(visits(&viewer)[0], "14:23 to 14:32 8 min 1 booking, 8 entries 2 errors");
        assert!(!viewer.text().contains("KeyError") && !viewer.text().contains("203.0.113"), "{}", viewer.text());
    }

    async fn a_visit_of_a_day_says_on_which_it_ended(db: TestDb) {
        let mut logs: Vec<NewLog> = (0..70).map(|n| sample::log(sample::minutes_ago(60 + n * 25))).collect();
        "booking_created".clone_into(&mut logs[0].action_type);
        let hana = hana(&db, logs).await;
        let app = TestApp::start(db).await;
        let page = app.signed_in(Role::Viewer).await.get(&format!("/members/{}", hana.id)).await;
        assert_eq!(visits(&page), ["08:53 to 18 June 2026, 13:38 1 day 4 h 1 booking, 70 entries"]);
    }

    async fn pages_of_visits_hold_each_entry_once_and_break_between_visits(db: TestDb) {
        // 130 visits of one to six entries, of which some are longer than a page.
        let mut logs = Vec::new();
        let mut minute = 0;
        for visit in 0..130_i64 {
            minute += 45;
            for at in 0..if visit == 40 { 450 } else { visit % 6 + 1 } {
                minute += i64::from(at > 0);
                logs.push(NewLog { description: format!("Visit {visit}"), ..sample::log(sample::minutes_ago(minute)) });
            }
        }
        let ids: Vec<String> = logs.iter().map(|log| log.id.to_string()).collect();
        let hana = hana(&db, logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let older = client.pages(&format!("/members/{}", hana.id), "next").await;
        assert!(older.len() > 6, "{} pages", older.len());
        let mut met: Vec<String> = Vec::new();
        for page in &older {
            let all = entries(page);
            // Oldest first within a visit, so the set of a page is compared.
            let (mut all, mut wanted) = (all.clone(), ids[met.len()..met.len() + all.len()].to_vec());
            met.extend(wanted.iter().cloned());
            all.sort();
            wanted.sort();
            assert_eq!(all, wanted);
            let said = page.text();
            let torn = said.contains("This visit began before") || said.contains("This visit goes on");
            let long = page.texts(".visit > .trail a").iter().any(|text| text == "Visit 40");
            assert!(!torn || long, "only the long visit is torn");
            assert_eq!(torn, long, "and where it is, that is said");
            assert!(!torn || visits(page).iter().any(|line| line.contains("at least ")), "{:?}", visits(page));
        }
        assert_eq!(met, ids);
        let last = older.last().expect("a page");
        let newer = client.pages(&last.rel("prev").expect("a way back"), "prev").await;
        let back: usize = newer.iter().map(|page| entries(page).len()).sum::<usize>() + entries(last).len();
        assert_eq!(back, ids.len());
        for bad in ["before=x", "after=AAAA", "before=&after=%00"] {
            let page = client.get(&format!("/members/{}?{bad}", hana.id)).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
        }
    }

    async fn their_time_leads_to_the_nearest_entry_through_changes_of_the_clock(db: TestDb) {
        let logs = tale(None, "
            2026-03-29T00:59:00Z page_visit a Before the jump
            2026-03-29T01:20:00Z page_visit a After the jump
            2026-10-25T00:20:00Z page_visit a The first half past one
            2026-10-25T01:35:00Z page_visit a The second half past one
            2026-06-18T12:00:00Z page_visit a At noon
            2026-06-18T13:02:00Z page_visit a At two
        ");
        let hana = hana(&db, logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let path = |at: &str, tz: &str| format!("/members/{}?at={}&tz={tz}", hana.id, escape(at));
        for (at, tz, found, told) in [
            ("2026-06-18T14:00", "Europe/London", "At two", "14:00:00 BST on 18 June 2026 in London. The nearest entry lies 2 min after: 14:02:00 BST on 18 June 2026 in London."),
            ("2026-06-18T15:00", "Europe/Berlin", "At two", "15:00:00 CEST on 18 June 2026 in Berlin is 14:00:00 BST in London. The nearest entry lies 2 min after: 15:02:00 CEST on 18 June 2026 in Berlin is 14:02:00 BST in London."),
            ("2026-06-18T09:00:00", "America/New_York", "At two", "lies 2 min after: 09:02:00 EDT on 18 June 2026 in New York is 14:02:00 BST in London."),
            ("2026-06-18T08:00", "America/New_York", "At noon", "lies at that very time: "),
            ("2026-06-18T12:59:00+01:00", "", "At noon", "lies 1 min after: "),
            ("2026-10-25T01:30", "Europe/London", "The second half past one", "came twice"),
            ("2026-10-25T01:21", "Europe/London", "The first half past one", "lies 1 min before: "),
            ("2026-03-29T01:30", "Europe/London", "Before the jump", "so it never came"),
            ("2026-03-29T02:15", "Europe/London", "After the jump", "lies 5 min after: "),
            ("1970-01-01T00:00", "UTC", "Before the jump", "before."),
            ("9999-12-31T23:59", "UTC", "The second half past one", " before: "),
        ] {
            let page = client.get(&path(at, tz)).await;
            assert_eq!(page.status, StatusCode::OK, "{at} {tz}");
            let nearest = page.texts("#nearest .what");
            assert_eq!(nearest, [format!("{found} nearest to that time")], "{at} {tz}: {:?}", page.texts("#found"));
            let said = page.texts("#found").concat();
            if !at.starts_with("1970") {
                assert!(said.contains(told), "{at} {tz}: {said}");
            }
            assert!(page.has(".visit[open] #nearest"), "its visit is open");
        }
        for (at, tz, field) in [
            ("three o'clock", "Europe/London", "at"),
            ("2026-06-31T15:00", "Europe/London", "at"),
            ("15:00", "UTC", "at"),
            ("2026-06-18T15:00", "Mars/Olympus", "at-tz"),
            ("\u{0}", "UTC", "at"),
        ] {
            let page = client.get(&path(at, tz)).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{at} {tz}");
            assert_eq!(page.attribute(&format!("#{field}"), "aria-invalid").as_deref(), Some("true"), "{at} {tz}");
            assert_eq!(page.attribute("#at-tz", "value").as_deref(), Some(tz));
            let kept = [page.attribute("#at", "type"), page.attribute("#at", "value")].map(Option::unwrap_or_default);
            let kind = if at.starts_with("2026-06-18") { "datetime-local" } else { "text" };
            assert_eq!(kept[0], kind, "{at}");
            assert!(kept[1].starts_with(at) || at == "\u{0}", "{at} is lost: {kept:?}");
            assert!(!visits(&page).is_empty(), "the visits are there all the same");
        }
    }

    async fn their_zone_is_guessed_from_what_an_entry_says(db: TestDb) {
        let mut logs = tale(None, "09:00:00 login a Signed in\n10:00:00 page_visit a Opened");
        logs[0].extra = Some(r#"{"time_zone": "America/New_York"}"#.to_owned());
        logs[1].extra = Some(r#"{"time_zone": "Not/AZone"}"#.to_owned());
        let hana = hana(&db, logs).await;
        let app = TestApp::start(db).await;
        let path = format!("/members/{}", hana.id);
        let page = app.signed_in(Role::Support).await.get(&path).await;
        assert_eq!(page.attribute("#at-tz", "value").as_deref(), Some("America/New_York"));
        assert!(page.texts("#at-tz-h")[0].contains("09:00:00 today"), "{:?}", page.texts("#at-tz-h"));
        let page = app.signed_in(Role::Viewer).await.get(&path).await;
        assert_eq!(page.attribute("#at-tz", "value").as_deref(), Some("Europe/London"), "extra is hidden from viewers");
    }

    async fn an_e_mail_without_an_account_has_a_story_too(db: TestDb) {
        let logs = tale(None, "09:00:00 login a Signed in\n09:01:00 page_visit a Opened\n12:00:00 logout a Signed out");
        let mail = |log: NewLog| NewLog { member_email: Some("Gone@example.org".to_owned()), ..log };
        db.write(logs.into_iter().map(mail).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/members/by-email?email=gone@example.org").await;
        assert_eq!(visits(&page), ["12:00 1 entry", "09:00 to 09:01 1 min 2 entries"]);
        assert_eq!(page.attribute("form.toolbar input[name=email]", "value").as_deref(), Some("Gone@example.org"));
        let page = client.get("/members/by-email?email=gone@example.org&at=2026-06-18T09:05&tz=Europe/London").await;
        assert_eq!(page.texts("#nearest .what"), ["Opened nearest to that time"]);
        // Their e-mail leads on to whoever has it by then, with the rest of the question.
        app.db.member(sample::member("Gone Again", "gone@example.org")).await;
        let page = client.get("/members/by-email?email=gone@example.org&at=2026-06-18T09:05&tz=Europe/London").await;
        assert!(page.location().ends_with("?at=2026-06-18T09:05&tz=Europe/London"), "{}", page.location());
    }

    async fn an_e_mail_of_before_leads_to_whose_entries_have_it(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let before = |log: NewLog| NewLog { member_email: Some("hana.old@example.org".to_owned()), ..log };
        let mut logs: Vec<NewLog> = tale(Some(&hana), "09:00:00 login a Signed in").into_iter().map(before).collect();
        logs.extend(tale(Some(&hana), "12:00:00 login a Signed in again"));
        let mut refused = tale(None, "13:00:00 login a [warning] Sign-in refused");
        refused[0].member_email = Some("HANA@example.org".to_owned());
        let refused_id = refused[0].id;
        logs.extend(refused);
        db.write_batch(Batch { members: vec![hana.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/members/by-email?email=hana.old@example.org").await;
        assert_eq!(visits(&page), ["09:00 1 entry"]);
        assert!(!page.text().contains("No account now"), "{}", page.text());
        assert_eq!(page.attributes(".calm a", "href"), [format!("/members/{}", hana.id)]);
        let said = page.texts(".calm").concat();
        assert!(said.starts_with("Entries of Hana Lindqvist have this e-mail. Nobody has it today"), "{said}");
        for q in ["hana.old@example.org", "hana.old@"] {
            let found = client.get(&format!("/find?q={q}")).await;
            assert_eq!(found.location(), format!("/members/{}", hana.id), "{q}");
            let list = client.get(&format!("/members?q={q}")).await;
            assert_eq!(list.attributes("a[data-row]", "href"), [format!("/members/{}", hana.id)], "{q}");
        }
        // What they tried without being let in stands on their page, and has no visit of theirs to lead to.
        let page = client.get(&format!("/members/{}", hana.id)).await;
        assert_eq!(page.attributes(".calm a", "href"), [format!("/logs/{refused_id}")]);
        assert!(page.texts(".calm").concat().contains("Sign-in refused, 13:00:00 today"), "{:?}", page.texts(".calm"));
        assert!(!client.get(&format!("/logs/{refused_id}")).await.has("#around .section-head a"));
    }

    async fn an_e_mail_of_before_keeps_its_members_when_it_is_tried_once_more(db: TestDb) {
        let (mut hana, mut jo) = (sample::member("Hana Lindqvist", "old@example.org"), sample::member(" ", "old@example.org"));
        let mut logs = tale(Some(&hana), "09:00:00 login a Hana signed in");
        logs.extend(tale(Some(&jo), "09:10:00 profile_updated a Jo changed something"));
        let mut refused = tale(None, "13:00:00 login a [warning] Sign-in refused");
        refused[0].member_email = Some("OLD@example.org".to_owned());
        logs.extend(refused);
        hana.email = Some("hana@example.org".to_owned());
        jo.email = Some("jo@example.org".to_owned());
        db.write_batch(Batch { members: vec![hana.clone(), jo.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/members/by-email?email=old@example.org").await;
        let said = page.texts(".calm").concat();
        assert!(said.starts_with("Entries of Hana Lindqvist and jo@example.org have this e-mail."), "{said}");
        assert!(!page.text().contains("No account now"), "{}", page.text());
        // Each member's entries have their name, and what nobody is named in has none.
        assert_eq!(
            page.texts(".visit > .trail > li:not(.gap)"),
            [
                "13:00:00 Sign-in refused a",
                "09:00:00 Hana signed in Hana Lindqvist a",
                "09:10:00 Jo changed something jo@example.org a",
            ]
        );
        for q in ["old@example.org", "old@"] {
            assert_eq!(client.get(&format!("/find?q={q}")).await.location(), format!("/members/{}", jo.id), "{q}");
            let list = client.get(&format!("/members?q={q}")).await;
            assert_eq!(list.attributes("a[data-row]", "href"), [format!("/members/{}", jo.id)], "{q}");
        }
    }

    async fn of_an_e_mail_with_many_entries_it_is_said_how_far_a_member_was_looked_for(db: TestDb) {
        let refused = |n: i64| NewLog { member_email: Some("gone@example.org".to_owned()), ..sample::log(sample::minutes_ago(n)) };
        db.write((0..500).map(refused).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let said = async || client.get("/members/by-email?email=gone@example.org").await.texts(".calm").concat();
        assert!(said().await.contains("The log cannot tell whether there was an account."));
        app.db.write(vec![refused(500)]).await;
        assert!(said().await.contains("None of the newest 500 entries with it names a member"), "{}", said().await);
    }

    async fn whole_visit_leads_to_the_very_entry_among_equals(db: TestDb) {
        let lines: Vec<String> = (0..12).map(|n| format!("09:00:00 page_visit a Same instant {n}")).collect();
        let logs = tale(None, &lines.join("\n"));
        let ids: Vec<Uuid> = logs.iter().map(|log| log.id).collect();
        let hana = hana(&db, logs).await;
        let jo = sample::member("Jo", "jo@example.org");
        db.member(jo.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for id in &ids {
            let whole = client.get(&format!("/logs/{id}")).await.attribute("#around .section-head a", "href");
            let page = client.get(&whole.expect("a link")).await;
            let marked = page.attribute("#nearest a[data-row]", "href").expect("marked");
            assert_eq!(marked, format!("/logs/{id}"));
            assert!(page.texts("#nearest").concat().contains("the entry you came from"));
        }
        // Somebody else's entry, none, or no id is nowhere in the visits.
        for entry in [ids[0].to_string(), Uuid::new_v4().to_string(), "x".to_owned()] {
            let path = format!("/members/{}?entry={entry}", jo.id);
            let page = client.get(&path).await;
            assert_eq!((page.status, page.has("#nearest")), (StatusCode::OK, false), "{path}");
        }
        assert_eq!(client.get(&format!("/members/{}?entry=x", hana.id)).await.status, StatusCode::OK);
    }

    async fn nothing_is_inferred_from_who_was_refused_nor_beside_somebody_who_is_gone(db: TestDb) {
        let (hana, kim) = (sample::member("Hana", "hana@example.org"), sample::member("Kim", "kim@example.org"));
        let mut karl = tale(None, "13:50:00 login members/login Karl signed in");
        karl[0].member_email = Some("karl@example.org".to_owned());
        let mut logs = seen_at(karl, "203.0.113.24");
        logs.extend(seen_at(tale(None, "14:10:00 page_visit public/prices Read the prices"), "203.0.113.24"));
        logs.extend(seen_at(tale(Some(&hana), "14:20:00 login members/login Signed in"), "203.0.113.24"));
        logs.extend(seen_at(tale(None, "14:10:00 page_visit public/prices A stranger"), "203.0.113.99"));
        logs.extend(seen_at(tale(Some(&kim), "14:20:00 login members/login [warning] Wrong password"), "203.0.113.99"));
        db.write_batch(Batch { members: vec![hana.clone(), kim.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for id in [hana.id, kim.id] {
            let page = client.get(&format!("/members/{id}")).await;
            assert!(!page.has(".inferred"), "{:?}", page.texts(".inferred"));
        }
    }

    async fn from_an_address_with_too_many_entries_nothing_is_inferred_and_that_is_said(db: TestDb) {
        let hana = sample::member("Hana", "hana@example.org");
        let crowd = (0..600).map(|n| NewLog { member_id: None, member_email: None, ..sample::log(sample::minutes_ago(n)) });
        let logs = tale(Some(&hana), "14:20:00 login members/login Signed in").into_iter().chain(crowd).collect();
        let logs = seen_at(logs, "203.0.113.24");
        db.write_batch(Batch { members: vec![hana.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let path = format!("/members/{}", hana.id);
        let page = app.signed_in(Role::Support).await.get(&path).await;
        assert!(!page.has(".inferred"), "{:?}", page.texts(".inferred"));
        let said = page.texts(".visit .hint").concat();
        assert!(said.starts_with("Nothing is inferred for the sign-in at 14:20:00: too many entries"), "{said}");
        let page = app.signed_in(Role::Viewer).await.get(&path).await;
        assert!(!page.text().contains("inferred"), "it would tell an address");
    }

    async fn what_was_recorded_without_an_account_is_inferred_apart(db: TestDb) {
        let (hana, jo) = (sample::member("Hana", "hana@example.org"), sample::member("Jo", "jo@example.org"));
        let (home, office) = ("203.0.113.24", "198.51.100.7");
        let mut refused = tale(None, "14:20:00 login members/login [warning] Sign-in refused");
        refused[0].member_email = Some("hanna@example.org".to_owned());
        let mut logs = Vec::new();
        logs.extend(seen_at(tale(None, "12:00:00 page_visit public/prices Too early"), home));
        logs.extend(seen_at(tale(None, "14:10:00 page_visit public/prices Read the prices"), home));
        logs.extend(seen_at(refused, home));
        logs.extend(seen_at(tale(Some(&hana), "14:23:49 login members/login Signed in"), home));
        logs.extend(seen_at(tale(None, "14:24:00 page_visit public/prices Another address"), "203.0.113.25"));
        // At the office Jo signs in from the same kind of browser.
        logs.extend(seen_at(tale(Some(&hana), "10:00:00 login members/login Signed in at work"), office));
        logs.extend(seen_at(tale(None, "10:05:00 page_visit public/prices At work"), office));
        logs.extend(seen_at(tale(Some(&jo), "2026-06-17T12:00:00Z login members/login Jo signed in"), office));
        db.write_batch(Batch { members: vec![hana.clone(), jo], logs: logs.clone(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let path = format!("/members/{}", hana.id);
        let support = app.signed_in(Role::Support).await.get(&path).await;
        assert_eq!(
            support.texts(".inferred > .trail > li"),
            [
                "14:10:00 Read the prices public/prices",
                "10 min",
                "14:20:00 Sign-in refused hanna@example.org members/login",
            ]
        );
        assert!(support.texts(".inferred > p")[0].contains("2 entries recorded without an account, from the same address and browser within an hour of the sign-in at 14:23:49."));
        assert_eq!(entries(&support).len(), 2, "they stand apart");
        let known: Vec<String> = entries(&support);
        assert!(!known.contains(&named(&logs, "Read the prices").id.to_string()));
        let viewer = app.signed_in(Role::Viewer).await.get(&path).await;
        assert!(!viewer.has(".inferred") && !viewer.text().contains("Read the prices"), "it would tell an address");
    }

    async fn a_member_who_is_unknown_or_silent_has_no_story(db: TestDb) {
        let quiet = sample::member("Quiet", "quiet@example.org");
        db.member(quiet.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get(&format!("/members/{}?at=2026-06-18T15:00", quiet.id)).await;
        assert_eq!((page.status, page.has(".visits")), (StatusCode::OK, false));
        assert_eq!(client.get(&format!("/members/{}?at=x", Uuid::new_v4())).await.status, StatusCode::NOT_FOUND);
    }
}
