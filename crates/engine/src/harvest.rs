//! From answers to entries: what of them is the capture, what is a reading worth keeping, and what
//! is a run of blocks. Secrets and bulk become files beside the ledger, never entries.

use crate::error::EngineError;
use crate::session::Session;
use casebook::agenda;
use casebook::case::Case;
use casebook::entry::{Artefact, Blocks, Captured, Entry, Observed};
use casebook::fault::Fault;
use casebook::id::SnapshotId;
use casebook::query::{ForensicQuery, Query, Side, SourceQuery};
use casebook::reading::{RawBody, Reading};
use casebook::scene::instance::Attribute;
use casebook::scene::storage::{BlockRun, Snapshot};
use casebook::scene::{Fact, Scene};
use casebook::steps::capture;
use jiff::Timestamp;
use ledger::Store;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Bodies as they came over the wire, by the question they answer.
pub type Raw = BTreeMap<Query, Vec<RawBody>>;

/// The capture's entries that can be written now: wanted, answered or given up or late, and not
/// written. A gap that nothing has touched since is filled by the first answer.
///
/// # Errors
/// [`EngineError::Ledger`] when a file cannot be kept.
pub fn captured<S: Store>(
    session: &mut Session<S>,
    scene: &Scene,
    raw: &mut Raw,
    now: Timestamp,
) -> Result<Vec<Entry>, EngineError> {
    let overdue = capture::overdue(session.case(), now);
    let mut due = capture::wanted(session.case());
    due.retain(|query| is_due(session.case(), scene, query) || overdue.contains(query));
    let gaps = session.case().open_gaps().into_iter();
    due.extend(gaps.filter(|query| scene.fact(query).is_some_and(|fact| fact.answer.is_ok())));
    due.into_iter().map(|query| capture_one(session, scene, query, raw)).collect()
}

fn is_due(case: &Case, scene: &Scene, query: &Query) -> bool {
    let answered = |fact: &Fact| fact.answer.is_ok() || agenda::gives_up(case, fact);
    !case.baseline.has(query) && scene.fact(query).is_some_and(answered)
}

fn capture_one<S: Store>(
    session: &mut Session<S>,
    scene: &Scene,
    query: Query,
    raw: &mut Raw,
) -> Result<Entry, EngineError> {
    let mut artefacts = Vec::new();
    let (mut reading, mut gap) = (None, None);
    match scene.fact(&query).map(|fact: &Fact| &fact.answer) {
        Some(Ok(answer)) if is_inline(&query, answer) => reading = Some(answer.clone()),
        Some(Ok(answer)) => artefacts.push(keep_reading(session, answer)?),
        Some(Err(fault)) => gap = Some(fault.clone()),
        None => gap = Some(capture::no_time()),
    }
    for body in raw.remove(&query).unwrap_or_default() {
        artefacts.push(keep_body(session, body)?);
    }
    Ok(Entry::Captured(Captured { query, reading, gap, artefacts }))
}

/// User data often holds secrets, and documents are large: their readings stand beside the ledger. Of
/// the changes that CloudTrail knows, the ledger gets those that count.
fn is_inline(query: &Query, reading: &Reading) -> bool {
    !holds_user_data(query) && !matches!(reading, Reading::Document(_) | Reading::Blocks(_) | Reading::Changes(_))
}

fn holds_user_data(query: &Query) -> bool {
    matches!(
        query,
        Query::Source(SourceQuery::Attribute(_, Attribute::UserData))
            | Query::Forensic(ForensicQuery::Attribute(_, Attribute::UserData))
    )
}

fn keep_reading<S: Store>(session: &mut Session<S>, reading: &Reading) -> Result<Artefact, EngineError> {
    let bytes = serde_json_canonicalizer::to_vec(reading)
        .map_err(|error| EngineError::Entry { entry: session.store().len() + 1, why: error.to_string() })?;
    let sha256 = session.keep(&bytes)?.to_string();
    let bytes = bytes.len() as u64;
    Ok(Artefact { name: "reading".into(), sha256, bytes, request: String::new(), date: String::new() })
}

fn keep_body<S: Store>(session: &mut Session<S>, body: RawBody) -> Result<Artefact, EngineError> {
    let sha256 = session.keep(&body.body)?.to_string();
    let bytes = body.body.len() as u64;
    Ok(Artefact { name: body.action, sha256, bytes, request: body.request, date: body.date })
}

