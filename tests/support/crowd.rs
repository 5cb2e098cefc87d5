//! A small log in which everything that filters tell apart stands side by side, made by chance and yet the same each
//! time, and queries to ask of it.

use daybook::logs::{
    log::{NewBooking, NewLog, NewMember},
    write::Batch,
};
use proptest::{
    prelude::*,
    sample::select,
    strategy::{BoxedStrategy, ValueTree},
    test_runner::TestRunner,
};
use uuid::Uuid;

use super::{
    TestDb,
    reference::{ADDRESSES, Pairs, Reference, pair},
    sample,
};

const ENTRIES: usize = 400;

const ACTIONS: [&str; 8] =
    ["login", "page_visit", "booking_created", "error", "Login", "walk_rated", "!odd", "\\!odder"];
const STATUSES: [&str; 5] = ["success", "warning", "error", "degraded", "!"];
const AREAS: [&str; 13] = [
    "members",
    "members/",
    "members/a",
    "members/a/b",
    "membersx",
    "members0",
    "member",
    "Members/a",
    "members/*",
    "members_a",
    "!",
    "über/straße",
    "/",
];
const EMAILS: [&str; 12] = [
    "hana@example.org",
    "HANA@Example.org",
    "jo@x.example",
    "Jo@X.example",
    "joe@x.example",
    "j%o_@x.example",
    "zoë@x.example",
    "ZOË@x.example",
    "Zoë@X.example",
    "old@x.example",
    "gone@nowhere.example",
    "Gone@Nowhere.example",
];
const DESCRIPTIONS: [&str; 12] = [
    "Opened the dashboard",
    "OPENED THE DOOR",
    "İstanbul",
    "istanbul",
    "STRASSE and Straße",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος σ",
    "\u{212a}elvin",
    "ﬁle not file",
    "Café",
    "Cafe\u{301}",
    "100%_done \"quoted part\" \\ here",
];
const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148",
    "curl/8.5.0",
    "CURL/8.6",
    "Ünïcode/1 İ",
    "100%_agent",
];
const EXTRAS: [&str; 18] = [
    r#"{"service_type": "walk"}"#,
    r#"{"service_type": "Walk", "attempt": 2}"#,
    r#" {"attempt" : 2.0 , "service_type":"walk" } "#,
    r#"{"attempt": "2"}"#,
    r#"{"n": 1e5, "b": true, "z": null, "list": [1, 2], "o": {"service_type": "walk"}}"#,
    r#"{"n": 100000, "b": "true", "z": "null", "list": "[1, 2]"}"#,
    r#"{"service_type": "walk", "service_type": "sit"}"#,
    r#"{"service_type": "sit", "service_type": null}"#,
    r#"{"sérv": "İ & ß = ?"}"#,
    r#"{"q\"uote": "a \"b\" \\ c"}"#,
    r#"{"lines": "a\nb", "tab": "a\tb"}"#,
    r#"{"\u0073ervice_type": "\u0077alk"}"#,
    r#"{"emoji": "\ud83d\udc15", "half": "\ud800"}"#,
    r#"{"n": 12345678901234567890.10}"#,
    r#"["service_type", "walk"]"#,
    r#""service_type""#,
    "null",
    "{}",
];

/// Members, bookings and entries as they are written, and what is left of them once one member is gone.
pub struct Crowd {
    /// What is written.
    pub batch: Batch,
    /// The member who is gone afterwards.
    pub gone: Uuid,
}

impl Crowd {
    /// The crowd.
    pub fn new() -> Self {
        let mut runner = TestRunner::deterministic();
        let member = |at: u128, email: Option<&str>| NewMember {
            id: Uuid::from_u128(at << 100 | at),
            email: email.map(str::to_owned),
            name: None,
        };
        let members = vec![
            member(1, Some("Hana@example.org")),
            member(2, Some("hana@EXAMPLE.org")),
            member(3, Some("jo@x.example")),
            member(4, Some("new@x.example")),
            member(5, None),
            member(6, Some("zoë@x.example")),
            member(7, Some("gone@nowhere.example")),
        ];
        let bookings: Vec<NewBooking> =
            (1..4).map(|at| NewBooking { id: Uuid::from_u128(at), member_id: None, service_type: None }).collect();
        let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
        let entries = prop::collection::vec(entry(ids, bookings.iter().map(|booking| booking.id).collect()), ENTRIES);
        let logs = entries.new_tree(&mut runner).expect("entries").current();
        let gone = members[6].id;
        Self { batch: Batch { members, bookings, logs }, gone }
    }

