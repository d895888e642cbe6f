//! Sweeps: one case, disturbed once at every point where it can be, and taken up again until it
//! stands. Whatever the disturbance, the end is the undisturbed one and no law is broken.
//!
//! A new runbook or scenario is swept by naming it in a [`Job`].

use super::book::Failure;
use super::trial::{Crash, Finish, Trial, fault};
use crate::{Deed, Injection, Range, Scenario};
use casebook::docs::changes;
use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::runbook::Runbook;
use casebook::scene::instance::ShutdownBehavior;
use casebook::settings::{RevokeScope, ScalingPolicy, TrackedConnections};
use casebook::step::Phase;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is swept.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The world.
    pub scenario: &'static str,
    /// The runbook.
    pub runbook: &'static str,
    /// How far the case goes.
    pub through: Phase,
    /// What of it is disturbed.
    pub part: Part,
    /// How the responder goes about it.
    pub manner: Manner,
}

/// How a responder goes about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As the settings begin.
    Usual,
    /// As far as it may: tracked connections are cut through the open window, the subnet is cut, the whole role's
    /// sessions are denied.
    Escalated,
    /// With as little as holds: the member goes into standby, and a profile that may do nothing takes the place of the
    /// instance's; and the image is started in the forensic account.
    Gentle,
    /// In a corner: the group can spare no member, so that its processes are suspended; a shutdown from inside would be
    /// the end of the instance; and somebody has detached a volume.
    Cornered,
}

impl Manner {
    /// Arranges the world and the settings for it, and approves its gates ahead.
    fn prepare(self, trial: &mut Trial) {
        let gates: &[Gate] = match self {
            Self::Usual => &[],
            Self::Escalated => {
                trial.settings.policy.tracked_connections = TrackedConnections::Convert;
                trial.settings.policy.revoke = RevokeScope::Role;
                &[Gate::OpenWindow, Gate::SubnetNacl, Gate::SharedRole]
            }
            Self::Gentle => {
                trial.settings.policy.asg = ScalingPolicy::Standby;
                let profile = trial.range.briefing().quarantine_profile.as_ref().map(ToString::to_string);
                trial.settings.policy.quarantine_profile_arn = profile.unwrap_or_default();
                &[Gate::BootImage]
            }
            Self::Cornered => {
                trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
                corner(&trial.range);
                trial.pass(SignedDuration::from_mins(1));
                &[Gate::AsgSuspend]
            }
        };
        gates.iter().for_each(|gate| trial.approve(*gate));
    }
}

/// Groups of the least size, a shutdown that ends the instance, and the last of its volumes detached.
fn corner(range: &Range) {
    let target = range.target().instance;
    range.with_world(|world| {
        world.scaling.groups.values_mut().for_each(|group| group.shown.min = group.shown.desired);
        let machine = world.compute.instances.get_mut(&target).expect("the target");
        machine.shutdown = ShutdownBehavior::Terminate;
        let devices = world.storage.volumes.values().filter_map(|volume| {
            let held = volume.shown.attachments.iter().find(|held| held.instance == target)?;
            Some((held.device.clone(), volume.shown.id.clone()))
        });
        if let Some((_, last)) = devices.max() {
            let _root = world.administrator("somebody").detach_volume(&last);
        }
    });
}

/// What of a case is disturbed; what comes before it is left in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The response, as far as the case goes.
    Response,
    /// The release after it.
    Release,
    /// The termination of the original, approved once the evidence was shown.
    End,
}

/// One disturbance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disturbance {
    /// The process dies.
    Crash(Crash),
    /// The n-th call of an action fails so, before it takes effect.
    Fails(String, u32, FaultClass),
    /// The n-th call of an action takes effect, and its answer is lost.
    Unheard(String, u32),
    /// The n-th call of an action is handled twice.
    Twice(String, u32),
    /// A second responder, with a ledger of its own, begins at the n-th change.
    Rival(usize),
}

/// What a sweep did.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many disturbed runs there were, by kind.
    pub runs: BTreeMap<&'static str, usize>,
    /// What went wrong, and under which disturbance.
    pub failures: Vec<(Disturbance, String)>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (disturbance, what) in self.failures.iter().take(SHOWN) {
            writeln!(f, "{disturbance:?}: {what}")?;
        }
        write!(f, "{} failures in {:?}", self.failures.len(), self.runs)
    }
}

/// How many failures are shown.
const SHOWN: usize = 5;
/// How often a disturbed case is taken up again until it must stand.
const ATTEMPTS: usize = 4;