/// A reading after the first change, when it says something new.
pub fn observed(case: &Case, query: &Query, answer: &Result<Reading, Fault>) -> Option<Entry> {
    let reading = answer.as_ref().ok().filter(|reading| is_inline(query, reading))?;
    let before = case.observed.get(query).or_else(|| case.baseline.scene.last(query));
    let news = case.has_changed_anything() && before.is_none_or(|before| differ(before, reading));
    news.then(|| Entry::Observed(Observed { query: query.clone(), reading: reading.clone() }))
}

/// Whether two readings tell different things: a snapshot's percentages are no history.
fn differ(before: &Reading, now: &Reading) -> bool {
    match (before, now) {
        (Reading::Snapshots(before), Reading::Snapshots(now)) => without_progress(before) != without_progress(now),
        (before, now) => before != now,
    }
}

fn without_progress(snapshots: &[Snapshot]) -> Vec<Snapshot> {
    snapshots.iter().map(|snapshot| Snapshot { progress_percent: 0, ..snapshot.clone() }).collect()
}

/// A run of blocks that follows what is written: its lines are kept as a file. What was read out of
/// order or twice is not written.
///
/// # Errors
/// [`EngineError::Ledger`] when the file cannot be kept.
pub fn blocks<S: Store>(session: &mut Session<S>, query: &Query, run: &BlockRun) -> Result<Option<Entry>, EngineError> {
    let Some((side, snapshot, from)) = run_of(query) else { return Ok(None) };
    let record = session.case().blocks.get(&(side, snapshot.clone()));
    if record.map_or(Some(0), |record| record.next()) != Some(from) {
        return Ok(None);
    }
    let sha256 = session.keep(lines(run).as_bytes())?.to_string();
    let kept = run.blocks.len() as u64;
    let snapshot = snapshot.clone();
    Ok(Some(Entry::Blocks(Blocks { side, snapshot, from, next: run.next, read: run.read, kept, sha256 })))
}

fn run_of(query: &Query) -> Option<(Side, &SnapshotId, i32)> {
    match query {
        Query::Source(SourceQuery::Blocks(snapshot, from)) => Some((Side::Source, snapshot, *from)),
        Query::Forensic(ForensicQuery::Blocks(snapshot, from)) => Some((Side::Forensic, snapshot, *from)),
        _ => None,
    }
}

/// `index sha256`, one line a block.
fn lines(run: &BlockRun) -> String {
    run.blocks.iter().fold(String::new(), |mut lines, block| {
        writeln!(lines, "{} {}", block.index, block.sha256).expect("a string takes any text");
        lines
    })
}

/// What the planner needs of an answer: the lines of a written run would only fill the memory.
pub fn slim(answer: Result<Reading, Fault>) -> Result<Reading, Fault> {
    answer.map(|reading| match reading {
        Reading::Blocks(run) => Reading::Blocks(BlockRun { blocks: Vec::new(), ..run }),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{run, session};
    use casebook::query::SourceQuery;

    fn query(from: i32) -> Query {
        SourceQuery::Blocks("snap-1".into(), from).into()
    }

    #[test]
    fn a_run_is_written_once_and_in_order() {
        let mut session = session();
        assert_eq!(blocks(&mut session, &query(3), &run(3..5, None)).expect("kept"), None, "not the first");
        let first = blocks(&mut session, &query(0), &run(0..3, Some(3))).expect("kept").expect("the first");
        session.append(Timestamp::UNIX_EPOCH, &[first]).expect("written");
        assert_eq!(blocks(&mut session, &query(0), &run(0..3, Some(3))).expect("kept"), None, "written already");
        let last = blocks(&mut session, &query(3), &run(3..5, None)).expect("kept").expect("the second");
        session.append(Timestamp::UNIX_EPOCH, &[last]).expect("written");
        assert_eq!(blocks(&mut session, &query(5), &run(5..6, None)).expect("kept"), None, "all were read");
    }

    #[test]
    fn lines_are_index_and_digest() {
        assert_eq!(lines(&run(7..9, None)), format!("7 {}\n8 {}\n", "7".repeat(64), "8".repeat(64)));
    }

    #[test]
    fn the_scene_keeps_no_lines() {
        let Ok(Reading::Blocks(kept)) = slim(Ok(Reading::Blocks(run(0..3, Some(3))))) else { panic!("blocks") };
        assert_eq!((kept.blocks, kept.next), (Vec::new(), Some(3)));
    }
}
