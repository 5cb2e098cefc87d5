//! How often a token may be used: a rate for reading and one for writing, each with a burst as long as its window.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use uuid::Uuid;

use super::tokens::Scope;
use crate::{core::time::SharedClock, web::state::Rates};

/// The window of the quotas, in seconds.
const WINDOW: u64 = 60;
/// How many tokens are remembered; more than may be in use at once.
const REMEMBERED: usize = 1_000;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The headers that say how a token stands, for whoever redraws an answer.
pub const HEADERS: [HeaderName; 2] = [RATE_LIMIT, RATE_LIMIT_POLICY];

/// The clock of the site, as the limiter reads it: where it is set back, time stands still rather than that every token
/// waits until it has come to where it was.
#[derive(Clone)]
struct Ticks {
    clock: SharedClock,
    passed: Arc<Mutex<Passed>>,
}

/// Microseconds.
#[derive(Default)]
struct Passed {
    last: u64,
    set_back: u64,
}

impl Ticks {
    fn of(clock: SharedClock) -> Self {
        Self { clock, passed: Arc::default() }
    }
}

impl std::fmt::Debug for Ticks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticks")
    }
}

impl GovernorClock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let now = u64::try_from(self.clock.now().micros()).unwrap_or_default();
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.set_back += passed.last.saturating_sub(now);
        passed.last = now;
        Duration::from_micros(now + passed.set_back).into()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Ticks, StateInformationMiddleware>;

/// How often each token was used lately. It is all in memory: a restart forgives.
#[derive(Debug)]
pub struct Meter {
    rates: Rates,
    clock: Ticks,
    tokens: Mutex<HashMap<(Uuid, Scope), Limiter>>,
}

/// How a token stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotum {
    scope: Scope,
    most: u32,
    left: u32,
    /// Seconds until the whole quota is there again; where there is nothing left, until one request is.
    reset: u64,
    /// Whether the request may go on.
    pub granted: bool,
}

impl Meter {
    /// A meter in which nothing was used yet.
    #[must_use]
    pub fn new(rates: Rates, clock: SharedClock) -> Self {
        Self { rates, clock: Ticks::of(clock), tokens: Mutex::default() }
    }

    /// Counts a request of a token.
    pub fn count(&self, token: Uuid, scope: Scope) -> Quotum {
        let most = match scope {
            Scope::Ingest => self.rates.ingest,
            Scope::Read => self.rates.read,
        };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= REMEMBERED && !tokens.contains_key(&(token, scope)) {
            tokens.clear();
        }
        let limiter = tokens.entry((token, scope)).or_insert_with(|| self.limiter(most));
        match limiter.check() {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let used = u64::from(most.get().saturating_sub(left));
                let reset = (used * WINDOW).div_ceil(u64::from(most.get()));
                Quotum { scope, most: most.get(), left, reset, granted: true }
            }
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                let reset = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Quotum { scope, most: most.get(), left: 0, reset: reset.max(1), granted: false }
            }
        }
    }

    fn limiter(&self, most: NonZeroU32) -> Limiter {
        let interval = Duration::from_secs(WINDOW) / most.get();
        let quota = Quota::with_period(interval).map(|quota| quota.allow_burst(most));
        let quota = quota.unwrap_or_else(|| Quota::per_minute(most));
        RateLimiter::direct_with_clock(quota, self.clock.clone()).with_middleware()
    }
}

impl Quotum {
    /// Seconds to wait before another try.
    #[must_use]
    pub fn wait(self) -> u64 {
        self.reset
    }

    /// How often this may be done, for a sentence: `600 requests a minute`.
    #[must_use]
    pub fn rule(self) -> String {
        format!("{} requests a minute", crate::core::words::count(self.most.into()))
    }

    /// Says so in the headers of the answer.
    pub fn write(self, headers: &mut HeaderMap) {
        let policy = format!("\"{}\";q={};w={WINDOW}", self.scope, self.most);
        let state = format!("\"{}\";r={};t={}", self.scope, self.left, self.reset);
        for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use super::*;
    use crate::core::time::{Clock, Timestamp};

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait() {
        let hand = Arc::new(Hand(AtomicI64::new(1_781_789_885_000_000)));
        let few = NonZeroU32::new(3).expect("three");
        let meter = Meter::new(Rates { read: few, ingest: few }, hand.clone());
        let one = Uuid::new_v4();
        assert!(meter.count(one, Scope::Read).granted);
        hand.0.fetch_sub(3_600_000_000, Ordering::SeqCst);
        let granted: Vec<bool> = (0..3).map(|_| meter.count(one, Scope::Read).granted).collect();
        assert_eq!(granted, [true, true, false]);
        hand.0.fetch_add(20_000_000, Ordering::SeqCst);
        assert!(meter.count(one, Scope::Read).granted);
    }

    #[test]
    fn each_token_and_scope_has_a_quota_of_its_own_that_comes_back_with_time() {
        let hand = Arc::new(Hand(AtomicI64::new(1_781_789_885_000_000)));
        let few = NonZeroU32::new(3).expect("three");
        let meter = Meter::new(Rates { read: few, ingest: few }, hand.clone());
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let granted: Vec<bool> = (0..5).map(|_| meter.count(one, Scope::Read).granted).collect();
        assert_eq!(granted, [true, true, true, false, false]);
        assert!(meter.count(one, Scope::Ingest).granted && meter.count(other, Scope::Read).granted);
        let refused = meter.count(one, Scope::Read);
        assert_eq!((refused.left, refused.wait()), (0, 20));
        hand.0.fetch_add(20_000_000, Ordering::SeqCst);
        assert!(meter.count(one, Scope::Read).granted);
        assert!(!meter.count(one, Scope::Read).granted);
        let mut headers = HeaderMap::new();
        meter.count(other, Scope::Read).write(&mut headers);
        assert_eq!(headers.get("ratelimit-policy").and_then(|v| v.to_str().ok()), Some("\"read\";q=3;w=60"));
        assert!(headers.get("ratelimit").is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with("\"read\";r="))));
    }
}
