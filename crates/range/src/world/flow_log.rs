//! What flow logs see. They do not see traffic with Amazon's resolver, the metadata service or the
//! time service, so that nothing seen is no proof
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html>).

use super::World;
use super::flows::{Flow, Path};
use casebook::scene::network::Interface;

impl World {
    /// The conversations, ended ones too, that some flow log has records of.
    pub fn logged_flows(&mut self) -> Vec<Flow> {
        self.settle();
        let seen = |flow: &&Flow| {
            let card = self.network.interfaces.get(&flow.plan.interface).map(|card| &card.shown);
            flow.plan.path != Path::AmazonService && card.is_some_and(|card| self.watched(card))
        };
        self.network.flows.iter().filter(seen).cloned().collect()
    }

    fn watched(&self, card: &Interface) -> bool {
        let around = [card.id.as_str(), card.subnet.as_str(), card.vpc.as_str()];
        self.records.flow_logs.iter().any(|(id, _)| around.contains(&id.as_str()))
    }
}
