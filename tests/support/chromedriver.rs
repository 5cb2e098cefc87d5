//! The one `chromedriver` of this test process: started by the first browser test, ended with the process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use tokio::sync::Semaphore;

/// As many browsers as there are cores on the smallest machine that runs these tests.
pub static BROWSERS: Semaphore = Semaphore::const_new(2);

/// A shell stands between: it reads until this process ends in whichever way, then ends everything it started, browsers
/// too, and removes the folder of their profiles.
const KEEPER: &str = r#"
trap : TERM
TMPDIR=$(mktemp -d) && export TMPDIR
chromedriver --port=0 2>&1 &
read -r _
kill 0
wait
sleep 1
rm -rf "$TMPDIR"
"#;

struct Driver {
    port: u16,
    _keeper: Child,
    _open: Option<ChildStdin>,
}

/// The port of `chromedriver`, which is started if it does not run yet.
pub fn port() -> u16 {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(start).port
}

fn start() -> Driver {
    const MISSING: &str = "the browser tests need chromedriver and Chromium: on Debian, \
        `apt-get install chromium chromium-driver`";
    let mut keeper = Command::new("sh")
        .args(["-c", KEEPER])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let open = keeper.stdin.take();
    let mut said = String::new();
    let mut lines = BufReader::new(keeper.stdout.take().expect("its output")).lines();
    while let Some(Ok(line)) = lines.next() {
        if let Some(port) = line.rsplit_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.')) {
            let port = port.parse().expect("a port");
            // Whatever else it says has to go somewhere.
            std::thread::spawn(move || lines.for_each(drop));
            return Driver { port, _keeper: keeper, _open: open };
        }
        said.push_str(&line);
        if line.contains("not found") {
            break;
        }
    }
    panic!("{MISSING}\n{said}");
}

/// Ends a browser without waiting in the runtime, which may be gone: a test that failed ends its browser too.
pub fn end(session: &str) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port())) else { return };
    let request = format!("DELETE /session/{session} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    // It answers when the browser is gone, and leaves the connection open.
    drop(stream.set_read_timeout(Some(Duration::from_secs(20))));
    if stream.write_all(request.as_bytes()).is_ok() {
        drop(stream.read(&mut [0; 1024]));
    }
}
