//! A case on the range: opened, driven, broken off, taken up again, and looked at.

use super::book::{Book, Failure};
use super::flaw::Flaw;
use super::history::History;
use super::sky::Sky;
use super::witness::{Breach, Witness};
use crate::{Hand, Range, Scenario};
use casebook::entry::{Approved, CaseStatus, Entry, Guarding, Opened, Person, Resumed};
use casebook::fault::{Fault, FaultClass};
use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::query::Query;
use casebook::runbook::Runbook;
use casebook::settings::{ForensicSettings, Policy, Settings};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use engine::{EngineError, Event, Ports, RunEnd, Session, Stop, Watcher, drive};
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// A case on the range.
pub struct Trial {
    /// The cloud.
    pub range: Range,
    /// The ledger, which outlives every process.
    pub book: Book,
    /// The operator's wish to stop.
    pub stop: Stop,
    /// What the responder has configured.
    pub settings: Settings,
    /// How far the case goes.
    pub through: Phase,
    /// The runbook of a case that is opened.
    pub runbook: &'static str,
    /// Questions that take an hour.
    pub slow: fn(&Query) -> bool,
    /// A defect of the responder.
    pub flaw: Option<&'static Flaw>,
    witness: Rc<RefCell<Witness>>,
}

/// Where a process dies, counted from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crash {
    /// The n-th append fails and nothing of it is there: what was answered is not written.
    Unwritten(usize),
    /// The n-th append is there, and the process hears that it failed.
    Written(usize),
    /// The n-th change is announced and never leaves.
    Unsent(usize),
    /// The n-th change reaches AWS, and nobody hears the answer.
    Unheard(usize),
}

impl Trial {
    /// A new case in a scenario of that name.
    ///
    /// # Panics
    /// When there is no such scenario.
    pub fn new(scenario: &str, through: Phase) -> Self {
        let scenario = Scenario::named(scenario).expect("a scenario of the range");
        Self::on(Range::new(scenario, 7), through)
    }

    /// A new case on this range.
    pub fn on(range: Range, through: Phase) -> Self {
        Self {
            settings: settings(&range),
            witness: Rc::new(RefCell::new(Witness::of(&range))),
            range,
            book: Book::new(),
            stop: Stop::new(),
            through,
            runbook: "standard",
            slow: |_| false,
            flaw: None,
        }
    }

    /// A second responder with a ledger of its own, at work on the same instance.
    pub fn rival(&self) -> Self {
        let rival = Self::on(self.range.in_hand(Hand(self.range.hand().0 + 1)), self.through);
        Self { settings: self.settings.clone(), runbook: self.runbook, ..rival }
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.range.clock().now()
    }

    /// How the case is opened.
    pub fn opened(&self) -> Opened {
        let hand = self.range.hand().0;
        Opened {
            case: CaseId::new(format!("web-{}", 7 + hand)),
            target: self.range.target(),
            runbook: Runbook::named(self.runbook).expect("shipped"),
            settings: self.settings.clone(),
            through: self.through,
            revoke_first: false,
            finding: None,
            program: "impound test".into(),
            nonce: format!("0123456789abcde{:x}", 15 - hand.min(15)),
            by: Person::default(),
        }
    }

