//! Error groups: every error in one, counted once whoever writes and whenever it is committed; what people say of a group
//! stays; and only who may see errors sees any of it.

use std::collections::{BTreeMap, BTreeSet};

use daybook::{
    core::{role::Role, time::Timestamp},
    db::Sql,
    error_groups::{
        fingerprint::{Alike, Fingerprint, RULE, Said},
        gather::{self, Gatherer, Stepped},
        view,
    },
    logs::{log::NewLog, view::Reader, write::Batch},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{Client, TestApp, TestDb, sample},
};

/// Gathers to the end.
pub async fn gather(db: &TestDb) {
    gather::finish(&db.db, None, sample::now(), || {}).await.expect("gathered");
}

/// Gathers what is found among the newest, without a sweep, which would meet anything.
async fn look_among_the_newest(db: &TestDb) {
    let mut gatherer = Gatherer::new(db.db.clone(), None);
    gatherer.begin().await.expect("begun");
    while gatherer.newest(sample::now()).await.expect("looked") != Stepped::Done {}
}

/// Forgets every group and gathers anew.
async fn begin_anew(db: &TestDb) {
    db.execute(Sql::new("UPDATE daybook_error_progress SET rule = 0")).await;
    gather(db).await;
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number") % n
    }
}

/// Entries of all kinds, errors among them: a few failures again and again, by few people, some at one instant.
pub fn crowd(n: usize, seed: u64) -> Batch {
    let mut dice = Dice(seed);
    let members: Vec<_> =
        (0..4).map(|at| sample::member(&format!("Member {at}"), &format!("m{at}@example.org"))).collect();
    let log = |at: usize, dice: &mut Dice| {
        let back = i64::try_from(n - at).expect("a number");
        let fault = dice.below(5);
        let when = sample::minutes_ago(1).plus(-chrono::Duration::seconds(back / 2 * 137));
        let mut log = match fault {
            0 => sample::error(when),
            1 => NewLog {
                error_detail: None,
                error_message: Some(format!("ReadTimeout: no answer to {at}")),
                ..sample::error(when)
            },
            2 => NewLog {
                error_detail: None,
                error_message: None,
                description: format!("Walk {at} was lost"),
                ..sample::error(when)
            },
            3 => NewLog { action_type: "error".to_owned(), ..sample::log(when) },
            _ => NewLog { status: "error".to_owned(), action_type: "booking_created".to_owned(), ..sample::log(when) },
        };
        if dice.below(4) == 0 {
            log = sample::log(when);
        }
        (log.member_id, log.member_email) = match dice.below(8) {
            0 => (None, None),
            1 => (None, Some("Gone@Example.org".to_owned())),
            2 => (None, Some("gone@example.org".to_owned())),
            3 => (None, members[3].email.as_deref().map(str::to_uppercase)),
            4 => (Some(members[0].id), None),
            one => (Some(members[one % 4].id), members[one % 4].email.clone()),
        };
        log
    };
    let logs = (0..n).map(|at| log(at, &mut dice)).collect();
    Batch { members, logs, ..Batch::default() }
}

/// A group, said as plainly as can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plain {
    pub times: i64,
    pub members: BTreeSet<String>,
    pub anonymous: i64,
    pub first: Option<Timestamp>,
    pub last: Option<(Timestamp, Uuid)>,
}

pub fn said(log: &NewLog) -> Said<'_> {
    Said {
        action_type: &log.action_type,
        area: &log.area,
        description: &log.description,
        error_message: log.error_message.as_deref(),
        error_detail: log.error_detail.as_deref(),
    }
}

/// The group of an entry.
pub fn print(log: &NewLog) -> Fingerprint {
    Alike::of(said(log), None).fingerprint
}

