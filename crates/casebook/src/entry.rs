//! What stands in a ledger: one kind for each thing that can happen to a case. Kinds and fields are
//! only ever added, so that older and newer programs can read each other's ledgers.

use crate::effect::Effect;
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::gate::Gate;
use crate::id::CaseId;
use crate::query::{Query, Side};
use crate::reading::{Identity, Made, Reading};
use crate::runbook::Runbook;
use crate::scene::trail::TrailChange;
use crate::settings::Settings;
use crate::step::{Phase, StepName, StepStatus};
use crate::target::Target;
use crate::verdict::Verdict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum Entry {
    /// The case was opened.
    Opened(Box<Opened>),
    /// A process took the case up again.
    Resumed(Box<Resumed>),
    /// A finding besides the one that opened the case.
    Finding(FindingEntry),
    /// A question of the capture was answered, or could not be.
    Captured(Captured),
    /// A call that changes something is about to be sent.
    Intent(Intent),
    /// What became of it.
    Outcome(Outcome),
    /// A reading after the capture that differs from the last one.
    Observed(Observed),
    /// A step stands differently than before.
    Step(StepEntry),
    /// A gate was reached.
    Asked(Asked),
    /// A gate was approved.
    Approved(Approved),
    /// An item of evidence is new or has changed.
    Evidence(Evidence),
    /// The verdict has changed.
    Verdict(Verdict),
    /// A run of blocks was read.
    Blocks(Blocks),
    /// All blocks of a snapshot were read.
    Manifest(Manifest),
    /// A person asked for the release of the instance.
    Releasing(Person),
    /// From now on the run keeps watch over what was done, until it ends.
    Guarding(Guarding),
    /// Something that was done stands no longer.
    Drift(Box<Drift>),
    /// Who caused a drift, as CloudTrail has it.
    Traced(Traced),
    /// A drift is mended, and read back.
    Mended(Mended),
    /// A run came to its end.
    Ended(Ended),
    /// An entry of a newer program.
    #[serde(other)]
    Unread,
}

/// The opening of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The case.
    pub case: CaseId,
    /// What it is about.
    pub target: Target,
    /// The runbook, whole.
    pub runbook: Runbook,
    /// The settings.
    pub settings: Settings,
    /// The last phase asked for.
    pub through: Phase,
    /// Whether the finding asks for the role first.
    #[serde(default)]
    pub revoke_first: bool,
    /// The finding that started it, as text for people.
    #[serde(default)]
    pub finding: Option<FindingNote>,
    /// The program and version.
    pub program: String,
    /// Makes names of this case unguessable.
    pub nonce: String,
    /// Who opened it.
    pub by: Person,
}

/// What of a finding belongs in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingNote {
    /// The finding's id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The digest of the file it came in, kept as artefact.
    pub sha256: String,
    /// What was noticed, where it is an alert of Impound's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<SignNote>,
}

/// A sign of an alert: a rule, and the events that it noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignNote {
    /// The rule's id.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// How grave it is.
    pub level: String,
    /// How often it was noticed.
    pub hits: u64,
    /// The first events.
    pub events: Vec<EventNote>,
}

/// An event that is evidence: whoever holds the log can prove that it is this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNote {
    /// CloudTrail's id, or the finding's.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What it was.
    pub what: String,
    /// SHA-256 of the record as it came.
    pub sha256: String,
}

/// A finding about the target of a case that is open already, or another one of the same call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingEntry {
    /// What of it belongs in the history.
    pub note: FindingNote,
    /// Whether it asks for the role first: from then on the case does.
    #[serde(default)]
    pub revoke_first: bool,
}

/// Who did something: the name given, and the identity AWS confirmed, if it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name given by `--as` or by the system.
    pub name: String,
    /// The caller in AWS's words.
    #[serde(default)]
    pub identity: Option<Identity>,
}

/// A case taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The settings that hold from now on.
    pub settings: Settings,
    /// The last phase asked for from now on.
    pub through: Phase,
    /// The program and version.
    pub program: String,
    /// By whom.
    pub by: Person,
}

/// An answer of the capture. The reading stands here unless it may hold secrets or is large;
/// then only its artefact does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// What was asked.
    pub query: Query,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Why it could not be read: a named gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Fault>,
    /// Files kept beside the ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artefacts: Vec<Artefact>,
}

/// A file kept beside the ledger, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// What it is: `reading`, or the call whose answer it holds.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// How many.
    pub bytes: u64,
    /// AWS's id of the request, when it is an answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// AWS's clock at the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
}

/// A call about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// For which step.
    pub step: StepName,
    /// What.
    pub effect: Effect,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The entry of its intent.
    pub intent: u64,
    /// What it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// Why it failed. Of class `unknown` when the answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// A reading after the capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// What was asked.
    pub query: Query,
    /// What was answered.
    pub reading: Reading,
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEntry {
    /// Which.
    pub step: StepName,
    /// How.
    pub status: StepStatus,
    /// Why.
    pub reason: String,
    /// What a responder should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What was read back, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<String>,
}

