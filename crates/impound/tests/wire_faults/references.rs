//! Faults that response systems in use are known for, each with the test that would catch it here.
//!
//! | fault elsewhere | caught by |
//! |---|---|
//! | settings, rules, user data are not recorded before they are changed | `the_first_tier_is_in_the_ledger_before_anything_is_changed` |
//! | what was set is not read back | `lost::what_was_set_is_read_back_when_answers_are_lost` |
//! | the quarantine group keeps its default rule for outgoing traffic, or that of IPv6 | wire.rs `containment::every_interface_is_alone_in_a_fresh_group_without_rules` |
//! | only the first interface is isolated, by the instance's attribute | the same |
//! | a window that lets everybody in, opened unasked or not held long enough | `tracked_connections_are_cut_only_behind_their_gate`, wire.rs `escalation::the_open_window_outlasts_the_idle_timeouts_and_leaves_no_rule` |
//! | a network ACL is made and never associated, or the subnet's is changed unasked | wire.rs `escalation::a_subnet_is_cut_off_behind_its_gate_and_given_its_captured_acl_back`, `containment::the_bystander_and_all_that_was_there_is_as_before` |
//! | the profile's name is the second part of its path; failures to remove it are logged and ignored | `a_profile_and_a_role_with_a_path_are_called_by_their_names`, `denials::a_change_that_is_refused_holds_its_step_and_a_resume_mends_it` |
//! | sessions are revoked up to a local time that is called UTC | `sessions_are_revoked_up_to_now_in_utc_wherever_the_responder_is` |
//! | every user of the role is cut off unasked | wire.rs `gates::revoking_a_whole_role_waits_and_names_who_shares_it` |
//! | an instance without a profile makes the run fail after isolation, and isolation is taken back | `an_instance_without_a_profile_is_contained_and_stays_so` |
//! | the Auto Scaling group terminates the isolated instance | wire.rs `containment::it_leaves_the_auto_scaling_group_before_it_loses_the_network` |
//! | the first page of target groups, targets by id alone | wire.rs `containment::no_balancer_knows_the_instance_or_its_addresses` |
//! | one disk of several; snapshots without tags, not awaited | wire.rs `custody::one_set_of_snapshots_is_tagged_in_the_call_and_locked` |
//! | only the root disk survives a termination | wire.rs `containment::protection_precedes_isolation_with_one_attribute_a_call` |
//! | disks are copied under a default key that nobody else can use, and the original is deleted | wire.rs `custody::only_the_disk_that_the_forensic_account_can_not_read_is_copied_under_the_share_key`, `nothing_is_deleted_stopped_or_opened` |
//! | snapshots are deleted at the end, so that only a volume is left | `nothing_is_deleted_stopped_or_opened` |
//! | keys are passed as plain parameters, or printed | `no_key_is_passed_in_a_parameter`, `secrets` |
//! | only copies carry the case's tag | wire.rs `containment::what_belongs_to_the_case_is_tagged` |
//! | no disk is ever compared with its original | wire.rs `custody::the_copies_are_under_the_forensic_key_locked_and_proved_equal`, `custody::a_copy_with_one_block_changed_is_found_and_the_original_stays` |
//! | a later failure puts the old groups back: containment fails open | `denials::a_permission_missing_in_the_forensic_account_holds_the_copy_with_containment_kept` |
//! | there is no way back | wire.rs `release` |
//! | a dry run isolates | wire.rs `planning::it_changes_nothing_in_aws_or_on_disk` |
//! | success is reported although the isolating call was denied | `denials::a_change_that_is_refused_holds_its_step_and_a_resume_mends_it` |
//! | a run that was broken off starts anew, with new evidence | `crashes`, `lost` |
//! | a group is taken by its name or tag without a look at its rules | `a_quarantine_group_that_somebody_opened_is_not_used_again`, wire.rs `containment::the_look_alike_is_reported` |
//! | a second run makes everything twice | wire.rs `adoption::a_second_response_adopts_the_open_case_and_makes_nothing_twice` |
//! | the region is fixed, or all regions are asked | `only_the_region_of_the_instance_is_asked`, `bad_input::the_wrong_region` |
//! | a finding with several instances is an error | wire.rs `findings::a_finding_that_names_two_instances_opens_one_case_each` |
//! | approval is asked for everything or for nothing | wire.rs `gates` |
//! | isolation comes after memory, snapshots or other slow work | `isolation_does_not_wait_for_snapshots` |
//! | asked only to look, a failure leads to isolation | `asked_only_to_capture_nothing_is_changed_whatever_fails` |
//! | a tag that an attacker sets opts the instance out | wire.rs `gates::a_protected_asset_is_kept_as_evidence_and_contained_only_once_approved` |
//! | one refused question about balancers aborts everything else | `questions::a_question_that_is_refused_ends_as_its_row_says_and_is_never_an_absence` |
//! | the instance is stopped after a failure, and its memory lost | `nothing_is_deleted_stopped_or_opened` |

