//! The registry of steps: one row each, one file each. The command line's help, docs/steps.md and
//! the IAM policies are made from these rows.

use crate::agenda::Agenda;
use crate::gate::Gate;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
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

/// Whether containment may begin: an asset that the configuration protects waits for a person. What
/// counts are the tags that were captured: whoever holds the instance may set one later, and a tag
/// shall not keep open what was closed.
pub(crate) fn protected_asset(agenda: &mut Agenda<'_>, instance: &Instance) -> bool {
    let case = agenda.view.case;
    let before = match case.baseline.scene.last(&S::Instance(instance.id.clone()).into()) {
        Some(Reading::Instance(captured)) => captured,
        _ => instance,
    };
    match (case.settings.protects(&before.id, &before.tags), case.settings.protects(&instance.id, &instance.tags)) {
        (Some(why), _) => agenda.gate(Gate::ProtectedAsset, vec![why]),
        (None, Some(later)) => {
            agenda.warn(format!("{later}: it was set after the capture and holds nothing up; find out who set it"));
            true
        }
        (None, None) => true,
    }
}

/// The instance, for a step to which nothing but its tags counts: where it can not be read, or is gone, it is as it was
/// captured. What is left open for want of them would be worse.
pub(crate) fn instance_or_captured<'a>(agenda: &mut Agenda<'a>) -> Option<&'a Instance> {
    let query = S::Instance(agenda.view.case.target.instance.clone());
    let captured = agenda.view.case.baseline.scene.last(&query.clone().into());
    match (agenda.read_or_gap(query.clone())?, captured) {
        (Ok(Reading::Instance(instance)), _) | (Err(_), Some(Reading::Instance(instance))) => Some(instance),
        (Err(fault), _) => {
            agenda.hold_unread(&query.into(), fault);
            None
        }
        _ => agenda.mismatch("instance"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::instance::Tags;
    use crate::testkit::things::instance;
    use crate::testkit::{Bench, INSTANCE, settings};

    fn tagged(is: bool) -> Instance {
        let protected = ("impound:protected".to_owned(), "true".to_owned());
        Instance { tags: if is { Tags::from([protected]) } else { Tags::new() }, ..instance(&[]) }
    }

    /// Whether containment goes on, and what is said, with these tags captured and these now.
    fn asked(captured: Option<bool>, now: bool) -> (bool, usize, usize) {
        let mut bench = Bench::new(settings());
        if let Some(captured) = captured {
            bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(tagged(captured))));
        }
        let mut agenda = Agenda::new(bench.view());
        let goes_on = protected_asset(&mut agenda, &tagged(now));
        (goes_on, agenda.gates.len(), agenda.warnings.len())
    }

    #[test]
    fn a_tag_set_after_the_capture_holds_nothing_up_and_is_said() {
        assert_eq!(asked(Some(false), true), (true, 0, 1));
        assert_eq!(asked(Some(false), false), (true, 0, 0));
        assert_eq!(asked(Some(true), false), (false, 1, 0), "nor does taking it off open the gate");
        assert_eq!(asked(None, true), (false, 1, 0), "before the capture the first reading counts");
    }

    #[test]
    fn every_row_stands_at_its_step() {
        for step in StepName::ALL {
            assert_eq!(card(step).name, step);
        }
    }
}
