//! What the unit tests of the steps share: a bench on which a case and a scene are put together by
//! hand, and a step's plan is asked for.

use crate::agenda::Agenda;
use crate::case::Case;
use crate::effect::Effect;
use crate::entry::{
    Approved, Blocks, Captured, Entry, Intent, Manifest, Observed, Opened, Outcome, Person, Resumed, StepEntry,
};
use crate::fault::{Fault, FaultClass};
use crate::gate::Gate;
use crate::id::SnapshotId;
use crate::query::{Query, Side};
use crate::reading::{Made, Reading};
use crate::runbook::Runbook;
use crate::scene::{Scene, Tick};
use crate::settings::{ForensicSettings, Policy, Settings};
use crate::step::{Phase, StepName, StepStatus};
use crate::steps::StepCard;
use crate::target::Target;
use crate::view::{Busy, View};
use jiff::{SignedDuration, Timestamp};

pub(crate) mod stage;
pub(crate) mod things;

/// The account under investigation.
pub(crate) const ACCOUNT: &str = "111111111111";
/// The forensic account.
pub(crate) const FORENSIC: &str = "222222222222";
/// The target.
pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";
/// A key of the account under investigation that the forensic account may use.
pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/customer";
/// The key `aws/ebs` there.
pub(crate) const DEFAULT_KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/aws-ebs";
/// The share key there.
pub(crate) const SHARE_KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/share";
/// The forensic account's key.
pub(crate) const FORENSIC_KEY: &str = "arn:aws:kms:us-east-1:222222222222:key/forensic";
/// The sealed subnet.
pub(crate) const SUBNET: &str = "subnet-sealed";

/// A case, a scene and a time.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) case: Case,
    pub(crate) scene: Scene,
    pub(crate) busy: Busy,
    pub(crate) now: Timestamp,
    seq: u64,
}

/// Everything that a plan may look at is set here.
pub(crate) fn settings() -> Settings {
    let forensic =
        ForensicSettings { account: FORENSIC.into(), key: Some(FORENSIC_KEY.into()), subnet: Some(SUBNET.into()) };
    Settings { forensic: Some(forensic), share_key: Some(SHARE_KEY.into()), policy: Policy::default() }
}

impl Bench {
    /// A case just opened with these settings, through its last phase.
    pub(crate) fn new(settings: Settings) -> Self {
        let target = Target {
            partition: "aws".into(),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            instance: INSTANCE.into(),
        };
        let opened = Opened {
            case: "case-1".into(),
            target,
            runbook: Runbook::named("standard").expect("shipped"),
            settings,
            through: Phase::Eradicate,
            revoke_first: false,
            finding: None,
            program: "test".into(),
            nonce: "nonce".into(),
            by: Person::default(),
        };
        let now = "2026-11-21T12:00:00Z".parse().expect("a time");
        let case = Case::open(&Entry::Opened(Box::new(opened)), now).expect("an opening");
        Self { case, scene: Scene::new(), busy: Busy::default(), now, seq: 1 }
    }

    pub(crate) fn write(&mut self, entry: &Entry) -> u64 {
        self.seq += 1;
        let head = format!("head-{}", self.seq);
        self.case.apply(self.seq, self.now, &head, entry);
        self.seq
    }

    /// A fresh answer.
    pub(crate) fn know(&mut self, query: impl Into<Query>, reading: Reading) {
        self.seq += 1;
        self.scene.learn(query.into(), Ok(reading), Tick(self.seq), self.now);
    }

    /// A fresh answer that was written, too.
    pub(crate) fn observe(&mut self, query: impl Into<Query>, reading: Reading) {
        let query = query.into();
        self.write(&Entry::Observed(Observed { query: query.clone(), reading: reading.clone() }));
        self.know(query, reading);
    }

    /// A question that can not be answered.
    pub(crate) fn deny(&mut self, query: impl Into<Query>) {
        self.seq += 1;
        self.scene.learn(query.into(), Err(denied()), Tick(self.seq), self.now);
    }

