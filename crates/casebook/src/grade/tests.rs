use super::*;
use crate::effect::SourceEffect;
use crate::entry::{Entry, Person};
use crate::scene::identity::{Profile, Role};
use crate::scene::instance::{Instance, Tags};
use crate::settings::{Policy, RevokeScope, Settings};
use crate::step::StepName;
use crate::testkit::stage::secured;
use crate::testkit::things::{group, instance, interface};
use crate::testkit::{ACCOUNT, Bench, INSTANCE, settings};
use CredentialVerdict::{Live, Revoked};
use NetworkVerdict::{NewFlowsBlocked, Open};

fn claim(bench: &mut Bench, network: NetworkVerdict, credentials: CredentialVerdict) {
    bench.write(&Entry::Verdict(Verdict { network, credentials, residual: vec![] }));
}

#[test]
fn what_an_earlier_run_read_is_not_claimed_when_it_can_not_be_read_any_more() {
    let interfaces = || S::Interfaces(INSTANCE.into());
    for unread in [Query::from(interfaces()), S::QuarantineGroups.into()] {
        let mut bench = Bench::new(settings());
        claim(&mut bench, NewFlowsBlocked, Live);
        assert_eq!(verdict(bench.view()).network, NewFlowsBlocked, "not asked yet");
        bench.deny(unread);
        assert_eq!(verdict(bench.view()).network, Open);
    }
}

/// Isolated, read back and written so.
fn isolated() -> Bench {
    let mut bench = secured();
    claim(&mut bench, NewFlowsBlocked, Revoked);
    assert_eq!(verdict(bench.view()).network, NewFlowsBlocked);
    bench
}

#[test]
fn the_network_is_open_as_soon_as_anything_of_it_is() {
    type Undo = fn(&mut Bench);
    let interfaces = S::Interfaces(INSTANCE.into());
    let table: [Undo; 4] = [
        |bench| bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-web"])])),
        |bench| bench.know(S::QuarantineGroups, Reading::Groups(vec![])),
        |bench| {
            let foreign = group("sg-quarantine", "vpc-1", "999999999999", Tags::new());
            bench.know(S::QuarantineGroups, Reading::Groups(vec![foreign]));
        },
        |bench| {
            let second = Instance { interfaces: vec!["eni-1".into(), "eni-2".into()], ..instance(&["vol-1"]) };
            bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(second)));
        },
    ];
    for (n, undo) in table.into_iter().enumerate() {
        let mut bench = isolated();
        undo(&mut bench);
        assert_eq!(verdict(bench.view()).network, Open, "row {n}");
        bench.scene.forget(&interfaces.clone().into());
        assert_eq!(verdict(bench.view()).network, Open, "row {n}, being read again");
    }
}

/// The instance was captured with two interfaces, and can not be read any more.
#[test]
fn an_interface_that_the_list_lacks_is_missed_where_the_instance_can_not_be_read() {
    let second = Instance { interfaces: vec!["eni-1".into(), "eni-2".into()], ..instance(&["vol-1"]) };
    let one = Reading::Interfaces(vec![interface("eni-1", &["sg-quarantine"])]);
    for (captured, listed, network) in [
        (Some(second), one.clone(), Open),
        (Some(instance(&["vol-1"])), one.clone(), NewFlowsBlocked),
        (Some(instance(&["vol-1"])), Reading::Interfaces(vec![]), Open),
        (None, one, Open),
    ] {
        let mut bench = Bench::new(settings());
        if let Some(captured) = captured {
            bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(captured)));
        }
        bench.know(S::QuarantineGroups, Reading::Groups(vec![group("sg-quarantine", "vpc-1", ACCOUNT, Tags::new())]));
        bench.know(S::Interfaces(INSTANCE.into()), listed);
        bench.deny(S::Instance(INSTANCE.into()));
        assert_eq!(verdict(bench.view()).network, network);
    }
}

