//! A script put on the range: the world made as it says, and everything that will go wrong in it
//! scheduled.

use super::{Asset, Denial, FaultLine, Killer, Script, Strike, Until};
use crate::world::World;
use crate::world::instances::gone;
use crate::world::killers::Blow;
use crate::world::killers::automations::Automation;
use crate::{Injection, Range};
use casebook::fault::{Fault, FaultClass};
use casebook::id::InstanceId;
use std::collections::BTreeSet;
use std::fmt;

/// How CloudTrail knows the automation that tidies up.
pub const JANITOR: &str = "janitor";
/// How CloudTrail knows the automation that deploys.
pub const PIPELINE: &str = "deploy-pipeline";

impl Script {
    /// The range at the beginning of the drill. The same seed gives the same ids and bytes.
    pub fn stage(&self, seed: u64) -> Range {
        let range = Range::new(self.world, seed);
        let target = range.target().instance;
        range.with_world(|world| self.furnish(world, &target));
        self.faults.iter().for_each(|line| range.inject(injection(line)));
        self.denials.iter().for_each(|denial| range.inject(refusal(denial, &range)));
        range
    }

    /// What the script names and what never happened on this range: faults and missing permissions that
    /// no call met, killers that came too late or found nothing, attackers who came too late.
    pub fn idle(&self, range: &Range) -> Vec<String> {
        let mut strikes = range.strikes().into_iter();
        let mut struck = move || strikes.next().is_some_and(|times| times > 0);
        let mut idle: Vec<String> = self.faults.iter().filter(|_| !struck()).map(|line| line.to_string()).collect();
        idle.extend(self.denials.iter().filter(|_| !struck()).map(|denial| format!("the denial of {}", denial.action)));
        let (mut blows, users): (Vec<Blow>, BTreeSet<String>) = range.with_world(|world| {
            let users = world.records.trail.iter().map(|event| event.user.clone()).collect();
            (world.records.blows.clone(), users)
        });
        let mut came = |killer: &Killer| match killer.blow() {
            Some(blow) => {
                let place = blows.iter().position(|struck| *struck == blow);
                place.map(|place| blows.remove(place)).is_some()
            }
            None => users.contains(killer.user()),
        };
        idle.extend(self.killers.iter().filter(|killer| !came(killer)).map(ToString::to_string));
        let acts: Vec<u32> = range.with_world(|world| world.intruders.iter().map(|intruder| intruder.acts).collect());
        let attackers = self.adversary.iter().zip(acts).filter(|(_, acts)| *acts == 0);
        idle.extend(attackers.map(|(attack, _)| format!("the attacker {}", attack.strategy.name)));
        idle
    }

    fn furnish(&self, world: &mut World, target: &InstanceId) {
        world.settings.organisation = self.organisation;
        if self.asset == Asset::Protected {
            world.label(target, "impound:protected", "true");
        }
        self.killers.iter().for_each(|killer| killer.set_up(world, target));
        for attack in &self.adversary {
            world.set_loose(attack.strategy, target, attack.first, attack.every);
        }
    }
}

impl Killer {
    fn set_up(&self, world: &mut World, target: &InstanceId) {
        match self {
            Self::Spot { after, notice } => world.interrupt_spot(target, *after + *notice),
            Self::Maintenance { kind, after } => {
                let at = world.now().saturating_add(*after).expect("a script's times are at most a day");
                world.plan_maintenance(target, *kind, at);
            }
            Self::Shutdown { after } => world.plan_shutdown(target, *after),
            Self::Alarm { name, action, after } => world.plan_alarm(target, name, *action, *after),
            Self::Janitor { tag, every } => world.automate(JANITOR, *every, Automation::ReapTagged(tag.clone())),
            Self::Restore { every } => {
                if let Some(blueprint) = world.blueprint(target) {
                    world.automate(PIPELINE, *every, Automation::Restore(blueprint));
                }
            }
        }
    }
}

impl Killer {
    /// What it does to the instance; `None` for an automation, which comes by again and again.
    fn blow(&self) -> Option<Blow> {
        match self {
            Self::Spot { .. } => Some(Blow::SpotReclaim),
            Self::Maintenance { kind, .. } => Some(Blow::Maintenance(*kind)),
            Self::Shutdown { .. } => Some(Blow::GuestShutdown),
            Self::Alarm { action, .. } => Some(Blow::Alarm(*action)),
            Self::Janitor { .. } | Self::Restore { .. } => None,
        }
    }

    /// How CloudTrail knows an automation.
    fn user(&self) -> &'static str {
        if matches!(self, Self::Janitor { .. }) { JANITOR } else { PIPELINE }
    }
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spot { .. } => write!(f, "the spot notice"),
            Self::Maintenance { kind, .. } => write!(f, "the maintenance {}", kind.code()),
            Self::Shutdown { .. } => write!(f, "the shutdown from inside the guest"),
            Self::Alarm { name, .. } => write!(f, "the alarm {name}"),
            Self::Janitor { tag, .. } => write!(f, "the janitor that looks for the tag {tag}"),
            Self::Restore { .. } => write!(f, "the deployment that restores"),
        }
    }
}

impl fmt::Display for FaultLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the fault of {} from its call {} on", self.action, self.nth)
    }
}

/// Whether an instance has ended, by whomever.
pub fn is_gone(world: &World, instance: &InstanceId) -> bool {
    world.compute.instances.get(instance).is_none_or(|machine| gone(machine.shown.state))
}

fn injection(line: &FaultLine) -> Injection {
    let fault = |class| Fault::new(class, "", said(class));
    let strike = match line.strikes {
        Strike::Before(class) => Injection::before(&line.action, fault(class)),
        Strike::After(class) => Injection::after(&line.action, fault(class)),
        Strike::Twice => Injection::twice(&line.action),
    };
    strike.skipping(line.nth - 1).times(line.times)
}

/// What a client would see of it.
fn said(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Denied => "You are not authorized to perform this operation",
        FaultClass::Throttled => "Request limit exceeded",
        FaultClass::NotFoundYet | FaultClass::NotFound => "The resource does not exist",
        FaultClass::Conflict => "The resource is in a state that does not allow this",
        FaultClass::Limit => "A quota of the account is used up",
        FaultClass::Network => "AWS was not reached",
        FaultClass::Unknown => "The connection was lost before the answer came",
        FaultClass::Invalid => "The request is not valid",
    }
}

/// Refused as AWS refuses for want of a permission.
fn refusal(denial: &Denial, range: &Range) -> Injection {
    let message = format!("You are not authorized to perform {}", denial.action);
    let code = if denial.action.starts_with("ec2:") { "UnauthorizedOperation" } else { "AccessDenied" };
    let lasting = Injection::before(&denial.action, Fault::new(FaultClass::Denied, code, message)).times(u32::MAX);
    match denial.until {
        Until::Never | Until::Held => lasting,
        Until::After(time) => {
            let end = range.clock().now().saturating_add(time).expect("a script's times are at most a day");
            lasting.until(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Script;

    #[test]
    fn an_attacker_who_comes_too_late_is_named() {
        let script = Script::named("reverts").expect("shipped").expect("sound");
        let range = script.stage(7);
        assert_eq!(script.idle(&range), ["the attacker revert-groups"]);
        crate::run(&range.clock(), range.clock().sleep(script.adversary[0].first));
        assert!(script.idle(&range).is_empty());
    }
}