use crate::harness::{Incident, Variant};
use crate::outcome::CASE;
use ledger::Store;
use serde_json::{Value, json};
use std::path::Path;

/// The bodies of the ledger's entries.
fn entries(incident: &Incident, case: &str) -> Vec<Value> {
    let store = ledger::CaseFile::read(&incident.home.state(), case).unwrap();
    store.entries().unwrap().into_iter().map(|entry| entry.body).collect()
}

/// The source of a test module: one of this program's, or of wire.rs.
fn module(name: &str) -> Option<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let places = ["wire_faults", "wire"].map(|program| tests.join(program).join(format!("{name}.rs")));
    places.iter().find_map(|place| std::fs::read_to_string(place).ok())
}

/// The names in the last column of the table above.
fn named() -> Vec<&'static str> {
    let rows = include_str!("references.rs").lines().filter(|line| line.starts_with("//! | ")).skip(1);
    let cells = rows.map(|row| row.rsplit(" | ").next().unwrap());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| *name != "wire.rs").collect()
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let names = named();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let (file, test) = name.split_once("::").unwrap_or(("references", name));
        let found = module(file).is_some_and(|source| source.contains(&format!("#[test]\nfn {test}() {{")));
        assert!(found || (test == name && module(name).is_some()), "{name}");
    }
}

#[test]
fn the_first_tier_is_in_the_ledger_before_anything_is_changed() {
    let incident = Incident::new();
    incident.respond(&["--case", CASE, "--through", "contain"]).ends_with(0);
    let bodies = entries(&incident, CASE);
    let first_change = bodies.iter().position(|body| body["entry"] == "intent").unwrap();
    let captured: Vec<_> = bodies[..first_change].iter().filter(|body| body["entry"] == "captured").collect();
    let calls = incident.calls();
    let first_call = calls.attempts().first();
    for (action, what) in [
        ("DescribeInstances", "instance"),
        ("DescribeNetworkInterfaces", "interfaces"),
        ("DescribeSecurityGroups", "groups"),
        ("DescribeVolumes", "volumes"),
        ("DescribeInstanceAttribute", "termination-protection"),
        ("DescribeIamInstanceProfileAssociations", "profile"),
        ("DescribeAutoScalingInstances", "membership"),
    ] {
        assert!(calls.of(action).first() < first_call, "{action}");
        let written = captured.iter().any(|body| body["query"].to_string().contains(what));
        assert!(written, "{what} is not captured before the first change: {captured:#?}");
    }
}

#[test]
fn tracked_connections_are_cut_only_behind_their_gate() {
    let incident = Incident::new();
    incident.configure(|settings| settings.policy.push("tracked_connections = \"convert\"".to_owned()));
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    let opening = incident.calls().attempts().filter(|call| call.action.starts_with("AuthorizeSecurityGroup"));
    assert_eq!(opening.len(), 0);
    let gate = end.list("/gates").iter().find(|gate| gate["gate"] == "open-window").unwrap();
    assert_eq!(gate["offer"], true);
    assert!(!gate["exposure"].as_array().unwrap().is_empty());
    let channels = end.document["verdict"]["residual"].to_string();
    assert!(channels.contains("tracked-connections"), "{channels}");
}

#[test]
fn a_profile_and_a_role_with_a_path_are_called_by_their_names() {
    let incident = Incident::new();
    incident.respond(&["--through", "contain"]).ends_with(0);
    let calls = incident.calls();
    let names = |action: &str, name: &str| calls.of(action).0.iter().map(|call| call.param(name)).collect::<Vec<_>>();
    let profiles = names("GetInstanceProfile", "InstanceProfileName");
    assert!(!profiles.is_empty() && profiles.iter().all(|name| name == "web-profile"), "{profiles:?}");
    assert_eq!(names("PutRolePolicy", "RoleName"), ["web-server"]);
}

