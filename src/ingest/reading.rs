//! The requests of programs that read: the list of entries with its filters and its ways on, and one entry.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Serialize;
use uuid::Uuid;

use super::handlers::json;
use crate::{
    core::{
        error::{Error, Result, What},
        role::Role,
        time::{Timestamp, Zone},
    },
    db::Db,
    logs::{
        filter::ListQuery,
        form::{Asker, FilterForm, Surface},
        look,
        object::{Column, Object, Row},
        rows, store,
    },
    paging::{At, Key, Page},
    session::Bearer,
    staff_log::{self, Kind},
    web::{
        problem::{API, Problem},
        respond,
        state::State,
    },
};

/// How many bytes of long text one page has at the most, unless one entry alone has more.
const LONG: usize = 4 * 1024 * 1024;

/// A page as programs get it.
#[derive(Serialize)]
struct Listed<'a> {
    entries: Vec<Object<'a>>,
    older: Option<String>,
    newer: Option<String>,
}

/// `GET /api/v1/logs`
pub async fn list(req: HttpRequest, bearer: Bearer, state: web::Data<State>) -> Result<HttpResponse> {
    let form = FilterForm::new(req.query_string());
    let query = match form.parse(Asker { zone: bearer.zone, role: bearer.role, surface: Surface::Machine }) {
        Ok(query) => query,
        Err(errors) => return Ok(Problem::parameters(&errors).respond()),
    };
    let State { db, budgets, .. } = &**state;
    let plan = store::plan(db, &query.filter, query.as_of(bearer.now), bearer.role.sees_details()).await?;
    let limit = usize::from(query.limit);
    let (keys, seen) = look::keys(db, &plan, query.at, limit + 1, budgets.list).await?;
    let columns = columns(bearer.role);
    let (rows, fit) = read(db, &keys, limit, &columns).await?;
    // What does not fit begins the next page, as what is beyond the limit does.
    let page = Page::new(keys, fit, query.at, seen, |key| *key);
    let detail = staff_log::counted(&page.rows.len().to_string(), &query.query_string(bearer.zone));
    bearer.record(Kind::LogsSearched, None, Some(detail))?;
    let links = Links { base: respond::base(&req), query: &query, zone: bearer.zone, now: bearer.now };
    let in_order = |key: &Key| rows.iter().find(|row| row.id == key.id).map(|row| Object { row, columns: &columns });
    let body = Listed {
        entries: page.rows.iter().filter_map(in_order).collect(),
        older: page.older.map(|cursor| links.to(At::Before(cursor))),
        newer: page.newer.map(|cursor| links.to(At::After(cursor))),
    };
    Ok(json(StatusCode::OK, &body))
}

/// `GET /api/v1/logs/{id}`: the id in any spelling.
pub async fn entry(path: web::Path<String>, bearer: Bearer, state: web::Data<State>) -> Result<HttpResponse> {
    let nothing = || Error::NotFound(What::Entry);
    let id = Uuid::parse_str(&path).map_err(|_| nothing())?;
    let columns = columns(bearer.role);
    let row = rows::one(&mut &state.db, id, &columns).await?.ok_or_else(nothing)?;
    bearer.record(Kind::EntryOpened, Some(id.to_string()), None)?;
    Ok(json(StatusCode::OK, &Object { row: &row, columns: &columns }))
}

/// The columns that a role sees; the others are not in the object at all.
fn columns(role: Role) -> Vec<Column> {
    let shown = |column: &Column| role.sees_details() || !column.is_detail();
    Column::ALL.into_iter().filter(shown).collect()
}

/// The entries of a page, as many of the first `limit` as fit, and how many that is.
async fn read(mut db: &Db, keys: &[Key], limit: usize, columns: &[Column]) -> Result<(Vec<Row>, usize)> {
    let wanted = &keys[..keys.len().min(limit)];
    let mut out: Vec<Row> = Vec::new();
    let mut bytes = 0;
    for group in rows::groups(&mut db, wanted, columns).await? {
        if bytes > LONG {
            return Ok((out, wanted.iter().position(|key| Some(key) == group.first()).unwrap_or(limit)));
        }
        let rows = rows::read(&mut db, &group, columns).await?;
        bytes += rows.iter().map(long).sum::<usize>();
        out.extend(rows);
    }
    Ok((out, limit))
}

/// The bytes of an entry's texts that have no bound.
fn long(row: &Row) -> usize {
    [&row.error_message, &row.error_detail, &row.extra].into_iter().flatten().map(String::len).sum()
}

/// The ways on from a page, each a whole address.
struct Links<'a> {
    base: String,
    query: &'a ListQuery,
    zone: Zone,
    now: Timestamp,
}

impl Links<'_> {
    fn to(&self, at: At) -> String {
        let Self { base, query, zone, now } = self;
        format!("{base}{API}/logs?{}", query.onward(at, *now).query_string(*zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logs::filter::Filter, paging::Cursor};

    #[test]
    fn a_viewer_gets_an_object_without_what_is_masked() {
        assert_eq!(columns(Role::Support), Column::ALL);
        let names: Vec<&str> = columns(Role::Viewer).into_iter().map(Column::name).collect();
        assert_eq!(
            names,
            [
                "id",
                "timestamp",
                "member_id",
                "member_email",
                "action_type",
                "area",
                "description",
                "status",
                "booking_id"
            ]
        );
    }

    #[test]
    fn a_way_on_carries_the_whole_query() {
        let query = ListQuery::first(Filter::default());
        let links =
            Links { base: "https://d.example".to_owned(), query: &query, zone: chrono_tz::UTC, now: Timestamp::MAX };
        let cursor = Cursor::beyond(Key { timestamp: Timestamp::from_micros(5), id: Uuid::nil() });
        assert_eq!(links.to(At::Before(cursor)), format!("https://d.example/api/v1/logs?range=all&before={cursor}"));
    }
}
