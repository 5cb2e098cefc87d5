//! Visits: who sends what, entry by entry, with the times between.

mod extra;
mod member;
mod strangers;
pub mod tasks;
mod trouble;

pub use member::member;
pub use strangers::stranger;
pub use trouble::Outcome;

use uuid::Uuid;

use self::tasks::{Booking, Scene};
use super::club::Club;
use super::dice::Dice;
use super::people::Person;
use super::people::devices::{Device, as_recorded};
use super::phrase::{Service, Values, fill};
use super::span::{SECOND, after};
use crate::core::time::Timestamp;
use crate::logs::log::{NewBooking, NewLog};

/// An entry to come, and what must be known before it.
#[derive(Debug)]
pub struct Step {
    /// The entry.
    pub log: NewLog,
    /// The booking that it makes.
    pub books: Option<NewBooking>,
    /// The place in the club of whoever did it.
    pub place: Option<usize>,
}

/// A booking that somebody has.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// The booking.
    pub id: Uuid,
    /// What was booked.
    pub service: Service,
}

/// What a request tells of who sent it.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The member, where the application knew them.
    pub member_id: Option<Uuid>,
    /// Their e-mail at that time, or the one that was typed.
    pub email: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// The browser.
    pub agent: Option<String>,
}

impl Sender {
    /// A browser without a member.
    pub fn anonymous(device: &Device, dice: &mut Dice) -> Self {
        Self {
            address: (!dice.one_in(90)).then(|| as_recorded(&device.address, dice)),
            agent: (!dice.one_in(70)).then(|| device.agent.text.to_owned()),
            ..Self::default()
        }
    }

    /// A member as they stood at `at`.
    pub fn of(person: &Person, at: Timestamp, dice: &mut Dice) -> Self {
        let [usual, other] = &person.devices;
        let mut device = if dice.one_in(7) { other.clone() } else { usual.clone() };
        if device.agent.mobile && dice.one_in(5) {
            device.address = super::people::devices::address(dice);
        }
        // The application sometimes knows an e-mail and not whose it is, and sometimes forgets to copy it.
        let knows_member = person.email.is_none() || !dice.one_in(120);
        let copies_email = person.member_id.is_none() || !dice.one_in(250);
        Self {
            member_id: person.member_id.filter(|_| knows_member),
            email: person.email_at(at).filter(|_| copies_email).map(str::to_owned),
            ..Self::anonymous(&device, dice)
        }
    }
}

/// A visit that is being written: its clock, who is there, and what has happened so far.
pub struct Visit<'a> {
    club: &'a Club,
    dice: &'a mut Dice,
    person: Option<(usize, &'a Person)>,
    /// Who the requests seem to come from.
    pub sender: Sender,
    /// The time.
    pub at: Timestamp,
    /// A booking they have and may cancel.
    pub held: Option<Held>,
    steps: Vec<Step>,
}

impl<'a> Visit<'a> {
    /// Somebody comes at `at`.
    pub fn new(club: &'a Club, dice: &'a mut Dice, place: Option<usize>, at: Timestamp) -> Self {
        let person = place.and_then(|place| Some((place, club.people.get(place)?)));
        let sender = match person {
            Some((_, person)) => Sender::of(person, at, dice),
            None => Sender::anonymous(&Device::any(dice), dice),
        };
        Self { club, dice, person, sender, at, held: None, steps: Vec::new() }
    }

    /// From now on the application knows who they are.
    pub fn recognise(&mut self) {
        if let Some((_, person)) = self.person {
            self.sender.member_id = person.member_id;
            self.sender.email = person.email_at(self.at).map(str::to_owned);
        }
    }

    /// The entries, in order of time; the visit begins anew.
    pub fn take(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// Sets the time to within a second before `at`: people do nothing on the second.
    pub fn just_before(&mut self, at: Timestamp) {
        self.at = after(at, -self.dice.between(1, SECOND - 1));
    }

    /// Lets between so many seconds pass; none before the first entry, and once in a while none at all.
    pub fn wait(&mut self, (fewest, most): (i64, i64)) {
        if !self.steps.is_empty() && !self.dice.one_in(45) {
            self.at = after(self.at, self.dice.between(fewest * SECOND, most * SECOND));
        }
    }

    /// Values for texts of this moment.
    pub fn values(&mut self) -> Values<'a> {
        let (zone, dog) = self.person.map_or((super::calendar::SITE_ZONE, "Fen"), |(_, who)| (who.zone, who.dog));
        let mut values = Values::draw(self.dice, self.at, zone, dog);
        values.service = self.club.bookable(values.service, self.at);
        values
    }

    /// Writes an entry at this moment; what else it holds may be added.
    pub fn log(&mut self, action_type: &str, area: &str, description: String, status: &str) -> &mut Step {
        let Sender { member_id, email, address, agent } = self.sender.clone();
        self.steps.push(Step {
            log: NewLog {
                id: self.dice.id(self.at),
                timestamp: self.at,
                member_id,
                member_email: email,
                action_type: action_type.to_owned(),
                area: area.to_owned(),
                description,
                status: status.to_owned(),
                booking_id: None,
                error_message: None,
                error_detail: None,
                ip_address: address,
                user_agent: agent,
                extra: None,
            },
            books: None,
            place: self.person.map(|(place, _)| place),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// Plays scenes with values of their own; a scene that needs a booking ends them where there is none.
    pub fn play(&mut self, scenes: &[Scene]) {
        let mut values = self.values();
        for scene in scenes {
            if scene.booking == Booking::Cancels {
                let Some(held) = self.held else { return };
                values.service = held.service;
            }
            self.wait(scene.seconds);
            self.scene(scene, &values);
        }
    }

    /// Writes a scene at this moment.
    pub fn scene(&mut self, scene: &Scene, values: &Values<'_>) {
        let off = scene.warns > 0 && self.dice.one_in(scene.warns);
        let (text, status) = if off { (scene.warning, "warning") } else { (scene.text, scene.status) };
        let extra = extra::of_scene(scene.extra, values, self.dice);
        let books = (scene.booking == Booking::Makes).then(|| NewBooking {
            id: self.dice.id(self.at),
            member_id: self.sender.member_id,
            service_type: Some(values.service.key.to_owned()),
        });
        let booking_id = match scene.booking {
            Booking::No => None,
            Booking::Makes => books.as_ref().map(|booking| booking.id),
            Booking::Cancels => self.held.take().map(|held| held.id),
            Booking::Mentions => self.held.map(|held| held.id),
        };
        let step = self.log(scene.action_type, scene.area, fill(text, values), status);
        step.log.extra = extra;
        step.log.booking_id = booking_id;
        step.books = books;
    }

    /// Somebody tries to sign in and is refused.
    pub fn refused(&mut self, email: Option<String>, why: &str) {
        let known = std::mem::take(&mut self.sender);
        self.sender = Sender { member_id: None, email, ..known.clone() };
        self.log("login", "members/login", format!("Sign-in refused: {why}"), "warning");
        self.sender = known;
    }
}
