//! What cannot be read is refused with its reason at its field, everything typed kept; and nothing that can be sent
//! breaks anything.

use daybook::{
    core::{role::Role, time::Timestamp},
    paging::{Cursor, Key},
};
use proptest::{prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, TestApp,
        reference::{NAMES, Pairs, pair, url},
        sample,
    },
};

/// Where the message of a parameter stands: its control, where it has one that can be wrong.
fn control(name: &str) -> Option<String> {
    Some(match name {
        "q" | "from" | "to" | "range" => format!("#{name}"),
        "status" => "#facet-status".to_owned(),
        "action_type" => "#facet-action".to_owned(),
        "area" | "member" | "booking" | "ip" => format!("#f-{name}"),
        "user_agent" => "#f-ua".to_owned(),
        name if name.starts_with("extra.") => format!("input[name=\"{name}\"]"),
        _ => return None,
    })
}

/// A query in which everything is said once, or more often where that may be.
fn everything() -> Pairs {
    let member = "018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11";
    [
        ("range", "custom"),
        ("from", "2026-06-01T00:00:00"),
        ("to", "2026-06-30T12:30:15"),
        ("tz", "Europe/Paris"),
        ("q", "card \"declined by\""),
        ("status", "error"),
        ("status", "!warning"),
        ("status", "odd"),
        ("action_type", "login"),
        ("action_type", "\\!loud"),
        ("action_type", "!\\quiet"),
        ("action_type", "\\back"),
        ("area", "members/*"),
        ("area", "!members/help"),
        ("area", "public/\\*"),
        ("member", member),
        ("member", "hana*"),
        ("member", "jo@example.com"),
        ("booking", "018f2b6e-0000-7c19-9f3e-5b0d7c2a9e11"),
        ("ip", "203.0.113.0/24"),
        ("user_agent", "iPhone <b>"),
        ("extra.service_type", "walk"),
        ("extra.service_type", "sit"),
        ("extra.a b&c", "\"x\" = 1"),
        ("limit", "100"),
    ]
    .map(|(name, value)| pair(name, value))
    .to_vec()
}

/// The pairs in an order of their own, to compare what was typed with what a form holds.
fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

/// Asks as a page and as htmx, and holds both to the contract; what is `typed` must still stand in the form.
async fn is_refused(client: &Client, path: &str, name: &str, typed: &Pairs) {
    for page in [client.get(path).await, client.htmx(path).await] {
        assert_eq!(page.status, 400, "{path}");
        assert_eq!(page.entries(), [""; 0], "{path}");
        assert!(page.texts("#results [role=alert]")[0].contains("could not be read"), "{path}");
        says_why(&page, name, path);
        assert_eq!(
            sorted(page.sends("filters")),
            sorted(typed.clone()),
            "{path}: what was typed is not what stands there"
        );
    }
}

fn says_why(page: &Page, name: &str, path: &str) {
    let notice = page.texts("#results [role=alert]").concat();
    let Some(control) = control(name) else { return };
    let described = page.attribute(&control, "aria-describedby");
    let described = described.unwrap_or_else(|| panic!("{path}: {control} does not say where its reason stands"));
    let reasons: Vec<String> =
        described.split(' ').flat_map(|id| page.texts(&format!("[id=\"{id}\"].field-error"))).collect();
    assert!(reasons.len() == 1 && reasons[0].ends_with('.'), "{path}: {reasons:?}");
    assert!(notice.contains(&reasons[0]), "{path}: the notice does not say “{}”", reasons[0]);
    let mut invalid = page.attributes("[aria-invalid=true]", "name");
    invalid.dedup();
    let group = matches!(name, "range" | "status" | "action_type");
    assert!(group || invalid == [name], "{path}: {invalid:?} are marked");
    for link in page.attributes("#results [role=alert] a", "href") {
        assert!(page.has(&link), "{path}: {link} leads nowhere");
    }
}

/// The same pairs with another value, or other values, of one name.
fn with(name: &str, values: &[&str]) -> Pairs {
    let mut pairs: Pairs = everything().into_iter().filter(|(had, _)| had != name).collect();
    pairs.extend(values.iter().map(|value| pair(name, value)));
    pairs
}

