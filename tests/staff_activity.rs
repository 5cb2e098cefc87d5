//! Who did what in Daybook: every record once, narrowed as asked, within bounds, and nothing in it does anything.

use std::collections::BTreeSet;

use daybook::{
    core::{query_string::escape, role::Role, time::Timestamp},
    db::Sql,
    logs::form::{Asker, FilterForm, Surface},
    session::{accounts, tokens::Scope},
    staff::activity::{
        filter::{Filter, Person},
        form,
        kinds::Group,
    },
    staff_log::{self, COMMAND_LINE, Kind, Record},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{Api, Client, Page, Places, TestApp, TestDb, api::make, app::Setup, harmless, sample},
};

const MAYA: &str = "maya@example.org";
const LUCY: &str = "lucy@example.org";
const LIST: &str = "/staff/activity";

async fn append(db: &TestDb, records: &[Record]) {
    let mut tx = db.db.write().await.expect("a transaction");
    staff_log::append(&mut tx, records).await.expect("written");
    tx.commit().await.expect("committed");
}

fn record(at: Timestamp, kind: Kind) -> Record {
    Record {
        at,
        staff_id: None,
        staff_email: "stranger@example.org".to_owned(),
        kind,
        subject: None,
        detail: None,
        ip_address: Some("203.0.113.80".to_owned()),
        request_id: None,
        token: None,
    }
}

/// Rows as text: who, what, the rest.
fn rows(page: &Page) -> Vec<[String; 3]> {
    let cells = |class: &str| page.texts(&format!("#list tbody .{class}"));
    let (who, what, said) = (cells("c-member"), cells("c-action"), cells("c-what"));
    assert!(who.len() == what.len() && what.len() == said.len());
    let tidy = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    who.iter().zip(&what).zip(&said).map(|((who, what), said)| [tidy(who), tidy(what), tidy(said)]).collect()
}

/// The instants of all rows from a page on, page after page.
async fn walk(client: &Client, path: &str, rel: &str) -> Vec<Vec<String>> {
    client.pages(path, rel).await.iter().map(|page| page.attributes("#list time", "datetime")).collect()
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number") % n
    }
}

/// Two accounts, and records of everybody about everything, a second apart, the newest an hour ago.
pub async fn crowd(db: &TestDb, n: usize) -> Vec<Record> {
    let mut ids = Vec::new();
    for email in [MAYA, LUCY] {
        crate::support::app::add_account(db, email, Role::Support, sample::now()).await;
        ids.push(accounts::by_email(&db.db, email).await.expect("asked").expect("an account").id);
    }
    let mut dice = Dice(7);
    let mut records = Vec::new();
    for at in 0..n {
        let back = i64::try_from(n - at).expect("a number");
        let when = sample::minutes_ago(60).plus(-chrono::Duration::seconds(back * 97));
        let kind = Kind::ALL[dice.below(Kind::ALL.len())];
        let mut record = record(when, kind);
        match dice.below(6) {
            0 => {}
            1 => "Stranger@Example.org".clone_into(&mut record.staff_email),
            2 => COMMAND_LINE.clone_into(&mut record.staff_email),
            3 => (record.staff_id, record.staff_email) = (Some(ids[0]), MAYA.to_owned()),
            _ => (record.staff_id, record.staff_email) = (Some(ids[1]), LUCY.to_owned()),
        }
        if record.staff_id.is_some() && dice.below(5) == 0 {
            record.token = Some("nightly".to_owned());
        }
        records.push(record);
    }
    append(db, &records).await;
    records
}

