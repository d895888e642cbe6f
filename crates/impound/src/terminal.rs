//! Where output goes: data to stdout, everything else to stderr; colours where they are wanted.

use crate::args::{Color, Global, Output};
use crate::failure::Failure;
use clap::builder::styling::{AnsiColor, Style};
use std::io::{ErrorKind, IsTerminal, Write};

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Progress.
    Normal,
    /// Every change, and the calls by action.
    Verbose,
}

/// The two streams.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// The form of what goes to stdout.
    pub output: Output,
    /// How much goes to stderr.
    pub verbosity: Verbosity,
}

/// Bold.
pub const STRONG: Style = Style::new().bold();
/// Done, proved.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// To be looked at.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Failed, open.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Beside the point.
pub const FAINT: Style = Style::new().dimmed();

/// Text in a style; the stream strips it where colours are not wanted.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

impl Terminal {
    /// As the global options say. Sets the colours of the whole process.
    pub fn new(global: &Global) -> Self {
        let choice = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        };
        Self { output: global.output, verbosity }
    }

    /// Whether stdout is to be one JSON document.
    pub fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// Prints data. A reader that has gone away (`| head`) is no failure.
    ///
    /// # Errors
    /// When stdout can not be written.
    pub fn data(self, text: &str) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let written = write!(stdout, "{text}{newline}").and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::usage(format!("cannot write to stdout: {error}")).hint("free the disk or close the pipe"))
            }
            _ => Ok(()),
        }
    }

    /// Prints a line of progress unless the run is quiet.
    pub fn log(self, line: &str) {
        if self.verbosity != Verbosity::Quiet {
            say(line);
        }
    }

    /// Prints a warning, also in a quiet run.
    pub fn warn(self, line: &str) {
        say(&format!("{}: {line}", paint(WARN, "warning")));
    }

    /// Whether the progress can be redrawn in place.
    pub fn is_live(self) -> bool {
        self.verbosity == Verbosity::Normal && std::io::stderr().is_terminal()
    }
}

/// Prints a failure: the one place where errors appear.
pub fn report(failure: &Failure) {
    say(&format!("{}: {}", paint(BAD, "error"), failure.what));
    if let Some(hint) = &failure.hint {
        say(&format!("{}: {hint}", paint(STRONG, "hint")));
    }
}

/// A line on stderr. That it can not be written is nothing that could be told anybody.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
