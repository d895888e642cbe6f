//! The range: a cloud simulated in process, on a virtual clock, for drills and proofs. It knows
//! the rules of AWS from AWS's pages and never from what the casebook predicts, so that belief and
//! world can contradict each other. It is not an emulator: there is no wire, and what the casebook
//! can neither ask nor do is not modelled.

pub mod adversary;
mod calls;
mod clock;
mod ids;
mod injection;
mod ports;
pub mod proof;
mod range;
pub mod scenario;
pub mod script;
pub mod world;

pub use calls::effect_call;
pub use clock::{Sleep, VirtualClock, run};
pub use injection::{Injection, Moment};
pub use range::{CallRecord, Deed, Hand, Range};
pub use scenario::{Briefing, Scenario};
pub use script::Script;
pub use world::World;
