//! Did it work since: recovered, not seen to succeed since, not seen since, as the contract means them, on the entry and
//! on the member, against a plain reference.

use daybook::{
    core::role::Role,
    logs::{
        log::{NewLog, NewMember},
        write::Batch,
    },
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, TestApp, sample,
        tale::{named, tale},
    },
};

/// What an entry's page says became of it.
async fn said(client: &Client, id: Uuid) -> String {
    let lede = client.get(&format!("/logs/{id}")).await.texts(".lede").concat();
    for (words, meaning) in [
        ("It worked since", "recovered"),
        ("No success in this area", "not seen to succeed since"),
        ("Nothing is recorded of them since", "not seen since"),
    ] {
        if lede.contains(words) {
            return meaning.to_owned();
        }
    }
    "nothing".to_owned()
}

/// The same from all entries there are, in the words of the contract.
fn meant(error: &NewLog, all: &[NewLog], details: bool) -> &'static str {
    if (error.status != "error" && error.action_type != "error") || error.member_id.is_none() {
        return "nothing";
    }
    let service = |log: &NewLog| {
        let extra: Option<serde_json::Value> = log.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
        extra.and_then(|extra| extra["service_type"].as_str().map(str::to_owned)).filter(|_| details)
    };
    let later: Vec<&NewLog> = all
        .iter()
        .filter(|log| log.member_id == error.member_id && (log.timestamp, log.id) > (error.timestamp, error.id))
        .collect();
    let succeeded = later.iter().any(|log| {
        log.status == "success"
            && log.area == error.area
            && !["page_visit", "message_read", "error"].contains(&log.action_type.as_str())
            && service(error).is_none_or(|wanted| service(log) == Some(wanted))
    });
    match (succeeded, later.is_empty()) {
        (true, _) => "recovered",
        (false, false) => "not seen to succeed since",
        (false, true) => "not seen since",
    }
}

/// A small generator, so that the stories are the same each time.
struct Dice(u64);

impl Dice {
    fn of(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.of(of.len() as u64)).expect("small")]
    }
}

