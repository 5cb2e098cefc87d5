//! The few fragments in which databases differ, by name. Each is a static text around a bound value.

use super::{Db, Sql, postgres::shape::Table};

/// How the database behind a [`Db`] spells what has no common spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The embedded database.
    Sqlite,
    /// A server, with what its indexes serve.
    Postgres(Served),
}

/// `text` around a bound value.
fn around(before: &'static str, value: &str, after: &'static str) -> Sql {
    Sql::new(before).bind(value).text(after)
}

/// The pattern of every text that has `term` in it.
fn holding(term: &str) -> String {
    let escaped = term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

impl Dialect {
    /// `member_email` of the log equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn log_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => around("member_email = ", email, " COLLATE NOCASE"),
            Self::Postgres(_) => around("lower(member_email COLLATE \"C\") = ", &email.to_ascii_lowercase(), ""),
        }
    }

    /// `email` of `members` equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn member_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => around("email = ", email, " COLLATE NOCASE"),
            Self::Postgres(_) => around("lower(email COLLATE \"C\") = ", &email.to_ascii_lowercase(), ""),
        }
    }

    /// `email` of `daybook_staff` equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn staff_email_is(self, email: &str) -> Sql {
        self.member_email_is(email)
    }

    /// A text of `members` is like `pattern` (`%` stands for anything, `\` before a character for itself), ASCII letters
    /// in any case.
    #[must_use]
    pub fn member_like(self, text: MemberText, pattern: &str) -> Sql {
        let before = match (self, text) {
            (Self::Sqlite, MemberText::Name) => "name LIKE ",
            (Self::Sqlite, MemberText::Email) => "email LIKE ",
            (Self::Postgres(_), MemberText::Name) => "name ILIKE ",
            (Self::Postgres(_), MemberText::Email) => "email ILIKE ",
        };
        around(before, pattern, " ESCAPE '\\'")
    }

    /// Selects `id, name, email` of those who may have a term in one of their texts, by the index that knows that. `term` is
    /// in lower case, `question` the same as the index of words takes it.
    #[must_use]
    pub fn members_with(self, texts: &[MemberText], question: &str, term: &str) -> Sql {
        match self {
            // CROSS JOIN is what keeps the planner from beginning with the members. Who waits to be indexed is looked at too.
            Self::Sqlite => {
                let asked = match texts {
                    [MemberText::Name] => format!("name : ({question})"),
                    [MemberText::Email] => format!("email : ({question})"),
                    _ => question.to_owned(),
                };
                Sql::new(
                    "SELECT m.id, m.name, m.email FROM daybook_member_words CROSS JOIN daybook_member_keys AS k \
                     ON k.n = daybook_member_words.rowid CROSS JOIN members AS m ON m.id = k.id \
                     WHERE daybook_member_words MATCH ",
                )
                .bind(asked)
                .text(
                    " UNION ALL SELECT m.id, m.name, m.email FROM daybook_member_keys AS k INDEXED BY daybook_members_waiting \
                     CROSS JOIN members AS m ON m.id = k.id WHERE k.waiting = 1",
                )
            }
            Self::Postgres(_) => {
                let like = holding(term);
                let has = |text: &MemberText| {
                    let column = match text {
                        MemberText::Name => "name_words LIKE ",
                        MemberText::Email => "email_words LIKE ",
                    };
                    Sql::new(column).bind(&like)
                };
                Sql::new("SELECT id, name, email FROM members WHERE ").append(&Sql::join(" OR ", texts.iter().map(has)))
            }
        }
    }

    /// Whether an index serves asking who has a text in their name or e-mail.
    #[must_use]
    pub fn has_member_words(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::MemberWords),
        }
    }

    /// Nobody in `members` has the e-mail of the entry at hand.
    #[must_use]
    pub fn nobody_has_its_email(self) -> Sql {
        Sql::new(match self {
            Self::Sqlite => {
                "NOT EXISTS (SELECT 1 FROM members WHERE members.email = audit_logs.member_email COLLATE NOCASE)"
            }
            Self::Postgres(_) => {
                "NOT EXISTS (SELECT 1 FROM members WHERE lower(members.email COLLATE \"C\") \
                 = lower(audit_logs.member_email COLLATE \"C\"))"
            }
        })
    }

    /// The condition of a join from an entry `l` without `member_id` to the member `e` who has its e-mail today.
    #[must_use]
    pub fn owner_today(self) -> &'static str {
        match self {
            Self::Sqlite => "l.member_id IS NULL AND e.email = l.member_email COLLATE NOCASE",
            Self::Postgres(_) => {
                "l.member_id IS NULL AND lower(e.email COLLATE \"C\") = lower(l.member_email COLLATE \"C\")"
            }
        }
    }

    /// The condition by which an entry `l` has the e-mail that a row `v` of values holds, and that by which a member `e` has
    /// it today, each in any case of ASCII letters.
    #[must_use]
    pub fn emails_of_values(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("l.member_email = v.column1 COLLATE NOCASE", "e.email = v.column1 COLLATE NOCASE"),
            Self::Postgres(_) => (
                "lower(l.member_email COLLATE \"C\") = lower(v.column1 COLLATE \"C\")",
                "lower(e.email COLLATE \"C\") = lower(v.column1 COLLATE \"C\")",
            ),
        }
    }

    /// The quarter of an hour that `timestamp` falls into: its first instant. Every zone's days begin with one.
    #[must_use]
    pub fn quarter(self) -> &'static str {
        match self {
            Self::Sqlite => "\"timestamp\" - \"timestamp\" % 900000000",
            Self::Postgres(_) => {
                "date_bin('15 minutes', CAST(\"timestamp\" AS timestamptz), timestamptz '2000-01-01 00:00:00+00')"
            }
        }
    }

    /// `column` as a residual condition names it: so that no index of it is chosen over the one that drives the walk.
    #[must_use]
    pub fn fenced(self, column: Column) -> &'static str {
        match (self, column) {
            (Self::Sqlite, Column::ActionType) => "+action_type",
            (Self::Sqlite, Column::Status) => "+status",
            (Self::Sqlite, Column::Area) => "+area",
            (Self::Sqlite, Column::MemberId) => "+member_id",
            (Self::Sqlite, Column::MemberEmail) => "+member_email COLLATE NOCASE",
            (Self::Sqlite, Column::BookingId) => "+booking_id",
            (Self::Sqlite, Column::Ip) => "+ip",
            (Self::Postgres(_), Column::ActionType) => "action_type",
            (Self::Postgres(_), Column::Status) => "status",
            (Self::Postgres(_), Column::Area) => "area",
            (Self::Postgres(_), Column::MemberId) => "member_id",
            (Self::Postgres(_), Column::MemberEmail) => "lower(member_email COLLATE \"C\")",
            (Self::Postgres(_), Column::BookingId) => "booking_id",
            (Self::Postgres(_), Column::Ip) => "ip",
        }
    }

    /// A residual condition as a whole, likewise: a server has no fence for a column, but looks for indexes only in
    /// conditions that are not asked about.
    #[must_use]
    pub fn fence(self, residual: Sql) -> Sql {
        match self {
            Self::Sqlite => residual,
            Self::Postgres(_) => Sql::new("(").append(&residual).text(") IS TRUE"),
        }
    }

    /// Whether each arm of a merge needs a limit of its own to be read no further than the merge has come.
    ///
    /// SQLite reads arms side by side, and with a limit would first read and sort what each brings. A server plans an arm
    /// by how much of it is wanted, which only a limit tells.
    #[must_use]
    pub fn limits_arms(self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether an index serves walks by `column` in the order of the list.
    #[must_use]
    pub fn serves(self, column: Column) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::Walk(column)),
        }
    }

    /// Whether an index serves asking for every value of `column`.
    #[must_use]
    pub fn lists(self, column: Column) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::Walk(column)) || served.has(Service::Values(column)),
        }
    }

    /// Whether an index serves walks of the entries without `member_id`: anonymous ones, and those with an e-mail.
    #[must_use]
    pub fn serves_without_member(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::WithoutMember),
        }
    }

    /// Whether every index is there that lists are looked through by.
    #[must_use]
    pub fn is_fitted(self) -> bool {
        use Column::{ActionType, Area, BookingId, Ip, MemberEmail, MemberId, Status};
        let all = [ActionType, Status, Area, MemberId, MemberEmail, BookingId, Ip];
        let by_time = self.serves_time();
        by_time && all.into_iter().all(|column| self.serves(column)) && self.serves_without_member() && self.has_words()
    }

    /// Whether an index serves the list as such, by time.
    #[must_use]
    pub fn serves_time(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::Time),
        }
    }

    /// A number that is another one as soon as an action, a status or an area is new to the log, in no row where it
    /// cannot be told; none where nothing keeps one.
    #[must_use]
    pub fn version_of_values(self) -> Option<Sql> {
        Some(Sql::new(match self {
            // A new value is a new combination, which the transaction that brings it adds to the totals.
            Self::Sqlite => {
                "SELECT (SELECT coalesce(max(id), 0) FROM daybook_combinations) FROM daybook_totals_build \
                 WHERE counted >= last"
            }
            // Or one that waits to be added.
            Self::Postgres(_) => {
                "SELECT (SELECT count(*) FROM daybook_combinations) FROM daybook_totals_build WHERE counted >= last \
                 AND NOT EXISTS (SELECT 1 FROM daybook_totals_delta AS d WHERE NOT EXISTS \
                 (SELECT 1 FROM daybook_combinations AS c WHERE c.id = d.combination))"
            }
        }))
    }

    /// The index of words with its entries, the index leading.
    #[must_use]
    pub fn words_with_entries(self) -> &'static str {
        match self {
            // CROSS JOIN is what keeps the planner from beginning with the entries.
            Self::Sqlite => "daybook_words CROSS JOIN audit_logs ON audit_logs.seq = daybook_words.rowid / 2",
            Self::Postgres(_) => "audit_logs",
        }
    }

    /// The entries by arrival.
    #[must_use]
    pub fn arrivals(self) -> &'static str {
        match self {
            Self::Sqlite => "audit_logs NOT INDEXED",
            Self::Postgres(_) => "audit_logs",
        }
    }

    /// `member_email` as its index orders it.
    #[must_use]
    pub fn log_email(self) -> &'static str {
        match self {
            Self::Sqlite => "member_email COLLATE NOCASE",
            Self::Postgres(_) => "lower(member_email COLLATE \"C\")",
        }
    }

    /// `members.email` as its index orders it.
    #[must_use]
    pub fn member_email(self) -> &'static str {
        match self {
            Self::Sqlite => "email COLLATE NOCASE",
            Self::Postgres(_) => "lower(email COLLATE \"C\")",
        }
    }

    /// Whether the database itself keeps what is derived from entries (words, totals) as they are written.
    #[must_use]
    pub fn derives(self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether there is an index of words.
    #[must_use]
    pub fn has_words(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(served) => served.has(Service::Words),
        }
    }

    /// A term stands in what everybody reads, or (`details`) in what errors hold. `term` is in lower case, `question` the
    /// same as the index of words takes it.
    #[must_use]
    pub fn words(self, question: &str, term: &str, details: bool) -> Sql {
        match self {
            Self::Sqlite => {
                let asked = Sql::new("daybook_words MATCH ").bind(question);
                if details { asked } else { asked.text(" AND daybook_words.rowid % 2 = 0") }
            }
            Self::Postgres(_) => {
                let like = holding(term);
                let open = Sql::new("(open_words LIKE ").bind(&like);
                let sql = if details { open.text(" OR error_words LIKE ").bind(&like) } else { open };
                sql.text(")")
            }
        }
    }

    /// What keeps the rows that a transaction reads as they are until it ends. The embedded database has one writer, so
    /// they stay anyway.
    #[must_use]
    pub fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres(_) => " FOR UPDATE",
        }
    }

    /// The staff's log by when programs did something with a token. SQLite knows how few accounts there are, and would else
    /// take the records of each by time and sort them.
    #[must_use]
    pub fn staff_log_by_token(self) -> &'static str {
        match self {
            Self::Sqlite => "daybook_staff_log INDEXED BY daybook_staff_log_token",
            Self::Postgres(_) => "daybook_staff_log",
        }
    }

    /// `staff_email` of the staff's log equals `email`, in any case of ASCII letters.
    #[must_use]
    pub fn staff_log_email_is(self, email: &str) -> Sql {
        match self {
            Self::Sqlite => around("staff_email = ", email, " COLLATE NOCASE"),
            Self::Postgres(_) => around("lower(staff_email COLLATE \"C\") = ", &email.to_ascii_lowercase(), ""),
        }
    }

    /// Selects what a group of errors is told by, of each text at most so many characters: of tracebacks the last ones.
    #[must_use]
    pub fn error_texts(self, longest: i64, detail: i64) -> Sql {
        let mut sql = Sql::empty();
        for (before, after) in [
            ("substr(area, 1, CAST(", " AS INTEGER)) AS area, "),
            ("substr(description, 1, CAST(", " AS INTEGER)) AS description, "),
            ("substr(error_message, 1, CAST(", " AS INTEGER)) AS error_message, "),
        ] {
            sql = sql.text(before).bind(longest).text(after);
        }
        sql.text(match self {
            Self::Sqlite => "substr(error_detail, -CAST(",
            Self::Postgres(_) => "right(error_detail, CAST(",
        })
        .bind(detail)
        .text(" AS INTEGER)) AS error_detail")
    }

    /// Text that is JSON, as the column `extra` takes it.
    #[must_use]
    pub fn json(self, text: Option<String>) -> Sql {
        match self {
            Self::Sqlite => Sql::empty().bind(text),
            Self::Postgres(_) => Sql::new("CAST(").bind(text).text(" AS json)"),
        }
    }
}

