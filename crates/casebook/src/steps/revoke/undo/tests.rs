use super::*;
use crate::effect::Effect;
use crate::entry::{Captured, Entry};
use crate::reading::Reading;
use crate::scene::instance::{Instance, InstanceState};
use crate::step::StepName;
use crate::testkit::things::instance;
use crate::testkit::{Bench, INSTANCE, denied, holds, settings};

fn plan(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    release(&mut agenda);
    agenda
}

fn association(profile: &str) -> ProfileAssociation {
    ProfileAssociation {
        id: "iip-assoc-1".into(),
        instance: INSTANCE.into(),
        profile: format!("arn:aws:iam::111111111111:instance-profile/{profile}").into(),
        state: "associated".into(),
    }
}

/// The profile could not be captured; this case took it away.
fn stage() -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1"]))));
    let query = S::ProfileAssociations(INSTANCE.into()).into();
    bench.write(&Entry::Captured(Captured { query, reading: None, gap: Some(denied()), artefacts: vec![] }));
    let took = SourceEffect::DisassociateProfile { association: "iip-assoc-1".into() };
    bench.done(StepName::Revoke, &took.into(), &[]);
    bench.know(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![]));
    bench
}

#[test]
fn a_profile_that_was_not_captured_is_put_back_by_a_person() {
    let mut bench = stage();
    assert!(holds(&plan(&bench))[0].contains("associate it by hand"), "{:?}", holds(&plan(&bench)));
    bench.know(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![association("web")]));
    let agenda = plan(&bench);
    assert!(!agenda.is_open() && agenda.proof[0].contains("web"), "{:?}", agenda.proof);
}

/// AWS replaces the profile of a running instance only.
#[test]
fn on_a_stopped_instance_the_profile_is_taken_off_and_the_old_one_put_on() {
    for (state, replaced) in [(InstanceState::Running, true), (InstanceState::Stopped, false)] {
        let mut bench = Bench::new(settings());
        bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(Instance { state, ..instance(&[]) })));
        let before = association("web");
        bench.capture(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![before.clone()]));
        let ours = association("quarantine");
        let set = SourceEffect::ReplaceProfile { association: "iip-assoc-0".into(), profile: ours.profile.clone() };
        bench.done(StepName::Revoke, &set.into(), &[]);
        bench.know(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![ours.clone()]));
        let (association, profile) = (ours.id, before.profile);
        if replaced {
            assert_eq!(plan(&bench).perform, [SourceEffect::ReplaceProfile { association, profile }.into()]);
            continue;
        }
        let off: Effect = SourceEffect::DisassociateProfile { association }.into();
        assert_eq!(plan(&bench).perform, std::slice::from_ref(&off));
        bench.done(StepName::Revoke, &off, &[]);
        bench.know(S::ProfileAssociations(INSTANCE.into()), Reading::Associations(vec![]));
        let on = SourceEffect::AssociateProfile { instance: INSTANCE.into(), profile };
        assert_eq!(plan(&bench).perform, [on.into()]);
    }
}

/// Of an instance that is gone, too, and whatever the capture knows of the role.
#[test]
fn the_deny_is_deleted_where_it_was_put() {
    for state in [InstanceState::Running, InstanceState::Terminated] {
        let mut bench = stage();
        bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(Instance { state, ..instance(&[]) })));
        let (role, name) = (RoleName::from("web"), "impound-case-1".to_owned());
        let (document, put) = ("{}".to_owned(), name.clone());
        let put = SourceEffect::PutRolePolicy { role: role.clone(), name: put, document };
        bench.done(StepName::Revoke, &put.into(), &[]);
        bench.know(S::RolePolicy(role.clone(), name.clone()), Reading::Policy(Some("{}".into())));
        let delete = SourceEffect::DeleteRolePolicy { role: role.clone(), name: name.clone() };
        assert_eq!(plan(&bench).perform, [delete.into()], "{state:?}");
        bench.know(S::RolePolicy(role, name), Reading::Policy(None));
        let agenda = plan(&bench);
        assert!(agenda.perform.is_empty());
        assert_eq!(agenda.skipped.is_some(), state == InstanceState::Terminated);
    }
}
