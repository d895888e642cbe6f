//! Starts the program with nothing of the tester's own surroundings.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A home of its own for each test.
pub struct Home {
    dir: TempDir,
}

/// How the program ended.
#[derive(Debug)]
pub struct End {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    pub fn run(&self, args: &[&str]) -> End {
        let output = Command::new(env!("CARGO_BIN_EXE_impound"))
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env("USER", "tester")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        End {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl End {
    /// One line that begins with `error: `, at most one hint, and the exit code.
    pub fn fails_with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors: Vec<_> = self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:?}");
    }

    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}
