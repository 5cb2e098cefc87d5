//! Entries that were recorded without an account and belong to somebody all the same, by what [`inference`] says.

use std::collections::HashMap;

use uuid::Uuid;

use super::store;
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db},
    logs::{
        filter::Who,
        story::{
            Moment,
            inference::{self, ALONE, Whose},
            store::Theirs,
            visits::Visit,
        },
    },
};

/// How many e-mails at one address are asked whose they are; where there are more, it is no home.
const EMAILS: usize = 10;

/// What belongs to the sign-ins of a page, by the sign-in.
pub type Inferred = HashMap<Uuid, Vec<Moment>>;

/// What belongs to the sign-ins of these visits; each entry to the sign-in that is nearest to it.
pub async fn of(db: &Db, who: &Who, visits: &[Visit], now: Timestamp, budget: Budget) -> Result<Inferred> {
    let whose = match who {
        Who::Member(id) => Whose::Member(*id),
        Who::Email(email) => Whose::Email(email.clone()),
        Who::EmailPrefix(_) | Who::Anonymous | Who::NoAccount => return Ok(Inferred::new()),
    };
    let logins = visits.iter().flat_map(|visit| &visit.moments).filter(|moment| moment.action_type == "login");
    // By entry: how far it is from its sign-in, and which that is.
    let mut nearest: HashMap<Uuid, (u64, Uuid, Moment)> = HashMap::new();
    for login in logins {
        for moment in around(db, &whose, login, now, budget).await? {
            let away = moment.timestamp.micros().abs_diff(login.timestamp.micros());
            match nearest.get(&moment.id) {
                Some((had, ..)) if *had <= away => {}
                _ => drop(nearest.insert(moment.id, (away, login.id, moment))),
            }
        }
    }
    let mut out = Inferred::new();
    for (_, login, moment) in nearest.into_values() {
        out.entry(login).or_default().push(moment);
    }
    for moments in out.values_mut() {
        moments.sort_by_key(Moment::key);
    }
    Ok(out)
}

async fn around(db: &Db, whose: &Whose, login: &Moment, now: Timestamp, budget: Budget) -> Result<Vec<Moment>> {
    let (Some(address), Some(browser)) = (login.ip_address.as_deref(), login.user_agent.as_deref()) else {
        return Ok(Vec::new());
    };
    let Some(there) = Theirs::at_address(db, (Some(address), Some(browser)), now, budget).await? else {
        return Ok(Vec::new());
    };
    let (from, to) = (login.timestamp.plus(-ALONE), login.timestamp.plus(ALONE));
    // Where there are too many to look at, who else was there is not known.
    let Some(met) = there.between(db, from, to).await? else { return Ok(Vec::new()) };
    let mut emails: Vec<String> = met
        .iter()
        .filter(|moment| moment.member_id.is_none())
        .filter_map(|moment| moment.member_email.as_deref().map(str::to_ascii_lowercase))
        .collect();
    emails.sort_unstable();
    emails.dedup();
    if emails.len() > EMAILS {
        return Ok(Vec::new());
    }
    let mut owners: HashMap<String, Uuid> = HashMap::new();
    for email in emails {
        if let Some(owner) = store::owner_of(db, &email).await? {
            owners.insert(email, owner);
        }
    }
    let owner = |email: &str| owners.get(&email.to_ascii_lowercase()).copied();
    let belong = inference::belong(whose, login, &met, owner).unwrap_or_default();
    Ok(belong.into_iter().cloned().collect())
}
