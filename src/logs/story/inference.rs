//! Whether entries without an account belong to somebody who signed in: the same address and browser, close in time, and
//! nobody else there.

use chrono::Duration;
use uuid::Uuid;

use super::moment::Moment;

/// How far around a sign-in entries are taken to belong to it.
pub const CLOSE: Duration = Duration::hours(1);
/// How far around a sign-in nobody else may have been seen there.
pub const ALONE: Duration = Duration::hours(24);

/// Whose sign-in it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A member's.
    Member(Uuid),
    /// That of whoever has this e-mail, in any case, which nobody has today.
    Email(String),
}

impl Whose {
    /// Whether an entry is recorded as theirs, so that nothing has to be inferred.
    fn recorded(&self, moment: &Moment) -> bool {
        match self {
            Self::Member(id) => moment.member_id == Some(*id),
            Self::Email(email) => {
                moment.member_id.is_none()
                    && moment.member_email.as_deref().is_some_and(|had| had.eq_ignore_ascii_case(email))
            }
        }
    }
}

/// The entries that belong to `whose` sign-in, out of those that were `met` at its address from its browser within
/// [`ALONE`], in their order; nothing where another member was met there. `owner` says who has an e-mail today.
#[must_use]
pub fn belong<'a>(
    whose: &Whose,
    login: &Moment,
    met: &'a [Moment],
    owner: impl Fn(&str) -> Option<Uuid>,
) -> Option<Vec<&'a Moment>> {
    let known = |moment: &Moment| moment.member_id.or_else(|| moment.member_email.as_deref().and_then(&owner));
    let other = |moment: &Moment| match (whose, known(moment)) {
        (_, None) => false,
        (Whose::Member(id), Some(other)) => *id != other,
        (Whose::Email(_), Some(_)) => true,
    };
    let away = |moment: &Moment| {
        Duration::microseconds(moment.timestamp.since(login.timestamp).num_microseconds().map_or(i64::MAX, i64::abs))
    };
    if met.iter().any(|moment| away(moment) <= ALONE && other(moment)) {
        return None;
    }
    let close = |moment: &&Moment| moment.member_id.is_none() && !whose.recorded(moment) && away(moment) <= CLOSE;
    Some(met.iter().filter(close).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::moment::tests::at, *};

    const HOUR: i64 = 3_600;

    fn by(seconds: i64, member: Option<u128>, email: Option<&str>) -> Moment {
        Moment {
            member_id: member.map(Uuid::from_u128),
            member_email: email.map(str::to_owned),
            ..at(seconds, "page_visit")
        }
    }

    fn owner(email: &str) -> Option<Uuid> {
        match email {
            "hana@example.org" => Some(Uuid::from_u128(1)),
            "jo@example.org" => Some(Uuid::from_u128(2)),
            _ => None,
        }
    }

    fn found(whose: &Whose, met: &[Moment]) -> Option<Vec<i64>> {
        let login = by(0, Some(1), None);
        let start = login.timestamp;
        let belong = belong(whose, &login, met, owner)?;
        Some(belong.into_iter().map(|moment| moment.timestamp.since(start).num_seconds()).collect())
    }

    #[test]
    fn what_is_close_belongs_to_whoever_was_alone_there() {
        let hana = Whose::Member(Uuid::from_u128(1));
        let alone = [
            by(-HOUR - 1, None, None),
            by(-HOUR, None, None),
            by(-60, None, Some("hana@example.org")),
            by(-30, None, Some("hanna@example.org")),
            by(0, Some(1), None),
            by(HOUR, None, None),
            by(HOUR + 1, None, None),
        ];
        assert_eq!(found(&hana, &alone), Some(vec![-HOUR, -60, -30, HOUR]));
        for other in [by(23 * HOUR, Some(2), None), by(-24 * HOUR, Some(2), None), by(5, None, Some("jo@example.org"))]
        {
            let mut met = alone.to_vec();
            met.push(other);
            assert_eq!(found(&hana, &met), None);
        }
        let mut met = alone.to_vec();
        met.push(by(24 * HOUR + 1, Some(2), None));
        assert!(found(&hana, &met).is_some(), "that was another day");
        assert_eq!(found(&hana, &[]), Some(vec![]));
    }

    #[test]
    fn an_e_mail_without_an_account_has_its_own_entries_and_no_members_beside_it() {
        let gone = Whose::Email("gone@example.org".to_owned());
        let met = [by(-60, None, None), by(-30, None, Some("Gone@example.org"))];
        assert_eq!(found(&gone, &met), Some(vec![-60]));
        assert_eq!(found(&gone, &[met[0].clone(), by(9, Some(7), None)]), None);
    }
}
