//! What a response makes of GuardDuty findings: real samples, filled templates, and findings made
//! here field by field.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the samples are files")]

#[path = "findings/broken.rs"]
mod broken;
#[path = "findings/credentials.rs"]
mod credentials;
#[path = "findings/envelopes.rs"]
mod envelopes;
#[path = "findings/samples.rs"]
mod samples;
#[path = "findings/sequences.rs"]
mod sequences;
#[path = "findings/support.rs"]
mod support;
#[path = "findings/types.rs"]
mod types;

use casebook::finding::{Advice, Class, Evidence, ResourceRole, parse};
use serde_json::json;
use support::{ACCOUNT, INSTANCE, advice, finding, only, refusal, sample, template};

#[test]
fn a_real_finding_starts_a_response() {
    let finding = only(&real_portscan());
    assert_eq!(finding.kind, "Recon:EC2/Portscan");
    assert_eq!((finding.account.as_str(), finding.region.as_str()), (ACCOUNT, "us-east-1"));
    assert_eq!((finding.severity, finding.count, finding.archived), (Some(5.0), Some(2), true));
    assert_eq!((finding.class, finding.role), (Class::Compromised, Some(ResourceRole::Actor)));
    assert_eq!(finding.accused[0].evidence, Evidence::InstanceDetails);
    assert_eq!(finding.sightings.addresses[0].to_string(), "198.51.100.0");
    let Advice::Respond { instances, revoke_first, .. } = finding.advice() else { panic!("{finding:?}") };
    assert_eq!((instances.as_slice(), revoke_first), ([INSTANCE.to_owned()].as_slice(), false));
}

/// A sample with account and instance put in and its mark removed.
fn real_portscan() -> String {
    let mut event = sample("Recon-EC2-Portscan.json");
    let detail = &mut event["detail"];
    detail["AccountId"] = json!(ACCOUNT);
    detail["Resource"]["InstanceDetails"]["InstanceId"] = json!(INSTANCE);
    detail["Service"]["AdditionalInfo"]["Value"] = json!("{}");
    event.to_string()
}

#[test]
fn filled_templates_get_the_advice_of_their_type_and_role() {
    let expected = [
        ("ec2-instance-compromise-full", "respond"),
        ("ec2-instance-compromise-short", "respond"),
        ("ec2-brute-force-source", "respond"),
        ("ec2-brute-force-target", "refuse"),
        ("ec2-unprotected-port", "refuse"),
        ("ec2-credential-exfiltration", "ask"),
        ("iam-role-forensics", "ask"),
    ];
    for (name, expected) in expected {
        let advice = only(&template(name)).advice();
        assert_eq!(support::name_of(&advice), expected, "{name}: {advice:?}");
    }
}

#[test]
fn an_unfilled_template_names_the_field() {
    let error = parse(support::raw_template("ec2-unprotected-port").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("`resource.instanceDetails.instanceId`"), "{error}");
    assert!(!error.contains('$'), "{error}");
}

#[test]
fn the_type_decides_and_the_role_only_for_brute_force() {
    for role in ["ACTOR", "TARGET", "SOURCE", ""] {
        let mut scan = finding("Recon:EC2/Portscan");
        scan["service"]["resourceRole"] = json!(role);
        assert!(matches!(advice(&scan), Advice::Respond { .. }), "{role}");
        let mut probe = finding("Recon:EC2/PortProbeUnprotectedPort");
        probe["service"]["resourceRole"] = json!(role);
        assert!(refusal(&probe).contains("close the port"), "{role}");
    }
}

#[test]
fn brute_force_follows_the_role_and_asks_without_one() {
    for (role, expected) in [("ACTOR", "respond"), ("actor", "respond"), ("TARGET", "refuse"), ("OTHER", "ask")] {
        let mut brute = finding("UnauthorizedAccess:EC2/RDPBruteForce");
        brute["service"]["resourceRole"] = json!(role);
        assert_eq!(support::name_of(&advice(&brute)), expected, "{role}");
    }
    let mut target = finding("UnauthorizedAccess:EC2/SSHBruteForce");
    target["service"]["resourceRole"] = json!("TARGET");
    assert!(refusal(&target).contains("the target, not the attacker"));
}

#[test]
fn a_finding_without_an_instance_is_refused_with_the_way_on() {
    for kind in ["Backdoor:EC2/Spambot", "Behavior:EC2/TrafficVolumeUnusual", "Novel:EC2/Thing"] {
        let mut bare = finding(kind);
        bare["resource"] = json!({"resourceType": "Instance"});
        assert!(refusal(&bare).contains("impound respond INSTANCE_ID"), "{kind}");
    }
}

