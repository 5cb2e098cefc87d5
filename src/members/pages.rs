//! What the pages about members print.

use askama::Template;

use super::spark::Spark;
use crate::{
    logs::{
        story::view::{Line, SinceView},
        view::{export::ExportMenu, row::Who},
    },
    web::shell::Shell,
};

/// What is known of somebody who stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// The application knows them.
    Known,
    /// Entries have the e-mail, and nobody has it today.
    NoAccount,
}

/// One row of the list.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Their name, where one is recorded.
    pub name: Option<String>,
    /// Their e-mail, where one is recorded; always there for [`MemberKind::NoAccount`].
    pub email: Option<String>,
    /// The first 13 characters of their id, to call them by where there is neither.
    pub short_id: String,
    /// Their page.
    pub href: String,
    /// When an entry of theirs was last recorded: `14:37:52 today`; else why that is not said.
    pub last_seen: Result<String, &'static str>,
    /// What is known of them.
    pub kind: MemberKind,
}

impl MemberRow {
    /// Whether nobody has the e-mail today.
    pub fn no_account(&self) -> bool {
        self.kind == MemberKind::NoAccount
    }
}

/// `GET /members`.
#[derive(Template)]
#[template(path = "members/list.html")]
pub struct MembersPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What was typed, as it was typed.
    pub q: String,
    /// Why what was typed cannot be looked for.
    pub error: Option<String>,
    /// Under the heading: `Last seen first. Times in London, BST.`
    pub order: String,
    /// Who was found.
    pub rows: Vec<MemberRow>,
    /// What the empty page says: nobody was asked for, or nobody matches.
    pub asked: bool,
    /// Whether looking stopped before everybody was looked at.
    pub stopped: bool,
    /// The page before.
    pub back: Option<String>,
    /// The page after.
    pub more: Option<String>,
}

impl MembersPage {
    /// Whether a row needs to have “No account now” explained.
    pub fn some_without_account(&self) -> bool {
        self.rows.iter().any(MemberRow::no_account)
    }
}

/// One figure at the head of a member's page.
#[derive(Debug, Clone, Default)]
pub struct Stat {
    /// What it counts: `Errors, last 30 days`.
    pub label: &'static str,
    /// The figure: `4`.
    pub value: String,
    /// More about it: `14:32:41 BST, members/help`.
    pub note: Option<String>,
    /// Lists of what it counts, each with its text.
    pub links: Vec<(String, String)>,
    /// Whether it counts errors and there are some.
    pub alarming: bool,
}

/// `GET /members/{id}` and `GET /members/by-email`.
#[derive(Template)]
#[template(path = "members/member.html")]
pub struct MemberPage {
    /// What surrounds it.
    pub shell: Shell,
    /// Their name, where one is recorded.
    pub name: Option<String>,
    /// Their e-mail, where one is recorded.
    pub email: Option<String>,
    /// Their id; `None` where nobody has the e-mail today.
    pub id: Option<String>,
    /// The list of all their entries, where a filter can mean them.
    pub entries_href: Option<String>,
    /// Everything of theirs as a file, for whoever may have that.
    pub export: Option<ExportMenu>,
    /// Where others of the same name, or with the beginning of the same e-mail, are looked for.
    pub find_href: Option<String>,
    /// Last seen, first seen, errors, entries. Empty: no entry was found, and the page says so.
    pub stats: Vec<Stat>,
    /// Whether looking for one stopped before its end.
    pub stopped: bool,
    /// Entries by day.
    pub spark: Option<Spark>,
    /// The members whose entries have this e-mail, which nobody has today: their pages and what they are called.
    pub holders: Vec<(String, String)>,
    /// Where there are none, how far that is known.
    pub held: String,
    /// The newest entry with their e-mail that was recorded without an account, and what it says.
    pub without_account: Option<(String, String)>,
    /// What failed lately, and whether it worked since.
    pub failures: Vec<FailureView>,
    /// Whether that is all that failed in the last 30 days.
    pub failures_whole: bool,
    /// The lists of their errors, each with its name.
    pub error_lists: Vec<(String, String)>,
    /// The form that goes to a time, and what it found.
    pub time: TimeForm,
    /// Their visits; none where no entry is recorded.
    pub timeline: Option<TimelineView>,
}

/// A page of visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineView {
    /// The visits by day, newest first.
    pub days: Vec<DayView>,
    /// The older page.
    pub older: Option<String>,
    /// The newer page.
    pub newer: Option<String>,
    /// How far was looked, where looking stopped before the page was full.
    pub looked_to: Option<String>,
}

/// The visits that began on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayView {
    /// `Today`.
    pub name: String,
    /// `Thursday 18 June 2026, 2 visits, London, BST`.
    pub note: String,
    /// The visits, newest first.
    pub visits: Vec<VisitView>,
}