    pub(crate) fn capture(&mut self, query: impl Into<Query>, reading: Reading) {
        let captured = Captured { query: query.into(), reading: Some(reading), gap: None, artefacts: vec![] };
        self.write(&Entry::Captured(captured));
    }

    pub(crate) fn step(&mut self, step: StepName, status: StepStatus) {
        let entry = StepEntry { step, status, reason: String::new(), warnings: vec![], proof: vec![] };
        self.write(&Entry::Step(entry));
    }

    pub(crate) fn manifest(&mut self, side: Side, snapshot: &str, sha256: &str) {
        let manifest = Manifest { side, snapshot: snapshot.into(), blocks: 8, sha256: sha256.into() };
        self.write(&Entry::Manifest(manifest));
    }

    /// A run of blocks was written.
    pub(crate) fn run(&mut self, side: Side, snapshot: &str, from: i32, next: Option<i32>) {
        let snapshot = SnapshotId::from(snapshot);
        self.write(&Entry::Blocks(Blocks { side, snapshot, from, next, read: 4, kept: 4, sha256: "run".into() }));
    }

    pub(crate) fn approve(&mut self, gate: Gate, digest: &str) {
        self.write(&Entry::Approved(Approved { gate, digest: digest.into(), by: Person::default() }));
    }

    /// An effect was sent; its answer never came.
    pub(crate) fn lost(&mut self, step: StepName, effect: &Effect) -> u64 {
        self.write(&Entry::Intent(Intent { step, effect: effect.clone() }))
    }

    pub(crate) fn done(&mut self, step: StepName, effect: &Effect, ids: &[&str]) {
        let intent = self.lost(step, effect);
        let made = Some(Made { ids: ids.iter().map(|id| (*id).to_owned()).collect() });
        self.write(&Entry::Outcome(Outcome { intent, made, fault: None }));
    }

    pub(crate) fn refused(&mut self, step: StepName, effect: &Effect) {
        let intent = self.lost(step, effect);
        self.write(&Entry::Outcome(Outcome { intent, made: None, fault: Some(denied()) }));
    }

    pub(crate) fn resume(&mut self) {
        let (settings, through) = (self.case.settings.clone(), self.case.through);
        let resumed = Resumed { settings, through, program: "test".into(), by: Person::default() };
        self.write(&Entry::Resumed(Box::new(resumed)));
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { case: &self.case, scene: &self.scene, busy: &self.busy, now: self.now, stopping: false }
    }

    /// What a step wants next. Whatever is asked for: the same state gives the same plan, and the
    /// card names every permission that the plan needs.
    pub(crate) fn plan(&self, card: &StepCard) -> Agenda<'_> {
        let mut agenda = Agenda::new(self.view());
        (card.plan)(&mut agenda);
        let mut again = Agenda::new(self.view());
        (card.plan)(&mut again);
        assert_eq!(agenda.perform, again.perform, "effects must be stable values");
        agenda.observe.iter().for_each(|query| permitted(card, query.side(), query.actions()));
        agenda.perform.iter().for_each(|effect| permitted(card, effect.side(), effect.actions()));
        agenda
    }
}

fn permitted(card: &StepCard, side: Side, actions: &[&str]) {
    let listed = match side {
        Side::Source => card.source_actions,
        Side::Forensic => card.forensic_actions,
    };
    for action in actions {
        assert!(listed.contains(action), "{} does not list {action} ({side:?})", card.name);
    }
}

pub(crate) fn denied() -> Fault {
    Fault::new(FaultClass::Denied, "UnauthorizedOperation", "not allowed")
}

/// The holds of an agenda, in one line each.
pub(crate) fn holds(agenda: &Agenda<'_>) -> Vec<String> {
    agenda.holds.iter().map(|hold| hold.why.clone()).collect()
}

/// The titles of what an agenda performs.
pub(crate) fn titles(agenda: &Agenda<'_>) -> Vec<String> {
    agenda.perform.iter().map(Effect::title).collect()
}
