//! Storms: random worlds, faults, crashes and adversaries, all from one seed. A storm either breaks
//! no law, or gives the seed, the shortest history it could find that still breaks it, and the law.

use super::book::Failure;
use super::moment::Moment;
use super::trial::{Crash, Trial, fault};
use super::witness::Breach;
use crate::adversary::Strategy;
use crate::world::TimeoutReach;
use crate::world::organisation::OrganisationPolicy;
use crate::world::throttling::Throttling;
use crate::{Injection, Range, Scenario};
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::settings::{RevokeScope, ScalingPolicy, TrackedConnections};
use casebook::step::Phase;
use fastrand::Rng;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::fmt;

/// Which storms to make.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// In this world alone; else the seed decides.
    pub scenario: Option<Scenario>,
    /// With this strategy alone; else the seed decides.
    pub strategy: Option<&'static Strategy>,
    /// Without faults, crashes and adversaries.
    pub calm: bool,
}

/// Something that goes wrong in a storm.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A call fails, or its answer is lost, or it is handled twice.
    Struck(Injection, String),
    /// The process dies and is started again.
    Crash(Crash),
    /// An attacker is at large.
    Attacker(&'static Strategy, i64, i64),
    /// The guest shuts itself down after so many seconds.
    Shutdown(i64),
    /// AWS takes a Spot Instance back after so many seconds.
    Reclaim(i64),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Struck(_, what) => f.write_str(what),
            Self::Crash(crash) => write!(f, "the process dies: {crash:?}"),
            Self::Attacker(strategy, first, every) => {
                write!(f, "attacker `{}` after {first} s, then every {every} s", strategy.name)
            }
            Self::Shutdown(after) => write!(f, "the guest shuts down after {after} s"),
            Self::Reclaim(after) => write!(f, "AWS reclaims the Spot Instance after {after} s"),
        }
    }
}

/// A storm, planned: everything that is left to chance is decided here.
#[derive(Clone, Debug)]
pub struct Storm {
    /// The seed.
    pub seed: u64,
    /// The world.
    pub scenario: Scenario,
    /// The runbook.
    pub runbook: &'static str,
    /// How far the case goes.
    pub through: Phase,
    /// Whether it is released in the end.
    pub release: bool,
    /// Gates approved ahead.
    pub approved: Vec<Gate>,
    /// What goes wrong.
    pub troubles: Vec<Trouble>,
    rng: Rng,
}

/// What became of a storm.
#[derive(Clone, Debug, Default)]
pub struct Aftermath {
    /// The laws that were broken.
    pub breaches: Vec<Breach>,
    /// How many times the case was taken up.
    pub runs: usize,
    /// The last entry's hash: two runs of a seed give the same.
    pub head: String,
    /// Every step, fault and point of a crash that came together.
    pub reached: BTreeSet<Moment>,
    /// The history, a line each.
    pub history: Vec<String>,
}

/// The actions that a fault may strike.
const ACTIONS: [&str; 24] = [
    "ec2:CreateTags",
    "ec2:ModifyInstanceAttribute",
    "ec2:CreateSnapshots",
    "ec2:CreateSecurityGroup",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "autoscaling:DetachInstances",
    "autoscaling:DescribeAutoScalingInstances",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:DescribeTargetHealth",
    "ec2:DisassociateIamInstanceProfile",
    "ec2:ReplaceIamInstanceProfileAssociation",
    "iam:PutRolePolicy",
    "iam:GetRolePolicy",
    "ec2:LockSnapshot",
    "ec2:CreateImage",
    "ec2:ModifySnapshotAttribute",
    "ec2:CopySnapshot",
    "ec2:CreateVolume",
    "ec2:DescribeSnapshots",
];

/// How often a case is taken up while there is trouble, and after it.
const ATTEMPTS: usize = 3;

