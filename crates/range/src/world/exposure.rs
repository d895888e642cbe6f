//! How open an instance stands, as the world knows it and no reading shows it.

use super::World;
use super::flows::Flow;
use super::identity::Session;
use casebook::id::{InstanceId, InterfaceId, SubnetId};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Through what something new could reach an instance or leave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Its interfaces in a group that has a rule.
    pub interfaces: BTreeSet<InterfaceId>,
    /// The subnets of its interfaces whose ACL lets anything through.
    pub subnets: BTreeSet<SubnetId>,
}

impl Exposure {
    /// Whether something is open here that was not open there.
    pub fn exceeds(&self, other: &Self) -> bool {
        !self.interfaces.is_subset(&other.interfaces) || !self.subnets.is_subset(&other.subnets)
    }
}

impl World {
    /// How open an instance stands now.
    pub fn exposure(&self, instance: &InstanceId) -> Exposure {
        let mut exposure = Exposure::default();
        for card in self.cards_of(instance).into_iter().map(|card| &card.shown) {
            if !self.rules_of(&card.groups).is_empty() {
                exposure.interfaces.insert(card.id.clone());
            }
            if self.acl_of(&card.subnet).is_none_or(|acl| acl.entries.iter().any(|entry| entry.allow)) {
                exposure.subnets.insert(card.subnet.clone());
            }
        }
        exposure
    }

    /// The conversations of an instance that are alive, as they were last settled.
    pub fn living_flows(&self, instance: &InstanceId) -> Vec<&Flow> {
        let cards: BTreeSet<InterfaceId> =
            self.cards_of(instance).into_iter().map(|card| card.shown.id.clone()).collect();
        let flows = self.network.flows.iter();
        flows.filter(|flow| flow.alive() && cards.contains(&flow.plan.interface)).collect()
    }

    /// The sessions given to an instance that can still do anything.
    pub fn working_sessions(&self, instance: &InstanceId) -> Vec<&Session> {
        let given = self.identity.sessions.iter().filter(|session| session.instance.as_ref() == Some(instance));
        given.filter(|session| self.credentials_work(session)).collect()
    }

    /// The sessions of other roles that were obtained with a session, and can still do anything.
    pub fn onward_sessions(&self) -> Vec<&Session> {
        let onward = self.identity.sessions.iter().filter(|session| session.instance.is_none());
        onward.filter(|session| self.credentials_work(session)).collect()
    }

    /// Whether somebody other than the responder has changed something since a while ago.
    pub fn disturbed_within(&self, while_ago: SignedDuration) -> bool {
        let since = self.now.saturating_sub(while_ago).expect("a signed duration always fits");
        let recent = self.records.trail.iter().rev().take_while(|event| event.at >= since);
        let reads = |name: &str| ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb));
        recent.filter(|event| event.error.is_none() && !reads(&event.name)).count() > 0
    }
}
