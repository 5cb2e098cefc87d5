//! Asking the database what staff did: a page of it, how much there is, and who and what its records are about.

use std::collections::HashMap;

use futures_util::future::try_join;
use uuid::Uuid;

use super::{
    filter::{Filter, Person, Query, SHOWN},
    kinds::Group,
    look,
    sql::{self, Plan, Whose},
};
use crate::{
    core::{error::Result, time::Timestamp},
    db::{Budget, Db, Looked, Sql},
    logs::{
        log::Log,
        look::{COUNT_CAP, Count},
        store::{self as logs, Times},
    },
    paging::{Key, Page},
    session::accounts::{self, Account},
    staff_log::Kind,
};

/// The plan of a filter, with who has its e-mails today.
pub async fn plan(db: &Db, filter: &Filter, now: Timestamp) -> Result<Plan> {
    let mut people = Vec::new();
    for person in &filter.person {
        let account = match person {
            Person::Email(email) => accounts::by_email(db, email).await?.map(|account| account.id),
            Person::Nobody | Person::CommandLine => None,
        };
        people.push(Whose::of(person, account));
    }
    Ok(Plan::new(filter, people, db.dialect(), now))
}

/// A page of the list, and how many records match: counted beside the reading of the page, as far as it does not tell that
/// itself.
pub async fn page(db: &Db, plan: &Plan, query: &Query, times: Times) -> Result<(Page<Recorded>, Count)> {
    let (found, seen) = look::records(db, plan, query.at, SHOWN + 1, times.list).await?;
    let page = Page::new(found, SHOWN, query.at, seen, sql::Glance::key);
    let is_whole = page.older.is_none() && page.newer.is_none() && page.looked_to.is_none();
    let numbers: Vec<i64> = page.rows.iter().map(|glance| glance.seq).collect();
    let (rows, count) = if is_whole {
        let count = Count::Exactly(u64::try_from(numbers.len()).unwrap_or(u64::MAX));
        (records(db, &numbers).await?, count)
    } else {
        try_join(records(db, &numbers), look::count(db, plan, times.count)).await?
    };
    Ok((Page { rows, older: page.older, newer: page.newer, looked_to: page.looked_to }, count))
}

/// A record as it is read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Recorded {
    /// Its number.
    pub seq: i64,
    /// When.
    pub timestamp: Timestamp,
    /// Whose account; none where nobody's was known.
    pub staff_id: Option<Uuid>,
    /// Their e-mail at that time, or what was typed as one.
    pub staff_email: String,
    /// What they did, by its word: another version of Daybook may have written one that this one does not know.
    #[sqlx(rename = "kind")]
    pub word: String,
    /// What it was about.
    pub subject: Option<String>,
    /// What else tells it from others of its kind.
    pub detail: Option<String>,
    /// From where.
    pub ip_address: Option<String>,
    /// With which API token of theirs.
    pub token: Option<String>,
}

impl Recorded {
    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> Key {
        sql::key(self.timestamp, self.seq)
    }

    /// What they did, where that is known.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(&self.word)
    }

    /// The group that it belongs to, where its kind is known.
    #[must_use]
    pub fn group(&self) -> Option<Group> {
        Group::of_record(self.kind(), self.token.is_some())
    }
}

/// The records of these numbers, in their order.
async fn records(db: &Db, numbers: &[i64]) -> Result<Vec<Recorded>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new(
        "SELECT seq, \"timestamp\", staff_id, staff_email, kind, subject, detail, ip_address, token \
         FROM daybook_staff_log WHERE seq IN (",
    );
    let rows: Vec<Recorded> = db.fetch_all(sql.bind_all(numbers.iter().copied()).text(")")).await?;
    let mut rows: HashMap<i64, Recorded> = rows.into_iter().map(|row| (row.seq, row)).collect();
    Ok(numbers.iter().filter_map(|seq| rows.remove(seq)).collect())
}

/// How often each person did what, within the time of a filter.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    lines: Vec<Line>,
    /// Whether these are all there are; else there are no numbers, but still the people.
    pub is_whole: bool,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct Line {
    staff_id: Option<Uuid>,
    kind: String,
    by_program: i64,
    by_command: i64,
    n: i64,
}

impl Line {
    fn group(&self) -> Option<Group> {
        Group::of_record(Kind::parse(&self.kind), self.by_program == 1)
    }

    fn is_of(&self, whose: &Whose) -> bool {
        match whose {
            Whose::Account(id) => self.staff_id == Some(*id),
            Whose::Nobody => self.staff_id.is_none() && self.by_command == 0,
            Whose::CommandLine => self.by_command == 1,
            Whose::Email(_) => false,
        }
    }
}

