//! The requests of programs that write: entries, members and bookings.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    batch::{self, Batch},
    intake::{self, Body, Intake, Refusal},
    people,
    writer::{Done, Work, Writer},
};
use crate::{
    core::error::{Error, Result, What},
    logs::{
        object::Column,
        sent::Sent,
        write::{
            Written,
            checked::{self, Kept, Refused, Why},
        },
    },
    session::Bearer,
    staff_log,
    web::{
        problem::{Kind, LISTED, Problem, Trouble},
        state::State,
    },
};

/// What is said of entries that stand.
#[derive(Serialize)]
struct Receipt {
    created: u64,
    duplicate: u64,
    ids: Vec<Uuid>,
}

/// `POST /api/v1/logs`: one object, or many lines of them; all or nothing, and on disk when it answers.
pub async fn post_logs(
    req: HttpRequest,
    payload: web::Payload,
    bearer: Bearer,
    state: web::Data<State>,
    intake: web::Data<Intake>,
    writer: web::Data<Writer>,
) -> Result<HttpResponse> {
    let written = async {
        writable(&state)?;
        let shape = intake::shape(&req, true)?;
        let Body { bytes, space } = intake.read(&req, payload.into_inner(), (intake::BYTES, shape), bearer.id).await?;
        let batch = batch::read(&bytes, shape, bearer.now)?;
        drop(bytes);
        if !batch.wrong.is_empty() {
            return Err(wrong_problem(&state, batch).await?.into());
        }
        let Batch { sent, lines, .. } = batch;
        let ids: Vec<Uuid> = sent.iter().map(|sent: &Sent| sent.log.id).collect();
        match writer.write(Work::Logs(sent), space).await? {
            Done::Written(Written { created, duplicate }) => Ok(Receipt { created, duplicate, ids }),
            Done::Refused(refused) => Err(refused_problem(&refused, &lines).into()),
            other => Err(unexpected(&other)),
        }
    };
    let receipt = match written.await {
        Ok(receipt) => receipt,
        Err(refusal) => return refuse(refusal),
    };
    let status = if receipt.created > 0 { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &receipt))
}

/// Entries of which some cannot be read, by line: the others are compared with what stands all the same, and what they
/// all refer to is looked up, so that everything is said at once.
async fn wrong_problem(state: &State, batch: Batch) -> Result<Problem> {
    let Batch { sent, lines, mut wrong, references } = batch;
    let refused = checked::refusals(&mut &state.db, &sent).await?;
    let kind = kind(&refused);
    wrong.extend(troubles(&refused, &lines));
    let unknown = checked::strangers(&mut &state.db, &references).await?;
    wrong.extend(unknown.into_iter().map(|(line, field)| trouble(Some(line), field, Why::Unknown)));
    wrong.sort_by_key(|trouble| trouble.line);
    wrong.truncate(LISTED);
    Ok(kind.with(wrong))
}

/// Entries that were not written, by line.
fn refused_problem(refused: &[Refused], lines: &[usize]) -> Problem {
    kind(refused).with(troubles(refused, lines).collect())
}

/// A conflict is one whatever else is wrong.
fn kind(refused: &[Refused]) -> Problem {
    if refused.iter().any(|refused| refused.why == Why::Conflict) {
        Problem::new(Kind::Conflict, "nothing was written")
    } else {
        Problem::new(Kind::Invalid, "a field cannot be stored")
    }
}

fn troubles(refused: &[Refused], lines: &[usize]) -> impl Iterator<Item = Trouble> {
    refused.iter().map(|refused| trouble(lines.get(refused.at).copied(), refused.field, refused.why))
}

fn trouble(line: Option<usize>, field: Column, why: Why) -> Trouble {
    let reason = match why {
        Why::Conflict => "is not what stands in the entry with this id",
        Why::Unknown => "is not known here: PUT it first",
    };
    Trouble { line, field: Some(field.name().to_owned()), reason: reason.to_owned() }
}

/// `PUT /api/v1/members/{id}`
pub async fn put_member(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
    bearer: Bearer,
    door: Door,
) -> Result<HttpResponse> {
    door.put(&req, payload, &bearer, (&path, What::Member), |id, bytes| people::member(id, bytes).map(Work::PutMember))
        .await
}

