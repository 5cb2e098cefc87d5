//! What a person reads when a page could not be shown: one view, and its three renderings.

use askama::Template;

use super::shell::{BareShell, Shell};

/// An error in the frame of somebody who is signed in.
#[derive(Template)]
#[template(path = "errors/error.html")]
pub struct ErrorPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What went wrong.
    pub error: ErrorView,
}

/// An error where nobody is known.
#[derive(Template)]
#[template(path = "errors/bare.html")]
pub struct BareErrorPage {
    /// What surrounds it.
    pub shell: BareShell,
    /// What went wrong.
    pub error: ErrorView,
}

/// An error in the place of the results, for htmx.
#[derive(Template)]
#[template(path = "errors/fragment.html")]
pub struct ErrorFragment {
    /// What went wrong.
    pub error: ErrorView,
}

/// Why the database gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    /// It cannot be reached.
    Unreachable,
    /// Something else has it locked.
    Locked,
    /// It has no space left.
    Full,
    /// It cannot be written that this page was read, so the page is not shown.
    Unrecorded,
    /// As many exports run as may run at once.
    Exporting,
    /// It has no index by time, and nothing could be looked at in time.
    Unfitted,
    /// Its tables, or what Daybook may do there, are not as they must be.
    Unfit,
}

/// What an error says. Plain text throughout: it never tells SQL, a path or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorView {
    /// The status.
    pub code: u16,
    /// What happened, as a sentence without its stop.
    pub title: String,
    /// What it means and what to do, a paragraph each.
    pub lines: Vec<String>,
    /// The number to give to whoever runs Daybook, with its time.
    pub incident: Option<String>,
    /// Where to try again: this page's own path and query.
    pub retry: Option<String>,
    /// The last, smaller line.
    pub hint: Option<String>,
}

impl ErrorView {
    fn new(code: u16, title: &str, lines: &[&str]) -> Self {
        Self {
            code,
            title: title.to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            incident: None,
            retry: None,
            hint: None,
        }
    }

    /// 400: the request cannot be read; `reason` is a sentence.
    #[must_use]
    pub fn bad_request(reason: &str) -> Self {
        Self::new(400, "Daybook could not read this request", &[reason])
    }

    /// 400: an export was asked for in a way that cannot be read; each reason is a sentence.
    #[must_use]
    pub fn bad_export(reasons: Vec<String>) -> Self {
        let nothing = "Nothing was exported. Go back, correct it and export again.".to_owned();
        let lines = reasons.into_iter().chain([nothing]).collect();
        Self { lines, ..Self::new(400, "This export could not be made", &[]) }
    }

    /// 403: a form came without the token that belongs to the session, as after signing in anew in another tab.
    #[must_use]
    pub fn stale_form() -> Self {
        Self::new(
            403,
            "This form is out of date",
            &[
                "It was opened before you last signed in, so nothing was changed.",
                "Go back, reload the page and send it again.",
            ],
        )
    }

    /// 403: the role may not do this. `need` is a sentence, such as “Managing staff needs the Admin role.”
    #[must_use]
    pub fn forbidden(need: &str, email: &str, role: &str) -> Self {
        let who = format!("You are signed in as {email} with the {role} role. An admin can change it.");
        Self::new(403, "Your role cannot open this page", &[need, &who])
    }

    /// 404: nothing is at this address.
    #[must_use]
    pub fn no_page() -> Self {
        Self::new(404, "There is no page at this address", &["The link may be cut short or mistyped."])
    }

    /// 404: the address is one of an entry, and there is none.
    #[must_use]
    pub fn no_entry() -> Self {
        Self::new(
            404,
            "There is no entry at this address",
            &[
                "The link may be cut short: an entry’s ID has 32 letters and digits in five groups. Entries are never removed.",
            ],
        )
    }

    /// 404: the address is one of a member, and there is none.
    #[must_use]
    pub fn no_member() -> Self {
        Self::new(
            404,
            "There is no member at this address",
            &[
                "The link may be cut short, or the application no longer knows the member. Entries keep the e-mail they were recorded with: look for it in Members.",
            ],
        )
    }

    /// 404: there is no such saved view, or it is somebody else's.
    #[must_use]
    pub fn no_view() -> Self {
        Self::new(
            404,
            "You have no view at this address",
            &[
                "It was deleted, or it is somebody else’s. Nothing was changed. A view that others share you can copy to yours, and change the copy.",
            ],
        )
    }

    /// 404: there is no such error group.
    #[must_use]
    pub fn no_error_group() -> Self {
        Self::new(
            404,
            "There is no error group at this address",
            &[
                "A fingerprint is twelve digits, 0 to 9 and a to f. Groups are made anew when the rule by which errors are alike changes, or where the application’s files begin: then the same errors may stand under another fingerprint.",
            ],
        )
    }

