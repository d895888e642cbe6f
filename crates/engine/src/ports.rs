//! What the loop needs from outside: a cloud to ask and change, a clock to wait by, and somebody
//! who watches. These and the ledger are its only side effects.

use casebook::effect::Effect;
use casebook::entry::Entry;
use casebook::fault::Fault;
use casebook::next::Next;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use casebook::step::StepName;
use jiff::{SignedDuration, Timestamp};

/// Both accounts, behind one door: a query or an effect knows which one it is for. Everything runs
/// on one thread, so no future has to be `Send`.
#[allow(async_fn_in_trait)] // one thread, and every implementation is named by its type
pub trait Cloud {
    /// Asks a question, every page of it.
    async fn observe(&self, query: &Query) -> Answer<Reading>;

    /// Makes a change. A fault of class `unknown` says that it may have taken place.
    async fn perform(&self, effect: &Effect) -> Answer<Made>;

    /// Asks whether a change would be allowed, without making it.
    async fn rehearse(&self, effect: &Effect) -> Answer<()>;
}

/// Time, so that drills can bring their own.
#[allow(async_fn_in_trait)] // as above
pub trait Clock {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Waits until a moment; at once when it has passed.
    async fn sleep_until(&self, at: Timestamp);
}

/// Somebody who watches, such as the live display.
pub trait Watcher {
    /// Something happened. Called inside the loop: be quick.
    fn saw(&mut self, event: &Event<'_>);
}

/// Nobody watches.
impl Watcher for () {
    fn saw(&mut self, _: &Event<'_>) {}
}

/// What a watcher sees. What may be secret stands in files beside the ledger, and never here.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An entry is in the ledger for good.
    Wrote {
        /// Its number.
        seq: u64,
        /// When.
        at: Timestamp,
        /// What it says.
        entry: &'a Entry,
    },
    /// How everything stands, after every plan.
    Planned {
        /// The plan.
        next: &'a Next,
    },
    /// A question was sent.
    Asking {
        /// Which.
        query: &'a Query,
    },
    /// A question was answered, or not.
    Answered {
        /// Which.
        query: &'a Query,
        /// Why it could not be read.
        fault: Option<&'a Fault>,
        /// Every request it took, `service:Action`.
        calls: &'a [String],
        /// How long that took.
        took: SignedDuration,
    },
    /// A change was sent.
    Changing {
        /// For which step.
        step: StepName,
        /// Which.
        effect: &'a Effect,
    },
    /// A change was answered, or not.
    Changed {
        /// Which.
        effect: &'a Effect,
        /// Why it failed.
        fault: Option<&'a Fault>,
        /// Every request it took, `service:Action`.
        calls: &'a [String],
        /// How long that took.
        took: SignedDuration,
    },
    /// Nothing is under way; the run goes on at a time.
    Waiting {
        /// When.
        until: Timestamp,
        /// What is awaited.
        why: &'a str,
    },
}
