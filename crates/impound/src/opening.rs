//! Opens a case, or adopts the open one: the same target never has two.

use crate::charges::Charge;
use crate::context::PROGRAM;
use crate::failure::Failure;
use crate::history::{self, History};
use crate::preflight::Preflight;
use crate::summary::{is_gone, is_released};
use casebook::case::Case;
use casebook::entry::{Approved, Entry, FindingNote, Opened, Person, Resumed};
use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::runbook::Runbook;
use casebook::settings::Settings;
use casebook::tags;
use casebook::target::Target;
use engine::Session;
use jiff::Timestamp;
use ledger::{CaseFile, Shelf, Store};
use std::collections::BTreeMap;

/// What a case is opened with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whom it is about, and why.
    pub charge: Charge,
    /// The settings of the target's region.
    pub settings: Settings,
    /// The runbook.
    pub runbook: Runbook,
    /// The name asked for.
    pub case: Option<CaseId>,
    /// Gates approved ahead.
    pub approve: Vec<Gate>,
    /// Whether another state directory's case may be taken over.
    pub foreign: Foreign,
    /// Who opens it.
    pub by: Person,
    /// Makes names of the case unguessable: hexadecimal digits.
    pub nonce: String,
    /// The program that opens it.
    pub program: String,
}

/// What to do with an instance that carries the tag of a case that is not kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Say so and do nothing.
    Report,
    /// Go on under the same name.
    TakeOver,
}

/// A case taken up.
#[derive(Debug)]
pub struct Taken {
    /// The case, locked.
    pub session: Session<CaseFile>,
    /// Whether it was open already.
    pub adopted: bool,
    /// Cases that could not be read, and why: one of them may be about the same instance.
    pub unread: Vec<(String, Failure)>,
}

/// Opens a case, or adopts the open one of the same target.
///
/// # Errors
/// When the name belongs to another target, another responder's tag is on the instance, another
/// process holds the case, or the state directory can not be written.
pub fn open_or_adopt(
    shelf: &Shelf,
    plan: &Plan,
    found: &Preflight<'_>,
    file: Option<&[u8]>,
    now: Timestamp,
) -> Result<Taken, Failure> {
    let before = Known::default().updated(shelf, &found.target)?;
    let _lock = shelf.opening_lock()?;
    let known = before.updated(shelf, &found.target)?;
    if let Some(name) = adoptable(&known, plan, &found.target)? {
        return Ok(Taken { session: adopt(shelf, &name, plan, file, now)?, adopted: true, unread: known.unread });
    }
    let name = name(&known, plan, found, shelf, now)?;
    let store = empty_store(shelf, &name)?;
    let session = begin(store, name, plan, &found.target, file, now)?;
    Ok(Taken { session, adopted: false, unread: known.unread })
}

/// Opens a case in an empty store.
///
/// # Errors
/// When the store can not be written.
pub fn begin<S: Store>(
    mut store: S,
    case: CaseId,
    plan: &Plan,
    target: &Target,
    file: Option<&[u8]>,
    now: Timestamp,
) -> Result<Session<S>, Failure> {
    if let Some(bytes) = file {
        store.put_artefact(bytes)?;
    }
    let mut session = Session::open(store, opened(case, plan, target), now)?;
    let entries = [further(session.case(), plan), approvals(plan)].concat();
    session.append(now, &entries)?;
    Ok(session)
}

fn opened(case: CaseId, plan: &Plan, target: &Target) -> Opened {
    Opened {
        case,
        target: target.clone(),
        runbook: plan.runbook.clone(),
        settings: plan.settings.clone(),
        through: plan.charge.through,
        revoke_first: plan.charge.findings.iter().any(|finding| finding.revoke_first),
        finding: plan.charge.findings.first().map(|finding| finding.note.clone()),
        program: plan.program.clone(),
        nonce: plan.nonce.clone(),
        by: plan.by.clone(),
    }
}

/// The findings that the case does not know yet.
fn further(case: &Case, plan: &Plan) -> Vec<Entry> {
    let known = |note: &FindingNote| case.findings().any(|known| known == note);
    let news = plan.charge.findings.iter().filter(|finding| !known(&finding.note));
    news.cloned().map(Entry::Finding).collect()
}

fn approvals(plan: &Plan) -> Vec<Entry> {
    let approval = |gate: &Gate| Entry::Approved(Approved { gate: *gate, digest: String::new(), by: plan.by.clone() });
    plan.approve.iter().map(approval).collect()
}

/// The cases of a state directory, by name.
#[derive(Default)]
struct Known {
    cases: BTreeMap<String, Case>,
    unread: Vec<(String, Failure)>,
}

