//! Faults put into calls on purpose: which call, when, how often, and whether it took effect first.

use casebook::fault::Fault;

/// When a fault strikes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call does not take effect.
    Before(Fault),
    /// The call takes effect and its answer is lost.
    After(Fault),
}

impl Moment {
    /// The fault, when it does not matter whether the call took effect.
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Self::Before(fault) | Self::After(fault) => fault,
        }
    }
}

/// A fault for some calls of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    action: String,
    skip: u32,
    times: u32,
    moment: Moment,
}

impl Injection {
    /// The next call of an action (`ec2:CreateSnapshots`) fails without effect.
    pub fn before(action: &str, fault: Fault) -> Self {
        Self { action: action.to_owned(), skip: 0, times: 1, moment: Moment::Before(fault) }
    }

    /// The next call of an action takes effect, and its answer is lost.
    pub fn after(action: &str, fault: Fault) -> Self {
        Self { action: action.to_owned(), skip: 0, times: 1, moment: Moment::After(fault) }
    }

    /// Lets `n` calls of the action pass first.
    #[must_use]
    pub fn skipping(self, n: u32) -> Self {
        Self { skip: n, ..self }
    }

    /// Strikes `n` calls in a row.
    #[must_use]
    pub fn times(self, n: u32) -> Self {
        Self { times: n, ..self }
    }

    /// Counts one call of `action`; `Some` when it is struck.
    pub(crate) fn strike(&mut self, action: &str) -> Option<Moment> {
        if self.action != action || self.times == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.moment.clone())
    }
}
