//! Entries, members and bookings from programs: stored once, all or none, and compared with what stands.

use daybook::{
    core::role::Role,
    routes::ROUTES,
    session::{
        access::{Access, Verb},
        tokens::Scope,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Api, Places, TestApp, TestDb,
        api::{errors, json as body, problem},
        app::Setup,
        application::{ENTRIES, attached},
        database::at,
    },
};

fn entry(id: Uuid) -> Value {
    json!({"id": id, "timestamp": "2026-06-18T13:00:00Z", "action_type": "login", "area": "members/login", "description": "Signed in"})
}

fn with(id: Uuid, changes: &Value) -> Value {
    let mut entry = entry(id);
    entry.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    entry
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_an_attached_table_programs_read_and_none_writes() {
    let (db, _) = attached("", &[]).await;
    let app = TestApp::with(db, Setup { now: at("2026-04-06T00:00:00Z"), ..Setup::default() }).await;
    let (writer, reader) = (Api::writer(&app).await, Api::reader(&app).await);
    let before = app.db.outside().await.texts("SELECT l::text FROM audit_logs AS l ORDER BY id").await;
    let mut seen = 0;
    for row in ROUTES.iter().filter(|row| row.access == Access::Token(Scope::Ingest)) {
        let path = row.path.replace("{id}", "3f0a4f0e-6d3c-4a58-9a53-0b6f2c3f9a11");
        let page = match row.verb {
            Verb::Post => writer.post(&entry(Uuid::new_v4()).to_string()).await,
            Verb::Put => writer.put(&path, &json!({"email": "x@example.org"})).await,
            _ => writer.delete(&path).await,
        };
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (409, "attached-read-only"), "{path}");
        seen += 1;
    }
    assert_eq!(seen, 5);
    assert_eq!(app.db.outside().await.texts("SELECT l::text FROM audit_logs AS l ORDER BY id").await, before);
    let listed = body(&reader.get("/api/v1/logs").await);
    let ids: Vec<&str> =
        listed["entries"].as_array().expect("entries").iter().filter_map(|entry| entry["id"].as_str()).collect();
    assert_eq!(ids, ENTRIES);
}