    /// Opens the case, or takes it up again, with a ledger that fails as told.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn session(&self, failure: Failure) -> Result<Session<Book>, EngineError> {
        let book = self.book.failing(failure);
        if book.is_empty() {
            let session = Session::open(book, self.opened(), self.now());
            self.catch_up();
            return session;
        }
        let mut session = Session::load(book)?;
        let (settings, through) = (self.settings.clone(), self.through);
        let resumed = Resumed { settings, through, program: "impound test".into(), by: Person::default() };
        let appended = session.append(self.now(), &[Entry::Resumed(Box::new(resumed))]);
        self.catch_up();
        appended.map(|_| session)
    }

    /// Shows the witness what stands in the ledger and it has not seen.
    fn catch_up(&self) {
        let mut witness = self.witness.borrow_mut();
        if witness.seen() == self.book.len() {
            return witness.catch_up();
        }
        let unseen = Session::written_after(&self.book, witness.seen()).expect("readable");
        unseen.iter().for_each(|line| witness.wrote(line.seq, line.at, &line.entry));
    }

    /// Lets virtual time pass.
    pub fn pass(&self, time: SignedDuration) {
        crate::run(&self.range.clock(), self.range.clock().sleep(time));
        self.range.with_world(|_| ());
    }

    /// Approves a gate, ahead or as it was asked; the case is opened for it when it must be.
    ///
    /// # Panics
    /// When the ledger cannot be written.
    pub fn approve(&self, gate: Gate) {
        let mut session = if self.book.is_empty() { self.session(Failure::Never).expect("opens") } else { self.case() };
        let digest = session.case().asked.get(&gate).map(|asked| asked.digest.clone()).unwrap_or_default();
        let approved = Approved { gate, digest, by: Person::default() };
        session.append(self.now(), &[Entry::Approved(approved)]).expect("written");
        self.catch_up();
    }

    /// Approves a gate when it was asked and what was shown is not approved yet.
    ///
    /// # Panics
    /// When the ledger cannot be written.
    pub fn approve_as_asked(&self, gate: Gate) {
        let session = self.case();
        let case = session.case();
        let Some(asked) = case.asked.get(&gate) else { return };
        if case.approvals.get(&gate).is_none_or(|(approved, _)| approved.digest != asked.digest) {
            self.approve(gate);
        }
    }

    /// Asks for the release and drives it to the end of the run.
    ///
    /// # Panics
    /// As [`Trial::drive`].
    pub fn release(&self) -> RunEnd {
        self.ask_for_release();
        self.drive()
    }

    /// Asks for the release.
    ///
    /// # Panics
    /// When the ledger cannot be written.
    pub fn ask_for_release(&self) {
        self.case().append(self.now(), &[Entry::Releasing(Person::default())]).expect("written");
        self.catch_up();
    }

    /// Drives this case and, from its n-th change on, another one beside it, both to their ends.
    ///
    /// # Panics
    /// As [`Trial::drive`].
    pub fn race(&self, other: &Self, n: usize) {
        let mut mine = self.session(Failure::Never).expect("opens");
        let (mut unwatched, mut unwatched_too) = ((), ());
        let mut first = pin!(self.driving(&mut mine, &mut unwatched));
        let before = self.range.deed_count();
        let clock = self.range.clock();
        let mut ended = false;
        crate::run(
            &clock,
            poll_fn(|context| {
                ended = first.as_mut().poll(context).is_ready();
                if ended || self.range.deed_count() - before >= n { Poll::Ready(()) } else { Poll::Pending }
            }),
        );
        let mut theirs = other.session(Failure::Never).expect("opens");
        let mut second = pin!(other.driving(&mut theirs, &mut unwatched_too));
        let mut other_ended = false;
        crate::run(
            &clock,
            poll_fn(|context| {
                ended = ended || first.as_mut().poll(context).is_ready();
                other_ended = other_ended || second.as_mut().poll(context).is_ready();
                if ended && other_ended { Poll::Ready(()) } else { Poll::Pending }
            }),
        );
    }

    /// Opens or takes up the case and drives it to the end of the run.
    ///
    /// # Panics
    /// When the run does not end.
    pub fn drive(&self) -> RunEnd {
        self.attempt(Failure::Never, &mut ()).expect("the run ends")
    }

    /// The same with a ledger that fails as told.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn attempt(&self, failure: Failure, watcher: &mut impl Watcher) -> Result<RunEnd, EngineError> {
        self.drive_session(&mut self.session(failure)?, watcher)
    }

    /// Drives a session of this case.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn drive_session(
        &self,
        session: &mut Session<Book>,
        watcher: &mut impl Watcher,
    ) -> Result<RunEnd, EngineError> {
        crate::run(&self.range.clock(), self.driving(session, watcher))
    }

    /// The same, to be run beside something else.
    ///
    /// # Errors
    /// Those of the engine.
    pub async fn driving(
        &self,
        session: &mut Session<Book>,
        watcher: &mut impl Watcher,
    ) -> Result<RunEnd, EngineError> {
        let (sky, clock) = (self.sky(), self.range.clock());
        let ports = Ports { cloud: &sky, clock: &clock, stop: &self.stop };
        let ended = drive(session, ports, &mut Both(self, watcher)).await;
        self.catch_up();
        ended
    }

    /// Drives until the process dies there; gives whether it came to that.
    ///
    /// # Panics
    /// When the case cannot be taken up, or the engine fails otherwise.
    pub fn crash(&self, at: Crash) -> bool {
        let died = match at {
            Crash::Unwritten(n) => self.attempt(Failure::Before(n), &mut ()).is_err(),
            Crash::Written(n) => self.attempt(Failure::After(n), &mut ()).is_err(),
            Crash::Unsent(n) => self.drop_when(|sky, _| sky.sent.get() >= n),
            Crash::Unheard(n) => self.drop_when(|_, arrived| arrived >= n),
        };
        self.catch_up();
        died
    }

    /// Drives, and drops the run at once when `dead` says so, of the process's cloud and of how many
    /// changes have arrived.
    fn drop_when(&self, dead: impl Fn(&Sky, usize) -> bool) -> bool {
        let (mut session, sky) = (self.session(Failure::Never).expect("opens"), self.sky());
        let (before, clock) = (self.range.deed_count(), self.range.clock());
        let ports = Ports { cloud: &sky, clock: &clock, stop: &self.stop };
        let mut watcher = Both(self, &mut ());
        let mut run = pin!(drive(&mut session, ports, &mut watcher));
        crate::run(
            &self.range.clock(),
            poll_fn(|context| {
                let polled = run.as_mut().poll(context);
                match polled {
                    _ if dead(&sky, self.range.deed_count() - before) => Poll::Ready(true),
                    Poll::Ready(end) => Poll::Ready(end.is_err()),
                    Poll::Pending => Poll::Pending,
                }
            }),
        )
    }

    /// Guards the case, looking every so many seconds, and stops after a while unless it ends by itself.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn guard(&mut self, every_seconds: u32, time: SignedDuration) -> Result<RunEnd, EngineError> {
        let mut session = self.session(Failure::Never)?;
        let guarding = Guarding { every_seconds, by: Person::default() };
        session.append(self.now(), &[Entry::Guarding(guarding)])?;
        self.catch_up();
        let (clock, mut unwatched) = (self.range.clock(), ());
        let ended = {
            let mut driving = pin!(self.driving(&mut session, &mut unwatched));
            let mut over = pin!(clock.sleep(time));
            crate::run(
                &clock,
                poll_fn(|context| {
                    if self.stop.times() == 0 && over.as_mut().poll(context).is_ready() {
                        self.stop.wish();
                    }
                    driving.as_mut().poll(context)
                }),
            )
        };
        self.stop = Stop::new();
        ended
    }

    fn sky(&self) -> Sky {
        Sky::new(self.range.clone(), self.witness.clone(), self.slow).flawed(self.flaw)
    }

    /// The case as its ledger tells it.
    ///
    /// # Panics
    /// When the ledger does not load.
    pub fn case(&self) -> Session<Book> {
        Session::load(self.book.clone()).expect("loads")
    }

    /// Every entry.
    ///
    /// # Panics
    /// As [`Trial::case`].
    pub fn entries(&self) -> Vec<Entry> {
        self.case().entries().expect("readable").into_iter().map(|written| written.entry).collect()
    }

    /// What was written and done so far.
    pub fn history(&self) -> Ref<'_, History> {
        Ref::map(self.witness.borrow(), Witness::history)
    }

    /// Lets the checkers look at the end, and gives every law that was broken since the beginning.
    pub fn breaches(&self) -> Vec<Breach> {
        self.catch_up();
        let mut witness = self.witness.borrow_mut();
        witness.over();
        witness.breaches().to_vec()
    }

    /// What there is in the end, as far as it must not depend on what went wrong on the way.
    ///
    /// # Panics
    /// When no run of the case has ended.
    pub fn outcome(&self) -> Finish {
        let session = self.case();
        let case = session.case();
        let steps = case.steps.iter().map(|(step, record)| (*step, record.entry.status)).collect();
        let counts = self.range.with_world(|world| {
            let forensic = &world.place.forensic;
            let copies = world.storage.snapshots.values().filter(|held| held.shown.owner == *forensic).count();
            let volumes = world.storage.volumes.values().filter(|held| held.owner == *forensic).count();
            let machines = world.compute.instances.values().filter(|held| held.owner == *forensic).count();
            [
                ("snapshots", world.storage.snapshots.len()),
                ("forensic snapshots", copies),
                ("images", world.storage.images.len()),
                ("rebuilt volumes", volumes),
                ("groups", world.network.groups.len()),
                ("rebuilt instances", machines),
                ("inline policies", world.identity.roles.values().map(|role| role.inline.len()).sum()),
            ]
        });
        let status = case.ended.expect("ended");
        let (network, credentials) = (case.verdict.network, case.verdict.credentials);
        Finish { status, steps, network, credentials, counts: counts.into() }
    }
}

