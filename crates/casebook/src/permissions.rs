//! The IAM policies that a run needs, made from the registry of steps: one statement a phase, one
//! policy an account. Not for trust policies or key policies: those belong to who owns the roles.

use crate::docs::changes;
use crate::effect::Rehearsal;
use crate::query::Side;
use crate::step::Phase;
use crate::steps::{REGISTRY, StepCard};
use crate::visibility;
use serde::Serialize;
use std::collections::BTreeSet;

/// An IAM policy document
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// `2012-10-17`.
    pub version: &'static str,
    /// One a phase.
    pub statement: Vec<Statement>,
}

/// What one phase may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// The phase: letters and digits only.
    pub sid: String,
    /// `Allow`.
    pub effect: &'static str,
    /// Sorted, each once.
    pub action: BTreeSet<&'static str>,
    /// `*`: what will be attacked is not known beforehand.
    pub resource: &'static str,
}

/// The policy for one account, of one phase or of all.
pub fn policy(side: Side, only: Option<Phase>) -> Policy {
    let phases = Phase::ALL.into_iter().filter(|phase| only.is_none_or(|only| only == *phase));
    let statements = phases.map(|phase| statement(side, phase));
    Policy { version: "2012-10-17", statement: statements.filter(|statement| !statement.action.is_empty()).collect() }
}

/// What a watch must be allowed on its queue.
pub const QUEUE: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// The policy for logs: one statement a command. A key of the customer's own may encrypt what is read
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>).
pub fn logs() -> Policy {
    const OBJECTS: [&str; 2] = ["s3:GetObject", "kms:Decrypt"];
    const PLACES: [&str; 3] = ["sns:Publish", "events:PutEvents", "kms:GenerateDataKey"];
    let allow = |sid: &str, action: BTreeSet<&'static str>| Statement {
        sid: sid.to_owned(),
        effect: "Allow",
        action,
        resource: "*",
    };
    let detect = OBJECTS.into_iter().chain(["s3:ListBucket"]).collect();
    let watch = OBJECTS.into_iter().chain(QUEUE).collect();
    let doctor = visibility::ACTIONS.into_iter().collect();
    let tell = PLACES.into_iter().collect();
    let statement = vec![allow("Detect", detect), allow("Watch", watch), allow("Tell", tell), allow("Doctor", doctor)];
    Policy { version: "2012-10-17", statement }
}

/// The actions of one phase in one account.
pub fn actions(side: Side, phase: Phase) -> BTreeSet<&'static str> {
    let cards = REGISTRY.iter().filter(|card| card.name.phase() == phase);
    cards.flat_map(|card| of_card(card, side)).copied().collect()
}

/// The calls of every step that have no dry run: their permissions can not be rehearsed.
pub fn unrehearsed() -> BTreeSet<&'static str> {
    let changes = REGISTRY.iter().flat_map(|card| changes::of(card.name));
    let predicted = changes.filter(|change| change.rehearsal() == Rehearsal::Predicted);
    predicted.filter_map(|change| change.actions().first().copied()).collect()
}

fn of_card(card: &StepCard, side: Side) -> &'static [&'static str] {
    match side {
        Side::Source => card.source_actions,
        Side::Forensic => card.forensic_actions,
    }
}

fn statement(side: Side, phase: Phase) -> Statement {
    let mut sid = phase.as_str().to_owned();
    sid[..1].make_ascii_uppercase();
    Statement { sid, effect: "Allow", action: actions(side, phase), resource: "*" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_alone_is_a_part_of_the_whole() {
        for side in [Side::Source, Side::Forensic] {
            let whole = policy(side, None);
            for phase in Phase::ALL {
                assert!(policy(side, Some(phase)).statement.iter().all(|part| whole.statement.contains(part)));
            }
        }
    }

    #[test]
    fn what_has_no_dry_run_is_named_and_nothing_else() {
        let named = unrehearsed();
        assert!(named.contains("autoscaling:DetachInstances") && named.contains("iam:PutRolePolicy"), "{named:?}");
        assert!(!named.contains("ec2:TerminateInstances"), "{named:?}");
    }

    #[test]
    fn every_action_names_its_service() {
        for side in [Side::Source, Side::Forensic] {
            for action in Phase::ALL.into_iter().flat_map(|phase| actions(side, phase)) {
                let (service, name) = action.split_once(':').unwrap_or_default();
                assert!(!service.is_empty() && !name.is_empty() && !name.contains('*'), "{action}");
            }
        }
    }
}