    /// Writes it and lets the one member go.
    pub async fn write(&self, db: &TestDb) {
        db.write_batch(self.batch.clone()).await;
        db.execute(daybook::db::Sql::new("DELETE FROM members WHERE id = ").bind(self.gone)).await;
    }

    /// What a list of it must be.
    pub fn reference(&self, details: bool) -> Reference {
        let members = self.batch.members.iter().filter(|member| member.id != self.gone).cloned().collect();
        let left = |log: &NewLog| NewLog { member_id: log.member_id.filter(|id| *id != self.gone), ..log.clone() };
        Reference { members, logs: self.batch.logs.iter().map(left).collect(), now: sample::now(), details }
    }
}

/// Instants that many entries share: the edges of each preset, and some places between.
fn instant() -> impl Strategy<Value = i64> {
    const HOUR: i64 = 3_600_000_000;
    let edges = [0, HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, 90 * 24 * HOUR];
    let near = select(edges.to_vec()).prop_flat_map(|edge| (Just(edge), -1_i64..=1)).prop_map(|(edge, by)| edge + by);
    prop_oneof![near, (0_i64..12).prop_map(|step| step * 9 * HOUR), (0_i64..100 * 24 * HOUR)]
}

fn some<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.6, select(values))
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn entry(members: Vec<Uuid>, bookings: Vec<Uuid>) -> impl Strategy<Value = NewLog> {
    let who = (some(members), some(texts(&EMAILS)));
    let what = (select(texts(&ACTIONS)), select(texts(&STATUSES)), select(texts(&AREAS)));
    let addresses: Vec<String> = ADDRESSES.iter().map(|(text, _)| (*text).to_owned()).collect();
    let said = (select(texts(&DESCRIPTIONS)), some(texts(&DESCRIPTIONS)), some(texts(&DESCRIPTIONS)));
    let rest = (some(bookings), some(addresses), some(texts(&AGENTS)), some(texts(&EXTRAS)));
    (any::<u128>(), instant(), who, what, said, rest).prop_map(|(id, ago, who, what, said, rest)| NewLog {
        id: Uuid::from_u128(id),
        member_id: who.0,
        member_email: who.1,
        action_type: what.0,
        status: what.1,
        area: what.2,
        description: said.0,
        error_message: said.1,
        error_detail: said.2.map(|text| format!("Traceback\n  {text}\nend")),
        booking_id: rest.0,
        ip_address: rest.1,
        user_agent: rest.2,
        extra: rest.3,
        ..sample::log(sample::now().plus(-chrono::Duration::microseconds(ago)))
    })
}

