//! The sentences of the report: what each state means, said so that it claims no more than was read
//! back.

use super::model::Report;
use super::page::Tone;
use crate::entry::{CaseStatus, Person};
use crate::evidence::{EvidenceKind, EvidenceState};
use crate::query::Side;
use crate::step::{StepName, StepStatus};
use crate::verdict::{CredentialVerdict, NetworkVerdict};

/// The first line of the report: the verdict in words.
pub fn headline(report: &Report) -> String {
    if report.status == Some(CaseStatus::Refused) && report.changes.is_empty() {
        return "Refused: nothing was changed".into();
    }
    if let Some(release) = &report.release {
        let done = release.status == Some(CaseStatus::Done);
        let words = if done { "Released: the containment was undone" } else { "Release asked for and not finished" };
        return words.into();
    }
    if is_terminated(report) {
        return format!("The instance was terminated{}", also(report.verdict.credentials));
    }
    format!("{}{}", network(report), also(report.verdict.credentials))
}

/// Whether the headline is good news, bad news or neither.
pub(super) fn tone(report: &Report) -> Tone {
    let contained = report.verdict.network != NetworkVerdict::Open || is_terminated(report);
    match (&report.release, contained) {
        (Some(_), _) => Tone::Caution,
        (None, false) => Tone::Bad,
        (None, true) if report.verdict.credentials == CredentialVerdict::Live => Tone::Caution,
        (None, true) if is_terminated(report) && report.verdict.residual.is_empty() => Tone::Good,
        (None, true) => Tone::Caution,
    }
}

pub(super) fn is_terminated(report: &Report) -> bool {
    report.steps.iter().any(|row| row.step == StepName::Terminate && row.status == StepStatus::Done)
}

fn network(report: &Report) -> &'static str {
    match report.verdict.network {
        NetworkVerdict::Open if report.changes.is_empty() => "Not contained: no change was made",
        NetworkVerdict::Open => "Not contained: the network is open, or not known to be closed",
        NetworkVerdict::NewFlowsBlocked => "New flows are blocked; existing connections may still be alive",
        NetworkVerdict::VerifiedDead => "No connection is left",
    }
}

fn also(credentials: CredentialVerdict) -> &'static str {
    match credentials {
        CredentialVerdict::None => "",
        CredentialVerdict::Live => "; sessions of its role may still work",
        CredentialVerdict::Revoked => "; the sessions of its role are revoked",
    }
}

/// The network verdict, in a sentence.
pub(super) fn network_sentence(verdict: NetworkVerdict) -> &'static str {
    match verdict {
        NetworkVerdict::Open => {
            "open: at least one interface is not, or is not known to be, in a security group without rules."
        }
        NetworkVerdict::NewFlowsBlocked => {
            "new-flows-blocked: every interface was read back in a security group without rules. \
             Connections that existed before may still be alive: a change of groups does not cut what is tracked."
        }
        NetworkVerdict::VerifiedDead => "verified-dead: no connection is left.",
    }
}

/// The credential verdict, in a sentence.
pub(super) fn credential_sentence(verdict: CredentialVerdict) -> &'static str {
    match verdict {
        CredentialVerdict::None => "none: the instance had no role when it was captured.",
        CredentialVerdict::Live => "live: sessions of the instance's role may still work.",
        CredentialVerdict::Revoked => "revoked: the instance profile is gone and the deny was read back.",
    }
}

/// How a case stands.
pub(super) fn status(status: Option<CaseStatus>) -> &'static str {
    match status {
        Some(CaseStatus::Done) => "done",
        Some(CaseStatus::Waiting) => "waiting at a gate",
        Some(CaseStatus::Held) => "held",
        Some(CaseStatus::Refused) => "refused",
        Some(CaseStatus::Unverified) => "a check failed",
        None => "a run is under way, or was cut off before it wrote its end",
    }
}

/// How a step stands, as the command line's JSON says it.
pub(super) fn step(status: StepStatus) -> (Tone, &'static str) {
    match status {
        StepStatus::Done => (Tone::Good, "done"),
        StepStatus::Skipped => (Tone::Plain, "skipped"),
        StepStatus::Failed => (Tone::Bad, "failed"),
        StepStatus::Waiting => (Tone::Caution, "waiting"),
        StepStatus::Unknown => (Tone::Bad, "unknown"),
    }
}

/// How far an item of evidence is.
pub(super) fn state(state: EvidenceState) -> (Tone, &'static str) {
    match state {
        EvidenceState::Requested => (Tone::Caution, "requested"),
        EvidenceState::Completed => (Tone::Plain, "completed"),
        EvidenceState::Shared => (Tone::Plain, "shared"),
        EvidenceState::Copied => (Tone::Caution, "copied"),
        EvidenceState::Verified => (Tone::Good, "verified"),
    }
}

/// What an item of evidence is.
pub(super) fn kind(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Scene => "captured scene",
        EvidenceKind::ConsoleOutput => "console output",
        EvidenceKind::Snapshot => "snapshot",
        EvidenceKind::Image => "image",
        EvidenceKind::Volume => "rebuilt volume",
        EvidenceKind::Instance => "rebuilt instance",
    }
}

/// One of the two accounts; that under investigation is the source.
pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Source => "source",
        Side::Forensic => "forensic",
    }
}

/// A person with the identity that AWS confirmed.
pub(super) fn person(person: &Person) -> String {
    let name = if person.name.is_empty() { "no name given" } else { &person.name };
    match &person.identity {
        Some(identity) => format!("{name}, confirmed by AWS as {}", identity.arn),
        None => format!("{name} (AWS was not asked who that is)"),
    }
}
