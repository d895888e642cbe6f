use super::*;
use crate::query::{ForensicQuery as F, Side};
use crate::scene::instance::Instance;
use crate::scene::storage::{Detached, Snapshot, SnapshotState};
use crate::step::StepStatus;
use crate::testkit::stage::{both_copies, copies, protections, secured, sources};
use crate::testkit::things::{derived, detached, instance, interface, lock, snapshot, volume};
use crate::testkit::{Bench, DEFAULT_KEY, FORENSIC_KEY, INSTANCE, KEY, SHARE_KEY, holds, titles};

fn stop_off() -> Effect {
    protection(INSTANCE.into(), Attribute::StopProtection, Switch::Off).into()
}

/// Approved for the evidence as it stands.
fn approved(mut bench: Bench) -> Bench {
    let digest = custody::index(bench.view()).digest();
    bench.approve(Gate::Terminate, &digest);
    bench
}

/// Approved, and both protections lifted.
fn lifted() -> Bench {
    let mut bench = approved(secured());
    let lifts = bench.plan(&CARD).perform.clone();
    lifts.iter().for_each(|effect| bench.done(StepName::Terminate, effect, &[]));
    protections(&mut bench, false);
    bench.later(40);
    fresh(bench)
}

/// The same facts, read just now.
fn fresh(mut bench: Bench) -> Bench {
    let facts: Vec<_> = bench.scene.facts().map(|(q, f)| (q.clone(), f.answer.clone())).collect();
    for (query, answer) in facts {
        if let Ok(reading) = answer {
            bench.know(query, reading);
        }
    }
    bench
}

fn terminates(agenda: &Agenda<'_>) -> bool {
    agenda.perform.iter().any(|effect| matches!(effect, Effect::Source(SourceEffect::Terminate { .. })))
}

/// A link of the chain, and how it is removed.
type Removal = (&'static str, fn(&mut Bench));

/// Every link of the chain, removed one at a time.
fn links() -> Vec<Removal> {
    vec![
        ("a new volume", |b| {
            let volumes = vec![volume("vol-1", KEY), volume("vol-2", DEFAULT_KEY), volume("vol-3", KEY)];
            b.know(S::AttachedVolumes(INSTANCE.into()), Reading::Volumes(volumes));
        }),
        ("a detached volume", |b| {
            b.know(S::DetachedVolumes(INSTANCE.into()), Reading::Detached(detached(vec![volume("vol-9", KEY)])));
        }),
        ("the original", |b| {
            b.know(S::CaseSnapshots("case-1".into()), Reading::Snapshots(vec![snapshot("snap-1", "vol-1")]))
        }),
        ("a whole original", |b| {
            let pending = Snapshot { state: SnapshotState::Pending, ..snapshot("snap-1", "vol-1") };
            b.know(S::CaseSnapshots("case-1".into()), Reading::Snapshots(vec![pending, snapshot("snap-2", "vol-2")]));
        }),
        ("the copy", |b| copies(b, both_copies()[..1].to_vec())),
        ("a whole copy", |b| spoil(b, |copy| copy.state = SnapshotState::Pending)),
        ("a sound copy", |b| spoil(b, |copy| copy.state = SnapshotState::Error)),
        ("its owner", |b| spoil(b, |copy| copy.owner = crate::testkit::ACCOUNT.into())),
        ("its key", |b| spoil(b, |copy| copy.key = Some(SHARE_KEY.into()))),
        ("its encryption", |b| spoil(b, |copy| copy.key = None)),
        ("its size", |b| spoil(b, |copy| copy.size_gib = 4)),
        ("its source", |b| spoil(b, |copy| *copy = derived("snap-c2", "copy", "snap-other", FORENSIC_KEY))),
        ("its lock", |b| {
            b.know(F::Locks(vec!["snap-c1".into(), "snap-c2".into()]), Reading::Locks(vec![lock("snap-c1")]));
        }),
        ("a lock that holds", |b| {
            let expired = crate::scene::storage::Lock { state: "expired".into(), ..lock("snap-c2") };
            let locks = Reading::Locks(vec![lock("snap-c1"), expired]);
            b.know(F::Locks(vec!["snap-c1".into(), "snap-c2".into()]), locks);
        }),
        ("equality", |b| b.manifest(Side::Forensic, "snap-c2", "other")),
        ("the source's manifest", |b| {
            b.case.blocks.remove(&(Side::Source, "snap-2".into()));
        }),
        ("the copy's manifest", |b| {
            b.case.blocks.remove(&(Side::Forensic, "snap-c2".into()));
        }),
        ("isolation", |b| {
            b.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-web"])]));
        }),
        ("a disk that stays", |b| {
            let mut going = instance(&["vol-1", "vol-2"]);
            going.block_devices[1].delete_on_termination = true;
            b.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(going)));
        }),
        ("the forensic settings", |b| b.case.settings.forensic = None),
    ]
}

