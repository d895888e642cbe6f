//! The real program on a responder's machine of its own: nothing of the tester's surroundings.

use super::server::Server;
use super::world::World;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// What `impound.toml` says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The role in the account under investigation.
    pub source_role: String,
    /// The key to share under.
    pub share_key: String,
    /// The forensic account.
    pub forensic: Forensic,
    /// Lines under `[policy]`.
    pub policy: Vec<String>,
}

/// What `impound.toml` says about the forensic account.
#[derive(Clone, Debug)]
pub struct Forensic {
    /// Its number.
    pub account: String,
    /// The role there.
    pub role: String,
    /// The external id of its trust.
    pub external_id: String,
    /// The key of the copies.
    pub key: String,
    /// The sealed subnet.
    pub subnet: String,
}

impl Settings {
    /// Everything that a world offers.
    pub fn of(world: &World) -> Self {
        let text = |pointer: &str| world.text(pointer).to_owned();
        Self {
            source_role: text("/source/role_arn"),
            share_key: text("/source/share_key"),
            forensic: Forensic {
                account: text("/forensic/account"),
                role: text("/forensic/role_arn"),
                external_id: text("/forensic/external_id"),
                key: text("/forensic/kms_key"),
                subnet: text("/forensic/sealed_subnet"),
            },
            policy: Vec::new(),
        }
    }

    fn toml(&self) -> String {
        let Self { source_role, share_key, forensic, policy } = self;
        let Forensic { account, role, external_id, key, subnet } = forensic;
        format!(
            "[source]\nrole_arn = {source_role:?}\nshare_kms_key_arn = {share_key:?}\n\
             [forensic]\naccount_id = {account:?}\nrole_arn = {role:?}\nexternal_id = {external_id:?}\n\
             kms_key_arn = {key:?}\nsubnet_id = {subnet:?}\n\
             [policy]\n{}\n",
            policy.join("\n")
        )
    }
}

/// A responder's machine.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Home {
    /// One that reaches a server with the responder's keys.
    pub fn new(server: &Server, world: &World) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap(), env: environment(server, world) };
        home.configure(&Settings::of(world));
        home
    }

    /// Where the cases are kept.
    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Its directory, which is also the working directory of the program.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes `impound.toml`.
    pub fn configure(&self, settings: &Settings) {
        self.write("impound.toml", &settings.toml());
    }

    /// Writes a file; its name is the answer, for the command line.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        name.to_owned()
    }

    /// Runs the program to its end, JSON on stdout.
    pub fn run(&self, args: &[&str]) -> End {
        End::of(self.start(args))
    }

    /// Starts the program, JSON on stdout.
    pub fn start(&self, args: &[&str]) -> Child {
        self.program(args).spawn().unwrap()
    }

    /// The program with its surroundings, for tests that change some of them.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_impound"));
        command
            .args(["--output", "json"])
            .args(args)
            .env_clear()
            .envs(self.env.iter().cloned())
            .env("HOME", self.dir.path())
            .env("IMPOUND_STATE", self.state())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn environment(server: &Server, world: &World) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", world.text("/source/access_key_id").to_owned()),
        ("AWS_SECRET_ACCESS_KEY", world.text("/source/secret_access_key").to_owned()),
        ("AWS_REGION", world.text("/region").to_owned()),
        ("AWS_ENDPOINT_URL", server.endpoint()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("USER", "tester".to_owned()),
    ]
}

/// How the program ended.
#[derive(Debug)]
pub struct End {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The document on stdout; `null` when there is none.
    pub document: Value,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl End {
    /// Of a process that was started; waits for it.
    pub fn of(process: Child) -> Self {
        let Output { status, stdout, stderr } = process.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(!stderr.contains("panicked"), "{stderr}");
        let document = serde_json::from_str(&stdout).unwrap_or_default();
        Self { code: status.code(), document, stdout, stderr }
    }

    /// It ended with this exit code.
    pub fn ends_with(self, code: i32) -> Self {
        let why = format!("{}\n{:#}", self.stderr, self.document);
        assert_eq!(self.code, Some(code), "{why}");
        self
    }

    /// It ended with this exit code and one line that begins with `error: ` and has these words.
    pub fn fails_with(self, code: i32, words: &[&str]) -> Self {
        let end = self.ends_with(code);
        let errors: Vec<_> = end.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{}", end.stderr);
        for word in words {
            assert!(end.stderr.contains(word), "no `{word}` in {}", end.stderr);
        }
        end
    }

    /// The case.
    pub fn case(&self) -> String {
        self.text("/case")
    }

    /// A text of the document by its JSON pointer.
    pub fn text(&self, pointer: &str) -> String {
        let found = self.document.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no {pointer} in {:#}", self.document)).to_owned()
    }

    /// The status of a step.
    pub fn step(&self, name: &str) -> String {
        let rows = self.list("/steps");
        let row = rows.iter().find(|row| row["step"] == name).unwrap_or_else(|| panic!("no step {name}"));
        row["status"].as_str().unwrap().to_owned()
    }

    /// The gates that it waits at; offers are left out.
    pub fn waits_at(&self) -> Vec<&str> {
        let waited_for = self.list("/gates").iter().filter(|gate| gate["offer"] == false);
        waited_for.map(|gate| gate["gate"].as_str().unwrap()).collect()
    }

    /// The evidence of a kind in an account.
    pub fn evidence(&self, kind: &str, account: &str) -> Vec<Value> {
        let rows = self.list("/evidence").iter();
        rows.filter(|row| row["kind"] == kind && row["account"] == account).cloned().collect()
    }

    /// A list of the document.
    pub fn list(&self, pointer: &str) -> &[Value] {
        let found = self.document.pointer(pointer).and_then(Value::as_array);
        found.unwrap_or_else(|| panic!("no list {pointer} in {:#}", self.document))
    }
}
