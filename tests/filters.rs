//! Every filter, alone and together with others, finds what the contract says and nothing else, however it is looked for.

use daybook::{
    core::role::Role,
    db::Budget,
    logs::log::{NewLog, NewMember},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, TestApp, TestDb,
        app::Setup,
        crowd::{Crowd, kinds},
        reference::{Pairs, Reference, pair, url},
        sample,
    },
};

/// Queries by chance, the same each time: every filter alone, every two together, and some of more.
pub fn queries(alone: usize, more: usize) -> Vec<Pairs> {
    let mut runner = TestRunner::deterministic();
    let kinds = kinds();
    let mut out = vec![Vec::new()];
    let mut ask = |which: &[usize]| {
        let mut pairs = Pairs::new();
        for at in which {
            pairs.extend(kinds[*at].new_tree(&mut runner).expect("a filter").current());
        }
        out.push(pairs);
    };
    for one in 0..kinds.len() {
        for _ in 0..alone {
            ask(&[one]);
        }
        for other in one + 1..kinds.len() {
            ask(&[one, other]);
        }
    }
    for at in 0..more {
        let which: Vec<usize> = (0..kinds.len()).filter(|kind| (at * 7 + kind * kind + at / 3) % 10 < 3).collect();
        ask(&which);
    }
    // The range that a page means by itself would leave most of the log out.
    for pairs in &mut out {
        let timed = pairs.iter().any(|(name, _)| matches!(name.as_str(), "range" | "from" | "to"));
        if !timed && pairs.len() % 4 != 0 {
            pairs.push(pair("range", "all"));
        }
    }
    out
}

fn budget(step: i64, steps: u32) -> Budget {
    Budget { time: std::time::Duration::from_mins(1), step, steps }
}

async fn serve(db: TestDb, list: Budget, count: Budget) -> TestApp {
    let mut setup = Setup::default();
    setup.budgets.list = list;
    setup.budgets.count = count;
    TestApp::with(db, setup).await
}

/// Asks for a list and walks to its end: it must be the reference's, entry for entry.
async fn holds(client: &Client, reference: &Reference, pairs: &Pairs, limit: u16) -> usize {
    let mut query = pairs.clone();
    query.push(pair("limit", &limit.to_string()));
    let pages = client.walk(&url(&query), "next").await;
    assert_eq!(pages.concat(), reference.ids(pairs), "{pairs:?}");
    pages.len()
}

