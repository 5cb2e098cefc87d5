//! One entry: its address, everything that is recorded of it, its place in the list it was opened from, and the ways to
//! its like.

use daybook::{
    core::{query_string, role::Role},
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, TestApp, TestDb,
        crowd::Crowd,
        reference::{Pairs, pair, url},
        sample,
    },
};

/// An entry that has everything, of a member with a booking.
async fn whole(db: &TestDb) -> (NewMember, NewLog) {
    let member = sample::member("Hana Lindqvist", "hana.today@example.org");
    let booking = sample::booking(member.id);
    let log = NewLog {
        member_id: Some(member.id),
        booking_id: Some(booking.id),
        ip_address: Some("198.51.100.9:4711, 10.0.0.2".to_owned()),
        ..sample::error(sample::minutes_ago(6))
    };
    let batch = Batch { members: vec![member.clone()], bookings: vec![booking], logs: vec![log.clone()] };
    db.write_batch(batch).await;
    (member, log)
}

fn entry_url(id: impl std::fmt::Display, pairs: &Pairs) -> String {
    url(pairs).replacen("/logs", &format!("/logs/{id}"), 1)
}

/// The entry that a way from an entry leads to, and whether it keeps the list.
fn leads_to(page: &Page, rel: &str, pairs: &Pairs) -> Option<String> {
    let href = page.rel(rel)?;
    let (id, query) = href.strip_prefix("/logs/").and_then(|rest| rest.split_once('?')).expect("an entry in a list");
    let kept = query_string::parse(query);
    for (name, value) in pairs {
        assert!(kept.iter().any(|pair| pair.name == *name && pair.value == *value), "{href} has lost {name}={value}");
    }
    Some(id.to_owned())
}

/// Follows every link that filters by a fact: each list holds the entry.
async fn links_find_it(client: &Client, id: Uuid) -> Vec<String> {
    let page = client.get(&format!("/logs/{id}")).await;
    assert_eq!(page.status, 200);
    let mut links = page.attributes(".facts a[aria-label^=\"Filter by\"]", "href");
    links.extend(page.attributes(".facts pre.json a", "href"));
    for link in &links {
        let list = client.get(&format!("{link}&limit=200")).await;
        assert_eq!(list.status, 200, "{link}");
        assert!(list.entries().contains(&id.to_string()), "{link} does not find the entry");
    }
    links
}