/// A text that a member is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberText {
    /// `name`
    Name,
    /// `email`
    Email,
}

/// A column of `audit_logs` that a filter asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `action_type`
    ActionType,
    /// `status`
    Status,
    /// `area`
    Area,
    /// `member_id`
    MemberId,
    /// `member_email`
    MemberEmail,
    /// `booking_id`
    BookingId,
    /// `ip`: the first address in `ip_address`, as 16 bytes
    Ip,
}

/// Something that an index is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A walk by a column in the order of the list.
    Walk(Column),
    /// Every value of a column.
    Values(Column),
    /// A walk of the entries without `member_id`.
    WithoutMember,
    /// Words.
    Words,
    /// A walk by time alone.
    Time,
    /// The names and e-mails of members.
    MemberWords,
}

/// What the indexes of a server's tables serve. Small, so that a plan can carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served(u32);

impl Served {
    /// Whether an index is there for it.
    #[must_use]
    pub fn has(self, service: Service) -> bool {
        self.0 & bit(service) != 0
    }

    /// What the indexes of the log and of its members serve: Daybook's own by name, and the application's where they lead
    /// with the column.
    #[must_use]
    pub fn of(log: &Table, members: &Table) -> Self {
        let mut served = Self::default();
        let mut add = |service, there: bool| served.0 |= if there { bit(service) } else { 0 };
        for (column, index, model, keys) in [
            (Column::ActionType, "daybook_action_type", "ix_audit_logs_action_type", 4),
            (Column::Status, "daybook_status", "ix_audit_logs_status", 3),
            (Column::MemberId, "daybook_member_id", "ix_audit_logs_member_id", 3),
            (Column::Area, "daybook_area", "", 3),
            (Column::MemberEmail, "daybook_email", "", 3),
            (Column::BookingId, "daybook_booking", "", 3),
            (Column::Ip, "daybook_ip", "", 3),
        ] {
            add(Service::Walk(column), log.has_index(index, keys) || log.has_index(model, keys));
            add(Service::Values(column), log.has_index(model, 1));
        }
        let without = log.has_index("daybook_no_account", 2) && log.has_index("daybook_anonymous", 2);
        add(Service::WithoutMember, without);
        add(Service::Words, log.has_index("daybook_words", 1));
        add(Service::MemberWords, members.has_index("daybook_member_words", 1));
        // What is no table takes no index: there is none that it lacks.
        add(Service::Time, log.leads_with("timestamp") || !log.takes_fittings());
        served
    }
}

fn bit(service: Service) -> u32 {
    1 << match service {
        Service::Walk(column) => column as u32,
        Service::Values(column) => 8 + column as u32,
        Service::WithoutMember => 16,
        Service::Words => 17,
        Service::Time => 18,
        Service::MemberWords => 19,
    }
}

impl Db {
    /// The dialect of this database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(db) => Dialect::Postgres(db.shape().served),
        }
    }
}