fn spoil(bench: &mut Bench, change: fn(&mut Snapshot)) {
    let mut read = both_copies();
    change(&mut read[1]);
    copies(bench, read);
}

/// Law 5, with the gate open and the protections down: whatever link is missing, nothing that leads
/// to the end is sent, the step says what to do, and the protections go back up.
#[test]
fn no_way_leads_to_the_end_with_a_link_missing() {
    assert!(terminates(&lifted().plan(&CARD)), "whole, it is sent");
    for (name, remove) in links() {
        let mut bench = lifted();
        remove(&mut bench);
        let digest = custody::index(bench.view()).digest();
        bench.approve(Gate::Terminate, &digest);
        let agenda = bench.plan(&CARD);
        assert!(!terminates(&agenda), "without {name}");
        assert!(!agenda.holds.is_empty() || agenda.moves(), "without {name}: says nothing");
        assert!(titles(&agenda).iter().all(|title| title.ends_with(" on")), "without {name}: {:?}", titles(&agenda));
        if agenda.observe.is_empty() {
            assert_eq!(agenda.perform.len(), 2, "without {name}: the protections stay down");
            assert!(!agenda.holds.is_empty(), "without {name}");
        }
    }
}

#[test]
fn the_gate_shows_what_is_kept_and_what_is_lost_and_is_bound_to_it() {
    let mut bench = secured();
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty());
    let [gate] = agenda.gates.as_slice() else { panic!("{:?}", holds(&agenda)) };
    let text = gate.exposure.join("\n");
    for part in [
        "snap-1 is copied as snap-c1",
        "snap-2 is copied as snap-c2",
        "lost: what is only in the memory",
        "203.0.113.5",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    bench.approve(Gate::Terminate, "another digest");
    assert!(bench.plan(&CARD).perform.is_empty());
}

#[test]
fn the_gate_shows_how_far_detached_volumes_were_looked_for() {
    let mut bench = secured();
    let mut shown = |whole| {
        bench.know(S::DetachedVolumes(INSTANCE.into()), Reading::Detached(Detached { whole, ..detached(vec![]) }));
        bench.plan(&CARD).gates[0].exposure.join("\n").contains("oldest events were not read")
    };
    assert_eq!([shown(false), shown(true)], [true, false]);
}

/// The evidence grew after the approval: what was approved is not what is at hand.
#[test]
fn an_approval_does_not_cover_other_evidence() {
    let mut bench = lifted();
    let mut more = both_copies();
    more.push(derived("snap-c3", "copy", "snap-1", FORENSIC_KEY));
    copies(&mut bench, more);
    bench.know(
        F::Locks(vec!["snap-c1".into(), "snap-c2".into(), "snap-c3".into()]),
        Reading::Locks(vec![lock("snap-c1"), lock("snap-c2"), lock("snap-c3")]),
    );
    let agenda = bench.plan(&CARD);
    assert!(!terminates(&agenda) && agenda.gates.iter().any(|gate| !gate.approved));
    assert_eq!(agenda.perform.len(), 2, "and the protections go back up");
}