/// `DELETE /api/v1/members/{id}`: their entries lose the reference and keep everything else.
pub async fn delete_member(path: web::Path<String>, bearer: Bearer, door: Door) -> Result<HttpResponse> {
    let record = |id: Uuid| bearer.line(staff_log::Kind::MemberDeleted, Some(id.to_string()), None);
    door.delete((&path, What::Member), |id| Work::DeleteMember(id, record(id))).await
}

/// `PUT /api/v1/bookings/{id}`
pub async fn put_booking(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
    bearer: Bearer,
    door: Door,
) -> Result<HttpResponse> {
    door.put(&req, payload, &bearer, (&path, What::Booking), |id, bytes| {
        people::booking(id, bytes).map(Work::PutBooking)
    })
    .await
}

/// `DELETE /api/v1/bookings/{id}`
pub async fn delete_booking(path: web::Path<String>, bearer: Bearer, door: Door) -> Result<HttpResponse> {
    let record = |id: Uuid| bearer.line(staff_log::Kind::BookingDeleted, Some(id.to_string()), None);
    door.delete((&path, What::Booking), |id| Work::DeleteBooking(id, record(id))).await
}

/// What every request about a member or a booking needs.
pub struct Door {
    state: web::Data<State>,
    intake: web::Data<Intake>,
    writer: web::Data<Writer>,
}

impl Door {
    /// Reads a small body into the work it asks for, and does that.
    async fn put(
        &self,
        req: &HttpRequest,
        payload: web::Payload,
        bearer: &Bearer,
        (path, what): (&str, What),
        read: impl FnOnce(Uuid, &[u8]) -> std::result::Result<Work, Refusal>,
    ) -> Result<HttpResponse> {
        let kept = async {
            let id = id(path, what)?;
            writable(&self.state)?;
            let shape = intake::shape(req, false)?;
            let body = self.intake.read(req, payload.into_inner(), (intake::SMALL, shape), bearer.id).await?;
            let work = read(id, &body.bytes)?;
            self.writer.write(work, body.space).await.map_err(Refusal::from)
        };
        answer(kept.await, what)
    }

    async fn delete(&self, (path, what): (&str, What), work: impl FnOnce(Uuid) -> Work) -> Result<HttpResponse> {
        let deleted = async {
            writable(&self.state)?;
            let id = id(path, what)?;
            self.writer.write(work(id), None).await.map_err(Refusal::from)
        };
        answer(deleted.await, what)
    }
}

impl actix_web::FromRequest for Door {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let data = (req.app_data().cloned(), req.app_data().cloned(), req.app_data().cloned());
        std::future::ready(match data {
            (Some(state), Some(intake), Some(writer)) => Ok(Self { state, intake, writer }),
            _ => Err(Error::Internal(anyhow::anyhow!("no state"))),
        })
    }
}

/// An application that was there first writes its tables itself.
fn writable(state: &State) -> std::result::Result<(), Problem> {
    if state.db.is_attached() {
        return Err(Problem::new(Kind::Attached, "the application writes its own tables"));
    }
    Ok(())
}

/// The id in a path, in any spelling.
fn id(text: &str, what: What) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| Error::NotFound(what))
}

fn answer(done: std::result::Result<Done, Refusal>, what: What) -> Result<HttpResponse> {
    match done {
        Ok(Done::Kept(Kept::Created)) => Ok(empty(StatusCode::CREATED)),
        Ok(Done::Kept(Kept::Replaced)) => Ok(empty(StatusCode::OK)),
        Ok(Done::Kept(Kept::UnknownMember)) => {
            Ok(people::invalid("member_id", "is not known here: PUT the member first").respond())
        }
        Ok(Done::Deleted(true)) => Ok(empty(StatusCode::NO_CONTENT)),
        Ok(Done::Deleted(false)) => Err(Error::NotFound(what)),
        Ok(other) => refuse(unexpected(&other)),
        Err(refusal) => refuse(refusal),
    }
}

fn refuse(refusal: Refusal) -> Result<HttpResponse> {
    match refusal {
        Refusal::Problem(problem) => Ok(problem.respond()),
        Refusal::Error(error) => Err(error),
    }
}

fn unexpected(done: &Done) -> Refusal {
    Error::Internal(anyhow::anyhow!("the writer answered something else than it was asked: {done:?}")).into()
}

/// An answer that says no more than its status; a program may read an object from it all the same.
fn empty(status: StatusCode) -> HttpResponse {
    if status == StatusCode::NO_CONTENT {
        return HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).finish();
    }
    json(status, &serde_json::Map::new())
}

/// An answer in JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(body)
}
