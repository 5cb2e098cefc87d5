//! The conditions of a filter that SQL decides, each as a residual to check and, where an index serves it, as branches
//! to walk.
//!
//! `IN (…)` with an order and a limit reads and sorts every match. So a condition that may drive a walk is one branch
//! for each of its values, each a limited walk of one index, merged in order.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::filter::{Area, Choice, Filter};
use crate::db::{Column, Dialect, Sql};

/// How many branches a walk may merge; a condition with more is a residual only.
pub const BRANCHES: usize = 200;

/// What a filter's values stand for in this log at this moment. Asked for once a request; absent means too many to walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Every action with each status that it has.
    pub kinds: Option<Vec<(String, String)>>,
    /// Every action in the log, where `kinds` are not known.
    pub action_types: Option<Vec<String>>,
    /// Every status in the log, where `kinds` are not known.
    pub statuses: Option<Vec<String>>,
    /// The areas in the log that the included values stand for.
    pub areas: Option<Vec<String>>,
    /// Whom each value of `member` stands for.
    pub people: Vec<Person>,
    /// The addresses in the log that lie in the block.
    pub addresses: Option<Vec<[u8; 16]>>,
}

/// Whom a value of `member` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A member.
    Id(Uuid),
    /// An e-mail, and the members whose it is today.
    Email {
        /// As recorded, any case.
        email: String,
        /// Who has it today.
        owners: Vec<Uuid>,
    },
    /// Every e-mail that begins so, and the members whose one is today.
    Prefix {
        /// The beginning.
        prefix: String,
        /// The e-mails in the log.
        emails: Option<Vec<String>>,
        /// Who has one today.
        owners: Option<Vec<Uuid>>,
    },
    /// Neither id nor e-mail.
    Anonymous,
    /// An e-mail that nobody has today.
    NoAccount,
}

/// One condition of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// As a residual: true or false of a row at hand.
    pub residual: Sql,
    /// As walks in order, if indexes serve it.
    pub branches: Option<Vec<Sql>>,
    /// Whether the walks meet matches only; else what they meet is checked by the residual as well.
    pub exact: bool,
    /// How many of the branches may meet the same row.
    pub overlap: i64,
}

/// The conditions of a filter.
#[must_use]
pub fn of(filter: &Filter, meaning: &Meaning, dialect: Dialect) -> Vec<Predicate> {
    let led_by = if filter.action_type.is_empty() { Column::Status } else { Column::ActionType };
    let all = [
        (what(filter, meaning, dialect), dialect.serves(led_by)),
        (areas(&filter.area, meaning, dialect), dialect.serves(Column::Area)),
        (people(meaning, dialect), serves_people(meaning, dialect)),
        (
            filter.booking.map(|id| equals(Sql::new("booking_id = ").bind(id), dialect, Column::BookingId, id)),
            dialect.serves(Column::BookingId),
        ),
        (
            filter.ip.map(|block| Predicate {
                residual: Sql::new(dialect.fenced(Column::Ip))
                    .text(" BETWEEN ")
                    .bind(block.first())
                    .text(" AND ")
                    .bind(block.last()),
                branches: branches(meaning.addresses.as_deref(), |address| Sql::new("ip = ").bind(*address)),
                exact: true,
                overlap: 1,
            }),
            dialect.serves(Column::Ip),
        ),
    ];
    let fenced = |(predicate, served): (Option<Predicate>, bool)| {
        let predicate = predicate?;
        let branches = predicate.branches.filter(|_| served);
        Some(Predicate { residual: dialect.fence(predicate.residual), branches, ..predicate })
    };
    all.into_iter().filter_map(fenced).collect()
}

/// Whether indexes serve the walks of everybody who is asked for.
fn serves_people(meaning: &Meaning, dialect: Dialect) -> bool {
    meaning.people.iter().all(|person| match person {
        Person::Id(_) => dialect.serves(Column::MemberId),
        Person::Email { .. } | Person::Prefix { .. } => {
            dialect.serves(Column::MemberId) && dialect.serves(Column::MemberEmail)
        }
        Person::Anonymous | Person::NoAccount => dialect.serves_without_member(),
    })
}

fn equals(branch: Sql, dialect: Dialect, column: Column, value: Uuid) -> Predicate {
    let residual = Sql::new(dialect.fenced(column)).text(" = ").bind(value);
    Predicate { residual, branches: Some(vec![branch]), exact: true, overlap: 1 }
}

