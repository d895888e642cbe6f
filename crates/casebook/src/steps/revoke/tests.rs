use super::*;
use crate::entry::{Entry, Outcome};
use crate::fault::{Fault, FaultClass};
use crate::grade::verdict;
use crate::query::Query;
use crate::scene::identity::{Profile, RoleSharers};
use crate::settings::{Policy, Settings};
use crate::testkit::things::instance;
use crate::testkit::{Bench, INSTANCE, holds, settings, titles};
use crate::verdict::CredentialVerdict;

const FOR_EC2: &str = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}}"#;

fn associations(profiles: &[&str]) -> Reading {
    let association = |profile: &&str| ProfileAssociation {
        id: format!("iip-{profile}").as_str().into(),
        instance: INSTANCE.into(),
        profile: arn(profile),
        state: "associated".into(),
    };
    Reading::Associations(profiles.iter().map(association).collect())
}

fn arn(profile: &str) -> Arn {
    Arn::new(format!("arn:aws:iam::111111111111:instance-profile/{profile}"))
}

/// A profile that holds the role of its name.
fn profile(name: &str) -> Reading {
    let role = Role { name: name.into(), arn: arn(name), id: format!("AROA{name}"), trust: FOR_EC2.into() };
    Reading::Profile(Profile { arn: arn(name), role: Some(role) })
}

fn asked(bench: &Bench) -> S {
    S::ProfileAssociations(bench.case.target.instance.clone())
}

/// Captured with the profile `web`, which is still there.
fn captured(scope: RevokeScope) -> Bench {
    let policy = Policy { revoke: scope, ..Policy::default() };
    let mut bench = Bench::new(Settings { policy, ..settings() });
    bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.capture(asked(&bench), associations(&["web"]));
    bench.capture(S::Profile("web".into()), profile("web"));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(asked(&bench), associations(&["web"]));
    bench.know(S::Profile("web".into()), profile("web"));
    bench
}

fn take_away(bench: &mut Bench, profile: &str) {
    let effect = SourceEffect::DisassociateProfile { association: format!("iip-{profile}").as_str().into() };
    bench.done(StepName::Revoke, &effect.into(), &[]);
    bench.know(asked(bench), associations(&[]));
}

fn policy(role: &str) -> Query {
    S::RolePolicy(role.into(), "impound-case-1".into()).into()
}

/// Puts what the plan puts on a role, and reads it back.
fn put(bench: &mut Bench, role: &str) -> String {
    bench.know(policy(role), Reading::Policy(None));
    let put = bench.plan(&CARD).perform.iter().find_map(|effect| match effect {
        Effect::Source(SourceEffect::PutRolePolicy { role: on, document, .. }) if on.as_str() == role => {
            Some((effect.clone(), document.clone()))
        }
        _ => None,
    });
    let (effect, document) = put.unwrap_or_else(|| panic!("{:?}", titles(&bench.plan(&CARD))));
    bench.done(StepName::Revoke, &effect, &[]);
    bench.know(policy(role), Reading::Policy(Some(document.clone())));
    document
}

fn credentials(bench: &Bench) -> CredentialVerdict {
    verdict(bench.view()).credentials
}

fn takes_away(agenda: &Agenda<'_>) -> bool {
    let takes = |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::DisassociateProfile { .. }));
    agenda.perform.iter().any(takes)
}

#[test]
fn an_instance_that_can_not_be_read_does_not_keep_its_role() {
    let mut bench = captured(RevokeScope::Instance);
    bench.deny(S::Instance(INSTANCE.into()));
    assert_eq!(bench.plan(&CARD).perform.len(), 1, "the profile goes: {:?}", holds(&bench.plan(&CARD)));
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    assert!(bench.plan(&CARD).holds.is_empty() && !bench.plan(&CARD).moves());
    let mut nothing = Bench::new(settings());
    nothing.deny(S::Instance(INSTANCE.into()));
    nothing.know(asked(&nothing), associations(&["web"]));
    assert_eq!((nothing.plan(&CARD).holds.len(), nothing.plan(&CARD).perform.len()), (1, 0), "nothing is known of it");
}

