//! Automations of the account that come by every so often and put the world in their order:
//! janitors that delete what they take for waste, and deployments that put back what they
//! describe. They act as administrators: protections and the organisation's policy bind them.

use crate::world::World;
use crate::world::time::Event;
use casebook::id::{Arn, GroupId, InstanceId, InterfaceId, SnapshotId};
use casebook::scene::instance::{InstanceState, Tags};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// What an automation is after.
#[derive(Clone, Debug)]
pub enum Automation {
    /// Terminates running instances that carry a tag, such as one that says quarantined.
    ReapTagged(String),
    /// Terminates running instances that lack a tag.
    ReapUntagged(String),
    /// Deletes snapshots without any tag.
    SweepSnapshots,
    /// Puts an instance back to what was written down about it: infrastructure as code, a
    /// colleague's script.
    Restore(Blueprint),
}

/// How an instance is described where its deployment is kept.
#[derive(Clone, Debug)]
pub struct Blueprint {
    instance: InstanceId,
    tags: Tags,
    profile: Option<Arn>,
    groups: BTreeMap<InterfaceId, Vec<GroupId>>,
}

/// An automation on its rounds.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    who: String,
    every: SignedDuration,
    automation: Automation,
}

impl World {
    /// How an instance is now, to be put back later.
    pub fn blueprint(&self, instance: &InstanceId) -> Option<Blueprint> {
        let machine = self.compute.instances.get(instance)?;
        let cards = self.cards_of(instance).into_iter();
        Some(Blueprint {
            instance: instance.clone(),
            tags: machine.shown.tags.clone(),
            profile: self.association_of(instance).map(|held| held.profile.clone()),
            groups: cards.map(|card| (card.shown.id.clone(), card.shown.groups.clone())).collect(),
        })
    }

    /// Sends an automation on its rounds, under a user name of CloudTrail; the first comes after
    /// one period.
    pub fn automate(&mut self, who: &str, every: SignedDuration, automation: Automation) {
        let every = every.max(SignedDuration::from_secs(1));
        self.automations.push(Rounds { who: who.to_owned(), every, automation });
        self.schedule(every, Event::Automation(self.automations.len() - 1));
    }

    pub(crate) fn automation_comes(&mut self, index: usize) {
        let Some(rounds) = self.automations.get(index).cloned() else { return };
        match &rounds.automation {
            Automation::ReapTagged(key) => self.reap(&rounds.who, |tags| tags.contains_key(key)),
            Automation::ReapUntagged(key) => self.reap(&rounds.who, |tags| !tags.contains_key(key)),
            Automation::SweepSnapshots => self.sweep(&rounds.who),
            Automation::Restore(blueprint) => self.restore(&rounds.who, blueprint),
        }
        self.schedule(rounds.every, Event::Automation(index));
    }

    fn reap(&mut self, who: &str, waste: impl Fn(&Tags) -> bool) {
        let own = self.compute.instances.values().filter(|machine| machine.owner == self.place.source);
        let running = own.filter(|machine| machine.shown.state == InstanceState::Running);
        let found: Vec<InstanceId> =
            running.filter(|m| waste(&m.shown.tags)).map(|machine| machine.shown.id.clone()).collect();
        for id in found {
            let _refused = self.administrator(who).terminate(&id);
        }
    }

    fn sweep(&mut self, who: &str) {
        let own = self.storage.snapshots.values().filter(|held| held.shown.owner == self.place.source);
        let found: Vec<SnapshotId> =
            own.filter(|held| held.shown.tags.is_empty()).map(|held| held.shown.id.clone()).collect();
        for id in found {
            let _refused = self.administrator(who).delete_snapshot(&id);
        }
    }

    /// Tags that the blueprint does not have are taken off, AWS's own excepted.
    fn restore(&mut self, who: &str, blueprint: &Blueprint) {
        let id = &blueprint.instance;
        let Some(machine) = self.compute.instances.get(id) else { return };
        if machine.shown.state != InstanceState::Running {
            return;
        }
        let strange =
            machine.shown.tags.keys().filter(|key| !key.starts_with("aws:") && !blueprint.tags.contains_key(*key));
        let strange: Vec<String> = strange.cloned().collect();
        if !strange.is_empty() {
            let _refused = self.administrator(who).strip_tags(id.as_str(), &strange);
        }
        if let Some(profile) = &blueprint.profile {
            let _refused = self.administrator(who).associate_profile(id, profile);
        }
        for (interface, groups) in &blueprint.groups {
            let differs = self.network.interfaces.get(interface).is_some_and(|card| card.shown.groups != *groups);
            if differs {
                let _refused = self.administrator(who).set_interface_groups(interface, groups);
            }
        }
    }
}