fn branches<T>(values: Option<&[T]>, branch: impl Fn(&T) -> Sql) -> Option<Vec<Sql>> {
    values.filter(|values| values.len() <= BRANCHES).map(|values| values.iter().map(branch).collect())
}

fn among<'a>(column: &'static str, values: impl IntoIterator<Item = &'a String>) -> Sql {
    Sql::new(column).text(" IN (").bind_all(values).text(")")
}

fn none_of<'a>(column: &'static str, values: impl IntoIterator<Item = &'a String>) -> Sql {
    Sql::new(column).text(" NOT IN (").bind_all(values).text(")")
}

/// The values of a choice that the log may hold: what is included, or all that is known, without what is excluded. None
/// where all are wanted and not known.
fn wanted(choice: &Choice<String>, known: Option<&[String]>) -> Option<Vec<String>> {
    let from = if choice.any.is_empty() { known? } else { &choice.any };
    Some(from.iter().filter(|value| !choice.none.contains(value)).cloned().collect())
}

/// The actions with the statuses that may meet a filter by action.
fn kinds(filter: &Filter, meaning: &Meaning) -> Option<Vec<(String, String)>> {
    if let Some(kinds) = &meaning.kinds {
        let admits = |(action, status): &&(String, String)| {
            filter.action_type.admits(|value| value == action) && filter.status.admits(|value| value == status)
        };
        return Some(kinds.iter().filter(admits).cloned().collect());
    }
    let actions = wanted(&filter.action_type, meaning.action_types.as_deref())?;
    let statuses = wanted(&filter.status, meaning.statuses.as_deref())?;
    let each = |action: &String| statuses.iter().map(|status| (action.clone(), status.clone())).collect::<Vec<_>>();
    Some(actions.iter().flat_map(each).collect())
}

fn choice_residual(choice: &Choice<String>, column: &'static str) -> Vec<Sql> {
    let mut out = Vec::new();
    if !choice.any.is_empty() {
        out.push(among(column, &choice.any));
    }
    if !choice.none.is_empty() {
        out.push(none_of(column, &choice.none));
    }
    out
}

/// Action and status are one predicate: one index serves both.
fn what(filter: &Filter, meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if filter.action_type.is_empty() && filter.status.is_empty() {
        return None;
    }
    let mut residuals = choice_residual(&filter.action_type, dialect.fenced(Column::ActionType));
    residuals.extend(choice_residual(&filter.status, dialect.fenced(Column::Status)));
    let branches: Option<Vec<Sql>> = if filter.action_type.is_empty() {
        let statuses = wanted(&filter.status, meaning.statuses.as_deref());
        statuses.map(|all| all.iter().map(|status| Sql::new("status = ").bind(status)).collect())
    } else {
        let walk = |(action, status): &(String, String)| {
            Sql::new("action_type = ").bind(action).text(" AND status = ").bind(status)
        };
        kinds(filter, meaning).map(|kinds| kinds.iter().map(walk).collect())
    };
    Some(Predicate {
        residual: Sql::join(" AND ", residuals),
        branches: branches.filter(|branches| branches.len() <= BRANCHES),
        exact: true,
        overlap: 1,
    })
}

fn areas(choice: &Choice<Area>, meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if choice.is_empty() {
        return None;
    }
    let column = dialect.fenced(Column::Area);
    let is = |area: &Area| match area {
        Area::Exactly(area) => Sql::new(column).text(" = ").bind(area),
        Area::Below(top) => {
            let (first, last) = below(top);
            Sql::new("(")
                .text(column)
                .text(" = ")
                .bind(top)
                .text(" OR (")
                .text(column)
                .text(" >= ")
                .bind(first)
                .text(" AND ")
                .text(column)
                .text(" < ")
                .bind(last)
                .text("))")
        }
    };
    let mut residuals = Vec::new();
    if !choice.any.is_empty() {
        residuals.push(Sql::new("(").append(&Sql::join(" OR ", choice.any.iter().map(is))).text(")"));
    }
    residuals.extend(choice.none.iter().map(|area| Sql::new("NOT ").append(&is(area))));
    let included: Option<BTreeSet<&String>> = meaning
        .areas
        .as_ref()
        .filter(|_| !choice.any.is_empty())
        .map(|areas| areas.iter().filter(|area| choice.admits(|value| value.covers(area))).collect());
    let included: Option<Vec<&String>> = included.map(|areas| areas.into_iter().collect());
    Some(Predicate {
        residual: Sql::join(" AND ", residuals),
        branches: branches(included.as_deref(), |area| Sql::new("area = ").bind(*area)),
        exact: true,
        overlap: 1,
    })
}