/// Two watchers: the trial's witness, and one of the caller's.
struct Both<'a, W>(&'a Trial, &'a mut W);

impl<W: Watcher> Watcher for Both<'_, W> {
    fn saw(&mut self, event: &Event<'_>) {
        self.0.witness.borrow_mut().saw(event);
        self.1.saw(event);
    }
}

/// How a case and its world stand in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The case.
    pub status: CaseStatus,
    /// Its steps.
    pub steps: BTreeMap<StepName, StepStatus>,
    /// Its verdict on the network.
    pub network: NetworkVerdict,
    /// Its verdict on the credentials.
    pub credentials: CredentialVerdict,
    /// How many there are of what a response makes.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Finish {
    /// What is otherwise there, in words.
    pub fn difference(&self, other: &Self) -> String {
        let lines = |finish: &Self| {
            let steps = finish.steps.iter().map(|(step, status)| format!("{step} {status:?}"));
            let counts = finish.counts.iter().map(|(what, n)| format!("{n} {what}"));
            let end = format!("{:?}, {:?}, {:?}", finish.status, finish.network, finish.credentials);
            steps.chain(counts).chain([end]).collect::<BTreeSet<String>>()
        };
        let (ours, theirs) = (lines(self), lines(other));
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(", ");
        format!("{} instead of {}", only(&theirs, &ours), only(&ours, &theirs))
    }

    /// The same without how many things there are: what AWS handled twice may be there twice.
    #[must_use]
    pub fn without_counts(&self) -> Self {
        Self { counts: BTreeMap::new(), ..self.clone() }
    }
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