    /// 405: the address is right, the way of asking is not.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            405,
            "This address is not opened this way",
            &["It only takes what a form on another page sends to it. Nothing was changed."],
        )
    }

    /// 408: what was sent did not arrive in time.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(
            408,
            "That took too long to arrive",
            &["Nothing was changed. Check the connection and send it again."],
        )
    }

    /// 413: more was sent than is taken.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(413, "That is more than Daybook takes at once", &["Nothing was changed. Send less, or in parts."])
    }

    /// 500: the fault is Daybook's. `incident` is the number that stands in the log, and the time.
    #[must_use]
    pub fn fault(incident: &str, retry: Option<String>) -> Self {
        Self {
            incident: Some(incident.to_owned()),
            retry,
            ..Self::new(
                500,
                "Daybook could not show this page",
                &["The fault is in Daybook, not in what you did. It is written down under this number:"],
            )
        }
    }

    /// 503: the database gives no answer. `when` is the time of the try: `14:38:05 BST`.
    #[must_use]
    pub fn away(away: Away, when: Option<&str>, retry: Option<String>) -> Self {
        let by_itself = "Daybook goes on trying by itself; this page does not reload by itself.";
        let view = match away {
            Away::Unreachable => Self::new(
                503,
                "The database cannot be reached just now",
                &[
                    "Daybook shows what the database holds and keeps no copy, so there is nothing to show until it answers.",
                    by_itself,
                ],
            ),
            Away::Locked => Self::new(
                503,
                "The database is locked just now",
                &["Something else is writing to it and has not finished. Mostly that takes a few seconds.", by_itself],
            ),
            Away::Full => Self::new(
                503,
                "The database has no space left",
                &[
                    "Nothing more can be stored, not even who reads what, so nothing is shown until there is space again.",
                ],
            ),
            Away::Unrecorded => Self::new(
                503,
                "This page cannot be shown just now",
                &["Who opens member records is written down, and that cannot be written down now.", by_itself],
            ),
            Away::Exporting => Self::new(
                503,
                "Other exports are being made just now",
                &["Daybook makes a few at a time, so that pages stay quick. Try again when one of them has ended."],
            ),
            Away::Unfitted => Self::new(
                503,
                "Nothing could be looked at in time",
                &[
                    "This database has no index by the time of entries, so nothing can be said of them: not that there are none either.",
                    "Whoever runs Daybook makes the index with “daybook migrate”, and looking is fast then.",
                ],
            ),
            Away::Unfit => Self::new(
                503,
                "The log cannot be read just now",
                &[
                    "Something about the database has changed: its tables, or what Daybook may read. Daybook’s own log says what.",
                    by_itself,
                ],
            ),
        };
        let tried = when.map_or(String::new(), |when| format!("Last try {when}. "));
        let hint = match away {
            Away::Full | Away::Unfit | Away::Unfitted => format!("{tried}Tell whoever runs Daybook."),
            _ => format!("{tried}If this lasts for more than a few minutes, tell whoever runs Daybook."),
        };
        Self { retry, hint: Some(hint), ..view }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::{Section, Theme, tests::sample};

    fn framed(error: ErrorView) -> String {
        ErrorPage { shell: sample(Section::Other, "/logs/x"), error }.render().expect("a page")
    }

    fn bare(error: ErrorView) -> String {
        let shell = BareShell { site_name: "Daybook".into(), theme: Theme::Dark };
        BareErrorPage { shell, error }.render().expect("a page")
    }

    #[test]
    fn every_error_says_what_happened_and_leads_on() {
        for error in [
            ErrorView::bad_request("The address has a character that is not text."),
            ErrorView::stale_form(),
            ErrorView::forbidden("Managing staff needs the Admin role.", "a@b.example", "Viewer"),
            ErrorView::no_page(),
            ErrorView::no_entry(),
            ErrorView::no_member(),
            ErrorView::no_view(),
            ErrorView::method_not_allowed(),
            ErrorView::too_large(),
            ErrorView::too_slow(),
            ErrorView::fault("INC-7F3K-2Q9M, 18 June 2026, 14:38:05 BST", Some("/logs".into())),
            ErrorView::away(Away::Unreachable, Some("14:38:05 BST"), Some("/logs".into())),
            ErrorView::away(Away::Locked, None, None),
            ErrorView::away(Away::Full, None, None),
            ErrorView::away(Away::Unrecorded, None, None),
            ErrorView::away(Away::Exporting, None, None),
            ErrorView::away(Away::Unfit, None, None),
            ErrorView::away(Away::Unfitted, None, None),
            ErrorView::bad_export(vec!["Area: Write what to exclude after the “!”.".to_owned()]),
        ] {
            let (code, title) = (error.code, error.title.clone());
            let fragment = ErrorFragment { error: error.clone() }.render().expect("a fragment");
            for page in [framed(error.clone()), bare(error)] {
                assert!(page.contains(&format!(r#"<p class="code">{code}</p><h1>{title}</h1>"#)), "{page}");
                assert!(page.contains(&format!("<title>{title} · Daybook</title>")), "{page}");
                assert!(page.contains(r#"href="/logs?range=24h""#));
            }
            assert!(fragment.contains(r#"<section id="results""#) && fragment.contains(&title), "{fragment}");
        }
    }

    #[test]
    fn a_fault_has_a_number_to_copy_and_a_way_to_try_again() {
        let page = framed(ErrorView::fault("INC-7F3K", Some("/logs?q=<b>&range=all".into())));
        assert!(page.contains(r##"data-copy-from="#incident""##) && page.contains("INC-7F3K"), "{page}");
        assert!(page.contains(r#"href="/logs?q=&#60;b&#62;&#38;range=all""#), "{page}");
    }

    #[test]
    fn a_bare_page_has_nothing_that_needs_a_session() {
        let page = bare(ErrorView::away(Away::Unreachable, None, Some("/logs".into())));
        assert!(page.contains(r#"data-theme="dark""#), "{page}");
        assert!(!page.contains("<form") && !page.contains("csrf") && !page.contains("<details"), "{page}");
    }

    #[test]
    fn an_error_escapes_what_it_quotes() {
        let page = framed(ErrorView::bad_request("“<script>alert(1)</script>” is not a number."));
        assert!(!page.contains("<script>alert"), "{page}");
    }
}
