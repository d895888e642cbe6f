use super::*;
use crate::effect::{Capacity, Switch};
use crate::fault::Fault;
use crate::scene::Tick;
use crate::scene::instance::Instance;
use crate::testkit::things::instance;
use crate::testkit::{Bench, INSTANCE, settings};

/// Changes, and what a release of each would open again; the first three outlive the instance.
fn changes() -> Vec<(SourceEffect, &'static str)> {
    let (group, target) = (|| "web".into(), || INSTANCE.into());
    let processes = vec!["Launch".to_owned(), "Terminate".to_owned()];
    let (name, document) = ("impound".to_owned(), String::new());
    let (public, private) = ("203.0.113.5".to_owned(), "10.0.0.5".to_owned());
    let (eni, capacity) = (|| "eni-1".into(), Capacity::Keep);
    vec![
        (
            SourceEffect::PutRolePolicy { role: "app".into(), name, document },
            "the deny on the role app is deleted: credentials of the instance work again",
        ),
        (
            SourceEffect::ReplaceAcl { association: "aclassoc-1".into(), acl: "acl-1".into() },
            "the subnet's network ACL is put back",
        ),
        (SourceEffect::SuspendProcesses { group: group(), processes }, "Launch and Terminate of web run again"),
        (
            SourceEffect::SetInterfaceGroups { interface: eni(), groups: vec![] },
            "eni-1 gets its captured security groups back: the network is open again",
        ),
        (
            SourceEffect::DisassociateAddress { interface: eni(), allocation: "eipalloc-1".into(), public, private },
            "203.0.113.5 leads to the instance again",
        ),
        (SourceEffect::DisassociateProfile { association: "iip-1".into() }, "the instance gets its role back"),
        (
            SourceEffect::DetachFromGroup { group: group(), instance: target(), capacity },
            "the instance serves in web again",
        ),
        (SourceEffect::DeregisterTargets { group: "arn:tg".into(), targets: vec![] }, "arn:tg sends it clients again"),
        (SourceEffect::DeregisterClassic { balancer: "old".into(), instance: target() }, "old sends it clients again"),
        (
            SourceEffect::SetTerminationProtection { instance: target(), to: Switch::On },
            "termination protection goes back to its captured value",
        ),
    ]
}

#[test]
fn a_release_names_what_each_change_opens_and_of_a_gone_instance_what_outlives_it() {
    for (n, (effect, line)) in changes().into_iter().enumerate() {
        let mut bench = Bench::new(settings());
        bench.done(StepName::Isolate, &effect.into(), &[]);
        assert_eq!(reopens(&bench.case), [line]);
        bench.step(StepName::Terminate, StepStatus::Done);
        assert_eq!(reopens(&bench.case).len(), usize::from(n < 3), "{line}");
    }
}

/// A lost answer counts; a refused change was never made.
#[test]
fn what_was_refused_was_not_done() {
    let effect: Effect = changes().remove(0).0.into();
    let any = |bench: &Bench| we_did_any(&bench.case, |kind| matches!(kind, SourceEffect::PutRolePolicy { .. }));
    let (mut refused, mut lost) = (Bench::new(settings()), Bench::new(settings()));
    refused.refused(StepName::Revoke, &effect);
    lost.lost(StepName::Revoke, &effect);
    for (bench, done) in [(Bench::new(settings()), false), (refused, false), (lost, true)] {
        assert_eq!((we_did(&bench.case, &effect), any(&bench)), (done, done));
        assert_eq!(
            (our_changes(&bench.case).count(), reopens(&bench.case).len()),
            (usize::from(done), usize::from(done))
        );
    }
}

/// Whether the instance stands, is gone, is asked for, or can not be read.
fn looked(answer: Option<Result<Reading, FaultClass>>) -> (Option<bool>, bool, usize, usize) {
    let mut bench = Bench::new(settings());
    if let Some(answer) = answer {
        let answer = answer.map_err(|class| Fault::new(class, "", "no"));
        bench.scene.learn(S::Instance(INSTANCE.into()).into(), answer, Tick(1), bench.now);
    }
    let mut agenda = Agenda::new(bench.view());
    let gone = is_gone(&mut agenda);
    let stands = stands(&mut Agenda::new(bench.view()), "nothing to put back");
    (gone, stands, agenda.observe.len(), agenda.holds.len())
}

#[test]
fn an_instance_is_gone_when_aws_says_so_and_not_when_it_says_nothing() {
    let seen = |state| Some(Ok(Reading::Instance(Box::new(Instance { state, ..instance(&[]) }))));
    assert_eq!(looked(seen(InstanceState::Running)), (Some(false), true, 0, 0));
    assert_eq!(looked(seen(InstanceState::Terminated)), (Some(true), false, 0, 0));
    assert_eq!(looked(Some(Err(FaultClass::Denied))), (None, false, 0, 1));
    assert_eq!(looked(None), (None, false, 1, 0));
}

/// AWS misses for a moment what is there: a release that believes it at once leaves everything as it is and says done.
#[test]
fn what_is_not_found_is_gone_when_it_was_seen_to_end_or_is_missed_for_long() {
    let query: Query = S::Instance(INSTANCE.into()).into();
    let missed = |bench: &mut Bench, n: u64| {
        let fault = Fault::new(FaultClass::NotFound, "InvalidInstanceID.NotFound", "no");
        bench.scene.learn(query.clone(), Err(fault), Tick(n), bench.now);
    };
    let gone = |bench: &Bench| is_gone(&mut Agenda::new(bench.view()));
    let mut bench = Bench::new(settings());
    let (begin, mut answers) = (bench.now, 0);
    while gone(&bench).is_none() {
        let mut agenda = Agenda::new(bench.view());
        assert_eq!((is_gone(&mut agenda), agenda.moves(), agenda.holds.len()), (None, true, 0));
        if !agenda.observe.is_empty() {
            answers += 1;
            missed(&mut bench, answers);
        }
        bench.later(1);
    }
    assert_eq!(gone(&bench), Some(true));
    assert!(answers == 4 && bench.now.duration_since(begin).as_secs() >= 30, "{answers} answers, {}", bench.now);
    let mut seen = Bench::new(settings());
    let ended = Instance { state: InstanceState::ShuttingDown, ..instance(&[]) };
    seen.observe(query.clone(), Reading::Instance(Box::new(ended)));
    missed(&mut seen, 99);
    assert_eq!(gone(&seen), Some(true), "it was seen to end");
}
