//! `daybook serve` and `daybook demo` from start to stop.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use daybook::core::role::Role;
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{
        Client, Places,
        app::{PASSWORD, add_account},
        binary::{Server, daybook, run, run_with},
        outside::Outside,
        sample, wait,
    },
};

const MAYA: &str = "maya@example.org";

/// Reads until the text ends with a whole head.
fn head(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        assert_eq!(socket.read(&mut byte).expect("an answer in time"), 1, "{}", String::from_utf8_lossy(&text));
        text.push(byte[0]);
    }
    String::from_utf8(text).expect("text")
}

/// Begins to send a form and waits until the server is reading it; what is left to send.
fn half_sent(base: &str, client: &Client, token: &str) -> (TcpStream, String) {
    let host = base.trim_start_matches("http://");
    let form = format!("csrf_token={token}&theme=dark");
    let mut socket = TcpStream::connect(host).expect("a connection");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let request = format!(
        "POST /account/theme HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        client.cookies(),
        form.len()
    );
    socket.write_all(request.as_bytes()).expect("sent");
    assert!(head(&mut socket).starts_with("HTTP/1.1 100 "));
    (socket, form)
}

/// What `serve` says where nobody can sign in yet: the command that makes the first account.
fn first_account(server: &Server) -> Option<String> {
    let stdout = server.stdout();
    stdout.iter().map(|line| line.trim().to_owned()).find(|line| line.starts_with("daybook staff add"))
}

