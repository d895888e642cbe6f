//! What became of the disks: snapshots, image, shares, copies, rebuilt volumes.

use crate::complete::{Job, job};
use crate::harness::{Call, Incident, Variant};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SOURCE: &str = "111111111111";
const FORENSIC: &str = "222222222222";

fn by(account: &'static str) -> impl Fn(&Call) -> bool {
    move |call| call.account.as_deref() == Some(account)
}

fn rows(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().unwrap().iter().collect()
}

#[test]
fn one_set_of_snapshots_is_tagged_in_the_call_and_locked() {
    let Job { incident, calls, after, .. } = job();
    let made = calls.of("CreateSnapshots");
    assert_eq!((made.len(), calls.of("CreateSnapshot").len()), (1, 0));
    assert!(made.0[0].names("impound:case") && made.0[0].names("whole"), "{:?}", made.0[0].params);
    assert!(
        made.last() < calls.of("ModifyNetworkInterfaceAttribute").first(),
        "the point in time comes before isolation"
    );
    let set = originals(after);
    let volumes: Vec<_> = set.keys().cloned().collect();
    assert_eq!(volumes, incident.world.volumes());
    for (id, snapshot) in set.values() {
        assert_eq!(snapshot["state"], "completed");
        assert_eq!(snapshot["lock"], serde_json::json!(["governance"]), "{id}");
        assert_eq!(calls.of("LockSnapshot").naming(id).len(), 1);
    }
}

/// The snapshots of the set by volume.
fn originals(photo: &Value) -> BTreeMap<String, (String, Value)> {
    let ours = rows(&photo["evidence"]["source"]["snapshots"]).into_iter();
    let set = ours.filter(|(_, row)| row["tags"]["impound:step"] == "snapshot");
    set.map(|(id, row)| (row["volume"].as_str().unwrap().to_owned(), (id.clone(), row.clone()))).collect()
}

#[test]
fn only_the_disk_that_the_forensic_account_can_not_read_is_copied_under_the_share_key() {
    let Job { incident, calls, after, .. } = job();
    let barred = &originals(after)[incident.world.text("/source/volumes/default_key")].0;
    let copies = calls.of("CopySnapshot").filter(by(SOURCE));
    assert_eq!(copies.len(), 1);
    assert_eq!(copies.0[0].param("SourceSnapshotId"), *barred);
    assert_eq!(copies.0[0].param("KmsKeyId"), incident.world.text("/source/share_key"));
    assert!(copies.0[0].names("impound:case"), "tagged in the call: {:?}", copies.0[0].params);
}

#[test]
fn what_is_shared_is_shared_with_the_forensic_account_alone() {
    let Job { incident, after, .. } = job();
    let originals = originals(after);
    let barred = &originals[incident.world.text("/source/volumes/default_key")].0;
    let mut shared = Vec::new();
    for (id, row) in rows(&after["evidence"]["source"]["snapshots"]) {
        let with: Vec<_> = row["shared"].as_array().unwrap().iter().map(|to| to.as_str().unwrap()).collect();
        assert!(with.is_empty() || with == [FORENSIC], "{id}: {with:?}");
        if !with.is_empty() {
            shared.push(id);
        }
    }
    assert!(!shared.contains(&barred), "{barred} is under aws/ebs");
    assert_eq!(originals.values().filter(|(id, _)| shared.contains(&id)).count(), 2);
    let images = rows(&after["evidence"]["source"]["images"]);
    let with: Vec<_> = images.iter().filter(|(_, row)| row["shared"] == serde_json::json!([FORENSIC])).collect();
    assert_eq!(with.len(), 1, "the copy under the share key, and not the image with a disk under aws/ebs");
    assert!(images.iter().all(|(_, row)| row["public"] == false && row["shared"].as_array().unwrap().len() < 2));
}

