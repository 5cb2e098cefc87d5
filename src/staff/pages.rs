//! What the page of accounts prints.

use askama::Template;
use uuid::Uuid;

use super::form::Typed;
use crate::{
    core::{query_string, role::Role, time::Timestamp, words},
    logs::view::Reader,
    session::{
        Signed,
        accounts::{Account, LONGEST_NAME, SHOWN},
    },
    web::shell::{Section, Shell},
};

/// A password that was just made: shown in this answer and never again.
pub struct Once {
    /// Whose it is.
    pub email: String,
    /// The password.
    pub password: String,
    /// Where they sign in with it.
    pub door: String,
    /// Whether it takes the place of another one.
    pub again: bool,
}

/// One account.
#[derive(Debug, Clone)]
pub struct Row {
    /// Their e-mail.
    pub email: String,
    /// Their name.
    pub name: Option<String>,
    /// What they may see and do.
    pub role: &'static str,
    /// Whether it is switched off.
    pub off: bool,
    /// When they last signed in.
    pub last_sign_in: Option<String>,
    /// What they did in Daybook.
    pub activity: String,
    /// Where it is changed; nowhere where it is one's own.
    pub change: Option<String>,
}

/// One of the three roles.
#[derive(Debug, Clone, Copy)]
pub struct RoleChoice {
    /// What the form sends.
    pub value: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The roles, one of them chosen.
#[must_use]
pub fn roles(chosen: &str) -> [RoleChoice; 3] {
    Role::ALL.map(|role| RoleChoice { value: role.as_str(), name: role.name(), chosen: role.as_str() == chosen })
}

/// Why a change was refused, beside its control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which change.
    pub control: Control,
    /// Why.
    pub message: String,
}

/// What can be changed of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Its role.
    Role,
    /// Its password.
    Password,
    /// Its sign-ins.
    SignIns,
    /// Whether it is on.
    Switch,
}

impl Control {
    /// The id of its control on the page.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Role => "e-role",
            Self::Password => "e-password",
            Self::SignIns => "e-sign-ins",
            Self::Switch => "e-switch",
        }
    }

    /// Its name on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::Password => "Password",
            Self::SignIns => "Sign-ins",
            Self::Switch => "Account",
        }
    }
}

/// What an account was changed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Another role.
    Role,
    /// Its sign-ins are ended.
    SignIns,
    /// It is off, or on again.
    Switch,
}

impl Done {
    /// Its word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::SignIns => "sign-ins",
            Self::Switch => "switch",
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Role, Self::SignIns, Self::Switch].into_iter().find(|done| done.as_str() == word)
    }
}

/// The account whose changes are open.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Its number.
    pub id: Uuid,
    /// Its e-mail.
    pub email: String,
    /// The roles, its own chosen, or the one that was typed.
    pub roles: [RoleChoice; 3],
    /// Whether it is switched off.
    pub off: bool,
    /// How many sign-ins of it are open: `2 sign-ins`.
    pub sign_ins: String,
    /// Whether it is one's own.
    pub own: bool,
    /// What has just been done, as it stands now.
    pub done: Option<String>,
    /// Why the last change was refused.
    pub refusal: Option<Refusal>,
}

impl Edit {
    /// The changes of `account`, with `sessions` open.
    #[must_use]
    pub fn of(account: &Account, sessions: i64, signed: &Signed, done: Option<Done>, refusal: Option<Refusal>) -> Self {
        let sign_ins = words::counted(u64::try_from(sessions).unwrap_or_default(), "sign-in", "sign-ins");
        let off = account.disabled_at.is_some();
        let done = done.map(|done| match done {
            Done::Role => format!("has the role {}. It counts from their next request.", account.role.name()),
            Done::SignIns if sessions == 0 => "is signed in nowhere now.".to_owned(),
            Done::SignIns => format!("has {sign_ins} open, begun since then."),
            Done::Switch if off => "is switched off, and signed out everywhere.".to_owned(),
            Done::Switch => "is switched on, and can sign in.".to_owned(),
        });
        Self {
            id: account.id,
            email: account.email.clone(),
            roles: roles(account.role.as_str()),
            off,
            sign_ins,
            own: account.id == signed.staff.id,
            done,
            refusal,
        }
    }

