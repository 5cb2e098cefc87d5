//! A member's visit: signing in, what they came for, what went wrong, and leaving.

use super::super::club::Club;
use super::super::dice::Dice;
use super::super::faults::Fault;
use super::super::people::Person;
use super::tasks::{JOINING, STAFF_TASKS, TASKS, opens};
use super::{Held, Sender, Step, Visit, extra};
use crate::core::time::Timestamp;

/// The visit of the member at `place`, from `at` on; `held` is a booking of theirs, gone where they cancel it.
pub fn member(
    club: &Club,
    dice: &mut Dice,
    place: usize,
    at: Timestamp,
    joining: bool,
    held: &mut Option<Held>,
) -> Vec<Step> {
    let Some(person) = club.people.get(place) else { return Vec::new() };
    let mut visit = Visit::new(club, dice, Some(place), at);
    visit.held = *held;
    let (at_the_door, inside) = match club.strike(visit.dice, at, person.staff) {
        Some(fault) if fault.area == "members/login" => (Some(fault), None),
        fault => (None, fault),
    };
    if visit.comes_in(person, joining, at_the_door) && inside.is_none_or(|fault| visit.meets(fault)) {
        visit.does_things(person.staff);
        visit.may_sign_out();
    }
    *held = visit.held;
    visit.take()
}

impl Visit<'_> {
    /// `false` where they never get in. Many are still signed in from the last time.
    fn comes_in(&mut self, person: &Person, joining: bool, fault: Option<&Fault>) -> bool {
        match fault {
            _ if joining => self.play(JOINING),
            Some(fault) => return self.meets(fault),
            None if self.dice.one_in(4) => {}
            None => self.signs_in(person),
        }
        true
    }

    fn signs_in(&mut self, person: &Person) {
        if self.dice.one_in(9) {
            let known = self.sender.clone();
            self.sender = Sender { member_id: None, email: None, ..known.clone() };
            self.play(&[opens("members/login", "Opened the sign-in page")]);
            self.sender = known;
        }
        while self.dice.one_in(16) {
            self.wait((4, 40));
            self.refused(person.email.clone(), "wrong password");
        }
        self.wait((3, 40));
        let how = match self.dice.below(20) {
            0..14 => "Signed in with a password",
            14..17 => "Signed in with a passkey",
            _ => "Signed in with a link from an e-mail",
        };
        let extra = extra::of_sign_in(person.zone.name(), self.dice);
        self.log("login", "members/login", how.to_owned(), "success").log.extra = extra;
        if self.dice.per_mille(700) {
            self.play(&[opens("members/dashboard", "Opened the dashboard")]);
        }
    }

    fn does_things(&mut self, staff: bool) {
        loop {
            let tasks = if staff && self.dice.one_in(2) { STAFF_TASKS } else { TASKS };
            if let Some(task) = self.dice.weighted(tasks, |task| task.weight) {
                self.play(task.scenes);
            }
            if self.dice.per_mille(450) {
                return;
            }
        }
    }

    fn may_sign_out(&mut self) {
        if self.dice.per_mille(330) {
            self.wait((5, 200));
            self.log("logout", "members/logout", "Signed out".to_owned(), "success");
        }
    }
}