/// While nothing is opened a reading counts until the next one; while something is, it does not.
#[test]
fn while_something_is_opened_only_fresh_readings_count() {
    let open = SourceEffect::AuthorizeRules { group: "sg-window".into(), rules: vec![] };
    let enter = SourceEffect::SetInterfaceGroups { interface: "eni-1".into(), groups: vec!["sg-window".into()] };
    for stale in [Query::from(S::Interfaces(INSTANCE.into())), S::QuarantineGroups.into()] {
        let (mut releasing, mut window) = (isolated(), isolated());
        releasing.write(&Entry::Releasing(Person::default()));
        window.done(StepName::Isolate, &open.clone().into(), &[]);
        window.done(StepName::Isolate, &enter.clone().into(), &[]);
        for (mut bench, after) in [(isolated(), NewFlowsBlocked), (releasing, Open), (window, Open)] {
            assert_eq!(verdict(bench.view()).network, NewFlowsBlocked);
            bench.scene.forget(&stale);
            assert_eq!(verdict(bench.view()).network, after);
        }
    }
}

#[test]
fn a_release_leaves_no_credentials_claimed_as_revoked_that_nobody_has_read() {
    for (written, releasing, graded) in [
        (Revoked, false, Revoked),
        (Revoked, true, Live),
        (CredentialVerdict::None, true, CredentialVerdict::None),
        (Live, false, Live),
    ] {
        let mut bench = Bench::new(settings());
        claim(&mut bench, Open, written);
        if releasing {
            bench.write(&Entry::Releasing(Person::default()));
        }
        assert_eq!(verdict(bench.view()).credentials, graded, "{written:?} {releasing}");
    }
}

/// The profile that a policy puts in place of the instance's own gives nothing away.
#[test]
fn credentials_live_while_a_profile_other_than_the_quarantine_one_is_there() {
    let quarantine = "arn:aws:iam::111111111111:instance-profile/quarantine";
    let policy = Policy { quarantine_profile_arn: quarantine.into(), ..Policy::default() };
    let web = "arn:aws:iam::111111111111:instance-profile/web";
    for (profile, state, graded) in [
        (web, "associated", Live),
        (web, "disassociating", Live),
        (web, "disassociated", CredentialVerdict::None),
        (quarantine, "associated", CredentialVerdict::None),
    ] {
        let mut bench = Bench::new(Settings { policy: policy.clone(), ..settings() });
        let (id, state) = ("iip-1".into(), state.to_owned());
        let association = ProfileAssociation { id, instance: INSTANCE.into(), profile: Arn::new(profile), state };
        bench.know(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![association]));
        assert_eq!(verdict(bench.view()).credentials, graded, "{profile}");
    }
}

/// The deny stands on the role; the profile gives credentials until it is off.
#[test]
fn a_deny_counts_once_the_profile_is_off() {
    let profile = Arn::new("arn:aws:iam::111111111111:instance-profile/web");
    let policy = Policy { revoke: RevokeScope::Role, ..Policy::default() };
    let mut bench = Bench::new(Settings { policy, ..settings() });
    let role = Role { name: "app".into(), arn: profile.clone(), id: "AROA1".into(), trust: String::new() };
    bench.observe(S::Profile("web".into()), Reading::Profile(Profile { arn: profile.clone(), role: Some(role) }));
    let older = r#"{"Statement": [{"Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-21T12:00:00Z"}}}]}"#;
    let (name, document) = (revoke::policy_name(&bench.case), older.to_owned());
    let deny = SourceEffect::PutRolePolicy { role: "app".into(), name: name.clone(), document: document.clone() };
    bench.done(StepName::Revoke, &deny.into(), &[]);
    for (state, standing, graded) in [
        ("associated", Some(document.clone()), Live),
        ("disassociated", None, Live),
        ("disassociated", Some(document), Revoked),
    ] {
        let (instance, state) = (INSTANCE.into(), state.to_owned());
        let association = ProfileAssociation { id: "iip-1".into(), instance, profile: profile.clone(), state };
        bench.observe(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![association]));
        bench.know(S::RolePolicy("app".into(), name.clone()), Reading::Policy(standing));
        assert_eq!(verdict(bench.view()).credentials, graded);
    }
}