pub fn reference(logs: &[NewLog]) -> BTreeMap<i64, Plain> {
    let mut out: BTreeMap<i64, Plain> = BTreeMap::new();
    for log in logs.iter().filter(|log| log.status == "error" || log.action_type == "error") {
        let plain = out.entry(print(log).number()).or_default();
        plain.times += 1;
        match (&log.member_email, log.member_id) {
            (Some(email), _) => drop(plain.members.insert(email.to_ascii_lowercase())),
            (None, Some(id)) => drop(plain.members.insert(id.to_string())),
            (None, None) => plain.anonymous += 1,
        }
        plain.first = Some(plain.first.map_or(log.timestamp, |first| first.min(log.timestamp)));
        plain.last = plain.last.max(Some((log.timestamp, log.id)));
    }
    out
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: i64,
    times: i64,
    members: i64,
    anonymous: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    last_id: Uuid,
}

/// The groups in the database are those of a plain reference, and so is what is derived beside them.
async fn is_as(db: &TestDb, logs: &[NewLog]) {
    let sql = "SELECT fingerprint, times, members, anonymous, first_at, last_at, last_id FROM daybook_error_groups";
    let rows: Vec<Row> = db.db.fetch_all(Sql::new(sql)).await.expect("groups");
    let expected = reference(logs);
    assert_eq!(rows.len(), expected.len());
    for row in rows {
        let plain = &expected[&row.fingerprint];
        let had = (row.times, row.members, row.anonymous, Some(row.first_at), Some((row.last_at, row.last_id)));
        let members = i64::try_from(plain.members.len()).expect("a number");
        assert_eq!(had, (plain.times, members, plain.anonymous, plain.first, plain.last));
    }
    let entries = reference(logs).values().map(|plain| plain.times).sum::<i64>();
    for sql in [
        "SELECT count(*) FROM daybook_error_entries",
        "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM daybook_error_quarters",
    ] {
        assert_eq!(db.db.fetch_optional::<(i64,)>(Sql::new(sql)).await.expect("asked"), Some((entries,)), "{sql}");
    }
    let met = "SELECT fingerprint, CAST(sum(times) AS BIGINT) FROM daybook_error_members GROUP BY fingerprint";
    let met: Vec<(i64, i64)> = db.db.fetch_all(Sql::new(met)).await.expect("members");
    for (print, times) in met {
        assert_eq!(times, expected[&print].times - expected[&print].anonymous);
    }
}

/// An error of its own group, so many seconds before now.
pub fn failure(name: &str, seconds: i64) -> NewLog {
    NewLog {
        error_detail: None,
        error_message: Some(format!("{name}: it failed")),
        ..sample::error(sample::now().plus(-chrono::Duration::seconds(seconds)))
    }
}

pub async fn state_of(db: &TestDb, log: &NewLog) -> String {
    let sql = Sql::new("SELECT state FROM daybook_error_groups WHERE fingerprint = ").bind(print(log).number());
    db.db.fetch_optional::<(String,)>(sql).await.expect("asked").expect("a group").0
}

pub async fn support(db: TestDb) -> (TestApp, Client) {
    let app = TestApp::start(db).await;
    let client = app.signed_in(Role::Support).await;
    (app, client)
}

pub fn link(log: &NewLog) -> String {
    format!("/errors/{}", print(log))
}

