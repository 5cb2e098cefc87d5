//! Templates: `{key}` in a text is replaced by a value drawn for the occasion; anything else stays.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Duration, Timelike};

use super::dice::Dice;
use crate::core::time::{Timestamp, Zone};

/// What can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// `extra.service_type`.
    pub key: &'static str,
    /// In a sentence.
    pub words: &'static str,
    /// How many of a hundred bookings.
    weight: u32,
}

const fn service(key: &'static str, words: &'static str, weight: u32) -> Service {
    Service { key, words, weight }
}

const SOLO: Service = service("solo_walk", "a solo walk", 30);

/// All that can be booked.
pub static SERVICES: &[Service] = &[
    SOLO,
    service("group_walk", "a group walk", 28),
    service("drop_in", "a drop-in visit", 14),
    service("day_care", "day care", 12),
    service("puppy_group", "the puppy group", 7),
    service("boarding", "a stay", 5),
    service("grooming", "grooming", 4),
];

impl Service {
    /// One that a member may want.
    pub fn any(dice: &mut Dice) -> Self {
        dice.weighted(SERVICES, |service| service.weight).copied().unwrap_or(SOLO)
    }

    /// The one with that key.
    pub fn of(key: &str) -> Option<Self> {
        SERVICES.iter().find(|service| service.key == key).copied()
    }
}

static WALKERS: &[&str] = &["Maya", "Tom", "Ines", "Dafydd", "Chidi", "Ruth", "Yuki", "Marek"];

static SUBJECTS: &[&str] = &[
    "Your walker on Thursday",
    "Muddy paws, happy dog",
    "Change of pick-up time",
    "Re: house key",
    "Photos from today 📷",
    "Invoice for last month",
    "Heat plan for this week",
    "Who walks while you are away?",
];

static CHANGES: &[&str] = &[
    "emergency contact and vet practice",
    "telephone number",
    "postal address",
    "the name the dog answers to",
    "door code and where the lead hangs",
    "language of e-mails",
    "vaccination dates",
];

/// The values that stand behind the keys, drawn once so that two texts of one occasion agree.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    /// `{service}`, and `extra.service_type`.
    pub service: Service,
    /// `{dog}`
    pub dog: &'a str,
    /// `{slot}`
    pub slot: u64,
    /// `{invoice}`
    pub invoice: u64,
    /// `{n}`, from 2 to 98.
    pub number: u64,
    /// `{attempt}`, counted by who tries.
    pub attempt: u64,
    /// For when something is booked: `{when}`, `{date}`, `{day_first}`.
    pub booked: DateTime<Zone>,
    /// All other digits are cut out of these.
    pub bits: u128,
    /// `{walker}`
    pub walker: &'static str,
    /// `{subject}`
    pub subject: &'static str,
    /// `{change}`
    pub change: &'static str,
}

impl<'a> Values<'a> {
    /// New values for something that happens at `at`.
    pub fn draw(dice: &mut Dice, at: Timestamp, zone: Zone, dog: &'a str) -> Self {
        let ahead = Duration::days(dice.between(1, 12));
        Self {
            service: Service::any(dice),
            dog,
            slot: 20_000 + dice.below(60_000),
            invoice: 100_000 + dice.below(90_000),
            number: 2 + dice.below(97),
            attempt: 1,
            booked: at.plus(ahead).in_zone(zone),
            bits: (u128::from(dice.bits()) << 64) | u128::from(dice.bits()),
            walker: dice.pick(WALKERS),
            subject: dice.pick(SUBJECTS),
            change: dice.pick(CHANGES),
        }
    }

    /// The hour that is booked: by day, on the half hour.
    fn hour(&self) -> (u32, u32) {
        (7 + self.booked.minute() % 12, if self.booked.second() < 20 { 30 } else { 0 })
    }

    /// Writes the value of a key. `false` where there is no such key.
    fn write(&self, key: &str, out: &mut String) -> Result<bool, std::fmt::Error> {
        let pence = |shift: u32| (self.bits >> shift) % 15_000 + 900;
        match key {
            "service" => out.push_str(self.service.words),
            "dog" => out.push_str(self.dog),
            "walker" => out.push_str(self.walker),
            "subject" => out.push_str(self.subject),
            "change" => out.push_str(self.change),
            "slot" => write!(out, "{}", self.slot)?,
            "invoice" => write!(out, "{}", self.invoice)?,
            "n" => write!(out, "{}", self.number)?,
            "small" => write!(out, "{}", 1 + self.number % 9)?,
            "attempt" => write!(out, "{}", self.attempt)?,
            "year" => write!(out, "{}", self.booked.year())?,
            "card" => write!(out, "{:04}", self.bits % 10_000)?,
            "amount" => write!(out, "£{}.{:02}", pence(8) / 100, pence(8) % 100)?,
            "other_amount" => write!(out, "£{}.{:02}", pence(40) / 100, pence(40) % 100)?,
            "pixels" => write!(out, "{}", 180_000_000 + self.bits % 400_000_000)?,
            "hex" => write!(out, "{:012x}", self.bits & 0xffff_ffff_ffff)?,
            "address" => write!(out, "0x7f{:010x}", (self.bits >> 4) & 0xff_ffff_fff0)?,
            "uuid" => write!(out, "{}", uuid::Builder::from_random_bytes(self.bits.to_be_bytes()).into_uuid())?,
            "date" => write!(out, "{}", self.booked.format("%Y-%m-%d"))?,
            "day_first" => write!(out, "{}", self.booked.format("%d/%m/%Y"))?,
            "when" => {
                let (hour, minute) = self.hour();
                write!(out, "{}, {hour:02}:{minute:02}", self.booked.format("%a %-d %B"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The template with its values.
pub fn fill(template: &str, values: &Values<'_>) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    fill_into(&mut text, template, values);
    text
}

/// The same, written at the end of a text.
pub fn fill_into(text: &mut String, template: &str, values: &Values<'_>) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        // Writing to a String cannot fail, so that what is not written is an unknown key.
        rest = match after.split_once('}') {
            Some((key, after)) if values.write(key, text).unwrap_or(false) => after,
            _ => {
                text.push('{');
                after
            }
        };
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::dice::Stream;

    #[test]
    fn keys_are_replaced_and_other_braces_stay() {
        let at = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        let mut values = Values::draw(&mut Dice::new(1, Stream::Visits), at, chrono_tz::Europe::London, "Moss");
        values.slot = 48_213;
        assert_eq!(fill("{dog} {in {slot}} at {unknown}", &values), "Moss {in 48213} at {unknown}");
        assert!(!fill("{when} {address} {uuid} {amount} {pixels} {hex} {day_first}", &values).contains('{'));
    }
}