#[test]
fn the_deny_comes_after_the_profile_is_gone() {
    let mut bench = captured(RevokeScope::Instance);
    bench.know(policy("web"), Reading::Policy(None));
    let agenda = bench.plan(&CARD);
    assert!(takes_away(&agenda) && agenda.perform.len() == 1, "{:?}", titles(&agenda));
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    assert!(!bench.plan(&CARD).is_open());
    assert_eq!(credentials(&bench), CredentialVerdict::Revoked);
}

/// The gate is about the sessions of others; the profile feeds this instance alone.
#[test]
fn a_closed_gate_does_not_keep_the_profile() {
    let mut bench = captured(RevokeScope::Role);
    let sharers = RoleSharers { profiles: vec![], instances: vec![INSTANCE.into(), "i-other".into()] };
    bench.know(S::RoleSharers("web".into()), Reading::RoleSharers(sharers));
    assert!(takes_away(&bench.plan(&CARD)));
    take_away(&mut bench, "web");
    bench.know(policy("web"), Reading::Policy(None));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.gates[0].exposure.concat().contains("i-other"));
}

#[test]
fn a_profile_that_can_not_be_read_is_taken_away_and_its_deny_held() {
    let mut bench = captured(RevokeScope::Instance);
    bench.know(asked(&bench), associations(&["late"]));
    bench.deny(S::Profile("late".into()));
    let agenda = bench.plan(&CARD);
    assert!(takes_away(&agenda));
    assert!(holds(&agenda)[0].contains("iam:GetInstanceProfile"), "{:?}", holds(&agenda));
    bench.observe(asked(&bench), associations(&["late"]));
    take_away(&mut bench, "late");
    put(&mut bench, "web");
    assert!(!bench.plan(&CARD).holds.is_empty());
    assert_eq!(credentials(&bench), CredentialVerdict::Live);
}

/// What is captured of the role is enough for the deny when the profile can no longer be read.
#[test]
fn the_captured_role_is_denied_when_the_profile_is_unreadable_later() {
    let mut bench = captured(RevokeScope::Instance);
    bench.deny(S::Profile("web".into()));
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    let agenda = bench.plan(&CARD);
    assert!(agenda.holds.is_empty() && agenda.warnings[0].contains("could not be read again"), "{:?}", agenda.warnings);
}

#[test]
fn the_role_of_a_later_profile_is_denied_too() {
    let mut bench = captured(RevokeScope::Instance);
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    bench.observe(asked(&bench), associations(&["late"]));
    bench.know(S::Profile("late".into()), profile("late"));
    let agenda = bench.plan(&CARD);
    assert!(takes_away(&agenda) && agenda.warnings[0].contains("late was associated after the capture"));
    take_away(&mut bench, "late");
    assert_eq!(credentials(&bench), CredentialVerdict::Live, "its role is not denied yet");
    put(&mut bench, "late");
    assert_eq!(credentials(&bench), CredentialVerdict::Revoked);
}

/// A process that knows the later profile from the ledger alone asks for its role again.
#[test]
fn a_later_profile_stays_known() {
    let mut bench = captured(RevokeScope::Instance);
    bench.observe(asked(&bench), associations(&["late"]));
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    assert_eq!(credentials(&bench), CredentialVerdict::Live);
    assert!(bench.plan(&CARD).observe.contains(&S::Profile("late".into()).into()));
}

