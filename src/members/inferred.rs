//! Entries that were recorded without an account and belong to somebody all the same, by what [`inference`] says.

use std::{collections::HashMap, time::Instant};

use uuid::Uuid;

use super::store;
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::Who,
        story::{
            Moment,
            inference::{self, ALONE, CLOSE, Whose},
            store::{Theirs, with_strangers},
            visits::Visit,
        },
    },
};

/// How many e-mails at one address are asked whose they are; where there are more, it is no home.
const EMAILS: usize = 10;

/// What may belong to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// These entries do.
    These(Vec<Moment>),
    /// There are some close to it, and too many come from there to tell whose they are.
    TooMany,
}

/// What belongs to the sign-ins of a page, by the sign-in.
pub type Inferred = HashMap<Uuid, Belonging>;

/// What belongs to the sign-ins of these visits.
pub async fn of(db: &Db, who: &Who, visits: &[Visit], now: Timestamp, budget: Budget) -> Result<Inferred> {
    let whose = match who {
        Who::Member(id) => Whose::Member(*id),
        Who::Email(email) => Whose::Email(email.clone()),
        Who::EmailPrefix(_) | Who::Anonymous | Who::NoAccount => return Ok(Inferred::new()),
    };
    // A sign-in that was refused may be anybody's.
    let logins: Vec<&Moment> =
        visits.iter().flat_map(|visit| &visit.moments).filter(|moment| moment.is_sign_in()).collect();
    let mut out = Inferred::new();
    let begun = Instant::now();
    for at in with_strangers(db, &logins, CLOSE).await? {
        // Without an index of addresses each is looked for; all of them together take no longer than one may.
        if begun.elapsed() > budget.time {
            break;
        }
        let login = logins[at];
        if let Some(belonging) = around(db, &whose, login, now, budget).await? {
            out.insert(login.id, belonging);
        }
    }
    Ok(out)
}

async fn around(db: &Db, whose: &Whose, login: &Moment, now: Timestamp, budget: Budget) -> Result<Option<Belonging>> {
    let (Some(address), Some(browser)) = (login.ip_address.as_deref(), login.user_agent.as_deref()) else {
        return Ok(None);
    };
    let Some(there) = Theirs::at_address(db, (Some(address), Some(browser)), now, budget).await? else {
        return Ok(None);
    };
    let (from, to) = (login.timestamp.plus(-ALONE), login.timestamp.plus(ALONE));
    // Where there are too many to look at, who else was there is not known.
    let Some(met) = there.between(db, from, to).await? else { return Ok(Some(Belonging::TooMany)) };
    let mut emails: Vec<String> = met
        .iter()
        .filter(|moment| moment.member_id.is_none())
        .filter_map(|moment| moment.member_email.as_deref().map(str::to_ascii_lowercase))
        .collect();
    emails.sort_unstable();
    emails.dedup();
    if emails.len() > EMAILS {
        return Ok(Some(Belonging::TooMany));
    }
    let mut owners: HashMap<String, Uuid> = HashMap::new();
    for email in emails {
        if let Some(owner) = store::owner_of(db, &email).await? {
            owners.insert(email, owner);
        }
    }
    let owner = |email: &str| owners.get(&email.to_ascii_lowercase()).copied();
    let belong: Vec<Moment> =
        inference::belong(whose, login, &met, owner).unwrap_or_default().into_iter().cloned().collect();
    Ok((!belong.is_empty()).then_some(Belonging::These(belong)))
}
