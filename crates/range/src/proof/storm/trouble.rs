//! What can go wrong in a storm, each thing at a moment that the seed decides.

use crate::adversary::{self, Strategy};
use crate::proof::trial::{Crash, fault};
use crate::world::World;
use crate::world::killers::automations::Automation;
use crate::world::killers::{AlarmAction, Maintenance};
use crate::{Injection, Range};
use casebook::fault::FaultClass;
use casebook::steps::REGISTRY;
use fastrand::Rng;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::fmt;

/// Something that goes wrong in a storm.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A call fails, or its answer is lost, or it is handled twice.
    Struck(Injection, String),
    /// The process dies and is started again.
    Crash(Crash),
    /// The process dies when the case is taken up for the so-manieth time.
    Late(usize, Crash),
    /// An attacker is at large.
    Attacker(&'static Strategy, i64, i64),
    /// The guest shuts itself down after so many seconds.
    Shutdown(i64),
    /// AWS takes a Spot Instance back after so many seconds.
    Reclaim(i64),
    /// AWS works on the hardware after so many seconds.
    Maintained(Maintenance, i64),
    /// An alarm acts after so many seconds.
    Alarm(AlarmAction, i64),
    /// The instance's Auto Scaling group needs one member fewer after so many seconds.
    ScaleIn(i64),
    /// The guest writes on its volumes every so many seconds.
    Writing(i64),
    /// A program on the instance fetches credentials every so many seconds.
    Fetching(i64),
    /// An automation of the account comes by every so many seconds.
    Automated(Errand, i64),
    /// The instance has a trunk, and a branch on it.
    Branched,
    /// Anybody with the permission may come by the serial console.
    Console,
    /// There is no room for another thing of a kind.
    Full(Kind),
}

/// What there is no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Security groups, in either account.
    Groups,
    /// Network ACLs, in every VPC.
    Acls,
}

/// What an automation of the account comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A janitor ends instances that are tagged as quarantined.
    Reap,
    /// A janitor deletes snapshots without tags.
    Sweep,
    /// A deployment puts the instance back to what is written down about it.
    Restore,
}

impl Trouble {
    /// Whether it is an attacker who floods calls.
    pub(super) fn floods(&self) -> bool {
        matches!(self, Self::Attacker(strategy, ..) if strategy.name == "drain")
    }