/// A filter of one kind at a time: each gives the pairs of one parameter.
pub fn kinds() -> Vec<BoxedStrategy<Pairs>> {
    let of = |name: &'static str, values: Vec<String>, most: usize| -> BoxedStrategy<Pairs> {
        let values = prop::sample::subsequence(values, 1..=most);
        values.prop_map(move |values| values.iter().map(|value| pair(name, value)).collect()).boxed()
    };
    let choice = |name: &'static str, plain: &[&str]| -> BoxedStrategy<Pairs> {
        let escaped = |value: &str| {
            if value.trim_start_matches('\\').starts_with('!') { format!("\\{value}") } else { value.to_owned() }
        };
        let mut values: Vec<String> = plain.iter().map(|value| escaped(value)).collect();
        // Excluded without being asked for is the more useful half, and `!` alone excludes nothing.
        values.extend(plain.iter().map(|value| format!("!{value}")));
        of(name, values, 3)
    };
    let members = (1..=8_u128).map(|at| Uuid::from_u128(at << 100 | at).to_string());
    let more = ["none", "no-account", "j*", "Jo*", "jo@*", "HANA*", "zoë*", "ZOË*", "nobody*", "new@x.example"];
    let people = members.chain(texts(&EMAILS)).chain(texts(&more)).collect();
    let areas: Vec<&str> = AREAS.iter().copied().filter(|area| *area != "members/*").collect();
    let areas =
        [&areas[..], &["members/*", "members/a/*", "Members/*", "/*", "über/*", "members/\\*", "none/*"]].concat();
    let words = [
        "dashboard",
        "DASH door",
        "the opened",
        "İ",
        "i̇stanbul",
        "ß",
        "ss",
        "σ",
        "ς",
        "Σ",
        "ΣΊΣΥΦΟΣ",
        "k",
        "kelvin",
        "ﬁ",
        "fi",
        "é",
        "e\u{301}",
        "caf",
        "100%",
        "%_",
        "_",
        "\\",
        "\"opened the\"",
        "\"the dash\" opened",
        "members/a",
        "traceback",
        "\"quoted part",
        "nowhere-at-all",
    ];
    let blocks = [
        "203.0.113.24",
        "203.0.113.0/24",
        "203.0.113.24/32",
        "203.0.112.0/22",
        "0.0.0.0/0",
        "::/0",
        "::ffff:0:0/96",
        "2001:db8::7",
        "2001:db8::/32",
        "2001:db8::/47",
        "fe80::/10",
        "::ffff:203.0.113.24",
        "10.0.0.0/8",
        "::",
    ];
    let ranges: Vec<BoxedStrategy<Pairs>> =
        vec![of("range", texts(&["1h", "24h", "7d", "30d", "90d", "all", "custom"]), 1), between()];
    let bookings: Vec<String> = (1..=4).map(|at| Uuid::from_u128(at).to_string()).collect();
    vec![
        proptest::strategy::Union::new(ranges).boxed(),
        choice("action_type", &ACTIONS),
        choice("status", &["success", "warning", "error", "degraded", "unheard of"]),
        choice("area", &areas),
        of("member", people, 3),
        of("q", texts(&words), 1),
        of("booking", bookings, 1),
        of("ip", texts(&blocks), 1),
        of("user_agent", texts(&["iphone", "curl/8", "ü", "i̇", "%_", "none of these"]), 1),
        extras(),
    ]
}

fn between() -> BoxedStrategy<Pairs> {
    (prop::option::of(instant()), prop::option::of(instant()))
        .prop_map(|(one, other)| {
            let at = |ago: i64| sample::now().plus(-chrono::Duration::microseconds(ago)).rfc3339();
            let (from, to) = match (one, other) {
                (Some(one), Some(other)) if one != other => (Some(one.max(other)), Some(one.min(other))),
                (Some(one), Some(_)) => (Some(one), None),
                open => open,
            };
            let ends = [("from", from), ("to", to)];
            ends.into_iter().filter_map(|(name, ago)| Some(pair(name, &at(ago?)))).collect()
        })
        .boxed()
}

fn extras() -> BoxedStrategy<Pairs> {
    let asked = [
        ("service_type", "walk"),
        ("service_type", "Walk"),
        ("service_type", "sit"),
        ("attempt", "2"),
        ("attempt", "2.0"),
        ("n", "1e5"),
        ("n", "100000"),
        ("n", "12345678901234567890.10"),
        ("b", "true"),
        ("z", "null"),
        ("list", "[1, 2]"),
        ("o", r#"{"service_type": "walk"}"#),
        ("sérv", "İ & ß = ?"),
        ("q\"uote", "a \"b\" \\ c"),
        ("lines", "a\nb"),
        ("emoji", "🐕"),
        ("none", "none"),
    ];
    let asked: Vec<(String, String)> = asked.iter().map(|(key, value)| pair(&format!("extra.{key}"), value)).collect();
    prop::sample::subsequence(asked, 1..=2).boxed()
}
