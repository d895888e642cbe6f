//! Writes a history by hand: entries with rising numbers, times and made-up hashes.

use casebook::effect::Effect;
use casebook::entry::{Artefact, Asked, Captured, CaseStatus, Ended, Entry, Intent, Manifest, Outcome, StepEntry};
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::fault::{Fault, FaultClass};
use casebook::gate::Gate;
use casebook::query::{Query, Side};
use casebook::reading::{Made, Reading};
use casebook::report::{History, Line};
use casebook::step::{StepName, StepStatus};
use jiff::{SignedDuration, Timestamp};

pub const SOURCE: &str = "111111111111";
pub const FORENSIC: &str = "222222222222";
pub const REGION: &str = "eu-west-1";

pub struct Writer {
    now: Timestamp,
    lines: Vec<Line>,
}

impl Writer {
    pub fn new() -> Self {
        Self { now: "2026-11-21T22:10:04.250Z".parse().unwrap(), lines: Vec::new() }
    }

    pub fn wait_ms(&mut self, ms: i64) -> &mut Self {
        self.now += SignedDuration::from_millis(ms);
        self
    }

    pub fn write(&mut self, entry: Entry) -> u64 {
        let seq = self.lines.len() as u64 + 1;
        self.lines.push(Line { seq, at: self.now, hash: format!("{seq:064x}"), entry });
        seq
    }

    pub fn history(&self) -> History {
        History::new(self.lines.clone()).unwrap()
    }

    pub fn capture(&mut self, query: impl Into<Query>, reading: Option<Reading>, files: Vec<Artefact>) {
        let query = query.into();
        self.write(Entry::Captured(Captured { query, reading, gap: None, artefacts: files }));
    }

    pub fn gap(&mut self, query: impl Into<Query>, class: FaultClass, code: &str, message: &str) {
        let gap = Some(Fault::new(class, code, message));
        self.write(Entry::Captured(Captured { query: query.into(), reading: None, gap, artefacts: Vec::new() }));
    }

    pub fn intend(&mut self, step: StepName, effect: impl Into<Effect>) -> u64 {
        self.write(Entry::Intent(Intent { step, effect: effect.into() }))
    }

    pub fn accept(&mut self, intent: u64, made: &[&str]) {
        let ids = made.iter().map(|id| (*id).to_owned()).collect();
        self.write(Entry::Outcome(Outcome { intent, made: Some(Made { ids }), fault: None }));
    }

    pub fn refuse(&mut self, intent: u64, class: FaultClass, code: &str, message: &str) {
        let fault = Some(Fault::new(class, code, message));
        self.write(Entry::Outcome(Outcome { intent, made: None, fault }));
    }

    /// A change that AWS accepts after 90 ms.
    pub fn change(&mut self, step: StepName, effect: impl Into<Effect>, made: &[&str]) {
        let intent = self.intend(step, effect);
        self.wait_ms(90);
        self.accept(intent, made);
    }

    pub fn step(&mut self, step: StepName, status: StepStatus, reason: &str, proof: &[&str], warnings: &[&str]) {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let (proof, warnings) = (texts(proof), texts(warnings));
        self.write(Entry::Step(StepEntry { step, status, reason: reason.to_owned(), warnings, proof }));
    }

    pub fn ask(&mut self, gate: Gate, step: StepName, exposure: &[&str], digest: &str) {
        let exposure = exposure.iter().map(|text| (*text).to_owned()).collect();
        self.write(Entry::Asked(Asked { gate, step, exposure, digest: digest.to_owned() }));
    }

    pub fn evidence(&mut self, item: Evidence) {
        self.write(Entry::Evidence(item));
    }

    pub fn manifest(&mut self, side: Side, snapshot: &str, blocks: u64, sha256: &str) {
        let (snapshot, sha256) = (snapshot.into(), sha256.to_owned());
        self.write(Entry::Manifest(Manifest { side, snapshot, blocks, sha256 }));
    }

    pub fn end(&mut self, status: CaseStatus, reason: &str) {
        self.write(Entry::Ended(Ended { status, reason: reason.to_owned() }));
    }
}

/// An unlocked item without a digest.
pub fn item(kind: EvidenceKind, id: &str, account: &str, source: &str, state: EvidenceState) -> Evidence {
    Evidence {
        kind,
        id: id.to_owned(),
        account: account.into(),
        region: REGION.into(),
        source: Some(source.to_owned()),
        state,
        locked: false,
        sha256: None,
    }
}

/// A file that holds an answer of AWS, or none when there is no request.
pub fn file(name: &str, seed: u8, bytes: u64, request: &str, date: &str) -> Artefact {
    let sha256 = format!("{seed:02x}").repeat(32);
    Artefact { name: name.to_owned(), sha256, bytes, request: request.to_owned(), date: date.to_owned() }
}
