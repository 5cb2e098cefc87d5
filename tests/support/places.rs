//! What stands at the addresses of the table of routes: a member, a booking and an entry to open, a form for each post.

use daybook::{
    core::time::Timestamp,
    error_groups::fingerprint::Fingerprint,
    logs::{
        log::{NewBooking, NewLog, NewMember},
        write::Batch,
    },
    paging::{Cursor, Key},
    session::access::Route,
    web::assets,
};
use reqwest::StatusCode;
use uuid::Uuid;

use super::{Client, TestDb, app::PASSWORD, sample};

/// The ids of what was written.
pub struct Places {
    /// The member.
    pub member: Uuid,
    /// Their booking.
    pub booking: Uuid,
    /// Their entry: an error with everything in it.
    pub entry: Uuid,
    /// The error group of the entry.
    pub group: Fingerprint,
}

impl Places {
    /// Writes what there is to open.
    pub async fn write(db: &TestDb) -> Self {
        let member = sample::member("Hana Lindqvist", "hana.lindqvist@example.org");
        let booking = sample::booking(member.id);
        let log = NewLog {
            member_id: Some(member.id),
            booking_id: Some(booking.id),
            ..sample::error(sample::minutes_ago(6))
        };
        Self::write_these(db, member, booking, log).await
    }

    /// Writes these.
    pub async fn write_these(db: &TestDb, member: NewMember, booking: NewBooking, log: NewLog) -> Self {
        let group = crate::error_groups::print(&log);
        let places = Self { member: member.id, booking: booking.id, entry: log.id, group };
        db.write_batch(Batch { members: vec![member], bookings: vec![booking], logs: vec![log] }).await;
        crate::error_groups::gather(db).await;
        places
    }

    /// An address that the route answers with what it is for.
    pub fn path(&self, route: &Route) -> String {
        match route.path {
            "/logs/{id}" => format!("/logs/{}", self.entry),
            "/logs/{id}/error_detail.txt" => format!("/logs/{}/error_detail.txt", self.entry),
            "/errors/{fingerprint}" => format!("/errors/{}", self.group),
            "/errors/{fingerprint}/since" => format!("/errors/{}/since", self.group),
            "/logs/newer" => {
                format!("/logs/newer?since={}", Cursor::at(Key { timestamp: Timestamp::MIN, id: self.entry }))
            }
            "/find" => "/find?q=nobody%20there".to_owned(),
            "/members/by-email" => "/members/by-email?email=nobody@example.org".to_owned(),
            "/members/{id}" => format!("/members/{}", self.member),
            // One that came with Daybook.
            "/views/{id}" => "/views/2".to_owned(),
            "/views/{id}/move" => "/views/2/move".to_owned(),
            "/views/{id}/delete" => "/views/2/delete".to_owned(),
            "/static/{name}" => assets::APP_CSS.to_owned(),
            "/tokens/{id}/revoke" => format!("/tokens/{}/revoke", Uuid::nil()),
            path if path.starts_with("/staff/{id}/") => path.replace("{id}", &Uuid::nil().to_string()),
            "/api/v1/logs/{id}" => format!("/api/v1/logs/{}", self.entry),
            "/api/v1/members/{id}" => format!("/api/v1/members/{}", self.member),
            "/api/v1/bookings/{id}" => format!("/api/v1/bookings/{}", self.booking),
            path => {
                assert!(!path.contains('{'), "say here what an address of {path} is");
                path.to_owned()
            }
        }
    }

