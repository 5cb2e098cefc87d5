//! Members: found by what staff know of them, told apart from e-mails that nobody has, and counted as the log counts.

use daybook::{
    core::role::Role,
    db::Sql,
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{Client, Page, TestApp, app::Setup, crowd::Crowd, reference::pair, sample},
};

/// Who stands in the list: name or e-mail, or the beginning of the id, in its order.
fn found(page: &Page) -> Vec<String> {
    page.texts("a[data-row]")
}

async fn search(client: &Client, q: &str) -> Vec<String> {
    let page = client.get(&format!("/members?q={}", daybook::core::query_string::escape(q))).await;
    assert_eq!(page.status, 200, "{q}");
    assert!(!found(&page).is_empty() || page.text().contains("Nobody found for"), "{q}");
    found(&page)
}

/// A figure at the head of a member's page.
fn figure(page: &Page, label: &str) -> String {
    let at = page.texts(".stats dt").iter().position(|had| had == label).unwrap_or_else(|| panic!("no {label}"));
    page.texts(".stats dd")[at].clone()
}

/// The ids of the entries in the visits of a member's page.
fn visited(page: &Page) -> Vec<String> {
    let id = |href: String| href.trim_start_matches("/logs/").split('?').next().unwrap_or_default().to_owned();
    page.attributes(".visit > .trail a[data-row]", "href").into_iter().map(id).collect()
}

fn visit(minutes: i64, member: Option<&NewMember>, email: Option<&str>) -> NewLog {
    NewLog {
        member_id: member.map(|member| member.id),
        member_email: email.map(str::to_owned),
        ..sample::log(sample::minutes_ago(minutes))
    }
}

