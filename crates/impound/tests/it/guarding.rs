//! `impound guard`: what it refuses, and a guard on the range from beginning to end.

use crate::field::Field;
use casebook::entry::{CaseStatus, Entry, Person, StepEntry};
use casebook::fault::{Fault, FaultClass};
use casebook::id::GroupId;
use casebook::step::{Phase, StepName, StepStatus};
use engine::Stop;
use futures_util::future::join;
use impound::commands::resume::resumed;
use impound::document::Document;
use impound::exit::Exit;
use impound::failure::Failure;
use impound::guarding::{Watch, guard};
use impound::opening::take_up;
use impound::respond::Site;
use impound::summary::summary;
use jiff::SignedDuration;
use range::{Injection, Range};

fn contained() -> Field {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Contain))).expect("contained");
    range::run(&field.range.clock(), field.range.clock().sleep(SignedDuration::from_mins(10)));
    field
}

/// Puts an interface of the instance back into a group with rules.
fn revert(range: &Range) {
    let target = range.target().instance;
    range.with_world(|world| {
        let open = |group: &&range::world::groups::GroupRecord| !group.shown.rules.is_empty();
        let open: GroupId = world.network.groups.values().find(open).expect("one").shown.id.clone();
        let cards = world.network.interfaces.values().map(|card| &card.shown);
        let mut cards = cards.filter(|card| card.instance.as_ref() == Some(&target));
        let card = cards.next().expect("one").id.clone();
        world.administrator("mallory").set_interface_groups(&card, &[open]).expect("reverted");
    });
}

fn person() -> Person {
    Person { name: "tester".into(), identity: None }
}

/// Guards the case of a field while a script is played; its end stops the guard.
fn guarded(field: &Field, script: impl AsyncFnOnce(&Range)) -> Result<Exit, Failure> {
    let (context, cloud, clock, stop) = (field.context(), field.cloud(), field.clock(), Stop::new());
    let mut session = take_up(&field.shelf(), &field.case()).expect("free");
    let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
    let watch = Watch { every_seconds: 30, config: &field.config, by: person() };
    let play = async {
        script(&field.range).await;
        stop.wish();
    };
    range::run(&clock, join(guard(&context, site, &mut session, watch), play)).0
}

async fn pass(range: &Range, seconds: i64) {
    range.clock().sleep(SignedDuration::from_secs(seconds)).await;
}

#[test]
fn a_drift_stands_in_the_document_and_in_the_summary() {
    let field = contained();
    let exit = guarded(&field, async |range| {
        pass(range, 40).await;
        revert(range);
        pass(range, 600).await;
        assert!(take_up(&field.shelf(), &field.case()).is_err(), "the case is locked");
    });
    assert_eq!(exit.expect("stopped"), Exit::Done);
    let history = field.history();
    let document = Document::of(&history);
    assert_eq!(document.status, CaseStatus::Done);
    assert!(document.reason.contains("no longer guarded"), "{}", document.reason);
    let [drift] = document.drifts.as_slice() else { panic!("{:?}", document.drifts) };
    assert_eq!((drift.step, drift.by[0].by.as_str()), (StepName::Isolate, "mallory"));
    assert!(drift.mended.is_some() && drift.unknown.is_empty());
    let told = summary(&history);
    for words in ["Undone by others while it was guarded", "not in the quarantine group alone", "by mallory from"] {
        assert!(told.as_str().contains(words), "no `{words}` in {}", told.as_str());
    }
}

#[test]
fn a_case_that_can_not_be_kept_contained_is_held() {
    let field = contained();
    let ended = guarded(&field, async |range| {
        let denied = Fault::new(FaultClass::Denied, "UnauthorizedOperation", "not allowed");
        range.inject(Injection::before("ec2:ModifyNetworkInterfaceAttribute", denied).times(u32::MAX));
        revert(range);
        pass(range, 3600).await;
    });
    let failure = ended.expect_err("held");
    assert_eq!(failure.exit, Exit::Held);
    assert!(failure.what.contains("can not be kept contained"), "{}", failure.what);
    let document = failure.promised().expect("a document");
    assert_eq!((document.status, document.drifts.len()), (CaseStatus::Held, 1));
    assert!(document.drifts[0].mended.is_none());
    assert_eq!(document.drifts[0].unknown, "not in CloudTrail yet");
}

#[test]
fn what_is_over_or_has_not_begun_is_not_guarded() {
    let over = |entry: Entry| {
        let field = contained();
        let mut session = take_up(&field.shelf(), &field.case()).expect("free");
        let resumed = resumed(session.case(), None, &field.config, person());
        session.append(field.clock().now(), &[entry, resumed]).expect("written");
        drop(session);
        field.run(&["guard", field.case().as_str()])
    };
    let (step, status, reason) = (StepName::Terminate, StepStatus::Done, String::new());
    let gone = Entry::Step(StepEntry { step, status, reason, warnings: vec![], proof: vec![] });
    over(gone).fails_with(2, &["is terminated", "nothing to guard"]);
    over(Entry::Releasing(person())).fails_with(2, &["is being released"]);
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    field.run(&["guard", field.case().as_str()]).fails_with(2, &["not contained yet", "--through contain"]);
}

#[test]
fn a_period_out_of_range_and_a_case_that_is_not_there_are_usage() {
    let field = contained();
    let end = field.run(&["guard", field.case().as_str(), "--every", "1s"]);
    assert_eq!(end.code, Some(2), "{end:?}");
    assert!(end.stderr.contains("every 10s to 1h"), "{end:?}");
    field.run(&["guard", "nobody"]).fails_with(2, &["nobody"]);
}
