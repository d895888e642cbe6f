//! Protect.

use super::StepCard;
use crate::agenda::Agenda;
use crate::step::StepName;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Protect,
    title: "",
    undo: "",
    plan,
    prepare: None,
    release: None,
    source_actions: &[],
    forensic_actions: &[],
};

fn plan(_agenda: &mut Agenda<'_>) {}
