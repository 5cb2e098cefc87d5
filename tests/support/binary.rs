//! The binary as people run it: a command to its end, or a server until it is told to stop.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{Client, TestDb, wait};

/// What became of a command.
pub struct Ran {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Ran {
    /// It did what it is for; what it printed.
    pub fn done(&self) -> &str {
        assert!(self.status.success(), "{}: {}", self.status, self.stderr);
        &self.stdout
    }

    /// It failed as every command does: one line on stderr, nothing on stdout; the line.
    pub fn failed(&self) -> &str {
        assert!(!self.status.success() && self.status.code().is_some(), "{}: {}", self.status, self.stdout);
        let line = self.stderr.strip_suffix('\n').expect("a whole line");
        assert!(!line.contains('\n') && line.starts_with("daybook: "), "{}", self.stderr);
        for never in ["panicked", "stack backtrace", "RUST_BACKTRACE", "Error {", "error returned from database"] {
            assert!(!line.contains(never), "{line}");
        }
        line
    }
}

/// The binary, in the database's folder and without a setting of whoever runs the tests.
pub fn daybook(db: &TestDb, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    let folder = db.folder.path().to_owned();
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| name.starts_with("DAYBOOK_") || name.starts_with("RUST_"));
        if ours || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.env("TMPDIR", &folder).current_dir(folder).args(arguments);
    command
}

/// Runs a command to its end.
pub fn run(db: &TestDb, arguments: &[&str]) -> Ran {
    finish(daybook(db, arguments), "")
}

/// Runs a command to its end with something on its standard input.
pub fn run_with(db: &TestDb, arguments: &[&str], input: &str) -> Ran {
    finish(daybook(db, arguments), input)
}

/// Runs a prepared command to its end.
pub fn finish(mut command: Command, input: &str) -> Ran {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the binary runs");
    // Whoever needs no input may be gone before it is written.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let status = ended(&mut child);
    let text = |pipe: std::thread::JoinHandle<Vec<u8>>| String::from_utf8(pipe.join().expect("read")).expect("text");
    Ran { status, stdout: text(stdout), stderr: text(stderr) }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    let mut pipe = pipe.expect("a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// Waits for a process; one that does not end is killed.
fn ended(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("asked") {
            return status;
        }
        if began.elapsed() > wait::LIMIT {
            let _ = child.kill();
            panic!("the binary did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The lines of a pipe, as they come.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let (lines, pipe) = (Self::default(), BufReader::new(pipe.expect("a pipe")));
        let writing = lines.clone();
        std::thread::spawn(move || {
            for line in pipe.split(b'\n').map_while(Result::ok) {
                writing.0.lock().expect("whole lines").push(String::from_utf8(line).expect("text"));
            }
        });
        lines
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("whole lines").clone()
    }
}

/// A command that goes on until it is told to stop.
pub struct Server {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Server {
    /// Starts a prepared command.
    pub fn start(mut command: Command) -> Self {
        let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().expect("the binary runs");
        let (stdout, stderr) = (Lines::of(child.stdout.take()), Lines::of(child.stderr.take()));
        Self { child, stdout, stderr }
    }

    /// Serves a database on a free port.
    pub fn serve(db: &TestDb) -> Self {
        Self::start(daybook(db, &["serve", "--database", &db.address, "--listen", "127.0.0.1:0"]))
    }

    /// `http://127.0.0.1:PORT`, once it listens.
    pub async fn base(&mut self) -> String {
        wait::until("it listens", async || {
            let found = self.stdout().iter().find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
            if found.is_none() && self.child.try_wait().expect("asked").is_some() {
                panic!("it ended: {:?}", self.stderr());
            }
            found
        })
        .await
    }

    /// A client of it, once it listens.
    pub async fn client(&mut self) -> Client {
        Client::new(&self.base().await)
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.all()
    }

    /// What it has said beside that.
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.all()
    }

    /// The memory that it has at hand, in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a number");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Sends a signal: `TERM`, `INT`, `KILL`.
    pub fn signal(&self, name: &str) {
        assert!(signal(name, &self.child.id().to_string()), "the process was gone already: {:?}", self.stderr());
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }

    /// Stops it in good order.
    pub fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.ended().code(), Some(0), "{:?}", self.stderr());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process; whether that was there.
pub fn signal(name: &str, process: &str) -> bool {
    Command::new("kill").args([&format!("-{name}"), process]).status().expect("kill runs").success()
}
