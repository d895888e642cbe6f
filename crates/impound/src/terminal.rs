//! Where output goes: data to stdout, everything else to stderr; colours where they are wanted.

use crate::args::{Color, Global, Output};
use crate::failure::Failure;
use crate::text::{Text, paint, text};
use casebook::report::clean;
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

    /// Prints data for people.
    ///
    /// # Errors
    /// When stdout can not be written.
    pub fn data(self, text: &Text) -> Result<(), Failure> {
        written(text.as_str())
    }

    /// Prints a JSON document. What JSON lets stand in a string and a terminal would obey is escaped.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn json(self, document: &str) -> Result<(), Failure> {
        written(&escaped(document))
    }

    /// Prints a file that was made elsewhere and has escapes of its own: a report, a manual page.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn file(self, bytes: &str) -> Result<(), Failure> {
        written(bytes)
    }

    /// Prints progress unless the run is quiet.
    pub fn log(self, text: &Text) {
        if self.verbosity != Verbosity::Quiet {
            self.ask(text);
        }
    }

    /// Prints what a person must see to answer, also in a quiet run.
    pub fn ask(self, text: &Text) {
        say(text);
    }

    /// Prints a warning, also in a quiet run.
    pub fn warn(self, warning: &Text) {
        say(&text!("{}: {}", paint(WARN, "warning"), warning));
    }

    /// Whether the progress can be redrawn in place.
    pub fn is_live(self) -> bool {
        self.verbosity == Verbosity::Normal && std::io::stderr().is_terminal()
    }
}

/// Prints a failure: the one place where errors appear.
pub fn report(failure: &Failure) {
    say(&text!("{}: {}", paint(BAD, "error"), failure.what));
    if let Some(hint) = &failure.hint {
        say(&text!("{}: {}", paint(STRONG, "hint"), hint));
    }
}

/// To stdout, with a line's end. A reader that has gone away (`| head`) is no failure.
fn written(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write to stdout: {error}")).hint("free the disk or close the pipe"))
        }
        _ => Ok(()),
    }
}

/// Outside its strings a JSON document has none of these characters but the ends of its lines.
fn escaped(document: &str) -> String {
    let hides = |c: &char| *c != '\n' && clean(c.encode_utf8(&mut [0; 4])).starts_with("[U+");
    let escape = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    document.chars().map(|c| if hides(&c) { escape(c) } else { c.to_string() }).collect()
}

/// Text on stderr. That it can not be written is nothing that could be told anybody.
fn say(text: &Text) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning_and_no_sign_that_a_terminal_obeys() {
        let value = serde_json::json!({"name": "a\u{9b}1m\u{202e}\u{1b}\u{e0041}\n é [U+0041]"});
        let printed = escaped(&format!("{value:#}"));
        assert!(printed.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}' && c != '\u{e0041}')));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).expect("JSON"), value);
    }
}