    /// Why the change of a control was refused.
    #[must_use]
    pub fn error(&self, id: &str) -> Option<&str> {
        self.refusal.as_ref().filter(|refusal| refusal.control.id() == id).map(|refusal| refusal.message.as_str())
    }
}

/// What each role may do, for the table on the page: what, and from which role on.
const ABILITIES: [(&str, Role); 5] = [
    ("See entries and members", Role::Viewer),
    ("See addresses, browsers, tracebacks and extra data", Role::Support),
    ("Export, copy for a ticket", Role::Support),
    ("Manage staff and tokens", Role::Admin),
    ("See what everybody did in Daybook", Role::Admin),
];

/// `GET /staff`, and what a refused change answers with.
#[derive(Template)]
#[template(path = "staff/accounts.html")]
pub struct StaffPage {
    /// What surrounds it.
    pub shell: Shell,
    /// How many there are, and how many of them are on.
    pub counted: String,
    /// What the table is: `Staff accounts, by e-mail, times in London, BST`.
    pub caption: String,
    /// The accounts.
    pub rows: Vec<Row>,
    /// The next page of them.
    pub more: Option<String>,
    /// The first page, on another one.
    pub first: bool,
    /// The password that was just made.
    pub once: Option<Once>,
    /// The account whose changes are open.
    pub edit: Option<Edit>,
    /// The form of a new one.
    pub typed: Typed,
    /// The roles that it can be given.
    pub roles: [RoleChoice; 3],
    /// The longest name.
    pub longest_name: usize,
}

/// What is on the page beside the accounts.
#[derive(Default)]
pub struct Beside {
    /// The e-mail after which the page begins.
    pub after: Option<String>,
    /// The password that was just made.
    pub once: Option<Once>,
    /// The account whose changes are open.
    pub edit: Option<Edit>,
    /// The form of a new one.
    pub typed: Typed,
}

impl StaffPage {
    /// The page for whoever is signed in, of the accounts that [`crate::session::accounts::page`] gave.
    #[must_use]
    pub fn of(
        mut accounts: Vec<(Account, Option<Timestamp>)>,
        (all, on): (i64, i64),
        signed: &Signed,
        beside: Beside,
    ) -> Self {
        let reader = Reader::of(signed);
        let Beside { after, once, edit, typed } = beside;
        let more = accounts.len() > SHOWN;
        accounts.truncate(SHOWN);
        let last = accounts.last().map(|(account, _)| account.email.clone()).filter(|_| more);
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        let counted = words::counted(number(all), "person", "people");
        let row = |(account, at): (Account, Option<Timestamp>)| Row {
            activity: activity_of(&account.email),
            name: account.name,
            role: account.role.name(),
            off: account.disabled_at.is_some(),
            last_sign_in: at.map(|at| reader.day_and_clock(at)),
            change: (account.id != signed.staff.id).then(|| edit_link(account.id, None)),
            email: account.email,
        };
        // A form leads back to the accounts, not to a change that was open.
        let shell = Shell { next: "/staff".to_owned(), ..signed.shell(Section::Staff) };
        Self {
            shell,
            counted: format!("{counted}, {} active.", words::count(number(on))),
            caption: format!("Staff accounts, by e-mail, times in {}", reader.city()),
            rows: accounts.into_iter().map(row).collect(),
            more: last.map(|email| format!("/staff?after={}", query_string::escape(&email))),
            first: after.is_some(),
            once,
            edit,
            roles: roles(&typed.role),
            typed,
            longest_name: LONGEST_NAME,
        }
    }

    /// What each role may do: what, and whether viewers, support and admins may.
    fn abilities() -> impl Iterator<Item = (&'static str, [bool; 3])> {
        ABILITIES.into_iter().map(|(what, least)| (what, Role::ALL.map(|role| role >= least)))
    }
}

/// Where the changes of an account are open, after one of them.
#[must_use]
pub fn edit_link(id: Uuid, done: Option<Done>) -> String {
    match done {
        Some(done) => format!("/staff?edit={id}&done={}#edit", done.as_str()),
        None => format!("/staff?edit={id}#edit"),
    }
}

/// What somebody did in Daybook in the last 30 days.
fn activity_of(email: &str) -> String {
    format!("/staff/activity?range=30d&person={}", query_string::escape(email))
}
