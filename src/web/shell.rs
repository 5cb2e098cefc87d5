//! What surrounds a page: everything its frame prints, already decided.

use super::zones::ZoneWords;
use crate::core::{
    role::Role,
    time::{Timestamp, Zone},
};

/// The name of the product, and of a site that was given no other.
const PRODUCT: &str = "Daybook";

/// Light or dark: a setting of the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// In the order of the menu.
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }

    /// The value of `data-theme` on the document; `None` leaves it to the device.
    #[must_use]
    pub const fn data_theme(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }
}

/// Whoever knows how many error groups wait for somebody. The server has it as `web::Data<dyn Waiting>`; every page asks it,
/// so it answers from memory.
pub trait Waiting: Send + Sync {
    /// How many, as the bar says it: `3`, `99+`; blank where none does, or it is not known.
    fn errors(&self) -> String;
}

/// One of the buttons that choose a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThemeChoice {
    /// What the form sends.
    pub value: &'static str,
    /// On the account page: `Light`.
    pub name: &'static str,
    /// In the menu: `Theme: light`.
    pub menu_name: &'static str,
    /// The icon before it.
    pub icon: &'static str,
    /// Whether it is the theme now.
    pub pressed: bool,
}

/// The part of Daybook that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The list and its entries.
    Activity,
    /// Members.
    Members,
    /// Error groups.
    Errors,
    /// Own settings.
    Account,
    /// Staff: accounts.
    Staff,
    /// Staff: who did what in Daybook.
    StaffActivity,
    /// Staff: API tokens.
    Tokens,
    /// Anything else.
    Other,
}

/// What every page of somebody who is signed in needs.
#[derive(Debug, Clone)]
pub struct Shell {
    /// What this site calls itself.
    pub site_name: String,
    /// Who is signed in.
    pub email: String,
    /// Their role in words: `Support`.
    pub role_name: String,
    /// Whether they see addresses, and may look for one.
    pub sees_details: bool,
    /// Goes with every form that posts.
    pub csrf_token: String,
    /// Their theme.
    pub theme: Theme,
    /// The zone times are shown in: `Europe/London`.
    pub zone_name: String,
    /// Its place: `London`.
    pub zone_city: String,
    /// Its offset now: `UTC+01:00`.
    pub zone_offset: String,
    /// What the zone menu says about it.
    pub zone_hint: String,
    /// The site's own zone: `Europe/London`.
    pub site_zone: String,
    /// This page's own path and query, to which a change of zone or theme leads back.
    pub next: String,
    /// Which part of Daybook this is.
    pub section: Section,
    /// What whoever is signed in has just done, on the page that it leads to: `View saved.`
    pub said: Option<String>,
    /// How many error groups wait for somebody, for whoever may see them: `3`, `99+`; blank where none does.
    pub errors: Option<String>,
}

impl Shell {
    /// The site's name where it says more than the product's.
    pub fn site(&self) -> Option<&str> {
        site(&self.site_name)
    }

    /// The value of `data-theme`, where the account has chosen.
    pub const fn data_theme(&self) -> Option<&'static str> {
        self.theme.data_theme()
    }

    /// Whether this page belongs to Activity.
    pub fn in_activity(&self) -> bool {
        self.section == Section::Activity
    }

    /// Whether this page belongs to Members.
    pub fn in_members(&self) -> bool {
        self.section == Section::Members
    }

    /// Whether this page belongs to Errors.
    pub fn in_errors(&self) -> bool {
        self.section == Section::Errors
    }

    /// Whether this is the account page.
    pub fn in_account(&self) -> bool {
        self.section == Section::Account
    }

    /// Whether this page belongs to Staff.
    pub fn in_staff(&self) -> bool {
        matches!(self.section, Section::Staff | Section::StaffActivity | Section::Tokens)
    }

    /// The pages of Staff: address, name, and which one this is.
    pub fn staff_tabs(&self) -> [(&'static str, &'static str, bool); 3] {
        [
            ("/staff", "Accounts", Section::Staff),
            ("/staff/activity", "Activity in Daybook", Section::StaffActivity),
            ("/tokens", "API tokens", Section::Tokens),
        ]
        .map(|(href, name, section)| (href, name, section == self.section))
    }

    /// Whether whoever is signed in manages Daybook.
    pub fn is_admin(&self) -> bool {
        self.role_name == Role::Admin.name()
    }

    /// The buttons that choose a theme, the chosen one pressed.
    pub fn theme_choices(&self) -> [ThemeChoice; 3] {
        Theme::ALL.map(|theme| {
            let (name, menu_name, icon) = match theme {
                Theme::System => ("System", "Theme: match the system", "system"),
                Theme::Light => ("Light", "Theme: light", "sun"),
                Theme::Dark => ("Dark", "Theme: dark", "moon"),
            };
            ThemeChoice { value: theme.as_str(), name, menu_name, icon, pressed: theme == self.theme }
        })
    }

    /// The same shell with its zone's words for `zone` at `now`.
    #[must_use]
    pub fn with_zone(self, zone: Zone, site: Zone, now: Timestamp) -> Self {
        let words = ZoneWords::at(zone, now);
        Self {
            zone_hint: zone_hint(&words),
            zone_name: words.name.to_owned(),
            zone_city: words.city,
            zone_offset: words.offset,
            site_zone: site.name().to_owned(),
            ..self
        }
    }
}