#[test]
fn a_policy_that_somebody_rewrote_is_no_deny() {
    for scope in [RevokeScope::Instance, RevokeScope::Role] {
        let mut bench = captured(scope);
        let sharers = RoleSharers { profiles: vec![], instances: vec![INSTANCE.into()] };
        bench.know(S::RoleSharers("web".into()), Reading::RoleSharers(sharers));
        take_away(&mut bench, "web");
        let document = put(&mut bench, "web");
        assert_eq!(credentials(&bench), CredentialVerdict::Revoked, "{scope:?}");
        let weak = document.replace("\"Deny\"", "\"Allow\"");
        assert_ne!(weak, document);
        bench.know(policy("web"), Reading::Policy(Some(weak)));
        assert_eq!(credentials(&bench), CredentialVerdict::Live, "{scope:?}");
    }
}

/// With `role`, what was fetched through a profile that came back is newer than the first deny.
#[test]
fn a_profile_that_came_back_moves_the_moment() {
    let mut bench = captured(RevokeScope::Role);
    let sharers = RoleSharers { profiles: vec![], instances: vec![INSTANCE.into()] };
    bench.know(S::RoleSharers("web".into()), Reading::RoleSharers(sharers));
    take_away(&mut bench, "web");
    let first = put(&mut bench, "web");
    bench.later(3600);
    bench.know(asked(&bench), associations(&["web"]));
    take_away(&mut bench, "web");
    assert_eq!(credentials(&bench), CredentialVerdict::Live);
    let second = put(&mut bench, "web");
    assert!(moment(&second) > moment(&first), "{first} {second}");
    assert_eq!(credentials(&bench), CredentialVerdict::Revoked);
}

/// AWS answers that there is no such role to put the deny on.
fn no_such_role(bench: &mut Bench, effect: &Effect) {
    let intent = bench.lost(StepName::Revoke, effect);
    let fault = Some(Fault::new(FaultClass::NotFound, "NoSuchEntity", "The role with name web cannot be found."));
    bench.write(&Entry::Outcome(Outcome { intent, made: None, fault }));
}

#[test]
fn a_role_that_was_deleted_holds_nothing_once_that_is_sure() {
    let mut bench = captured(RevokeScope::Instance);
    take_away(&mut bench, "web");
    bench.know(policy("web"), Reading::Policy(None));
    let begin = bench.now;
    let mut asked = 0;
    while bench.plan(&CARD).is_open() {
        let agenda = bench.plan(&CARD);
        assert!(agenda.holds.is_empty() && credentials(&bench) == CredentialVerdict::Live, "after {asked} answers");
        if let Some(put) = agenda.perform.first().cloned() {
            no_such_role(&mut bench, &put);
            asked += 1;
        }
        bench.later(1);
        bench.know(policy("web"), Reading::Policy(None));
    }
    assert_eq!(asked, TRIES, "in {}", bench.now - begin);
    assert!(bench.plan(&CARD).proof.iter().any(|proof| proof.contains("does not exist any more")));
    assert_eq!(credentials(&bench), CredentialVerdict::Revoked);
    take_away(&mut bench, "web");
    assert_eq!(credentials(&bench), CredentialVerdict::Live, "it was made again, and given to the instance");
}

#[test]
fn profiles_that_can_not_be_read_prove_nothing() {
    let mut bench = captured(RevokeScope::Instance);
    take_away(&mut bench, "web");
    put(&mut bench, "web");
    bench.later(31);
    bench.case.verdict = verdict(bench.view());
    assert_eq!(bench.case.verdict.credentials, CredentialVerdict::Revoked);
    bench.deny(asked(&bench));
    assert_eq!(verdict(bench.view()).credentials, CredentialVerdict::Live);
    assert_eq!(bench.plan(&CARD).holds.len(), 1);
    bench.done(StepName::Terminate, &SourceEffect::terminate_nothing().into(), &[]);
    assert_eq!(
        verdict(bench.view()).credentials,
        CredentialVerdict::Revoked,
        "nothing is associated with what is gone"
    );
    bench.know(policy("web"), Reading::Policy(None));
    assert_eq!(verdict(bench.view()).credentials, CredentialVerdict::Live, "somebody took the deny off");
    assert_eq!(titles(&bench.plan(&CARD)).len(), 1, "it is put back: {:?}", holds(&bench.plan(&CARD)));
}
