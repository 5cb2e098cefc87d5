//! What the sign-in page and the account page print.

use askama::Template;

use crate::web::{
    shell::{BareShell, Shell},
    zones::ZoneGroup,
};

/// `GET /login`, and what a refused `POST /login` answers with.
#[derive(Template)]
#[template(path = "session/login.html")]
pub struct LoginPage {
    /// What surrounds it.
    pub shell: BareShell,
    /// The token of the sign-in form, which belongs to no account yet.
    pub csrf_token: String,
    /// Where signing in leads; already checked to be a path of ours.
    pub next: String,
    /// The e-mail that was typed, kept.
    pub email: String,
    /// Why the last try was refused: one or two sentences.
    pub error: Option<String>,
    /// Whether there is no staff account yet, so that the page says how to make one.
    pub first_account: bool,
}

/// `GET /account`, and what a refused change answers with.
#[derive(Template)]
#[template(path = "session/account.html")]
pub struct AccountPage {
    /// What surrounds it.
    pub shell: Shell,
    /// What has just been done, as a sentence: “Your password is changed.”
    pub done: Option<String>,
    /// The choice of the zone.
    pub zone: ZoneChoice,
    /// The change of the password.
    pub password: PasswordForm,
}

/// The zone of the account, to choose.
pub struct ZoneChoice {
    /// The first option, which follows the site: `The site’s: Europe/London, UTC+01:00`.
    pub site_label: String,
    /// Whether the account follows the site.
    pub site_selected: bool,
    /// Every other option, by region, with today's offsets.
    pub groups: Vec<ZoneGroup>,
    /// The time there now: `It is now 14:38 in London, BST.`
    pub now: String,
    /// Why what was sent is not a zone.
    pub error: Option<String>,
}

/// The three fields of the change of a password. What was typed is never sent back.
#[derive(Default)]
pub struct PasswordForm {
    /// The rule, as a sentence.
    pub rule: String,
    /// How many characters a password has at least.
    pub at_least: usize,
    /// What is wrong with the current password.
    pub current_error: Option<String>,
    /// What is wrong with the new one.
    pub new_error: Option<String>,
    /// What is wrong with its repetition.
    pub again_error: Option<String>,
}

impl PasswordForm {
    /// Whether anything is wrong, so that the page says so at its head.
    #[must_use]
    pub const fn refused(&self) -> bool {
        self.current_error.is_some() || self.new_error.is_some() || self.again_error.is_some()
    }

    /// The fields that something is wrong with: their ids on the page, and what they are called there.
    #[must_use]
    pub fn bad_fields(&self) -> Vec<(&'static str, &'static str)> {
        [
            (&self.current_error, ("a-now", "Current password")),
            (&self.new_error, ("a-new", "New password")),
            (&self.again_error, ("a-again", "New password again")),
        ]
        .into_iter()
        .filter_map(|(error, field)| error.as_ref().map(|_| field))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::time::Timestamp,
        web::{
            shell::{Section, Theme, tests::sample},
            zones,
        },
    };

    fn login() -> LoginPage {
        LoginPage {
            shell: BareShell { site_name: "Brackenfield Dogs".into(), theme: Theme::System },
            csrf_token: "csrf-token".into(),
            next: "/logs?range=24h&q=a\"b".into(),
            email: String::new(),
            error: None,
            first_account: false,
        }
    }

    fn account() -> AccountPage {
        let now = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        AccountPage {
            shell: sample(Section::Account, "/account"),
            done: None,
            zone: ZoneChoice {
                site_label: "The site’s: Europe/London, UTC+01:00".into(),
                site_selected: false,
                groups: zones::groups(now, Some(chrono_tz::Asia::Kolkata)),
                now: "It is now 14:38 in London, BST.".into(),
                error: None,
            },
            password: PasswordForm {
                rule: "At least 12 characters, of any kind, spaces too: four words in a row will do.".into(),
                at_least: 12,
                ..PasswordForm::default()
            },
        }
    }

    #[test]
    fn sign_in_carries_its_token_and_where_it_leads() {
        let page = login().render().expect("a page");
        assert!(page.contains(r#"<form method="post" action="/login"><input type="hidden" name="csrf_token" value="csrf-token"><input type="hidden" name="next" value="/logs?range=24h&#38;q=a&#34;b">"#), "{page}");
        assert!(!page.contains("No account yet") && !page.contains("role=\"alert\""), "{page}");
        assert!(!page.contains("htmx.min"), "sign-in needs no htmx: {page}");
    }

    #[test]
    fn a_refused_sign_in_keeps_the_e_mail_and_says_why_at_the_fields() {
        let page = LoginPage {
            email: "<b>\"@x".into(),
            error: Some("That e-mail and password do not match.".into()),
            ..login()
        }
        .render()
        .expect("a page");
        assert!(page.contains(r#"value="&#60;b&#62;&#34;@x""#), "{page}");
        assert_eq!(page.matches(r#"aria-describedby="login-e""#).count(), 2, "{page}");
        assert!(page.contains(r#"id="login-e""#) && page.contains("do not match."), "{page}");
    }

    #[test]
    fn with_no_account_yet_sign_in_says_how_to_make_one() {
        let page = LoginPage { first_account: true, ..login() }.render().expect("a page");
        assert!(page.contains("daybook staff add you@example.org") && page.contains("--role admin"), "{page}");
    }

    #[test]
    fn the_account_page_marks_what_is_chosen() {
        let page = account().render().expect("a page");
        assert!(page.contains(r#"<option value="Asia/Kolkata" selected>Asia/Kolkata, UTC+05:30</option>"#), "{page}");
        assert_eq!(page.matches(" selected").count(), 1, "{page}");
        let forms = page.matches("<form method=\"post\"").count();
        assert_eq!(page.matches(r#"name="csrf_token" value="csrf-token""#).count(), forms, "every form carries it");
        // A choice in the bar lasts for the session, one here is kept: only the bar's two forms say "session".
        assert_eq!(page.matches(r#"name="keep" value="session""#).count(), 2, "{page}");
        assert!(page.contains(r#"value="system" aria-pressed="true""#), "{page}");
        assert!(!page.contains("role=\"alert\""), "{page}");
    }

    #[test]
    fn a_refused_password_says_why_beside_its_field_and_is_not_sent_back() {
        let mut page = account();
        page.password.again_error = Some("This is not the same as the new password.".into());
        let page = page.render().expect("a page");
        assert!(page.contains(r#"name="new_password_again" type="password" autocomplete="new-password" required aria-invalid="true" aria-describedby="a-again-e""#), "{page}");
        assert!(page.contains(r##"<a href="#a-again">"##), "{page}");
    }

    #[test]
    fn what_was_done_is_said_without_alarm() {
        let page =
            AccountPage { done: Some("Your password is changed.".into()), ..account() }.render().expect("a page");
        assert!(
            page.contains(r#"<p class="calm" role="status">"#) && page.contains("Your password is changed."),
            "{page}"
        );
    }
}
