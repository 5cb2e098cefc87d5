//! What became of the members whom a group met, in numbers: on the group's page, and in a sentence on each of its entries.

use actix_web::{HttpResponse, http::StatusCode, web};

use super::{
    group,
    group_view::Figure,
    pages::SinceThen,
    people::{self, People},
    store::Group,
};
use crate::{
    core::{error::Result, words},
    logs::{story::recovery::Since, view::Reader},
    session::Signed,
    web::{respond, state::State},
};

/// What became of the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    /// `The 14 members, since then`.
    pub heading: String,
    /// Recovered, not seen to succeed, not seen.
    pub figures: Vec<Figure>,
    /// What was not looked at.
    pub left_out: Option<String>,
}

impl Outcomes {
    /// Of a group, by what is known of its members; none where it met nobody.
    #[must_use]
    pub fn of(group: &Group, people: &People) -> Option<Self> {
        if people.all.is_empty() && people.unknown == 0 {
            return None;
        }
        let count = |is: fn(Since) -> bool| people.looked_at().filter(|(_, since)| is(*since)).count().to_string();
        let looked = u64::try_from(people.looked_at().count()).unwrap_or_default();
        let all = u64::try_from(members(group, people)).unwrap_or_default();
        let gone = u64::try_from(people.unknown).unwrap_or_default();
        let members = |n| words::counted(n, "member", "members");
        let unknown = people.looked_at().filter(|(_, since)| matches!(since, Since::LookedTo(_))).count();
        let mut left_out = Vec::new();
        if gone > 0 {
            left_out.push(format!(
                "{} no longer known.",
                if gone == 1 { "1 is".to_owned() } else { format!("{} are", words::count(gone)) }
            ));
        }
        if looked + gone < all {
            left_out.push(format!("Looked at {} of {}, whom it met last first.", words::count(looked), members(all)));
        }
        if unknown > 0 {
            left_out.push(format!(
                "Of {} there was no time to look at everything later.",
                members(u64::try_from(unknown).unwrap_or_default())
            ));
        }
        let heading = if looked + gone < all {
            format!("{}, since then", members(looked))
        } else {
            format!("The {}, since then", members(all))
        };
        Some(Self {
            heading,
            figures: vec![
                Figure {
                    label: "Recovered",
                    value: count(|since| matches!(since, Since::Recovered(_))),
                    note: "a later success in the same area and service type is recorded".to_owned(),
                },
                Figure {
                    label: "Not seen to succeed since",
                    value: count(|since| matches!(since, Since::NotSeenToSucceed(_))),
                    note: "seen later, without that".to_owned(),
                },
                Figure {
                    label: "Not seen since",
                    value: count(|since| matches!(since, Since::NotSeen { .. })),
                    note: "nothing later is recorded".to_owned(),
                },
            ],
            left_out: Some(left_out.join(" ")).filter(|text| !text.is_empty()),
        })
    }

    /// The figures within a sentence: how many, and what they are.
    pub fn said(&self) -> impl Iterator<Item = (&str, String)> {
        self.figures.iter().map(|figure| (figure.value.as_str(), figure.label.to_lowercase()))
    }
}

/// How many members a group has met; whoever was met under several names is one.
#[must_use]
pub fn members(group: &Group, people: &People) -> i64 {
    group.members.saturating_sub(i64::try_from(people.merged).unwrap_or_default())
}

/// `GET /errors/{fingerprint}/since`: what became of its members, as a sentence for the page of an entry, which does not wait
/// for it. It names nobody, so it is not written down.
pub async fn since(path: web::Path<String>, state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let fingerprint = group::read(&path)?;
    let State { db, budgets, .. } = &**state;
    let group = group::of(db, fingerprint).await?;
    let now = Reader::of(&signed).now;
    let people = people::of(db, fingerprint, now, (budgets.list, budgets.count)).await?;
    respond::page(StatusCode::OK, &SinceThen { outcomes: Outcomes::of(&group, &people) })
}