/// A gate that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which.
    pub gate: Gate,
    /// For which step.
    pub step: StepName,
    /// What passing it exposes or destroys.
    pub exposure: Vec<String>,
    /// The digest of what is shown.
    pub digest: String,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Which gate.
    pub gate: Gate,
    /// The digest of what was shown; empty when approved ahead.
    pub digest: String,
    /// By whom.
    pub by: Person,
}

impl Approved {
    /// Whether it was given for what `digest` stands for: exactly what was shown, or, given ahead,
    /// whatever comes. `terminate` is never approved ahead.
    pub fn fits(&self, digest: &str) -> bool {
        self.digest == digest || self.gate.ahead() && self.digest.is_empty()
    }
}

/// A run of blocks read from a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// In which account.
    pub side: Side,
    /// The snapshot.
    pub snapshot: crate::id::SnapshotId,
    /// From which index.
    pub from: i32,
    /// The next index; `None` at the end.
    pub next: Option<i32>,
    /// How many blocks were read.
    pub read: u64,
    /// How many of them are not all zeros.
    pub kept: u64,
    /// The artefact with their lines.
    pub sha256: String,
}

/// The manifest of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// In which account.
    pub side: Side,
    /// The snapshot.
    pub snapshot: crate::id::SnapshotId,
    /// How many blocks are in it.
    pub blocks: u64,
    /// The digest over all lines.
    pub sha256: String,
}

/// The watch over a contained case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarding {
    /// How often everything is read again, in seconds.
    pub every_seconds: u32,
    /// Who asked for it.
    pub by: Person,
}

/// Something that was done, and that somebody or something has undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Whose goal does not hold any more.
    pub step: StepName,
    /// What differs, in a sentence.
    pub what: String,
    /// The change that mends it; `None` where there is none to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<Effect>,
    /// What CloudTrail is asked about: an id or name in the account under investigation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// When it was last known to be as it should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Timestamp>,
}

/// What CloudTrail says about a drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traced {
    /// The entry of the drift.
    pub drift: u64,
    /// The changes made to the thing in that time by others, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<TrailChange>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// The end of a drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// The entry of the drift.
    pub drift: u64,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How the case stands.
    pub status: CaseStatus,
    /// Why, in a sentence.
    pub reason: String,
}

/// How a case stands at the end of a run, as the command line's JSON says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseStatus {
    /// All that was asked for is done.
    Done,
    /// A person must approve.
    Waiting,
    /// Something failed or is not set; containment is kept.
    Held,
    /// Nothing was done, on purpose.
    Refused,
    /// A check of ledger or evidence failed.
    Unverified,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDING: &str =
        r#"{"entry":"finding","note":{"id":"f2","kind":"k","title":"t","sha256":"00"},"revoke_first":true}"#;

    #[test]
    fn a_further_finding_has_a_form_that_stays() {
        let note = FindingNote {
            id: "f2".into(),
            kind: "k".into(),
            title: "t".into(),
            sha256: "00".into(),
            signs: Vec::new(),
        };
        let entry = Entry::Finding(FindingEntry { note, revoke_first: true });
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), FINDING);
        assert_eq!(serde_json::from_str::<Entry>(FINDING).expect("an entry"), entry);
    }

    #[test]
    fn an_alert_is_a_finding_with_its_signs() {
        let text = r#"{"id":"a1","kind":"k","title":"t","sha256":"00","signs":[{"rule":"r","title":"s","level":"high","hits":2,"events":[{"id":"e","at":"2026-11-21T12:00:00Z","what":"w","sha256":"11"}]}]}"#;
        let at = "2026-11-21T12:00:00Z".parse().expect("a time");
        let events = vec![EventNote { id: "e".into(), at, what: "w".into(), sha256: "11".into() }];
        let sign = SignNote { rule: "r".into(), title: "s".into(), level: "high".into(), hits: 2, events };
        let (id, kind, title) = ("a1".into(), "k".into(), "t".into());
        let note = FindingNote { id, kind, title, sha256: "00".into(), signs: vec![sign] };
        assert_eq!(serde_json::to_string(&note).expect("JSON"), text);
        assert_eq!(serde_json::from_str::<FindingNote>(text).expect("a note"), note);
    }

    #[test]
    fn a_drift_has_a_form_that_stays() {
        let text = r#"{"entry":"drift","step":"isolate","what":"w","resource":"eni-1","right":"2026-11-21T12:00:00Z"}"#;
        let right = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
        let (step, what, resource) = (StepName::Isolate, "w".to_owned(), Some("eni-1".to_owned()));
        let entry = Entry::Drift(Box::new(Drift { step, what, mend: None, resource, right }));
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), text);
        assert_eq!(serde_json::from_str::<Entry>(text).expect("an entry"), entry);
    }

    #[test]
    fn a_kind_of_a_newer_program_is_passed_over() {
        let newer = FINDING.replace(r#""finding","note""#, r#""dream","note""#);
        assert_eq!(serde_json::from_str::<Entry>(&newer).expect("an entry"), Entry::Unread);
    }
}
