//! Scenarios: worlds to rehearse in, each with the finding that starts the case.

mod chance;
mod finding;
mod lone;
mod members;
mod stage;
mod story;
mod variants;
mod web_balancers;
mod web_tier;

use crate::world::World;
use casebook::id::{AccountId, Arn, SubnetId};
use casebook::target::Target;
use serde_json::Value;
use stage::Stage;

/// What a responder knows before the case begins.
#[derive(Clone, Debug)]
pub struct Briefing {
    /// The instance that the finding accuses.
    pub target: Target,
    /// The account under investigation.
    pub source_account: AccountId,
    /// The forensic account.
    pub forensic_account: AccountId,
    /// A key of the source account that the forensic account may use.
    pub share_key: Option<Arn>,
    /// The forensic account's key.
    pub forensic_key: Arn,
    /// The sealed subnet.
    pub forensic_subnet: SubnetId,
    /// A profile that may do nothing, where there is one.
    pub quarantine_profile: Option<Arn>,
    /// The GuardDuty finding, as EventBridge delivers it.
    pub finding: Value,
}

/// A world to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What it is about, in one line.
    pub summary: &'static str,
    build: fn(&mut Stage),
}

const ALL: &[Scenario] = &[
    web_tier::WEB_TIER,
    variants::PREPARED,
    lone::LONE,
    lone::SPOT,
    variants::SHARED_ROLE,
    variants::MARKETPLACE,
    variants::NO_SHARE_KEY,
    variants::OPEN_ENCLAVE,
    variants::BIG_ACCOUNT,
];

impl Scenario {
    /// The scenario of a name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|scenario| scenario.name == name).copied()
    }

    /// A small world that the seed decides: how many interfaces, disks, groups and balancers, which
    /// keys, which role, and what talks to whom.
    pub fn by_chance() -> Self {
        chance::CHANCE
    }

    /// Every scenario's name and line.
    pub fn list() -> Vec<(&'static str, &'static str)> {
        ALL.iter().map(|scenario| (scenario.name, scenario.summary)).collect()
    }

    /// The world and what the responder knows of it.
    pub(crate) fn build(self, seed: u64) -> (World, Briefing) {
        let mut stage = Stage::new(seed);
        (self.build)(&mut stage);
        stage.finish()
    }
}

impl Default for Scenario {
    fn default() -> Self {
        web_tier::WEB_TIER
    }
}
