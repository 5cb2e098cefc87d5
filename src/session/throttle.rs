//! Slowing down whoever guesses: a wait that grows with each failed sign-in, per account and per address.
//!
//! An attempt takes its place before the password is looked at, so that many at once get no further than one after
//! the other. It is all in memory and bounded: a restart forgets, and argon2 is slow on its own.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;

use crate::core::{secret, time::Timestamp};

/// How many accounts, and how many addresses, are remembered; beyond that the oldest are forgotten.
const MOST: usize = 10_000;

/// How failures turn into a wait.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// How many failures in a row cost nothing.
    free: u32,
    /// The longest wait, in seconds.
    longest: i64,
}

/// An account: two failures are free, as the contract says.
const ACCOUNT: Rule = Rule { free: 2, longest: 60 };
/// An address: an office shares one, so more are free; but what is guessed from there is stopped for longer.
const ADDRESS: Rule = Rule { free: 10, longest: 15 * 60 };

/// The attempts of the last hour.
#[derive(Debug)]
pub struct Throttle(Mutex<Tables>);

#[derive(Debug)]
struct Tables {
    accounts: Table<[u8; 32]>,
    addresses: Table<[u8; 16]>,
}

/// Whoever tries again has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowed {
    /// For how many seconds, at least one.
    pub seconds: i64,
    /// Whether this is the first that was refused in this wait: the one worth a line in the log.
    pub first: bool,
}

/// An attempt that has taken its place. Dropped without a word on how it went, it counts as failed.
#[derive(Debug)]
pub struct Attempt {
    throttle: Arc<Throttle>,
    account: [u8; 32],
    address: [u8; 16],
    at: Timestamp,
    open: bool,
}

