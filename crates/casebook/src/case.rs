//! The state of a case: a fold over its ledger, entry by entry. Nothing else is remembered.

use crate::effect::Effect;
use crate::entry::{
    Approved, Artefact, Asked, Blocks, CaseStatus, Entry, FindingNote, Intent, Manifest, Opened, Outcome, Person,
    StepEntry,
};
use crate::evidence::Evidence;
use crate::fault::{Fault, FaultClass};
use crate::gate::Gate;
use crate::id::{CaseId, SnapshotId};
use crate::query::{Query, Side};
use crate::reading::{Made, Reading};
use crate::runbook::Runbook;
use crate::scene::{Scene, Tick};
use crate::settings::Settings;
use crate::sorted::Sorted;
use crate::step::{Phase, StepName, StepStatus};
use crate::target::Target;
use crate::verdict::Verdict;
use jiff::Timestamp;
use std::collections::BTreeMap;

mod guard;
mod seen;

pub use guard::{DriftRecord, Guard};
pub use seen::{Seen, Stay};

/// What became of the calls of one effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How many times it was sent.
    pub sent: u32,
    /// How many times it has succeeded since the case was last taken up.
    pub done: u32,
    /// How many times in a row it has failed since the case was last taken up.
    pub failures: u32,
    /// How the last one ended.
    pub last: Last,
    /// When that was.
    pub at: Timestamp,
    /// When it was first sent.
    pub first: Timestamp,
    /// Whether it took place at least once, or may have: an answer that says so was lost or vague.
    pub effective: bool,
    /// The intent's entry.
    pub intent: u64,
}

impl Attempt {
    /// Whether the change was made, or may have been: a lost answer counts.
    pub fn took_place(&self) -> bool {
        self.effective || self.last == Last::Lost
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Last {
    /// Its outcome was never written: sent or not, nobody knows.
    Lost,
    /// It succeeded.
    Done(Made),
    /// It failed.
    Failed(Fault),
    /// It failed before the case was taken up again: it may be tried afresh.
    Cleared,
}

/// What the capture wrote down.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The readings, as they were before the first change.
    pub scene: Scene,
    /// Files beside the ledger, by question.
    pub artefacts: BTreeMap<Query, Vec<Artefact>>,
}

impl Baseline {
    /// Whether a question was answered, or its gap named.
    pub fn has(&self, query: &Query) -> bool {
        self.scene.fact(query).is_some() || self.artefacts.contains_key(query)
    }

    /// What could not be read, and why.
    pub fn gaps(&self) -> Vec<(&Query, &Fault)> {
        self.scene.facts().filter_map(|(query, fact)| fact.answer.as_ref().err().map(|fault| (query, fault))).collect()
    }

    /// Drops the gaps, so that they are asked again.
    fn ask_again(&mut self) {
        let gaps: Vec<Query> = self.gaps().into_iter().map(|(query, _)| query.clone()).collect();
        for query in gaps {
            self.scene.remove(&query);
            self.artefacts.remove(&query);
        }
    }
}

/// How a step stood last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// The last entry.
    pub entry: StepEntry,
    /// When the step was first heard of.
    pub started: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
    /// When it was done or skipped.
    pub finished: Option<Timestamp>,
    /// The ledger's head at that moment.
    pub head: String,
}

/// How far the blocks of a snapshot were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockRecord {
    /// The runs in order.
    pub runs: Vec<Blocks>,
    /// The whole.
    pub manifest: Option<Manifest>,
}

impl BlockRecord {
    /// The index from which to go on; `None` when all were read.
    pub fn next(&self) -> Option<i32> {
        self.runs.last().map_or(Some(0), |run| run.next)
    }

