//! Associations, policies, and sessions in the wrong hands.

use crate::support::{ask, cloud, make, pass, refused, target};
use casebook::effect::SourceEffect as S;
use casebook::fault::FaultClass;
use casebook::id::RoleName;
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::identity::ProfileAssociation;
use jiff::Timestamp;
use range::Range;
use range::world::policy::{RequestContext, denies};
use serde_json::{Value, json};

fn associations(range: &Range) -> Vec<ProfileAssociation> {
    match ask(range, SourceQuery::ProfileAssociations(target(range))) {
        Reading::Associations(associations) => associations,
        other => panic!("{other:?}"),
    }
}

fn works(range: &Range, label: &str) -> bool {
    range.with_world(|world| {
        let session = world.identity.sessions.iter().find(|session| session.label.contains(label));
        world.credentials_work(session.expect("the scenario has it"))
    })
}

fn put(range: &Range, condition: &Value) {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition }],
    });
    let role = RoleName::from("web-app-role");
    make(range, S::PutRolePolicy { role, name: "impound-c1".into(), document: document.to_string() });
}

#[test]
fn disassociating_takes_a_while_and_leaves_sessions_alive() {
    let range = cloud("web-tier");
    let association = associations(&range).remove(0);
    make(&range, S::DisassociateProfile { association: association.id.clone() });
    assert_eq!(associations(&range)[0].state, "disassociating");
    let profile = association.profile.clone();
    let again = S::AssociateProfile { instance: target(&range), profile };
    assert_eq!(refused(&range, again).1, "IncorrectState");
    pass(&range, 10);
    assert_eq!(associations(&range), vec![]);
    assert!(works(&range, "attacker"), "credentials cannot be revoked");
}

#[test]
fn replacing_gives_a_new_association_that_settles() {
    let range = cloud("web-tier");
    let old = associations(&range).remove(0);
    let profile = range.briefing().quarantine_profile.clone().expect("the web tier has one");
    let new = make(&range, S::ReplaceProfile { association: old.id.clone(), profile: profile.clone() });
    assert_ne!(new, old.id.as_str());
    pass(&range, 6);
    let held = associations(&range);
    assert_eq!((held.len(), held[0].state.as_str(), &held[0].profile), (1, "associated", &profile));
    let gone = S::DisassociateProfile { association: old.id };
    assert_eq!(refused(&range, gone), (FaultClass::NotFound, "NoSuchAssociation".into()));
}

#[test]
fn an_instance_deny_kills_its_sessions_alone_once_it_has_spread() {
    let range = cloud("web-tier");
    put(&range, &json!({ "StringEquals": { "ec2:SourceInstanceARN": range.target().arn() } }));
    assert!(works(&range, "attacker"), "it has not spread yet");
    pass(&range, 11);
    assert!(!works(&range, "attacker"));
    assert!(works(&range, "batch worker"), "the bystander lives by the same role");
    let role = RoleName::from("web-app-role");
    make(&range, S::DeleteRolePolicy { role, name: "impound-c1".into() });
    assert!(works(&range, "attacker"));
}

#[test]
fn a_deny_of_older_sessions_meets_everybody_but_not_later_ones() {
    let range = cloud("web-tier");
    let now = range.clock().now().to_string();
    put(&range, &json!({ "DateLessThan": { "aws:TokenIssueTime": now } }));
    pass(&range, 11);
    assert!(!works(&range, "attacker") && !works(&range, "batch worker"));
    let id = target(&range);
    assert!(range.with_world(|world| world.steal_session(&id, "cached")));
    assert!(!works(&range, "cached"), "the metadata service still hands out what was issued before");
    pass(&range, 3600);
    assert!(range.with_world(|world| world.steal_session(&id, "fresh")));
    assert!(works(&range, "fresh"), "while the association stands, new sessions come");
}

#[test]
fn without_an_association_there_are_no_new_sessions() {
    let range = cloud("web-tier");
    let id = target(&range);
    make(&range, S::DisassociateProfile { association: associations(&range).remove(0).id });
    pass(&range, 10);
    assert!(!range.with_world(|world| world.steal_session(&id, "late")));
}

#[test]
fn sessions_end_by_themselves() {
    let range = cloud("web-tier");
    pass(&range, 7 * 3600);
    assert!(!works(&range, "attacker"));
}

#[test]
fn documents_are_checked_and_limited() {
    let range = cloud("web-tier");
    let put = |document: String| S::PutRolePolicy { role: "web-app-role".into(), name: "n".into(), document };
    assert_eq!(refused(&range, put("{".into())).1, "MalformedPolicyDocument");
    let long = json!({ "Statement": "x".repeat(11_000) }).to_string();
    assert_eq!(refused(&range, put(long)), (FaultClass::Limit, "LimitExceeded".into()));
    let other = S::DeleteRolePolicy { role: "web-app-role".into(), name: "absent".into() };
    assert_eq!(refused(&range, other).1, "NoSuchEntity");
}

#[test]
fn the_role_and_its_sharers_are_found_behind_the_path() {
    let range = cloud("web-tier");
    let Reading::Profile(profile) = ask(&range, SourceQuery::Profile("web-app".into())) else { panic!("profile") };
    let role = profile.role.expect("it has one");
    assert!(role.arn.as_str().contains(":role/team/web/web-app-role"));
    let Reading::RoleSharers(sharers) = ask(&range, SourceQuery::RoleSharers(role.name)) else { panic!("sharers") };
    assert_eq!((sharers.profiles.len(), sharers.instances.len()), (1, 2));
}

#[test]
fn an_unknown_condition_never_counts_as_a_deny() {
    let arn = "arn:aws:ec2:us-east-1:111111111111:instance/i-1";
    let context = RequestContext { source_instance: Some(arn), issued: Timestamp::UNIX_EPOCH };
    let chained = RequestContext { source_instance: None, ..context.clone() };
    let of = |condition: Value, effect: &str| {
        let statement = json!({ "Effect": effect, "Action": ["*"], "Resource": "*", "Condition": condition });
        json!({ "Statement": statement }).to_string()
    };
    let this = || json!({ "ArnEquals": { "EC2:SourceInstanceArn": [arn] } });
    assert!(denies(&of(this(), "Deny"), &context));
    assert!(!denies(&of(this(), "Allow"), &context));
    assert!(!denies(&of(this(), "Deny"), &chained), "a session obtained onward has no instance");
    let both = json!({ "ArnEquals": { "ec2:SourceInstanceARN": arn }, "Bool": { "aws:SecureTransport": "true" } });
    assert!(!denies(&of(both, "Deny"), &context));
    assert!(!denies("no json", &context));
}
