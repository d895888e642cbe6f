//! The registry of steps: one row each, one file each. The command line's help, docs/steps.md and
//! the IAM policies are made from these rows.

use crate::agenda::Agenda;
use crate::gate::Gate;
use crate::scene::instance::Instance;
use crate::step::StepName;

pub mod capture;
pub mod copy;
pub mod deregister;
pub mod detach;
pub mod image;
pub mod isolate;
pub mod protect;
pub mod rebuild;
pub mod revoke;
pub mod share;
pub mod snapshot;
pub mod tag;
pub mod terminate;

/// A step.
pub struct StepCard {
    /// Its name.
    pub name: StepName,
    /// What it does, in a line.
    pub title: &'static str,
    /// How it is undone, or why it is not.
    pub undo: &'static str,
    /// What it wants next.
    pub plan: fn(&mut Agenda<'_>),
    /// What it may make ready while steps before it are not passed.
    pub prepare: Option<fn(&mut Agenda<'_>)>,
    /// What its release wants next; `None` when there is nothing to undo.
    pub release: Option<fn(&mut Agenda<'_>)>,
    /// IAM actions in the account under investigation.
    pub source_actions: &'static [&'static str],
    /// IAM actions in the forensic account.
    pub forensic_actions: &'static [&'static str],
}

/// All steps.
pub const REGISTRY: [&StepCard; 13] = [
    &capture::CARD,
    &tag::CARD,
    &protect::CARD,
    &snapshot::CARD,
    &detach::CARD,
    &isolate::CARD,
    &revoke::CARD,
    &deregister::CARD,
    &image::CARD,
    &share::CARD,
    &copy::CARD,
    &rebuild::CARD,
    &terminate::CARD,
];

/// The row of a step.
pub fn card(step: StepName) -> &'static StepCard {
    REGISTRY[step as usize]
}

/// Whether containment may begin: an asset that the configuration protects waits for a person.
pub(crate) fn protected_asset(agenda: &mut Agenda<'_>, instance: &Instance) -> bool {
    match agenda.view.case.settings.protects(&instance.id, &instance.tags) {
        None => true,
        Some(why) => agenda.gate(Gate::ProtectedAsset, vec![why]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_step() {
        for step in StepName::ALL {
            assert_eq!(card(step).name, step);
        }
    }
}