    /// How many blocks were read.
    pub fn read(&self) -> u64 {
        self.runs.iter().map(|run| run.read).sum()
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// What it is about.
    pub target: Target,
    /// Its runbook.
    pub runbook: Runbook,
    /// The settings, with the runbook's changes.
    pub settings: Settings,
    /// The last phase asked for.
    pub through: Phase,
    /// Whether a finding asks for the role first.
    pub revoke_first: bool,
    /// The finding that started it.
    pub finding: Option<FindingNote>,
    /// The findings that came in besides.
    pub further: Vec<FindingNote>,
    /// Makes names unguessable.
    pub nonce: String,
    /// The program that opened it.
    pub program: String,
    /// Who opened it.
    pub by: Person,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last taken up.
    pub resumed: Timestamp,
    /// What was captured.
    pub baseline: Baseline,
    /// What became of every effect.
    pub attempts: Sorted<Effect, Attempt>,
    /// What was read after the capture.
    pub observed: BTreeMap<Query, Reading>,
    /// What was ever read of the target.
    pub seen: Seen,
    /// How the steps stand.
    pub steps: BTreeMap<StepName, StepRecord>,
    /// What was asked at gates.
    pub asked: BTreeMap<Gate, Asked>,
    /// What was approved.
    pub approvals: BTreeMap<Gate, (Approved, Timestamp)>,
    /// The evidence.
    pub evidence: BTreeMap<String, Evidence>,
    /// The verdict.
    pub verdict: Verdict,
    /// What was read of snapshots.
    pub blocks: BTreeMap<(Side, SnapshotId), BlockRecord>,
    /// The watch over what was done, and what it has found.
    pub guard: Guard,
    /// Whether a person asked for the release.
    pub releasing: Option<Timestamp>,
    /// How the last run ended.
    pub ended: Option<CaseStatus>,
    intents: BTreeMap<u64, Effect>,
}

impl Case {
    /// Opens a case from its first entry; `None` when that is not an opening.
    pub fn open(entry: &Entry, at: Timestamp) -> Option<Self> {
        let Entry::Opened(opened) = entry else { return None };
        let Opened { case, target, runbook, settings, through, revoke_first, finding, program, nonce, by } =
            (**opened).clone();
        let settings = Settings { policy: runbook.policy(&settings.policy), ..settings };
        Some(Self {
            id: case,
            target,
            runbook,
            settings,
            through,
            revoke_first,
            finding,
            further: Vec::new(),
            nonce,
            program,
            by,
            opened: at,
            resumed: at,
            baseline: Baseline::default(),
            attempts: Sorted::new(),
            observed: BTreeMap::new(),
            seen: Seen::default(),
            steps: BTreeMap::new(),
            asked: BTreeMap::new(),
            approvals: BTreeMap::new(),
            evidence: BTreeMap::new(),
            verdict: Verdict::default(),
            blocks: BTreeMap::new(),
            guard: Guard::default(),
            releasing: None,
            ended: None,
            intents: BTreeMap::new(),
        })
    }

    /// Takes in the next entry, number `seq`, written at `at`, with which the head became `head`.
    pub fn apply(&mut self, seq: u64, at: Timestamp, head: &str, entry: &Entry) {
        match entry {
            Entry::Opened(_) | Entry::Unread => {}
            Entry::Resumed(resumed) => self.resume(&resumed.settings, resumed.through, at),
            Entry::Finding(finding) => {
                self.revoke_first |= finding.revoke_first;
                self.further.push(finding.note.clone());
            }
            Entry::Captured(captured) => {
                if let Some(reading) = &captured.reading {
                    self.seen.learn(&self.target, &captured.query, reading, at);
                }
                let answer = match (&captured.reading, &captured.gap) {
                    (Some(reading), _) => Some(Ok(reading.clone())),
                    (None, Some(fault)) => Some(Err(fault.clone())),
                    (None, None) => None,
                };
                match answer {
                    Some(answer) => self.baseline.scene.learn(captured.query.clone(), answer, Tick(seq), at),
                    // It stands in a file: what was a gap before is none any more.
                    None => self.baseline.scene.remove(&captured.query),
                }
                self.baseline.artefacts.insert(captured.query.clone(), captured.artefacts.clone());
            }
            Entry::Intent(intent) => self.intend(seq, at, intent),
            Entry::Outcome(outcome) => self.conclude(at, outcome),
            Entry::Observed(observed) => {
                self.seen.learn(&self.target, &observed.query, &observed.reading, at);
                self.observed.insert(observed.query.clone(), observed.reading.clone());
            }
            Entry::Step(step) => self.record_step(at, head, step),
            Entry::Asked(asked) => {
                self.asked.insert(asked.gate, asked.clone());
            }
            Entry::Approved(approved) => {
                self.approvals.insert(approved.gate, (approved.clone(), at));
            }
            Entry::Evidence(evidence) => {
                self.evidence.insert(evidence.id.clone(), evidence.clone());
            }
            Entry::Verdict(verdict) => self.verdict = verdict.clone(),
            Entry::Blocks(blocks) => {
                self.block_record(blocks.side, &blocks.snapshot).runs.push(blocks.clone());
            }
            Entry::Manifest(manifest) => {
                self.block_record(manifest.side, &manifest.snapshot).manifest = Some(manifest.clone());
            }
            Entry::Releasing(_) => self.releasing = Some(at),
            Entry::Guarding(guarding) => self.guard.begin(guarding),
            Entry::Drift(drift) => self.guard.found(seq, at, drift),
            Entry::Traced(traced) => self.guard.traced(traced),
            Entry::Mended(mended) => self.guard.mended(mended.drift, at),
            Entry::Ended(ended) => {
                self.ended = Some(ended.status);
                self.guard.end();
            }
        }
    }

