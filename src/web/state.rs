//! What every request may use: the database, the clock, and how this site is set up.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use crate::{
    core::{
        ip::IpBlock,
        time::{SharedClock, Timestamp, Zone},
    },
    db::{Budget, Db},
};

/// How this site is set up.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name, beside Daybook's in the bar.
    pub name: String,
    /// The zone of readers who chose none.
    pub zone: Zone,
    /// Where people reach it, without a slash at the end; none where that was not said.
    pub public_url: Option<String>,
    /// The proxies whose forwarded headers count.
    pub trusted_proxies: Vec<IpBlock>,
    /// The beginning of the paths of the application's own frames in a traceback.
    pub app_root: Option<String>,
    /// What opening a page of an area begins, where that is set and not learned: area and action.
    pub begins: Vec<(String, String)>,
}

impl Site {
    /// Whether browsers reach it by https alone, so that cookies may say so.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// How often one API token may be used, a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// For reading.
    pub read: NonZeroU32,
    /// For writing.
    pub ingest: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self { read: rate(600), ingest: rate(60_000) }
    }
}

/// How long lists, counts, overviews and exports may take, and how often programs may ask.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    /// A list.
    pub list: Budget,
    /// A count.
    pub count: Budget,
    /// An overview.
    pub overview: Budget,
    /// An export, which looks through everything but does not wait for ever.
    pub export: Patience,
    /// What one API token may ask.
    pub rates: Rates,
}

/// How long an export waits for whoever takes it: while it runs, the database cannot shorten its log of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one piece to be taken.
    pub piece: Duration,
    /// For the whole of it.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { piece: Duration::from_mins(1), whole: Duration::from_hours(1) }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            list: Budget::LIST,
            count: Budget::COUNT,
            overview: Budget::OVERVIEW,
            export: Patience::default(),
            rates: Rates::default(),
        }
    }
}

/// Shared by all workers as `web::Data<State>`.
#[derive(Clone)]
pub struct State {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: SharedClock,
    /// The site.
    pub site: Site,
    /// The budgets.
    pub budgets: Budgets,
}

impl State {
    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Where a request came from: the peer, or what a trusted proxy says it forwarded.
///
/// `forwarded` is the `X-Forwarded-For` header: each proxy appends whom it heard from, so it is read from the end, past
/// every trusted address.
#[must_use]
pub fn client_address(peer: Option<IpAddr>, forwarded: Option<&str>, trusted: &[IpBlock]) -> Option<IpAddr> {
    let trusts = |address: IpAddr| trusted.iter().any(|block| block.contains(&crate::core::ip::key(address)));
    let mut client = peer?;
    for hop in forwarded.unwrap_or_default().rsplit(',') {
        if !trusts(client) {
            break;
        }
        let Some(address) = crate::core::ip::first_address(hop.trim()) else { break };
        client = address;
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_header_counts_only_from_a_trusted_proxy() {
        let ip = |text: &str| text.parse::<IpAddr>().ok();
        let trusted = ["10.0.0.0/8".parse().expect("a block")];
        for (peer, forwarded, client) in [
            ("203.0.113.9", Some("198.51.100.1"), "203.0.113.9"),
            ("10.0.0.2", Some("198.51.100.1"), "198.51.100.1"),
            ("10.0.0.2", Some("192.0.2.66, 198.51.100.1, 10.0.0.3"), "198.51.100.1"),
            ("10.0.0.2", Some("unknown"), "10.0.0.2"),
            ("10.0.0.2", None, "10.0.0.2"),
        ] {
            assert_eq!(client_address(ip(peer), forwarded, &trusted), ip(client), "{peer} {forwarded:?}");
        }
    }
}
