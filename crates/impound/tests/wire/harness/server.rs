//! The strict emulator of tests/wire. One process is started for all tests of this program, and
//! ends with it; every world is built once in a copy of it, and every test has a copy of that.

use super::world::{Variant, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};

/// A running emulator.
#[derive(Debug)]
pub struct Server {
    address: String,
}

/// The first process. Its stdin is held here: when this program ends, however it ends, it and its
/// copies read the end of it and end too.
struct Root {
    server: Server,
    python: PathBuf,
    _process: Child,
    _stdin: ChildStdin,
}

static ROOT: OnceLock<Root> = OnceLock::new();
static WORLDS: Mutex<BTreeMap<Variant, (u16, World)>> = Mutex::new(BTreeMap::new());

/// Waiting times short enough for a test, in seconds, and pages short enough to have several.
const KNOBS: [(&str, &str); 4] = [
    ("STRICT_LAG", "0.3"),
    ("STRICT_SETTLE", "0.05"),
    ("STRICT_DRAIN", "0.3"),
    // A page of a bucket's list has three names.
    ("MOTO_S3_DEFAULT_MAX_KEYS", "3"),
];

impl Server {
    /// A copy of the emulator that holds a world.
    pub fn with_world(variant: Variant) -> (Self, World) {
        let mut worlds = WORLDS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (port, world) = worlds.entry(variant).or_insert_with(|| built(variant));
        (Self::at(*port).fork(), world.clone())
    }

    /// Its endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A control endpoint's answer.
    pub fn control(&self, endpoint: &str, body: &Value) -> Value {
        let (status, answer) = post(&self.address, endpoint, &body.to_string());
        assert!(status.contains(" 200 "), "{endpoint} {body}: {status} {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// What there is in both accounts now: see tests/wire/photo.py.
    pub fn photo(&self, instance: &str) -> Value {
        serde_json::from_str(&python(&["-m", "photo", &self.endpoint(), instance])).unwrap()
    }

    /// A change that somebody else makes: see tests/wire/tamper.py.
    pub fn change(&self, change: &[&str]) {
        python(&[&["-m", "tamper", &self.endpoint()], change].concat());
    }

    /// The bodies of a queue's messages.
    pub fn heard(&self, queue: &str) -> Vec<String> {
        serde_json::from_str(&python(&["-m", "heard", &self.endpoint(), queue])).expect("a list of texts")
    }

    /// A queue with messages and a bucket with objects, from a file: see tests/wire/feed.py. Gives the queue's
    /// URL.
    pub fn feed(&self, file: &Path) -> String {
        let file = file.to_str().expect("a name");
        python(&["-m", "feed", &self.endpoint(), file]).trim().to_owned()
    }

    /// Switches the log sources of the account under investigation on: see tests/wire/sources.py.
    pub fn switch_sources_on(&self) {
        python(&["-m", "sources", &self.endpoint()]);
    }

    /// Asks an emulator of its own whether it does what AWS's documentation says: see tests/wire/conformance.
    pub fn conformance() -> Output {
        Command::new(&root().python).args(["-m", "conformance"]).current_dir(folder()).output().unwrap()
    }

    fn at(port: u16) -> Self {
        Self { address: format!("127.0.0.1:{port}") }
    }

    fn fork(&self) -> Self {
        let copy = self.control("fork", &json!({}));
        Self::at(u16::try_from(copy["port"].as_u64().unwrap()).unwrap())
    }
}

impl Drop for Server {
    /// Ends a copy. The first process and those that hold the worlds end with this program.
    fn drop(&mut self) {
        if !std::thread::panicking() && !is_kept(&self.address) {
            let _ = post(&self.address, "stop", "{}");
        }
    }
}

fn is_kept(address: &str) -> bool {
    let root = ROOT.get().is_some_and(|root| root.server.address == address);
    root || WORLDS
        .try_lock()
        .map_or(true, |worlds| worlds.values().any(|(port, _)| address.ends_with(&format!(":{port}"))))
}

fn built(variant: Variant) -> (u16, World) {
    let server = std::mem::ManuallyDrop::new(root().server.fork());
    let description = python(&["-m", "world", &server.endpoint(), "--variant", variant.name()]);
    let port = server.address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap();
    (port, World::new(&description))
}

fn root() -> &'static Root {
    ROOT.get_or_init(|| {
        let python = prepared();
        let mut process = Command::new(&python)
            .args(["-m", "strict", "0"])
            .current_dir(folder())
            .envs(KNOBS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("the emulator says where it listens").to_owned();
        let stdin = process.stdin.take().unwrap();
        Root { server: Server { address }, python, _process: process, _stdin: stdin }
    })
}

fn python(args: &[&str]) -> String {
    let output = Command::new(&root().python).args(args).current_dir(folder()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The interpreter of the emulator's own environment, which is made once.
fn prepared() -> PathBuf {
    let output = Command::new(folder().join("prepare")).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "tests/wire/prepare failed; it says why above");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire")
}

/// Status line and body of a POST to a control endpoint.
fn post(address: &str, endpoint: &str, body: &str) -> (String, String) {
    let length = body.len();
    let request =
        format!("POST /_strict/{endpoint} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}
