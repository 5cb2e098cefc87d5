//! What a handler of a signed-in page takes: who asks, when, and the ways to answer and to write down that they did.

use std::{future::Future, pin::Pin, rc::Rc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use super::guard::Staff;
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
    /// What every request may use.
    pub state: web::Data<State>,
    /// Who asks.
    pub staff: Staff,
    /// The instant of the request: everything on the page is as of then.
    pub now: Timestamp,
    shell: Rc<Shell>,
    log: web::Data<StaffLog>,
    ip_address: Option<String>,
    request_id: Option<String>,
}

impl Signed {
    /// What surrounds the page.
    #[must_use]
    pub fn shell(&self, section: Section) -> Shell {
        Shell { section, ..(*self.shell).clone() }
    }

    /// Writes down what they did, before they see it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where it cannot be written: then they must not see it.
    pub fn record(&self, kind: Kind, subject: Option<String>, detail: Option<String>) -> Result<()> {
        self.log.record(Record {
            at: self.now,
            staff_id: Some(self.staff.id),
            staff_email: self.staff.email.clone(),
            kind,
            subject,
            detail,
            ip_address: self.ip_address.clone(),
            request_id: self.request_id.clone(),
        })
    }

    /// Where people reach this site, for a link that leaves it: as configured, else as this request came.
    #[must_use]
    pub fn base(&self, req: &HttpRequest) -> String {
        self.state.site.public_url.clone().unwrap_or_else(|| {
            let host = req.uri().authority().map(|host| host.to_string()).or_else(|| {
                req.headers().get("host").and_then(|host| host.to_str().ok()).map(str::to_owned)
            });
            host.map(|host| format!("http://{host}")).unwrap_or_default()
        })
    }
}

impl FromRequest for Signed {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = read(req);
        Box::pin(async move { signed })
    }
}

fn read(req: &HttpRequest) -> Result<Signed> {
    let missing = || Error::Internal(anyhow::anyhow!("a signed-in page stands outside the guard"));
    let state = req.app_data::<web::Data<State>>().cloned().ok_or_else(missing)?;
    let log = req.app_data::<web::Data<StaffLog>>().cloned().ok_or_else(missing)?;
    let staff = req.extensions().get::<Staff>().cloned().ok_or_else(missing)?;
    let shell = req.extensions().get::<Rc<Shell>>().cloned().ok_or_else(missing)?;
    Ok(Signed {
        now: state.now(),
        ip_address: client::address(req, &state.site).map(|address| address.to_string()),
        request_id: client::request_id(req),
        state,
        staff,
        shell,
        log,
    })
}
