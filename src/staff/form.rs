//! What the form of a new account says.

use crate::{
    core::role::Role,
    session::{accounts, form::Form},
};

/// The form as it was typed, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The e-mail.
    pub email: String,
    /// Why it cannot be the e-mail.
    pub email_error: Option<String>,
    /// The name.
    pub name: String,
    /// Why it cannot be the name.
    pub name_error: Option<String>,
    /// The role.
    pub role: String,
    /// Why it cannot be the role.
    pub role_error: Option<String>,
    /// Why nothing is made although nothing is wrong with the fields.
    pub busy: Option<String>,
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            email: String::new(),
            email_error: None,
            name: String::new(),
            name_error: None,
            role: Role::Support.as_str().to_owned(),
            role_error: None,
            busy: None,
        }
    }
}

/// An account to be made, but for its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// The e-mail.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
}

impl Typed {
    /// Whether anything is wrong.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.busy.is_some() || !self.bad_fields().is_empty()
    }

    /// The fields with something wrong: their ids and names on the page.
    #[must_use]
    pub fn bad_fields(&self) -> Vec<(&'static str, &'static str)> {
        let fields = [
            (&self.email_error, ("s-email", "Work e-mail")),
            (&self.name_error, ("s-name", "Name")),
            (&self.role_error, ("s-role", "Role")),
        ];
        fields.into_iter().filter(|(error, _)| error.is_some()).map(|(_, field)| field).collect()
    }

    /// Whether the role is one of those that can be chosen.
    #[must_use]
    pub fn knows_role(&self) -> bool {
        self.role.parse::<Role>().is_ok()
    }
}

/// Reads a form: an account to be made, or everything that was typed with what is wrong.
pub fn read(form: &Form) -> Result<New, Box<Typed>> {
    let mut typed = Typed {
        email: form.value("email").to_owned(),
        name: form.value("name").to_owned(),
        role: form.value("role").to_owned(),
        ..Typed::default()
    };
    let email = accounts::email(&typed.email).map(str::to_owned);
    if email.is_none() {
        typed.email_error = Some(if typed.email.trim().is_empty() {
            "Give the e-mail with which they will sign in.".to_owned()
        } else {
            "This is not an e-mail. Write it like maya@example.org.".to_owned()
        });
    }
    let name = accounts::name(&typed.name).map(|name| name.map(str::to_owned));
    let name = name.map_err(|why| typed.name_error = Some(why));
    let role = role(form).map_err(|why| typed.role_error = Some(why));
    match (email, name, role) {
        (Some(email), Ok(name), Ok(role)) => Ok(New { email, name, role }),
        _ => Err(Box::new(typed)),
    }
}

/// The role that a form says, or why it is none.
pub fn role(form: &Form) -> Result<Role, String> {
    form.value("role").parse().map_err(|_| "Choose one of the roles: Viewer, Support or Admin.".to_owned())
}