impl Throttle {
    /// Nobody has tried yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Self::bounded(MOST)
    }

    fn bounded(most: usize) -> Arc<Self> {
        let tables = Tables { accounts: Table::new(ACCOUNT, most), addresses: Table::new(ADDRESS, most) };
        Arc::new(Self(Mutex::new(tables)))
    }

    /// Takes the place of an attempt, or says how long to wait.
    pub fn begin(
        self: &Arc<Self>,
        email: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> std::result::Result<Attempt, Slowed> {
        let account = secret::hash(email.trim().to_ascii_lowercase().as_bytes());
        let address = network(address);
        let mut tables = self.tables();
        let waits = [tables.accounts.ask(&account, now), tables.addresses.ask(&address, now)];
        if let Some(slowed) = waits.into_iter().flatten().max_by_key(|slowed| slowed.seconds) {
            return Err(slowed);
        }
        tables.accounts.begin(account, now);
        tables.addresses.begin(address, now);
        drop(tables);
        Ok(Attempt { throttle: Arc::clone(self), account, address, at: now, open: true })
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Counters are never left half written, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// It was the right password: the account starts anew. The address does not, or whoever has an account could
    /// guess at others between two sign-ins of their own.
    pub fn succeeded(mut self) {
        self.open = false;
        let mut tables = self.throttle.tables();
        tables.accounts.forget(&self.account);
        tables.addresses.withdraw(&self.address);
    }

    /// It was not. Says how long to wait, where that begins now.
    pub fn failed(mut self, now: Timestamp) -> Option<Slowed> {
        self.open = false;
        let mut tables = self.throttle.tables();
        let seconds = tables.accounts.fail(self.account, now).max(tables.addresses.fail(self.address, now));
        (seconds > 0).then_some(Slowed { seconds, first: true })
    }

    /// The password was not looked at.
    pub fn withdrawn(mut self) {
        self.open = false;
        let mut tables = self.throttle.tables();
        tables.accounts.withdraw(&self.account);
        tables.addresses.withdraw(&self.address);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.open {
            let mut tables = self.throttle.tables();
            tables.accounts.fail(self.account, self.at);
            tables.addresses.fail(self.address, self.at);
        }
    }
}

/// An address as it is counted: IPv6 by its /64, since whoever has one address of it has them all.
fn network(address: Option<IpAddr>) -> [u8; 16] {
    let Some(address) = address else { return [0; 16] };
    let mut key = crate::core::ip::key(address);
    if address.to_canonical().is_ipv6() {
        key[8..].fill(0);
    }
    key
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    /// Attempts whose password is being looked at.
    open: u32,
    until: Timestamp,
    /// Whether a refusal in this wait was told.
    told: bool,
    touched: Timestamp,
    /// Its place in the order of age.
    place: u64,
}

#[derive(Debug)]
struct Table<K> {
    rule: Rule,
    most: usize,
    entries: HashMap<K, Entry>,
    /// The keys, by when they were last touched.
    order: BTreeMap<u64, K>,
    places: u64,
}

impl<K: Copy + Eq + Hash> Table<K> {
    fn new(rule: Rule, most: usize) -> Self {
        Self { rule, most, entries: HashMap::new(), order: BTreeMap::new(), places: 0 }
    }

    /// Whether another attempt must wait. As many may be under way as would be free if all of them failed, and one.
    fn ask(&mut self, key: &K, now: Timestamp) -> Option<Slowed> {
        self.forget_old(now);
        let rule = self.rule;
        let entry = self.entries.get_mut(key)?;
        // A clock that was set back must not make anybody wait for longer than the longest wait.
        entry.until = entry.until.min(now.plus(Duration::seconds(rule.longest)));
        let left = entry.until.since(now).num_milliseconds();
        let seconds = if left > 0 {
            (left + 999) / 1_000
        } else if entry.open > 0 && entry.failures + entry.open > rule.free {
            rule.wait(entry.failures + entry.open)
        } else {
            return None;
        };
        let first = !std::mem::replace(&mut entry.told, true);
        Some(Slowed { seconds, first })
    }

    fn begin(&mut self, key: K, now: Timestamp) {
        let entry = self.touch(key, now);
        entry.open += 1;
    }

    /// Counts a failure; the wait that begins, in seconds.
    fn fail(&mut self, key: K, now: Timestamp) -> i64 {
        let rule = self.rule;
        let entry = self.touch(key, now);
        entry.open = entry.open.saturating_sub(1);
        entry.failures = entry.failures.saturating_add(1);
        let seconds = rule.wait(entry.failures);
        if seconds > 0 {
            entry.until = entry.until.max(now.plus(Duration::seconds(seconds)));
            entry.told = false;
        }
        seconds
    }

    fn withdraw(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.open = entry.open.saturating_sub(1);
        }
    }

    fn forget(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.place);
        }
    }

    /// The entry of `key`, now the youngest.
    fn touch(&mut self, key: K, now: Timestamp) -> &mut Entry {
        if !self.entries.contains_key(&key)
            && self.entries.len() >= self.most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.places += 1;
        let place = self.places;
        let fresh = Entry { failures: 0, open: 0, until: Timestamp::MIN, told: false, touched: now, place };
        let entry = self.entries.entry(key).or_insert(fresh);
        self.order.remove(&entry.place);
        self.order.insert(place, key);
        entry.place = place;
        entry.touched = now;
        entry
    }

    /// Forgets what was last touched more than an hour ago.
    fn forget_old(&mut self, now: Timestamp) {
        while let Some((_, &key)) = self.order.first_key_value() {
            let old = self.entries.get(&key).is_none_or(|entry| now.since(entry.touched) > Duration::hours(1));
            if !old {
                break;
            }
            self.order.pop_first();
            self.entries.remove(&key);
        }
    }
}

impl Rule {
    /// The wait after so many failures in a row: 2, 4, 8 … seconds.
    fn wait(self, failures: u32) -> i64 {
        match failures.saturating_sub(self.free) {
            0 => 0,
            beyond => 1_i64.checked_shl(beyond.min(62)).map_or(self.longest, |wait| wait.min(self.longest)),
        }
    }
}

#[cfg(test)]
mod tests;
