//! What the doctor says of surroundings that are not as they should be.

use crate::field::Field;
use casebook::effect::Effect;
use casebook::fault::{Fault, FaultClass};
use casebook::query::{ForensicQuery, Query};
use casebook::reading::{Answer, Made, Reading};
use casebook::scene::storage::Key;
use engine::Cloud;
use impound::doctor::{Finding, Health, examine};
use impound::exit::Exit;
use impound::failure::Failure;
use range::Range;

/// A range on which one question is answered otherwise.
struct Odd<F>(Range, F);

impl<F: Fn(&Query) -> Option<Result<Reading, Fault>>> Cloud for Odd<F> {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        match (self.1)(query) {
            Some(value) => Answer { value, calls: Vec::new(), raw: Vec::new() },
            None => self.0.observe(query).await,
        }
    }

    async fn perform(&self, _: &Effect) -> Answer<Made> {
        panic!("the doctor changes nothing")
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.0.rehearse(effect).await
    }
}

fn doctor(field: &Field, odd: impl Fn(&Query) -> Option<Result<Reading, Fault>>) -> Result<Vec<Finding>, Failure> {
    let (cloud, target) = (Odd(field.cloud(), odd), field.range.target());
    range::run(&field.range.clock(), examine(&cloud, &field.config, &target.region, Some(&target.instance)))
}

fn health(findings: &[Finding], what: &str) -> Vec<Health> {
    findings.iter().filter(|finding| finding.what == what).map(|finding| finding.health).collect()
}

#[test]
fn an_endpoint_that_is_not_reached_is_code_6() {
    let dead = |_: &Query| Some(Err(Fault::new(FaultClass::Network, "Connect", "connection refused")));
    let failure = doctor(&Field::new(), dead).expect_err("unreachable");
    assert_eq!(failure.exit, Exit::Unreachable);
    assert!(failure.what.contains("connection refused"), "{}", failure.what);
}

#[test]
fn a_forensic_key_of_another_account_would_hold_a_run() {
    let mut field = Field::new();
    assert_eq!(health(&doctor(&field, |_| None).expect("examined"), "forensic key"), [Health::Ok]);
    let arn = "arn:aws:kms:us-east-1:333333333333:key/00000000-0000-0000-0000-000000000001";
    field.config.forensic.kms_key_arn = arn.to_owned();
    let foreign = |query: &Query| match query {
        Query::Forensic(ForensicQuery::Key(key)) => {
            let key = Key { arn: key.clone(), enabled: true, aws_managed: false, state: "Enabled".into() };
            Some(Ok(Reading::Key(key)))
        }
        _ => None,
    };
    let findings = doctor(&field, foreign).expect("examined");
    assert_eq!(health(&findings, "forensic key"), [Health::Fail]);
    let why = findings.iter().find(|finding| finding.what == "forensic key").map(|finding| &finding.detail);
    assert!(why.is_some_and(|why| why.contains("333333333333") && why.contains("222222222222")), "{why:?}");
}

#[test]
fn what_a_run_does_later_is_rehearsed_too_and_what_can_not_be_is_named() {
    let findings = doctor(&Field::new(), |_| None).expect("examined");
    let later = [
        "ec2:LockSnapshot",
        "ec2:ModifySnapshotAttribute",
        "ec2:ModifyImageAttribute",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:TerminateInstances",
    ];
    for action in later {
        let found = health(&findings, action);
        assert!(!found.is_empty() && found.iter().all(|health| *health == Health::Ok), "{action}: {found:?}");
    }
    let line = findings.iter().find(|finding| finding.detail.starts_with("can not be rehearsed: "));
    let line = &line.expect("the line").detail;
    for action in ["autoscaling:DetachInstances", "elasticloadbalancing:DeregisterTargets", "iam:PutRolePolicy"] {
        assert!(line.contains(action), "{line}");
    }
}
