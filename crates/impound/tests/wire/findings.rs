//! GuardDuty findings start the job: made from real ones, with account and instance of the world.

use crate::harness::{Incident, Variant};
use serde_json::{Value, json};
use std::path::Path;

/// A finding as it was received, kept with the tests of `casebook`.
fn real(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../casebook/tests/findings/samples");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// The same about the world's instance, without the mark of a sample.
pub fn about(incident: &Incident, name: &str) -> Value {
    let mut event = real(name);
    let detail = &mut event["detail"];
    detail["AccountId"] = json!(incident.world.text("/source/account"));
    detail["Region"] = json!(incident.world.text("/region"));
    detail["Resource"]["InstanceDetails"]["InstanceId"] = json!(incident.instance());
    detail["Service"]["AdditionalInfo"] = json!({"Value": "{}", "Type": "default"});
    event
}

/// Stolen credentials of the instance's role in use elsewhere, as GuardDuty describes it
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html>).
fn exfiltration(incident: &Incident) -> Value {
    let (account, instance) = (incident.world.text("/source/account"), incident.instance());
    json!({
        "schemaVersion": "2.0", "accountId": account, "region": incident.world.text("/region"), "partition": "aws",
        "id": "6e4632e9929d47c393f3622da097fe9a", "severity": 8, "title": "Credentials are used from outside.",
        "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "ASIAEXAMPLEEXAMPLE00", "principalId": format!("AROAEXAMPLEEXAMPLE00:{instance}"),
                "userType": "AssumedRole", "userName": "web-server"
            }
        },
        "service": {"serviceName": "guardduty", "archived": false, "count": 1, "additionalInfo": {}}
    })
}

/// An attack sequence over several instances, as GuardDuty describes it
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-attack-sequence-finding-types.html>).
fn sequence(incident: &Incident, instances: &[&str]) -> Value {
    let (account, region) = (incident.world.text("/source/account"), incident.world.text("/region"));
    let arn = |instance: &&str| format!("arn:aws:ec2:{region}:{account}:instance/{instance}");
    let resources: Vec<_> =
        instances.iter().map(|instance| json!({"resourceType": "EC2_INSTANCE", "uid": arn(instance)})).collect();
    json!({
        "schemaVersion": "2.0", "accountId": account, "region": region, "partition": "aws",
        "id": "6e4632e9929d47c393f3622da097fe9a", "severity": 9, "title": "Several instances act as one.",
        "type": "AttackSequence:EC2/CompromisedInstanceGroup",
        "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        "resource": {"resourceType": "AttackSequence"},
        "service": {"serviceName": "guardduty", "archived": false, "count": 1, "additionalInfo": {},
                    "detection": {"sequence": {"uid": "s", "description": "d", "signals": [], "resources": resources}}}
    })
}

#[test]
fn a_finding_that_names_two_instances_opens_one_case_each() {
    let incident = Incident::new();
    let both = [incident.instance(), incident.world.text("/source/bystander")];
    let file = incident.home.write("finding.json", &sequence(&incident, &both).to_string());
    let end = incident.home.run(&["respond", "--finding", &file, "--through", "contain"]).ends_with(0);
    let documents: Vec<Value> =
        serde_json::Deserializer::from_str(&end.stdout).into_iter().collect::<Result<_, _>>().unwrap();
    let targets: Vec<_> = documents.iter().map(|case| case["target"]["instance"].as_str().unwrap()).collect();
    assert_eq!(targets, both);
    let mut cases: Vec<_> = documents.iter().map(|case| case["case"].as_str().unwrap().to_owned()).collect();
    cases.sort();
    assert_eq!(ledger::Shelf::at(incident.home.state()).cases().unwrap(), cases);
    for (instance, case) in both.iter().zip(&documents) {
        assert_eq!(case["verdict"]["network"], "new-flows-blocked", "{instance}");
        assert_eq!(case["verdict"]["credentials"], "revoked", "{instance}");
        let photo = incident.server.photo(instance);
        assert_eq!(photo["target"]["tags"]["impound:case"], case["case"], "{instance}");
        for interface in photo["target"]["interfaces"].as_object().unwrap().values() {
            let [group] = interface["groups"].as_array().unwrap().as_slice() else { panic!("{interface}") };
            assert_eq!(photo["around"]["groups"][group.as_str().unwrap()]["rules"], json!([]), "{instance}");
        }
    }
}

#[test]
fn a_finding_made_from_a_real_one_ends_in_custody() {
    let incident = Incident::new();
    let file = incident.home.write("finding.json", &about(&incident, "Recon-EC2-Portscan.json").to_string());
    let end = incident.home.run(&["respond", "--finding", &file]).ends_with(0);
    assert_eq!(end.text("/status"), "done");
    assert_eq!(end.text("/target/instance"), incident.instance());
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    let copies = end.evidence("snapshot", "222222222222");
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy["state"] == "verified" && copy["locked"] == true), "{copies:#?}");
    let report = incident.home.run(&["report", &end.case(), "--format", "md"]).ends_with(0);
    assert!(report.stdout.contains("Recon:EC2/Portscan"), "the report names the finding");
}

#[test]
fn the_untouched_sample_is_refused_and_changes_nothing() {
    let incident = Incident::new();
    let file = incident.home.write("finding.json", &real("Recon-EC2-Portscan.json").to_string());
    let end = incident.home.run(&["respond", "--finding", &file]).fails_with(5, &["sample"]);
    assert_eq!(end.text("/status"), "refused");
    assert_eq!(incident.calls().attempts().len(), 0);
}

#[test]
fn a_probe_of_an_open_port_is_refused() {
    let incident = Incident::new();
    let finding = about(&incident, "Recon-EC2-PortProbeUnprotectedPort.json");
    let file = incident.home.write("finding.json", &finding.to_string());
    let end = incident.home.run(&["respond", "--finding", &file]).fails_with(5, &["close the port"]);
    assert_eq!(end.text("/status"), "refused");
    assert_eq!(incident.calls().attempts().len(), 0);
}

#[test]
fn a_finding_of_another_account_is_usage() {
    let incident = Incident::new();
    let mut finding = about(&incident, "Recon-EC2-Portscan.json");
    finding["detail"]["AccountId"] = json!("333333333333");
    let file = incident.home.write("finding.json", &finding.to_string());
    incident.home.run(&["respond", "--finding", &file]).fails_with(2, &["333333333333", "111111111111"]);
    assert_eq!(incident.calls().attempts().len(), 0);
}

#[test]
fn stolen_credentials_are_denied_before_the_network_is_cut() {
    // The network could be cut at once here, because there is a group for it already.
    let incident = Incident::of(Variant::ExistingGroup);
    let file = incident.home.write("finding.json", &exfiltration(&incident).to_string());
    let end = incident.home.run(&["respond", "--finding", &file, "--through", "contain"]).ends_with(0);
    assert_eq!(end.text("/verdict/credentials"), "revoked");
    let calls = incident.calls().changes();
    assert!(calls.of("PutRolePolicy").last() < calls.of("ModifyNetworkInterfaceAttribute").first());
}

#[test]
fn the_same_finding_again_adopts_the_open_case() {
    let incident = Incident::new();
    let file = incident.home.write("finding.json", &about(&incident, "Recon-EC2-Portscan.json").to_string());
    let line = ["respond", "--finding", &file, "--through", "contain"];
    let first = incident.home.run(&line).ends_with(0);
    let mark = incident.mark();
    let second = incident.home.run(&line).ends_with(0);
    assert_eq!(second.case(), first.case());
    assert_eq!(incident.only_case(), first.case());
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
}
