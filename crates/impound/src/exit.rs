//! Exit codes: scripts and consoles rely on them, so a number never changes its meaning.

use casebook::entry::CaseStatus;
use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked for is done.
    Done,
    /// A mistake of this program.
    Bug,
    /// Wrong usage or configuration; also no such instance here, or a finding of another account.
    Usage,
    /// A person must approve something before it goes on.
    Waiting,
    /// A step failed, or a setting for it is missing; what is contained stays so.
    Held,
    /// Nothing was done, on purpose.
    Refused,
    /// AWS could not be reached or refused, before anything was changed.
    Unreachable,
    /// Ledger or evidence is not what it should be.
    Unverified,
    /// Done, but not everything could be read.
    Gaps,
}

/// From best to worst: of several cases, the worst one decides.
const RANKS: [Exit; 9] = [
    Exit::Done,
    Exit::Gaps,
    Exit::Refused,
    Exit::Waiting,
    Exit::Usage,
    Exit::Unreachable,
    Exit::Held,
    Exit::Unverified,
    Exit::Bug,
];

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::Held => 4,
            Self::Refused => 5,
            Self::Unreachable => 6,
            Self::Unverified => 7,
            Self::Gaps => 8,
        }
    }

    /// How a case stands that ended so; `None` where no document is promised.
    pub fn status(self) -> Option<CaseStatus> {
        match self {
            Self::Waiting => Some(CaseStatus::Waiting),
            Self::Held => Some(CaseStatus::Held),
            Self::Refused => Some(CaseStatus::Refused),
            Self::Unverified => Some(CaseStatus::Unverified),
            Self::Done | Self::Bug | Self::Usage | Self::Unreachable | Self::Gaps => None,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if self.rank() < other.rank() { other } else { self }
    }

    fn rank(self) -> usize {
        RANKS.iter().position(|exit| *exit == self).unwrap_or(RANKS.len())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<CaseStatus> for Exit {
    fn from(status: CaseStatus) -> Self {
        match status {
            CaseStatus::Done => Self::Done,
            CaseStatus::Waiting => Self::Waiting,
            CaseStatus::Held => Self::Held,
            CaseStatus::Refused => Self::Refused,
            CaseStatus::Unverified => Self::Unverified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_rank_and_its_number() {
        let mut codes = RANKS.map(Exit::code);
        codes.sort_unstable();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_held_case_outranks_a_waiting_one() {
        assert_eq!(Exit::Waiting.worst(Exit::Held), Exit::Held);
        assert_eq!(Exit::Held.worst(Exit::Done), Exit::Held);
    }
}
