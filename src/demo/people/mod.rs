//! The members: who they are, when they joined, how often and at what hours they come.

pub mod devices;
pub mod names;

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::Timelike;
use uuid::Uuid;

use self::devices::Device;
use self::names::{CULTURES, Name, Notable};
use super::calendar::SITE_ZONE;
use super::dice::{Dice, Stream};
use super::span::{DAY, HOUR, Span, after};
use crate::core::time::{Timestamp, Zone};
use crate::logs::log::NewMember;

/// How much of all weight the busiest member has, in thousandths. They joined early, so that their
/// share of all entries is nearly twice this.
const BUSIEST: u64 = 20;
/// How much anybody else has, at most.
const BUSY: u64 = 10;
/// Of the members, how many had joined before the plan begins, in thousandths.
const EARLY: usize = 350;
/// How many times somebody else is asked when a member would not come at that hour.
const TRIES: usize = 12;

static ZONES: &[(u32, Zone)] = &[
    (620, SITE_ZONE),
    (45, chrono_tz::Europe::Dublin),
    (40, chrono_tz::Europe::Paris),
    (40, chrono_tz::Europe::Berlin),
    (35, chrono_tz::Europe::Warsaw),
    (30, chrono_tz::Europe::Lisbon),
    (25, chrono_tz::Europe::Istanbul),
    (30, chrono_tz::America::New_York),
    (20, chrono_tz::America::Los_Angeles),
    (15, chrono_tz::America::Sao_Paulo),
    (25, chrono_tz::Asia::Kolkata),
    (15, chrono_tz::Asia::Tokyo),
    (15, chrono_tz::Asia::Jerusalem),
    (10, chrono_tz::Asia::Kathmandu),
    (15, chrono_tz::Africa::Lagos),
    (10, chrono_tz::Australia::Lord_Howe),
    (10, chrono_tz::Pacific::Auckland),
];

static DOGS: &[&str] = &[
    "Moss",
    "Biscuit",
    "Juniper",
    "Baxter",
    "Luna",
    "Pickle",
    "Rufus",
    "Nala",
    "Otis",
    "Clementine",
    "Żabka",
    "Fen",
    "Waffles",
    "Bruno",
    "Saffron",
    "Monty",
    "Tofu",
    "Skye",
    "Ziggy",
    "Mrs Tiggy-Winkle",
    "Käthe",
    "Bear 🐻",
    "Pip",
];

/// The hours, at the member's own clock, at which they come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Habit {
    #[default]
    AnyTime,
    Morning,
    Office,
    Evening,
    Night,
}

/// As often as each is found.
static HABITS: &[Habit] =
    &[Habit::AnyTime, Habit::Morning, Habit::Morning, Habit::Office, Habit::Evening, Habit::Evening, Habit::Night];

impl Habit {
    /// How likely they are to come at that hour, of a hundred.
    fn at(self, hour: u32) -> u64 {
        let near = |hours: Range<u32>| if hours.contains(&hour) { 100 } else { 18 };
        match self {
            Self::AnyTime => 60,
            Self::Morning => near(6..10),
            Self::Office => near(9..17),
            Self::Evening => near(17..23),
            Self::Night => near(21..24).max(near(0..4)),
        }
    }
}

/// Somebody with an account, now or once.
#[derive(Debug)]
pub struct Person {
    /// Their row of `members`; `None` where there is no account now.
    pub member_id: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail today.
    pub email: Option<String>,
    /// An e-mail they had before, and until when.
    pub earlier_email: Option<(String, Timestamp)>,
    /// Where they live.
    pub zone: Zone,
    /// When the account was made.
    pub joined: Timestamp,
    /// They never came after that.
    pub left: Timestamp,
    /// Their usual device and the other one.
    pub devices: [Device; 2],
    /// Their dog.
    pub dog: &'static str,
    /// They work for the club.
    pub staff: bool,
    habit: Habit,
    weight: u64,
}

impl Person {
    /// The e-mail they had at `at`.
    pub fn email_at(&self, at: Timestamp) -> Option<&str> {
        match &self.earlier_email {
            Some((earlier, until)) if at < *until => Some(earlier),
            _ => self.email.as_deref(),
        }
    }
}