/// What a page without a session needs: sign-in, and errors where nobody is known.
#[derive(Debug, Clone)]
pub struct BareShell {
    /// What this site calls itself.
    pub site_name: String,
    /// Their theme, where one is known.
    pub theme: Theme,
}

impl BareShell {
    /// The site's name where it says more than the product's.
    pub fn site(&self) -> Option<&str> {
        site(&self.site_name)
    }

    /// The value of `data-theme`, where one is known.
    pub const fn data_theme(&self) -> Option<&'static str> {
        self.theme.data_theme()
    }
}

fn site(name: &str) -> Option<&str> {
    (name != PRODUCT && !name.is_empty()).then_some(name)
}

/// Says what the zone is now, and how long a choice in the bar lasts.
fn zone_hint(words: &ZoneWords) -> String {
    let mut now = format!("Now {}", words.heading());
    if words.abbreviation != words.offset {
        now = format!("{now}, {}", words.offset);
    }
    format!("{now}. It changes what you see, not the log, and lasts until you sign out.")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A shell as a support member of Brackenfield sees it.
    pub(crate) fn sample(section: Section, next: &str) -> Shell {
        let now = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        Shell {
            site_name: "Brackenfield Dogs".into(),
            email: "maya.osei@brackenfield.example".into(),
            role_name: "Support".into(),
            sees_details: true,
            csrf_token: "csrf-token".into(),
            theme: Theme::System,
            zone_name: String::new(),
            zone_city: String::new(),
            zone_offset: String::new(),
            zone_hint: String::new(),
            site_zone: String::new(),
            next: next.into(),
            said: None,
            section,
            errors: Some("1".into()),
        }
        .with_zone(chrono_tz::Europe::London, chrono_tz::Europe::London, now)
    }

    #[test]
    fn a_theme_reads_back_what_it_writes() {
        for theme in Theme::ALL {
            assert_eq!(Theme::parse(theme.as_str()), Some(theme));
        }
        assert_eq!(Theme::parse("sepia"), None);
        assert_eq!(Theme::System.data_theme(), None);
    }

    #[test]
    fn the_bar_says_the_zone_and_how_long_it_lasts() {
        let shell = sample(Section::Other, "/");
        assert_eq!(shell.zone_city, "London");
        assert_eq!(
            shell.zone_hint,
            "Now London, BST, UTC+01:00. It changes what you see, not the log, and lasts until you sign out."
        );
        let now = Timestamp::parse_rfc3339("2026-06-18T13:38:05Z").expect("an instant");
        let utc = shell.clone().with_zone(Zone::UTC, Zone::UTC, now).zone_hint;
        assert!(utc.starts_with("Now UTC, UTC+00:00. "), "{utc}");
        let kathmandu = shell.with_zone(chrono_tz::Asia::Kathmandu, Zone::UTC, now).zone_hint;
        assert!(kathmandu.starts_with("Now Kathmandu, UTC+05:45. "), "{kathmandu}");
    }

    #[test]
    fn a_site_without_a_name_of_its_own_is_not_named_twice() {
        let bare = |name: &str| BareShell { site_name: name.into(), theme: Theme::System };
        assert_eq!(bare("Daybook").site(), None);
        assert_eq!(bare("Brackenfield Dogs").site(), Some("Brackenfield Dogs"));
    }
}