#[test]
fn old_readings_are_not_enough() {
    let mut bench = lifted();
    bench.later(120);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty());
    assert!(agenda.observe.contains(&F::CaseSnapshots("case-1".into()).into()));
    assert!(agenda.observe.contains(&S::AttachedVolumes(INSTANCE.into()).into()));
}

#[test]
fn the_protections_are_lifted_behind_the_gate_and_before_the_call() {
    let bench = approved(secured());
    let agenda = bench.plan(&CARD);
    assert_eq!(agenda.perform.len(), 2);
    assert!(agenda.perform.contains(&stop_off()));
    let bench = lifted();
    let agenda = bench.plan(&CARD);
    assert_eq!(titles(&agenda), [format!("terminate {INSTANCE}")]);
}

#[test]
fn a_refused_call_puts_both_protections_back_and_holds() {
    let mut bench = lifted();
    let end = bench.plan(&CARD).perform[0].clone();
    bench.refused(StepName::Terminate, &end);
    let agenda = bench.plan(&CARD);
    assert!(titles(&agenda).iter().all(|title| title.ends_with(" on")) && agenda.perform.len() == 2);
    assert!(holds(&agenda)[0].contains("ec2:TerminateInstances"));
    protections(&mut bench, true);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && !agenda.moves() && !agenda.holds.is_empty(), "armed, held, at rest");
    bench.resume();
    assert!(bench.plan(&CARD).perform.contains(&stop_off()), "a person tries again");
}

#[test]
fn when_one_protection_can_not_be_lifted_the_other_is_put_back() {
    let mut bench = approved(secured());
    let lifts = bench.plan(&CARD).perform.clone();
    let [stop, termination] = &lifts[..] else { panic!("two protections") };
    bench.refused(StepName::Terminate, stop);
    bench.done(StepName::Terminate, termination, &[]);
    let set = |bench: &mut Bench, attribute, on| {
        bench.know(S::Attribute(INSTANCE.into(), attribute), Reading::Attribute(AttributeValue::Flag(on)));
    };
    set(&mut bench, Attribute::StopProtection, true);
    set(&mut bench, Attribute::TerminationProtection, false);
    let agenda = bench.plan(&CARD);
    let back: Effect = protection(INSTANCE.into(), Attribute::TerminationProtection, Switch::On).into();
    assert_eq!(agenda.perform, [back]);
    assert!(holds(&agenda)[0].contains("ec2:ModifyInstanceAttribute"), "{:?}", holds(&agenda));
    protections(&mut bench, true);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && !agenda.moves() && !agenda.holds.is_empty(), "armed, held, at rest");
}

/// Killed between lifting and the call: it goes on.
#[test]
fn a_resume_after_the_lift_goes_on() {
    let mut bench = lifted();
    bench.resume();
    assert!(terminates(&bench.plan(&CARD)));
}

fn in_state(bench: &mut Bench, state: InstanceState) {
    let machine = Instance { state, ..instance(&[]) };
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(machine)));
}

