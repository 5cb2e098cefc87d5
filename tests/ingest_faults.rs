//! What was acknowledged is there, once, whatever happened: killed in the middle, without space, locked out. Disks that fail
//! are in `ingest_disk`.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use daybook::{core::role::Role, db::Sql};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Api, Client, Outside, TestApp, TestDb,
        api::problem,
        app::add_account,
        binary::{self, Server},
        sample,
    },
};

fn entry(id: Uuid) -> String {
    json!({"id": id, "action_type": "login", "area": "a", "description": "d", "error_detail": "x".repeat(200)})
        .to_string()
}

async fn token(db: &TestDb) -> String {
    add_account(db, "maya@example.org", Role::Viewer, sample::now()).await;
    let name = format!("t{}", Uuid::new_v4().simple());
    let make =
        ["token", "create", &name, "--scope", "ingest", "--owner", "maya@example.org", "--database", &db.address];
    binary::run(db, &make).done().trim().to_owned()
}

async fn post(client: &Client, token: &str, body: String) -> u16 {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    client.send(Method::POST, "/api/v1/logs", &headers, Some(body.into_bytes())).await.status.as_u16()
}

/// How often the server is killed: `scripts/soak` asks for a hundred.
fn rounds() -> usize {
    std::env::var("SOAK_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// Posts entries until the server does not answer any more; adds the ids of those it acknowledged.
async fn post_until_killed(base: String, token: String, acknowledged: Arc<Mutex<Vec<Uuid>>>) {
    let http = reqwest::Client::new();
    loop {
        let id = Uuid::new_v4();
        let request = http.post(format!("{base}/api/v1/logs")).bearer_auth(&token);
        let sent = request.header("content-type", "application/json").body(entry(id)).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => acknowledged.lock().expect("whole").push(id),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

database_test! {
    async fn a_kill_in_the_middle_loses_nothing_that_was_acknowledged(db: TestDb) {
        let token = token(&db).await;
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        for round in 0..rounds() {
            let mut server = Server::serve(&db);
            let base = server.base().await;
            let writers: Vec<_> = (0..8)
                .map(|_| tokio::spawn(post_until_killed(base.clone(), token.clone(), Arc::clone(&acknowledged))))
                .collect();
            let before = acknowledged.lock().expect("whole").len();
            crate::support::wait::until("some are acknowledged", async || {
                (acknowledged.lock().expect("whole").len() > before + 20).then_some(())
            })
            .await;
            tokio::time::sleep(Duration::from_millis(u64::try_from(round * 7 % 50).unwrap_or_default())).await;
            server.signal("KILL");
            server.ended();
            for writer in writers {
                writer.await.expect("ended");
            }
            let mut outside = db.outside().await;
            let stored = outside.texts(&format!("SELECT {} FROM audit_logs", outside.id("id"))).await;
            let unique: HashSet<Uuid> = stored.iter().map(|id| Uuid::parse_str(id).expect("an id")).collect();
            assert_eq!(unique.len(), stored.len(), "round {round}: one stands twice");
            let lost: Vec<_> =
                acknowledged.lock().expect("whole").iter().filter(|id| !unique.contains(*id)).copied().collect();
            assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
            // A server may still be finishing the commit it was told of last.
            crate::support::wait::until("the totals are those of the entries", async || {
                let mut outside = db.outside().await;
                let stands = outside.number("SELECT count(*) FROM audit_logs").await;
                (outside.totals().await == stands).then_some(())
            })
            .await;
            if matches!(outside, Outside::Sqlite(_)) {
                assert_eq!(outside.texts("PRAGMA integrity_check").await, ["ok"], "round {round}");
            }
        }
        // What was acknowledged is a duplicate when it is sent again.
        let mut server = Server::serve(&db);
        let client = server.client().await;
        let last = *acknowledged.lock().expect("whole").last().expect("some");
        assert_eq!(post(&client, &token, entry(last)).await, 200);
        server.stop();
    }

    async fn two_servers_of_one_database_take_turns_and_store_nothing_twice(db: ServerDb) {
        let token = token(&db).await;
        let (mut one, mut other) = (Server::serve(&db), Server::serve(&db));
        let clients = [one.client().await, other.client().await];
        let shared: Vec<Uuid> = (0..60).map(|_| Uuid::new_v4()).collect();
        let (token, shared) = (token.as_str(), &shared);
        let programs = clients.iter().cycle().take(6).map(|client| async move {
            let mut created = 0;
            for id in shared {
                // Where the other one's turn takes too long, it is sent again.
                loop {
                    match post(client, token, entry(*id)).await {
                        201 => created += 1,
                        200 => {}
                        503 => continue,
                        other => panic!("{other}"),
                    }
                    break;
                }
            }
            created
        });
        let created: i64 = futures_util::future::join_all(programs).await.into_iter().sum();
        let stands = db.outside().await.number("SELECT count(*) FROM audit_logs").await;
        assert_eq!((stands, created), (60, 60));
        one.stop();
        other.stop();
    }

    async fn without_space_it_is_507_and_nothing_is_acknowledged_until_there_is_some(db: FileDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        assert_eq!(program.post(&entry(Uuid::new_v4())).await.status, 201);
        app.db.db.execute_alone(Sql::new("PRAGMA max_page_count = 1")).await.expect("as small as it is");
        let big = || json!({"action_type": "a", "area": "b", "description": "c", "error_detail": "x".repeat(100_000)});
        let before = app.db.outside().await.number("SELECT count(*) FROM audit_logs").await;
        let refused = program.post(&big().to_string()).await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (507, "full"));
        let member = program.put(&format!("/api/v1/members/{}", Uuid::new_v4()), &json!({"email": "x".repeat(255)})).await;
        assert!([201, 507].contains(&member.status.as_u16()), "{}", member.text());
        assert_eq!(app.db.outside().await.number("SELECT count(*) FROM audit_logs").await, before);
        app.db.db.execute_alone(Sql::new("PRAGMA max_page_count = 1000000")).await.expect("space");
        assert_eq!(program.post(&big().to_string()).await.status, 201);
    }

    async fn while_something_else_has_it_locked_it_is_503_and_nothing_is_acknowledged(db: TestDb) {
        let app = TestApp::start(db).await;
        let program = Api::writer(&app).await;
        assert_eq!(program.post(&entry(Uuid::new_v4())).await.status, 201);
        let mut other = app.db.outside().await;
        other.lock("audit_logs").await;
        let refused = program.post(&entry(Uuid::new_v4())).await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (503, "unavailable"));
        assert!(refused.header("retry-after").is_some());
        other.unlock().await;
        assert_eq!(app.db.outside().await.number("SELECT count(*) FROM audit_logs").await, 1);
        assert_eq!(program.post(&entry(Uuid::new_v4())).await.status, 201);
    }
}
