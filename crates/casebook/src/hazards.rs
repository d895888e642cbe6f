//! What is known to go wrong in a response, row by row, and what becomes of each row here: it is
//! dealt with, it stays and is said, or it is out of scope with the reason. docs/steps.md shows the
//! rows beside the steps; tests/docs.rs holds the places that they name to the repository.
//!
//! Not for what a run finds: that is the verdict's residual channels and the steps' warnings.

use crate::step::StepName;
use serde::Deserialize;

/// What becomes of a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is dealt with.
    Implemented,
    /// It stays, and a channel, a warning or a hold names it.
    Residual,
    /// It is not dealt with; the reason is given.
    OutOfScope,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Implemented, Self::Residual, Self::OutOfScope];

    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implemented => "implemented",
            Self::Residual => "residual",
            Self::OutOfScope => "out of scope",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// A letter for the section and a number in it: `C9`.
    pub id: String,
    /// What goes wrong, in a line.
    pub what: String,
    /// What becomes of it.
    pub status: Status,
    /// The step, or the file of this repository, that sees to it.
    #[serde(rename = "where")]
    pub place: String,
    /// How; for what stays, under which name it is said; for what is out of scope, why.
    pub how: String,
    /// AWS's page, where there is one.
    #[serde(default)]
    pub source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    hazard: Vec<Hazard>,
}

/// All rows, in the order of their ids.
///
/// # Errors
/// The place and the reason when the table that comes with the program can not be read.
pub fn all() -> Result<Vec<Hazard>, String> {
    const TEXT: &str = include_str!("hazards.toml");
    let table: Table = toml::from_str(TEXT).map_err(|error| crate::settings::describe(TEXT, &error))?;
    Ok(table.hazard)
}

impl Hazard {
    /// The step that it belongs to: the one it names, or the one whose file it names.
    pub fn step(&self) -> Option<StepName> {
        StepName::ALL.into_iter().find(|step| {
            let file = format!("crates/casebook/src/steps/{step}");
            let within = self.place.strip_prefix(&file).is_some_and(|rest| rest.starts_with(['.', '/']));
            self.place == step.as_str() || within
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(place: &str) -> Option<StepName> {
        let (id, what, how) = (String::new(), String::new(), String::new());
        Hazard { id, what, status: Status::Residual, place: place.into(), how, source: None }.step()
    }

    #[test]
    fn a_file_of_a_step_belongs_to_the_step() {
        assert_eq!(at("isolate"), Some(StepName::Isolate));
        assert_eq!(at("crates/casebook/src/steps/isolate/window.rs"), Some(StepName::Isolate));
        assert_eq!(at("crates/casebook/src/steps/tag.rs"), Some(StepName::Tag));
        assert_eq!(at("crates/casebook/src/steps.rs"), None);
        assert_eq!(at("README.md"), None);
    }
}