impl Job {
    /// A job without approvals that ends with containment or custody.
    pub fn new(scenario: &'static str, runbook: &'static str, through: Phase) -> Self {
        Self { scenario, runbook, through, part: Part::Response, manner: Manner::Usual }
    }

    /// The same in another manner.
    #[must_use]
    pub fn in_manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    /// The release of a contained instance.
    pub fn released(scenario: &'static str, runbook: &'static str) -> Self {
        Self { part: Part::Release, ..Self::new(scenario, runbook, Phase::Contain) }
    }

    /// The end of an original whose evidence is proved.
    pub fn ended(scenario: &'static str, runbook: &'static str) -> Self {
        Self { part: Part::End, ..Self::new(scenario, runbook, Phase::Eradicate) }
    }

    /// Every shipped runbook in every scenario: to custody, back, and to the end of the original; and in other manners in
    /// the web tier. The crowded account is the web tier among others.
    pub fn all() -> Vec<Self> {
        let scenarios = Scenario::list().into_iter().map(|(name, _)| name).filter(|name| *name != "big-account");
        let runbooks = |scenario| Runbook::NAMES.map(|runbook| (scenario, runbook));
        let cases = scenarios.flat_map(runbooks).flat_map(|(scenario, runbook)| {
            [
                Self::new(scenario, runbook, Phase::Custody),
                Self::released(scenario, runbook),
                Self::ended(scenario, runbook),
            ]
        });
        let manners = [Manner::Escalated, Manner::Gentle, Manner::Cornered].into_iter();
        let others = manners.flat_map(|manner| Runbook::NAMES.map(|runbook| (manner, runbook)));
        let others = others.flat_map(|(manner, runbook)| {
            [Self::new("web-tier", runbook, Phase::Custody), Self::released("web-tier", runbook)]
                .map(|job| job.in_manner(manner))
        });
        cases.chain(others).collect()
    }

    /// Every disturbance there is.
    pub fn everything(&self) -> [Tally; 5] {
        let rivals = if self.part == Part::Response { self.rivals() } else { Tally::default() };
        [self.crashes(), self.faults(), self.repeats(), self.questions(), rivals]
    }

    /// A case in its world, ready for what is to be disturbed.
    fn trial(&self) -> Trial {
        let scenario = Scenario::named(self.scenario).expect("a scenario of the range");
        let mut trial = Trial::on(Range::new(scenario, 7), self.through);
        trial.runbook = self.runbook;
        self.manner.prepare(&mut trial);
        match self.part {
            Part::Response => {}
            Part::Release => {
                trial.drive();
                trial.ask_for_release();
            }
            Part::End => {
                trial.drive();
                trial.approve_as_asked(Gate::Terminate);
            }
        }
        trial
    }

    /// The undisturbed end, and how often each action was called that changes something.
    fn undisturbed(&self) -> (Finish, BTreeMap<String, u32>, usize) {
        let trial = self.trial();
        let before = trial.range.deed_count();
        trial.drive();
        let mut calls = BTreeMap::new();
        let deeds = trial.range.deeds_from(before);
        deeds.iter().for_each(|deed| *calls.entry(deed.action().to_owned()).or_default() += 1);
        (trial.outcome(), calls, deeds.len())
    }

    /// What it changes when nothing disturbs it, as the ledger calls it.
    pub fn changes(&self) -> BTreeSet<String> {
        let trial = self.trial();
        let before = trial.range.deed_count();
        trial.drive();
        trial.range.deeds_from(before).iter().map(|deed| changes::kind(&deed.effect)).collect()
    }

    /// Every crash at every entry and every change.
    pub fn crashes(&self) -> Tally {
        let (expected, _, _) = self.undisturbed();
        let mut tally = Tally::default();
        for crash in [Crash::Unwritten, Crash::Written, Crash::Unsent, Crash::Unheard] {
            for n in 1.. {
                let trial = self.trial();
                if !trial.crash(crash(n)) {
                    break;
                }
                tally.settle(&trial, Disturbance::Crash(crash(n)), &expected);
            }
        }
        tally
    }

    /// Every change failing with every class of fault, and once with its answer lost.
    pub fn faults(&self) -> Tally {
        self.strikes(&self.undisturbed().1, |action, n| {
            let fails = |class| Disturbance::Fails(action.to_owned(), n, class);
            let mut strikes: Vec<Disturbance> = FaultClass::ALL.into_iter().map(fails).collect();
            strikes.push(Disturbance::Unheard(action.to_owned(), n));
            strikes
        })
    }

