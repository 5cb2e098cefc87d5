//! Floods and bombs from programs: refused while they arrive, and without memory growing.

use std::{io::Write as _, net::TcpStream};

use serde_json::{Value, json};

use crate::{
    database_test,
    support::{
        Api, TestApp,
        api::{errors, json as body, problem},
        binary::Server,
        raw::raw,
        wait,
    },
};

fn entry() -> Value {
    json!({"action_type": "a", "area": "b", "description": "c"})
}

database_test! {
    async fn a_body_has_at_most_so_many_lines_and_bytes(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let line = format!("{}\n", entry());
        let page = program.post_lines(&line.repeat(1_000)).await;
        assert_eq!(page.status, 201, "{}", page.text());
        assert_eq!(body(&page)["created"], 1_000);
        // Blank lines are none.
        let page = program.post_lines(&format!("\n{}\n \r\n", line.repeat(1_000))).await;
        assert_eq!(page.status, 201, "{}", page.text());
        // Nor is the mark before them; another space than those of JSON is no blank.
        let page = program.post_lines(&format!("\u{feff}\n{}", line.repeat(1_000))).await;
        assert_eq!(page.status, 201, "{}", page.text());
        let page = program.post_lines(&format!("{line}\u{a0}\n")).await;
        assert_eq!((page.status.as_u16(), errors(&page)[0].0), (400, Some(2)));
        let page = program.post_lines(&line.repeat(1_001)).await;
        assert_eq!((page.status.as_u16(), problem(&page).as_str()), (413, "too-large"));
        assert!(page.text().contains("1000 lines"), "{}", page.text());
        assert_eq!(program.post_lines(&"\n".repeat(1_001)).await.status, 400);
        let long = |bytes: usize| {
            let mut entry = entry();
            entry["error_detail"] = json!("x".repeat(bytes));
            entry.to_string()
        };
        assert_eq!(program.post(&long(8 * 1024 * 1024 - 200)).await.status, 201);
        let said = raw(
            &app.base,
            "POST /api/v1/logs",
            &["Authorization: Bearer x", "Content-Length: 99999999"],
            b"",
        )
        .await;
        assert_eq!(said.status(), 401, "the token comes first");
    }

    async fn bodies_that_do_not_come_keep_nobody_else_out(db: TestDb) {
        let app = TestApp::start(db).await;
        let (slow, other) = (Api::writer(&app).await, Api::writer(&app).await);
        let host = app.base.trim_start_matches("http://").to_owned();
        let hold = |body: &str| {
            let mut socket = TcpStream::connect(&host).expect("a connection");
            let head = format!("POST /api/v1/logs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{body}", slow.token());
            socket.write_all(head.as_bytes()).expect("sent");
            socket
        };
        // Nothing has come of these, so they hold nothing.
        let idle: Vec<TcpStream> = (0..300).map(|_| hold("")).collect();
        assert_eq!(slow.post(&entry().to_string()).await.status, 201);
        // Of these something has: they hold all that their token may, and no more.
        let begun: Vec<TcpStream> = (0..300).map(|_| hold("{")).collect();
        let refused = wait::until("the token's share is used up", async || {
            Some(slow.post(&entry().to_string()).await).filter(|page| page.status == 503)
        })
        .await;
        assert_eq!((problem(&refused).as_str(), refused.header("retry-after")), ("unavailable", Some("1")));
        assert_eq!(other.post(&entry().to_string()).await.status, 201);
        drop((idle, begun));
        wait::until("its space comes back", async || {
            (slow.post(&entry().to_string()).await.status == 201).then_some(())
        })
        .await;
    }

    async fn extra_is_bounded_in_depth_and_size(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let with = |extra: &str| format!(r#"{{"action_type":"a","area":"b","description":"c","extra":{extra}}}"#);
        assert_eq!(program.post(&with(&nested(64))).await.status, 201);
        for extra in [nested(65), nested(100_000), "{\"a\":".repeat(100) + "1" + &"}".repeat(100), format!("\"{}\"", "x".repeat(262_144))] {
            let page = program.post(&with(&extra)).await;
            assert_eq!(page.status, 422);
            assert_eq!(errors(&page)[0].1, "extra");
        }
        assert_eq!(program.post(&nested(100_000)).await.status, 400);
        assert_eq!(program.post(&"[".repeat(100_000)).await.status, 400);
    }

    async fn floods_are_refused_and_memory_stays_flat(db: TestDb) {
        let mut server = Server::serve(&db);
        let base = server.base().await;
        let token = {
            crate::support::app::add_account(&db, "maya@example.org", daybook::core::role::Role::Viewer, crate::support::sample::now()).await;
            let make = ["token", "create", "a", "--scope", "ingest", "--owner", "maya@example.org", "--database", &db.address];
            crate::support::binary::run(&db, &make).done().trim().to_owned()
        };
        let bearer = format!("Authorization: Bearer {token}");
        let flood = async |kind: &str, body: &[u8], chunked: bool| {
            let length = format!("Content-Length: {}", body.len());
            let framed;
            let (how, body) = if chunked {
                framed = [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
                ("Transfer-Encoding: chunked", &framed[..])
            } else {
                (length.as_str(), body)
            };
            raw(&base, "POST /api/v1/logs", &[&bearer, &format!("Content-Type: {kind}"), how], body).await.status()
        };
        // What any request costs is there before anything is measured.
        assert_eq!(flood("application/json", entry().to_string().as_bytes(), false).await, 201);
        let before = server.memory();
        for chunked in [false, true] {
            let brackets = "[".repeat(100_000);
            assert_eq!(flood("application/json", brackets.as_bytes(), chunked).await, 400);
            let hundred = vec![b'x'; 100 * 1024 * 1024];
            assert_eq!(flood("application/json", &hundred, chunked).await, 413);
            assert_eq!(flood("application/x-ndjson", &hundred, chunked).await, 413);
            let keys = format!("{{{}\"x\":1}}", "\"\":1,".repeat(8 * 1024 * 1024 / 5 - 10));
            assert_eq!(flood("application/json", keys.as_bytes(), chunked).await, 422);
            let lines = "{}\n".repeat(1_000_000);
            assert_eq!(flood("application/x-ndjson", lines.as_bytes(), chunked).await, 413);
        }
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 64 * 1024, "memory grew by {grown} KiB");
        server.stop();
    }
}
