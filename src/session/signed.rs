//! What a page of staff is made with: who asks, as of when, what surrounds it, and the line that says they saw it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use anyhow::anyhow;
use subtle::ConstantTimeEq as _;

use super::{
    guard::{self, Staff},
    token,
};
use crate::{
    core::{
        error::{Error, Result},
        time::Timestamp,
    },
    staff_log::{Kind, Record, StaffLog},
    web::{
        client,
        shell::{Section, Shell},
        state::State,
    },
};

/// A request of somebody who is signed in and may ask for this.
pub struct Signed {
    /// Who asks.
    pub staff: Staff,
    /// The instant of the request: everything on its page is as of then.
    pub now: Timestamp,
    frame: Shell,
    log: web::Data<StaffLog>,
    ip_address: Option<String>,
    request_id: Option<String>,
}

impl Signed {
    /// What surrounds a page of `section`.
    #[must_use]
    pub fn shell(&self, section: Section) -> Shell {
        Shell { section, ..self.frame.clone() }
    }

    /// Writes down what they do; call it before anything of it is shown.
    ///
    /// # Errors
    /// 503 where it cannot be written down: then it must not be shown.
    pub fn record(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Result<()> {
        self.log.record(self.line(kind, subject, detail))
    }

    /// The line itself, for a change that takes it into its own transaction.
    #[must_use]
    pub fn line(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Record {
        Record {
            at: self.now,
            staff_id: Some(self.staff.id),
            staff_email: self.staff.email.clone(),
            kind,
            subject,
            detail,
            ip_address: self.ip_address.clone(),
            request_id: self.request_id.clone(),
            token: None,
        }
    }

    /// A seal on `text`, which only this session can have got, and only from here.
    pub fn seal(&self, text: &str) -> Result<String> {
        token::seal(&self.staff.csrf, text)
    }

    /// Whether `seal` is the seal on `text`.
    #[must_use]
    pub fn is_sealed(&self, text: &str, seal: &str) -> bool {
        self.seal(text).is_ok_and(|ours| ours.as_bytes().ct_eq(seal.as_bytes()).into())
    }

    /// What writes down how it went on: a line as this one would be, once the answer has begun.
    #[must_use]
    pub fn witness(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Witness {
        Witness { log: StaffLog::clone(&self.log), line: self.line(kind, subject, detail) }
    }

    fn read(req: &HttpRequest, staff: Staff) -> Result<Self> {
        let data = (req.app_data::<web::Data<State>>(), req.app_data::<web::Data<StaffLog>>());
        let (Some(state), Some(log)) = data else { return Err(anyhow!("no state").into()) };
        Ok(Self {
            staff,
            now: state.now(),
            frame: guard::frame(req, Section::Other)?,
            log: log.clone(),
            ip_address: client::address(req, &state.site).map(|address| address.to_string()),
            request_id: client::request_id(req),
        })
    }
}

/// Writes lines about somebody's request for as long as its answer takes.
#[derive(Debug, Clone)]
pub struct Witness {
    log: StaffLog,
    /// The first line.
    pub line: Record,
}

impl Witness {
    /// Writes down what came of it, at `at`.
    ///
    /// # Errors
    /// 503 where it cannot be written down.
    pub fn record(&self, at: Timestamp, kind: Kind, detail: String) -> Result<()> {
        self.log.record(Record { at, kind, detail: Some(detail), ..self.line.clone() })
    }
}

impl FromRequest for Signed {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let staff = Staff::from_request(req, payload).into_inner();
        ready(staff.and_then(|staff| Self::read(req, staff)))
    }
}
