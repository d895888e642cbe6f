//! Gates stop what stands behind them and nothing else.

use crate::harness::Incident;

#[test]
fn a_protected_asset_is_kept_as_evidence_and_contained_only_once_approved() {
    let incident = Incident::new();
    incident.server.change(&["tag", incident.instance(), "impound:protected", "true"]);
    let end = incident.respond(&[]).ends_with(3);
    assert_eq!(end.text("/status"), "waiting");
    assert_eq!(end.waits_at(), ["protected-asset"]);
    assert_eq!(end.text("/verdict/network"), "open");
    for done in ["capture", "tag", "protect", "snapshot"] {
        assert_eq!(end.step(done), "done", "{done}");
    }
    for waiting in ["isolate", "detach", "deregister", "revoke"] {
        assert_eq!(end.step(waiting), "waiting", "{waiting}");
    }
    let calls = incident.calls();
    assert_eq!(calls.of("CreateSnapshots").len(), 1);
    for kept in ["ModifyNetworkInterfaceAttribute", "DetachInstances", "DeregisterTargets", "PutRolePolicy"] {
        assert_eq!(calls.of(kept).len(), 0, "{kept}");
    }
    assert_eq!(incident.photo()["target"]["tags"].get("impound:status"), None, "not called quarantined");
    incident.home.run(&["approve", &end.case(), "protected-asset"]).ends_with(0);
    let done = incident.home.run(&["resume", &end.case()]).ends_with(0);
    assert_eq!(done.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(done.text("/verdict/credentials"), "revoked");
    assert_eq!(incident.calls().of("CreateSnapshots").len(), 1);
}

#[test]
fn a_gate_approved_ahead_is_passed_without_a_stop() {
    let incident = Incident::new();
    let instance = incident.instance().to_owned();
    incident.configure(|settings| settings.policy.push(format!("protected_instances = [{instance:?}]")));
    let end = incident.respond(&["--through", "contain", "--approve", "protected-asset"]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
}

#[test]
fn terminate_can_not_be_approved_ahead() {
    let incident = Incident::new();
    incident.respond(&["--approve", "terminate"]).fails_with(2, &["terminate"]);
    assert_eq!(incident.calls().0.len(), 0);
}

#[test]
fn revoking_a_whole_role_waits_and_names_who_shares_it() {
    let incident = Incident::new();
    incident.configure(|settings| settings.policy.push("revoke = \"role\"".to_owned()));
    let end = incident.respond(&["--through", "contain"]).ends_with(3);
    assert_eq!(end.waits_at(), ["shared-role"]);
    let gate = end.list("/gates").iter().find(|gate| gate["gate"] == "shared-role").unwrap();
    let exposure = gate["exposure"].to_string();
    assert!(exposure.contains(incident.world.text("/source/bystander")), "{exposure}");
    assert_eq!(incident.calls().of("PutRolePolicy").len(), 0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    incident.home.run(&["approve", &end.case(), "shared-role"]).ends_with(0);
    incident.home.run(&["resume", &end.case()]).ends_with(0);
    let policies = &incident.photo()["around"]["roles"]["web-server"]["inline"];
    let condition = &policies[format!("impound-{}", end.case())]["Statement"][0]["Condition"];
    assert!(condition["DateLessThan"]["aws:TokenIssueTime"].is_string(), "{policies:#}");
}

#[test]
fn a_quarantine_profile_replaces_the_instances_own() {
    let incident = Incident::new();
    let profile = incident.world.text("/source/quarantine_profile_arn").to_owned();
    let line = format!("quarantine_profile_arn = {profile:?}");
    incident.configure(|settings| settings.policy.push(line));
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    assert_eq!(end.text("/verdict/credentials"), "revoked");
    assert_eq!(incident.photo()["target"]["profile"], serde_json::json!([profile]));
}