impl Known {
    /// Reads what is not known yet and what may have changed. A case's target never changes, so one
    /// about another target needs no second look. With that, most ledgers are read before the
    /// opening lock is taken, and no other response waits for it. One that can not be read must
    /// not stand in the way.
    fn updated(mut self, shelf: &Shelf, target: &Target) -> Result<Self, Failure> {
        let names = shelf.cases()?;
        self.cases.retain(|name, case| case.target != *target && names.contains(name));
        self.unread.clear();
        for name in names {
            if self.cases.contains_key(&name) {
                continue;
            }
            match history::session(shelf.path(), &CaseId::new(name.clone())) {
                Ok(session) => drop(self.cases.insert(name, session.case().clone())),
                Err(failure) => self.unread.push((name, failure)),
            }
        }
        Ok(self)
    }

    fn all(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    fn open_one(&self, target: &Target) -> Option<&Case> {
        self.all().find(|case| case.target == *target && !is_closed(case))
    }
}

fn adoptable(known: &Known, plan: &Plan, target: &Target) -> Result<Option<CaseId>, Failure> {
    if let Some(name) = &plan.case {
        let Some(case) = known.all().find(|case| case.id == *name) else {
            return none_other(known, name, target);
        };
        return if case.target == *target { adopt_if_open(case).map(Some) } else { Err(others(case)) };
    }
    known.open_one(target).map(adopt_if_open).transpose()
}

/// A new name for a target that has an open case would make two of them.
fn none_other(known: &Known, name: &CaseId, target: &Target) -> Result<Option<CaseId>, Failure> {
    match known.open_one(target) {
        None => Ok(None),
        Some(case) => Err(Failure::usage(format!("{target} has the open case {} already, not {name}", case.id))
            .hint(format!("go on with it: impound resume {}", case.id))),
    }
}

fn adopt_if_open(case: &Case) -> Result<CaseId, Failure> {
    if is_closed(case) {
        return Err(Failure::usage(format!("the case {} is closed: its instance is terminated or released", case.id))
            .hint("leave --case out or choose another name"));
    }
    if case.releasing.is_some() {
        return Err(Failure::usage(format!("the case {} of this instance is being released", case.id))
            .hint(format!("let the release come to its end first: impound resume {}", case.id)));
    }
    Ok(case.id.clone())
}

/// Whether nothing more can happen in a case.
pub fn is_closed(case: &Case) -> bool {
    is_gone(case) || is_released(case)
}

fn others(case: &Case) -> Failure {
    Failure::usage(format!("the case {} is about another instance: {}", case.id, case.target))
        .hint("choose another name, or leave --case out")
}

fn adopt(
    shelf: &Shelf,
    name: &CaseId,
    plan: &Plan,
    file: Option<&[u8]>,
    now: Timestamp,
) -> Result<Session<CaseFile>, Failure> {
    let mut session = take_up(shelf, name)?;
    if let Some(bytes) = file {
        session.keep(bytes)?;
    }
    let entries = adoption(session.case(), plan);
    session.append(now, &entries)?;
    Ok(session)
}

/// The entries with which an open case is adopted: it goes as far as asked for, never less far, and
/// knows the findings that came in since.
pub fn adoption(case: &Case, plan: &Plan) -> Vec<Entry> {
    let resumed = Resumed {
        settings: plan.settings.clone(),
        through: case.through.max(plan.charge.through),
        program: plan.program.clone(),
        by: plan.by.clone(),
    };
    [vec![Entry::Resumed(Box::new(resumed))], further(case, plan), approvals(plan)].concat()
}

/// The ledger of the open case that a response would adopt, to look at.
///
/// # Errors
/// When the name asked for belongs to another target, or the case is being released.
pub fn open_case_of(shelf: &Shelf, plan: &Plan, target: &Target) -> Result<Option<Vec<ledger::Entry>>, Failure> {
    match adoptable(&Known::default().updated(shelf, target)?, plan, target)? {
        None => Ok(None),
        Some(name) => Ok(Some(CaseFile::read(shelf.path(), name.as_str())?.entries()?)),
    }
}

/// The closed case in which a finding about an instance stands: a person has ended what it began. One that
/// can not be read tells nothing.
///
/// # Errors
/// When the state directory can not be listed.
pub fn closed_case_of(shelf: &Shelf, instance: &str, finding: &str) -> Result<Option<CaseId>, Failure> {
    Ok(cases_of(shelf, instance, finding)?.find(is_closed).map(|case| case.id))
}

/// The case in which a finding about an instance stands, open or closed; of several the last by name.
///
/// # Errors
/// As [`closed_case_of`].
pub fn case_of(shelf: &Shelf, instance: &str, finding: &str) -> Result<Option<CaseId>, Failure> {
    Ok(cases_of(shelf, instance, finding)?.map(|case| case.id).max())
}

fn cases_of(shelf: &Shelf, instance: &str, finding: &str) -> Result<impl Iterator<Item = Case>, Failure> {
    let names = shelf.cases()?.into_iter().map(CaseId::new);
    let cases = names.filter_map(|name| Some(history::session(shelf.path(), &name).ok()?.case().clone()));
    Ok(cases.filter(move |case| {
        case.target.instance.as_str() == instance && case.findings().any(|note| note.id == finding)
    }))
}

/// The name that a new case would get, whatever tags are on the instance.
pub fn planned_name(plan: &Plan, now: Timestamp) -> CaseId {
    plan.case.clone().unwrap_or_else(|| made_name(plan, now))
}

/// Takes a case for writing.
///
/// # Errors
/// When there is none, another process holds it, or its ledger is broken.
pub fn take_up(shelf: &Shelf, name: &CaseId) -> Result<Session<CaseFile>, Failure> {
    Ok(Session::load(CaseFile::open(shelf.path(), name.as_str(), PROGRAM)?)?)
}

/// The name of a new case. A tag of a case that is not kept here says that somebody else is at work.
fn name(known: &Known, plan: &Plan, found: &Preflight<'_>, shelf: &Shelf, now: Timestamp) -> Result<CaseId, Failure> {
    let own = || planned_name(plan, now);
    let tags = &found.instance.tags;
    let released = tags.get(tags::STATUS).is_some_and(|status| status == tags::RELEASED);
    let foreign = tags.get(tags::CASE).filter(|tag| !released && known.all().all(|case| case.id.as_str() != *tag));
    if let Some(tag) = foreign {
        check_readable(shelf, tag)?;
    }
    match (foreign, plan.foreign) {
        (None, _) => Ok(own()),
        (Some(tag), Foreign::TakeOver) => Ok(plan.case.clone().or_else(|| CaseId::parse(tag)).unwrap_or_else(own)),
        (Some(tag), Foreign::Report) => Err(Failure::usage(format!(
            "{} carries the tag of the case {tag:?}, which is not kept in {}: another responder may be at work",
            found.target,
            shelf.path().display()
        ))
        .hint("ask them, name their state directory with --state, or take the instance over with --take-over")),
    }
}

/// The tag may name a case that is kept here and can not be read: that is no other responder's.
fn check_readable(shelf: &Shelf, tag: &str) -> Result<(), Failure> {
    if shelf.cases()?.iter().any(|case| case == tag) {
        History::read(shelf.path(), &CaseId::new(tag))?;
    }
    Ok(())
}

/// Date, end of the instance's id, four hexadecimal digits.
fn made_name(plan: &Plan, now: Timestamp) -> CaseId {
    let id = plan.charge.instance.as_str();
    let suffix = id.get(id.len().saturating_sub(8)..).unwrap_or(id);
    let random = plan.nonce.get(..4).unwrap_or(&plan.nonce);
    CaseId::new(format!("{}-{suffix}-{random}", now.strftime("%Y-%m-%d")))
}

/// A new case's store; also one that was made and never written, by a process that died between.
fn empty_store(shelf: &Shelf, name: &CaseId) -> Result<CaseFile, Failure> {
    let path = shelf.path();
    if shelf.cases()?.iter().any(|case| case == name.as_str()) {
        return Ok(CaseFile::open(path, name.as_str(), PROGRAM)?);
    }
    Ok(CaseFile::create(path, name.as_str(), PROGRAM)?)
}

/// Whether a case was played on the range.
pub fn is_drill(case: &Case) -> bool {
    case.program.ends_with(DRILL)
}

/// Stands behind the program's name in the ledger of a drill.
pub const DRILL: &str = " drill";

/// Refuses a command that needs the cloud of a drill, which ended with it.
///
/// # Errors
/// When the case was played on the range.
pub fn refuse_drill(case: &Case, command: &str) -> Result<(), Failure> {
    if !is_drill(case) {
        return Ok(());
    }
    Err(Failure::usage(format!("`impound {command}`: the case {} is of a drill, and its cloud ended with it", case.id))
        .hint("`impound status`, `impound report` and `impound verify` still work on it"))
}

/// Refuses a region other than the case's.
///
/// # Errors
/// When --region contradicts the case.
pub fn same_region(case: &Case, given: Option<&str>) -> Result<(), Failure> {
    match given.filter(|given| *given != case.target.region.as_str()) {
        None => Ok(()),
        Some(given) => Err(Failure::usage(format!(
            "the case {} is about an instance in {}, and --region says {given}",
            case.id, case.target.region
        ))
        .hint("leave --region out: the case's region is used")),
    }
}

/// A case for looking only, not of a drill.
///
/// # Errors
/// When there is none or it is of a drill.
pub fn of_aws(shelf: &Shelf, name: &CaseId, command: &str) -> Result<Case, Failure> {
    let session = history::session(shelf.path(), name)?;
    refuse_drill(session.case(), command)?;
    Ok(session.case().clone())
}
