//! What the demo is about: a fault that began this afternoon, one member it hit twice, and a wrong clock.

use super::club::Club;
use super::dice::{Dice, Stream};
use super::faults::burst;
use super::people::devices::AGENTS;
use super::people::{People, names};
use super::phrase::{Service, Values};
use super::span::{DAY, MINUTE, SECOND, Span, after};
use super::visits::tasks::{BOOKS, Scene, opens};
use super::visits::{Outcome, Step, Visit};
use crate::core::time::Timestamp;

/// How long before the end the burst began.
pub const BURST_LASTS: i64 = 105 * MINUTE;
/// How far ahead the wrong clock is.
pub const CLOCK_AHEAD: i64 = 14 * MINUTE + 19 * SECOND;

/// Somebody whom the burst hit.
struct Hit {
    /// How many seconds before the end they first failed.
    before: i64,
    /// How many seconds after it they tried again, in vain.
    again: &'static [i64],
    service: &'static str,
    outcome: Outcome,
}

const fn hit(before: i64, again: &'static [i64], service: &'static str, outcome: Outcome) -> Hit {
    Hit { before, again, service, outcome }
}

/// All but the member the story follows.
static HITS: &[Hit] = &[
    hit(BURST_LASTS / SECOND, &[190, 420], "group_walk", Outcome::GoesOn),
    hit(6080, &[], "group_walk", Outcome::Recovers),
    hit(5620, &[140, 300], "group_walk", Outcome::Recovers),
    hit(5050, &[], "group_walk", Outcome::Leaves),
    hit(4650, &[], "puppy_group", Outcome::Recovers),
    hit(4205, &[210, 385], "group_walk", Outcome::GoesOn),
    hit(3765, &[], "group_walk", Outcome::GoesOn),
    hit(3320, &[], "group_walk", Outcome::Recovers),
    hit(2911, &[341, 502], "group_walk", Outcome::GoesOn),
    hit(2265, &[], "group_walk", Outcome::GoesOn),
    hit(1772, &[], "puppy_group", Outcome::Recovers),
    hit(1550, &[], "group_walk", Outcome::GoesOn),
    hit(67, &[], "group_walk", Outcome::Leaves),
];

/// Who plays which part.
#[derive(Debug)]
pub struct Cast {
    /// The member whom the fault hit twice, the second time six minutes before the end.
    focus: Option<usize>,
    /// The member whose device is ahead of time.
    wrong_clock: Option<usize>,
    /// Those whom the burst hit beside.
    hit: Vec<usize>,
}

impl Cast {
    /// Finds members for all parts, nobody for two.
    pub fn new(seed: u64, span: Span, people: &People) -> Self {
        let mut dice = Dice::new(seed, Stream::Story);
        let mut cast = Self {
            focus: people.place_of(&names::FOCUS),
            wrong_clock: people.place_of(&names::WRONG_CLOCK),
            hit: Vec::new(),
        };
        let first = dice.index(people.len());
        for place in (first..people.len()).chain(0..first) {
            let suits = people.get(place).is_some_and(|person| {
                let settled = person.joined < after(span.until, -30 * DAY) && person.left == Timestamp::MAX;
                person.member_id.is_some() && person.email.is_some() && settled && !person.staff
            });
            if suits && !cast.plays(place) && cast.hit.len() < HITS.len() {
                cast.hit.push(place);
            }
        }
        cast
    }

    /// Whether somebody has a part.
    pub fn plays(&self, place: usize) -> bool {
        self.focus == Some(place) || self.wrong_clock == Some(place) || self.hit.contains(&place)
    }
}

/// The story's entries.
pub fn steps(club: &Club, cast: &Cast, dice: &mut Dice) -> Vec<Step> {
    let end = club.span.until;
    let mut steps = focus(club, cast, dice);
    for (hit, &place) in HITS.iter().zip(&cast.hit) {
        steps.extend(struck(club, dice, place, hit));
    }
    let mut ahead = Visit::new(club, dice, cast.wrong_clock, after(end, CLOCK_AHEAD));
    ahead.recognise();
    ahead.log("page_visit", "members/bookings", "Opened “My bookings”".to_owned(), "success");
    steps.extend(ahead.take());
    steps
}

/// The visit of somebody whom the burst hit; the first of all hits is to the microsecond.
fn struck(club: &Club, dice: &mut Dice, place: usize, hit: &Hit) -> Vec<Step> {
    let at = after(club.span.until, -hit.before * SECOND);
    let service = Service::of(hit.service);
    let mut visit = Visit::new(club, dice, Some(place), at);
    visit.just_before(after(at, -95 * SECOND));
    visit.recognise();
    visit.log("login", "members/login", "Signed in with a password".to_owned(), "success");
    visit.just_before(after(at, -41 * SECOND));
    let mut values = visit.values();
    visit.scene(&FORM, &values);
    visit.just_before(at);
    if hit.before * SECOND == BURST_LASTS {
        visit.at = at;
    }
    visit.fails(burst(), service, &values);
    for seconds in hit.again {
        visit.just_before(after(at, seconds * SECOND));
        values.attempt += 1;
        visit.fails(burst(), service, &values);
    }
    visit.ends(burst(), service, &mut values, hit.outcome);
    visit.take()
}

const FORM: Scene = surely(opens("members/bookings/new", "Opened the booking form"));

/// The same, with nothing off.
const fn surely(scene: Scene) -> Scene {
    Scene { warns: 0, ..scene }
}

/// The member the story follows: a solo walk can be booked, a group walk fails twice, and then they look for help.
fn focus(club: &Club, cast: &Cast, dice: &mut Dice) -> Vec<Step> {
    let Some(place) = cast.focus else { return Vec::new() };
    let before = |seconds: i64| after(club.span.until, -seconds * SECOND);
    let mut visit = Visit::new(club, dice, Some(place), club.span.until);
    visit.just_before(before(14 * 60 + 16));
    visit.recognise();
    visit.sender.address = Some("203.0.113.24".to_owned());
    visit.sender.agent = AGENTS.first().map(|agent| agent.text.to_owned());
    visit.log("login", "members/login", "Signed in with a password".to_owned(), "success");
    visit.just_before(before(11 * 60 + 25));
    let (solo, _) = values(&mut visit, "solo_walk");
    visit.scene(&surely(BOOKS), &solo);
    visit.just_before(before(8 * 60 + 47));
    let (mut values, group) = values(&mut visit, "group_walk");
    visit.fails(burst(), group, &values);
    visit.just_before(before(6 * 60 + 35));
    visit.scene(&FORM, &values);
    visit.at = before(6 * 60);
    values.attempt = 2;
    visit.fails(burst(), group, &values);
    visit.just_before(before(5 * 60 + 26));
    visit.scene(&surely(opens("members/help", "Opened “Contact us”")), &values);
    visit.take()
}

/// The values for the dog of the story and a service.
fn values<'a>(visit: &mut Visit<'a>, key: &str) -> (Values<'a>, Option<Service>) {
    let service = Service::of(key);
    let values = visit.values();
    (Values { dog: "Moss", service: service.unwrap_or(values.service), ..values }, service)
}

/// Somebody meets the burst's fault after the plan's end, while it goes on.
pub fn goes_on(club: &Club, dice: &mut Dice, at: Timestamp) -> Vec<Step> {
    let free = |place: usize| club.cast.as_ref().is_none_or(|cast| !cast.plays(place));
    let place = club.people.pick(dice, at, free);
    let mut visit = Visit::new(club, dice, place, at);
    visit.meets(burst());
    visit.take()
}
