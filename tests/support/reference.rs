//! The contract's filters again, as plainly as they can be said: over a list in memory, with none of the product's own
//! matching. Tests hold the product to it.

use std::{collections::HashMap, net::IpAddr};

use daybook::{
    core::{query_string, time::Timestamp},
    logs::log::{NewLog, NewMember},
};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A query as names and values, before anything is escaped.
pub type Pairs = Vec<(String, String)>;

/// A pair of a query.
pub fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The parameters of the list, but for keys of `extra`.
pub const NAMES: [&str; 15] = [
    "range",
    "from",
    "to",
    "tz",
    "q",
    "status",
    "action_type",
    "area",
    "member",
    "booking",
    "ip",
    "user_agent",
    "limit",
    "before",
    "after",
];

/// The address of the list for a query.
pub fn url(pairs: &[(String, String)]) -> String {
    format!("/logs?{}", query_string::write(pairs.iter().map(|(name, value)| (name, value))))
}

/// Everything that a list depends on.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The members there are today.
    pub members: Vec<NewMember>,
    /// Every entry.
    pub logs: Vec<NewLog>,
    /// When it is.
    pub now: Timestamp,
    /// Whether the reader sees the details, or the search looks at description and area alone.
    pub details: bool,
}

impl Reference {
    /// The entries that a query asks for, newest first.
    pub fn list(&self, pairs: &[(String, String)]) -> Vec<&NewLog> {
        let mut found: Vec<&NewLog> = self.logs.iter().filter(|log| self.admits(log, pairs)).collect();
        found.sort_by_key(|log| std::cmp::Reverse((log.timestamp, log.id)));
        found
    }

    /// Their ids, as a page writes them.
    pub fn ids(&self, pairs: &[(String, String)]) -> Vec<String> {
        self.list(pairs).into_iter().map(|log| log.id.to_string()).collect()
    }

    fn admits(&self, log: &NewLog, pairs: &[(String, String)]) -> bool {
        let values = |name: &str| -> Vec<&str> {
            let of = pairs.iter().filter(|(had, value)| had == name && !value.trim().is_empty());
            of.map(|(_, value)| value.as_str()).collect()
        };
        let one = |name: &str| values(name).first().copied();
        let mut keys: Vec<&str> = pairs.iter().filter_map(|(name, _)| name.strip_prefix("extra.")).collect();
        keys.dedup();
        self.is_in_time(log, &values)
            && chosen(&values("action_type"), |value| log.action_type == value)
            && chosen(&values("status"), |value| log.status == value)
            && chosen(&values("area"), |value| is_area(&log.area, value))
            && any(&values("member"), |value| self.is_about(log, value))
            && one("q").is_none_or(|q| words(q).iter().all(|word| self.holds(log, word)))
            && one("booking").is_none_or(|id| log.booking_id == Uuid::parse_str(id).ok())
            && one("ip").is_none_or(|block| log.ip_address.as_deref().is_some_and(|text| is_from(text, block)))
            && one("user_agent").is_none_or(|part| holds(log.user_agent.as_deref(), &part.to_lowercase()))
            && keys.into_iter().all(|key| {
                let name = format!("extra.{key}");
                any(&values(&name), |value| extra(log.extra.as_deref(), key).as_deref() == Some(value))
            })
    }

    fn is_in_time<'a>(&self, log: &NewLog, values: &impl Fn(&str) -> Vec<&'a str>) -> bool {
        let instant = |name: &str| values(name).first().map(|text| Timestamp::parse_rfc3339(text).expect("an instant"));
        let narrow = ["member", "booking", "ip", "q"].iter().any(|name| !values(name).is_empty());
        let hours = match values("range").first() {
            Some(&"1h") => 1,
            Some(&"24h") => 24,
            Some(&"7d") => 7 * 24,
            Some(&"30d") => 30 * 24,
            Some(&"90d") => 90 * 24,
            Some(&"all") => return true,
            named => {
                let (from, to) = (instant("from"), instant("to"));
                if named.is_none() && from.is_none() && to.is_none() && !narrow {
                    24
                } else {
                    return from.is_none_or(|from| log.timestamp >= from) && to.is_none_or(|to| log.timestamp < to);
                }
            }
        };
        log.timestamp >= self.now.plus(-chrono::Duration::hours(hours))
    }

    fn is_about(&self, log: &NewLog, value: &str) -> bool {
        let recorded = log.member_email.as_deref();
        let today = self.members.iter().find(|member| Some(member.id) == log.member_id);
        let today = today.and_then(|member| member.email.as_deref());
        if let Ok(id) = Uuid::parse_str(value) {
            return log.member_id == Some(id);
        }
        match value {
            "none" => log.member_id.is_none() && recorded.is_none(),
            "no-account" => log.member_id.is_none() && recorded.is_some_and(|email| self.owners(email).is_empty()),
            _ => match value.strip_suffix('*') {
                Some(beginning) => [recorded, today].into_iter().flatten().any(|email| {
                    email.to_ascii_lowercase().as_bytes().starts_with(beginning.to_ascii_lowercase().as_bytes())
                }),
                None => [recorded, today].into_iter().flatten().any(|email| email.eq_ignore_ascii_case(value)),
            },
        }
    }

    /// The members who have an e-mail today.
    pub fn owners(&self, email: &str) -> Vec<&NewMember> {
        let has = |member: &&NewMember| member.email.as_deref().is_some_and(|had| had.eq_ignore_ascii_case(email));
        self.members.iter().filter(has).collect()
    }

    fn holds(&self, log: &NewLog, word: &str) -> bool {
        holds(Some(&log.description), word)
            || holds(Some(&log.area), word)
            || (self.details && (holds(log.error_message.as_deref(), word) || holds(log.error_detail.as_deref(), word)))
    }
}