database_test! {
    async fn lists_and_counts_are_the_reference_s(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let mut found = 0;
        for pairs in queries(4, 40) {
            holds(&client, &reference, &pairs, 25).await;
            let n = reference.ids(&pairs).len();
            let said = client.get_patiently(&url(&pairs)).await.texts("#count strong");
            assert_eq!(said, [n.to_string()], "{pairs:?}");
            found += usize::from(n > 0);
        }
        assert!(found > 80, "only {found} queries found anything: they try nothing");
    }

    async fn looking_in_tiny_steps_finds_the_same(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = serve(db, budget(7, u32::MAX), budget(7, u32::MAX)).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        for pairs in queries(2, 40) {
            holds(&client, &reference, &pairs, 25).await;
            let said = client.get_patiently(&url(&pairs)).await.texts("#count strong");
            assert_eq!(said, [reference.ids(&pairs).len().to_string()], "{pairs:?}");
        }
    }

    async fn looking_further_and_further_finds_the_same(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = serve(db, budget(16, 2), budget(16, 1)).await;
        let client = app.signed_in(Role::Support).await;
        let reference = crowd.reference(true);
        let mut pages = 0;
        for pairs in queries(1, 10) {
            pages += holds(&client, &reference, &pairs, 25).await;
        }
        assert!(pages > 200, "{pages} pages: looking never stopped early");
    }

    async fn a_viewer_searches_what_a_viewer_sees(db: TestDb) {
        let crowd = Crowd::new();
        crowd.write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let reference = crowd.reference(false);
        for q in ["traceback", "dashboard", "é", "\"opened the\"", "members/a door"] {
            holds(&client, &reference, &vec![pair("q", q)], 25).await;
        }
    }

    async fn a_way_on_where_nothing_matches_gives_as_many_entries_as_it_says(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5)), sample::log(sample::minutes_ago(6))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (query, choices, way) in [
            ("range=7d&status=success&status=warning&ip=203.0.113.24", "three", "Any status, not only Success or Warning1 entry"),
            ("range=7d&action_type=page_visit&action_type=login&status=error", "three", "Any action, not only Page visit or Sign-in1 entry"),
            ("range=all&area=members/dashboard&area=public/*&status=error", "two", "Any area, not only members/dashboard or public/*1 entry"),
            ("range=all&member=none&member=jo@example.org&status=error", "two", "Anyone, not only anonymous visitors or jo@example.org1 entry"),
            ("range=all&status=error&extra.attempt=3&extra.attempt=4", "two", "Any attempt, not only 3 or 41 entry"),
            ("range=all&status=!error&status=!success&area=members/*", "three", "Also entries with status Error1 entry"),
        ] {
            let page = client.get(&format!("/logs?{query}")).await;
            assert_eq!(page.texts(".empty h3"), [format!("Nothing matches these {choices} filters")], "{query}");
            let said = page.texts(".empty li");
            assert!(said.iter().any(|said| said == way), "{query}: {said:?}");
            for (href, count) in page.attributes(".empty li a", "href").iter().zip(page.texts(".empty li .muted")) {
                let n = client.get(href).await.entries().len();
                assert_eq!(count.split(' ').next(), Some(n.to_string().as_str()), "{query}: {href}");
            }
        }
    }

    async fn an_area_that_looks_like_all_below_another_is_filtered_as_itself(db: TestDb) {
        let of = |area: &str| NewLog { area: area.to_owned(), ..sample::log(sample::minutes_ago(5)) };
        db.write(["hooks/*", "hooks/*", "hooks/a"].map(of).to_vec()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/logs?range=all").await;
        assert_eq!(page.attributes("#facet-area input", "value"), ["hooks/\\*", "hooks/a"]);
        assert_eq!(page.attributes("#areas option", "value"), ["hooks/\\*", "hooks/a"]);
        let not = page.attributes("#facet-area .not", "href");
        assert_eq!(client.get(&not[0]).await.entries().len(), 1);
        let one = client.get(&url(&[pair("range", "all"), pair("area", "hooks/\\*")])).await;
        assert_eq!(one.entries().len(), 2);
        assert_eq!(one.attributes("#facet-area input", "value"), ["hooks/\\*", "hooks/a"], "each stands once");
        let overview = client.get("/logs/overview?range=all&area=hooks/%5C*").await;
        let links = overview.attributes("#values section:last-child td:first-child a", "href");
        for (link, n) in links.iter().zip([2, 1]) {
            assert_eq!(client.get(link).await.entries().len(), n, "{link}");
        }
    }

    async fn of_more_values_than_are_read_the_form_says_that_there_are_others(db: TestDb) {
        let of = |at: usize| NewLog {
            action_type: format!("a{at:03}"),
            area: format!("area/{at:03}"),
            ip_address: Some("203.0.113.24".to_owned()),
            ..sample::log(sample::minutes_ago(5))
        };
        let mut logs: Vec<NewLog> = (0..260).map(of).collect();
        logs.push(sample::error(sample::minutes_ago(4)));
        db.write(logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/logs?range=all").await;
        assert!(page.texts("#f-area-h")[0].starts_with("At least 190 more areas."), "{:?}", page.texts("#f-area-h"));
        assert_eq!(page.texts("#facet-action .hint"), ["There may be other actions: an entry of one leads to all of them."]);
        let actions = page.attributes("#facet-action input", "value");
        assert!(["error", "login"].iter().all(|known| actions.iter().any(|action| action == known)), "{actions:?}");
        assert!(actions.len() < 220);
        // By its totals the overview knows every area.
        let more = |page: &Page| page.texts("#values section:last-child .hint").concat();
        assert!(more(&client.get("/logs/overview?range=all").await).starts_with("241 more areas."));
        let one = client.get("/logs?range=all&area=area/259").await;
        let entry = client.get(&one.attribute("[data-row]", "href").expect("an entry")).await;
        assert!(entry.attributes("a", "href").iter().any(|href| href.contains("action_type=a259")));
    }

    async fn an_entry_that_is_asked_for_in_several_ways_stands_once(db: TestDb) {
        let member = NewMember { id: Uuid::new_v4(), email: Some("JO@x.example".into()), name: None };
        let of = |at: i64| NewLog {
            member_id: Some(member.id),
            member_email: Some("Jo@X.example".into()),
            ..sample::log(sample::minutes_ago(at))
        };
        let logs: Vec<NewLog> = (0..120).map(of).collect();
        db.member(member.clone()).await;
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = Reference { members: vec![member.clone()], logs, now: sample::now(), details: true };
        let ways = [member.id.to_string(), "jo@x.example".into(), "jo@*".into(), "J*".into(), "jo@X.EXAMPLE".into()];
        for some in 1..=ways.len() {
            let pairs: Pairs = ways.iter().take(some).map(|way| pair("member", way)).collect();
            holds(&client, &reference, &pairs, 25).await;
            assert_eq!(client.get_patiently(&url(&pairs)).await.texts("#count strong"), ["120"], "{pairs:?}");
        }
    }

    async fn more_actions_and_statuses_than_are_walked_side_by_side_are_found_all_the_same(db: TestDb) {
        let of = |at: i64, action: String, status: String| NewLog {
            action_type: action,
            status,
            ..sample::log(sample::minutes_ago(at))
        };
        let mut logs: Vec<NewLog> = (0..210).map(|at| of(at, format!("act_{at:03}"), "warning".into())).collect();
        // As many pairs of fewer, and as many statuses.
        logs.extend((0..40).flat_map(|a| (0..6).map(move |s| of(300 + a * 6 + s, format!("b_{a}"), format!("s_{s}")))));
        logs.extend((0..210).map(|at| of(600 + at, "c".into(), format!("t_{at:03}"))));
        db.write(logs.clone()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let reference = Reference { members: vec![], logs, now: sample::now(), details: true };
        let all = pair("range", "all");
        for asked in [
            vec![pair("status", "warning"), pair("action_type", "!login"), all.clone()],
            vec![pair("action_type", "!act_000"), all.clone()],
            vec![pair("status", "!warning"), all.clone()],
            vec![pair("status", "!t_209"), pair("action_type", "c"), all.clone()],
            vec![pair("action_type", "b_7"), all.clone()],
            vec![pair("action_type", "act_209"), pair("status", "s_0"), all.clone()],
        ] {
            holds(&client, &reference, &asked, 100).await;
            let said = client.get_patiently(&url(&asked)).await.texts("#count strong");
            assert_eq!(said, [reference.ids(&asked).len().to_string()], "{asked:?}");
        }
    }
}
