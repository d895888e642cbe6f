//! Capture: read a closed set of facts before anything changes.
//!
//! Before: nothing. After: every question of the set is answered in the ledger, or its gap is named
//! with the reason; what could not be read is never an absence.
//!
//! Two tiers. The first is everything that a change could destroy or that an undo needs, and it is
//! written before the first change. The second is read side by side with the first steps, with a
//! deadline after which what is still open is a named gap. Each step that needs a fact of the second
//! tier reads it itself before it acts.
//!
//! What can go wrong: the instance vanishes (what was read is kept), a permission is missing (a
//! gap), AWS throttles (repeated, then a gap). Only API calls are made: nothing runs on the
//! instance, so nothing there is changed.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::entry::StepEntry;
use crate::fault::{Fault, FaultClass};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::step::{StepName, StepStatus};
use crate::tags;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

mod set;

pub use set::{first_tier, second_tier};

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Capture,
    title: "read everything around the instance before any change",
    undo: "none: it changes nothing",
    plan,
    prepare: None,
    release: None,
    source_actions: set::ACTIONS,
    forensic_actions: &[],
};

/// How long the second tier may take, from the end of the first or from when the case was taken up
/// again.
const TIME: SignedDuration = SignedDuration::from_mins(10);
/// Begins the sentence on a gap.
const NOT_CAPTURED: &str = "not captured: ";

/// All questions of the capture, as far as what is captured already lets them be known; none once
/// it is done, because its set is closed.
pub fn wanted(case: &Case) -> BTreeSet<Query> {
    if done(case).is_some() {
        return BTreeSet::new();
    }
    let mut wanted = first_tier(case);
    wanted.extend(second_tier(case));
    wanted
}

/// Questions of the second tier for which there was no time: gaps, from now on.
pub fn overdue(case: &Case, now: Timestamp) -> BTreeSet<Query> {
    if done(case).is_some() || !open(case, first_tier(case)).is_empty() || now < deadline(case) {
        return BTreeSet::new();
    }
    open(case, second_tier(case)).into_iter().collect()
}

/// Why they are.
pub fn no_time() -> Fault {
    Fault::new(FaultClass::Unknown, "", format!("not read within {} minutes", TIME.as_mins()))
}

fn deadline(case: &Case) -> Timestamp {
    let answered = first_tier(case).into_iter().filter_map(|query| Some(case.baseline.scene.fact(&query)?.at));
    answered.max().unwrap_or(case.opened).max(case.resumed) + TIME
}

/// The entry that says so.
fn done(case: &Case) -> Option<&StepEntry> {
    let entry = &case.steps.get(&StepName::Capture)?.entry;
    (entry.status == StepStatus::Done).then_some(entry)
}

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    if let Some(entry) = done(case) {
        agenda.passable = true;
        let unasked = case.open_gaps().into_iter().filter(|gap| agenda.view.scene.fact(gap).is_none());
        unasked.collect::<Vec<_>>().into_iter().for_each(|gap| agenda.ask(gap));
        // A gap may have been filled since: what is said of gaps is said anew.
        let said = entry.warnings.iter().filter(|warning| !warning.starts_with(NOT_CAPTURED));
        agenda.warnings.extend(said.cloned());
        tell(agenda);
        return;
    }
    let first = open(case, first_tier(case));
    if !first.is_empty() {
        first.into_iter().for_each(|query| capture(agenda, query));
        return;
    }
    if let Some(fault) = unreadable(case) {
        agenda.hold_unread(&set::instance_query(case), fault);
        return;
    }
    agenda.passable = true;
    let second = open(case, second_tier(case));
    if second.is_empty() {
        conclude(agenda);
        return;
    }
    agenda.wait(deadline(case), "the rest of the capture");
    if agenda.view.now < deadline(case) {
        second.into_iter().for_each(|query| capture(agenda, query));
    }
}

fn open(case: &Case, tier: BTreeSet<Query>) -> Vec<Query> {
    tier.into_iter().filter(|query| !case.baseline.has(query)).collect()
}

/// Asks until the answer, or the gap, is in the ledger.
fn capture(agenda: &mut Agenda<'_>, query: Query) {
    if agenda.read_or_gap(query).is_some() {
        // Answered, and about to be written.
        agenda.pending = true;
    }
}

/// Nothing can be done for an instance that can not be read.
fn unreadable(case: &Case) -> Option<&Fault> {
    let instance = set::instance_query(case);
    case.baseline.gaps().into_iter().find(|(query, _)| **query == instance).map(|(_, fault)| fault)
}

fn conclude(agenda: &mut Agenda<'_>) {
    tell_cut(agenda);
    tell_earlier(agenda);
    tell(agenda);
}

