//! The server's own log: one line a request by the pattern of its route, and no value of a path, a query or a form.

use daybook::core::role::Role;
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    database_test,
    support::{
        Places, TestDb,
        app::{PASSWORD, add_account},
        binary::{Server, daybook},
        raw::raw,
        sample,
    },
};

const MAYA: &str = "maya.markmail@example.org";

/// A server that logs as JSON.
fn server(db: &TestDb) -> Server {
    let mut command = daybook(db, &["serve", "--database", &db.address, "--listen", "127.0.0.1:0"]);
    command.env("DAYBOOK_LOG_FORMAT", "json");
    Server::start(command)
}

/// Every line of the log, each an object.
fn lines(server: &Server) -> Vec<Value> {
    let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    server.stderr().iter().map(read).collect()
}

/// Method, route and status of each request.
fn requests(lines: &[Value]) -> Vec<(String, String, u64)> {
    let text = |line: &Value, name: &str| line[name].as_str().map(str::to_owned).unwrap_or_default();
    let lines = lines.iter().filter(|line| line.get("route").is_some());
    lines.map(|line| (text(line, "method"), text(line, "route"), line["status"].as_u64().expect("a status"))).collect()
}

database_test! {
    async fn each_request_is_one_line_without_a_value_of_it(db: TestDb) {
        let places = Places::write(&db).await;
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = server(&db);
        let client = server.client().await;
        let mut expected = Vec::new();
        let mut ask =
            |method: &str, route: &str, status: u64| expected.push((method.to_owned(), route.to_owned(), status));
        for path in ["/logs?q=markquery&area=markarea", "/logs?markname=markvalue"] {
            assert_eq!(client.get(path).await.status, StatusCode::SEE_OTHER);
            ask("GET", "/logs", 303);
        }
        client.sign_in(MAYA, PASSWORD).await;
        ask("GET", "/login", 200);
        ask("POST", "/login", 303);
        for (path, route, status) in [
            ("/logs?range=all&q=markquery&area=markarea", "/logs", 200),
            ("/logs?range=markrange", "/logs", 400),
            ("/logs/markid", "/logs/{id}", 404),
            (&format!("/logs/{}?q=markquery", places.entry), "/logs/{id}", 200),
            (&format!("/logs/{}/error_detail.txt", places.entry), "/logs/{id}/error_detail.txt", 200),
            ("/members?q=markname", "/members", 200),
            (&format!("/members/{}", places.member), "/members/{id}", 200),
            ("/members/by-email?email=markmail@example.org", "/members/by-email", 200),
            ("/static/marked.css", "/static/{name}", 404),
            ("/marknowhere?markquery=markvalue", "-", 404),
            ("/mark%0anowhere%1b[31m", "-", 404),
            ("/healthz?markquery", "/healthz", 200),
        ] {
            assert_eq!(u64::from(client.get(path).await.status.as_u16()), status, "{path}");
            ask("GET", route, status);
        }
        let token = client.token("/account").await;
        ask("GET", "/account", 200);
        let fields = [("csrf_token", token.as_str()), ("zone", "Mars/Markzone"), ("marked", "markfield")];
        client.post("/account/zone", &fields).await;
        ask("POST", "/account/zone", 400);
        let visitor = server.client().await;
        visitor.try_sign_in("marktyped@example.org", "markpassword").await;
        ask("GET", "/login", 200);
        ask("POST", "/login", 401);
        let headers =
            [("user-agent", "markagent"), ("referer", "/markreferer"), ("cookie", "daybook_session=markcookie")];
        visitor.get_with("/logs", &headers).await;
        ask("GET", "/logs", 303);

        let entry = places.entry.to_string();
        server.stop();
        let lines = lines(&server);
        assert_eq!(requests(&lines), expected);
        let all = server.stderr().join("\n");
        for value in ["mark", &entry, &places.member.to_string(), MAYA, PASSWORD, &token, "Hana", "AttributeError"] {
            assert!(!all.to_lowercase().contains(&value.to_lowercase()), "the log holds {value}: {all}");
        }
        let mut ids: Vec<_> = lines
            .iter()
            .filter(|line| line.get("route").is_some())
            .map(|line| line["request_id"].to_string())
            .collect();
        assert!(ids.iter().all(|id| id.len() == 34), "{ids:?}");
        let n = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), n, "each request has a number of its own");
    }

    async fn a_line_has_the_number_under_which_staff_are_recorded(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = server(&db);
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        client.get("/members").await;
        server.stop();
        let recorded = db.outside().await.texts("SELECT request_id FROM daybook_staff_log ORDER BY seq").await;
        let of = |method: &str, route: &str| {
            let lines = lines(&server);
            let line = lines.iter().find(|line| line["route"] == route && line["method"] == method).expect("a line");
            line["request_id"].as_str().expect("a number").to_owned()
        };
        assert_eq!(recorded, [of("POST", "/login"), of("GET", "/members")]);
    }

    async fn a_fault_is_found_by_the_number_on_its_page(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = server(&db);
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        db.outside().await.break_table("audit_logs").await;
        let page = client.get("/logs?q=markquery").await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        let incident = page.texts("#incident").concat();
        let number = incident.split(',').next().expect("a number");
        db.outside().await.mend("audit_logs").await;
        server.stop();
        let lines = lines(&server);
        let fault = lines.iter().find(|line| line["incident"] == number).expect("the incident stands in the log");
        assert_eq!(fault["level"], "ERROR");
        let is_told = |message: &str| message.contains("audit_logs") || message.contains("division by zero");
        assert!(fault["message"].as_str().is_some_and(is_told), "{fault}");
        let request = lines.iter().find(|line| line["status"] == 500).expect("the request's own line");
        assert_eq!(fault["request_id"], request["request_id"]);
        assert!(!server.stderr().join(" ").contains("markquery"));
    }

    async fn for_people_a_request_is_one_plain_line_too(db: TestDb) {
        let mut server = Server::serve(&db);
        let client = server.client().await;
        for path in ["/logs?q=markquery", "/mark%0a%0dnowhere", "/login", "/healthz"] {
            client.get(path).await;
        }
        server.stop();
        let all = server.stderr();
        for route in ["\"/logs\"", "\"-\"", "\"/login\"", "\"/healthz\""] {
            let lines: Vec<_> = all.iter().filter(|line| line.contains(&format!("route={route}"))).collect();
            assert_eq!(lines.len(), 1, "{route}: {all:?}");
            assert!(lines[0].contains("request_id=") && lines[0].contains("status="), "{lines:?}");
        }
        assert!(!all.join("").contains("mark") && !all.join("").contains('\u{1b}'), "{all:?}");
        assert_eq!(server.stdout().len(), 3, "stdout carries only what is promised: {:?}", server.stdout());
    }

    async fn what_is_no_http_is_the_client_s_fault_and_no_line(db: TestDb) {
        let mut server = server(&db);
        let base = server.base().await;
        for request in ["GET /lo gs", "marked", "GET /\u{1} HTTP/9.9"] {
            assert_eq!(raw(&base, request, &[], b"").await.status(), 400, "{request}");
        }
        server.client().await.get("/login").await;
        server.stop();
        assert_eq!(requests(&lines(&server)), [("GET".to_owned(), "/login".to_owned(), 200)]);
        assert!(lines(&server).iter().all(|line| line["level"] != "ERROR"), "{:?}", server.stderr());
    }

    async fn the_log_can_be_made_quiet(db: TestDb) {
        let mut command =
            daybook(&db, &["serve", "--database", &db.address, "--listen", "127.0.0.1:0", "--log", "warn"]);
        command.env("DAYBOOK_LOG", "debug");
        let mut server = Server::start(command);
        server.client().await.get("/login").await;
        server.stop();
        assert_eq!(server.stderr(), [""; 0]);
    }
}
