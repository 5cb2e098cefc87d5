//! A throw-away PostgreSQL server: in a private folder, on its own socket, as a user without privileges, gone with the
//! tests.

use std::{
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, postgres::PgConnectOptions};

use super::disk::Syncs;

/// A server that runs.
pub struct Server {
    folder: tempfile::TempDir,
    program: PathBuf,
    keeper: Option<Child>,
    /// Settings beside those of every server, `name=value`.
    settings: Vec<String>,
    /// What it has in its environment beside that of the tests.
    environment: Vec<(&'static str, PathBuf)>,
    /// The port, which its socket is named after too.
    port: u16,
}

/// The server that tests share; each has databases of its own on it.
static SHARED: LazyLock<Server> = LazyLock::new(Server::start);

/// Runs a command as somebody who may not do everything: a server refuses to be root's.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// The user whom nothing belongs to.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The folder of the server's programs: on the path, or where Debian puts them.
fn programs() -> PathBuf {
    let mut places: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|all| all.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    places.sort();
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let found = places
        .into_iter()
        .rev()
        .find(|place| ["initdb", "postgres", "pg_isready"].iter().all(|name| place.join(name).exists()));
    found.expect("PostgreSQL's server programs: scripts/test installs them")
}

impl Server {
    /// Makes and starts one.
    pub fn start() -> Self {
        let mut server = Self::made(&std::env::temp_dir());
        server.run();
        server
    }

    /// Makes one on a disk of the test's and starts it with more settings.
    pub fn start_on(disk: &Path, settings: &[&str]) -> Self {
        let mut server = Self::made(disk);
        server.settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        server.run();
        server
    }

    /// Makes and starts one that does sync, by syncs that can fail.
    pub fn start_where(syncs: &Syncs) -> Self {
        let mut server = Self::made(&std::env::temp_dir());
        server.settings = vec!["fsync=on".into(), "wal_sync_method=fdatasync".into()];
        server.environment = syncs.environment().map(|(name, value)| (name, value.to_owned())).into();
        server.run();
        server
    }

    fn made(within: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("daybook-pg-").tempdir_in(within).expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("rights");
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("given away");
        }
        let program = programs();
        let data = folder.path().join("data");
        let made = unprivileged(&program.join("initdb"))
            .args(["--username=owner", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Self { folder, program, keeper: None, settings: Vec::new(), environment: Vec::new(), port: 5432 }
    }

    /// Makes and starts one that listens on loopback too, and takes nothing there but TLS; and its port.
    pub fn start_with_tls(certificate: &str, key: &str) -> (Self, u16) {
        let mut server = Self::start();
        server.stop();
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let file = server.folder.path().join("data").join(name);
            std::fs::write(&file, pem).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("rights");
            if is_root() {
                std::os::unix::fs::chown(&file, Some(NOBODY), Some(NOBODY)).expect("given away");
            }
        }
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(server.folder.path().join("data/pg_hba.conf"), rules).expect("written");
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        server.port = taken.local_addr().expect("an address").port();
        drop(taken);
        server.settings = vec!["listen_addresses=localhost".into(), "ssl=on".into()];
        server.run();
        let port = server.port;
        (server, port)
    }

    /// Starts it, after [`Self::stop`] or for the first time.
    pub fn run(&mut self) {
        assert!(self.keeper.is_none(), "it runs already");
        let socket = self.folder.path().display();
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log");
        // Kept by a shell that ends when the pipe from this process does: so it never outlives the tests.
        let script = r#""$@" & pid=$!
            if read -r _; then kill -INT $pid; wait $pid; else kill -QUIT $pid; wait $pid; rm -rf "$PWD"; fi"#;
        let mut command = unprivileged(Path::new("/bin/sh"));
        command
            .args(["-c", script, "keeper"])
            .arg(self.program.join("postgres"))
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-c", "listen_addresses=", "-c", &format!("unix_socket_directories={socket}")])
            .args([
                "-c",
                "max_connections=300",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "fsync=off",
                "-c",
                "log_min_messages=warning",
            ])
            .args(["-c", &format!("port={}", self.port)])
            .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log);
        self.keeper = Some(command.spawn().expect("postgres runs"));
        for _ in 0..300 {
            let ready = Command::new(self.program.join("pg_isready"))
                .args(["-q", "-U", "owner", "-p", &self.port.to_string(), "-h"])
                .arg(self.folder.path())
                .status()
                .expect("pg_isready runs");
            if ready.success() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("the server did not come up: {log}");
    }

    /// Stops it at once, as an operator in a hurry would; its data stays.
    pub fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            if let Some(mut pipe) = keeper.stdin.take() {
                let _ = pipe.write_all(b"stop\n");
            }
            let _ = keeper.wait();
        }
    }

    /// What it has written down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("its log")
    }

    /// The address of a database on it, as a user.
    pub fn address(&self, user: &str, database: &str) -> String {
        format!("postgresql://{user}@localhost/{database}?host={}&port={}", self.folder.path().display(), self.port)
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new().socket(self.folder.path()).port(self.port).username("owner").database(database)
    }

    /// A connection of its owner's to a database on it.
    pub async fn connect(&self, database: &str) -> PgConnection {
        self.options(database).connect().await.expect("a connection")
    }

    /// A fresh, empty database on it: its name.
    pub async fn database(&self) -> String {
        self.database_like("template1").await
    }

    /// A fresh database on it that is as another one: its name.
    pub async fn database_like(&self, other: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect("postgres").await;
        let folder: String = sqlx::query_scalar("SELECT current_setting('data_directory')")
            .fetch_one(&mut connection)
            .await
            .expect("asked");
        assert!(Path::new(&folder).starts_with(self.folder.path()), "this is somebody else's server: {folder}");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {other}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a database");
        name
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The server that tests share.
pub fn shared() -> &'static Server {
    &SHARED
}
