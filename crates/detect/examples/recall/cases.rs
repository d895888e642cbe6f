//! The tests that concern instances, sessions, logging and snapshots, each with its label and what we said of it.

use detect::alert::Alert;
use detect::rules::Level;
use std::collections::BTreeSet;
use std::fmt;

/// The services whose calls concern us: of instances, of sessions, of logging, and of snapshots.
const SERVICES: [&str; 15] = [
    "autoscaling",
    "ec2",
    "ec2-instance-connect",
    "ssm",
    "iam",
    "signin",
    "sts",
    "cloudtrail",
    "config",
    "events",
    "guardduty",
    "logs",
    "monitoring",
    "securityhub",
    "ebs",
];

/// Whether a call concerns us; copies of disks do whatever service makes them.
pub fn concerns(source: &str, name: &str) -> bool {
    let service = source.split('.').next().unwrap_or_default();
    SERVICES.contains(&service) || name.contains("Snapshot")
}

/// A test, and what we said of it.
pub struct Case {
    name: String,
    expected: bool,
    got: Option<Level>,
    rules: BTreeSet<String>,
}

impl Case {
    /// The case of that name and label.
    pub fn of(name: String, expected: bool, alerts: &[Alert]) -> Self {
        let signs = alerts.iter().flat_map(|alert| &alert.signs);
        let rules = signs.map(|sign| format!("{} ({})", sign.rule.title, sign.rule.level.as_str())).collect();
        Self { name, expected, got: alerts.iter().map(|alert| alert.level).max(), rules }
    }

    /// Its label, our level, its name.
    pub fn without_rules(&self) -> String {
        let expected = if self.expected { "attack" } else { "innocent" };
        format!("{expected:8} {:13} {}", self.got.map_or("nothing", Level::as_str), self.name)
    }

    /// An attack of which nobody is told, or an alert about what is innocent.
    pub fn differs(&self) -> bool {
        self.expected != (self.got >= Some(Level::Medium))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
        write!(f, "{}: {}", self.without_rules(), if rules.is_empty() { "no rule" } else { &rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_about_instances_sessions_logging_and_snapshots_concern_us() {
        assert!(concerns("ec2.amazonaws.com", "RunInstances") && concerns("rds.amazonaws.com", "CopyDBSnapshot"));
        assert!(!concerns("s3.amazonaws.com", "PutBucketAcl"));
    }

    #[test]
    fn an_attack_of_which_nobody_is_told_and_an_innocent_that_speaks_differ() {
        let case = |expected, got| Case { name: "a".into(), expected, got, rules: BTreeSet::new() };
        assert!(case(true, None).differs() && case(true, Some(Level::Low)).differs());
        assert!(case(false, Some(Level::Medium)).differs());
        assert!(!case(true, Some(Level::High)).differs() && !case(false, Some(Level::Low)).differs());
        assert_eq!(case(true, None).to_string(), "attack   nothing       a: no rule");
    }
}
