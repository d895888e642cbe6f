//! Credentials: cached, refreshed, swapped, traded onward.

use crate::support::{ask, cloud, make, pass, target};
use casebook::effect::SourceEffect as S;
use casebook::id::{Arn, RoleName};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::identity::Role;
use jiff::{SignedDuration, Timestamp};
use range::Range;
use range::world::identity::{RoleRecord, Session};
use range::world::policy::trusts;
use serde_json::{Value, json};

fn sessions(range: &Range, label: &str) -> Vec<Session> {
    range.with_world(|world| world.identity.sessions.iter().filter(|held| held.label == label).cloned().collect())
}

fn works(range: &Range, label: &str) -> bool {
    let newest = sessions(range, label).pop().expect("there is one");
    range.with_world(|world| world.credentials_work(&newest))
}

fn steal(range: &Range, label: &str) -> Timestamp {
    let id = target(range);
    assert!(range.with_world(|world| world.steal_session(&id, label)), "{label}");
    sessions(range, label).remove(0).issued
}

fn put(range: &Range, role: &str, condition: &Value) {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition }],
    });
    make(range, S::PutRolePolicy { role: role.into(), name: "impound-c1".into(), document: document.to_string() });
    pass(range, 11);
}

fn replace_profile(range: &Range) {
    let Reading::Associations(held) = ask(range, SourceQuery::ProfileAssociations(target(range))) else {
        panic!("associations")
    };
    let profile = range.briefing().quarantine_profile.clone().expect("the web tier has one");
    make(range, S::ReplaceProfile { association: held[0].id.clone(), profile });
}

/// A role of the account that a trust policy names.
fn add_role(range: &Range, name: &str, principal: &str) -> RoleName {
    let trust = json!({
        "Statement": { "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" },
    });
    let arn = Arn::new(format!("arn:aws:iam::111111111111:role/{name}"));
    let shown = Role { name: name.into(), arn, id: "AROAEXAMPLE".into(), trust: trust.to_string() };
    let record = RoleRecord { shown, inline: Vec::new(), attached: Vec::new() };
    range.with_world(|world| world.identity.roles.insert(name.into(), record));
    name.into()
}

#[test]
fn the_metadata_service_gives_everybody_the_same_until_it_refreshes() {
    let range = cloud("web-tier");
    let first = steal(&range, "one");
    pass(&range, 600);
    assert_eq!(steal(&range, "two"), first);
    pass(&range, 3600);
    assert!(steal(&range, "three") > first);
}

#[test]
fn another_profile_means_other_credentials_at_once() {
    let range = cloud("web-tier");
    steal(&range, "before");
    replace_profile(&range);
    steal(&range, "after");
    let roles = ["before", "after"].map(|label| sessions(&range, label).remove(0).role);
    assert_eq!(roles.map(|role| role.to_string()), ["web-app-role", "no-permissions-role"]);
    assert!(works(&range, "before"), "swapping kills nothing");
    pass(&range, 60);
    replace_profile(&range);
    steal(&range, "again");
    assert!(sessions(&range, "again")[0].issued > sessions(&range, "after")[0].issued, "a new association, new ones");
}

#[test]
fn a_program_that_keeps_fetching_has_each_set_once_and_stops_with_its_instance() {
    let range = cloud("web-tier");
    let id = target(&range);
    range.with_world(|world| world.keep_fetching(&id, "malware", SignedDuration::from_mins(5)));
    pass(&range, 50 * 60);
    assert_eq!(sessions(&range, "malware").len(), 1);
    pass(&range, 50 * 60);
    assert_eq!(sessions(&range, "malware").len(), 2, "one refresh");
    replace_profile(&range);
    pass(&range, 600);
    let roles: Vec<String> = sessions(&range, "malware").into_iter().map(|held| held.role.to_string()).collect();
    assert_eq!(roles.last().map(String::as_str), Some("no-permissions-role"));
    crate::support::take_out(&range);
    range.with_world(|world| world.administrator("ops").terminate(&id)).expect("allowed");
    let count = sessions(&range, "malware").len();
    pass(&range, 12 * 3600);
    assert_eq!(sessions(&range, "malware").len(), count);
}

#[test]
fn credentials_minted_between_the_deny_and_the_swap_survive_a_deny_by_time() {
    let range = cloud("web-tier");
    range.with_world(|world| world.settings.credential_refresh = SignedDuration::from_secs(60));
    let now = range.clock().now().to_string();
    put(&range, "web-app-role", &json!({ "DateLessThan": { "aws:TokenIssueTime": now } }));
    pass(&range, 60);
    steal(&range, "in between");
    replace_profile(&range);
    pass(&range, 60);
    assert!(works(&range, "in between"));
}

#[test]
fn an_onward_session_escapes_the_instances_deny_and_not_its_own_roles() {
    let range = cloud("web-tier");
    let role = add_role(&range, "deploy", "arn:aws:iam::111111111111:root");
    steal(&range, "first");
    range.with_world(|world| world.assume_onward("first", &role, "onward")).expect("trusted");
    put(&range, "web-app-role", &json!({ "StringEquals": { "ec2:SourceInstanceARN": range.target().arn() } }));
    assert!(!works(&range, "first") && works(&range, "onward"));
    let again = range.with_world(|world| world.assume_onward("first", &role, "late"));
    assert_eq!(again.expect_err("a dead session assumes nothing").code, "AccessDenied");
    let later = range.clock().now().to_string();
    put(&range, "deploy", &json!({ "DateLessThan": { "aws:TokenIssueTime": later } }));
    assert!(!works(&range, "onward"));
}

#[test]
fn an_onward_session_lasts_an_hour_at_most() {
    let range = cloud("web-tier");
    let role = add_role(&range, "deploy", "arn:aws:iam::111111111111:role/team/web/web-app-role");
    steal(&range, "first");
    range.with_world(|world| world.assume_onward("first", &role, "onward")).expect("trusted by name");
    pass(&range, 3599);
    assert!(works(&range, "onward"));
    pass(&range, 1);
    assert!(!works(&range, "onward") && works(&range, "first"));
}

#[test]
fn a_role_that_does_not_trust_is_not_assumed() {
    let range = cloud("web-tier");
    steal(&range, "first");
    let strangers = add_role(&range, "strangers", "arn:aws:iam::333333333333:root");
    for role in [strangers, "no-permissions-role".into()] {
        let refused = range.with_world(|world| world.assume_onward("first", &role, "onward"));
        assert_eq!(refused.expect_err("it trusts somebody else").code, "AccessDenied");
    }
    let arn = Arn::from("arn:aws:iam::111111111111:role/r");
    let conditional = json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": "*" }, "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } } });
    assert!(!trusts(&conditional.to_string(), &arn, &"111111111111".into()), "what is not checked is not granted");
}
