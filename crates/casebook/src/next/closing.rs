//! The end of the original: once a person has approved it, the steps that kept it alive and cut off
//! rest, or they would put back what terminate lifts, and read an instance that is gone.

use crate::case::Case;
use crate::effect::SourceEffect;
use crate::gate::Gate;
use crate::release::we_did_any;
use crate::step::{Phase, StepName};

/// Whether a step rests.
pub fn rests(case: &Case, step: StepName) -> bool {
    match step {
        StepName::Terminate => false,
        StepName::Protect => approved(case) || ended(case),
        _ => ended(case),
    }
}

/// Whether exactly the evidence that was shown is approved.
fn approved(case: &Case) -> bool {
    let asked = case.asked.get(&Gate::Terminate).map(|asked| &asked.digest);
    let approved = case.approvals.get(&Gate::Terminate).map(|(approved, _)| &approved.digest);
    case.through >= Phase::Eradicate && asked.is_some() && asked == approved
}

/// Whether AWS has taken the termination, or may have: its answer may be lost.
fn ended(case: &Case) -> bool {
    we_did_any(case, |effect| matches!(effect, SourceEffect::Terminate { .. }))
}
