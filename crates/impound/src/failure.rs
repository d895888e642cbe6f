//! What went wrong, as it is printed once at the edge of the program: what was tried, why it
//! failed, what to do.

use crate::document::Document;
use crate::exit::Exit;
use engine::EngineError;
use ledger::LedgerError;

/// An end that is not a success.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What was tried and why it failed: one line.
    pub what: String,
    /// What to do: one line.
    pub hint: Option<String>,
    /// What `--output json` prints on stdout besides, where more than the code and why is known.
    pub document: Option<Box<Document>>,
}

impl Failure {
    /// One with a code.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: one_line(&what.into()), hint: None, document: None }
    }

    /// Wrong usage or configuration.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// A command that needs AWS, in a program built without it.
    pub fn without_cloud(command: &str) -> Self {
        Self::only_with_cloud(&format!("`impound {command}`"))
    }

    /// Anything that needs AWS, in a program built without it.
    pub fn only_with_cloud(what: &str) -> Self {
        Self::usage(format!("{what} talks to AWS, and this program was built without the feature `cloud`"))
            .hint("build it with `cargo build --release -p impound`")
    }

    /// With a line on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(one_line(&hint.into()));
        self
    }

    /// With the document that `--output json` prints.
    #[must_use]
    pub fn document(mut self, document: Document) -> Self {
        self.document = Some(Box::new(document));
        self
    }

    /// The document that `--output json` prints: what is known of the case, at least how it ended
    /// and why.
    pub fn promised(&self) -> Option<Document> {
        match &self.document {
            Some(document) => Some((**document).clone()),
            None => self.exit.status().map(|status| Document::without_case(status, &self.what, None)),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let exit = match error {
            LedgerError::Broken { .. } | LedgerError::Artefact { .. } => Exit::Unverified,
            LedgerError::Body { .. } | LedgerError::Time { .. } => Exit::Bug,
            LedgerError::Locked { .. }
            | LedgerError::Newer { .. }
            | LedgerError::ReadOnly { .. }
            | LedgerError::Full { .. }
            | LedgerError::NoSuchCase { .. }
            | LedgerError::Exists { .. }
            | LedgerError::BadName { .. }
            | LedgerError::Io { .. } => Exit::Usage,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Ledger(error) => error.into(),
            EngineError::Restless { .. } => Self::new(Exit::Bug, error.to_string()),
            EngineError::Entry { .. }
            | EngineError::Artefact { .. }
            | EngineError::NotACase
            | EngineError::NotEmpty { .. } => Self::usage(error.to_string()),
        }
    }
}

/// Text from a file or from AWS in one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_is_quoted() {
        assert_eq!(Failure::usage("cannot read\n  x").what, "cannot read x");
    }

    #[test]
    fn a_broken_ledger_is_a_failed_verification() {
        let broken = LedgerError::Broken { path: "/s".into(), entry: 3, why: "torn".into() };
        assert_eq!(Failure::from(broken).exit, Exit::Unverified);
        assert_eq!(Failure::from(LedgerError::BadName { case: "a/b".into() }).exit, Exit::Usage);
    }
}