fn random(members: &[NewMember], n: i64) -> Vec<NewLog> {
    let mut dice = Dice(7);
    let mut out = Vec::new();
    for at in 0..n {
        let who = usize::try_from(dice.of(members.len() as u64 + 1)).expect("small");
        let action_type = dice.pick(&["page_visit", "message_read", "booking_created", "error", "profile_updated"]);
        let status = dice.pick(&["success", "success", "warning", "error"]);
        let service = dice.pick(&["", "walk", "day_care"]);
        out.push(NewLog {
            member_id: members.get(who).map(|member| member.id),
            action_type: action_type.to_owned(),
            area: dice.pick(&["members/bookings/new", "members/profile", "members/pets"]).to_owned(),
            status: status.to_owned(),
            extra: (!service.is_empty()).then(|| format!(r#"{{"service_type": "{service}"}}"#)),
            // Some at the very same instant.
            ..sample::log(sample::minutes_ago((n - at) / 3 * 3))
        });
    }
    out
}

fn failures(page: &Page) -> Vec<String> {
    page.texts(".failures .since")
}

database_test! {
    async fn each_meaning_in_a_written_story(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let jo = sample::member("Jo Bell", "jo@example.org");
        let mut logs = tale(Some(&hana), "
            09:00:00 error members/pets Photo failed
            09:05:00 page_visit members/pets Looked again
            09:06:00 message_read members/pets Read about it
            09:07:00 profile_updated members/pets [warning] Half of it worked
            10:00:00 error members/bookings/new Walk failed
            10:01:00 booking_created members/bookings/new Booked day care
            10:30:00 booking_created members/bookings/new Booked a walk
            11:00:00 profile_updated members/profile [error] Telephone refused
            11:01:00 profile_updated members/profile Telephone changed
            12:00:00 error members/billing Payment failed
        ");
        logs[4].extra = Some(r#"{"service_type": "walk"}"#.to_owned());
        logs[5].extra = Some(r#"{"service_type": "day_care"}"#.to_owned());
        logs[6].extra = Some(r#"{"service_type": "walk"}"#.to_owned());
        logs.extend(tale(Some(&jo), "12:30:00 contract_signed members/billing Jo paid"));
        let id = |what| named(&logs, what).id;
        let (photo, walk, telephone, payment) =
            (id("Photo failed"), id("Walk failed"), id("Telephone refused"), id("Payment failed"));
        let (care, booked) = (id("Booked day care"), id("Booked a walk"));
        db.write_batch(Batch { members: vec![hana.clone(), jo], logs: logs.clone(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let support = app.signed_in(Role::Support).await;
        assert_eq!(said(&support, photo).await, "not seen to succeed since");
        assert_eq!(said(&support, walk).await, "recovered");
        assert_eq!(said(&support, telephone).await, "recovered");
        assert_eq!(said(&support, payment).await, "not seen since");
        assert_eq!(said(&support, care).await, "nothing", "it is no error");

        let page = support.get(&format!("/logs/{walk}")).await;
        assert!(page.texts(".lede")[0].ends_with("with this service type is recorded at 10:30:00 BST, 30 min later."));
        assert!(page.attributes(".lede a", "href").contains(&format!("/logs/{booked}")), "the entry that shows it");
        // A viewer does not know which service it was: any success in the area shows that the area works.
        let viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.get(&format!("/logs/{walk}")).await;
        assert!(page.texts(".lede")[0].ends_with("a success in the same area is recorded at 10:01:00 BST, 1 min later."));
        assert!(page.attributes(".lede a", "href").contains(&format!("/logs/{care}")));

        let page = support.get(&format!("/members/{}", hana.id)).await;
        assert_eq!(
            page.texts(".failures .since b"),
            ["Not seen since.", "Recovered.", "Recovered.", "Not seen to succeed since."],
            "newest first"
        );
        assert!(failures(&page)[2].contains("10:30:00 BST"), "{:?}", failures(&page));
        let page = viewer.get(&format!("/members/{}", hana.id)).await;
        assert!(failures(&page)[2].contains("10:01:00 BST"), "{:?}", failures(&page));
    }

    async fn of_many_failures_the_page_says_that_there_are_others(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let line = |n: i32| format!("1{n}:00:00 error members/pets Failure {n}");
        let lines: Vec<String> = (0..4).map(line).collect();
        let mut logs = tale(Some(&hana), &lines.join("\n"));
        db.write_batch(Batch { members: vec![hana.clone()], logs: logs.clone(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let path = format!("/members/{}", hana.id);
        let page = client.get(&path).await;
        assert_eq!((failures(&page).len(), page.has("#since-h + .hint a")), (4, false));
        logs = tale(Some(&hana), "09:00:00 error members/pets Failure 5\n09:01:00 error members/pets Failure 6");
        logs.extend(tale(Some(&hana), "08:00:00 error members/help [warning] Only by its action"));
        logs.extend(tale(Some(&hana), "2026-06-20T08:00:00Z page_visit members/help Dated ahead"));
        app.db.write(logs).await;
        let page = client.get(&path).await;
        assert_eq!((failures(&page).len(), page.has("#since-h + .hint a")), (5, true));
        assert!(failures(&page)[0].starts_with("Not seen since."), "what is dated ahead was not seen: {:?}", failures(&page));
        let stats = page.texts(".stats dd").join(" ");
        assert!(stats.contains("7 Status error App errors with another status"), "{stats}");
        assert!(page.texts(".stats dt").join(" ").contains("Newest entry, dated ahead"));
        // Each link leads to what its figure counts.
        let mut listed = 0;
        for href in page.attributes(".stats dd a", "href") {
            listed += client.get(&href).await.entries().len();
        }
        assert_eq!(listed, 7);
    }

    async fn what_is_dated_ahead_was_not_seen(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let logs = tale(Some(&hana), "
            13:00:00 error members/pets Photo failed
            14:50:00 profile_updated members/pets Photo added, on a clock that is fast
        ");
        let failed = logs[0].id;
        db.write_batch(Batch { members: vec![hana], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let lede = async || client.get(&format!("/logs/{failed}")).await.texts(".lede").concat();
        let said = lede().await;
        assert!(said.contains("They were not seen since; only entries dated ahead are recorded of them."), "{said}");
        app.clock.advance(15 * 60);
        let said = lede().await;
        assert!(said.contains("It worked since"), "{said}");
    }

    async fn the_others_are_linked_where_they_are(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let line = |n: i32| format!("13:0{n}:00 error members/pets [success] Failure {n}");
        let lines: Vec<String> = (0..8).map(line).collect();
        let logs = tale(Some(&hana), &lines.join("\n"));
        db.write_batch(Batch { members: vec![hana.clone()], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get(&format!("/members/{}", hana.id)).await;
        let hrefs = page.attributes("#since-h + .hint a", "href");
        assert_eq!(hrefs.len(), 1, "one list holds them all: {hrefs:?}");
        assert_eq!(client.get(&hrefs[0]).await.entries().len(), 8);
        assert_eq!(page.attributes(".stats dd a", "href"), hrefs);
    }

    async fn an_error_is_no_success_whatever_its_status(db: TestDb) {
        let hana = sample::member("Hana Lindqvist", "hana@example.org");
        let logs = tale(Some(&hana), "
            09:00:00 error members/pets Photo failed
            09:05:00 error members/pets [success] Called a success
        ");
        let failed = logs[0].id;
        db.write_batch(Batch { members: vec![hana], logs, ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        assert_eq!(said(&app.signed_in(Role::Support).await, failed).await, "not seen to succeed since");
    }

    async fn every_error_of_a_random_log_is_told_as_the_reference_tells_it(db: TestDb) {
        let members: Vec<NewMember> =
            (0..3).map(|n| sample::member(&format!("M{n}"), &format!("m{n}@example.org"))).collect();
        let logs = random(&members, 150);
        db.write_batch(Batch { members, logs: logs.clone(), ..Batch::default() }).await;
        let app = TestApp::start(db).await;
        let (support, viewer) = (app.signed_in(Role::Support).await, app.signed_in(Role::Viewer).await);
        let mut told = std::collections::BTreeMap::new();
        for log in &logs {
            let expected = meant(log, &logs, true);
            assert_eq!(said(&support, log.id).await, expected, "{log:?}");
            *told.entry(expected).or_insert(0) += 1;
            if expected != "nothing" {
                assert_eq!(said(&viewer, log.id).await, meant(log, &logs, false), "{log:?}");
            }
        }
        assert_eq!(told.len(), 4, "each happens: {told:?}");
    }
}