/// Says it when the instance carried another case's tag. Nothing waits for that: anybody can write a tag, an
/// attacker too.
fn tell_earlier(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let Some(Reading::Instance(instance)) = case.baseline.scene.last(&set::instance_query(case)) else { return };
    let Some(other) = instance.tags.get(tags::CASE).filter(|other| *other != case.id.as_str()) else { return };
    let status = instance.tags.get(tags::STATUS).map_or("unknown", String::as_str);
    agenda.warn(format!(
        "the instance carried {}={other} ({}={status}) before this case changed anything: what was captured, and what a release puts back, is what another case left, unless somebody forged the tag; ask who works on {other}",
        tags::CASE,
        tags::STATUS,
    ));
}

/// How many questions were answered, and which were not.
fn tell(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let gaps = case.baseline.gaps();
    for (query, fault) in &gaps {
        agenda.warn(format!("{NOT_CAPTURED}{} ({fault})", query.title()));
    }
    let read = case.baseline.artefacts.len() - gaps.len();
    agenda.prove(format!("{read} questions answered and written, {} gaps named", gaps.len()));
}

/// Says it when CloudTrail had more on the sessions than was read. The list itself stands beside the
/// ledger, so in another run than the one that read it, it is looked at again.
fn tell_cut(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let target = &case.target.instance;
    let query = Query::from(S::SessionEvents(target.clone()));
    if !case.baseline.has(&query) || case.baseline.scene.fact(&query).is_some() {
        // Named already as not read.
        return;
    }
    match agenda.read_or_gap(query) {
        Some(Ok(Reading::Document(list))) if list["more"] == true => agenda.warn(format!(
            "captured only in part: what the sessions of {target} did; CloudTrail has older events, look them up by hand (user name {target})"
        )),
        Some(Err(fault)) => {
            agenda.warn(format!("whether all that the sessions of {target} did is captured is not known ({fault})"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Artefact, Captured, Entry};
    use crate::scene::Tick;
    use crate::scene::instance::{Instance, Tags};
    use crate::testkit::stage::preserved;
    use crate::testkit::things::instance;
    use crate::testkit::{Bench, INSTANCE, settings};
    use serde_json::json;

    fn sessions() -> Query {
        S::SessionEvents(INSTANCE.into()).into()
    }

    fn file() -> Artefact {
        let name = "reading".to_owned();
        Artefact { name, sha256: "0".into(), bytes: 1, request: String::new(), date: String::new() }
    }

    /// Everything is captured; what the sessions did stands in a file.
    fn captured() -> Bench {
        let mut bench = Bench::new(settings());
        bench.case.baseline = preserved(settings()).case.baseline;
        while let Some(query) = wanted(&bench.case).into_iter().find(|query| !bench.case.baseline.has(query)) {
            let artefacts = vec![file()];
            bench.write(&Entry::Captured(Captured { query, reading: None, gap: None, artefacts }));
        }
        bench
    }

    #[test]
    fn a_list_that_was_cut_is_said() {
        let mut bench = captured();
        let mut warnings = |more: bool| {
            bench.know(sessions(), Reading::Document(json!({ "events": [], "more": more })));
            let agenda = bench.plan(&CARD);
            assert!(!agenda.is_open());
            agenda.warnings.join("\n")
        };
        assert!(warnings(true).contains("only in part: what the sessions of"));
        assert_eq!(warnings(false), "");
    }

    #[test]
    fn a_tag_of_another_case_is_said_and_one_of_our_own_is_not() {
        let mut bench = captured();
        bench.know(sessions(), Reading::Document(json!({ "events": [], "more": false })));
        let mut warnings = |tagged: Tags| {
            let query = set::instance_query(&bench.case);
            let instance = Instance { tags: tagged, ..instance(&[]) };
            let reading = Ok(Reading::Instance(Box::new(instance)));
            bench.case.baseline.scene.learn(query, reading, Tick(1), bench.now);
            bench.plan(&CARD).warnings.join("\n")
        };
        let theirs = warnings(tags::of(&"theirs".into(), "tag"));
        assert!(theirs.contains("impound:case=theirs (impound:status=unknown)"), "{theirs}");
        assert_eq!(warnings(Tags::new()), "");
        let ours = tags::of(&captured().case.id, "tag");
        assert_eq!(warnings(ours), "");
    }

    #[test]
    fn another_run_looks_again() {
        let bench = captured();
        let agenda = bench.plan(&CARD);
        assert_eq!(agenda.observe, BTreeSet::from([sessions()]));
        assert!(agenda.passable);
    }
}