#[test]
fn the_copies_are_under_the_forensic_key_locked_and_proved_equal() {
    let Job { incident, after, second, calls, .. } = job();
    let copies = rows(&after["evidence"]["forensic"]["snapshots"]);
    for (id, row) in &copies {
        assert_eq!(row["key"], incident.world.text("/forensic/kms_key"), "{id}");
        assert_eq!(row["shared"], serde_json::json!([]), "{id}");
        assert_eq!(row["tags"]["impound:case"], "whole", "{id}");
    }
    let items = second.evidence("snapshot", FORENSIC);
    assert_eq!(items.len(), 3, "{items:#?}");
    for item in &items {
        assert_eq!((&item["state"], &item["locked"]), (&Value::from("verified"), &Value::from(true)), "{item:#}");
        let source = second.list("/evidence").iter().find(|other| other["id"] == item["source"]).unwrap();
        assert_eq!(item["sha256"], source["sha256"], "{item:#}");
        assert_eq!(item["sha256"].as_str().unwrap().len(), 64);
        let tags = &after["evidence"]["forensic"]["snapshots"][item["id"].as_str().unwrap()]["tags"];
        assert_eq!(tags["impound:ledger"].as_str().unwrap().len(), 64, "{tags}");
    }
    assert_eq!(calls.of("CopySnapshot").filter(by(FORENSIC)).len(), 3);
}

#[test]
fn every_copy_comes_from_a_disk_of_the_instance() {
    let Job { incident, second, .. } = job();
    let lineage = incident.server.control("lineage", &serde_json::json!({}));
    let origin = |id: &str| lineage[id]["origin"].as_str().unwrap().to_owned();
    let copies = second.evidence("snapshot", FORENSIC);
    let of_copies: BTreeSet<_> = copies.iter().map(|item| origin(item["id"].as_str().unwrap())).collect();
    let of_disks: BTreeSet<_> = incident.world.volumes().iter().map(|id| origin(id)).collect();
    assert_eq!(of_copies, of_disks);
    assert_eq!(of_disks.len(), 3);
}

#[test]
fn every_copy_is_a_volume_in_the_sealed_zone_and_nothing_runs() {
    let Job { incident, after, second, calls, .. } = job();
    let copies: Vec<_> = second.evidence("snapshot", FORENSIC);
    let volumes = rows(&after["evidence"]["forensic"]["volumes"]);
    assert_eq!(volumes.len(), copies.len());
    for (id, row) in volumes {
        assert_eq!(row["zone"], incident.world.text("/forensic/zone"), "{id}");
        assert_eq!(row["key"], incident.world.text("/forensic/kms_key"), "{id}");
        assert!(copies.iter().any(|copy| copy["id"] == row["snapshot"]), "{id}: {row}");
    }
    assert_eq!(calls.of("RunInstances").len(), 0, "the gate boot-image is closed");
}

