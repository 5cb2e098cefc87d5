//! A filter that writes itself as a query string reads back as the same filter, whatever stands in it and wherever it
//! is read.

use std::net::IpAddr;

use chrono_tz::TZ_VARIANTS;
use daybook::{
    core::{
        ip::IpBlock,
        role::Role,
        time::{Timestamp, Zone},
    },
    logs::{
        filter::{Area, Choice, ExtraIs, Filter, LIMITS, ListQuery, Preset, Range, Search, Who},
        form::{Asker, FilterForm, LONGEST_QUERY, Surface},
        terms::terms,
    },
    paging::{At, Cursor, Key},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

/// Text with what means something to the reading of it at every turn.
fn text() -> impl Strategy<Value = String> {
    const PARTS: [&str; 22] = [
        "!",
        "\\",
        "/",
        "*",
        "/*",
        "/\\*",
        "%",
        "%2a",
        "+",
        "&",
        "=",
        "#",
        "?",
        " ",
        "\"",
        "<b>",
        "\r\n",
        "İ",
        "ß",
        "é",
        "a",
        "members/a",
    ];
    let parts = vec(select(PARTS.to_vec()), 1..5).prop_map(|parts| parts.concat());
    prop_oneof![parts, "[^\\x00]{1,12}"].prop_filter("a blank value is an absent one", |text| !text.trim().is_empty())
}

fn distinct<T: PartialEq + std::fmt::Debug>(
    of: impl Strategy<Value = T>,
    most: usize,
) -> impl Strategy<Value = Vec<T>> {
    vec(of, 0..=most).prop_map(|values| {
        let mut out = Vec::new();
        for value in values {
            if !out.contains(&value) {
                out.push(value);
            }
        }
        out
    })
}

fn choice<T: PartialEq + std::fmt::Debug>(of: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = Choice<T>> {
    (distinct(of.clone(), 3), distinct(of, 3)).prop_map(|(any, none)| Choice { any, none })
}

fn area() -> impl Strategy<Value = Area> + Clone {
    let top = prop_oneof![Just(String::new()), text()];
    prop_oneof![text().prop_map(Area::Exactly).boxed(), top.prop_map(Area::Below).boxed()].boxed()
}

fn who() -> impl Strategy<Value = Who> {
    let trimmed = |text: String| text.trim().to_ascii_lowercase();
    let email = (text(), text()).prop_map(move |(local, domain)| trimmed(format!("{local}@{domain}")));
    prop_oneof![
        any::<u128>().prop_map(|id| Who::Member(Uuid::from_u128(id))),
        email.prop_filter("a beginning is another thing", |email| !email.ends_with('*')).prop_map(Who::Email),
        text().prop_map(move |text| Who::EmailPrefix(text.trim_start().to_ascii_lowercase())),
        Just(Who::Anonymous),
        Just(Who::NoAccount),
    ]
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (Timestamp::MIN.micros(), Timestamp::MAX.micros());
    let day = 86_400_000_000;
    let (in_seventies, now) = (first..=first + 1_500 * day, 1_781_789_885_000_000..=1_781_789_885_000_000 + 400 * day);
    prop_oneof![now, first..=last, in_seventies, first..=first + day, last - day..=last]
        .prop_map(Timestamp::from_micros)
}

fn range() -> impl Strategy<Value = Range> {
    let between =
        (option::of(instant()), option::of(instant())).prop_filter_map("an end after its beginning", |ends| {
            let (from, to) = match ends {
                (Some(one), Some(other)) if one == other => return None,
                (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
                open => open,
            };
            Some(Range::Between { from, to })
        });
    prop_oneof![Just(Range::All), select(Preset::ALL.to_vec()).prop_map(Range::Last), between.boxed()]
}

fn block() -> impl Strategy<Value = IpBlock> {
    (any::<IpAddr>(), any::<u8>()).prop_map(|(address, bits)| {
        let bits = bits % if address.is_ipv4() { 33 } else { 129 };
        format!("{address}/{bits}").parse().expect("a block")
    })
}

fn search() -> impl Strategy<Value = Search> {
    vec(text(), 1..3).prop_filter_map("something to search for", |words| {
        let typed = words.join(" ").trim().to_owned();
        let terms = terms(&typed);
        (!terms.is_empty() && terms.len() <= 8).then_some(Search { typed, terms })
    })
}

fn extra() -> impl Strategy<Value = Vec<ExtraIs>> {
    let one = ("[^\\x00]{1,8}", distinct(text(), 3));
    vec(one, 0..4).prop_map(|all| {
        let mut out: Vec<ExtraIs> = Vec::new();
        for (key, any) in all {
            if !any.is_empty() && out.iter().all(|had| had.key != key) {
                out.push(ExtraIs { key, any });
            }
        }
        out
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let choices = (choice(text().boxed()), choice(text().boxed()), choice(area()));
    let others = (option::of(any::<u128>()), option::of(block()), option::of(text()), extra());
    (range(), distinct(who(), 4), choices, option::of(search()), others).prop_map(
        |(range, who, (action_type, status, area), search, (booking, ip, user_agent, extra))| Filter {
            range,
            who,
            action_type,
            status,
            area,
            search,
            booking: booking.map(Uuid::from_u128),
            ip,
            user_agent,
            extra,
        },
    )
}

fn zone() -> impl Strategy<Value = Zone> {
    let odd = ["Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia"];
    let odd = odd.map(|name| name.parse().expect("a zone"));
    prop_oneof![select(odd.to_vec()), select(TZ_VARIANTS.to_vec())]
}

fn at() -> impl Strategy<Value = At> {
    let parts = (any::<i64>(), any::<u128>(), any::<bool>(), any::<Option<i64>>());
    let cursor = parts.prop_map(|(micros, id, inclusive, as_of)| Cursor {
        key: Key { timestamp: Timestamp::from_micros(micros), id: Uuid::from_u128(id) },
        inclusive,
        as_of: as_of.map(Timestamp::from_micros),
    });
    prop_oneof![Just(At::Newest), cursor.clone().prop_map(At::Before), cursor.prop_map(At::After)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_that_writes_itself_reads_back(
        filter in filter(),
        tz in option::of(zone()),
        limit in select(LIMITS.to_vec()),
        at in at(),
        written in zone(),
        read in zone(),
        surface in select(vec![Surface::Page, Surface::Machine]),
    ) {
        let query = ListQuery { filter, tz, limit, at };
        let text = query.query_string(written);
        prop_assume!(text.len() < LONGEST_QUERY);
        let asker = Asker { zone: read, role: Role::Support, surface };
        let back = FilterForm::new(&text).parse(asker);
        prop_assert_eq!(back.as_ref(), Ok(&query), "{}", text);
        // And a second time it is written alike, so that addresses do not drift.
        prop_assert_eq!(back.map(|query| query.query_string(written)), Ok(text));
    }
}
