//! A thousand clients that watch and are told nothing: what they cost the server, and how soon they hear. By hand, with
//! `scripts/live`: what it measures depends on the machine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use daybook::core::{
    role::Role,
    time::{Clock as _, SystemClock, Timestamp},
};
use reqwest::StatusCode;

use crate::support::{
    Client, TestDb,
    app::{PASSWORD, add_account},
    binary::Server,
    sample,
};

const CLIENTS: usize = 1_000;
/// As long as the strip on a page waits.
const PAUSE: Duration = Duration::from_secs(3);
/// For how long they are idle.
const IDLE: Duration = Duration::from_secs(30);

/// Resident memory of a process, in KiB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Processor time that a process has used, in hundredths of a second.
fn processor(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    let after_name = stat.rsplit_once(") ").expect("a name").1;
    let field = |at: usize| after_name.split(' ').nth(at).and_then(|text| text.parse::<u64>().ok()).expect("a number");
    field(11) + field(12)
}

/// How many files of the database a process holds open.
fn connections(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its files");
    let names = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    names.filter(|name| name.to_string_lossy().ends_with("daybook.db")).count()
}

/// Begins to watch; the address to ask again at.
async fn begin(client: &Client, newer: &str) -> String {
    let first = client.htmx(newer).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    first.attribute("#newer", "hx-get").expect("an address")
}

#[ignore = "measures: scripts/live runs it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_clients_cost_little_and_hear_in_time() {
    let db = TestDb::sqlite().await;
    let now = SystemClock.now();
    db.write((1..=10_000).map(|n| sample::log(now.plus(-chrono::Duration::seconds(n)))).collect()).await;
    add_account(&db, "maya@example.org", Role::Support, now).await;
    let mut server = Server::serve(&db);
    let base = server.base().await;
    let client = Arc::new(server.client().await);
    client.sign_in("maya@example.org", PASSWORD).await;
    let cookies = client.cookies();
    let newer = client.get("/logs?range=24h").await.attribute("#live", "hx-get").expect("an address");
    // The server is warm: what follows is the clients' alone.
    for _ in 0..200 {
        begin(&client, &newer).await;
    }
    let process = server.id();
    let (before, used, began) = (memory(process), processor(process), Instant::now());

    let told_at = Arc::new(AtomicU64::new(0));
    let latest = Arc::new(AtomicU64::new(0));
    let asked = Arc::new(AtomicU64::new(0));
    let mut clients = Vec::new();
    for at in 0..CLIENTS {
        let (base, newer, cookies) = (base.clone(), newer.clone(), cookies.clone());
        let (told_at, latest, asked) = (told_at.clone(), latest.clone(), asked.clone());
        clients.push(tokio::spawn(async move {
            tokio::time::sleep(PAUSE.mul_f64(f64::from(u32::try_from(at).unwrap_or(0)) / 1_000.0)).await;
            // Each with a connection of its own, as each is another browser.
            let own = Client::new(&base);
            let with = [("cookie", cookies.as_str()), ("HX-Request", "true")];
            let first = own.get_with(&newer, &with).await;
            let again = first.attribute("#newer", "hx-get").expect("an address");
            loop {
                tokio::time::sleep(PAUSE).await;
                let answer = own.get_with(&again, &with).await;
                asked.fetch_add(1, Ordering::SeqCst);
                match answer.status {
                    StatusCode::NO_CONTENT => {}
                    StatusCode::OK => {
                        assert_eq!(answer.texts("#newer-show"), ["Show 1 new entry"]);
                        let waited = millis(SystemClock.now()) - told_at.load(Ordering::SeqCst);
                        latest.fetch_max(waited, Ordering::SeqCst);
                        return;
                    }
                    other => panic!("{other}: {}", answer.text()),
                }
            }
        }));
    }
    let mut most = 0;
    while began.elapsed() < IDLE {
        tokio::time::sleep(Duration::from_millis(500)).await;
        most = most.max(memory(process));
    }
    let spent = processor(process) - used;
    let (requests, seconds, open) = (asked.load(Ordering::SeqCst), began.elapsed().as_secs_f64(), connections(process));
    let grown = most.saturating_sub(before) / 1_024;

    told_at.store(millis(SystemClock.now()), Ordering::SeqCst);
    db.write(vec![sample::log(SystemClock.now())]).await;
    for client in clients {
        client.await.expect("a client that was told");
    }
    let latest = latest.load(Ordering::SeqCst);
    let stopping = Instant::now();
    server.stop();
    println!(
        "{CLIENTS} clients, {requests} requests in {seconds:.0} s: {grown} MiB more than before ({} MiB), {:.1} % of a \
         processor, {open} open files of the database; the last heard after {latest} ms; stopped in {} ms",
        before / 1_024,
        f64::from(u32::try_from(spent).unwrap_or(u32::MAX)) / seconds,
        stopping.elapsed().as_millis(),
    );
    assert!(grown < 100, "{grown} MiB");
    assert!(open <= 12, "{open} connections");
    assert!(latest < 5_000, "{latest} ms");
    assert!(stopping.elapsed() < Duration::from_secs(5), "stopping waits for clients");
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.micros() / 1_000).expect("after 1970")
}