database_test! {
    async fn what_cannot_be_read_is_refused_at_its_field(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let long = "x".repeat(513);
        let nine = "a b c d e f g h i";
        let bad: [(&str, Vec<&str>); 14] = [
            (
                "from",
                vec![
                    "yesterday",
                    "2026-06-31",
                    "2026-02-29T10:00",
                    "2026-13-01",
                    "2026-00-10",
                    "2026-06-00",
                    "1969-12-31T12:00",
                    "0001-01-01",
                    "10000-01-01T00:00",
                    "2026-06-18T24:01",
                    "2026-06-18T12:60",
                    "2026-06-1",
                    "18.6.2026",
                    "2026-06-18T14:00+1",
                    "1781789885",
                    "1969-12-31T23:59:59Z",
                    "2026-06-18T14:00:00 01:00",
                ],
            ),
            ("to", vec!["2026-06-31T00:00", "2026-05-31", "2026-06-01T00:00:00", "9999-99-99"]),
            ("q", vec![nine, &long[..201], "\"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\""]),
            ("status", vec!["!", &long]),
            ("action_type", vec!["!", &long]),
            ("area", vec!["!", &long]),
            ("member", vec!["*", "hana", "018f2b6e-41aa", &long]),
            ("booking", vec!["walk", "018f2b6e-0000-7c19-9f3e", "018f2b6e-0000-7c19-9f3e-5b0d7c2a9e1g"]),
            (
                "ip",
                vec![
                    "localhost",
                    "1.2.3",
                    "1.2.3.256",
                    "01.2.3.4",
                    "1.2.3.4/33",
                    "::/129",
                    "1.2.3.4/",
                    "1.2.3.4, 5.6.7.8",
                ],
            ),
            ("user_agent", vec![&long]),
            ("extra.service_type", vec![&long]),
            ("limit", vec!["0", "10", "51", "-25", "1e2", "all"]),
            ("tz", vec!["Atlantis", "+01:00", "Europe/London/x"]),
            ("range", vec!["1H", "2d", "forever"]),
        ];
        for (name, values) in &bad {
            for value in values {
                let mut typed = with(name, &[value]);
                let path = url(&typed);
                // A radio button or a list cannot show what is none of its choices; the chips do.
                typed.retain(|(had, _)| had != name || !matches!(*name, "range" | "limit"));
                is_refused(&client, &path, name, &typed).await;
            }
        }
    }

    async fn what_is_no_text_is_refused_in_every_parameter(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for name in NAMES.into_iter().chain(["extra.service_type"]) {
            for bytes in ["%ff", "a%00b", "%ED%A0%80", "%C3", "%F4%90%80%80", "%00"] {
                for page in [
                    client.get(&format!("/logs?{name}={bytes}")).await,
                    client.htmx(&format!("/logs?area=public&{name}={bytes}")).await,
                ] {
                    assert_eq!(page.status, 400, "{name}={bytes}");
                    says_why(&page, name, name);
                    assert!(!page.text().contains('\0'), "{name}={bytes}");
                }
            }
        }
        // Where a preset is chosen the ends of a range count for nothing, however they came.
        for name in ["from", "to"] {
            assert_eq!(client.get(&format!("/logs?range=7d&{name}=%ff")).await.status, 200);
        }
    }

    async fn a_key_that_cannot_be_read_is_refused_and_not_left_out(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (key, why) in [
            ("%FF".to_owned(), "This was not sent as UTF-8 text."),
            ("a%00b".to_owned(), "This holds a NUL character"),
            ("k".repeat(513), "This key is longer than 512 characters."),
        ] {
            for page in [
                client.get(&format!("/logs?extra.{key}=1")).await,
                client.htmx(&format!("/logs?status=error&extra.{key}=1")).await,
            ] {
                assert_eq!((page.status.as_u16(), page.entries().len()), (400, 0), "{key}");
                assert!(page.texts("#results [role=alert]")[0].contains(why), "{key}");
                assert!(page.texts("#fields .field-error")[0].contains(why), "{key}");
                assert!(!page.text().contains('\0'), "{key}");
            }
        }
        assert_eq!(client.get(&format!("/logs?extra.{}=1", "k".repeat(512))).await.status, 200);
    }

    async fn too_many_values_are_refused(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let many = |name: &str, n: usize| -> Pairs { (0..n).map(|at| pair(name, &format!("a{at}@x"))).collect() };
        let several = ["status", "action_type", "area", "member", "extra.k"];
        for name in several {
            assert_eq!(client.get(&url(&many(name, 50))).await.status, 200, "50 of {name}");
            let typed = many(name, 51);
            is_refused(&client, &url(&typed), name, &[typed.clone(), vec![pair("range", "24h")]].concat()).await;
        }
        let keys = |n: usize| -> Pairs { (0..n).map(|at| pair(&format!("extra.k{at}"), "v")).collect() };
        assert_eq!(client.get(&url(&keys(8))).await.status, 200);
        let page = client.get(&url(&keys(9))).await;
        assert_eq!(page.status, 400);
        says_why(&page, "extra.k8", "nine keys");
        for name in NAMES.into_iter().filter(|name| !several.contains(name)) {
            let page = client.get(&url(&[pair(name, "25"), pair(name, "50")])).await;
            assert_eq!(page.status, 400, "two of {name}");
        }
        let both = client.get(&format!("/logs?before={0}&after={0}", "AQAABjQ-aU5AAAAAAAAAAAAAAAAAAAAAAAA")).await;
        assert_eq!(both.status, 400);
        assert!(both.text().contains("not both"), "{}", both.text());
    }

    async fn a_filter_that_no_link_can_repeat_is_refused_and_its_page_stays_small(db: TestDb) {
        db.write((0..200).map(|n| sample::log(sample::minutes_ago(n / 40))).collect()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let value = |at: usize| format!("!{at:02}{}", "x".repeat(497));
        let of = |name: &str, n: usize| -> Pairs { (0..n).map(|at| pair(name, &value(at))).collect() };
        let most = [of("area", 7), vec![pair("limit", "200")]].concat();
        let page = client.get(&url(&most)).await;
        assert_eq!((page.status.as_u16(), page.entries().len()), (200, 200), "as much as a link can repeat");
        assert!(page.body.len() < 2_000_000, "{}", page.body.len());
        let many = [of("area", 50), of("action_type", 49), vec![pair("limit", "200")]].concat();
        is_refused(&client, &url(&many), "area", &[many.clone(), vec![pair("range", "24h")]].concat()).await;
        for (path, why) in [
            (url(&many), "too long"),
            (url(&[vec![pair("range", "2h")], many.clone()].concat()), "nor can it be read"),
            (format!("/logs?range=2h&{}", "q=a&".repeat(1_000)), "many short ones"),
            (url(&[pair("user_agent", &"🐕".repeat(512))]), "one long one"),
            (url(&many).replace("/logs?", &format!("/logs/{}?", page.entries()[0])), "beside an entry"),
        ] {
            let page = client.get(&path).await;
            assert!(matches!(page.status.as_u16(), 200 | 400), "{why}: {}", page.status);
            assert!(page.body.len() < 10 * path.len() + 60_000, "{why}: {} for {}", page.body.len(), path.len());
            let fragment = client.htmx(&path).await;
            let pushed = fragment.header("hx-push-url").unwrap_or_default().len();
            assert!(pushed <= 2_000, "{why}: {pushed} bytes in a header");
        }
        for path in ["/logs/overview?", "/logs/newer?since=x&", "/logs/export.csv?"] {
            assert_eq!(client.get(&url(&many).replace("/logs?", path)).await.status, 400, "{path}");
        }
        // What the contract allows of one value is no link's fault.
        for (name, value) in [("q", "🐕".repeat(200)), ("area", "🐕".repeat(255)), ("user_agent", "é".repeat(512))] {
            assert_eq!(client.get(&url(&[pair(name, &value)])).await.status, 200, "{name}");
        }
    }

    async fn a_search_that_is_too_long_says_how_long_it_may_be(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for letters in [201, 513, 600] {
            let page = client.get(&format!("/logs?q={}", "x".repeat(letters))).await;
            assert_eq!(page.texts("#q-e"), ["This is longer than 200 characters."], "{letters}");
        }
        assert_eq!(client.get(&format!("/logs?q=+{}+", "x".repeat(200))).await.status, 200);
    }

    async fn ends_the_wrong_way_round_can_be_swapped(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let page = client.get("/logs?from=2026-06-19&to=2026-06-01&status=success").await;
        assert_eq!(page.status, 400);
        says_why(&page, "to", "swapped");
        let swap = page.attributes(".custom a", "href");
        let page = client.get(&swap[0]).await;
        assert_eq!((page.status.as_u16(), page.entries().len()), (200, 1), "{swap:?}");
        // The other way round they would mean no more.
        let same = client.get("/logs?from=2026-06-18T10:00&to=2026-06-18T10:00").await;
        assert_eq!((same.status.as_u16(), same.has(".custom a")), (400, false));
    }

    async fn a_form_holds_the_query_that_it_stands_for(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let mut queries = vec![everything()];
        for range in ["1h", "24h", "7d", "30d", "90d", "all"] {
            queries.push([vec![pair("range", range)], everything()[3..].to_vec()].concat());
        }
        queries.push(vec![pair("range", "7d"), pair("status", "error"), pair("status", "!error"), pair("limit", "25")]);
        queries.push(vec![
            pair("range", "7d"),
            pair("member", "none"),
            pair("member", "no-account"),
            pair("limit", "50"),
        ]);
        for typed in queries {
            let page = client.get(&url(&typed)).await;
            assert_eq!(page.status, 200, "{typed:?}");
            assert_eq!(sorted(page.sends("filters")), sorted(typed));
        }
    }

    async fn what_is_not_asked_for_does_not_matter(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5)), sample::log(sample::minutes_ago(5_000))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let plain = client.get("/logs").await.entries();
        assert_eq!(plain.len(), 1);
        for path in [
            "/logs?",
            "/logs?&&",
            "/logs?unknown=%ff&bar=%00&Status=error&extra.=x&extra=x&%ff=x&status%00=error",
            "/logs?status=&range=&q=+&member=%20&limit=&before=&after=&from=&to=&tz=&ip=&booking=&user_agent=%09&extra.k=",
            "/logs?status&q&member",
            "/logs?q=%22%22&q=",
        ] {
            let page = client.get(path).await;
            assert_eq!((page.status.as_u16(), page.entries()), (200, plain.clone()), "{path}");
        }
    }

    async fn a_viewer_is_refused_what_a_viewer_does_not_see(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for query in ["ip=203.0.113.24", "user_agent=iphone", "extra.attempt=2", "extra.attempt=3"] {
            for page in [client.get(&format!("/logs?{query}")).await, client.htmx(&format!("/logs?{query}")).await] {
                assert_eq!((page.status.as_u16(), page.entries().len()), (400, 0), "{query}");
                assert!(page.texts("#results [role=alert]")[0].contains("Viewers cannot filter by this."), "{query}");
            }
        }
        assert_eq!(client.get("/logs?q=walker_id").await.texts("#count strong"), ["0"]);
        assert_eq!(client.get("/logs?q=confirmed").await.texts("#count strong"), ["1"]);
    }

    async fn a_place_at_any_instant_is_a_place(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5)), sample::error(sample::minutes_ago(6))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        // The text of a cursor is anybody's to write, and a server's own calendar ends where ours goes on.
        for micros in [i64::MIN, i64::MIN + 1, -9_000_000_000_000_000_000, -300_000_000_000_000_000, -1, 0, i64::MAX - 1, i64::MAX] {
            for id in [Uuid::nil(), Uuid::max()] {
                let key = Key { timestamp: Timestamp::from_micros(micros), id };
                let of_a_walk = Cursor { as_of: Some(key.timestamp), ..Cursor::at(key) };
                for cursor in [Cursor::at(key), Cursor::beyond(key), of_a_walk] {
                    for query in ["range=all", "range=all&status=error&area=members/*", "range=all&q=booking", "range=24h"] {
                        let pages = ["before", "after"].map(|side| format!("/logs?{query}&{side}={cursor}"));
                        for path in pages {
                            let page = client.get(&path).await;
                            assert_eq!(page.status, 200, "{micros} {path}: {}", page.text());
                        }
                    }
                }
            }
        }
    }

    async fn nothing_that_can_be_sent_breaks_anything(db: TestDb) {
        db.write(vec![sample::error(sample::minutes_ago(5))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let others = ["extra.k", "extra.", "nothing", "", "%ff", "%00", "extra.%00", "extra.%F0%9F%90%95"];
        let names = [&NAMES[..], &others].concat();
        let values = [
            "error",
            "!",
            "%5C!",
            "*",
            "/*",
            "%00",
            "%ff",
            "%ED%A0%80",
            "custom",
            "7d",
            "2026-06-18",
            "2026-10-25T01:30",
            "0000-00-00",
            "9999-12-31",
            "1970-01-01",
            "none",
            "a@b",
            "::/0",
            "1.2.3.4/0",
            "%F0%9F%90%95",
            "%E2%80%AE",
            "%0d%0a",
            "%3Cb%3E",
            "%22",
            "'",
            "50",
            "AQAABjQ-aU5AAAAAAAAAAAAAAAAAAAAAAAA",
            "AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "%25",
            "%",
            "%2",
            "%zz",
            "+",
            "=",
            "a=b",
            "%C4%B0%C3%9F%EF%AC%81",
        ];
        let value =
            prop_oneof![select(values.to_vec()).prop_map(str::to_owned), "[!-\"$-~]{0,40}", "(%[0-9a-f]{2}){0,30}"];
        let part = (select(names), value).prop_map(|(name, value)| format!("{name}={value}"));
        let queries = prop_oneof![4 => prop::collection::vec(part, 0..8).prop_map(|parts| parts.join("&")), 1 => "[!-\"$-~]{0,80}"];
        let mut runner = TestRunner::deterministic();
        let mut seen = [0, 0];
        for at in 0..400 {
            let query = queries.new_tree(&mut runner).expect("a query").current();
            let path = format!("/logs?{query}");
            let page = if at % 2 == 0 { client.get_patiently(&path).await } else { client.htmx(&path).await };
            assert!(matches!(page.status.as_u16(), 200 | 400), "{}: {path}", page.status);
            seen[usize::from(page.status == 400)] += 1;
        }
        assert!(seen.iter().all(|n| *n > 40), "{seen:?}");
    }
}
