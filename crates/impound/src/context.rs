//! What every command gets: the global options made concrete.

use crate::args::Global;
use crate::config::{self, File};
use crate::failure::Failure;
use crate::terminal::Terminal;
use casebook::settings::Config;
use ledger::Shelf;
use std::path::PathBuf;

/// The program and its version, as it is written in ledgers and lock files.
pub const PROGRAM: &str = concat!("impound ", env!("CARGO_PKG_VERSION"));

/// The surroundings of a command.
#[derive(Clone, Debug)]
pub struct Context {
    /// The options as given.
    pub global: Global,
    /// The two streams.
    pub terminal: Terminal,
}

impl Context {
    /// From the options.
    pub fn new(global: Global) -> Self {
        let terminal = Terminal::new(&global);
        Self { global, terminal }
    }

    /// The configuration.
    ///
    /// # Errors
    /// When a file that was named is not there, or one cannot be read or is wrong.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(self.file()?.config())
    }

    /// The configuration with the parts for the watch.
    ///
    /// # Errors
    /// As [`Context::config`].
    pub fn file(&self) -> Result<File, Failure> {
        config::load(self.global.config.as_deref())
    }

    /// The state directory: named, or the user's.
    ///
    /// # Errors
    /// When none is named and the user has no home directory.
    pub fn state(&self) -> Result<PathBuf, Failure> {
        if let Some(state) = &self.global.state {
            return Ok(state.clone());
        }
        let dirs = config::user_dirs().ok_or_else(|| {
            Failure::usage("cannot tell where the cases are kept: this user has no home directory")
                .hint("name a directory with --state or IMPOUND_STATE")
        })?;
        Ok(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
    }

    /// The cases kept there.
    ///
    /// # Errors
    /// As [`Context::state`].
    pub fn shelf(&self) -> Result<Shelf, Failure> {
        self.state().map(Shelf::at)
    }
}
