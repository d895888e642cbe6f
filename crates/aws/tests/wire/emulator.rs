//! Starting the emulator, building its world, and entering it.

use aws::{Access, ForensicAccount, SourceAccount};
use casebook::effect::{Effect, ForensicEffect, SourceEffect};
use casebook::fault::Fault;
use casebook::query::{ForensicQuery, Query, SourceQuery};
use casebook::reading::{Answer, Made, Reading};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where the child finds the description of its world.
const WORLD: &str = "IMPOUND_TEST_WORLD";

/// Runs a test inside a world of its own.
pub fn in_world(test: &str, body: fn(World)) {
    if let Ok(world) = std::env::var(WORLD) {
        return body(World::enter(&world));
    }
    let emulator = Emulator::start();
    let world: Value = serde_json::from_str(&emulator.world()).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env_clear()
        .envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, std::env::var(name).ok()?))))
        .env("AWS_ACCESS_KEY_ID", text(&world, "/source/access_key_id"))
        .env("AWS_SECRET_ACCESS_KEY", text(&world, "/source/secret_access_key"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env(WORLD, world.to_string())
        .status();
    assert!(status.unwrap().success(), "{test} failed in its world; see above");
}

fn text(world: &Value, pointer: &str) -> String {
    world.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {world}")).to_owned()
}

/// A running emulator; it ends when its stdin closes.
struct Emulator {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    python: String,
    address: String,
}

impl Emulator {
    fn start() -> Self {
        let python = prepared_python();
        let mut process = Command::new(&python)
            .args(["-m", "strict", "0"])
            .current_dir(folder())
            .envs([("STRICT_LAG", "0"), ("STRICT_SETTLE", "0"), ("STRICT_DRAIN", "0"), ("STRICT_PAGE", "3")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("the emulator says where it listens");
        let address = format!("http://{address}");
        Self { process, _stdout: stdout, python, address }
    }

    fn world(&self) -> String {
        let built =
            Command::new(&self.python).args(["-m", "world", &self.address]).current_dir(folder()).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        String::from_utf8(built.stdout).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Closing its stdin would be enough; this is for an emulator that hangs.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire")
}

fn prepared_python() -> String {
    let made = Command::new(folder().join("prepare")).stderr(Stdio::inherit()).output().unwrap();
    assert!(made.status.success(), "tests/wire/prepare failed");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// Both accounts of a world, and what is in it.
pub struct World {
    facts: Value,
    source: SourceAccount,
    forensic: ForensicAccount,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn enter(world: &str) -> Self {
        let facts: Value = serde_json::from_str(world).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let access = |side: &str| Access {
            region: Some(text(&facts, "/region")),
            endpoint: Some(text(&facts, "/endpoint")),
            role_arn: Some(text(&facts, &format!("/{side}/role_arn"))),
            external_id: facts.pointer(&format!("/{side}/external_id")).and_then(Value::as_str).map(str::to_owned),
            session: "impound-test".to_owned(),
            profile: None,
        };
        let source = runtime.block_on(SourceAccount::connect(&access("source"))).unwrap();
        let forensic = runtime.block_on(ForensicAccount::connect(&access("forensic"))).unwrap();
        Self { facts, source, forensic, runtime }
    }

    /// A fact of the world by its JSON pointer.
    pub fn text(&self, pointer: &str) -> String {
        text(&self.facts, pointer)
    }

    /// The answer to a question, which must succeed with calls that the question declares.
    pub fn ask(&self, query: SourceQuery) -> Reading {
        let answer = self.runtime.block_on(self.source.observe(&query));
        told(&format!("{query:?}"), Query::from(query).actions(), answer)
    }

    /// The same in the forensic account.
    pub fn ask_there(&self, query: ForensicQuery) -> Reading {
        let answer = self.runtime.block_on(self.forensic.observe(&query));
        told(&format!("{query:?}"), Query::from(query).actions(), answer)
    }

    /// A change that must succeed, with calls that the effect declares.
    pub fn make(&self, effect: SourceEffect) -> Made {
        let answer = self.runtime.block_on(self.source.perform(&effect));
        told(&format!("{effect:?}"), Effect::from(effect).actions(), answer)
    }

    /// The same in the forensic account.
    pub fn make_there(&self, effect: ForensicEffect) -> Made {
        let answer = self.runtime.block_on(self.forensic.perform(&effect));
        told(&format!("{effect:?}"), Effect::from(effect).actions(), answer)
    }

    /// The fault of a change that must fail.
    pub fn fail(&self, effect: SourceEffect) -> Fault {
        self.runtime.block_on(self.source.perform(&effect)).value.unwrap_err()
    }

    /// Steers the emulator through one of its control endpoints.
    pub fn control(&self, endpoint: &str, body: Value) {
        let address = self.text("/endpoint").replace("http://", "");
        let (body, mut answer) = (body.to_string(), String::new());
        let head =
            format!("POST /_strict/{endpoint} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all((head + &body).as_bytes()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.lines().next().unwrap().contains(" 200 "), "{endpoint}: {answer}");
    }

    /// The code of a rehearsal's fault; empty when it would be allowed.
    pub fn rehearse(&self, effect: SourceEffect) -> String {
        self.runtime.block_on(self.source.rehearse(&effect)).value.err().map(|fault| fault.code).unwrap_or_default()
    }

    /// The same in the forensic account.
    pub fn rehearse_there(&self, effect: ForensicEffect) -> String {
        self.runtime.block_on(self.forensic.rehearse(&effect)).value.err().map(|fault| fault.code).unwrap_or_default()
    }
}

fn told<T>(what: &str, actions: &[&str], answer: Answer<T>) -> T {
    let value = answer.value.unwrap_or_else(|fault| panic!("{what}: {:?} {fault}", fault.class));
    assert!(!answer.calls.is_empty(), "{what} sent nothing");
    // Asking who one is needs no permission.
    let declared = |call: &String| actions.contains(&call.as_str()) || call == "sts:GetCallerIdentity";
    assert!(answer.calls.iter().all(declared), "{what}: {:?} but declared {actions:?}", answer.calls);
    assert!(answer.raw.iter().all(|raw| answer.calls.contains(&raw.action)), "{what}");
    value
}