database_test! {
    async fn groups_are_those_of_a_plain_reference(db: TestDb) {
        let mut all = Vec::new();
        for seed in 1..4 {
            let batch = crowd(260, seed);
            all.extend(batch.logs.clone());
            db.write_batch(batch).await;
            gather(&db).await;
            is_as(&db, &all).await;
        }
        // Again, and nothing is counted twice.
        gather(&db).await;
        is_as(&db, &all).await;
    }

    async fn whoever_loses_their_account_is_counted_as_before(db: TestDb) {
        let batch = crowd(260, 8);
        let (all, members) = (batch.logs.clone(), batch.members.clone());
        db.write_batch(batch).await;
        gather(&db).await;
        is_as(&db, &all).await;
        // Who was recorded with their e-mail keeps their place, be groups made anew or not; one without becomes nobody.
        db.execute(Sql::new("DELETE FROM members WHERE id = ").bind(members[1].id)).await;
        gather(&db).await;
        is_as(&db, &all).await;
        begin_anew(&db).await;
        is_as(&db, &all).await;
        db.execute(Sql::new("DELETE FROM members WHERE id = ").bind(members[0].id)).await;
        begin_anew(&db).await;
        let is_nobody = |log: &NewLog| log.member_id == Some(members[0].id) && log.member_email.is_none();
        let left: Vec<NewLog> = all
            .into_iter()
            .map(|log| NewLog { member_id: log.member_id.filter(|_| !is_nobody(&log)), ..log })
            .collect();
        is_as(&db, &left).await;
    }

    async fn an_error_that_is_committed_late_with_an_earlier_time_is_met(db: TestDb) {
        let mut all = vec![failure("LateError", 10), failure("LateError", 20)];
        db.write(all.clone()).await;
        gather(&db).await;
        let late = failure("LateError", 15);
        db.write(vec![late.clone()]).await;
        all.push(late);
        // Without the sweep, which would meet it too.
        let mut gatherer = Gatherer::new(db.db.clone(), None);
        gatherer.newest(sample::now()).await.expect("looked");
        is_as(&db, &all).await;
    }

    async fn a_burst_longer_than_one_look_is_met_whole(db: TestDb) {
        let all: Vec<NewLog> = (0..1_300).map(|at| failure("BurstError", at)).collect();
        for logs in all.chunks(650) {
            db.write(logs.to_vec()).await;
        }
        look_among_the_newest(&db).await;
        is_as(&db, &all).await;
    }

    async fn what_is_dated_ahead_hides_nothing_that_happens_now(db: TestDb) {
        let hour = |at: i64| failure("AheadError", -7_200 - at);
        let mut all: Vec<NewLog> = (0..600).map(hour).collect();
        db.write(all.clone()).await;
        gather(&db).await;
        // More are dated ahead than one look meets, and all of them are in a group.
        let now = failure("NowError", 0);
        db.write(vec![now.clone()]).await;
        all.push(now);
        look_among_the_newest(&db).await;
        is_as(&db, &all).await;
    }

    async fn one_that_is_dated_ahead_does_not_end_a_burst(db: TestDb) {
        let mut all = vec![failure("AheadError", -70 * 365 * 86_400)];
        db.write(all.clone()).await;
        gather(&db).await;
        let burst: Vec<NewLog> = (0..1_200).map(|at| failure("BurstError", at)).collect();
        db.write(burst.clone()).await;
        all.extend(burst);
        look_among_the_newest(&db).await;
        is_as(&db, &all).await;
    }

    async fn a_server_meets_what_happens_now_below_what_is_dated_ahead(db: TestDb) {
        db.write((0..600).map(|at| failure("AheadError", -7_200 - at)).collect()).await;
        gather(&db).await;
        let (app, client) = support(db).await;
        let now = failure("NowError", 0);
        app.db.write(vec![now.clone()]).await;
        for _ in 0..100 {
            if client.get(&link(&now)).await.status == StatusCode::OK {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("it is in no group after ten seconds");
    }

    async fn what_is_written_far_back_is_gathered_at_once_and_nothing_is_claimed_before(db: TestDb) {
        let mut all: Vec<NewLog> = (0..700).map(|at| failure("OftenError", at)).collect();
        db.write(all.clone()).await;
        let mut gatherer = Gatherer::new(db.db.clone(), None);
        while gatherer.look(sample::now()).await.expect("looked") != Stepped::Done {}
        let is_complete = async || gather::progress(&db.db).await.expect("asked").is_complete();
        assert!(is_complete().await);
        // What is among those that are looked at each time needs no sweep.
        all.push(failure("SoonError", 50));
        db.write(vec![all[700].clone()]).await;
        assert!(is_complete().await);
        for days in [40, 20] {
            let old = failure("BackfilledError", days * 86_400);
            let success = sample::log(old.timestamp);
            db.write(vec![success]).await;
            db.write(vec![old.clone()]).await;
            all.push(old);
            assert!(!is_complete().await, "nobody says that all is counted");
            let mut looks = 0;
            while !is_complete().await {
                gatherer.look(sample::now()).await.expect("looked");
                looks += 1;
                assert!(looks < 10);
            }
            is_as(&db, &all).await;
        }
        // Through a server, whoever writes.
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let old = failure("ImportedError", 90 * 86_400);
        app.db.write(vec![old.clone()]).await;
        for _ in 0..100 {
            let page = client.get("/errors?q=ImportedError").await;
            if page.has("#list") {
                return;
            }
            assert_eq!(page.texts(".empty h3"), ["Nothing matches so far"]);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("it is in no group after ten seconds");
    }

    async fn a_sweep_goes_on_where_it_was_and_pages_say_how_far_that_is(db: TestDb) {
        let all: Vec<NewLog> = (0..1_300).map(|at| failure("OldError", at * 600)).collect();
        for logs in all.chunks(650) {
            db.write(logs.to_vec()).await;
        }
        let reader = Reader { zone: chrono_tz::UTC, role: Role::Support, now: sample::now() };
        let gatherer = || Gatherer::new(db.db.clone(), None);
        gatherer().begin().await.expect("begun");
        assert_eq!(view::gathering(&gather::progress(&db.db).await.expect("asked"), &reader).as_deref(), Some("Gathering has just begun: older errors are not counted yet."));
        let mut back_to = Vec::new();
        // Another process each time.
        while gatherer().sweep(sample::now()).await.expect("swept") == Stepped::More {
            let progress = gather::progress(&db.db).await.expect("asked");
            back_to.extend(progress.back_to());
            assert!(view::gathering(&progress, &reader).expect("not at the end").starts_with("Gathered back to 1"));
        }
        assert_eq!(back_to, [all[499].timestamp, all[999].timestamp]);
        let progress = gather::progress(&db.db).await.expect("asked");
        assert!(progress.is_complete() && progress.back_to().is_none());
        is_as(&db, &all).await;
    }

    async fn two_who_gather_at_once_count_each_error_once(db: TestDb) {
        let batch = crowd(400, 9);
        let all = batch.logs.clone();
        db.write_batch(batch).await;
        let one = gather::finish(&db.db, None, sample::now(), || {});
        let other = gather::finish(&db.db, None, sample::now(), || {});
        let (one, other) = tokio::join!(one, other);
        one.and(other).expect("gathered");
        is_as(&db, &all).await;
        // And two servers, each with its own task.
        let app = TestApp::start(db).await;
        let more = crowd(200, 10);
        let all: Vec<NewLog> = all.into_iter().chain(more.logs.clone()).collect();
        app.db.write_batch(more).await;
        gather(&app.db).await;
        is_as(&app.db, &all).await;
    }

    async fn two_with_other_application_roots_do_not_forget_each_others_groups(db: TestDb) {
        let all: Vec<NewLog> = (0..70).map(|at| failure("RootError", at)).collect();
        db.write(all.clone()).await;
        let of = |root: &str| Gatherer::new(db.db.clone(), Some(root.to_owned()));
        let (mut one, mut other) = (of("/srv/one"), of("/srv/other"));
        let count = async || {
            let sql = Sql::new("SELECT count(*) FROM daybook_error_entries");
            db.db.fetch_optional::<(i64,)>(sql).await.expect("asked").expect("a number").0
        };
        while one.look(sample::now()).await.expect("looked") != Stepped::Done {}
        assert_eq!(count().await, 70);
        // Whoever starts last is followed, and the other one waits.
        while other.look(sample::now()).await.expect("looked") != Stepped::Done {}
        for _ in 0..3 {
            assert_eq!(one.look(sample::now()).await.expect("looked"), Stepped::Waiting);
            assert_eq!(other.look(sample::now()).await.expect("looked"), Stepped::Done);
            assert_eq!((count().await, gather::progress(&db.db).await.expect("asked").app_root.as_str()), (70, "/srv/other"));
        }
        // Those that start at once come to an end as well.
        let finish = |root: &str| gather::finish(&db.db, Some(root.to_owned()), sample::now(), || {});
        let (a, b) = tokio::join!(finish("/srv/a"), finish("/srv/b"));
        a.and(b).expect("gathered");
        assert_eq!(count().await, 70);
        // A newer version's rule is not forgotten for an older one, be it done or under way.
        for rule in [RULE + 1, -RULE - 1] {
            db.execute(Sql::new("UPDATE daybook_error_progress SET rule = ").bind(rule)).await;
            assert_eq!(of("/srv/old").look(sample::now()).await.expect("looked"), Stepped::Waiting);
            assert_eq!((count().await, gather::progress(&db.db).await.expect("asked").rule), (70, rule));
        }
    }

    async fn what_was_being_forgotten_is_gone_on_with_by_whoever_serves(db: TestDb) {
        let batch = crowd(120, 6);
        let all = batch.logs.clone();
        db.write_batch(batch).await;
        let mut serving = Gatherer::new(db.db.clone(), None);
        while serving.look(sample::now()).await.expect("looked") != Stepped::Done {}
        // A rebuild that was broken off.
        db.execute(Sql::new("UPDATE daybook_error_progress SET complete = 0, rule = ").bind(-RULE)).await;
        db.execute(Sql::new("DELETE FROM daybook_error_groups")).await;
        gather(&db).await;
        is_as(&db, &all).await;
        db.execute(Sql::new("UPDATE daybook_error_progress SET complete = 0, rule = ").bind(-RULE)).await;
        db.execute(Sql::new("DELETE FROM daybook_error_groups")).await;
        while serving.look(sample::now()).await.expect("looked") != Stepped::Done {}
        assert!(gather::progress(&db.db).await.expect("asked").is_complete(), "a sweep is due at once");
        is_as(&db, &all).await;
    }

    async fn another_rule_begins_anew_and_keeps_what_people_said(db: TestDb) {
        let batch = crowd(200, 4);
        let all = batch.logs.clone();
        db.write_batch(batch).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let error = sample::error(sample::now());
        let fields = [("state", "in_work"), ("note", "Solo walks work.")];
        assert_eq!(client.submit(&link(&error), &fields).await.status, StatusCode::SEE_OTHER);
        app.db.execute(Sql::new("UPDATE daybook_error_progress SET rule = 0")).await;
        gather(&app.db).await;
        is_as(&app.db, &all).await;
        assert_eq!(state_of(&app.db, &error).await, "in_work");
        let page = client.get(&link(&error)).await;
        assert_eq!(page.texts("#note"), ["Solo walks work."]);
    }

    async fn a_resolved_one_that_is_recorded_again_came_back(db: TestDb) {
        let first = failure("SlotTaken", 600);
        db.write(vec![first.clone()]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "new");
        assert_eq!(client.submit(&link(&first), &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        // What happened before and is committed only now does not make it come back.
        app.db.write(vec![failure("SlotTaken", 60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "resolved");
        app.db.write(vec![failure("SlotTaken", -60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &first).await, "came_back");
        let page = client.get("/errors?state=came_back").await;
        assert_eq!(page.attributes("#list a[data-row]", "href"), [link(&first)]);
        // Writing a note leaves it so; resolving it anew does not.
        assert_eq!(client.submit(&link(&first), &[("note", "x")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &first).await, "came_back");
        assert_eq!(client.submit(&link(&first), &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &first).await, "resolved");
    }

    async fn what_is_not_gathered_yet_is_not_claimed(db: TestDb) {
        let error = sample::error(sample::minutes_ago(5));
        db.write(vec![error.clone()]).await;
        gather(&db).await;
        let sql = Sql::new("UPDATE daybook_error_progress SET complete = 0, swept_at = ").bind(sample::minutes_ago(60 * 24 * 40));
        db.execute(sql.text(", swept_id = ").bind(Uuid::nil())).await;
        let progress = gather::progress(&db.db).await.expect("asked");
        assert_eq!(progress.back_to(), Some(sample::minutes_ago(60 * 24 * 40)));
        // An entry that is in no group claims none.
        db.execute(Sql::new("DELETE FROM daybook_error_entries")).await;
        let nobody = daybook::error_groups::store::of_entry(&db.db, error.id).await.expect("asked");
        assert_eq!(nobody, None);
    }
}
