//! The range as the engine's cloud and clock, and the configuration of who rehearses on it.

use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use casebook::settings::{Config, ForensicConfig, Policy, SourceConfig};
use engine::{Clock, Cloud};
use jiff::Timestamp;
use range::{Briefing, Range, VirtualClock};

/// A simulated cloud behind the engine's door.
#[derive(Clone, Debug)]
pub struct RangeCloud(pub Range);

impl Cloud for RangeCloud {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        self.0.observe(query).await
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        self.0.perform(effect).await
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.0.rehearse(effect).await
    }
}

/// The range's clock behind the engine's door.
#[derive(Clone, Debug)]
pub struct RangeClock(pub VirtualClock);

impl Clock for RangeClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at).await;
    }
}

/// The configuration that a responder of this scenario would have written.
pub fn config(briefing: &Briefing) -> Config {
    let text = |arn: &Option<casebook::id::Arn>| arn.as_ref().map(ToString::to_string).unwrap_or_default();
    Config {
        source: SourceConfig { share_kms_key_arn: text(&briefing.share_key), ..SourceConfig::default() },
        forensic: ForensicConfig {
            account_id: briefing.forensic_account.to_string(),
            kms_key_arn: briefing.forensic_key.to_string(),
            subnet_id: briefing.forensic_subnet.to_string(),
            ..ForensicConfig::default()
        },
        policy: Policy { quarantine_profile_arn: text(&briefing.quarantine_profile), ..Policy::default() },
    }
}