#[test]
fn sessions_are_revoked_up_to_now_in_utc_wherever_the_responder_is() {
    for zone in ["America/Los_Angeles", "Pacific/Kiritimati"] {
        let incident = Incident::new();
        incident.configure(|settings| settings.policy.push("revoke = \"role\"".to_owned()));
        let line = ["respond", incident.instance(), "--case", CASE, "--through", "contain", "--approve", "shared-role"];
        let before = jiff::Timestamp::now();
        let run = incident.home.program(&line).env("TZ", zone).spawn().unwrap();
        crate::harness::End::of(run).ends_with(0);
        let after = jiff::Timestamp::now();
        let policies = &incident.photo()["around"]["roles"]["web-server"]["inline"];
        let condition = &policies[format!("impound-{CASE}")]["Statement"][0]["Condition"]["DateLessThan"];
        let cut: jiff::Timestamp = condition["aws:TokenIssueTime"].as_str().unwrap().parse().unwrap();
        let margin = jiff::SignedDuration::from_mins(5);
        assert!(cut >= before && cut <= after + margin, "{zone}: {cut} is not between {before} and {after}");
    }
}

#[test]
fn an_instance_without_a_profile_is_contained_and_stays_so() {
    let incident = Incident::new();
    incident.server.change(&["bare", incident.instance()]);
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(end.text("/verdict/credentials"), "none");
    assert_eq!(incident.calls().of("ModifyNetworkInterfaceAttribute").len(), 2, "set once each and never back");
}

#[test]
fn nothing_is_deleted_stopped_or_opened() {
    let incident = Incident::new();
    incident.respond(&[]).ends_with(0);
    let calls = incident.calls();
    let wrong = ["Delete", "Stop", "Reboot", "Terminate", "Detach", "Authorize", "Unlock", "Disable", "Schedule"];
    let found = calls.attempts().filter(|call| wrong.iter().any(|word| call.action.starts_with(word)));
    assert_eq!(found.actions(), ["autoscaling:DetachInstances"]);
    for image in &calls.of("CreateImage").0 {
        assert_eq!(image.param("NoReboot"), "true");
    }
}

#[test]
fn no_key_is_passed_in_a_parameter() {
    let incident = Incident::new();
    incident.respond(&["--through", "contain"]).ends_with(0);
    let secret = incident.world.text("/source/secret_access_key");
    let leaks = incident.calls().filter(|call| call.names(secret) || call.names("FQoGZXIvYXdzE"));
    assert_eq!(leaks.actions(), Vec::<String>::new());
}

#[test]
fn a_quarantine_group_that_somebody_opened_is_not_used_again() {
    let incident = Incident::of(Variant::ExistingGroup);
    let opened = incident.world.text("/source/quarantine_group").to_owned();
    incident.server.change(&["rule", &opened]);
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    let photo = incident.photo();
    for (id, interface) in photo["target"]["interfaces"].as_object().unwrap() {
        let group = interface["groups"][0].as_str().unwrap();
        assert_ne!(group, opened, "{id}");
        assert_eq!(photo["around"]["groups"][group]["rules"], json!([]), "{id}");
    }
    assert_eq!(incident.calls().attempts().naming(&opened).len(), 0, "it is left to its owner");
    let isolate = end.list("/steps").iter().find(|step| step["step"] == "isolate").unwrap();
    assert!(isolate["warnings"].to_string().contains(&opened), "{isolate:#}");
}

#[test]
fn only_the_region_of_the_instance_is_asked() {
    let incident = Incident::new();
    incident.respond(&["--through", "contain"]).ends_with(0);
    let log = incident.server.control("calls", &json!({}));
    for call in log.as_array().unwrap().iter().filter(|call| call["setup"] == false) {
        assert_eq!(call["region"], "us-east-1", "{}", call["action"]);
    }
}

#[test]
fn isolation_does_not_wait_for_snapshots() {
    let incident = Incident::new();
    incident.server.control("lag", &json!({"seconds": 3600}));
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    let snapshots = end.evidence("snapshot", "111111111111");
    assert_eq!(snapshots.len(), 3);
    assert!(snapshots.iter().all(|item| item["state"] == "requested"), "{snapshots:#?}");
}

#[test]
fn asked_only_to_capture_nothing_is_changed_whatever_fails() {
    let incident = Incident::new();
    let before = incident.photo();
    for actions in ["ec2:DescribeVolumes", "elasticloadbalancing:*", "iam:*", "ec2:GetConsoleOutput"] {
        incident.server.control("deny", &json!({"account": "111111111111", "actions": [actions]}));
    }
    let end = incident.respond(&["--through", "capture"]).ends_with(8);
    assert!(end.list("/gaps").len() >= 4, "{:#?}", end.list("/gaps"));
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
    assert_eq!(incident.photo(), before);
}