    /// Prepares it in the world; what happens to the process itself is for the storm to do.
    pub(super) fn brew(&self, range: &Range) {
        let prey = range.target().instance;
        let seconds = |seconds: &i64| SignedDuration::from_secs(*seconds);
        let in_world = |change: &dyn Fn(&mut World)| range.with_world(|world| change(world));
        match self {
            Self::Struck(injection, _) => range.inject(injection.clone()),
            Self::Crash(_) | Self::Late(..) => {}
            Self::Attacker(strategy, first, every) => {
                in_world(&|world| world.set_loose(strategy, &prey, seconds(first), seconds(every)));
            }
            Self::Shutdown(after) => in_world(&|world| world.plan_shutdown(&prey, seconds(after))),
            Self::Reclaim(after) => in_world(&|world| world.interrupt_spot(&prey, seconds(after))),
            Self::Maintained(kind, after) => in_world(&|world| {
                let begin = world.now() + seconds(after);
                world.plan_maintenance(&prey, *kind, begin);
            }),
            Self::Alarm(action, after) => {
                in_world(&|world| world.plan_alarm(&prey, "the storm's", *action, seconds(after)));
            }
            Self::ScaleIn(after) => in_world(&|world| world.plan_scale_in(&prey, seconds(after))),
            Self::Writing(every) => in_world(&|world| world.keep_writing(&prey, seconds(every))),
            Self::Fetching(every) => {
                in_world(&|world| world.keep_fetching(&prey, "the attacker, again and again", seconds(every)));
            }
            Self::Branched => in_world(&|world| drop(world.branch_off(&prey))),
            Self::Console => in_world(&|world| world.compute.serial_console = true),
            Self::Full(Kind::Groups) => in_world(&|world| world.settings.groups_allowed = 0),
            Self::Full(Kind::Acls) => in_world(&|world| world.settings.acls_allowed = 0),
            Self::Automated(errand, every) => in_world(&|world| {
                let automation = match errand {
                    Errand::Reap => Some(Automation::ReapTagged(casebook::tags::STATUS.into())),
                    Errand::Sweep => Some(Automation::SweepSnapshots),
                    Errand::Restore => world.blueprint(&prey).map(Automation::Restore),
                };
                automation.into_iter().for_each(|automation| world.automate("automation", seconds(every), automation));
            }),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Struck(_, what) => f.write_str(what),
            Self::Crash(crash) => write!(f, "the process dies: {crash:?}"),
            Self::Late(run, crash) => write!(f, "the process dies in run {}: {crash:?}", run + 1),
            Self::Attacker(strategy, first, every) => {
                write!(f, "attacker `{}` after {first} s, then every {every} s", strategy.name)
            }
            Self::Shutdown(after) => write!(f, "the guest shuts down after {after} s"),
            Self::Reclaim(after) => write!(f, "AWS reclaims the Spot Instance after {after} s"),
            Self::Maintained(kind, after) => write!(f, "AWS has planned a {kind:?} after {after} s"),
            Self::Alarm(action, after) => write!(f, "an alarm acts after {after} s: {action:?}"),
            Self::ScaleIn(after) => write!(f, "the Auto Scaling group needs one member fewer after {after} s"),
            Self::Writing(every) => write!(f, "the guest writes on its volumes every {every} s"),
            Self::Fetching(every) => write!(f, "a program on the instance fetches credentials every {every} s"),
            Self::Branched => f.write_str("the instance has a trunk, and a branch on it"),
            Self::Console => f.write_str("the serial console is open to the account"),
            Self::Full(Kind::Groups) => f.write_str("no account may make another security group"),
            Self::Full(Kind::Acls) => f.write_str("no VPC may get another network ACL"),
            Self::Automated(errand, every) => write!(f, "an automation comes every {every} s: {errand:?}"),
        }
    }
}