    /// Every change handled twice.
    pub fn repeats(&self) -> Tally {
        self.strikes(&self.undisturbed().1, |action, n| vec![Disturbance::Twice(action.to_owned(), n)])
    }

    /// Every call of a question failing with every class of fault.
    pub fn questions(&self) -> Tally {
        let trial = self.trial();
        let (calls, deeds) = (trial.range.calls().len(), trial.range.deed_count());
        trial.drive();
        let changes: BTreeSet<&str> = trial.range.deeds_from(deeds).iter().map(Deed::action).collect();
        let mut asked = BTreeMap::<String, u32>::new();
        let questions =
            trial.range.calls().into_iter().skip(calls).filter(|call| !changes.contains(call.action.as_str()));
        questions.for_each(|call| *asked.entry(call.action).or_default() += 1);
        self.strikes(&asked, |action, n| {
            FaultClass::ALL.into_iter().map(|class| Disturbance::Fails(action.to_owned(), n, class)).collect()
        })
    }

    fn strikes(&self, calls: &BTreeMap<String, u32>, strikes: impl Fn(&str, u32) -> Vec<Disturbance>) -> Tally {
        let (expected, _, _) = self.undisturbed();
        let mut tally = Tally::default();
        for (action, n) in calls.iter().flat_map(|(action, times)| (0..*times).map(move |n| (action, n))) {
            for disturbance in strikes(action, n) {
                let trial = self.trial();
                trial.range.inject(disturbance.injection().expect("a strike is an injection"));
                tally.settle(&trial, disturbance, &expected);
            }
        }
        tally
    }

    /// A second responder, beginning at every change of the first one.
    pub fn rivals(&self) -> Tally {
        let (_, _, changes) = self.undisturbed();
        let mut tally = Tally::default();
        for n in 0..changes {
            let first = self.trial();
            let second = first.rival();
            first.race(&second, n);
            for trial in [&first, &second] {
                tally.look(trial, &Disturbance::Rival(n));
            }
            *tally.runs.entry("rival").or_default() += 1;
        }
        tally
    }
}

impl Disturbance {
    /// As a fault put into a call; `None` for what is no fault of a call.
    pub fn injection(&self) -> Option<Injection> {
        match self {
            Self::Fails(action, n, class) => Some(Injection::before(action, fault(*class)).skipping(*n)),
            Self::Unheard(action, n) => Some(Injection::after(action, fault(FaultClass::Unknown)).skipping(*n)),
            Self::Twice(action, n) => Some(Injection::twice(action).skipping(*n)),
            Self::Crash(_) | Self::Rival(_) => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Crash(Crash::Unwritten(_)) => "crash, answered and not written",
            Self::Crash(Crash::Written(_)) => "crash, written and not heard",
            Self::Crash(Crash::Unsent(_)) => "crash, not sent",
            Self::Crash(Crash::Unheard(_)) => "crash, sent and lost",
            Self::Fails(..) => "fault",
            Self::Unheard(..) => "answer lost",
            Self::Twice(..) => "handled twice",
            Self::Rival(_) => "rival",
        }
    }
}

impl Tally {
    /// Takes a disturbed case up until it stands as expected, and looks at it.
    fn settle(&mut self, trial: &Trial, disturbance: Disturbance, expected: &Finish) {
        *self.runs.entry(disturbance.kind()).or_default() += 1;
        let stands = |trial: &Trial| {
            let ended = trial.attempt(Failure::Never, &mut ()).map_err(|error| error.to_string())?;
            Ok::<bool, String>(ended.status == expected.status || ended.status == CaseStatus::Done)
        };
        for _ in 0..ATTEMPTS {
            match stands(trial) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => return self.failures.push((disturbance, error)),
            }
        }
        let (found, doubled) = (trial.outcome(), matches!(disturbance, Disturbance::Twice(..)));
        if found.without_counts() != expected.without_counts() || (!doubled && found != *expected) {
            self.failures.push((disturbance.clone(), format!("it ends otherwise: {}", expected.difference(&found))));
        }
        self.look(trial, &disturbance);
    }

    fn look(&mut self, trial: &Trial, disturbance: &Disturbance) {
        let breaches = trial.breaches();
        self.failures.extend(breaches.into_iter().map(|breach| (disturbance.clone(), breach.to_string())));
    }
}
