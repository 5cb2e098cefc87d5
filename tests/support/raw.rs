//! Requests as bytes on a socket, for what no client would send.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// An answer as it came.
pub struct Raw {
    /// The status line and the headers, as they were sent.
    pub head: String,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

impl Raw {
    /// The status.
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Every value of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// A header that may stand once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers(name);
        assert!(values.len() < 2, "{name} stands several times: {}", self.head);
        values.first().copied()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request line, header lines and a body to `http://HOST:PORT`, and reads until the server hangs up.
pub async fn raw(base: &str, request: &str, headers: &[&str], body: &[u8]) -> Raw {
    let host = base.trim_start_matches("http://").to_owned();
    let mut bytes = format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").into_bytes();
    for line in headers {
        bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    let read = move || {
        let mut socket = TcpStream::connect(&host).expect("a connection");
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        // Whoever refuses a body may hang up before it is sent.
        let _ = socket.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        answer
    };
    let answer = tokio::task::spawn_blocking(read).await.expect("read");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    Raw { head: String::from_utf8_lossy(&answer[..end]).into_owned(), body: answer[end + 4..].to_vec() }
}