/// Whether a record is meant, said as plainly as can be.
fn meant(record: &Record, filter: &Filter, now: Timestamp) -> bool {
    let (from, to) = filter.range.bounds(now);
    let person = |person: &Person| match person {
        Person::Email(email) if email == MAYA || email == LUCY => {
            record.staff_id.is_some() && record.staff_email == *email
        }
        Person::Email(email) => record.staff_id.is_none() && record.staff_email.to_ascii_lowercase() == *email,
        Person::Nobody => record.staff_id.is_none() && record.staff_email != COMMAND_LINE,
        Person::CommandLine => record.staff_email == COMMAND_LINE,
    };
    let kind = |group: &Group| match &record.token {
        Some(_) => *group == Group::Api,
        None => Group::of(record.kind) == *group,
    };
    from.is_none_or(|from| record.at >= from)
        && to.is_none_or(|to| record.at < to)
        && (filter.person.is_empty() || filter.person.iter().any(person))
        && (filter.kind.is_empty() || filter.kind.iter().any(kind))
}

fn asker() -> Asker {
    Asker { zone: chrono_tz::Europe::London, role: Role::Admin, surface: Surface::Page }
}

/// A query that can be read.
pub fn filter(query: &str) -> Filter {
    form::parse(&FilterForm::new(query), asker()).expect("a filter").filter
}

const QUERIES: [&str; 22] = [
    "range=all",
    "range=24h",
    "range=7d&kind=export",
    "range=custom&from=2026-06-18T04:00&to=2026-06-18T09:30",
    "range=all&person=maya@example.org",
    "range=all&person=MAYA@Example.org&person=lucy@example.org",
    "range=all&person=none",
    "range=all&person=command-line",
    "range=all&person=stranger@example.org",
    "range=all&person=nobody@example.org",
    "range=all&person=none&person=stranger@example.org&person=command-line",
    "range=all&kind=refused",
    "range=all&kind=search&kind=staff&kind=api",
    "range=all&kind=api",
    "range=all&kind=import",
    "range=all&person=maya@example.org&kind=export",
    "range=all&person=none&kind=refused&kind=login",
    "range=all&person=lucy@example.org&kind=api&kind=search",
    "range=all&person=command-line&person=maya@example.org&kind=view",
    "range=all&person=stranger@example.org&kind=token",
    "range=all&person=nobody@example.org&kind=token",
    "range=custom&from=2026-06-18T00:00&person=lucy@example.org&kind=member&kind=entry",
];

/// The instants that a list should have, newest first.
fn expected(records: &[Record], query: &str) -> Vec<String> {
    let filter = filter(query);
    let meant = records.iter().rev().filter(|record| meant(record, &filter, sample::now()));
    meant.map(|record| daybook::logs::filter::with_offset(record.at, asker().zone)).collect()
}

/// All but what was recorded while looking, which is of now.
fn but_now(pages: Vec<Vec<String>>) -> Vec<String> {
    let now = daybook::logs::filter::with_offset(sample::now(), asker().zone);
    pages.into_iter().flatten().filter(|at| *at != now).collect()
}

async fn admin(db: TestDb, setup: Setup) -> (TestApp, Client) {
    let app = TestApp::with(db, setup).await;
    let admin = app.signed_in(Role::Admin).await;
    (app, admin)
}