/// The actions that a fault struck in the first storms.
const FIRST_ACTIONS: [&str; 24] = [
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

/// How many habits attackers had in the first storms.
const FIRST_HABITS: usize = 16;
/// How many they had when they were given newer ones.
const NEWER_HABITS: usize = 20;

/// What went wrong in the first storms.
pub(super) fn first(rng: &mut Rng, only: Option<&'static Strategy>) -> Vec<Trouble> {
    let strikes = rng.usize(..5);
    let mut troubles: Vec<Trouble> = (0..strikes).map(|_| strike(rng, &FIRST_ACTIONS)).collect();
    let crashes = [0, 0, 1, 2][rng.usize(..4)];
    troubles.extend((0..crashes).map(|_| Trouble::Crash(crash(rng))));
    let attackers = if only.is_some() { 1 } else { [0, 0, 1, 1, 2, 3][rng.usize(..6)] };
    for _ in 0..attackers {
        let strategy = only.unwrap_or_else(|| &adversary::ALL[rng.usize(..FIRST_HABITS)]);
        troubles.push(Trouble::Attacker(strategy, rng.i64(0..60), rng.i64(5..120)));
    }
    if rng.u8(..10) == 0 {
        troubles.push(Trouble::Shutdown(rng.i64(0..300)));
    }
    if rng.u8(..10) == 0 {
        troubles.push(Trouble::Reclaim(rng.i64(0..300)));
    }
    troubles
}

/// What goes wrong in later ones too: faults of any call of any step, and others at work in the account.
pub(super) fn more(rng: &mut Rng) -> Vec<Trouble> {
    let actions: Vec<&str> = every_action().into_iter().collect();
    let strikes = [0, 0, 1, 2][rng.usize(..4)];
    let mut troubles: Vec<Trouble> = (0..strikes).map(|_| strike(rng, &actions)).collect();
    let at_times = |rng: &mut Rng| rng.u8(..16) == 0;
    if at_times(rng) {
        let kind = [Maintenance::Retirement, Maintenance::Stop, Maintenance::Reboot][rng.usize(..3)];
        troubles.push(Trouble::Maintained(kind, rng.i64(0..300)));
    }
    if at_times(rng) {
        let action = [AlarmAction::Stop, AlarmAction::Terminate, AlarmAction::Reboot][rng.usize(..3)];
        troubles.push(Trouble::Alarm(action, rng.i64(0..300)));
    }
    if at_times(rng) {
        let errand = [Errand::Reap, Errand::Sweep, Errand::Restore][rng.usize(..3)];
        troubles.push(Trouble::Automated(errand, rng.i64(10..120)));
    }
    troubles
}

/// An attacker with a habit that came later, at times.
pub(super) fn newer(rng: &mut Rng) -> Option<Trouble> {
    let habits = &adversary::ALL[FIRST_HABITS..NEWER_HABITS];
    (rng.u8(..6) == 0).then(|| attacker(habits, rng))
}

fn attacker(habits: &'static [Strategy], rng: &mut Rng) -> Trouble {
    Trouble::Attacker(&habits[rng.usize(..habits.len())], rng.i64(0..60), rng.i64(5..120))
}

/// What goes on beside the response in the latest ones: the group shrinks, the guest writes, credentials are fetched
/// again, and a request arrives long after it was given up.
pub(super) fn latest(rng: &mut Rng) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let at_times = |rng: &mut Rng| rng.u8(..10) == 0;
    if at_times(rng) {
        troubles.push(Trouble::ScaleIn(rng.i64(0..120)));
    }
    if at_times(rng) {
        troubles.push(Trouble::Writing(rng.i64(1..30)));
    }
    if at_times(rng) {
        troubles.push(Trouble::Fetching(rng.i64(5..120)));
    }
    if at_times(rng) {
        let actions: Vec<&str> = every_action().into_iter().filter(|action| changes(action)).collect();
        let (action, n, by) = (actions[rng.usize(..actions.len())], rng.u32(..4), rng.i64(1..=20));
        let injection = Injection::late(action, fault(FaultClass::Unknown), SignedDuration::from_secs(by));
        let what = format!("call {} of {action} is given up, and arrives {by} s late", n + 1);
        troubles.push(Trouble::Struck(injection.skipping(n), what));
    }
    troubles
}

/// What few accounts and few attackers have, of which at most a seed in eight has some: interfaces that hang on others, quotas
/// that are used up, an open console, credentials that are traded for another role's.
pub(super) fn rare(rng: &mut Rng, only: Option<&'static Strategy>) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if rng.u8(..8) != 0 {
        return troubles;
    }
    if rng.bool() {
        troubles.push(Trouble::Branched);
    }
    if rng.u8(..4) == 0 {
        troubles.push(Trouble::Console);
    }
    match rng.u8(..6) {
        0 | 1 => troubles.push(Trouble::Full(Kind::Groups)),
        2 => troubles.push(Trouble::Full(Kind::Acls)),
        _ => {}
    }
    if rng.bool() && only.is_none() {
        troubles.push(attacker(&adversary::ALL[NEWER_HABITS..], rng));
    }
    troubles
}

/// Whether a call of this name changes anything.
fn changes(action: &str) -> bool {
    !["Describe", "Get", "List", "Lookup", "Pass"].iter().any(|verb| action.contains(&format!(":{verb}")))
}

/// Every call that a step says it needs, in either account.
fn every_action() -> BTreeSet<&'static str> {
    REGISTRY.iter().flat_map(|card| card.source_actions.iter().chain(card.forensic_actions)).copied().collect()
}

fn strike(rng: &mut Rng, actions: &[&str]) -> Trouble {
    let (action, n) = (actions[rng.usize(..actions.len())], rng.u32(..4));
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