#[test]
fn the_end_is_read_back_and_what_is_left_is_listed() {
    let mut bench = lifted();
    let end = bench.plan(&CARD).perform[0].clone();
    bench.done(StepName::Terminate, &end, &[]);
    in_state(&mut bench, InstanceState::ShuttingDown);
    assert!(bench.plan(&CARD).moves());
    in_state(&mut bench, InstanceState::Terminated);
    let share: Effect = SourceEffect::ShareSnapshot { snapshot: "snap-1".into(), with: "222222222222".into() }.into();
    bench.done(StepName::Share, &share, &[]);
    let left = Reading::Volumes(vec![volume("vol-1", KEY)]);
    bench.know(S::Volumes(vec!["vol-1".into(), "vol-2".into()]), left);
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open());
    assert_eq!(agenda.proof[0], format!("{INSTANCE} read back as terminated"));
    let text = agenda.warnings.join("\n");
    for part in ["left behind: vol-1 (8 GiB)", "vol-2 is gone", "left behind: snap-1, still shared"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn an_end_by_others_is_said_with_what_was_missing() {
    let mut bench = secured();
    copies(&mut bench, vec![]);
    in_state(&mut bench, InstanceState::Terminated);
    bench.know(S::Volumes(vec!["vol-1".into(), "vol-2".into()]), Reading::Volumes(vec![]));
    let agenda = bench.plan(&CARD);
    assert!(agenda.proof[0].contains("not by this case"));
    assert!(agenda.warnings.iter().any(|line| line.contains("before everything was secured: vol-1")));
}

/// After an hour AWS no longer shows a terminated instance.
#[test]
fn not_found_is_only_an_end_that_was_read_back() {
    let mut bench = secured();
    let query: crate::query::Query = S::Instance(INSTANCE.into()).into();
    let gone = crate::fault::Fault::new(FaultClass::NotFound, "InvalidInstanceID.NotFound", "no such instance");
    bench.scene.learn(query.clone(), Err(gone), crate::scene::Tick(9_999), bench.now);
    assert!(holds(&bench.plan(&CARD))[0].contains("never read back as terminated"));
    let machine = Instance { state: InstanceState::Terminated, ..instance(&[]) };
    bench.case.observed.insert(query, Reading::Instance(Box::new(machine)));
    assert!(holds(&bench.plan(&CARD)).is_empty());
}

#[test]
fn without_a_lock_period_the_end_stays_shut() {
    let mut bench = secured();
    bench.case.settings.policy.lock_days = 0;
    bench.know(F::Locks(vec!["snap-c1".into(), "snap-c2".into()]), Reading::Locks(vec![]));
    assert!(holds(&bench.plan(&CARD))[0].contains("policy.lock_days is 0"));
}

#[test]
fn protections_that_others_took_off_are_not_this_steps_business() {
    let mut bench = secured();
    protections(&mut bench, false);
    sources(&mut bench, vec![]);
    bench.case.blocks.clear();
    bench.step(StepName::Copy, StepStatus::Done);
    assert!(bench.plan(&CARD).perform.is_empty());
}

/// What the escalations cut for others does not end with the instance.
#[test]
fn a_cut_subnet_and_a_suspended_group_are_left_with_the_command_that_undoes_them() {
    let mut bench = lifted();
    let end = bench.plan(&CARD).perform[0].clone();
    bench.done(StepName::Terminate, &end, &[]);
    let association = crate::scene::network::AclAssociation { id: "aclassoc-1".into(), subnet: "subnet-1".into() };
    let (id, vpc, associations) = ("acl-1".into(), "vpc-1".into(), vec![association]);
    let before = crate::scene::network::NetworkAcl {
        id,
        vpc,
        associations,
        entries: vec![],
        tags: crate::scene::instance::Tags::new(),
    };
    bench.capture(S::Acls(vec!["vpc-1".into()]), Reading::Acls(vec![before]));
    let cut = SourceEffect::ReplaceAcl { association: "aclassoc-1".into(), acl: "acl-ours".into() };
    bench.done(StepName::Isolate, &cut.into(), &[]);
    let processes = vec!["Terminate".to_owned()];
    bench.done(StepName::Detach, &SourceEffect::SuspendProcesses { group: "web".into(), processes }.into(), &[]);
    in_state(&mut bench, InstanceState::Terminated);
    bench.know(S::Volumes(vec!["vol-1".into(), "vol-2".into()]), Reading::Volumes(vec![]));
    let text = bench.plan(&CARD).warnings.join("\n");
    for part in
        ["subnet-1 behind acl-ours, cut for everybody", "Terminate of web, suspended", "`impound release case-1`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    bench.step(StepName::Terminate, StepStatus::Done);
    let opened = crate::release::reopens(&bench.case).join("\n");
    assert!(opened.contains("network ACL") && opened.contains("Terminate of web run again"), "{opened}");
    assert!(!opened.contains("termination protection"), "{opened}");
}