/// Everybody, in the order in which they joined.
#[derive(Debug)]
pub struct People {
    all: Vec<Person>,
    /// The weight of everybody up to each.
    weights: Vec<u64>,
}

impl People {
    /// So many members, and a few whose accounts are gone.
    pub fn new(seed: u64, span: Span, members: usize) -> Self {
        let taken = names::NOTABLE.iter().filter_map(|notable| notable.email).map(str::to_ascii_lowercase).collect();
        let mut maker = Maker { dice: Dice::new(seed, Stream::People), span, taken };
        let former = members / 25 + 3;
        let total = members + former;
        let mut joined: Vec<Timestamp> = (0..total).map(|nth| maker.joined(nth * 1000 / total < EARLY)).collect();
        joined.sort_unstable();
        // The first ones stay members, so that the notable are there; the rest is drawn.
        let mut left_to_lose = former;
        let all: Vec<Person> = joined
            .into_iter()
            .enumerate()
            .map(|(nth, joined)| {
                let remaining = total - nth;
                let settled = nth <= names::NOTABLE.len() && remaining > left_to_lose;
                let lost = !settled && maker.dice.index(remaining) < left_to_lose;
                left_to_lose -= usize::from(lost);
                let notable = nth.checked_sub(1).and_then(|place| names::NOTABLE.get(place));
                maker.person(joined, lost, notable)
            })
            .collect();
        let mut people = Self { all, weights: Vec::new() };
        people.weigh();
        people
    }

    /// The rows of `members`.
    pub fn members(&self) -> impl Iterator<Item = NewMember> + '_ {
        self.all.iter().filter_map(|person| {
            let id = person.member_id?;
            Some(NewMember { id, email: person.email.clone(), name: person.name.clone() })
        })
    }

    /// How many there are, with those whose accounts are gone.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Somebody by their place.
    pub fn get(&self, place: usize) -> Option<&Person> {
        self.all.get(place)
    }

    /// The place of a notable member, where the club is large enough for them.
    pub fn place_of(&self, notable: &Notable) -> Option<usize> {
        self.all.iter().position(|person| person.member_id.is_some() && person.email.as_deref() == notable.email)
    }

    /// Somebody who may come at `at`; `None` where nobody was found.
    pub fn pick(&self, dice: &mut Dice, at: Timestamp, free: impl Fn(usize) -> bool) -> Option<usize> {
        let there = self.all.partition_point(|person| person.joined <= at);
        let total = there.checked_sub(1).and_then(|last| self.weights.get(last)).copied()?;
        (0..TRIES).find_map(|_| {
            let drawn = dice.below(total);
            let place = self.weights.partition_point(|&through| through <= drawn);
            let person = self.all.get(place)?;
            let comes = person.habit.at(at.in_zone(person.zone).hour());
            (at < person.left && free(place) && dice.below(100) < comes).then_some(place)
        })
    }

    /// Gives the busiest member their share, keeps the others below it, and adds up.
    fn weigh(&mut self) {
        let total: u64 = self.all.iter().map(|person| person.weight).sum();
        let mean = total / (self.all.len().max(1) as u64);
        let most = (total * BUSY / 1000).max(mean * 3 / 2);
        for person in &mut self.all {
            person.weight = person.weight.min(most);
        }
        let total: u64 = self.all.iter().map(|person| person.weight).sum();
        if let Some(busiest) = self.all.first_mut() {
            busiest.weight = (total * BUSIEST / (1000 - BUSIEST)).max(mean * 2);
            busiest.habit = Habit::AnyTime;
            busiest.left = Timestamp::MAX;
        }
        self.weights = (self.all.iter())
            .scan(0, |sum, person| {
                *sum += person.weight;
                Some(*sum)
            })
            .collect();
    }
}

/// Makes up people, never two with one e-mail.
struct Maker {
    dice: Dice,
    span: Span,
    taken: BTreeSet<String>,
}

impl Maker {
    fn joined(&mut self, early: bool) -> Timestamp {
        if early {
            after(self.span.from, -self.dice.between(DAY, 1500 * DAY))
        } else {
            after(self.span.from, self.dice.between(0, self.span.length() - 2 * DAY))
        }
    }