impl Storm {
    /// The storm of a seed.
    pub fn new(seed: u64, choice: Choice) -> Self {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0069_6d70_6f75_6e64);
        let scenario = choice.scenario.unwrap_or_else(|| some_scenario(&mut rng));
        let through = [Phase::Contain, Phase::Preserve, Phase::Custody, Phase::Custody][rng.usize(..4)];
        let mut storm = Self {
            seed,
            scenario,
            runbook: if rng.u8(..4) == 0 { "classic" } else { "standard" },
            through: if choice.calm { Phase::Custody } else { through },
            release: !choice.calm && rng.u8(..5) == 0,
            approved: [Gate::OpenWindow, Gate::SharedRole, Gate::AsgSuspend, Gate::BootImage, Gate::SubnetNacl]
                .into_iter()
                .filter(|_| rng.u8(..6) == 0)
                .collect(),
            troubles: Vec::new(),
            rng,
        };
        if !choice.calm {
            storm.brew(choice);
        }
        let to_the_end = Rng::with_seed(seed ^ 0x656e_6400).u8(..4) == 0;
        if !choice.calm && to_the_end && storm.through == Phase::Custody && !storm.release {
            storm.through = Phase::Eradicate;
        }
        storm
    }

    /// Decides what goes wrong.
    fn brew(&mut self, choice: Choice) {
        let rng = &mut self.rng;
        let strikes = rng.usize(..5);
        self.troubles = (0..strikes).map(|_| strike(rng)).collect();
        let crashes = [0, 0, 1, 2][rng.usize(..4)];
        self.troubles.extend((0..crashes).map(|_| Trouble::Crash(crash(rng))));
        let attackers = if choice.strategy.is_some() { 1 } else { [0, 0, 1, 1, 2, 3][rng.usize(..6)] };
        for _ in 0..attackers {
            let all = crate::adversary::ALL;
            let strategy = choice.strategy.unwrap_or_else(|| &all[rng.usize(..all.len())]);
            self.troubles.push(Trouble::Attacker(strategy, rng.i64(0..60), rng.i64(5..120)));
        }
        if rng.u8(..10) == 0 {
            self.troubles.push(Trouble::Shutdown(rng.i64(0..300)));
        }
        if rng.u8(..10) == 0 {
            self.troubles.push(Trouble::Reclaim(rng.i64(0..300)));
        }
    }

    /// The case in its world, with everything decided.
    fn trial(&self) -> Trial {
        let mut rng = self.rng.clone();
        let mut trial = Trial::on(Range::new(self.scenario, self.seed), self.through);
        trial.runbook = self.runbook;
        weather(&trial, &mut rng);
        configure(&mut trial, &mut rng);
        self.approved.iter().for_each(|gate| trial.approve(*gate));
        let prey = trial.range.target().instance;
        for trouble in &self.troubles {
            match trouble {
                Trouble::Struck(injection, _) => trial.range.inject(injection.clone()),
                Trouble::Crash(_) => {}
                Trouble::Attacker(strategy, first, every) => trial.range.with_world(|world| {
                    let [first, every] = [first, every].map(|seconds| SignedDuration::from_secs(*seconds));
                    world.set_loose(strategy, &prey, first, every);
                }),
                Trouble::Shutdown(after) => {
                    trial.range.with_world(|world| world.plan_shutdown(&prey, SignedDuration::from_secs(*after)));
                }
                Trouble::Reclaim(after) => {
                    trial.range.with_world(|world| world.interrupt_spot(&prey, SignedDuration::from_secs(*after)));
                }
            }
        }
        trial
    }

    /// Lives through it.
    pub fn run(&self) -> Aftermath {
        let trial = self.trial();
        let mut after = Aftermath::default();
        for trouble in &self.troubles {
            if let Trouble::Crash(crash) = trouble {
                self.approve_the_end(&trial);
                if trial.crash(*crash) {
                    after.reached.extend(Moment::met(&trial, *crash));
                }
                after.runs += 1;
            }
        }
        let mut failures = Vec::new();
        self.endure(&trial, &mut after, &mut failures);
        if !self.troubles.is_empty() {
            trial.range.with_world(crate::World::drive_out);
            self.endure(&trial, &mut after, &mut failures);
        }
        if self.release && failures.is_empty() {
            trial.ask_for_release();
            self.endure(&trial, &mut after, &mut failures);
        }
        after.breaches = trial.breaches();
        after.breaches.extend(failures);
        after.head = ledger::Store::head(&trial.book).to_string();
        after.history = super::telling::lines(&trial.history());
        after
    }

    /// Takes the case up until it rests at its end, or often enough.
    fn endure(&self, trial: &Trial, after: &mut Aftermath, failures: &mut Vec<Breach>) {
        for _ in 0..ATTEMPTS {
            after.runs += 1;
            self.approve_the_end(trial);
            match trial.attempt(Failure::Never, &mut ()) {
                Ok(ended) if ended.status == casebook::entry::CaseStatus::Done => return,
                Ok(_) => {}
                Err(error) => {
                    let law = "a run ends with an answer and not with an error";
                    failures.push(Breach { checker: "comes-to-rest", law, at: trial.now(), what: error.to_string() });
                    return;
                }
            }
        }
    }

    /// A responder who lets go of the original whenever the evidence is shown to be whole.
    fn approve_the_end(&self, trial: &Trial) {
        if self.through == Phase::Eradicate && !ledger::Store::is_empty(&trial.book) {
            trial.approve_as_asked(Gate::Terminate);
        }
    }

    /// Whether it breaks the law of a checker.
    pub fn breaks(&self, checker: &str) -> bool {
        self.run().breaches.iter().any(|breach| breach.checker == checker)
    }

    /// The same storm with as little trouble as still does it.
    #[must_use]
    pub fn shrunk(&self, breaks: impl Fn(&Self) -> bool) -> Self {
        let mut smallest = self.clone();
        let mut at = 0;
        while at < smallest.troubles.len() {
            let mut smaller = smallest.clone();
            smaller.troubles.remove(at);
            if breaks(&smaller) { smallest = smaller } else { at += 1 }
        }
        for n in (0..smallest.approved.len()).rev() {
            let mut smaller = smallest.clone();
            smaller.approved.remove(n);
            if breaks(&smaller) {
                smallest = smaller;
            }
        }
        for through in [Phase::Contain, Phase::Preserve] {
            let smaller = Self { through, ..smallest.clone() };
            if through < smallest.through && breaks(&smaller) {
                smallest = smaller;
            }
        }
        smallest
    }
}

