//! An endpoint that answers every request with the next line of a script and keeps what was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of one request.
pub(super) enum Reply {
    /// A status and a body.
    Answer(u16, String),
    /// The connection is cut after the request was read.
    Cut,
}

/// A running endpoint.
pub(super) struct Stub {
    pub(super) endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Starts an endpoint with a script.
    pub(super) fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let script = Mutex::new(script.into_iter().collect::<VecDeque<_>>());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &script, &seen);
            }
        });
        Self { endpoint, asked }
    }

    /// An endpoint that answers well-formed bodies only.
    pub(super) fn of(bodies: &[&str]) -> Self {
        Self::new(bodies.iter().map(|body| Reply::Answer(200, (*body).to_owned())))
    }

    /// The bodies of the requests so far, percent-decoded.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, script: &Mutex<VecDeque<Reply>>, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let Some(request) = read_request(&mut reader) else { return };
    seen.lock().unwrap().push(request);
    let reply = script.lock().unwrap().pop_front();
    match reply.unwrap_or(Reply::Answer(500, "the script is at its end".to_owned())) {
        Reply::Cut => {}
        Reply::Answer(status, body) => {
            let date = "date: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-amzn-requestid: req-1\r\nconnection: close";
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{date}\r\ncontent-length: {length}\r\n\r\n");
            reader.get_mut().write_all((head + &body).as_bytes()).unwrap();
        }
    }
}

/// The request line's path and the body; `None` when the client went away.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut path = String::new();
    reader.read_line(&mut path).ok()?;
    let path = path.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(crate::convert::decoded(&format!("{path} {}", String::from_utf8(body).ok()?)))
}