#[test]
fn an_unknown_type_with_an_instance_asks_and_says_how_to_go_on() {
    let Advice::AskAPerson { instances, why } = advice(&finding("Novel:EC2/NeverSeenBefore")) else {
        panic!("not asked");
    };
    assert_eq!(instances, [INSTANCE]);
    assert!(why.contains("does not know") && why.contains("--through"), "{why}");
}

#[test]
fn a_finding_about_something_else_is_refused() {
    let mut bucket = finding("Discovery:S3/MaliciousIPCaller");
    bucket["resource"] = json!({"resourceType": "S3Bucket", "s3BucketDetails": [{"name": "b"}]});
    assert!(refusal(&bucket).contains("no EC2 instance"));
}

#[test]
fn a_runtime_finding_on_an_instance_responds_and_on_a_cluster_asks() {
    let on = |kind: &str, details: &str| {
        let mut runtime = finding("Execution:Runtime/ReverseShell");
        runtime["resource"]["resourceType"] = json!(kind);
        runtime["resource"][details] = json!({"name": "prod"});
        runtime
    };
    let instance = finding("Execution:Runtime/ReverseShell");
    assert!(matches!(advice(&instance), Advice::Respond { .. }));
    assert!(matches!(advice(&on("Container", "containerDetails")), Advice::Respond { .. }));
    for (kind, details, shown) in [
        ("EKSCluster", "eksClusterDetails", "EKS cluster prod"),
        ("ECSCluster", "ecsClusterDetails", "ECS cluster prod"),
    ] {
        let node = on(kind, details);
        let Advice::AskAPerson { why, .. } = advice(&node) else { panic!("{kind} not asked") };
        assert!(why.contains(shown) && why.contains("not supported"), "{why}");
        let mut fargate = node;
        fargate["resource"]["instanceDetails"] = json!(null);
        assert!(refusal(&fargate).contains("Fargate"), "{kind}");
    }
}

#[test]
fn of_several_updates_the_newest_counts_and_other_findings_stay() {
    let at = |time: &str, count: u64, id: &str| {
        let mut update = finding("Backdoor:EC2/Spambot");
        update["updatedAt"] = json!(time);
        update["service"]["count"] = json!(count);
        update["id"] = json!(id);
        update
    };
    let updates = json!([
        at("2026-01-01T00:00:00.000Z", 1, "a"),
        at("2026-01-03T00:00:00.000Z", 3, "a"),
        at("2026-01-02T00:00:00.000Z", 2, "a"),
        at("2026-01-01T00:00:00.000Z", 9, "b"),
    ]);
    let findings = parse(updates.to_string().as_bytes()).unwrap();
    let counts: Vec<_> = findings.iter().map(|finding| (finding.id.as_str(), finding.count)).collect();
    assert_eq!(counts, [("a", Some(3)), ("b", Some(9))]);
}

#[test]
fn text_that_could_move_a_cursor_is_replaced() {
    let mut hostile = finding("Execution:Runtime/SuspiciousCommand");
    hostile["title"] = json!("run \u{1b}[2J/tmp/\u{202e}x\nnext");
    let title = only(&hostile.to_string()).title;
    assert!(!title.contains(['\u{1b}', '\u{202e}', '\n']), "{title:?}");
}

#[test]
fn account_region_and_partition_come_from_the_finding_the_arn_or_the_event() {
    let mut bare = finding("Backdoor:EC2/Spambot");
    for name in ["accountId", "region", "partition"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    let event = json!({"detail-type": "GuardDuty Finding", "source": "aws.guardduty",
        "account": ACCOUNT, "region": "cn-north-1", "detail": bare});
    let from_event = only(&event.to_string());
    assert_eq!((from_event.account.as_str(), from_event.region.as_str()), (ACCOUNT, "cn-north-1"));
    assert_eq!(from_event.partition, "aws-cn");
    bare["arn"] = json!(format!("arn:aws-us-gov:guardduty:us-gov-west-1:{ACCOUNT}:detector/d/finding/f"));
    let from_arn = only(&bare.to_string());
    assert_eq!((from_arn.region.as_str(), from_arn.partition.as_str()), ("us-gov-west-1", "aws-us-gov"));
    assert_eq!(from_arn.accused[0].region, "us-gov-west-1");
}
