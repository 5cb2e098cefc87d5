//! The API described: the document and the page say what there is, and their examples are what is sent and answered.

use daybook::{
    core::role::Role,
    ingest::describe::{Holds, OPERATIONS, Sends, examples},
    routes::ROUTES,
    session::{
        access::{Access, Verb},
        tokens::Scope,
    },
    web::problem::Kind,
};
use serde_json::Value;

use crate::{
    database_test,
    support::{
        Api, Places, TestApp,
        api::json,
        app::Setup,
        application::{ENTRIES, attached},
        database::at,
        safe_headers,
    },
};

const fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    }
}

/// Every reference in a value.
fn references<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            out.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, out));
        }
        Value::Array(all) => all.iter().for_each(|value| references(value, out)),
        _ => {}
    }
}

/// Whether lists, entries and refusals are as the document has them.
async fn fits(app: &TestApp, reader: &Api, entry: &str) {
    let mut document = json(&app.client().get("/api/v1/openapi.json").await);
    let one = format!("/api/v1/logs/{entry}");
    for (path, status, schema) in [
        ("/api/v1/logs", 200, "Entries"),
        ("/api/v1/logs?limit=25&status=error", 200, "Entries"),
        (one.as_str(), 200, "Entry"),
        ("/api/v1/logs/x", 404, "Problem"),
        ("/api/v1/logs?range=never&from=x", 400, "Problem"),
        ("/api/v1/nothing", 404, "Problem"),
        ("/api/v2/logs", 404, "Problem"),
        ("/api", 404, "Problem"),
    ] {
        let page = reader.get(path).await;
        assert_eq!(page.status.as_u16(), status, "{path}: {}", page.text());
        // References in the document lead into it, so it is itself the schema, of which one part is asked for.
        document["$ref"] = format!("#/components/schemas/{schema}").into();
        let schema = jsonschema::validator_for(&document).expect("a schema");
        let answer = json(&page);
        let wrong: Vec<String> =
            schema.iter_errors(&answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{path}: {wrong:?}");
    }
}

/// A table that lacks columns and holds longer texts than are taken here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_over_an_application_s_table_is_what_the_document_says() {
    let change = "ALTER TABLE audit_logs DROP COLUMN area, DROP COLUMN status, ALTER action_type TYPE text; \
                  UPDATE audit_logs SET action_type = repeat('x', 300) WHERE id = (SELECT min(id::text)::uuid FROM audit_logs)";
    let (db, _) = attached(change, &[]).await;
    let app = TestApp::with(db, Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() }).await;
    fits(&app, &Api::reader(&app).await, ENTRIES[0]).await;
}

#[test]
fn every_route_of_programs_is_described_with_its_scope_and_no_other_is() {
    let mut routes: Vec<_> = ROUTES
        .iter()
        .filter_map(|row| match row.access {
            Access::Token(scope) => Some((row.path.to_owned(), method(row.verb), scope)),
            _ => None,
        })
        .collect();
    let mut described: Vec<_> = OPERATIONS.iter().map(|op| (op.full_path(), op.method, op.scope)).collect();
    routes.sort();
    described.sort();
    assert_eq!(routes, described);
}

database_test! {
    async fn the_document_names_every_operation_and_every_reference_in_it_leads_somewhere(db: TestDb) {
        let app = TestApp::start(db).await;
        let page = app.client().get("/api/v1/openapi.json").await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("application/json")));
        let document = json(&page);
        assert_eq!(document["openapi"], "3.1.0");
        for operation in OPERATIONS {
            let said = &document["paths"][operation.path][operation.method.to_ascii_lowercase()];
            assert_eq!(said["operationId"], operation.id);
            for kind in operation.problems {
                assert!(said["responses"][kind.status().to_string()].is_object(), "{}: {kind:?}", operation.id);
            }
        }
        let mut all = Vec::new();
        references(&document, &mut all);
        assert!(all.len() > 50);
        for reference in all {
            let found = document.pointer(reference.strip_prefix('#').expect("here"));
            assert!(found.is_some(), "{reference} leads nowhere");
        }
    }

    async fn its_examples_are_what_is_sent_and_answered(db: TestDb) {
        let app = TestApp::start(db).await;
        let (writer, reader) = (Api::writer(&app).await, Api::reader(&app).await);
        let member = writer.put(&format!("/api/v1/members/{}", examples::MEMBER), &examples::sent(Sends::Member)).await;
        assert_eq!((member.status.as_u16(), Some(json(&member))), (201, examples::answered(Holds::Empty)));
        let booking = writer.put(&format!("/api/v1/bookings/{}", examples::BOOKING), &examples::sent(Sends::Booking)).await;
        assert_eq!(booking.status, 201);
        let written = writer.post(&examples::sent(Sends::Entries).to_string()).await;
        assert_eq!((written.status.as_u16(), Some(json(&written))), (201, examples::answered(Holds::Receipt)));
        let read = reader.get(&format!("/api/v1/logs/{}", examples::ENTRY)).await;
        assert_eq!(Some(json(&read)), examples::answered(Holds::Entry));
        assert_eq!(Some(json(&reader.get("/api/v1/logs").await)), examples::answered(Holds::Entries));
        let lines = writer.post_lines(&examples::lines()).await;
        assert_eq!((lines.status.as_u16(), json(&lines)["duplicate"].clone()), (201, 1.into()));
    }

    async fn what_is_answered_is_what_the_document_says(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let viewer = Api::new(&app, Role::Viewer, &[Scope::Read]).await;
        for reader in [&viewer, &Api::reader(&app).await] {
            fits(&app, reader, &places.entry.to_string()).await;
        }
    }

    async fn the_page_shows_all_of_it_without_a_session_or_a_script(db: TestDb) {
        let app = TestApp::start(db).await;
        let page = app.client().get("/api/docs").await;
        assert_eq!(page.status, 200);
        safe_headers::check(&page.headers, "/api/docs");
        for operation in OPERATIONS {
            assert!(page.has(&format!("#{}", operation.id)), "{}", operation.id);
        }
        // Each kind of problem has the address that its answers name.
        for kind in Kind::ALL {
            assert!(page.has(&format!("[id='{}']", kind.slug())), "{kind:?}");
        }
        for href in page.attributes("main a", "href").iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(page.has(&format!("[id='{href}']")), "#{href} leads nowhere");
        }
    }
}