    /// The fields with which a post of somebody who is signed in does what it is for, but for the token.
    pub fn fields(route: &Route) -> Vec<(&'static str, &'static str)> {
        match route.path {
            "/logout"
            | "/views/{id}/delete"
            | "/tokens/{id}/revoke"
            | "/staff/{id}/password"
            | "/staff/{id}/sign-ins"
            | "/staff/{id}/disable"
            | "/staff/{id}/enable" => vec![],
            "/staff/{id}/role" => vec![("role", "support")],
            "/staff" => vec![("email", "somebody@example.org"), ("role", "support")],
            "/account/zone" => vec![("zone", "Asia/Kathmandu"), ("next", "/account")],
            "/account/theme" => vec![("theme", "dark"), ("next", "/account")],
            "/account/password" => vec![
                ("current_password", PASSWORD),
                ("new_password", "another horse, another battery"),
                ("new_password_again", "another horse, another battery"),
            ],
            "/views" => vec![("name", "Errors, a week"), ("query", "range=7d&status=error"), ("next", "/views")],
            "/errors/{fingerprint}" => vec![("state", "in_work"), ("note", "Offer to book it for them.")],
            "/views/{id}" => vec![("name", "Another name"), ("shared", "1")],
            "/views/{id}/move" => vec![("move", "up")],
            "/tokens" => vec![("name", "nightly-report"), ("scope", "read"), ("owner", "owner@example.org")],
            path => panic!("say here what a form of {path} holds"),
        }
    }

    fn fields_of_a_token() -> [(&'static str, &'static str); 3] {
        [("name", "to-be-revoked"), ("scope", "ingest"), ("owner", "owner@example.org")]
    }

    /// What a post of this row answers with where it did what it is for: what is shown only once is shown by the answer
    /// itself.
    pub fn done(route: &Route) -> StatusCode {
        match route.path {
            "/tokens" | "/staff" | "/staff/{id}/password" => StatusCode::OK,
            _ => StatusCode::SEE_OTHER,
        }
    }

    /// The account that the pages of staff change, as it is before `what` is done to it.
    async fn account_before(client: &Client, what: &str) -> String {
        const EMAIL: &str = "changed@example.org";
        client.submit("/staff", &[("email", EMAIL), ("role", "viewer")]).await;
        let link = client.get("/staff").await.attribute(&format!("a[aria-label='Change {EMAIL}']"), "href");
        let id = link.as_deref().and_then(|link| link.strip_prefix("/staff?edit=")?.strip_suffix("#edit"));
        let path = format!("/staff/{}", id.unwrap_or(&Uuid::nil().to_string()));
        let (first, fields) = match what {
            "role" => ("role", vec![("role", "viewer")]),
            "disable" => ("enable", vec![]),
            "enable" => ("disable", vec![]),
            _ => return format!("{path}/{what}"),
        };
        client.submit(&format!("{path}/{first}"), &fields).await;
        format!("{path}/{what}")
    }

    /// Where a post of somebody who is signed in goes: what it is about is made for them first.
    pub async fn post_path(client: &Client, route: &Route) -> String {
        if let Some(what) = route.path.strip_prefix("/staff/{id}/") {
            return Self::account_before(client, what).await;
        }
        if route.path == "/tokens/{id}/revoke" {
            let page = client.submit("/tokens", &Self::fields_of_a_token()).await;
            let revokes = page.attributes("form[action^='/tokens/']", "action");
            return revokes.first().cloned().unwrap_or_else(|| format!("/tokens/{}/revoke", Uuid::nil()));
        }
        if route.path == "/errors/{fingerprint}" {
            let group = client.get("/errors").await.attribute("#list a[data-row]", "href");
            let group = group.unwrap_or_else(|| "/errors/000000000000".to_owned());
            client.submit(&group, &[("state", "new"), ("note", "")]).await;
            return group;
        }
        if !route.path.starts_with("/views/{id}") {
            return route.path.to_owned();
        }
        for name in ["The first", "The second"] {
            client.submit("/views", &[("name", name), ("query", "range=1h")]).await;
        }
        let page = client.get("/views").await;
        let deletes = page.attributes("form[action^='/views/'][action$='/delete']", "action");
        route.path.replace("/views/{id}", deletes[1].trim_end_matches("/delete"))
    }
}
