//! Silent failures: what opening a page begins is learned from the log or set, and visits that show no end of it are told
//! on the member and listed.

use std::fmt::Write as _;

use daybook::{
    core::role::Role,
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
};

use crate::{
    database_test,
    support::{Page, TestApp, TestDb, app::Setup, sample, tale::tale},
};

const FORM: &str = "members/bookings/new";

/// A dozen members who open the form and book, and one whose visits are told by `lines`.
async fn usual(db: &TestDb, lines: &str) -> NewMember {
    let hana = sample::member("Hana Lindqvist", "hana@example.org");
    let mut members = vec![hana.clone()];
    let mut logs = tale(Some(&hana), lines);
    for n in 0..12 {
        let member = sample::member(&format!("Member {n}"), &format!("m{n}@example.org"));
        let did = |minutes: i64, action_type: &str| NewLog {
            member_id: Some(member.id),
            action_type: action_type.to_owned(),
            area: FORM.to_owned(),
            ..sample::log(sample::minutes_ago(minutes))
        };
        logs.extend([did(500 + n, "page_visit"), did(498 + n, "booking_created")]);
        members.push(member);
    }
    db.write_batch(Batch { members, logs, ..Batch::default() }).await;
    hana
}

/// Each visit of the list: whose, and what it opened last.
fn listed(page: &Page) -> Vec<(String, String)> {
    page.texts("#unfinished .c-member a").into_iter().zip(page.texts("#unfinished .c-what a")).collect()
}

database_test! {
    async fn visits_without_an_end_are_told_and_listed(db: TestDb) {
        let hana = usual(&db, "
            08:00:00 login members/login Signed in
            08:01:00 page_visit members/bookings/new Opened the form
            08:02:00 page_visit members/bookings/new Opened it again
            08:03:00 logout members/logout Signed out
            09:00:00 login members/login Signed in, and it works
            09:01:00 page_visit members/bookings/new Opened the form and booked
            09:02:00 booking_created members/bookings/new Booked
            10:00:00 login members/login Signed in, and it fails
            10:01:00 page_visit members/bookings/new Opened the form and failed
            10:02:00 error members/bookings/new Booking could not be confirmed
            11:00:00 login members/login Signed in, and something is off
            11:01:00 page_visit members/bookings/new Opened the form and was warned
            11:02:00 booking_created members/bookings/new [warning] Booked without a walker
            14:20:00 login members/login Just signed in
            14:30:00 page_visit members/bookings/new Is at it
        ").await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let list = client.get("/members/unfinished").await;
        assert_eq!(listed(&list), [("Hana Lindqvist".to_owned(), "Opened it again".to_owned())]);
        assert_eq!(list.texts(".habits dt"), [FORM]);
        assert_eq!(
            list.texts(".habits dd"),
            ["Usually “Booking created” follows: in 13 of 16 visits lately, 81 %."],
            "the visit that failed says nothing of what is usual"
        );
        let page = client.get(&format!("/members/{}", hana.id)).await;
        let marked = page.texts(".visit:has(.unfinished) > summary b");
        assert_eq!(marked, ["08:00 to 08:03"]);
        let why = page.texts(".unfinished").concat();
        assert!(why.starts_with("Opened members/bookings/new; no “Booking created” and no error is recorded after it. Usually"), "{why}");
        // Half an hour later the visit at hand is over as well.
        app.clock.advance(30 * 60);
        let list = client.get("/members/unfinished").await;
        assert_eq!(listed(&list).iter().map(|one| one.1.as_str()).collect::<Vec<_>>(), ["Is at it", "Opened it again"]);
    }

    async fn an_e_mail_without_an_account_may_have_begun_something_too(db: TestDb) {
        usual(&db, "").await;
        let mut logs = tale(None, "
            09:00:00 login members/login Signed in
            09:01:00 page_visit members/bookings/new Opened the form
        ");
        for log in &mut logs {
            log.member_email = Some("gone@example.org".to_owned());
        }
        db.write(logs).await;
        let app = TestApp::start(db).await;
        let list = app.signed_in(Role::Viewer).await.get("/members/unfinished").await;
        assert_eq!(listed(&list), [("gone@example.org".to_owned(), "Opened the form".to_owned())]);
    }

    async fn what_a_page_begins_can_be_set(db: TestDb) {
        usual(&db, "
            08:00:00 login members/login Signed in
            08:01:00 page_visit members/contract Opened the contract
        ").await;
        let mut setup = Setup::default();
        setup.site.begins = vec![("members/contract".to_owned(), "contract_signed".to_owned())];
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let list = client.get("/members/unfinished").await;
        assert_eq!(listed(&list).len(), 1);
        assert_eq!(list.texts(".habits dd")[0], "Set: this page begins “Contract signed”.");
        assert_eq!(client.get("/members/unfinished?before=x").await.status, 400);
    }

    async fn the_list_leads_on_until_all_were_looked_at(db: TestDb) {
        let mut lines = String::new();
        for at in 0..60 {
            let (hour, minute) = (at * 40 / 60, at * 40 % 60);
            let day = 10 + hour / 24;
            let hour = hour % 24;
            let _ = writeln!(lines, "2026-06-{day}T{hour:02}:{minute:02}:00Z page_visit {FORM} Opened {at}");
        }
        usual(&db, &lines).await;
        let mut setup = Setup::default();
        setup.site.begins = vec![(FORM.to_owned(), "booking_created".to_owned())];
        let app = TestApp::with(db, setup).await;
        let client = app.signed_in(Role::Support).await;
        let pages = client.pages("/members/unfinished", "next").await;
        let met: Vec<String> = pages.iter().flat_map(listed).map(|one| one.1).collect();
        let expected: Vec<String> = (0..60).rev().map(|at| format!("Opened {at}")).collect();
        assert_eq!(met, expected);
    }

    async fn without_habits_the_list_says_so(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(3))]).await;
        let app = TestApp::start(db).await;
        let page = app.signed_in(Role::Viewer).await.get("/members/unfinished").await;
        assert!(page.text().contains("Nothing is known to begin anything yet"), "{}", page.text());
    }
}
