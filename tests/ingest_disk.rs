//! Disks that fail while programs write: what was acknowledged is there, what was not is answered 507 or 503, and all is well
//! again once the disk is.

use std::time::Duration;

use daybook::{core::role::Role, db::migrate};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    Client, TestDb,
    app::add_account,
    binary::{self, Server, daybook},
    disk::{SmallDisk, Syncs},
    postgres, sample, wait,
};

/// Text that does not get shorter by packing.
fn noise(bytes: usize) -> String {
    let mut state = u64::try_from(Uuid::new_v4().as_u128() >> 64).expect("a half") | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).expect("a letter"))
    };
    (0..bytes).map(|_| next()).collect()
}

/// A program that writes, and what it was told was written.
struct Program {
    client: Client,
    token: String,
    acknowledged: Vec<Uuid>,
}

impl Program {
    async fn new(db: &TestDb, server: &mut Server) -> Self {
        add_account(db, "maya@example.org", Role::Viewer, sample::now()).await;
        let make =
            ["token", "create", "a", "--scope", "ingest", "--owner", "maya@example.org", "--database", &db.address];
        let token = binary::run(db, &make).done().trim().to_owned();
        Self { client: server.client().await, token, acknowledged: Vec::new() }
    }

    /// Posts an entry of so many bytes; the status of the answer.
    async fn post(&mut self, bytes: usize) -> u16 {
        let id = Uuid::new_v4();
        let entry =
            json!({"id": id, "action_type": "a", "area": "b", "description": "c", "error_detail": noise(bytes)});
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = Some(entry.to_string().into_bytes());
        let status = self.client.send(Method::POST, "/api/v1/logs", &headers, body).await.status.as_u16();
        if status == 201 {
            self.acknowledged.push(id);
        }
        status
    }

    /// Posts until something else than success is answered: that.
    async fn post_until_refused(&mut self, bytes: usize) -> u16 {
        for _ in 0..1_000 {
            match self.post(bytes).await {
                201 => {}
                other => return other,
            }
        }
        panic!("the disk never fills up");
    }

    /// Posts until it is stored again.
    async fn post_until_stored(&mut self) {
        let began = std::time::Instant::now();
        while self.post(1_000).await != 201 {
            assert!(began.elapsed() < wait::LIMIT, "nothing is stored any more");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Everything that was acknowledged is there.
    fn all_is_there(&self, db: &TestDb) {
        let stored = binary::run(db, &["export", "--columns", "id", "--database", &db.address]);
        let stored = stored.done();
        let lost: Vec<_> = self.acknowledged.iter().filter(|id| !stored.contains(&id.to_string())).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert!(!self.acknowledged.is_empty());
    }
}

fn serve(db: &TestDb) -> std::process::Command {
    daybook(db, &["serve", "--listen", "127.0.0.1:0", "--database", &db.address])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_s_disk_that_fills_up_loses_nothing_and_serves_again_once_there_is_space() {
    let home = tempfile::tempdir().expect("a folder");
    let Some(disk) = SmallDisk::mount(home.path().join("small"), 32, 8) else { return };
    let db = TestDb::sqlite_at(&disk.at.join("daybook.db")).await;
    let mut server = Server::start(serve(&db));
    let mut program = Program::new(&db, &mut server).await;
    let full = program.post_until_refused(200_000).await;
    assert_eq!(full, 507);
    assert_eq!(program.post(200_000).await, 507, "it is full still");
    disk.clear();
    program.post_until_stored().await;
    server.stop();
    program.all_is_there(&db);
    drop(db);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_s_disk_that_fills_up_loses_nothing_and_serves_again_once_there_is_space() {
    let home = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir();
    let home = home.expect("a folder");
    let Some(disk) = SmallDisk::mount(home.path().join("small"), 192, 32) else { return };
    let mut cluster = postgres::Server::start_on(&disk.at, &["max_wal_size=32MB"]);
    let db = TestDb::postgres_at(&cluster.address("owner", &cluster.database().await)).await;
    migrate::run(&db.db).await.expect("migrated");
    let mut server = Server::start(serve(&db));
    let mut program = Program::new(&db, &mut server).await;
    let full = program.post_until_refused(500_000).await;
    assert!([507, 503].contains(&full), "{full}");
    disk.clear();
    // Where not even its own log of changes found space, a server ends; whoever runs it starts it again.
    cluster.stop();
    cluster.run();
    program.post_until_stored().await;
    server.stop();
    program.all_is_there(&db);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_syncs_to_a_file_fail_nothing_is_acknowledged_and_then_it_is_again() {
    let db = TestDb::sqlite().await;
    let syncs = Syncs::within(db.folder.path());
    let mut command = serve(&db);
    command.envs(syncs.environment());
    let mut server = Server::start(command);
    let mut program = Program::new(&db, &mut server).await;
    for _ in 0..3 {
        assert_eq!(program.post(100).await, 201);
        syncs.fail(true);
        for _ in 0..3 {
            assert_eq!(program.post(100).await, 503);
        }
        syncs.fail(false);
        assert_eq!(program.post(100).await, 201);
    }
    let stored = db.outside().await.number("SELECT count(*) FROM audit_logs").await;
    assert_eq!(usize::try_from(stored).expect("a count"), program.acknowledged.len());
    server.signal("KILL");
    server.ended();
    program.all_is_there(&db);
    assert_eq!(db.outside().await.texts("PRAGMA integrity_check").await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_syncs_of_a_server_fail_nothing_is_acknowledged_and_then_it_is_again() {
    let home = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir();
    let home = home.expect("a folder");
    let syncs = Syncs::within(home.path());
    let mut cluster = postgres::Server::start_where(&syncs);
    let db = TestDb::postgres_at(&cluster.address("owner", &cluster.database().await)).await;
    migrate::run(&db.db).await.expect("migrated");
    let mut server = Server::start(serve(&db));
    let mut program = Program::new(&db, &mut server).await;
    assert_eq!(program.post(100).await, 201);
    syncs.fail(true);
    // The server gives up rather than say that something is kept which is not.
    assert_eq!(program.post(100).await, 503);
    syncs.fail(false);
    cluster.stop();
    cluster.run();
    program.post_until_stored().await;
    server.stop();
    program.all_is_there(&db);
}