/// The condition that an entry names no member but one whose e-mail this is today.
#[must_use]
pub fn nobody_elses(email: &str, dialect: Dialect) -> Predicate {
    let id = dialect.fenced(Column::MemberId);
    let residual =
        Sql::new("(").text(id).text(" IS NULL OR ").text(id).text(" IN (SELECT members.id FROM members WHERE ");
    let residual = residual.append(&dialect.member_email_is(email)).text("))");
    Predicate { residual: dialect.fence(residual), branches: None, exact: true, overlap: 1 }
}

/// The first text below `top/`, and the first beyond (`0` follows `/`).
pub(super) fn below(top: &str) -> (String, String) {
    (format!("{top}/"), format!("{top}0"))
}

/// The first text that begins with `prefix`, and one beyond all such.
pub fn begins(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}\u{10ffff}"))
}

fn people(meaning: &Meaning, dialect: Dialect) -> Option<Predicate> {
    if meaning.people.is_empty() {
        return None;
    }
    let (id, email) = (dialect.fenced(Column::MemberId), dialect.fenced(Column::MemberEmail));
    let mut ids: BTreeSet<Uuid> = BTreeSet::new();
    // In one spelling: two of one e-mail would meet its entries twice.
    let mut emails: BTreeSet<String> = BTreeSet::new();
    let mut walks: Vec<Sql> = Vec::new();
    let mut residuals: Vec<Sql> = Vec::new();
    let mut walkable = true;
    for person in &meaning.people {
        match person {
            Person::Id(id) => drop(ids.insert(*id)),
            Person::Email { email, owners } => {
                emails.insert(email.to_ascii_lowercase());
                ids.extend(owners);
            }
            Person::Prefix { prefix, emails: recorded, owners } => {
                let (first, last) = begins(&prefix.to_ascii_lowercase());
                let range = |column: &'static str| {
                    let low = Sql::new(column).text(" >= ").bind(&first);
                    low.text(" AND ").text(column).text(" < ").bind(&last)
                };
                residuals.push(range(email));
                match owners {
                    Some(owners) => ids.extend(owners),
                    None => residuals.push(
                        Sql::new(id)
                            .text(" IN (SELECT members.id FROM members WHERE ")
                            .append(&range(dialect.member_email()))
                            .text(")"),
                    ),
                }
                match recorded {
                    Some(recorded) => emails.extend(recorded.iter().map(|email| email.to_ascii_lowercase())),
                    None => walkable = false,
                }
                walkable &= owners.is_some();
            }
            Person::Anonymous => {
                walks.push(Sql::new("member_id IS NULL AND member_email IS NULL"));
                residuals.push(Sql::new(id).text(" IS NULL AND ").text(email).text(" IS NULL"));
            }
            Person::NoAccount => {
                // Who has an e-mail today no index of the log can know: the walk meets every entry without a member.
                walks.push(Sql::new("member_id IS NULL AND member_email IS NOT NULL"));
                let recorded = Sql::new(id).text(" IS NULL AND ").text(email).text(" IS NOT NULL AND ");
                residuals.push(recorded.append(&dialect.nobody_has_its_email()));
            }
        }
    }
    // An entry has one id and one e-mail, so at most one walk by id and one by e-mail (or without account) meet it.
    let by_email = !emails.is_empty() || walks.len() > 1 || meaning.people.contains(&Person::NoAccount);
    let overlap = if by_email && (!ids.is_empty() || walks.len() + emails.len() > 1) { 2 } else { 1 };
    walks.extend(ids.iter().map(|id| Sql::new("member_id = ").bind(*id)));
    walks.extend(emails.iter().map(|email| dialect.log_email_is(email)));
    if !ids.is_empty() {
        residuals.push(Sql::new(id).text(" IN (").bind_all(ids).text(")"));
    }
    if !emails.is_empty() {
        residuals.push(among(email, &emails));
    }
    let each = residuals.into_iter().map(|residual| Sql::new("(").append(&residual).text(")"));
    Some(Predicate {
        residual: Sql::new("(").append(&Sql::join(" OR ", each)).text(")"),
        branches: (walkable && walks.len() <= BRANCHES).then_some(walks),
        exact: !meaning.people.contains(&Person::NoAccount),
        overlap,
    })
}
