//! A case on the range: opened, driven, broken off, taken up again, and looked at.

use crate::sky::{Sky, Watch};
use crate::store::{Book, Failure};
use casebook::entry::{Approved, CaseStatus, Entry, Opened, Person, Resumed};
use casebook::fault::{Fault, FaultClass};
use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::query::Query;
use casebook::runbook::Runbook;
use casebook::settings::{ForensicSettings, Policy, Settings};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use engine::{EngineError, Ports, RunEnd, Session, Stop, Watcher, drive};
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use range::{Range, Scenario};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// A case on the range.
pub struct Stage {
    pub range: Range,
    pub book: Book,
    pub stop: Stop,
    pub settings: Settings,
    pub through: Phase,
    /// The runbook of a case that is opened.
    pub runbook: &'static str,
    /// Questions that take an hour.
    pub slow: fn(&Query) -> bool,
}

impl Stage {
    pub fn new(scenario: &str, through: Phase) -> Self {
        let scenario = Scenario::named(scenario).expect("a scenario of the range");
        let range = Range::new(scenario, 7);
        let settings = settings(&range);
        Self { range, book: Book::new(), stop: Stop::new(), settings, through, runbook: "standard", slow: |_| false }
    }

    pub fn now(&self) -> Timestamp {
        self.range.clock().now()
    }

    pub fn opened(&self) -> Opened {
        Opened {
            case: CaseId::from("web-7"),
            target: self.range.target(),
            runbook: Runbook::named(self.runbook).expect("shipped"),
            settings: self.settings.clone(),
            through: self.through,
            revoke_first: false,
            finding: None,
            program: "impound test".into(),
            nonce: "0123456789abcdef".into(),
            by: Person::default(),
        }
    }

    /// Opens the case, or takes it up again, with a ledger that fails as told.
    pub fn session(&self, failure: Failure) -> Result<Session<Book>, EngineError> {
        let book = self.book.failing(failure);
        if book.is_empty() {
            return Session::open(book, self.opened(), self.now());
        }
        let mut session = Session::load(book)?;
        let (settings, through) = (self.settings.clone(), self.through);
        let resumed = Resumed { settings, through, program: "impound test".into(), by: Person::default() };
        session.append(self.now(), &[Entry::Resumed(Box::new(resumed))])?;
        Ok(session)
    }

    /// Lets virtual time pass.
    pub fn pass(&self, time: SignedDuration) {
        range::run(&self.range.clock(), self.range.clock().sleep(time));
        self.range.with_world(|_| ());
    }

    /// Approves a gate, ahead or as it was asked; the case is opened for it when it must be.
    pub fn approve(&self, gate: Gate) {
        let mut session = if self.book.is_empty() { self.session(Failure::Never).expect("opens") } else { self.case() };
        let digest = session.case().asked.get(&gate).map(|asked| asked.digest.clone()).unwrap_or_default();
        let approved = Approved { gate, digest, by: Person::default() };
        session.append(self.now(), &[Entry::Approved(approved)]).expect("written");
    }

    /// Asks for the release and drives it to the end of the run.
    pub fn release(&self) -> RunEnd {
        self.case().append(self.now(), &[Entry::Releasing(Person::default())]).expect("written");
        self.drive()
    }

    /// Opens or takes up the case and drives it to the end of the run.
    pub fn drive(&self) -> RunEnd {
        self.attempt(Failure::Never, &mut ()).expect("the run ends")
    }

    /// The same with a ledger that fails as told.
    pub fn attempt(&self, failure: Failure, watcher: &mut impl Watcher) -> Result<RunEnd, EngineError> {
        self.drive_session(&mut self.session(failure)?, watcher)
    }

    /// Drives a session of this case.
    pub fn drive_session(
        &self,
        session: &mut Session<Book>,
        watcher: &mut impl Watcher,
    ) -> Result<RunEnd, EngineError> {
        let (sky, watch) = (self.sky(), Watch(self.range.clock()));
        let ports = Ports { cloud: &sky, clock: &watch, stop: &self.stop };
        range::run(&self.range.clock(), drive(session, ports, watcher))
    }

    /// Drives until changes were sent or answered `moments` times, then drops the run as a crash
    /// would; gives whether it was dropped.
    pub fn crash_after(&self, moments: usize) -> bool {
        let (mut session, sky) = (self.session(Failure::Never).expect("opens"), self.sky());
        let watch = Watch(self.range.clock());
        let ports = Ports { cloud: &sky, clock: &watch, stop: &self.stop };
        let mut unwatched = ();
        let mut run = pin!(drive(&mut session, ports, &mut unwatched));
        range::run(
            &self.range.clock(),
            poll_fn(|context| {
                let polled = run.as_mut().poll(context);
                match polled {
                    _ if sky.moments.get() >= moments => Poll::Ready(true),
                    Poll::Ready(end) => Poll::Ready(end.is_err()),
                    Poll::Pending => Poll::Pending,
                }
            }),
        )
    }

    fn sky(&self) -> Sky {
        Sky::new(self.range.clone(), self.book.clone(), self.slow)
    }

    /// The case as its ledger tells it.
    pub fn case(&self) -> Session<Book> {
        Session::load(self.book.clone()).expect("loads")
    }

    /// Every entry.
    pub fn entries(&self) -> Vec<Entry> {
        self.case().entries().expect("readable").into_iter().map(|written| written.entry).collect()
    }

    /// What there is in the end, as far as it must not depend on what went wrong on the way.
    pub fn outcome(&self) -> Finish {
        let session = self.case();
        let case = session.case();
        let steps = case.steps.iter().map(|(step, record)| (*step, record.entry.status)).collect();
        let counts = self.range.with_world(|world| {
            let snapshots = world.storage.snapshots.values();
            let forensic = snapshots.clone().filter(|record| record.shown.owner == world.place.forensic).count();
            [
                ("snapshots", world.storage.snapshots.len()),
                ("forensic snapshots", forensic),
                ("images", world.storage.images.len()),
                ("volumes", world.storage.volumes.len()),
                ("groups", world.network.groups.len()),
                ("instances", world.compute.instances.len()),
                ("inline policies", world.identity.roles.values().map(|role| role.inline.len()).sum()),
            ]
        });
        let status = case.ended.expect("ended");
        let (network, credentials) = (case.verdict.network, case.verdict.credentials);
        Finish { status, steps, network, credentials, counts: counts.into() }
    }
}

/// How a case and its world stand in the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Finish {
    pub status: CaseStatus,
    pub steps: BTreeMap<StepName, StepStatus>,
    pub network: NetworkVerdict,
    pub credentials: CredentialVerdict,
    pub counts: BTreeMap<&'static str, usize>,
}

/// What the responder has configured for this range.
fn settings(range: &Range) -> Settings {
    let briefing = range.briefing();
    let forensic = ForensicSettings {
        account: briefing.forensic_account.clone(),
        key: Some(briefing.forensic_key.clone()),
        subnet: Some(briefing.forensic_subnet.clone()),
    };
    Settings { forensic: Some(forensic), share_key: briefing.share_key.clone(), policy: Policy::default() }
}

/// A fault for injections.
pub fn fault(class: FaultClass) -> Fault {
    Fault::new(class, "Injected", "injected by the test")
}