impl Tally {
    /// The accounts that did something, most first.
    #[must_use]
    pub fn accounts(&self) -> Vec<Uuid> {
        let mut sums: HashMap<Uuid, i64> = HashMap::new();
        for line in &self.lines {
            if let Some(id) = line.staff_id {
                *sums.entry(id).or_default() += line.n;
            }
        }
        let mut sums: Vec<(Uuid, i64)> = sums.into_iter().collect();
        sums.sort_unstable_by_key(|&(id, n)| (-n, id));
        sums.into_iter().map(|(id, _)| id).collect()
    }

    /// How many records `whose` are of one of these groups, if that is known.
    #[must_use]
    pub fn of_person(&self, whose: &Whose, groups: &[Group]) -> Option<u64> {
        if matches!(whose, Whose::Email(_)) {
            return None;
        }
        let counts = |line: &&Line| groups.is_empty() || line.group().is_some_and(|group| groups.contains(&group));
        self.sum(|line| line.is_of(whose) && counts(&line))
    }

    /// How many records of a group are of one of these people, if that is known.
    #[must_use]
    pub fn of_group(&self, group: Group, people: &[Whose]) -> Option<u64> {
        if people.iter().any(|whose| matches!(whose, Whose::Email(_))) {
            return None;
        }
        let theirs = |line: &Line| people.is_empty() || people.iter().any(|whose| line.is_of(whose));
        self.sum(|line| line.group() == Some(group) && theirs(line))
    }

    fn sum(&self, of: impl Fn(&Line) -> bool) -> Option<u64> {
        let sum: i64 = self.lines.iter().filter(|line| of(line)).map(|line| line.n).sum();
        u64::try_from(sum).ok().filter(|_| self.is_whole)
    }
}

/// What was done within the time of a plan, whoever did it, as far as the newest 10,000 records tell and there is time.
pub async fn tally(db: &Db, plan: &Plan, budget: Budget) -> Result<Tally> {
    let most = i64::try_from(COUNT_CAP).unwrap_or(i64::MAX);
    let mut looking = db.look(budget).await?;
    let looked = looking.fetch_all::<Line>(sql::tally(plan.window, most + 1)).await?;
    looking.done();
    Ok(match looked {
        Looked::Whole(lines) => Tally { is_whole: lines.iter().map(|line| line.n).sum::<i64>() <= most, lines },
        Looked::Interrupted => Tally::default(),
    })
}

/// Who and what records are about, as far as it is still there.
#[derive(Debug, Default)]
pub struct Known {
    accounts: HashMap<Uuid, Account>,
    entries: HashMap<Uuid, Log>,
    members: HashMap<Uuid, (Option<String>, Option<String>)>,
}

impl Known {
    /// An account.
    #[must_use]
    pub fn account(&self, id: Uuid) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// An entry.
    #[must_use]
    pub fn entry(&self, id: Uuid) -> Option<&Log> {
        self.entries.get(&id)
    }

    /// A member: name and e-mail.
    #[must_use]
    pub fn member(&self, id: Uuid) -> Option<&(Option<String>, Option<String>)> {
        self.members.get(&id)
    }
}

/// Looks up what the records of a page are about, and these accounts.
pub async fn known(db: &Db, records: &[Recorded], accounts: impl IntoIterator<Item = Uuid>) -> Result<Known> {
    let ids = |of: fn(Kind) -> bool| {
        let about = records.iter().filter(move |record| record.kind().is_some_and(of));
        let mut ids: Vec<Uuid> = about.filter_map(|record| Uuid::parse_str(record.subject.as_deref()?).ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let mut people: Vec<Uuid> = records.iter().filter_map(|record| record.staff_id).chain(accounts).collect();
    people.sort_unstable();
    people.dedup();
    let entries = ids(|kind| matches!(kind, Kind::EntryOpened | Kind::ErrorDetailOpened));
    let entries: Vec<Key> = entries.into_iter().map(|id| Key { timestamp: Timestamp::MIN, id }).collect();
    let members = ids(|kind| matches!(kind, Kind::MemberOpened | Kind::MembersSearched | Kind::MemberDeleted));
    let (accounts, (entries, members)) =
        try_join(accounts::by_ids(db, &people), try_join(logs::logs(db, &entries), self::members(db, &members)))
            .await?;
    Ok(Known {
        accounts: accounts.into_iter().map(|account| (account.id, account)).collect(),
        entries: entries.into_iter().map(|log| (log.id, log)).collect(),
        members,
    })
}

async fn members(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, (Option<String>, Option<String>)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = Sql::new("SELECT id, name, email FROM members WHERE id IN (").bind_all(ids.iter().copied()).text(")");
    let rows: Vec<(Uuid, Option<String>, Option<String>)> = db.fetch_all(sql).await?;
    Ok(rows.into_iter().map(|(id, name, email)| (id, (name, email))).collect())
}
