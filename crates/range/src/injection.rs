//! Faults put into calls on purpose: which call, when, how often, and whether it took effect first.

use casebook::fault::Fault;
use jiff::{SignedDuration, Timestamp};

/// When a fault strikes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call does not take effect.
    Before(Fault),
    /// The call takes effect and its answer is lost.
    After(Fault),
    /// The request arrives twice, as a network may deliver it, and takes effect twice where AWS does
    /// not recognise it; the first answer comes back
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>).
    Twice,
    /// The caller gives up waiting; the request was under way all the while, and AWS handles it so much later.
    Late(Fault, SignedDuration),
}

impl Moment {
    /// The fault, when it does not matter whether the call took effect.
    pub(crate) fn into_fault(self) -> Option<Fault> {
        match self {
            Self::Before(fault) | Self::After(fault) | Self::Late(fault, _) => Some(fault),
            Self::Twice => None,
        }
    }
}

/// A fault for some calls of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    action: String,
    skip: u32,
    times: u32,
    until: Timestamp,
    moment: Moment,
    struck: u32,
}

impl Injection {
    /// The next call of an action (`ec2:CreateSnapshots`) fails without effect.
    pub fn before(action: &str, fault: Fault) -> Self {
        Self::of(action, Moment::Before(fault))
    }

    /// The next call of an action takes effect, and its answer is lost.
    pub fn after(action: &str, fault: Fault) -> Self {
        Self::of(action, Moment::After(fault))
    }

    /// The next call of an action is handled twice.
    pub fn twice(action: &str) -> Self {
        Self::of(action, Moment::Twice)
    }

    /// The next call of an action fails, and takes effect so much later than it should.
    pub fn late(action: &str, fault: Fault, by: SignedDuration) -> Self {
        Self::of(action, Moment::Late(fault, by))
    }

    fn of(action: &str, moment: Moment) -> Self {
        Self { action: action.to_owned(), skip: 0, times: 1, until: Timestamp::MAX, moment, struck: 0 }
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

    /// Strikes nothing from a moment on.
    #[must_use]
    pub fn until(self, end: Timestamp) -> Self {
        Self { until: end, ..self }
    }

    /// Strikes nothing of an action any more.
    pub(crate) fn lift(&mut self, action: &str) {
        if self.action == action {
            self.times = 0;
        }
    }

    /// How many calls it has struck.
    pub(crate) fn struck(&self) -> u32 {
        self.struck
    }

    /// Counts one call of `action` at a moment; `Some` when it is struck.
    pub(crate) fn strike(&mut self, action: &str, now: Timestamp) -> Option<Moment> {
        if self.action != action || self.times == 0 || now >= self.until {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        self.struck += 1;
        Some(self.moment.clone())
    }
}
