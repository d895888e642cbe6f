//! The configuration of who rehearses on the range.

use casebook::settings::{Config, ForensicConfig, Policy, SourceConfig};
use range::Briefing;

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
