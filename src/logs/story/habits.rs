//! What opening a page mostly leads to, learned from visits; and the visits in which it led to nothing.
//!
//! Nobody reports a form that does nothing. But where most who open a page go on to book, a visit that opened it and shows
//! neither a booking nor an error is worth a look.

use std::collections::BTreeMap;

use super::{
    moment::Moment,
    visits::{SILENCE, Visit},
};
use crate::core::time::Timestamp;

/// In how many visits something must have followed before it is taken for a habit.
const SUPPORT: usize = 10;
/// Which part of the visits that opened a page must have gone on so, in percent.
const CONFIDENCE: usize = 70;

/// Opening a page of this area begins this action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// The area of the page.
    pub area: String,
    /// What follows.
    pub action_type: String,
    /// How that is known.
    pub known: Known,
}

/// How a habit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The site's configuration says so.
    Set,
    /// So it went in `support` of the `of` visits that opened the page and did something after.
    Learned {
        /// Visits in which it followed.
        support: usize,
        /// Visits that opened the page.
        of: usize,
    },
}

/// A visit that began something and shows no end of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished<'v, 'h> {
    /// What was begun.
    pub habit: &'h Habit,
    /// Where it was last begun.
    pub opened: &'v Moment,
}

/// Whether an entry is something that was done, and not only a way in, out or about.
fn is_deed(moment: &Moment) -> bool {
    !moment.is_looking() && !matches!(moment.action_type.as_str(), "login" | "logout")
}

/// The habits that visits show, and those that are `set`, which count for their areas whatever is shown. A visit in which
/// an error came of it says nothing about what is usual.
#[must_use]
pub fn learn<'a>(visits: impl IntoIterator<Item = &'a Visit>, set: &[(String, String)]) -> Vec<Habit> {
    let mut opened: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for visit in visits {
        let mut seen: Vec<&str> = Vec::new();
        for (at, page) in visit.moments.iter().enumerate().filter(|(_, moment)| moment.action_type == "page_visit") {
            if seen.contains(&page.area.as_str()) {
                continue;
            }
            seen.push(&page.area);
            let followed = visit.moments.iter().skip(at + 1).find(|moment| is_deed(moment));
            if followed.is_some_and(Moment::is_error) {
                continue;
            }
            let (of, actions) = opened.entry(&page.area).or_default();
            *of += 1;
            if let Some(deed) = followed.filter(|deed| deed.status == "success") {
                *actions.entry(&deed.action_type).or_default() += 1;
            }
        }
    }
    let is_set = |area: &str| set.iter().any(|(had, _)| had == area);
    let learned = opened.into_iter().filter(|(area, _)| !is_set(area)).filter_map(|(area, (of, actions))| {
        let (action, support) = actions.into_iter().max_by_key(|(_, support)| *support)?;
        (support >= SUPPORT && support * 100 >= of * CONFIDENCE).then(|| Habit {
            area: area.to_owned(),
            action_type: action.to_owned(),
            known: Known::Learned { support, of },
        })
    });
    let given = set.iter().map(|(area, action_type)| Habit {
        area: area.clone(),
        action_type: action_type.clone(),
        known: Known::Set,
    });
    given.chain(learned).collect()
}

/// What a visit began and did not end: it opened the page, and from then on shows neither the action, however that went,
/// nor any error. One that is not over, or not all here, may still go on.
#[must_use]
pub fn unfinished<'v, 'h>(visit: &'v Visit, habits: &'h [Habit], now: Timestamp) -> Vec<Unfinished<'v, 'h>> {
    let over = visit.last().is_some_and(|last| now.since(last.timestamp) >= SILENCE);
    if !visit.begins || !visit.ends || !over {
        return Vec::new();
    }
    let opens = |moment: &Moment, habit: &Habit| moment.action_type == "page_visit" && moment.area == habit.area;
    let begun = |habit: &'h Habit| {
        let first = visit.moments.iter().position(|moment| opens(moment, habit))?;
        let after = &visit.moments[first..];
        let ended = after.iter().any(|moment| moment.is_error() || moment.action_type == habit.action_type);
        let opened = after.iter().rfind(|moment| opens(moment, habit))?;
        (!ended).then_some(Unfinished { habit, opened })
    };
    habits.iter().filter_map(begun).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::moment::tests::at, *};

    fn visit(what: &[&str]) -> Visit {
        let moments = what.iter().zip(0..).map(|(what, n)| at(n * 60, what)).collect();
        Visit { moments, begins: true, ends: true }
    }

    const FORM: &str = "page_visit bookings/new";

    fn usual() -> Vec<Visit> {
        let booked = visit(&["login", FORM, FORM, "message_read x", "booking_created bookings/new"]);
        let looked = visit(&["login", FORM, "logout"]);
        let failed = visit(&["login", FORM, "error bookings/new", "booking_created bookings/new"]);
        let mut visits = vec![booked; 12];
        visits.extend(vec![looked; 3]);
        visits.extend(vec![failed; 9]);
        visits.extend(vec![visit(&["page_visit help", "profile_updated x"]); 9]);
        visits
    }

    #[test]
    fn what_mostly_follows_a_page_is_learned_with_how_often() {
        let habits = learn(&usual(), &[]);
        let known = Known::Learned { support: 12, of: 15 };
        let booking = Habit { area: "bookings/new".into(), action_type: "booking_created".into(), known };
        assert_eq!(habits, [booking], "nine times is no habit yet");
        let mut rare = usual();
        rare.extend(vec![visit(&[FORM]); 3]);
        assert!(learn(&rare, &[]).is_empty(), "12 of 18 is not mostly");
        let set = [("bookings/new".to_owned(), "contract_signed".to_owned())];
        let habits = learn(&usual(), &set);
        assert_eq!((habits.len(), habits[0].known, habits[0].action_type.as_str()), (1, Known::Set, "contract_signed"));
    }

    #[test]
    fn a_visit_that_shows_neither_what_mostly_follows_nor_an_error_is_unfinished() {
        let habits = learn(&usual(), &[]);
        let later = at(10_000, "x").timestamp;
        let begun =
            |visit: &Visit, now| unfinished(visit, &habits, now).iter().map(|one| one.opened.key()).collect::<Vec<_>>();
        let silent = visit(&["login", FORM, FORM, "booking_created x", "logout"]);
        assert!(begun(&silent, later).is_empty());
        let silent = visit(&["login", FORM, "message_read x", FORM, "logout"]);
        assert_eq!(begun(&silent, later), [silent.moments[3].key()], "once, where it was last begun");
        for ended in [
            visit(&["login", FORM, "error help"]),
            visit(&["login", FORM, "booking_created elsewhere"]),
            visit(&["login", "page_visit help"]),
        ] {
            assert!(begun(&ended, later).is_empty());
        }
        let warned = {
            let mut visit = visit(&["login", FORM, "booking_created bookings/new"]);
            visit.moments[2].status = "warning".to_owned();
            visit
        };
        assert!(begun(&warned, later).is_empty(), "it was done, though something was off");
        // It may go on yet.
        assert!(begun(&silent, at(300, "x").timestamp).is_empty());
        assert!(begun(&Visit { ends: false, ..silent.clone() }, later).is_empty());
        assert!(begun(&Visit { begins: false, ..silent }, later).is_empty());
    }
}