    /// Every finding, the one that opened the case first.
    pub fn findings(&self) -> impl Iterator<Item = &FindingNote> {
        self.finding.iter().chain(&self.further)
    }

    /// What became of an effect; `None` when it was never sent.
    pub fn attempt(&self, effect: &Effect) -> Option<&Attempt> {
        self.attempts.get(effect)
    }

    /// Whether anything was changed, or may have been.
    pub fn has_changed_anything(&self) -> bool {
        self.attempts.values().any(Attempt::took_place)
    }

    /// Gaps of the capture that can still be filled: nothing that this case did has touched them.
    pub fn open_gaps(&self) -> Vec<Query> {
        let changes = || self.attempts.iter().filter(|(_, attempt)| attempt.took_place());
        let touched = |query: &Query| changes().any(|(effect, _)| effect.touches(query, &self.baseline.scene));
        self.baseline.gaps().into_iter().map(|(query, _)| query.clone()).filter(|query| !touched(query)).collect()
    }

    /// The manifest of a snapshot, when all its blocks were read.
    pub fn manifest(&self, side: Side, snapshot: &SnapshotId) -> Option<&Manifest> {
        self.blocks.get(&(side, snapshot.clone()))?.manifest.as_ref()
    }

    /// The status recorded last for a step.
    pub fn step_status(&self, step: StepName) -> Option<StepStatus> {
        self.steps.get(&step).map(|record| record.entry.status)
    }

    /// A short name, unguessable for those who do not know the ledger, the same at every call.
    pub fn secret_name(&self, part: &str) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(format!("{}/{}/{part}", self.id, self.nonce));
        hex::encode(digest)[..12].to_owned()
    }

    fn resume(&mut self, settings: &Settings, through: Phase, at: Timestamp) {
        self.settings = Settings { policy: self.runbook.policy(&settings.policy), ..settings.clone() };
        self.through = through;
        self.resumed = at;
        self.ended = None;
        self.guard.end();
        if !self.has_changed_anything() {
            self.baseline.ask_again();
        }
        for attempt in self.attempts.values_mut() {
            attempt.failures = 0;
            attempt.done = 0;
            let settled = matches!(&attempt.last, Last::Failed(fault) if fault.class != FaultClass::Unknown);
            if settled {
                attempt.last = Last::Cleared;
            }
        }
    }

    fn intend(&mut self, seq: u64, at: Timestamp, intent: &Intent) {
        self.intents.insert(seq, intent.effect.clone());
        let fresh =
            Attempt { sent: 0, done: 0, failures: 0, last: Last::Lost, at, first: at, effective: false, intent: seq };
        let attempt = self.attempts.get_or_insert(intent.effect.clone(), fresh);
        attempt.sent += 1;
        attempt.last = Last::Lost;
        attempt.at = at;
        attempt.intent = seq;
    }

    fn conclude(&mut self, at: Timestamp, outcome: &Outcome) {
        let attempt = self.intents.get(&outcome.intent).and_then(|effect| self.attempts.get_mut(effect));
        let Some(attempt) = attempt else { return };
        attempt.at = at;
        match &outcome.fault {
            Some(fault) => {
                attempt.failures += 1;
                attempt.effective |= fault.class == FaultClass::Unknown;
                attempt.last = Last::Failed(fault.clone());
            }
            None => {
                attempt.failures = 0;
                attempt.done += 1;
                attempt.effective = true;
                attempt.last = Last::Done(outcome.made.clone().unwrap_or_default());
            }
        }
    }

    fn record_step(&mut self, at: Timestamp, head: &str, entry: &StepEntry) {
        let ended = matches!(entry.status, StepStatus::Done | StepStatus::Skipped);
        if ended {
            self.guard.kept.insert(entry.step);
        }
        let before = self.steps.get(&entry.step);
        let started = before.map_or(at, |record| record.started);
        let since = before.filter(|record| record.entry.status == entry.status).map_or(at, |record| record.since);
        let (finished, head) = (ended.then_some(at), head.to_owned());
        let record = StepRecord { entry: entry.clone(), started, since, finished, head };
        self.steps.insert(entry.step, record);
    }

    fn block_record(&mut self, side: Side, snapshot: &SnapshotId) -> &mut BlockRecord {
        self.blocks.entry((side, snapshot.clone())).or_default()
    }
}