/// A visit: a line that opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitView {
    /// Whether it is open at first.
    pub open: bool,
    /// `14:23 to 14:32`.
    pub span: String,
    /// `9 min`.
    pub lasted: Option<String>,
    /// `1 booking, 6 entries`.
    pub says: String,
    /// `2 errors`.
    pub errors: Option<String>,
    /// `Safari on iPhone, 203.0.113.24`, where the role sees it.
    pub device: Option<String>,
    /// Its entries.
    pub lines: Vec<Line>,
    /// What it began and shows no end of.
    pub unfinished: Option<String>,
    /// What is inferred to belong to it.
    pub inferred: Vec<InferredView>,
}

/// Entries that are not recorded as theirs, and why they may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InferredView {
    /// Why.
    pub reason: String,
    /// The entries.
    pub lines: Vec<Line>,
}

/// A visit that began something and shows no end of it, by where it last began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedRow {
    /// Whose visit.
    pub who: Who,
    /// When the page was last opened.
    pub when: String,
    /// The same for machines.
    pub datetime: String,
    /// The entry that opened it.
    pub href: String,
    /// What it says.
    pub title: String,
    /// The page.
    pub area: String,
    /// What mostly follows.
    pub missing: String,
}

/// `GET /members/unfinished`.
#[derive(Template)]
#[template(path = "members/unfinished.html")]
pub struct UnfinishedPage {
    /// What surrounds it.
    pub shell: Shell,
    /// Which page begins what, and how that is known.
    pub habits: Vec<(String, String)>,
    /// The visits.
    pub rows: Vec<UnfinishedRow>,
    /// `London, BST`.
    pub zone: String,
    /// Of how many entries on either side of where it began a visit is looked at.
    pub most: usize,
    /// How far was looked, where that is not to the end.
    pub looked_to: Option<String>,
    /// The older page.
    pub older: Option<String>,
}

/// Something that failed for them, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureView {
    /// The entry.
    pub href: String,
    /// What failed.
    pub title: String,
    /// Where.
    pub area: String,
    /// When last.
    pub when: String,
    /// Whether it worked since.
    pub since: SinceView,
}

/// The form that goes to a time of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeForm {
    /// Where it asks.
    pub action: String,
    /// What it sends besides.
    pub email: Option<String>,
    /// The time as typed.
    pub at: String,
    /// The kind of its field: `datetime-local`, or `text` for what that cannot hold.
    pub kind: &'static str,
    /// Why it cannot be read.
    pub at_error: Option<String>,
    /// The zone as typed, else as guessed.
    pub tz: String,
    /// Why it cannot be read.
    pub tz_error: Option<String>,
    /// Where the guess comes from.
    pub tz_hint: String,
    /// What was found: the time in both zones, and how far away the nearest entry is.
    pub found: Option<String>,
    /// Whether there is a nearest entry on the page.
    pub leads: bool,
}

