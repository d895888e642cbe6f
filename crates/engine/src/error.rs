//! What ends a run besides its own end. Nothing was changed that is not written.

use ledger::LedgerError;

/// Why a case could not be opened or driven on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An entry that this program cannot understand.
    #[error(
        "entry {entry} of the ledger cannot be understood: {why}; use the program version that wrote it, or a newer one"
    )]
    Entry {
        /// Its number.
        entry: u64,
        /// Why not.
        why: String,
    },
    /// An entry that names a file by something that is no digest.
    #[error("the ledger names the artefact `{name}`: {why}; use the program version that wrote it, or a newer one")]
    Artefact {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A ledger that begins with something else than an opening.
    #[error("the ledger does not begin with the opening of a case: it is empty or belongs to something else")]
    NotACase,
    /// A store that holds a case already.
    #[error("the ledger holds {entries} entries already: load the case instead of opening another one in it")]
    NotEmpty {
        /// How many entries stand there.
        entries: u64,
    },
    /// The planner keeps writing or waking up, and nothing happens.
    #[error("the plan does not come to rest (steps under way: {moving}): a bug, please report it; `resume` goes on")]
    Restless {
        /// The steps that say they move.
        moving: String,
    },
}