database_test! {
    async fn serve_says_where_it_listens_last_and_answers_there(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = Server::serve(&db);
        let base = server.base().await;
        let port: u16 = base.strip_prefix("http://127.0.0.1:").expect("as it was told").parse().expect("a port");
        assert_ne!(port, 0);
        assert_eq!(server.client().await.get("/readyz").await.text(), "ok\n");
        server.stop();
        assert_eq!(server.stdout(), [format!("listening on {base}")], "and nothing else");
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it goes on listening");
    }

    async fn a_taken_port_names_the_flag(db: FileDb) {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        for command in ["serve", "demo"] {
            let (file, database) = db.beside("new.db");
            let ran = run(&db, &[command, "--listen", &address, "--database", &database]);
            let line = ran.failed();
            assert!(line.contains(&address) && line.contains("--listen") && line.contains("port 0"), "{line}");
            assert_eq!(ran.stdout, "", "{command}");
            assert!(!file.exists(), "{command} made a database that it does not serve");
        }
    }

    async fn without_an_account_serve_says_how_to_make_one(db: TestDb) {
        let mut server = Server::serve(&db);
        let client = server.client().await;
        let page = client.get("/login").await;
        assert!(page.text().contains("daybook staff add you@example.org"), "{}", page.text());
        let command = first_account(&server).expect("the command is printed");
        assert_eq!(server.stdout().last(), Some(&format!("listening on {}", server.base().await)));

        // The command works as it is printed, while it serves.
        let words: Vec<_> = command.split_whitespace().skip(1).chain(["--password-stdin"]).collect();
        run_with(&db, &words, &format!("{PASSWORD}\n")).done();
        assert!(!client.get("/login").await.text().contains("daybook staff add"));
        client.sign_in("you@example.org", PASSWORD).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
        server.stop();
        let mut again = Server::serve(&db);
        again.base().await;
        assert_eq!(first_account(&again), None);
    }

    async fn serve_makes_a_database_that_only_its_owner_may_read(db: FileDb) {
        let (file, address) = db.beside("new.db");
        let mut server = Server::start(daybook(&db, &["serve", "--database", &address, "--listen", "127.0.0.1:0"]));
        assert_eq!(server.client().await.get("/login").await.status, StatusCode::OK);
        for name in ["new.db", "new.db-wal", "new.db-shm"] {
            let mode = std::fs::metadata(file.with_file_name(name)).expect(name).permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        server.stop();
        assert!(run(&db, &["check", "--database", &address]).done().contains("up to date"));
    }

    async fn a_request_in_flight_is_finished_before_the_server_ends(db: TestDb) {
        for signal in ["TERM", "INT"] {
            let email = format!("{}@example.org", signal.to_lowercase());
            add_account(&db, &email, Role::Support, sample::now()).await;
            let mut server = Server::serve(&db);
            let client = server.client().await;
            client.sign_in(&email, PASSWORD).await;
            let token = client.token("/account").await;
            let base = server.base().await;
            let (mut socket, rest) = half_sent(&base, &client, &token);
            server.signal(signal);
            wait::until("it is stopping", async || {
                server.stderr().iter().any(|line| line.contains("stopping")).then_some(())
            })
            .await;
            wait::until("nobody else is let in", async || {
                TcpStream::connect(base.trim_start_matches("http://")).is_err().then_some(())
            })
            .await;
            socket.write_all(rest.as_bytes()).expect("sent");
            let answer = head(&mut socket);
            assert!(answer.starts_with("HTTP/1.1 303 "), "{signal}: {answer}");
            assert_eq!(server.ended().code(), Some(0), "{signal}: {:?}", server.stderr());
            let theme = format!("SELECT theme FROM daybook_staff WHERE email = '{email}'");
            assert_eq!(db.outside().await.texts(&theme).await, ["dark"], "{signal}");
        }
    }

    async fn a_restart_signs_nobody_out(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let mut server = Server::serve(&db);
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        let cookies = client.cookies();
        server.stop();
        let mut server = Server::serve(&db);
        let page = server.client().await.get_with("/logs", &[("cookie", &cookies)]).await;
        assert_eq!(page.status, StatusCode::OK);
    }

    async fn killed_at_any_moment_it_serves_again(db: FileDb) {
        let places = Places::write(&db).await;
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        for _ in 0..3 {
            let mut server = Server::serve(&db);
            let client = server.client().await;
            client.sign_in(MAYA, PASSWORD).await;
            assert_eq!(client.get(&format!("/logs/{}", places.entry)).await.status, StatusCode::OK);
            server.signal("KILL");
            server.ended();
        }
        assert_eq!(db.outside().await.texts("PRAGMA integrity_check").await, ["ok"]);
    }

    async fn the_demo_is_the_main_job_with_nothing_to_set_up(db: FileDb) {
        let before = db.contents().await;
        let mut command = daybook(&db, &["demo", "--listen", "127.0.0.1:0"]);
        // It must never meet a real database, whatever the environment says.
        command.env("DATABASE_URL", &db.address).env("DAYBOOK_DATABASE_URL", &db.address);
        let folder = db.file().parent().expect("a folder").to_owned();
        let entries = || std::fs::read_dir(&folder).expect("read").count();
        let files = entries();
        let mut server = Server::start(command);
        let client = server.client().await;
        let base = server.base().await;
        let said = |what: &str| {
            let lines = server.stdout();
            let line = lines.iter().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{lines:?}"));
            line[what.len()..].trim().to_owned()
        };
        assert_eq!(said("The demo is at"), base);
        assert_eq!(server.stdout().last(), Some(&format!("listening on {base}")));
        let (email, password) = (said("E-mail"), said("Password"));
        assert!(password.len() >= 20, "a password that can be guessed");
        client.sign_in(&email, &password).await;
        let page = client.get("/logs?range=7d").await;
        let shown = page.entries();
        assert_eq!(shown.len(), 50);
        wait::until("something happens", async || {
            (client.get("/logs?range=7d").await.entries() != shown).then_some(())
        })
        .await;
        assert_eq!(db.contents().await, before, "it wrote into a real database");
        server.stop();
        assert_eq!(entries(), files, "its folder is left behind");
    }

    async fn each_demo_has_a_password_of_its_own_and_no_demo_takes_a_file_that_is_there(db: FileDb) {
        let mut passwords = std::collections::BTreeSet::new();
        for name in ["one.db", "two.db"] {
            let (file, address) = db.beside(name);
            let arguments = ["demo", "--listen", "127.0.0.1:0", "--database", &address];
            let mut server = Server::start(daybook(&db, &arguments));
            server.base().await;
            passwords.extend(server.stdout().into_iter().filter(|line| line.starts_with("Password")));
            server.stop();
            assert!(file.exists());
            assert!(run(&db, &arguments).failed().contains("exists"));
        }
        assert_eq!(passwords.len(), 2);
    }

    async fn a_backup_while_it_serves_is_whole(db: FileDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let first: Vec<_> = (0..500).map(|at| sample::error(sample::minutes_ago(at))).collect();
        db.write(first.clone()).await;
        let mut server = Server::serve(&db);
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        let (copy, address) = db.beside("copy.db");
        let writing = async {
            for _ in 0..40 {
                db.write(vec![sample::log(sample::minutes_ago(1))]).await;
                assert_eq!(client.get("/members").await.status, StatusCode::OK);
            }
        };
        let backing = async {
            let path = copy.to_str().expect("text");
            let mut command = daybook(&db, &["backup", path, "--database", &db.address]);
            command.stdin(std::process::Stdio::null());
            tokio::task::spawn_blocking(move || command.output()).await.expect("run").expect("the binary runs")
        };
        let ((), ran) = tokio::join!(writing, backing);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), copy.to_str().expect("text"));
        assert_eq!(std::fs::metadata(&copy).expect("there").permissions().mode() & 0o777, 0o600);

        let ids = "SELECT hex(id) FROM audit_logs ORDER BY 1";
        let mut kept = Outside::open(&copy).await;
        assert_eq!(kept.texts("PRAGMA integrity_check").await, ["ok"]);
        assert_eq!(kept.texts("SELECT 'x' FROM pragma_foreign_key_check").await, [""; 0]);
        let (kept, all) = (kept.texts(ids).await, db.outside().await.texts(ids).await);
        let stands = |id: uuid::Uuid| kept.contains(&id.simple().to_string().to_uppercase());
        assert!(first.iter().all(|log| stands(log.id)), "an entry is missing");
        assert!((500..=540).contains(&kept.len()) && kept.iter().all(|id| all.contains(id)));
        assert!(run(&db, &["check", "--database", &address]).done().contains("up to date"));

        // And it is served as it is.
        server.stop();
        let mut server = Server::start(daybook(&db, &["serve", "--database", &address, "--listen", "127.0.0.1:0"]));
        let client = server.client().await;
        client.sign_in(MAYA, PASSWORD).await;
        assert_eq!(client.get("/logs?range=all").await.status, StatusCode::OK);
    }

    async fn a_backup_never_replaces_a_file_and_leaves_nothing_half_made(db: FileDb) {
        let (there, _) = db.beside("there.db");
        std::fs::write(&there, "precious").expect("written");
        let folder = db.file().parent().expect("a folder").to_owned();
        let names = || {
            let names = std::fs::read_dir(&folder).expect("read").map(|file| file.expect("read").file_name());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let before = names();
        let ran = run(&db, &["backup", "there.db", "--database", &db.address]);
        assert!(ran.failed().contains("there.db exists"), "{}", ran.stderr);
        assert_eq!(std::fs::read_to_string(&there).expect("read"), "precious");
        let ran = run(&db, &["backup", "no/such/folder/copy.db", "--database", &db.address]);
        assert!(ran.failed().contains("no/such/folder"), "{}", ran.stderr);
        assert_eq!(names(), before);
    }
}