database_test! {
    async fn a_list_has_what_its_filter_means_each_record_once(db: TestDb) {
        let records = crowd(&db, 330).await;
        let (_app, admin) = admin(db, Setup::default()).await;
        for query in QUERIES {
            let path = format!("{LIST}?{query}");
            assert_eq!(but_now(walk(&admin, &path, "next").await), expected(&records, query), "{query}");
        }
        // And back from the last page, which has the same records in the other direction.
        let mut last = format!("{LIST}?range=all");
        while let Some(next) = admin.get(&last).await.rel("next") {
            last = next;
        }
        let mut back = walk(&admin, &last, "prev").await;
        back.reverse();
        assert_eq!(but_now(back), expected(&records, "range=all"));
    }

    async fn a_count_and_the_numbers_of_the_filter_are_those_of_the_list(db: TestDb) {
        let records = crowd(&db, 200).await;
        let (app, admin) = admin(db, Setup::default()).await;
        app.staff_log.flush().await;
        let of = |query: &str| expected(&records, query).len();
        // Without what is done meanwhile, which is of now.
        let range = "range=custom&from=2026-01-01&to=2026-06-18T14:00";
        for (query, people) in [("", MAYA), ("&kind=export", LUCY), ("&person=lucy@example.org&kind=search", MAYA)] {
            let page = admin.get(&format!("{LIST}?{range}{query}")).await;
            let count = page.texts("#count strong").remove(0);
            assert_eq!(count, of(&format!("{range}{query}")).to_string(), "{query}");
            for facet in page.html().select(&scraper::Selector::parse("#facet-kind .facet").expect("css")) {
                let select = |css: &str| facet.select(&scraper::Selector::parse(css).expect("css")).next().expect(css);
                let value = select("input").attr("value").expect("a value").to_owned();
                let number: String = select("b").text().collect();
                let people: String = query.split('&').filter(|part| part.starts_with("person")).collect();
                assert_eq!(number, of(&format!("{range}&{people}&kind={value}")).to_string(), "{query} {value}");
            }
            let number = page.texts(&format!("#facet-person label:has([value='{people}']) b"));
            let kinds: String = query.split('&').filter(|part| part.starts_with("kind")).collect();
            assert_eq!(number, [of(&format!("{range}&person={people}&{kinds}")).to_string()], "{query}");
        }
    }

    async fn records_of_one_instant_are_walked_each_once(db: TestDb) {
        let at = sample::minutes_ago(5);
        let records: Vec<Record> = (0..160)
            .map(|n| Record { subject: Some(format!("r-{n}")), ..record(at, Kind::ViewDeleted) })
            .collect();
        append(&db, &records).await;
        let (_app, admin) = admin(db, Setup::default()).await;
        for (query, rel) in [("range=all&kind=view", "next"), ("range=24h&person=none&kind=view", "next")] {
            let pages = admin.pages(&format!("{LIST}?{query}"), rel).await;
            let seen: Vec<String> = pages.iter().flat_map(|page| page.texts("#list .c-what > bdi")).collect();
            let expected: Vec<String> = (0..160).rev().map(|n| format!("r-{n}")).collect();
            assert_eq!(seen, expected, "{query}");
        }
    }

    async fn looking_that_stops_says_so_and_goes_on_from_there(db: TestDb) {
        let records = crowd(&db, 400).await;
        let mut setup = Setup::default();
        (setup.budgets.list.step, setup.budgets.list.steps) = (5, 1);
        (setup.budgets.count.step, setup.budgets.count.steps) = (5, 1);
        let (_app, admin) = admin(db, setup).await;
        for query in QUERIES.iter().filter(|query| query.contains("person=none") || query.contains("kind=")) {
            let path = format!("{LIST}?{query}");
            assert_eq!(but_now(walk(&admin, &path, "next").await), expected(&records, query), "{query}");
        }
        let page = admin.get(&format!("{LIST}?range=all&person=command-line&kind=token")).await;
        let text = page.text();
        assert!(text.contains("look further") && text.contains("There may be more beyond"), "{text}");
        assert!(!page.has(".empty") && page.texts("#count strong")[0] != "0", "it says none: {text}");
    }

    async fn what_is_done_is_told_with_who_what_and_from_where(db: TestDb) {
        let places = Places::write(&db).await;
        let (app, admin) = admin(db, Setup::default()).await;
        app.account_named(MAYA, Role::Support).await;
        let maya = app.client();
        maya.try_sign_in(MAYA, "wrong").await;
        maya.sign_in(MAYA, crate::support::app::PASSWORD).await;
        for path in [
            "/logs?range=7d&status=error".to_owned(),
            "/logs?range=all&q=confirmed".to_owned(),
            format!("/logs/{}", places.entry),
            format!("/members/{}", places.member),
            "/members?q=hana".to_owned(),
            "/members".to_owned(),
            "/members/unfinished".to_owned(),
            "/find?q=nobody%20there".to_owned(),
            "/members/by-email?email=gone@example.org".to_owned(),
            "/logs/export.csv?range=all".to_owned(),
        ] {
            app.clock.advance(1);
            assert_eq!(maya.get(&path).await.status, StatusCode::OK, "{path}");
        }
        let program = Api::with(&app, &make(&app, "nightly-report", MAYA, &[Scope::Read]).await);
        app.clock.advance(1);
        program.get("/api/v1/logs?status=error").await;
        app.clock.advance(1);
        admin.submit("/staff", &[("email", LUCY), ("role", "viewer")]).await;
        app.clock.advance(1);
        maya.submit("/logout", &[]).await;
        app.client().try_sign_in("root@example.org", "guessed").await;
        // The export's last line is written once it was taken.
        crate::support::wait::until("the export is recorded", async || {
            app.staff_log.flush().await;
            let sql = "SELECT count(*) FROM daybook_staff_log WHERE kind = 'export_ended'";
            (app.db.outside().await.number(sql).await == 1).then_some(())
        }).await;
        let page = admin.get(&format!("{LIST}?range=1h")).await;
        let seen: BTreeSet<[String; 3]> = rows(&page).into_iter().collect();
        for (who, what, said) in [
            (MAYA, "Refused", "Sign-in refused: wrong password"),
            ("No staff account root@example.org", "Refused", "Sign-in refused: no such account"),
            (MAYA, "Signed in", "Signed in with a password"),
            (MAYA, "Signed out", "Signed out"),
            (MAYA, "Searched", "Looked at Activity Filter: Errors, last 7 days; 1 entry found"),
            (MAYA, "Searched", "Looked for “confirmed” in Activity Filter: Entries with the text “confirmed”, all time; 1 entry found"),
            (MAYA, "Opened an entry", "Booking could not be confirmed Hana Lindqvist, 14:32:05 today"),
            (MAYA, "Opened a member", "Hana Lindqvist"),
            (MAYA, "Searched", "Looked for “hana” in Members"),
            (MAYA, "Searched", "Looked at who was seen lately"),
            (MAYA, "Searched", "Looked for visits without an end"),
            (MAYA, "Searched", "Looked for “nobody there” in Find"),
            (MAYA, "Opened a member", "gone@example.org"),
            (MAYA, "Exported", "Began an export as CSV Filter: Entries, all time"),
            (MAYA, "Exported", "Exported 1 entry as CSV Filter: Entries, all time"),
            (&format!("{MAYA} token nightly-report"), "Read by API", "Read 1 entry Filter: Errors, all time"),
            ("admin@example.org", "Changed staff", "Added lucy@example.org Role Viewer"),
        ] {
            // Lines of one cell follow one another in the text, with the address between them for narrow windows.
            let plain = |text: &str| text.replace("127.0.0.1", "").replace(' ', "");
            let wanted = [who, what, said].map(plain);
            let found = seen.iter().any(|row| row.each_ref().map(|cell| plain(cell)) == wanted);
            assert!(found, "{who} | {what} | {said} is not among {seen:#?}");
        }
        let links = page.attributes("#list .c-what a", "href");
        for link in [
            format!("/logs/{}", places.entry),
            format!("/members/{}", places.member),
            "/members/by-email?email=gone@example.org".to_owned(),
            "/logs?range=7d&status=error".to_owned(),
        ] {
            assert!(links.contains(&link), "{link} is not among {links:?}");
        }
        assert_eq!(page.texts("#list .is-warning").len(), 2);
        assert_eq!(page.texts("#list .c-area bdi")[0], "127.0.0.1");
        for link in links {
            assert!(!admin.get(&link).await.status.is_client_error(), "{link}");
        }
        // Each link of a person is the list of what they did.
        let hers = page.attributes("#list .c-member a", "href").into_iter().find(|link| link.contains("maya")).expect("a link");
        assert!(admin.get(&hers).await.texts("#list .c-member a").iter().all(|who| who == MAYA));
    }

    async fn to_look_at_it_is_recorded_and_a_refused_query_is_not(db: TestDb) {
        let (app, admin) = admin(db, Setup::default()).await;
        admin.get(&format!("{LIST}?range=7d&kind=export")).await;
        admin.htmx(LIST).await;
        admin.get(&format!("{LIST}?kind=x")).await;
        admin.get("/staff").await;
        app.staff_log.flush().await;
        let sql = "SELECT detail FROM daybook_staff_log WHERE kind = 'staff_log_searched' ORDER BY seq";
        let seen = app.db.outside().await.texts(sql).await;
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen[0] == "rows=0&range=7d&kind=export" && seen[1].ends_with("&range=24h"), "{seen:?}");
    }

    async fn a_bad_value_is_refused_at_its_field_with_everything_kept(db: TestDb) {
        let (_app, admin) = admin(db, Setup::default()).await;
        for (query, field) in [
            ("person=maya&kind=export", "facet-person"),
            ("person=%ff", "facet-person"),
            ("kind=danced&person=none", "facet-kind"),
            ("range=2h", "range"),
            ("range=custom&from=yesterday", "from"),
            ("range=custom&from=2026-06-02&to=2026-06-01", "to"),
        ] {
            let path = format!("{LIST}?{query}");
            for page in [admin.get(&path).await, admin.htmx(&path).await] {
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert_eq!(page.attributes("#results [role=alert] a", "href"), [format!("#{field}")], "{query}");
                assert!(page.has(&format!("#{field}")) && !page.has("#list"), "{query}");
                assert!(page.has(".field-error") && page.has(".chip--bad"), "{query}");
            }
        }
        let page = admin.get(&format!("{LIST}?person=maya&kind=export&range=30d")).await;
        assert_eq!(page.attributes("#facet-kind [checked]", "value"), ["export"]);
        assert_eq!(page.attributes("#facet-person [checked]", "value"), ["maya"]);
        assert_eq!(page.attributes("#range [checked]", "value"), ["30d"]);
        let swap = admin.get(&format!("{LIST}?range=custom&from=2026-06-02&to=2026-06-01")).await;
        let swap = swap.attributes(".custom a", "href").remove(0);
        assert_eq!(admin.get(&swap).await.status, StatusCode::OK, "{swap}");
        for query in ["tz=Mars", "before=x", "after=x"] {
            assert_eq!(admin.get(&format!("{LIST}?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
        }
        let many: String = (0..51).map(|at| format!("&person=p{at}@example.org")).collect();
        assert_eq!(admin.get(&format!("{LIST}?range=all{many}")).await.status, StatusCode::BAD_REQUEST);
        let many: String = (0..50).map(|at| format!("&person=p{at}@example.org")).collect();
        let all: String = Group::ALL.iter().map(|group| format!("&kind={}", group.as_str())).collect();
        assert_eq!(admin.get(&format!("{LIST}?range=all{many}{all}")).await.status, StatusCode::OK);
    }

    async fn htmx_gets_the_part_that_changed(db: TestDb) {
        crowd(&db, 120).await;
        let (_app, admin) = admin(db, Setup::default()).await;
        let page = admin.htmx(&format!("{LIST}?range=all&kind=export&person=")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("hx-push-url"), Some("/staff/activity?range=all&kind=export"));
        assert!(page.has("#results") && page.has("#facets[hx-swap-oob]") && page.has("#toolbar[hx-swap-oob]"));
        assert!(!page.has("header.top") && page.has("#announce"));
        let by_form = [("HX-Request", "true"), ("HX-Trigger", "filters")];
        let page = admin.get_with(&format!("{LIST}?range=all"), &by_form).await;
        assert!(page.has("#facets") && !page.has("#toolbar"), "the form knows what it sent");
        assert!(page.header("vary").is_some_and(|vary| vary.to_lowercase().contains("hx-request")));
        let restored = [("HX-Request", "true"), ("HX-History-Restore-Request", "true")];
        assert!(admin.get_with(LIST, &restored).await.has("header.top"));
    }

    async fn times_are_the_readers(db: TestDb) {
        append(&db, &[record(sample::minutes_ago(10), Kind::SignInFailed)]).await;
        let (_app, admin) = admin(db, Setup::default()).await;
        let page = admin.get(&format!("{LIST}?range=1h&kind=refused&tz=Asia/Kathmandu")).await;
        assert_eq!(page.texts("#list time"), ["19:13:05"]);
        assert!(page.attributes("#results a", "href").iter().any(|link| link.contains("tz=Asia/Kathmandu")));
        let custom = "range=custom&from=2026-06-18T19:13:05&to=2026-06-18T19:13:06&kind=refused";
        assert_eq!(admin.get(&format!("{LIST}?{custom}&tz=Asia/Kathmandu")).await.texts("#list time").len(), 1);
        assert_eq!(admin.get(&format!("{LIST}?{custom}")).await.texts("#list time").len(), 0);
    }

    async fn nothing_in_a_record_does_anything(db: TestDb) {
        let evil = r#"" onx-evil=1 '><x-evil>&lt;b&gt; javascript:evil()"#;
        let id = Uuid::new_v4();
        let mut records = Vec::new();
        for kind in Kind::ALL {
            for (subject, detail) in [
                (Some(evil.to_owned()), Some(evil.to_owned())),
                (Some(id.to_string()), Some(format!("rows={evil}&range=all&q={}", escape(evil)))),
                (None, Some(format!("range=all&area={}&extra.{}={}", escape(evil), escape(evil), escape(evil)))),
                (None, None),
                (Some(String::new()), Some("a \u{202e}b\u{7}…".to_owned())),
            ] {
                records.push(Record {
                    subject,
                    detail,
                    staff_email: evil.to_owned(),
                    ip_address: Some(evil.to_owned()),
                    token: (records.len() % 3 == 0).then(|| evil.to_owned()),
                    staff_id: (records.len() % 2 == 0).then_some(id),
                    ..record(sample::minutes_ago(3), *kind)
                });
            }
        }
        append(&db, &records).await;
        db.execute(
            Sql::new("INSERT INTO daybook_staff_log (\"timestamp\", staff_email, kind, subject) VALUES (")
                .bind(sample::minutes_ago(1))
                .text(", 'a@b', 'x-evil', '<x-evil>')"),
        )
        .await;
        let (_app, admin) = admin(db, Setup::default()).await;
        let mut next = Some(format!("{LIST}?range=1h"));
        let mut seen = 0;
        while let Some(path) = next {
            let page = admin.get(&path).await;
            assert_eq!(page.status, StatusCode::OK);
            harmless::check(&page.html(), &path);
            seen += page.texts("#list time").len();
            for link in page.attributes("#list a", "href") {
                assert!(link.starts_with('/') && !link.starts_with("//"), "{link}");
            }
            next = page.rel("next");
        }
        assert!(seen > records.len(), "{seen}");
        for value in [evil, "'\"><x-evil>@example.org"] {
            for name in ["person", "kind", "range", "from", "tz", "before"] {
                let path = format!("{LIST}?{name}={}", escape(value));
                for page in [admin.get(&path).await, admin.htmx(&path).await] {
                    assert!(page.status.is_client_error() || page.status.is_success(), "{path}");
                    harmless::check(&page.html(), &path);
                }
            }
        }
    }

    async fn a_long_record_is_shown_cut(db: TestDb) {
        let long = "x".repeat(900);
        append(&db, &[Record { detail: Some(long.clone()), ..record(sample::minutes_ago(1), Kind::Found) }]).await;
        let (_app, admin) = admin(db, Setup::default()).await;
        let page = admin.get(&format!("{LIST}?range=1h&kind=search")).await;
        assert!(page.text().contains(&format!("{}…", &long[..300])) && !page.text().contains(&long[..301]));
    }
}
