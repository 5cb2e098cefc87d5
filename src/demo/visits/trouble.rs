//! Meeting a fault: the failure itself, and whether somebody tries again, succeeds, goes on or leaves.

use super::super::faults::traceback::traceback;
use super::super::faults::{Fault, burst};
use super::super::phrase::{Service, Values, fill};
use super::tasks::{Extra, REMEDIES, Remedy, Scene, opens};
use super::{Visit, extra};

/// What somebody does after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It works at the next try.
    Recovers,
    /// They do something else, and this never works.
    GoesOn,
    /// They are not seen again in this visit.
    Leaves,
}

impl Visit<'_> {
    /// Meets a fault in some way or other. `false` where the visit ends with it.
    pub fn meets(&mut self, fault: &Fault) -> bool {
        let outcome = match self.dice.below(20) {
            0..9 => Outcome::Recovers,
            9..14 => Outcome::GoesOn,
            _ => Outcome::Leaves,
        };
        let mut values = self.values();
        let service = Service::of(self.dice.pick(fault.services));
        self.opens(fault, &values);
        self.wait((3, 70));
        self.fails(fault, service, &values);
        while self.dice.one_in(4) {
            self.tries_again(fault, service, &mut values);
        }
        self.ends(fault, service, &mut values, outcome)
    }

    /// The page is opened on which it is going to happen.
    pub fn opens(&mut self, fault: &Fault, values: &Values<'_>) {
        if let Some(remedy) = remedy(fault).filter(|_| fault.recorded_as != "page_visit") {
            self.wait(remedy.opens.seconds);
            self.scene(&remedy.opens, values);
        }
    }

    /// The same again, a little later.
    pub fn tries_again(&mut self, fault: &Fault, service: Option<Service>, values: &mut Values<'_>) {
        self.wait((20, 200));
        values.attempt += 1;
        self.fails(fault, service, values);
    }

    /// Writes the failure at this moment.
    pub fn fails(&mut self, fault: &Fault, service: Option<Service>, values: &Values<'_>) {
        let message = fill(fault.message, values);
        let detail = traceback(fault, &message, values, self.club.releases.running(self.at));
        let extra = extra::of_failure(service, values, self.dice);
        // Some are recorded without a traceback or as a warning, but not those that the story tells of.
        let told = self.club.cast.is_some() && std::ptr::eq(fault, burst());
        let recorded = !self.dice.one_in(25) || told;
        let mild = self.dice.one_in(40) && fault.recorded_as == "error" && !told;
        let held = self.held.filter(|_| matches!(fault.area, "members/bookings" | "members/bookings/reschedule"));
        let status = if mild { "warning" } else { "error" };
        let log = &mut self.log(fault.recorded_as, fault.area, fault.description.to_owned(), status).log;
        log.error_message = Some(fault.in_a_line(&message));
        log.error_detail = recorded.then_some(detail);
        log.extra = Some(extra);
        log.booking_id = held.map(|held| held.id);
    }

    /// What comes of it. `false` where the visit is over.
    pub fn ends(&mut self, fault: &Fault, service: Option<Service>, values: &mut Values<'_>, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Recovers => {
                if let Some(scene) = remedy(fault).and_then(|remedy| remedy.succeeds) {
                    values.service = service.unwrap_or(values.service);
                    self.wait((30, 240));
                    self.scene(&with_service(scene, service), values);
                }
            }
            Outcome::GoesOn => self.play(&[opens("members/help", "Opened “Contact us”")]),
            Outcome::Leaves => {}
        }
        outcome != Outcome::Leaves
    }
}

/// A success counts for the same service only where it says so.
fn with_service(scene: Scene, service: Option<Service>) -> Scene {
    let says = matches!(scene.extra, Extra::Form | Extra::Service);
    if service.is_some() && !says { Scene { extra: Extra::Service, ..scene } } else { scene }
}

fn remedy(fault: &Fault) -> Option<&'static Remedy> {
    REMEDIES.iter().find(|remedy| remedy.area == fault.area)
}
