//! What a report says, as data. Every part is folded from the ledger by the file that is named
//! after it; nothing here is worded for reading.

use super::captured::{ArtefactRow, Gap};
use super::changes::{Change, Release, Undo};
use super::clock::Clock;
use super::gates::GateRow;
use super::lineage::Item;
use super::steps::StepRow;
use super::timeline::Timeline;
use crate::entry::{CaseStatus, FindingNote, Person};
use crate::id::CaseId;
use crate::query::Side;
use crate::reading::Identity;
use crate::step::Phase;
use crate::target::Target;
use crate::verdict::Verdict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The name and version of [`super::json`]'s shape.
pub(super) const SCHEMA: &str = "impound.report/1";

/// A report on one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `impound.report/1`.
    pub schema: String,
    /// The case.
    pub case: CaseId,
    /// How the last run ended; `None` when it has not, or was cut off.
    pub status: Option<CaseStatus>,
    /// Why, in a sentence.
    pub status_reason: String,
    /// What the case is about.
    pub target: Target,
    /// What was known of the instance before anything changed; `None` when it was not read.
    pub subject: Option<Subject>,
    /// The finding that started it.
    pub finding: Option<FindingNote>,
    /// The findings that came in besides.
    #[serde(default)]
    pub further_findings: Vec<FurtherFinding>,
    /// When it was opened.
    pub opened: Timestamp,
    /// By whom.
    pub by: Person,
    /// The runbook's name.
    pub runbook: String,
    /// The last phase asked for.
    pub through: Phase,
    /// Every run of the program on this case.
    pub runs: Vec<Run>,
    /// As whom the calls were made, as AWS confirmed it.
    pub acting: Vec<Acting>,
    /// What is proved about containment.
    pub verdict: Verdict,
    /// When it was last written; `None` when nothing was ever proved.
    pub verdict_at: Option<Timestamp>,
    /// How the steps stand; after a release, as they stood when it was asked for.
    pub steps: Vec<StepRow>,
    /// Every call that was to change something.
    pub changes: Vec<Change>,
    /// How the steps that changed something are undone.
    pub undo: Vec<Undo>,
    /// The release, if one was asked for.
    pub release: Option<Release>,
    /// The gates and who passed them.
    pub gates: Vec<GateRow>,
    /// The evidence, each item after what it was made from.
    pub evidence: Vec<Item>,
    /// What was not secured or not compared, in sentences.
    pub unproved: Vec<String>,
    /// The captured files.
    pub artefacts: Vec<ArtefactRow>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    /// When the important things happened.
    pub timeline: Timeline,
    /// Our clock beside AWS's; `None` when no answer carried AWS's time.
    pub clock: Option<Clock>,
    /// The ledger that all of this was read from.
    pub ledger: LedgerHead,
}

/// A finding that came in besides the one that opened the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherFinding {
    /// The entry.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What of the finding belongs in the history.
    pub finding: FindingNote,
}

/// The ledger's length and head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// How many entries.
    pub entries: u64,
    /// The last one's hash.
    pub head: String,
}

/// A run of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The entry with which it began.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The program and version.
    pub program: String,
    /// By whom.
    pub by: Person,
    /// When it ended; `None` when no end was written.
    pub ended: Option<Timestamp>,
    /// How.
    pub status: Option<CaseStatus>,
    /// Why.
    pub reason: String,
}

/// As whom the program acted in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// Which of the two accounts.
    pub side: Side,
    /// The caller in AWS's words.
    pub identity: Identity,
}

/// What was known of the instance before anything changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its `Name` tag, which anyone who may tag it can write.
    pub name: Option<String>,
    /// Its state, such as `running`.
    pub state: String,
    /// Its type.
    pub instance_type: String,
    /// The image it came from.
    pub image: String,
    /// When it was last started, as AWS wrote it.
    pub launched: String,
    /// Its availability zone.
    pub zone: String,
    /// Its addresses, private and public.
    pub addresses: Vec<String>,
    /// Its interfaces.
    pub interfaces: Vec<String>,
    /// Its volumes, each with its device.
    pub volumes: Vec<String>,
    /// Its instance profile.
    pub profile: Option<String>,
}
