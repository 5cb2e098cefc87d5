//! Visits without a member: people who look around, robots, and those who guess passwords.

use super::super::club::Club;
use super::super::dice::Dice;
use super::super::people::devices::BOTS;
use super::tasks::{Scene, opens};
use super::{Step, Visit};
use crate::core::time::Timestamp;

static PAGES: &[Scene] = &[
    opens("public/walks", "Opened the walks of this week"),
    opens("public/pricing", "Opened the prices"),
    opens("public/pricing", "Worked out a price for {service}"),
    opens("members/login", "Opened the sign-in page"),
];

/// Names that are typed by those who have no account.
static GUESSES: &[&str] = &["admin", "info", "test", "office", "hello", "sales", "root"];

/// The visit of somebody whom the application does not know.
pub fn stranger(club: &Club, dice: &mut Dice, at: Timestamp) -> Vec<Step> {
    let kind = dice.below(10);
    let mut visit = Visit::new(club, dice, None, at);
    match kind {
        0..3 => visit.guesses(),
        3..5 => {
            visit.sender.agent = Some(visit.dice.pick(BOTS).to_owned());
            visit.looks_around(5);
        }
        _ => visit.looks_around(2),
    }
    visit.take()
}

impl Visit<'_> {
    fn looks_around(&mut self, about: u32) {
        loop {
            let page = self.dice.index(PAGES.len());
            self.play(PAGES.get(page..=page).unwrap_or_default());
            if self.dice.one_in(about) {
                return;
            }
        }
    }

    /// Tries to sign in, with an e-mail that nobody has, with a member's, or with none.
    fn guesses(&mut self) {
        let email = match self.dice.below(8) {
            0..4 => Some(self.somebodys_email()),
            4..7 => Some(self.nobodys_email()),
            _ => None,
        };
        self.refused(email.clone(), "wrong password");
        for nth in ["second", "third", "fourth"] {
            if !self.dice.one_in(3) {
                return;
            }
            self.wait((5, 60));
            self.refused(email.clone(), &format!("wrong password, {nth} try for this address"));
        }
        self.wait((5, 60));
        self.refused(email, "too many tries, wait 15 minutes");
    }

    fn somebodys_email(&mut self) -> String {
        let place = self.dice.index(self.club.people.len());
        let email = self.club.people.get(place).and_then(|person| person.email.clone());
        email.unwrap_or_else(|| self.nobodys_email())
    }

    fn nobodys_email(&mut self) -> String {
        let domain = self.dice.pick(&["example.com", "example.org", "example.net"]);
        if self.dice.one_in(3) {
            format!("{}@{domain}", self.dice.pick(GUESSES))
        } else {
            format!("guest{}@{domain}", self.dice.below(5000))
        }
    }
}
