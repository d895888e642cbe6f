//! Finds and reads `impound.toml`, and the runbook that it or the command line names.

use crate::failure::Failure;
use casebook::runbook::Runbook;
use casebook::settings::Config;
use directories::ProjectDirs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FILE: &str = "impound.toml";

/// The user's directories.
pub fn user_dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "impound")
}

/// Reads the configuration: the file named, else `./impound.toml`, else the one in the user's
/// configuration directory, else the defaults.
///
/// # Errors
/// When a file that was named is not there, or one cannot be read or is wrong.
pub fn load(named: Option<&Path>) -> Result<Config, Failure> {
    if let Some(path) = named {
        return match read(path)? {
            Some(text) => parse(path, &text),
            None => Err(Failure::usage(format!("cannot read the configuration {}: no such file", path.display()))),
        };
    }
    for path in usual_places() {
        if let Some(text) = read(&path)? {
            return parse(&path, &text);
        }
    }
    Ok(Config::default())
}

fn usual_places() -> impl Iterator<Item = PathBuf> {
    let users = user_dirs().map(|dirs| dirs.config_dir().join(FILE));
    [PathBuf::from(FILE)].into_iter().chain(users)
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("cannot read the configuration {}: {error}", path.display()))),
    }
}

fn parse(path: &Path, text: &str) -> Result<Config, Failure> {
    Config::parse(text).map_err(|why| {
        Failure::usage(format!("cannot use the configuration {}: {why}", path.display()))
            .hint("correct the file, or name another one with --config")
    })
}

/// The runbook of that name, or in that file, sound.
///
/// # Errors
/// When there is none, it cannot be read, or it breaks a law.
pub fn runbook(name: &str) -> Result<Runbook, Failure> {
    let text = match Runbook::named(name) {
        Some(shipped) => return Ok(shipped),
        None => runbook_text(name)?,
    };
    Runbook::parse(&text).map_err(|why| {
        Failure::usage(format!("cannot use the runbook {name}: {why}")).hint("`impound runbook check` lists all of it")
    })
}

/// The text of a runbook's file.
///
/// # Errors
/// When it cannot be read; then the shipped names are listed.
pub fn runbook_text(file: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        let shipped: Vec<_> = Runbook::shipped().into_iter().map(|runbook| runbook.name).collect();
        Failure::usage(format!("cannot read the runbook {file}: {error}"))
            .hint(format!("name a file or one of {}", shipped.join(", ")))
    })
}