database_test! {
    async fn they_are_found_by_what_is_known_of_them(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana.lindqvist@example.org");
        let jo = sample::member("Jo Çelik-İnce", "JO@Example.com");
        let nameless = NewMember { name: None, ..sample::member("", "nameless@example.org") };
        let bare = NewMember { id: Uuid::new_v4(), name: None, email: None };
        let logs = vec![
            visit(9, Some(&hana), None),
            visit(5, Some(&jo), Some("jo.before@example.com")),
            visit(7, None, Some("Gone.One@example.org")),
            visit(3, None, Some("gone.one@example.org")),
            visit(1, None, Some("HANA.lindqvist@example.org")),
            visit(2, None, Some("Only.Recorded@example.org")),
        ];
        let only = sample::member("Mira Oduya", "only.recorded@example.org");
        let members = vec![hana.clone(), jo.clone(), nameless.clone(), bare.clone(), only];
        db.write_batch(Batch { members, logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let hana_s = "Hana Lindqvist";
        let id = hana.id.to_string();
        for q in [
            "hana",
            "LINDQ",
            "a Lind",
            "hana.lindqvist@example.org",
            "HANA.L",
            "qvist@exa",
            &id,
            &id.to_uppercase(),
            " hana ",
        ] {
            assert_eq!(search(&client, q).await, [hana_s], "{q}");
        }
        for (q, expected) in [
            ("çelik", "Jo Çelik-İnce"),
            ("ÇELIK", "Jo Çelik-İnce"),
            ("jo@example.com", "Jo Çelik-İnce"),
            ("nameless", "nameless@example.org"),
            (&bare.id.simple().to_string(), &bare.id.to_string()[..13]),
            ("gone", "gone.one@example.org"),
            ("GONE.one@Example.org", "gone.one@example.org"),
        ] {
            assert_eq!(search(&client, q).await, [expected], "{q}");
        }
        for q in ["nobody", "%", "_", "'", "lindqvist hana", &Uuid::new_v4().to_string(), "one@example.org"] {
            assert_eq!(search(&client, q).await, [""; 0], "{q}");
        }
        // Last seen first; whoever was never seen comes last.
        assert_eq!(search(&client, "example.com").await, ["Jo Çelik-İnce"]);
        assert_eq!(search(&client, "EXAMPLE").await[..2], ["Jo Çelik-İnce", hana_s]);
        let lately = client.get("/members").await;
        // Whoever has the e-mail of an entry without an account is among them, though no entry names them.
        assert_eq!(found(&lately), ["gone.one@example.org", "Jo Çelik-İnce", hana_s, "Mira Oduya"]);
        assert_eq!(lately.texts("td[data-l=\"Last seen\"]")[0], "14:35:05 today");
        assert!(lately.texts(".head p")[0].starts_with("Who was seen most lately; search to find anybody else."));
        let gone = client.get("/members?q=gone").await;
        assert!(gone.texts("td .gone")[0].contains("No account now"), "{}", gone.text());
        assert_eq!(
            gone.attribute("a[data-row]", "href").as_deref(),
            Some("/members/by-email?email=gone.one@example.org")
        );
    }

    async fn more_than_are_shown_are_said_to_be_there(db: TestDb) {
        let many: Vec<NewMember> =
            (0..60).map(|n| sample::member(&format!("Twin {n}"), &format!("twin{n}@example.org"))).collect();
        db.write_batch(Batch { members: many, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/members?q=twin").await;
        assert_eq!(found(&page).len(), 50);
        let told = page.texts(".head p").concat();
        assert!(told.starts_with("50 of those who match, not those seen last of all; type more to find the others."), "{told}");
        let some = client.get("/members?q=twin1").await;
        assert_eq!(found(&some).len(), 11);
        assert!(some.texts(".head p")[0].starts_with("Last seen first."), "{:?}", some.texts(".head p"));
    }

    async fn an_e_mail_that_nobody_has_is_left_out_only_where_that_is_said(db: TestDb) {
        // Those that somebody has come first by the alphabet, and are theirs who have them.
        let members: Vec<NewMember> =
            (0..60).map(|n| sample::member(&format!("M{n}"), &format!("zz.a{n:02}@example.org"))).collect();
        let theirs = (0..60).map(|n| visit(100 + n, None, Some(&format!("zz.a{n:02}@example.org"))));
        let gone = (0..10).map(|n| visit(n, None, Some(&format!("zz.z{n:02}@example.org"))));
        let strangers = (0..60).map(|n| visit(n, None, Some(&format!("gone{n:02}@example.org"))));
        let logs = theirs.chain(gone).chain(strangers).collect();
        db.write_batch(Batch { members, logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let both = search(&client, "zz.").await;
        assert_eq!(both.len(), 50);
        assert_eq!(both.iter().filter(|name| name.starts_with("zz.z")).count(), 10, "{both:?}");
        let some = client.get("/members?q=gone").await;
        assert_eq!(found(&some).len(), 50);
        let told = some.texts(".head p").concat();
        assert!(told.starts_with("50 of those who match, not those seen last of all"), "{told}");
    }

    async fn an_id_is_found_by_its_beginning_and_where_only_entries_have_it(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        db.member(hana.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let id = hana.id.to_string();
        for q in [&id[..13], &id[..8], &id.to_uppercase()[..20], &hana.id.simple().to_string()[..12]] {
            assert_eq!(search(&client, q).await, ["Hana Lindqvist"], "{q}");
        }
        assert_eq!(search(&client, &id[..7]).await, [""; 0], "too few digits to be meant as one");
    }

    async fn whoever_was_not_looked_at_is_not_said_to_be_missing(db: TestDb) {
        let members: Vec<NewMember> =
            (0..1_500).map(|n| sample::member(&format!("Member {n}"), &format!("m{n}@example.org"))).collect();
        let hana = members[7].clone();
        let logs = (0..1_500).map(|n| visit(n, Some(&hana), Some("before@example.org"))).collect();
        db.write_batch(Batch { members, logs, ..Batch::default() }).await;
        let mut setup = Setup::default();
        setup.budgets.list.time = std::time::Duration::ZERO;
        setup.budgets.count.time = std::time::Duration::ZERO;
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/members?q=zq").await;
        assert!(page.texts(".empty h2").concat().starts_with("Nobody found so far for"), "{}", page.text());
        let page = client.get("/find?q=zq").await;
        assert_eq!(page.texts("#none-h"), ["Nothing found so far for “zq”"]);
        assert!(page.texts(".tried td")[4].starts_with("None so far"), "{:?}", page.texts(".tried td"));
        let page = client.get(&format!("/members/{}", hana.id)).await;
        assert!(!page.text().contains("No entries are recorded"), "{}", page.text());
        assert!(page.texts(".stats dd").concat().contains("Not counted: there was no time"), "{:?}", page.texts(".stats dd"));
    }

    async fn whoever_is_dated_ahead_is_not_seen_yet(db: TestDb) {
        let (hana, jo) = (sample::member("Hana Lindqvist", "hana@example.org"), sample::member("Jo Bell", "jo@example.org"));
        let far = daybook::core::time::Timestamp::parse_rfc3339("2099-01-01T00:00:00Z").expect("an instant");
        let ahead = |member: &NewMember| NewLog { timestamp: far, ..visit(0, Some(member), None) };
        let logs = vec![visit(9, Some(&hana), None), ahead(&hana), ahead(&jo)];
        let strange = NewLog { timestamp: far, ..visit(0, None, Some("gone@example.org")) };
        let logs = [logs, vec![strange, visit(3, None, Some("gone@example.org"))]].concat();
        db.write_batch(Batch { members: vec![hana.clone(), jo.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let page = client.get("/members").await;
        assert_eq!(found(&page), ["gone@example.org", "Hana Lindqvist"]);
        assert_eq!(page.texts("td[data-l=\"Last seen\"]"), ["14:35:05 today", "14:29:05 today"]);
        let page = client.get("/members?q=example").await;
        assert_eq!(found(&page), ["Hana Lindqvist", "Jo Bell"]);
        assert_eq!(page.texts("td[data-l=\"Last seen\"]"), ["14:29:05 today", "Dated ahead only"]);
        let page = client.get(&format!("/members/{}", hana.id)).await;
        assert!(figure(&page, "Last seen").starts_with("9 min ago"), "{}", figure(&page, "Last seen"));
        assert!(figure(&page, "Newest entry, dated ahead").starts_with("In 72 years"));
        let page = client.get(&format!("/members/{}", jo.id)).await;
        assert_eq!(figure(&page, "Last seen"), "Not yet Only entries dated ahead are recorded");
    }

    async fn what_cannot_be_looked_for_is_refused_at_the_field(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let long = "x".repeat(256);
        for q in [long.as_str(), "%ff", "a%00b", "%ED%A0%80"] {
            let page = client.get(&format!("/members?q={q}")).await;
            assert_eq!((page.status.as_u16(), found(&page).len()), (400, 0), "{q}");
            assert_eq!(page.attribute("#q", "aria-invalid").as_deref(), Some("true"), "{q}");
            let reason = page.attribute("#q", "aria-describedby").expect("a reason");
            assert!(page.texts(&format!("#{reason}"))[0].ends_with('.'), "{q}");
        }
        assert_eq!(client.get(&format!("/members?q={}", &long[1..])).await.status, 200);
        assert!(client.get("/members?q=").await.text().contains("Type to find a member"));
    }

    async fn an_address_leads_to_one_member(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "Hana@example.org");
        let batch = Batch {
            members: vec![hana.clone()],
            logs: vec![visit(3, None, Some("Gone@Example.org"))],
            ..Batch::default()
        };
        db.write_batch(batch).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let usual = format!("/members/{}", hana.id);
        for spelling in [hana.id.simple().to_string(), hana.id.to_string().to_uppercase()] {
            let page = client.get(&format!("/members/{spelling}?a=b")).await;
            assert_eq!((page.status.as_u16(), page.location()), (301, format!("{usual}?a=b").as_str()), "{spelling}");
        }
        for id in ["x", "%00", &Uuid::new_v4().to_string()] {
            assert_eq!(client.get(&format!("/members/{id}")).await.status, 404, "{id}");
        }
        for email in ["hana@example.org", "HANA@EXAMPLE.ORG", "%20Hana@example.org%20"] {
            let page = client.get(&format!("/members/by-email?email={email}")).await;
            assert_eq!((page.status.as_u16(), page.location()), (303, usual.as_str()), "{email}");
        }
        let page = client.get(&usual).await;
        assert_eq!(page.texts("h1"), ["Hana Lindqvist"]);
        assert!(page.text().contains("No entries are recorded for this member"), "{}", page.text());

        let gone = client.get("/members/by-email?email=GONE@example.ORG").await;
        assert_eq!((gone.status.as_u16(), gone.texts("h1")), (200, vec!["Gone@Example.org".to_owned()]), "as recorded");
        assert!(gone.text().contains("nobody has it today") && visited(&gone).len() == 1);
        let never = client.get("/members/by-email?email=never@example.org").await;
        assert!(never.status == 200 && never.text().contains("No entry has this e-mail"), "{}", never.text());
        for query in ["", "?email=", "?email=%ff", "?email=%00", &format!("?email={}", "x".repeat(256))] {
            assert_eq!(client.get(&format!("/members/by-email{query}")).await.status, 404, "{query}");
        }
    }

    async fn figures_are_those_of_the_log(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = crowd.reference(false);
        let emails = ["gone@nowhere.example", "old@x.example", "j%o_@x.example", "ZOË@x.example"];
        let by_id = reference.members.iter().map(|member| (member.id.to_string(), format!("/members/{}", member.id)));
        let by_email = emails.iter().map(|email| {
            let escaped = daybook::core::query_string::escape(email);
            ((*email).to_owned(), format!("/members/by-email?email={escaped}"))
        });
        for (who, path) in by_id.chain(by_email) {
            let page = client.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            let theirs = reference.list(&[pair("member", &who)]);
            let month = reference.list(&[pair("member", &who), pair("range", "30d")]);
            let is_error = |log: &&&NewLog| log.status == "error" || log.action_type == "error";
            assert_eq!(figure(&page, "Entries"), theirs.len().to_string(), "{path}");
            let errors = figure(&page, "Errors, last 30 days");
            let errors: String = errors.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(errors, month.iter().filter(is_error).count().to_string(), "{path}");
            let mut visits = visited(&page);
            assert!(!visits.is_empty(), "{path}");
            let mut ids: Vec<String> = theirs.iter().take(visits.len()).map(|log| log.id.to_string()).collect();
            visits.sort();
            ids.sort();
            assert_eq!(visits, ids, "{path}");
            let all = page.attribute(".head .actions a", "href").expect("all their entries");
            assert_eq!(client.walk(&all, "next").await.concat(), reference.ids(&[pair("member", &who)]), "{path}");
        }
    }

    async fn what_was_recorded_by_e_mail_alone_stands_on_the_page_of_a_member_without_entries(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let refused = visit(3, None, Some("Hana@example.org"));
        let batch = Batch { members: vec![hana.clone()], logs: vec![refused.clone()], ..Batch::default() };
        db.write_batch(batch).await;
        let app = TestApp::start(db).await;
        let page = app.signed_in(Role::Viewer).await.get(&format!("/members/{}", hana.id)).await;
        assert_eq!(page.attributes(".calm a", "href"), [format!("/logs/{}", refused.id)]);
        let said = page.texts(".empty p").concat();
        assert_eq!(said, "The application knows the member. No entry has their ID, at any time.");
    }

    async fn whatever_was_recorded_as_an_e_mail_has_a_page_and_no_link_of_it_means_others(db: TestDb) {
        let odd = ["jozef", "none", "a@b*", " kay@example.org ", "odd\u{fffd}@example.org"];
        let failed = |email: &str| NewLog { member_email: Some(email.to_owned()), ..sample::error(sample::minutes_ago(9)) };
        let mut logs: Vec<NewLog> = odd.iter().map(|email| failed(email)).collect();
        logs.extend([visit(4, None, None), visit(3, None, Some("jozefina@example.org")), visit(2, None, Some("  "))]);
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let list = client.get("/logs?range=all").await;
        for (email, log) in odd.iter().zip(&logs) {
            let href = list.attributes("#list a.gone", "href").into_iter().find(|href| {
                *href == format!("/members/by-email?email={}", daybook::core::query_string::escape(email))
            });
            let page = client.get(&href.unwrap_or_else(|| panic!("{email:?} has no link"))).await;
            assert_eq!((page.status.as_u16(), visited(&page)), (200, vec![log.id.to_string()]), "{email:?}");
            for link in page.attributes(".head .actions a, .stats a, .failures a, .section-head a", "href") {
                let there = client.get(&link).await;
                assert_eq!(there.status, 200, "{email:?}: {link}");
                if link.starts_with("/logs?") {
                    assert_eq!(there.entries(), [log.id.to_string()], "{email:?}: {link}");
                }
            }
        }
        // Typed with blanks around it, an e-mail is meant without them; what is blank is nobody's.
        assert_eq!(visited(&client.get("/members/by-email?email=+jozef+").await), [logs[0].id.to_string()]);
        assert_eq!(visited(&client.get("/members/by-email?email=kay@example.org").await), [""; 0]);
        let blank = client.get(&format!("/logs/{}", logs[7].id)).await;
        assert!(blank.texts(".lede").concat().contains("an anonymous visitor"), "{:?}", blank.texts(".lede"));
    }

    async fn entries_of_a_member_who_is_gone_stay(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let logs = vec![visit(3, Some(&hana), Some("hana@example.org")), visit(4, Some(&hana), None)];
        db.write_batch(Batch { members: vec![hana.clone()], logs: logs.clone(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        assert_eq!(visited(&client.get(&format!("/members/{}", hana.id)).await).len(), 2);
        app.db.execute(Sql::new("DELETE FROM members WHERE id = ").bind(hana.id)).await;

        let list = client.get("/logs").await;
        assert_eq!(list.entries().len(), 2, "nothing is lost");
        let cells = list.texts("#list .c-member");
        assert!(cells[0].contains("hana@example.org") && cells[0].contains("No account now"), "{cells:?}");
        assert!(cells[1].contains("Anonymous"), "{cells:?}");
        assert_eq!(client.get(&format!("/members/{}", hana.id)).await.status, 404);
        let by_email = client.get("/members/by-email?email=hana@example.org").await;
        assert_eq!((by_email.status.as_u16(), visited(&by_email)), (200, vec![logs[0].id.to_string()]));
        assert_eq!(search(&client, "hana").await, ["hana@example.org"]);

        // Whoever takes the e-mail over is who it leads to, and the entry says how it was recorded.
        let other = sample::member("Hana Other", "HANA@example.org");
        app.db.member(other.clone()).await;
        let page = client.get("/members/by-email?email=hana@example.org").await;
        assert_eq!(page.location(), format!("/members/{}", other.id));
        let cells = client.get("/logs").await.texts("#list .c-member");
        assert!(cells[0].contains("Hana Other") && cells[0].contains("Recorded without an account"), "{cells:?}");
    }
}