    fn person(&mut self, joined: Timestamp, lost: bool, notable: Option<&Notable>) -> Person {
        let made = self.name_and_email();
        let (name, email) = match notable {
            Some(notable) => (notable.name.map(str::to_owned), notable.email.map(str::to_owned)),
            None => made,
        };
        let member_id = (!lost).then(|| self.dice.id(joined));
        let earlier_email = self.earlier_email(joined, email.as_deref());
        let dice = &mut self.dice;
        let zone = dice.weighted(ZONES, |zone| zone.0).map_or(SITE_ZONE, |zone| zone.1);
        Person {
            member_id,
            name,
            email,
            earlier_email: earlier_email.filter(|_| notable.is_none()),
            zone: if notable.is_some() { SITE_ZONE } else { zone },
            joined,
            left: left(dice, self.span, joined, lost, notable.is_some()),
            devices: [Device::any(dice), Device::any(dice)],
            dog: dice.pick(DOGS),
            staff: notable.is_none() && dice.per_mille(15),
            habit: dice.pick(HABITS),
            weight: weight(dice).max(if notable.is_some() { 9_000 } else { 0 }),
        }
    }

    fn name_and_email(&mut self) -> (Option<String>, Option<String>) {
        let Some(culture) = self.dice.weighted(CULTURES, |culture| culture.weight) else { return (None, None) };
        let given = self.dice.pick(culture.given);
        let family = self.dice.pick(culture.family);
        let name = if culture.family_first {
            format!("{} {}", family.0, given.0)
        } else {
            format!("{} {}", given.0, family.0)
        };
        let email = self.free_email(given, family);
        match self.dice.below(100) {
            0..3 => (None, Some(email)),
            3 => (Some(name), None),
            4 => (Some(format!("{name} {}", self.dice.pick(&["🐾", "🐶", "(she/her)", "⚽", "Jr."]))), Some(email)),
            _ => (Some(name), Some(email)),
        }
    }

    fn free_email(&mut self, given: Name, family: Name) -> String {
        let (given, family) = (in_address(given), in_address(family));
        let initial = given.get(..1).unwrap_or("x");
        let domain = self.dice.pick(&["example.com", "example.org", "example.net"]);
        let local = match self.dice.below(5) {
            0 => format!("{initial}.{family}"),
            1 => format!("{family}.{given}"),
            2 => format!("{given}{family}"),
            _ => format!("{given}.{family}"),
        };
        let mut email = format!("{local}@{domain}");
        let mut numbers = 99;
        while !self.taken.insert(email.clone()) {
            email = format!("{local}{}@{domain}", self.dice.between(2, numbers));
            numbers += 99;
        }
        email
    }

    fn earlier_email(&mut self, joined: Timestamp, email: Option<&str>) -> Option<(String, Timestamp)> {
        let (local, _) = email?.split_once('@')?;
        if !self.dice.one_in(70) {
            return None;
        }
        let earlier = format!("{local}.old@example.com");
        let known = self.span.until.micros() - joined.micros();
        self.taken.insert(earlier.clone()).then(|| (earlier, after(joined, self.dice.between(known / 4, known))))
    }
}

/// When they stopped coming: most never; those whose account is gone before the plan ends, some just before.
fn left(dice: &mut Dice, span: Span, joined: Timestamp, lost: bool, notable: bool) -> Timestamp {
    let known = span.until.micros() - joined.micros();
    match (lost, notable, dice.below(8)) {
        (true, _, 0..3) => after(span.until, -dice.between(2 * HOUR, 6 * DAY)),
        (true, ..) | (false, false, 0) => after(joined, dice.between(known / 8, known)),
        _ => Timestamp::MAX,
    }
}

/// How often somebody comes: few come very often, and many rarely.
fn weight(dice: &mut Dice) -> u64 {
    let drawn = dice.below(1000);
    1_500 + 10_000_000 / (drawn + 12) / (drawn / 40 + 3)
}

fn in_address((name, address): Name) -> String {
    if address.is_empty() { name.chars().map(names::fold).collect() } else { address.to_owned() }
}