impl MemberPage {
    /// What the page is headed with: the name, else the e-mail, else the beginning of the id.
    pub fn heading(&self) -> &str {
        let id = || self.id.as_deref().map(|id| id.get(..13).unwrap_or(id));
        self.name.as_deref().or(self.email.as_deref()).or_else(id).unwrap_or("Member")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::{Section, tests::sample};

    fn row(name: Option<&str>, email: Option<&str>, kind: MemberKind) -> MemberRow {
        MemberRow {
            name: name.map(Into::into),
            email: email.map(Into::into),
            short_id: "018f40aa-77d1".into(),
            href: "/members/018f40aa-77d1-7c19-9f3e-5b0d7c2a9e11?a=1&b=2".into(),
            last_seen: Ok("14:37:52 today".into()),
            kind,
        }
    }

    fn list(rows: Vec<MemberRow>) -> MembersPage {
        MembersPage {
            shell: sample(Section::Members, "/members?q=hana"),
            q: "hana\"><b>".into(),
            error: None,
            order: "Last seen first. Times in London, BST.".into(),
            rows,
            asked: true,
            stopped: false,
            back: None,
            more: None,
        }
    }

    fn member() -> MemberPage {
        let id = "018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11";
        MemberPage {
            shell: sample(Section::Members, "/members/x"),
            name: Some("Hana <i>Lindqvist</i>".into()),
            email: Some("hana.lindqvist@example.org".into()),
            id: Some(id.into()),
            entries_href: Some(format!("/logs?range=all&member={id}")),
            export: None,
            find_href: Some("/members?q=Hana".into()),
            stats: vec![Stat { label: "Entries", value: "214".into(), ..Stat::default() }],
            stopped: false,
            spark: None,
            holders: Vec::new(),
            held: String::new(),
            without_account: None,
            failures: Vec::new(),
            failures_whole: true,
            error_lists: Vec::new(),
            time: TimeForm::default(),
            timeline: None,
        }
    }

    #[test]
    fn each_row_is_called_by_what_is_recorded_and_links_once() {
        let page = list(vec![
            row(Some("Hana <i>L</i>"), Some("hana@example.org"), MemberKind::Known),
            row(None, Some("jo@example.com"), MemberKind::Known),
            row(None, None, MemberKind::Known),
            row(None, Some("old@example.com"), MemberKind::NoAccount),
        ])
        .render()
        .expect("a page")
        .replace("<wbr>", "");
        assert_eq!(page.matches(" data-row>").count(), 4, "{page}");
        assert!(page.contains("<bdi hx-disable>Hana &#60;i&#62;L&#60;/i&#62;</bdi></a>"), "{page}");
        assert!(page.contains("No name recorded") && page.contains("No e-mail recorded"), "{page}");
        assert!(page.contains("data-row>018f40aa-77d1</a>"), "{page}");
        assert!(page.contains(r#"<a class="gone" href="/members/018f40aa-77d1-7c19-9f3e-5b0d7c2a9e11?a=1&#38;b=2" data-row><bdi hx-disable>old@example.com</bdi>"#), "{page}");
        assert!(page.contains("nobody has it today"), "{page}");
        assert!(page.contains(r#"<a href="/members" data-key="g m" aria-current="page">"#), "{page}");
        assert!(page.contains(r#"name="q" value="hana&#34;&#62;&#60;b&#62;""#), "{page}");
    }

    #[test]
    fn an_empty_list_says_whether_anybody_was_asked_for() {
        let nobody = list(vec![]).render().expect("a page");
        assert!(nobody.contains("Nobody found for “<bdi hx-disable>hana&#34;&#62;&#60;b&#62;</bdi>”"), "{nobody}");
        let unasked = MembersPage { asked: false, q: String::new(), ..list(vec![]) }.render().expect("a page");
        assert!(unasked.contains("Type to find a member") && !unasked.contains("Nobody found"), "{unasked}");
        assert!(!unasked.contains("<table"), "{unasked}");
    }

    #[test]
    fn what_cannot_be_looked_for_says_why_at_its_field() {
        let page =
            MembersPage { error: Some("At most 200 characters.".into()), ..list(vec![]) }.render().expect("a page");
        assert!(
            page.contains(r#"aria-invalid="true" aria-describedby="q-e""#) && page.contains(r#"id="q-e""#),
            "{page}"
        );
        assert!(!page.contains("Nobody found"), "{page}");
    }

    #[test]
    fn pages_of_members_lead_on_only_where_there_are_more() {
        let page = MembersPage {
            more: Some("/members?q=hana&before=Lt8".into()),
            ..list(vec![row(None, None, MemberKind::Known)])
        }
        .render()
        .expect("a page");
        assert!(page.contains(r#"rel="next" data-key="]" href="/members?q=hana&#38;before=Lt8""#), "{page}");
        assert!(!page.contains(r#"rel="prev""#), "{page}");
        let alone = list(vec![row(None, None, MemberKind::Known)]).render().expect("a page");
        assert!(!alone.contains("aria-disabled"), "{alone}");
    }

    #[test]
    fn a_member_is_headed_by_name_with_e_mail_and_id_to_copy() {
        let page = member().render().expect("a page").replace("<wbr>", "");
        assert!(page.contains("<h1><bdi hx-disable>Hana &#60;i&#62;Lindqvist&#60;/i&#62;</bdi></h1>"), "{page}");
        assert!(page.contains(r#"data-copy="hana.lindqvist@example.org" aria-label="Copy e-mail""#), "{page}");
        assert!(
            page.contains(r#"data-copy="018f2b6e-41aa-7c19-9f3e-5b0d7c2a9e11" aria-label="Copy member ID""#),
            "{page}"
        );
        assert!(!page.contains("No account now") && !page.contains("No entries are recorded"), "{page}");
    }

    #[test]
    fn an_e_mail_nobody_has_says_so_once_and_claims_no_more() {
        let page = MemberPage { name: None, id: None, ..member() }.render().expect("a page").replace("<wbr>", "");
        assert!(page.contains("<h1><bdi hx-disable>hana.lindqvist@example.org</bdi></h1>"), "{page}");
        assert!(page.contains("No account now") && page.contains("nobody has it today"), "{page}");
        assert!(!page.to_lowercase().contains("deleted"), "{page}");
    }

    #[test]
    fn a_member_without_entries_has_no_figures_but_ways_on() {
        let page = MemberPage { stats: vec![], ..member() }.render().expect("a page");
        assert!(page.contains("No entries are recorded for this member"), "{page}");
        assert!(
            page.contains("/logs?range=24h&amp;member=none") && page.contains(r#"href="/members?q=Hana""#),
            "{page}"
        );
        assert!(!page.contains("<dl class=\"stats\">") && !page.contains("All their entries"), "{page}");
    }
}