fn lines(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

async fn entries(db: &TestDb) -> i64 {
    db.outside().await.number("SELECT count(*) FROM audit_logs").await
}

database_test! {
    async fn an_entry_is_stored_once_however_often_it_comes(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let id = Uuid::new_v4();
        let first = program.post(&entry(id).to_string()).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
        assert_eq!(body(&first), json!({"created": 1, "duplicate": 0, "ids": [id]}));
        let again = program.post(&entry(id).to_string()).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(body(&again), json!({"created": 0, "duplicate": 1, "ids": [id]}));
        let new = Uuid::new_v4();
        let mixed = program.post_lines(&lines(&[entry(id), entry(new), entry(new)])).await;
        assert_eq!(mixed.status, StatusCode::CREATED);
        assert_eq!(body(&mixed), json!({"created": 1, "duplicate": 2, "ids": [id, new, new]}));
        assert_eq!(entries(&app.db).await, 2);
        let support = app.signed_in(Role::Support).await;
        assert!(support.get(&format!("/logs/{id}")).await.text().contains("Signed in"));
        assert_eq!(support.get("/logs?range=all&q=signed").await.entries().len(), 2);
    }

    async fn null_for_what_has_a_default_says_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let sent = with(Uuid::new_v4(), &json!({"timestamp": null, "status": null})).to_string();
        assert_eq!(program.post(&sent).await.status, StatusCode::CREATED);
        app.clock.advance(60);
        let again = program.post(&sent).await;
        assert_eq!((again.status, entries(&app.db).await), (StatusCode::OK, 1), "{}", again.text());
    }

    async fn what_is_not_said_is_filled_in(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let sent = json!({"action_type": "a", "area": "b", "description": "c", "status": null, "extra": null});
        let page = program.post(&sent.to_string()).await;
        let id = body(&page)["ids"][0].as_str().expect("an id").to_owned();
        let stored = Api::reader(&app).await.get(&format!("/api/v1/logs/{id}")).await;
        assert_eq!(
            body(&stored),
            json!({
                "id": id, "timestamp": "2026-06-18T13:38:05.000000Z", "member_id": null, "member_email": null,
                "action_type": "a", "area": "b", "description": "c", "status": "success", "booking_id": null,
                "error_message": null, "error_detail": null, "ip_address": null, "user_agent": null, "extra": null
            })
        );
    }

    async fn the_same_id_is_a_duplicate_or_a_conflict_by_what_was_said(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let (id, member) = (Uuid::new_v4(), Uuid::new_v4());
        program.put(&format!("/api/v1/members/{member}"), &json!({"email": "a@example.org"})).await;
        let full = with(id, &json!({"member_id": member, "extra": {"a": 1, "b": [1.50]}}));
        assert_eq!(program.post(&full.to_string()).await.status, StatusCode::CREATED);
        for (changes, same) in [
            (json!({}), true),
            (json!({"timestamp": "2026-06-18T14:00:00+01:00"}), true),
            (json!({"timestamp": "2026-06-18T13:00:00.000001Z"}), false),
            (json!({"description": "Signed out"}), false),
            (json!({"member_id": member.simple().to_string()}), true),
            (json!({"member_id": Uuid::new_v4()}), false),
            (json!({"member_id": null}), false),
            (json!({"member_email": null}), true),
            (json!({"error_detail": ""}), false),
            (json!({"extra": {"b": [1.50], "a": 1}}), true),
            (json!({"extra": {"a": 1}}), false),
            (json!({"extra": null}), false),
        ] {
            let page = program.post(&with(id, &changes.clone()).to_string()).await;
            if same {
                assert_eq!(page.status, StatusCode::OK, "{changes}: {}", page.text());
            } else {
                assert_eq!((page.status.as_u16(), problem(&page).as_str()), (409, "conflict"), "{changes}");
                let field = changes.as_object().expect("an object").keys().next().expect("a field").clone();
                assert_eq!(errors(&page)[0].1, field, "{changes}");
            }
        }
        // What it referred to is gone by now: it is recognised before anybody asks for that.
        assert_eq!(program.delete(&format!("/api/v1/members/{member}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(program.post(&full.to_string()).await.status, StatusCode::OK);
        let page = program.post_lines(&lines(&[entry(Uuid::new_v4()), with(id, &json!({"area": "x"}))])).await;
        assert_eq!(errors(&page).len(), 1);
        assert_eq!((errors(&page)[0].0, entries(&app.db).await), (Some(2), 1));
    }

    async fn in_one_body_the_same_id_may_come_twice_if_it_says_the_same(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let id = Uuid::new_v4();
        let page = program.post_lines(&lines(&[entry(id), with(id, &json!({"area": "x"}))])).await;
        assert_eq!((page.status.as_u16(), entries(&app.db).await), (409, 0));
        assert_eq!(errors(&page), [(Some(2), "area".to_owned(), "is not what stands in the entry with this id".to_owned())]);
        let page = program.post_lines(&lines(&[entry(id), entry(id)])).await;
        assert_eq!((page.status.as_u16(), entries(&app.db).await), (201, 1));
    }

    async fn everything_that_is_wrong_is_named_by_line_and_field_and_nothing_is_written(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let text = format!(
            "{}\n\n{}\n{}\r\n{}\n",
            entry(Uuid::new_v4()),
            json!({"action_type": "x".repeat(65), "area": null, "description": 7, "nope": 1}),
            r#"{"action_type":"a","area":"b","description":"c","error_detail":"\u0000","extra":{"k":["\ud800"]}}"#,
            json!({"id": "x", "action_type": "a", "area": "b", "description": "c", "timestamp": "2026-06-18 13:00"}),
        );
        let page = program.post_lines(&text).await;
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (422, "invalid"));
        let named: Vec<_> = errors(&page).into_iter().map(|(line, field, _)| (line.unwrap_or_default(), field)).collect();
        let expected = [
            (3, "area"), (3, "description"), (3, "nope"), (3, "action_type"),
            (4, "error_detail"), (4, "extra"), (5, "id"), (5, "timestamp"),
        ];
        assert_eq!(named, expected.map(|(line, field)| (line, field.to_owned())));
        assert!(errors(&page).iter().all(|(.., reason)| !reason.is_empty()));
        let many: Vec<Value> = (0..300).map(|_| json!({"area": 1})).collect();
        assert_eq!(errors(&program.post_lines(&lines(&many)).await).len(), 100);
        assert_eq!(entries(&app.db).await, 0);
    }

    async fn what_cannot_be_read_is_400_and_what_is_of_another_type_415(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        for text in ["", "{", "[]", "null", "[{}]", "{} {}", "\u{feff}", "{\"action_type\":\"a\u{0}\"}"] {
            let page = program.post(text).await;
            assert_eq!((page.status.as_u16(), problem(&page).as_str()), (400, "malformed"), "{text:?}");
        }
        let page = program.post_lines(&format!("{}\n{{\n[1]\n", json!({"area": 1}))).await;
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (400, "malformed"));
        assert_eq!(errors(&page).iter().filter(|(_, field, _)| field.is_empty()).map(|error| error.0).collect::<Vec<_>>(), [Some(2), Some(3)]);
        let raw = |headers: &'static [(&'static str, &'static str)], body: &[u8]| {
            program.send(reqwest::Method::POST, "/api/v1/logs", headers, Some(body.to_vec()))
        };
        assert_eq!(raw(&[("content-type", "application/json")], b"{\"area\":\"\xff\"}").await.status, 400);
        let good = entry(Uuid::new_v4()).to_string();
        for headers in [
            &[][..],
            &[("content-type", "text/plain")],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[("content-type", "application/json; charset=latin1")],
            &[("content-type", "application/json"), ("content-encoding", "gzip")],
            &[("content-type", "application/x-ndjson"), ("content-encoding", "br")],
        ] {
            let page = raw(headers, good.as_bytes()).await;
            assert_eq!((page.status.as_u16(), problem(&page).as_str()), (415, "type"), "{headers:?}");
        }
        let taken = raw(&[("content-type", "Application/JSON; charset=UTF-8")], good.as_bytes()).await;
        assert_eq!(taken.status, 201, "{}", taken.text());
        // Some programs put a mark before their text.
        let marked = format!("\u{feff}{}", entry(Uuid::new_v4()));
        assert_eq!((program.post(&marked).await.status.as_u16(), program.post_lines(&marked).await.status.as_u16()), (201, 200));
    }

    async fn what_no_filter_could_ask_for_is_refused(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        for field in ["action_type", "area", "status"] {
            for blank in ["", " ", "\t\u{3000}\n"] {
                let page = program.post(&with(Uuid::new_v4(), &json!({field: blank})).to_string()).await;
                assert_eq!((page.status.as_u16(), errors(&page)), (422, vec![(Some(1), field.to_owned(), "is empty".to_owned())]));
            }
        }
        assert_eq!(program.post(&with(Uuid::new_v4(), &json!({"description": "", "error_message": "", "member_email": ""})).to_string()).await.status, 201);
    }

    async fn what_a_body_refers_to_is_looked_up_whatever_else_is_wrong_with_it(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let (gone, id) = (Uuid::new_v4(), Uuid::new_v4());
        let member = format!("/api/v1/members/{gone}");
        assert_eq!(program.put(&member, &json!({"email": "a@b.example"})).await.status, 201);
        let stands = with(id, &json!({"member_id": gone}));
        assert_eq!(program.post(&stands.to_string()).await.status, 201);
        assert_eq!(program.delete(&member).await.status, 204);
        let page = program
            .post_lines(&lines(&[
                with(Uuid::new_v4(), &json!({"member_id": gone})),
                with(Uuid::new_v4(), &json!({"member_id": gone, "booking_id": "x", "area": 7})),
                stands,
                with(Uuid::new_v4(), &json!({"booking_id": gone})),
            ]))
            .await;
        let named: Vec<_> = errors(&page).into_iter().map(|(line, field, _)| (line.unwrap_or_default(), field)).collect();
        let expected = [(1, "member_id"), (2, "area"), (2, "booking_id"), (2, "member_id"), (4, "booking_id")];
        let mut sorted = named.clone();
        sorted.sort();
        assert_eq!((page.status.as_u16(), sorted), (422, expected.map(|(line, field)| (line, field.to_owned())).to_vec()));
        assert!(named.is_sorted_by_key(|(line, _)| *line), "{named:?}");
        assert_eq!(entries(&app.db).await, 1);
    }

    async fn a_conflict_is_named_beside_whatever_else_is_wrong(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let (id, gone) = (Uuid::new_v4(), Uuid::new_v4());
        assert_eq!(program.post(&entry(id).to_string()).await.status, 201);
        let page = program
            .post_lines(&lines(&[
                with(Uuid::new_v4(), &json!({"area": 7})),
                with(id, &json!({"area": "elsewhere"})),
                with(Uuid::new_v4(), &json!({"member_id": gone})),
                with(id, &json!({"description": null})),
                entry(id),
            ]))
            .await;
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (409, "conflict"));
        let named: Vec<_> = errors(&page).into_iter().map(|(line, field, _)| (line.unwrap_or_default(), field)).collect();
        let expected = [(1, "area"), (2, "area"), (3, "member_id"), (4, "description")];
        assert_eq!(named, expected.map(|(line, field)| (line, field.to_owned())));
        assert_eq!(errors(&page)[1].2, "is not what stands in the entry with this id");
        assert_eq!(entries(&app.db).await, 1);
    }

    async fn who_deleted_a_member_or_a_booking_is_written_down(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let id = Uuid::new_v4();
        for (of, sent) in [("members", json!({"email": "a@b.example"})), ("bookings", json!({}))] {
            let path = format!("/api/v1/{of}/{id}");
            assert_eq!(program.delete(&path).await.status, 404);
            assert_eq!(program.put(&path, &sent).await.status, 201);
            assert_eq!(program.delete(&path).await.status, 204);
        }
        let said = "SELECT kind || ' ' || subject || ' by ' || staff_email || ' with ' || substr(token, 1, 5) \
                    FROM daybook_staff_log WHERE kind LIKE '%_deleted' ORDER BY seq";
        let line = |kind: &str| format!("{kind} {id} by viewer-api@example.org with token");
        assert_eq!(app.db.outside().await.texts(said).await, [line("member_deleted"), line("booking_deleted")]);
    }

    async fn extra_is_kept_as_the_text_that_came(db: TestDb) {
        let app = TestApp::start(db).await;
        let (program, reader) = (Api::writer(&app).await, Api::reader(&app).await);
        for extra in [
            r#"{ "z" : 1.0, "a":12345678901234567890.10, "é":"\u00e9\ud83d\ude00" }"#,
            r#"{"a":1e400000,"a":2}"#,
            "[1, 2]",
            "\"x\"",
            "false",
        ] {
            let id = Uuid::new_v4();
            let text = entry(id).to_string();
            let text = format!("{},\"extra\":{extra}}}", text.trim_end_matches('}'));
            assert_eq!(program.post(&text).await.status, StatusCode::CREATED, "{extra}");
            let page = reader.get(&format!("/api/v1/logs/{id}")).await;
            assert!(page.text().ends_with(&format!("\"extra\":{extra}}}")), "{extra}: {}", page.text());
        }
    }

    async fn an_unknown_reference_is_refused_until_it_is_made_known(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let (member, booking, id) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let sent = with(id, &json!({"member_id": member, "booking_id": booking}));
        let page = program.post_lines(&lines(&[entry(Uuid::new_v4()), sent.clone()])).await;
        assert_eq!((page.status.as_u16(), entries(&app.db).await), (422, 0));
        let named: Vec<_> = errors(&page).into_iter().map(|(line, field, _)| (line, field)).collect();
        assert_eq!(named, [(Some(2), "member_id".to_owned()), (Some(2), "booking_id".to_owned())]);

        let (member_path, booking_path) = (format!("/api/v1/members/{member}"), format!("/api/v1/bookings/{booking}"));
        let page = program.put(&booking_path, &json!({"member_id": member})).await;
        assert_eq!((page.status.as_u16(), errors(&page)[0].1.as_str()), (422, "member_id"));
        assert_eq!(program.put(&member_path, &json!({"email": "hana@example.org", "name": "Hana"})).await.status, 201);
        assert_eq!(program.put(&member_path, &json!({"email": "hana@example.org"})).await.status, 200);
        assert_eq!(program.put(&booking_path, &json!({"member_id": member, "service_type": "walk"})).await.status, 201);
        assert_eq!(program.post(&sent.to_string()).await.status, 201);

        for path in [&booking_path, &member_path] {
            assert_eq!(program.delete(path).await.status, 204, "{path}");
            let page = program.delete(path).await;
            assert_eq!((page.status.as_u16(), problem(&page).as_str()), (404, "not-found"), "{path}");
        }
        let left = "SELECT description FROM audit_logs WHERE member_id IS NULL AND booking_id IS NULL";
        assert_eq!(app.db.outside().await.texts(left).await, ["Signed in"]);
    }

    async fn a_deleted_member_is_still_named_by_their_entries(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        assert_eq!(program.delete(&format!("/api/v1/members/{}", places.member)).await.status, 204);
        let stored = body(&Api::reader(&app).await.get(&format!("/api/v1/logs/{}", places.entry)).await);
        assert_eq!(stored["member_id"], Value::Null);
        assert_eq!(stored["member_email"], "hana.lindqvist@example.org");
    }

    async fn a_member_or_booking_that_is_wrong_is_refused_by_its_field(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let path = |of: &str| format!("/api/v1/{of}/{}", Uuid::new_v4());
        for (of, sent, field) in [
            ("members", json!({}), "email"),
            ("members", json!({"email": null}), "email"),
            ("members", json!({"email": 7}), "email"),
            ("members", json!({"email": ""}), "email"),
            ("members", json!({"email": " \u{a0}"}), "email"),
            ("members", json!({"email": "x".repeat(256)}), "email"),
            ("members", json!({"email": "a@b.example", "name": "a\u{0}"}), "name"),
            ("members", json!({"email": "a@b.example", "role": "x"}), "role"),
            ("bookings", json!({"member_id": "x"}), "member_id"),
            ("bookings", json!({"service_type": "x".repeat(65)}), "service_type"),
            ("bookings", json!({"email": "a@b.example"}), "email"),
        ] {
            let page = program.put(&path(of), &sent).await;
            assert_eq!((page.status.as_u16(), problem(&page).as_str()), (422, "invalid"), "{of} {sent}");
            let fields: Vec<_> = errors(&page).into_iter().map(|error| error.1).collect();
            assert_eq!(fields, [field], "{of} {sent}");
        }
        assert_eq!(program.put("/api/v1/members/x", &json!({"email": "a@b.example"})).await.status, 404);
        assert_eq!(program.delete("/api/v1/bookings/x").await.status, 404);
        assert_eq!(program.put(&path("members"), &json!([])).await.status, 400);
    }

    async fn many_programs_at_once_lose_nothing_and_store_nothing_twice(db: TestDb) {
        let app = TestApp::start(db).await;
        let (writer, reader) = (Api::writer(&app).await, Api::reader(&app).await);
        let (writer, reader) = (&writer, &reader);
        let shared: Vec<Uuid> = (0..20).map(|_| Uuid::new_v4()).collect();
        let shared = &shared;
        // Eight write, each some of their own and all of what is shared; sixteen read meanwhile.
        let writers = (0..8).map(|_| async move {
            for id in shared {
                let page = writer.post_lines(&lines(&[entry(Uuid::new_v4()), entry(*id)])).await;
                assert!(page.status.is_success(), "{}", page.text());
            }
        });
        let readers = (0..16).map(|_| async move {
            for _ in 0..10 {
                let page = reader.get("/api/v1/logs?limit=25").await;
                assert_eq!(page.status, StatusCode::OK, "{}", page.text());
            }
        });
        futures_util::future::join(futures_util::future::join_all(writers), futures_util::future::join_all(readers)).await;
        assert_eq!(entries(&app.db).await, 8 * 20 + 20);
        assert_eq!(app.db.outside().await.totals().await, 8 * 20 + 20);
    }
}