#[test]
fn without_a_share_key_it_holds_at_share_and_goes_on_when_one_is_set() {
    let incident = Incident::of(Variant::NoShareKey);
    let held = incident.respond(&[]).fails_with(4, &["share_kms_key_arn"]);
    assert_eq!(held.text("/status"), "held");
    assert_eq!(held.step("share"), "failed");
    assert_eq!(held.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(held.text("/verdict/credentials"), "revoked");
    for done in ["tag", "protect", "isolate", "detach", "deregister", "revoke", "snapshot"] {
        assert_eq!(held.step(done), "done", "{done}");
    }
    let custody = |calls: crate::harness::Calls| calls.attempts().filter(by(FORENSIC)).len();
    assert_eq!(custody(incident.calls()), 0, "nothing half is taken over");
    let key = incident.world.text("/source/customer_key").to_owned();
    incident.configure(|settings| settings.share_key = key);
    let done = incident.home.run(&["resume", &held.case()]).ends_with(0);
    assert_eq!(done.evidence("snapshot", FORENSIC).len(), 3);
    assert!(done.evidence("snapshot", FORENSIC).iter().all(|item| item["state"] == "verified"));
    assert_eq!(incident.calls().of("CreateSnapshots").len(), 1);
}

#[test]
fn an_open_subnet_gets_volumes_and_no_instance_whatever_is_approved() {
    for (open, word) in [("route", "route"), ("dns", "DNS"), ("endpoint", "endpoint")] {
        let incident = Incident::new();
        let subnet = incident.world.text(&format!("/forensic/unsealed_subnets/{open}")).to_owned();
        incident.configure(|settings| settings.forensic.subnet = subnet);
        let end = incident.respond(&["--approve", "boot-image"]).ends_with(0);
        assert_eq!(incident.calls().of("RunInstances").len(), 0, "{open}");
        assert_eq!(rows(&incident.photo()["evidence"]["forensic"]["volumes"]).len(), 3, "{open}");
        let steps = end.list("/steps");
        let rebuild = steps.iter().find(|step| step["step"] == "rebuild").unwrap();
        let warnings = rebuild["warnings"].to_string();
        assert!(warnings.contains(word), "{open}: {warnings}");
    }
}

#[test]
fn a_sealed_subnet_gets_an_instance_behind_the_gate() {
    let incident = Incident::new();
    let end = incident.respond(&["--approve", "boot-image"]).ends_with(0);
    let calls = incident.calls();
    let run = calls.of("RunInstances").filter(by(FORENSIC));
    assert_eq!(run.len(), 1);
    assert!(run.0[0].names(incident.world.text("/forensic/sealed_subnet")), "{:?}", run.0[0].params);
    assert_eq!(run.0[0].param("MetadataOptions.HttpEndpoint"), "disabled");
    assert_eq!(run.0[0].param("UserData"), "");
    assert_eq!(end.evidence("instance", FORENSIC).len(), 1);
    assert_eq!(end.step("rebuild"), "done");
}

#[test]
fn a_copy_with_one_block_changed_is_found_and_the_original_stays() {
    let incident = Incident::new();
    incident.server.control("deny", &serde_json::json!({"account": FORENSIC, "actions": ["ebs:ListSnapshotBlocks"]}));
    let unread = incident.respond(&[]).fails_with(4, &["ebs:ListSnapshotBlocks"]);
    let altered = unread.evidence("snapshot", FORENSIC)[0]["id"].as_str().unwrap().to_owned();
    incident.server.control("corrupt", &serde_json::json!({"snapshot": altered}));
    incident.server.control("clear", &serde_json::json!({"what": "denials"}));
    let line = ["resume", &unread.case(), "--through", "eradicate"];
    let held = incident.home.run(&line).fails_with(4, &[&altered, "differs from its source"]);
    assert_eq!(held.step("copy"), "failed");
    let copies = held.evidence("snapshot", FORENSIC);
    let verified: Vec<_> = copies.iter().filter(|copy| copy["state"] == "verified").map(|copy| &copy["id"]).collect();
    assert_eq!(verified.len(), 2, "{copies:#?}");
    assert!(!verified.contains(&&Value::from(altered)), "{copies:#?}");
    incident.home.run(&["approve", &held.case(), "terminate"]).fails_with(2, &["terminate"]);
    incident.home.run(&line).ends_with(4);
    assert_eq!(incident.calls().of("TerminateInstances").len(), 0);
    assert_eq!(incident.photo()["state"], "running");
}

#[test]
fn verify_names_a_copy_that_is_gone() {
    let incident = Incident::new();
    let end = incident.respond(&[]).ends_with(0);
    let gone = end.evidence("snapshot", FORENSIC)[0]["id"].as_str().unwrap().to_owned();
    incident.home.run(&["verify", &end.case()]).ends_with(0);
    incident.server.control("destroy", &serde_json::json!({"snapshot": gone}));
    let verified = incident.home.run(&["verify", &end.case()]).fails_with(7, &[&gone]);
    assert_eq!(verified.text("/status"), "unverified");
}