fn any(values: &[&str], is: impl Fn(&str) -> bool) -> bool {
    values.is_empty() || values.iter().any(|value| is(value))
}

/// Any of the plain values, none of those after a `!`; `\!` begins a plain one.
fn chosen(values: &[&str], is: impl Fn(&str) -> bool) -> bool {
    let excluded = values.iter().filter_map(|value| value.strip_prefix('!'));
    let plain = values.iter().filter(|value| !value.starts_with('!')).map(|value| {
        let escaped = value.trim_start_matches('\\').starts_with('!');
        value.strip_prefix('\\').filter(|_| escaped).unwrap_or(value)
    });
    any(&plain.collect::<Vec<_>>(), &is) && !excluded.into_iter().any(is)
}

fn is_area(area: &str, value: &str) -> bool {
    match value.strip_suffix("/*") {
        Some(top) => area == top || area.starts_with(&format!("{top}/")),
        None => area == value.replace("/\\*", "/*"),
    }
}

fn holds(text: Option<&str>, lower: &str) -> bool {
    text.is_some_and(|text| text.to_lowercase().contains(lower))
}

/// Words, and phrases in double quotes, in lower case.
fn words(q: &str) -> Vec<String> {
    let parts = q.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| {
        let quoted = at % 2 == 1;
        if quoted { vec![part.trim()] } else { part.split_whitespace().collect() }
    });
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// What stands under a top-level key: a string's content, else its JSON as written.
fn extra(text: Option<&str>, key: &str) -> Option<String> {
    let object: HashMap<String, Box<RawValue>> = serde_json::from_str(text?).ok()?;
    let json = object.get(key)?.get();
    if json == "null" {
        return None;
    }
    Some(serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned()))
}

/// Texts as they may stand in `ip_address`, and the first address in each.
pub const ADDRESSES: [(&str, Option<&str>); 22] = [
    ("203.0.113.24", Some("203.0.113.24")),
    ("203.0.113.24:4711", Some("203.0.113.24")),
    ("203.0.113.240", Some("203.0.113.240")),
    ("203.0.114.1", Some("203.0.114.1")),
    ("198.51.100.9, 203.0.113.24", Some("198.51.100.9")),
    ("unknown, 203.0.113.77", Some("203.0.113.77")),
    ("for=203.0.113.24;proto=https", Some("203.0.113.24")),
    ("::ffff:203.0.113.24", Some("203.0.113.24")),
    ("[::ffff:cb00:7118]:80", Some("203.0.113.24")),
    ("10.0.0.1", Some("10.0.0.1")),
    ("127.0.0.1", Some("127.0.0.1")),
    ("0.0.0.0", Some("0.0.0.0")),
    ("255.255.255.255", Some("255.255.255.255")),
    ("2001:db8::7", Some("2001:db8::7")),
    ("2001:DB8:0:0:0:0:0:7", Some("2001:db8::7")),
    ("[2001:db8::8]:443", Some("2001:db8::8")),
    ("2001:db8:1::1", Some("2001:db8:1::1")),
    ("fe80::1%eth0", Some("fe80::1")),
    ("::", Some("::")),
    ("999.1.1.1", None),
    ("203.0.113", None),
    ("unknown", None),
];

fn is_from(recorded: &str, block: &str) -> bool {
    let Some((_, address)) = ADDRESSES.iter().find(|(text, _)| *text == recorded) else {
        panic!("{recorded} is not in the table of addresses");
    };
    let read = |text: &str| text.parse::<IpAddr>().expect("an address").to_canonical();
    let Some(address) = address.map(read) else { return false };
    let Some((host, bits)) = block.split_once('/') else { return address == read(block) };
    let bits: u32 = bits.parse().expect("a number of bits");
    let host: IpAddr = host.parse().expect("an address");
    let alike = |a: u128, b: u128, width: u32| bits == 0 || a >> (width - bits) == b >> (width - bits);
    let wide = |address: IpAddr| match address {
        IpAddr::V4(four) => u128::from(four.to_ipv6_mapped()),
        IpAddr::V6(six) => u128::from(six),
    };
    match (host, address) {
        (IpAddr::V4(host), IpAddr::V4(address)) => alike(u32::from(host).into(), u32::from(address).into(), 32),
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
        (IpAddr::V6(host), address) => alike(u128::from(host), wide(address), 128),
    }
}
