use super::*;
use crate::effect::SourceEffect;
use crate::entry::{Asked, Guarding, Person};
use crate::gate::Gate;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::testkit::things::interface;
use crate::testkit::{Bench, INSTANCE, settings};
use StepName::{Capture, Deregister, Detach, Isolate, Protect, Revoke, Snapshot, Tag};

fn groups(interface: &str) -> Effect {
    SourceEffect::SetInterfaceGroups { interface: interface.into(), groups: vec!["sg-window".into()] }.into()
}

fn asking(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    agenda.ask(S::SerialConsole);
    agenda
}

fn of(bench: &Bench, step: StepName, fill: impl FnOnce(&mut Agenda<'_>)) -> StepReport {
    let mut agenda = Agenda::new(bench.view());
    fill(&mut agenda);
    StepReport::of(step, &agenda, bench.view())
}

/// A step that stands so, as its successors see it.
fn standing_as(step: StepName, status: StepStatus, passable: bool, moving: bool) -> StepReport {
    let bench = Bench::new(settings());
    StepReport { status, passable, moving, ..of(&bench, step, |_| ()) }
}

fn blocked(step: StepName) -> StepReport {
    standing_as(step, StepStatus::Waiting, false, true)
}

fn after(reports: Vec<StepReport>) -> Next {
    Next { steps: reports, ..Next::default() }
}

fn row(bench: &Bench, step: StepName) -> &RunbookStep {
    bench.case.runbook.steps.iter().find(|row| row.step == step).expect("in the runbook")
}

fn guard(bench: &mut Bench) {
    bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
}

/// The window was opened and not closed again.
fn open_the_window(bench: &mut Bench) {
    let open = SourceEffect::AuthorizeRules { group: "sg-window".into(), rules: vec![] };
    bench.done(Isolate, &open.into(), &[]);
    bench.done(Isolate, &groups("eni-1"), &[]);
    assert!(isolate::window_left_open(&bench.case));
}

#[test]
fn what_cuts_the_attacker_off_goes_first() {
    let mut steps = [Tag, Snapshot, Detach, Isolate, Revoke, Protect];
    steps.sort_by_key(|step| urgency(*step));
    assert_eq!(steps, [Isolate, Detach, Snapshot, Revoke, Tag, Protect]);
}

#[test]
fn stolen_credentials_put_the_role_right_behind_the_capture() {
    let mut bench = Bench::new(settings());
    let order = |bench: &Bench| rows(bench.view()).iter().map(|row| row.step).collect::<Vec<_>>();
    assert_eq!(order(&bench)[..2], [Capture, Tag]);
    bench.case.revoke_first = true;
    bench.case.runbook.steps.reverse();
    assert_eq!(order(&bench)[..2], [Capture, Revoke]);
}

#[test]
fn a_step_waits_for_those_before_it_that_are_not_passed() {
    let bench = Bench::new(settings());
    let waits = |reports| before(bench.view(), &after(reports), row(&bench, Isolate));
    assert_eq!(waits(vec![]), None, "a step that is not planned is not waited for");
    assert_eq!(waits(vec![blocked(Protect), blocked(Tag)]), Some(Protect));
    assert_eq!(waits(vec![blocked(Tag), standing_as(Protect, StepStatus::Done, true, false)]), None);
    assert_eq!(waits(vec![StepReport { yields: Some(Isolate), ..blocked(Detach) }]), None, "it waits for this one");
    assert_eq!(waits(vec![StepReport { yields: Some(Revoke), ..blocked(Detach) }]), Some(Detach));
}

#[test]
fn with_stolen_credentials_the_network_waits_for_the_role_and_the_role_for_the_capture_alone() {
    let mut bench = Bench::new(settings());
    let next = after(vec![blocked(Capture), blocked(Revoke), blocked(Isolate)]);
    let waits = |bench: &Bench, step| before(bench.view(), &next, row(bench, step));
    assert_eq!((waits(&bench, Isolate), waits(&bench, Revoke)), (None, Some(Isolate)));
    bench.case.revoke_first = true;
    assert_eq!((waits(&bench, Isolate), waits(&bench, Revoke)), (Some(Revoke), Some(Capture)));
    assert_eq!(waits(&bench, Deregister), Some(Isolate));
}

#[test]
fn order_is_for_the_first_time_and_never_for_an_open_window() {
    let waits =
        |bench: &Bench, step| blocker(bench.view(), &after(vec![blocked(Protect), blocked(Isolate)]), row(bench, step));
    let fresh = || Bench::new(settings());
    assert_eq!(waits(&fresh(), Isolate), Some(Protect));
    for status in [StepStatus::Done, StepStatus::Skipped, StepStatus::Failed, StepStatus::Waiting, StepStatus::Unknown]
    {
        let mut bench = fresh();
        bench.step(Isolate, status);
        let again = matches!(status, StepStatus::Waiting | StepStatus::Unknown);
        assert_eq!(waits(&bench, Isolate).is_some(), again, "{status:?}");
    }
    let mut kept = fresh();
    mend(&mut kept);
    assert_eq!(waits(&kept, Isolate), Some(Protect), "nobody keeps watch");
    guard(&mut kept);
    assert_eq!((waits(&kept, Isolate), waits(&kept, Revoke)), (None, Some(Isolate)));
    let mut open = fresh();
    open_the_window(&mut open);
    assert_eq!((waits(&open, Isolate), waits(&open, Revoke)), (None, Some(Isolate)));
}

/// Isolated once, and under way again.
fn mend(bench: &mut Bench) {
    bench.step(Isolate, StepStatus::Done);
    bench.step(Isolate, StepStatus::Waiting);
}

/// A step that lets another go first is passed while that one stands at a gate or has failed.
#[test]
fn who_lets_another_go_first_is_waited_for_while_that_one_moves() {
    use StepStatus::{Done, Failed, Waiting};
    let bench = Bench::new(settings());
    let yields = StepReport { yields: Some(Detach), ..standing_as(Isolate, Waiting, false, false) };
    let passed = |report: &StepReport, first| passes(bench.view(), &after(vec![blocked(Tag), first]), report);
    for (status, moving, expected) in [
        (Waiting, false, true),
        (Failed, false, true),
        (Waiting, true, false),
        (Failed, true, false),
        (Done, false, false),
    ] {
        assert_eq!(passed(&yields, standing_as(Detach, status, false, moving)), expected, "{status:?} {moving}");
    }
    let stands = || standing_as(Detach, Waiting, false, false);
    assert!(!passed(&StepReport { moving: true, ..yields.clone() }, stands()));
    assert!(!passed(&StepReport { yields: None, ..yields.clone() }, stands()));
    assert!(passed(&StepReport { passable: true, moving: true, ..yields }, blocked(Detach)));
}

/// The same before it is planned in this run: what is written counts.
#[test]
fn who_stands_at_a_gate_or_has_failed_is_known_from_the_ledger() {
    let stands = |bench: &Bench| stands(bench.view(), &Next::default(), Detach);
    let mut bench = Bench::new(settings());
    assert!(!stands(&bench));
    for (gate, step) in [(Gate::BootImage, Detach), (Gate::Router, Isolate)] {
        bench.write(&Entry::Asked(Asked { gate, step, exposure: vec![], digest: "shown".into() }));
        assert!(!stands(&bench), "{gate}");
    }
    let gate = Gate::AsgSuspend;
    bench.write(&Entry::Asked(Asked { gate, step: Detach, exposure: vec![], digest: "shown".into() }));
    assert!(stands(&bench));
    bench.approve(gate, "shown");
    assert!(!stands(&bench));
    bench.step(Detach, StepStatus::Failed);
    assert!(stands(&bench));
    bench.step(Detach, StepStatus::Done);
    assert!(!stands(&bench));
}

#[test]
fn how_a_step_stands_follows_from_what_it_wants() {
    use StepStatus::{Done, Failed, Skipped, Waiting};
    type Fill = fn(&mut Agenda<'_>);
    let gate: Fill = |agenda| {
        agenda.gate(Gate::Router, vec!["traffic".into()]);
    };
    let offer: Fill = |agenda| {
        agenda.gate(Gate::OpenWindow, vec!["everything".into()]);
    };
    let approved: Fill = |agenda| {
        agenda.gate(Gate::SharedRole, vec!["others".into()]);
    };
    let passable: Fill = |agenda| {
        agenda.ask(S::SerialConsole);
        agenda.passable = true;
    };
    let table: [(Fill, StepStatus, bool, &str); 9] = [
        (|agenda| agenda.prove("read back"), Done, true, "read back"),
        (|agenda| agenda.skip("nothing there"), Skipped, true, "nothing there"),
        (|agenda| agenda.hold("refused"), Failed, true, "refused"),
        (|agenda| agenda.ask(S::SerialConsole), Waiting, false, "under way"),
        (|agenda| agenda.yield_to(Detach, "after detach"), Waiting, false, "after detach"),
        (gate, Waiting, true, "at the gate `router`: traffic"),
        (offer, Done, true, ""),
        (approved, Done, true, ""),
        (passable, Waiting, true, "under way"),
    ];
    let mut bench = Bench::new(settings());
    bench.approve(Gate::SharedRole, "");
    for (fill, status, passable, reason) in table {
        let report = of(&bench, Tag, fill);
        assert_eq!((report.status, report.passable, report.reason.as_str()), (status, passable, reason));
    }
    assert!(!of(&bench, Capture, |agenda| agenda.hold("refused")).passable, "nothing goes on without the capture");
}

#[test]
fn a_done_step_stays_done_only_while_its_facts_are_read_again() {
    use StepStatus::{Done, Failed, Waiting};
    type Fill = fn(&mut Agenda<'_>);
    let closed: Fill = |agenda| {
        agenda.gate(Gate::Router, vec![]);
    };
    let holds: Fill = |agenda| {
        agenda.ask(S::SerialConsole);
        agenda.hold("refused");
    };
    let table: [(StepStatus, Fill, StepStatus); 6] = [
        (Done, |agenda| agenda.ask(S::SerialConsole), Done),
        (Failed, |agenda| agenda.ask(S::SerialConsole), Waiting),
        (Done, |agenda| agenda.perform.push(groups("eni-1")), Waiting),
        (Done, |agenda| agenda.wait(agenda.view.now, "something"), Waiting),
        (Done, holds, Waiting),
        (Done, closed, Waiting),
    ];
    for (n, (written, fill, status)) in table.into_iter().enumerate() {
        let mut bench = Bench::new(settings());
        bench.step(Tag, written);
        assert_eq!(of(&bench, Tag, fill).status, status, "row {n}");
    }
}

/// The capture says what `isolate` may make ready.
#[test]
fn nothing_is_made_ready_before_the_capture() {
    let mut bench = Bench::new(settings());
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-1"])]));
    for (passable, ready) in [(false, false), (true, true)] {
        let capture = StepReport { passable, ..blocked(Capture) };
        let mut next = after(vec![standing_as(Tag, StepStatus::Done, true, false), capture]);
        let report = prepare(bench.view(), steps::card(Isolate), Protect, &mut next);
        assert_eq!(next.observe.contains(&S::QuarantineGroups.into()), ready);
        assert_eq!((report.status, report.passable), (StepStatus::Waiting, false));
        assert_eq!(report.reason, "after protect");
    }
}

fn reads(agenda: &mut Agenda<'_>) {
    agenda.read(S::SerialConsole);
}

fn holds(agenda: &mut Agenda<'_>) {
    agenda.read(S::SerialConsole);
    agenda.hold("refused");
}

/// What a step has read a minute before it is done is read again first; what stands as done is watched.
#[test]
fn a_step_is_done_on_readings_of_now() {
    use StepStatus::{Done, Failed, Waiting};
    type Plan = fn(&mut Agenda<'_>);
    let table: [(Plan, StepStatus, StepStatus, bool); 3] =
        [(reads, Waiting, Waiting, true), (reads, Done, Done, false), (holds, Waiting, Failed, false)];
    for (plan, written, status, again) in table {
        let mut bench = Bench::new(settings());
        bench.know(S::SerialConsole, Reading::Flag(true));
        bench.step(Tag, written);
        bench.later(60);
        let card = StepCard { plan, prepare: None, release: None, ..*steps::card(Tag) };
        let mut next = Next::default();
        assert_eq!(run(bench.view(), &card, &mut next).status, status, "{written:?}");
        assert_eq!(!next.observe.is_empty(), again, "{written:?}");
    }
}

#[test]
fn what_two_steps_want_is_planned_once_with_all_that_goes_with_it() {
    let bench = Bench::new(settings());
    let mut next = Next::default();
    for (step, interface) in [(Isolate, "eni-1"), (Detach, "eni-1"), (Detach, "eni-2")] {
        let mut agenda = asking(&bench);
        agenda.perform.push(groups(interface));
        take(step, agenda, &mut next);
    }
    assert_eq!(next.perform, [(Isolate, groups("eni-1")), (Detach, groups("eni-2"))]);
    assert_eq!(next.observe.len(), 1);
}

#[test]
fn without_its_instance_a_step_stands_as_written_or_has_nothing_to_work_on() {
    use StepStatus::{Done, Failed, Skipped, Waiting};
    for (step, written, status) in [
        (Tag, Waiting, Skipped),
        (Tag, Done, Done),
        (Tag, Failed, Skipped),
        (Protect, Done, Failed),
        (Protect, Waiting, Failed),
    ] {
        let mut bench = Bench::new(settings());
        bench.step(step, written);
        assert_eq!(StepReport::bereft(step, "it is gone".into(), bench.view()).status, status, "{step} {written:?}");
    }
}