database_test! {
    async fn any_spelling_of_its_id_leads_to_it(db: TestDb) {
        let (_, log) = whole(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let usual = format!("/logs/{}", log.id);
        let upper = log.id.to_string().to_uppercase();
        for spelling in
            [upper.clone(), log.id.simple().to_string(), format!("%7B{upper}%7D"), format!("urn:uuid:{}", log.id)]
        {
            for (rest, query) in [("", ""), ("", "?range=7d&q=a%20b&before=x"), ("/error_detail.txt", "?a=1")] {
                let page = client.get(&format!("/logs/{spelling}{rest}{query}")).await;
                assert_eq!(page.status, 301, "{spelling}{rest}");
                assert_eq!(page.location(), format!("{usual}{rest}{query}"));
            }
        }
        let unknown = Uuid::new_v4();
        for id in
            ["x", "0", &upper[1..], &format!("{upper}0"), "..%2Fstaff", "%00", "%F0%9F%90%95", &unknown.to_string()]
        {
            for rest in ["", "/error_detail.txt"] {
                let page = client.get(&format!("/logs/{id}{rest}")).await;
                assert_eq!(page.status, 404, "{id}{rest}");
            }
        }
        assert_eq!(client.get(&usual).await.status, 200);
    }

    async fn newer_and_older_are_its_neighbours_in_the_list(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let all = reference.ids(&[pair("range", "all")]);
        for pairs in [
            vec![pair("range", "all")],
            vec![pair("range", "7d"), pair("status", "error")],
            vec![pair("range", "all"), pair("member", "j*"), pair("area", "!members/*")],
            vec![pair("range", "all"), pair("q", "dash"), pair("limit", "25")],
            vec![pair("range", "all"), pair("member", "no-account"), pair("tz", "Asia/Tokyo")],
        ] {
            let list = reference.ids(&pairs);
            assert!(list.len() > 2, "{pairs:?}");
            let beside = |at: usize| (at.checked_sub(1).map(|at| list[at].clone()), list.get(at + 1).cloned());
            for at in [0, 1, list.len() / 2, list.len() - 1] {
                let page = client.get(&entry_url(&list[at], &pairs)).await;
                let found = (leads_to(&page, "prev", &pairs), leads_to(&page, "next", &pairs));
                assert_eq!(found, beside(at), "{at} of {pairs:?}");
            }
            // One that is not in the list has neighbours in it by its place in time.
            let Some(place) = all.iter().position(|id| !list.contains(id)) else { continue };
            let page = client.get(&entry_url(&all[place], &pairs)).await;
            let newer = all[..place].iter().rev().find(|id| list.contains(id)).cloned();
            let older = all[place..].iter().find(|id| list.contains(id)).cloned();
            assert_eq!((leads_to(&page, "prev", &pairs), leads_to(&page, "next", &pairs)), (newer, older), "{pairs:?}");
        }
        let alone = client.get(&format!("/logs/{}", all[7])).await;
        let href = |rel: &str| alone.rel(rel).unwrap_or_default();
        assert_eq!((href("prev"), href("next")), (format!("/logs/{}", all[6]), format!("/logs/{}", all[8])));
    }

    async fn the_way_back_is_the_very_page_it_was_opened_from(db: TestDb) {
        db.write((0..80).map(|at| sample::log(sample::minutes_ago(at))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let first = client.get("/logs?status=success&range=7d&limit=25&tz=America/New_York").await;
        let second = first.rel("next").expect("a second page");
        let page = client.get(&second).await;
        let opened = client.get(&page.attribute("#list a[data-row]", "href").expect("an entry")).await;
        let back = opened.attribute(".crumb a", "href").expect("a way back");
        assert_eq!(back, second);
        // And so from every entry that is reached by Older.
        let older = client.get(&opened.rel("next").expect("an older entry")).await;
        assert_eq!(older.attribute(".crumb a", "href"), Some(second));
        let unreadable = client.get(&format!("/logs/{}?ip=nowhere&status=error", page.entries()[0])).await;
        assert_eq!(unreadable.status, 200, "the entry is there although its list cannot be read");
        assert_eq!(unreadable.attribute(".crumb a", "href").as_deref(), Some("/logs?ip=nowhere&status=error"));
        assert_eq!((unreadable.rel("next"), unreadable.rel("prev")), (None, None));
        let direct = client.get(&format!("/logs/{}", page.entries()[0])).await;
        assert_eq!(direct.attribute(".crumb a", "href").as_deref(), Some("/logs"));
    }

    async fn what_else_the_page_of_an_entry_is_asked_for_opens_it_from_no_list(db: TestDb) {
        let days = |at: i64| sample::log(sample::minutes_ago(at * 1_440));
        let logs: Vec<NewLog> = [0, 4, 5, 6].map(days).to_vec();
        let id = logs[2].id;
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, kept, back) in [
            ("", "", "/logs"),
            ("?earlier=10", "", "/logs"),
            ("?later=10&unknown=1&status=", "", "/logs"),
            ("?tz=Asia/Tokyo&earlier=10", "?tz=Asia/Tokyo", "/logs?tz=Asia/Tokyo"),
        ] {
            let page = client.get(&format!("/logs/{id}{query}")).await;
            let beside = [page.rel("prev"), page.rel("next")].map(Option::unwrap_or_default);
            assert_eq!(beside, [1, 3].map(|at: usize| format!("/logs/{}{kept}", logs[at].id)), "{query}");
            assert_eq!(page.attribute(".crumb a", "href").as_deref(), Some(back), "{query}");
        }
        let listed = client.get(&format!("/logs/{id}?limit=25")).await;
        assert_eq!(listed.attribute(".crumb a", "href").as_deref(), Some("/logs?range=24h&limit=25"));
    }

    async fn a_message_that_is_too_long_for_a_page_is_cut_and_whole_in_a_file(db: TestDb) {
        let message = "x".repeat(1_000_000);
        let log = NewLog { error_message: Some(message.clone()), ..sample::error(sample::minutes_ago(6)) };
        let id = log.id;
        db.write(vec![log, sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/logs/{id}")).await;
        assert!(page.text().len() < 200_000, "{} bytes", page.text().len());
        let file = page.attribute("a[download][href^=\"/logs/export.ndjson\"]", "href").expect("a file");
        let file = client.get(&file).await;
        assert!(file.text().contains(&message) && file.text().lines().count() == 1);
    }

    async fn everything_that_is_recorded_is_shown(db: TestDb) {
        let (member, log) = whole(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/logs/{}", log.id)).await;
        assert_eq!(page.texts("h1"), [log.description.as_str()]);
        let facts = page.texts(".facts").concat();
        let (email, today) = (log.member_email.as_deref().expect("one"), member.email.as_deref().expect("one"));
        for text in [
            "Hana Lindqvist",
            email,
            today,
            &member.id.to_string(),
            "Thu 18 June 2026, 14:32:05.000 BST",
            "2026-06-18 13:32:05.000",
            "6 minutes ago",
            "members/bookings/new",
            "App error",
            "Error",
            &log.booking_id.expect("one").to_string(),
            "198.51.100.9:4711, 10.0.0.2",
            "Safari 18.5 on iPhone",
            log.user_agent.as_deref().expect("one"),
            &log.id.to_string(),
            "\"service_type\": \"group_walk\"",
            "\"attempt\": 2",
        ] {
            assert!(facts.contains(text), "“{text}” is not in {facts}");
        }
        assert_eq!(page.texts("#error-message"), [log.error_message.as_deref().expect("one")]);
        let shown: Vec<String> = page.texts("#tb-text > .l");
        let lines: Vec<&str> = log.error_detail.as_deref().expect("one").lines().map(str::trim).collect();
        assert_eq!(shown, lines);
        // In the sentence under the title the booking's or the entry's own service type.
        assert!(page.texts(".lede")[0].contains("service type group_walk"), "{:?}", page.texts(".lede"));
    }

    async fn what_somebody_else_wrote_is_text(db: TestDb) {
        let hostile = "</pre><script>alert(1)</script> {{7*7}} \u{202e}\"'&";
        let log = NewLog {
            member_email: Some(hostile.to_owned()),
            action_type: hostile.to_owned(),
            area: hostile.to_owned(),
            status: "<b>odd</b>".to_owned(),
            description: hostile.to_owned(),
            error_message: Some(hostile.to_owned()),
            error_detail: Some(format!("Traceback\n{hostile}\n\u{1b}[31m")),
            ip_address: Some("<i>1.2.3.4</i>".to_owned()),
            user_agent: Some(hostile.to_owned()),
            extra: Some(r#"{"<u>": "<script>alert(2)</script>", "__proto__": {"a": 1}}"#.to_owned()),
            ..sample::log(sample::minutes_ago(6))
        };
        db.write(vec![log.clone()]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for path in [format!("/logs/{}", log.id), "/logs".to_owned(), "/members".to_owned()] {
            let page = client.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(!page.text().contains("<script>alert") && !page.text().contains("<b>odd"), "{path}");
        }
        let page = client.get(&format!("/logs/{}", log.id)).await;
        assert_eq!(page.texts("h1"), [hostile]);
        assert!(links_find_it(&client, log.id).await.len() >= 8);
    }

    async fn a_long_traceback_is_bounded_on_its_page_and_whole_in_its_file(db: TestDb) {
        let lines: Vec<String> =
            (1..=40_000).map(|n| format!("  line {n} of a traceback that does not end, 🐕 or so")).collect();
        let text = format!("Traceback (most recent call last):\r\n{}\r\n\u{feff}end\t \n", lines.join("\n"));
        assert!(text.len() > 2_000_000);
        let one_line = "x".repeat(2_000_000);
        let of = |text: &str| NewLog { error_detail: Some(text.to_owned()), ..sample::error(sample::minutes_ago(6)) };
        let logs = [of(&text), of(&one_line), of("")];
        db.write(logs.to_vec()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;

        let page = client.get(&format!("/logs/{}", logs[0].id)).await;
        assert!(page.body.len() < 300_000, "{} bytes", page.body.len());
        let shown = page.texts("#tb-text > .l");
        assert_eq!(shown.len(), 401, "200 lines, what stands for the others, 200 lines");
        assert_eq!((shown[1].as_str(), shown[199].as_str()), (lines[0].trim(), lines[198].trim()));
        assert_eq!(shown[399], lines[39_999].trim());
        assert!(shown[200].starts_with("39,602 lines are left out here."), "{}", shown[200]);
        assert_eq!(page.attributes("#tb-text .fold", "data-n"), ["⋮"]);
        let page = client.get(&format!("/logs/{}", logs[1].id)).await;
        assert!(page.body.len() < 300_000 && page.texts("#tb-text")[0].contains("this line goes on in the file"));

        for log in &logs {
            let file = client.get(&format!("/logs/{}/error_detail.txt", log.id)).await;
            assert_eq!(file.status, 200);
            assert!(file.body == log.error_detail.as_deref().unwrap_or_default().as_bytes(), "byte for byte");
            assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
            assert!(file.header("content-disposition").is_some_and(|how| how.starts_with("attachment; filename=")));
        }
        assert!(!client.get(&format!("/logs/{}", logs[2].id)).await.has("#tb-text"), "an empty one is none");
    }

    async fn a_ticket_tells_nothing_personal(db: TestDb) {
        let (member, log) = whole(&db).await;
        let email = log.member_email.clone().expect("one");
        let told = NewLog {
            id: Uuid::new_v4(),
            description: format!("Hana could not book, wrote {email} from 198.51.100.9"),
            error_message: Some(format!("ValueError: LINDQVIST <{email}> at 2001:db8::7, card 4111 1111 1111 1111")),
            ..log.clone()
        };
        db.write(vec![told.clone()]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for log in [log, told] {
            let page = client.get(&format!("/logs/{}", log.id)).await;
            let ticket = page.texts("#ticket").concat();
            assert!(
                ticket.contains(&log.id.to_string()) && ticket.contains("walker_id") || ticket.contains("ValueError")
            );
            let lower = ticket.to_lowercase();
            // Of a card more than four digits, as those stand in the odd random id too.
            for personal in
                ["hana", "lindqvist", "example.org", "198.51.100.9", "2001:db8", "iphone", "4111 1111", "10.0.0.2"]
            {
                assert!(!lower.contains(personal), "{personal} is in {ticket}");
            }
            assert!(ticket.contains(&member.id.to_string()[..13]), "the member is told by the beginning of their id");
        }
    }

    async fn a_viewer_s_page_holds_nothing_that_is_masked(db: TestDb) {
        let (_, log) = whole(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for path in
            [format!("/logs/{}", log.id), "/logs".to_owned(), format!("/members/{}", log.member_id.expect("one"))]
        {
            let text = client.get(&path).await.text();
            for masked in ["198.51.100", "iPhone", "walker_id", "_pick_walker", "group_walk", "attempt\"", "Safari"] {
                assert!(!text.contains(masked), "{masked} is in {path}");
            }
        }
        let page = client.get(&format!("/logs/{}", log.id)).await;
        assert_eq!(page.texts(".facts .gone").iter().filter(|text| text.contains("Hidden from viewers")).count(), 3);
        assert_eq!(client.get(&format!("/logs/{}/error_detail.txt", log.id)).await.status, 403);
        links_find_it(&client, log.id).await;
    }

    async fn whom_an_entry_is_about_is_told_apart(db: TestDb) {
        let named = sample::member("Hana Lindqvist", "hana@example.org");
        let nameless = NewMember { name: None, ..sample::member("", "jo@example.org") };
        let bare = NewMember { id: Uuid::new_v4(), name: Some("  ".to_owned()), email: None };
        let of = |member: Option<&NewMember>, email: Option<&str>| NewLog {
            member_id: member.map(|member| member.id),
            member_email: email.map(str::to_owned),
            ..sample::log(sample::minutes_ago(6))
        };
        let cases = [
            (of(Some(&named), Some("old@example.org")), "Hana Lindqvist", "old@example.org"),
            (of(Some(&named), None), "Hana Lindqvist", "hana@example.org"),
            (of(Some(&nameless), None), "jo@example.org", ""),
            (of(Some(&bare), None), &bare.id.to_string()[..13], "No e-mail recorded"),
            (of(None, Some("HANA@example.org")), "Hana Lindqvist", "Recorded without an account"),
            (of(None, Some("gone@example.org")), "gone@example.org", "No account now"),
            (of(None, None), "Anonymous", ""),
        ];
        let members = vec![named.clone(), nameless.clone(), bare.clone()];
        let logs = cases.iter().map(|(log, ..)| log.clone()).collect();
        db.write_batch(Batch { members, logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let list = client.get("/logs").await;
        let shown =
            list.entries().into_iter().zip(list.texts("#list .c-member")).collect::<std::collections::HashMap<_, _>>();
        for (log, first, then) in &cases {
            let cell = &shown[&log.id.to_string()];
            assert!(cell.starts_with(first) && cell.contains(then), "“{cell}” is not “{first}”, “{then}”");
            let page = client.get(&format!("/logs/{}", log.id)).await;
            let facts = page.texts(".facts section:first-child").concat();
            let then = then.replace("No e-mail recorded", "None recorded");
            assert!(facts.contains(first) && facts.contains(&then), "“{facts}” is not “{first}”, “{then}”");
            let leads = page.attribute(".lede a", "href");
            match (log.member_id, &log.member_email) {
                (Some(id), _) => assert_eq!(leads, Some(format!("/members/{id}"))),
                (None, Some(email)) if email.starts_with("HANA") => {
                    assert_eq!(leads, Some(format!("/members/{}", named.id)));
                }
                (None, Some(email)) => assert_eq!(leads, Some(format!("/members/by-email?email={email}"))),
                (None, None) => assert_eq!(leads, None),
            }
            assert!(!page.text().to_lowercase().contains("deleted"), "the log cannot know");
        }
    }

    async fn links_from_each_fact_find_the_entry(db: TestDb) {
        let (member, log) = whole(&db).await;
        let odd = NewLog {
            id: Uuid::new_v4(),
            member_id: None,
            member_email: Some("No At Sign ".to_owned()),
            action_type: "\\!odd".to_owned(),
            status: "!odd".to_owned(),
            area: "!a/b/*".to_owned(),
            ip_address: Some("for=\"[2001:DB8::7]:443\"".to_owned()),
            user_agent: Some("  Ünusual/1.0 \"x\" & İ".to_owned()),
            extra: Some(
                r#"{"a&b=c": "x=1&y", "n": 1.0e5, "t": true, "s": " \u00e9 ", "k": "old", "k": "new", "": 1}"#
                    .to_owned(),
            ),
            ..log.clone()
        };
        let later = |log: &NewLog, days: i64| NewLog {
            id: Uuid::new_v4(),
            timestamp: sample::minutes_ago(days * 24 * 60),
            ..log.clone()
        };
        let blank = NewLog { member_email: Some(" jo@example.org ".to_owned()), ..later(&odd, 2) };
        let nobody = NewLog { member_email: None, extra: None, ..later(&odd, 1) };
        let empty = NewLog { member_email: Some(String::new()), ..later(&odd, 1) };
        let recorded = NewLog { member_id: None, member_email: member.email.clone(), ..later(&log, 3) };
        let all =
            [odd.clone(), blank, nobody, empty, recorded, later(&log, 29), later(&log, 31), later(&odd, 500), later(&log, -3)];
        db.write(all.to_vec()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for id in all.iter().map(|log| log.id).chain([log.id]) {
            let links = links_find_it(&client, id).await;
            assert!(links.len() >= 6, "{links:?}");
        }
    }
}
