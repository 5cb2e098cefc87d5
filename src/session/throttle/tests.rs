//! How waits grow, who they stop, and what is forgotten.

use proptest::prelude::*;

use super::*;

const EMAIL: &str = "maya.osei@brackenfield.example";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_000_000 + seconds) * 1_000_000)
}

fn ip(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// A failed attempt from an address of its own: the wait it is answered with.
fn fail(throttle: &Arc<Throttle>, from: u8, second: i64) -> Result<Option<i64>, i64> {
    let attempt = throttle.begin(EMAIL, ip(&format!("203.0.113.{from}")), at(second));
    match attempt {
        Ok(attempt) => Ok(attempt.failed(at(second)).map(|slowed| slowed.seconds)),
        Err(slowed) => Err(slowed.seconds),
    }
}

#[test]
fn two_failures_in_a_row_cost_nothing_and_then_waits_grow() {
    let throttle = Throttle::new();
    assert_eq!(fail(&throttle, 1, 0), Ok(None));
    assert_eq!(fail(&throttle, 2, 0), Ok(None));
    assert_eq!(fail(&throttle, 3, 0), Ok(Some(2)));
    assert_eq!(fail(&throttle, 4, 0), Err(2));
    assert_eq!(fail(&throttle, 4, 1), Err(1));
    let mut now = 2;
    for wait in [4, 8, 16, 32, 60, 60] {
        assert_eq!(fail(&throttle, 5, now), Ok(Some(wait)));
        assert_eq!(fail(&throttle, 6, now + wait - 1), Err(1));
        now += wait;
    }
}

#[test]
fn a_success_starts_the_account_anew_and_case_does_not_tell_accounts_apart() {
    let throttle = Throttle::new();
    for _ in 0..5 {
        assert_eq!(fail(&throttle, 1, 0), Ok(None));
        assert_eq!(fail(&throttle, 2, 0), Ok(None));
        throttle.begin("MAYA.osei@Brackenfield.example ", None, at(0)).expect("free").succeeded();
    }
}

#[test]
fn an_address_waits_for_longer_but_begins_later() {
    let throttle = Throttle::new();
    let fail = |address: &str, email: usize, second| {
        let attempt = throttle.begin(&format!("{email}@b.example"), ip(address), at(second));
        attempt.map(|attempt| attempt.failed(at(second)).map(|slowed| slowed.seconds))
    };
    for email in 0..10 {
        assert_eq!(fail(&format!("2001:db8::{email}"), email, 0), Ok(None));
    }
    assert_eq!(fail("2001:db8::ffff:1", 20, 0), Ok(Some(2)));
    assert_eq!(fail("2001:db8::2", 21, 1), Err(Slowed { seconds: 1, first: true }));
    assert_eq!(fail("2001:db8::3", 22, 1), Err(Slowed { seconds: 1, first: false }));
    assert_eq!(fail("2001:db8:0:1::2", 22, 1), Ok(None), "another network");
    let mut now = 2;
    for wait in [4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(fail("2001:db8::4", 100 + usize::try_from(now).expect("small"), now), Ok(Some(wait)));
        now += wait;
    }
}

#[test]
fn many_at_once_get_no_further_than_one_after_the_other() {
    let throttle = Throttle::new();
    let attempts: Vec<_> = (0..10).filter_map(|_| throttle.begin(EMAIL, ip("203.0.113.9"), at(0)).ok()).collect();
    assert_eq!(attempts.len(), 3);
    drop(attempts);
    assert_eq!(fail(&throttle, 9, 0), Err(2), "those that were given up count as failed");
    let one = throttle.begin(EMAIL, None, at(2)).expect("the wait is over");
    assert!(throttle.begin(EMAIL, None, at(2)).is_err(), "one at a time now");
    one.withdrawn();
    assert!(throttle.begin(EMAIL, None, at(2)).is_ok());
}

#[test]
fn an_hour_forgets_and_a_clock_set_back_does_not_lock_out() {
    let throttle = Throttle::new();
    for second in [0, 0, 0, 2, 6, 14] {
        let _ = fail(&throttle, 1, second);
    }
    assert_eq!(fail(&throttle, 1, 14 + 3_601), Ok(None));
    for _ in 0..3 {
        let _ = fail(&throttle, 1, 20_000);
    }
    assert_eq!(fail(&throttle, 1, 0), Err(60));
    assert_eq!(fail(&throttle, 1, 60), Ok(Some(4)));
}

#[test]
fn an_address_is_counted_as_its_network() {
    assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff")));
    assert_ne!(network(ip("203.0.113.1")), network(ip("203.0.113.2")));
    assert_eq!(network(ip("203.0.113.1")), network(ip("::ffff:203.0.113.1")));
}

proptest! {
    #[test]
    fn it_never_holds_more_than_it_may(
        steps in prop::collection::vec((0_u8..40, 0_u8..40, 0_i64..5_000, 0_u8..4), 1..200)
    ) {
        let throttle = Throttle::bounded(8);
        let mut kept = Vec::new();
        let mut now = 0;
        for (email, host, pause, end) in steps {
            now += pause;
            if let Ok(attempt) = throttle.begin(&email.to_string(), ip(&format!("192.0.2.{host}")), at(now)) {
                match end {
                    0 => attempt.succeeded(),
                    1 => drop(attempt.failed(at(now))),
                    2 => attempt.withdrawn(),
                    _ => kept.push(attempt),
                }
            }
            let tables = throttle.tables();
            prop_assert!(tables.accounts.entries.len() <= 8 && tables.addresses.entries.len() <= 8);
            prop_assert_eq!(tables.accounts.entries.len(), tables.accounts.order.len());
            prop_assert_eq!(tables.addresses.entries.len(), tables.addresses.order.len());
        }
    }
}