fn some_scenario(rng: &mut Rng) -> Scenario {
    let named = ["web-tier", "lone", "spot", "shared-role", "marketplace", "no-share-key", "open-enclave", "prepared"];
    match rng.usize(..40) {
        n if n < named.len() => Scenario::named(named[n]).expect("shipped"),
        _ => Scenario::by_chance(),
    }
}

fn strike(rng: &mut Rng) -> Trouble {
    let (action, n) = (ACTIONS[rng.usize(..ACTIONS.len())], rng.u32(..4));
    let class = FaultClass::ALL[rng.usize(..FaultClass::ALL.len())];
    let (injection, how) = match rng.usize(..4) {
        0 => (Injection::after(action, fault(FaultClass::Unknown)), "takes effect unheard".to_owned()),
        1 => (Injection::twice(action), "is handled twice".to_owned()),
        _ => (Injection::before(action, fault(class)), format!("fails: {class:?}")),
    };
    let times = [1, 1, 1, 3][rng.usize(..4)];
    Trouble::Struck(injection.skipping(n).times(times), format!("call {} of {action} {how}, {times} times", n + 1))
}

fn crash(rng: &mut Rng) -> Crash {
    let n = rng.usize(1..40);
    [Crash::Unwritten, Crash::Written, Crash::Unsent, Crash::Unheard][rng.usize(..4)](n)
}

/// What AWS leaves open, or what differs from day to day.
fn weather(trial: &Trial, rng: &mut Rng) {
    let seconds = |rng: &mut Rng, most: i64| SignedDuration::from_secs(if rng.bool() { 0 } else { rng.i64(..=most) });
    trial.range.with_world(|world| {
        let settings = &mut world.settings;
        settings.group_lag = seconds(rng, 5);
        settings.storage_lag = seconds(rng, 10);
        settings.policy_lag = seconds(rng, 30);
        settings.empty_pages = usize::from(rng.u8(..4) == 0);
        settings.clock_skew = SignedDuration::from_secs(if rng.u8(..4) == 0 { rng.i64(-5..=5) } else { 0 });
        settings.timeout_reach = if rng.bool() { TimeoutReach::ExistingFlows } else { TimeoutReach::NewFlows };
        settings.throttling = if rng.u8(..4) == 0 { Throttling::Documented } else { Throttling::Off };
        settings.organisation = if rng.u8(..4) == 0 { OrganisationPolicy::InForce } else { OrganisationPolicy::None };
    });
}

/// What the responder has configured.
fn configure(trial: &mut Trial, rng: &mut Rng) {
    let policy = &mut trial.settings.policy;
    policy.asg = [ScalingPolicy::DetachReplace, ScalingPolicy::DetachDecrement, ScalingPolicy::Standby][rng.usize(..3)];
    policy.revoke = if rng.u8(..4) == 0 { RevokeScope::Role } else { RevokeScope::Instance };
    policy.tracked_connections =
        if rng.u8(..4) == 0 { TrackedConnections::Convert } else { TrackedConnections::Report };
    policy.lock_days = if rng.u8(..8) == 0 { 0 } else { 30 };
    if rng.bool() {
        let profile = trial.range.briefing().quarantine_profile.as_ref().map(ToString::to_string);
        policy.quarantine_profile_arn = profile.unwrap_or_default();
    }
}
