//! What the sessions of a case's instance did, from what the case has captured of CloudTrail.

use crate::failure::Failure;
use casebook::entry::{Artefact, Entry};
use casebook::query::{Query, SourceQuery};
use detect::count::Fate;
use detect::read::Reader;
use detect::record::Record;
use detect::record::trail::Event;
use detect::timeline::{Lineage, Timeline};
use engine::Session;
use ledger::Store;

/// The call whose answers hold the events.
const CALL: &str = "cloudtrail:LookupEvents";

/// The timeline of a case's instance; none where nothing of it was captured.
///
/// # Errors
/// As [`answers`].
pub fn captured<S: Store>(session: &Session<S>) -> Result<Option<Timeline>, Failure> {
    let answers = answers(session)?;
    if answers.is_empty() {
        return Ok(None);
    }
    let mut lineage = Lineage::default();
    each(&answers, |event| lineage.take(event));
    let mut timeline = Timeline::of(session.case().target.instance.as_str(), &lineage);
    each(&answers, |event| timeline.take(event));
    Ok(Some(timeline))
}

/// What CloudTrail answered when the case asked for the sessions' calls, as it came; nothing where it has not.
///
/// # Errors
/// When what was captured is not there any more, or was altered.
pub fn answers<S: Store>(session: &Session<S>) -> Result<Vec<Vec<u8>>, Failure> {
    let mut answers = Vec::new();
    for written in session.entries()? {
        for artefact in answers_in(&written.entry) {
            let digest = artefact.sha256.parse().map_err(|_| {
                Failure::usage(format!("cannot read what was captured: `{}` is no digest", artefact.sha256))
            })?;
            answers.push(session.store().artefact(&digest)?);
        }
    }
    Ok(answers)
}

fn answers_in(entry: &Entry) -> impl Iterator<Item = &Artefact> {
    let captured = match entry {
        Entry::Captured(captured) => Some(captured),
        _ => None,
    };
    let asked = captured.filter(|captured| matches!(captured.query, Query::Source(SourceQuery::SessionEvents(_))));
    asked.into_iter().flat_map(|captured| captured.artefacts.iter().filter(|artefact| artefact.name == CALL))
}

/// Every call in those answers.
pub fn each(answers: &[Vec<u8>], mut take: impl FnMut(&Event<'_>)) {
    let mut reader = Reader::default();
    for answer in answers {
        reader.read(CALL, answer.as_slice(), |record| {
            if let Record::Trail(event) = &record {
                take(event);
            }
            Fate::Unmatched
        });
    }
}
