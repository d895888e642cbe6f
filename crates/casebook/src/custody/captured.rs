//! What was captured as evidence: the scene as a whole, and the console's output.

use crate::case::Case;
use crate::entry::Artefact;
use crate::evidence::{Evidence, EvidenceKind, EvidenceState};
use crate::fault::Fault;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::step::{StepName, StepStatus};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The id of the captured scene among the evidence.
const SCENE: &str = "scene";
/// The id of the console's output among the evidence.
const CONSOLE: &str = "console-output";

/// The captured items of a case.
pub(crate) fn items(case: &Case) -> Vec<Evidence> {
    [scene(case), console(case)].into_iter().flatten().collect()
}

/// SHA-256 over everything the capture wrote: each question with its reading or gap and the digests
/// of its files, in the questions' order, as canonical JSON. The same whenever it is made.
pub fn scene_digest(case: &Case) -> String {
    let mut hash = Sha256::new();
    for (query, artefacts) in &case.baseline.artefacts {
        let line = serde_json_canonicalizer::to_vec(&line(case, query, artefacts)).unwrap_or_default();
        hash.update(line);
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}

/// A line of [`scene_digest`].
#[derive(Serialize)]
struct Line<'a> {
    query: &'a Query,
    reading: Option<&'a Reading>,
    gap: Option<&'a Fault>,
    files: Vec<&'a str>,
}

fn line<'a>(case: &'a Case, query: &'a Query, artefacts: &'a [Artefact]) -> Line<'a> {
    let answer = case.baseline.scene.fact(query).map(|fact| &fact.answer);
    Line {
        query,
        reading: answer.and_then(|answer| answer.as_ref().ok()),
        gap: answer.and_then(|answer| answer.as_ref().err()),
        files: artefacts.iter().map(|artefact| artefact.sha256.as_str()).collect(),
    }
}

/// The digest is made once, when the capture is done; from then on the ledger holds it.
fn scene(case: &Case) -> Option<Evidence> {
    let started = !case.baseline.artefacts.is_empty();
    if let Some(written) = case.evidence.get(SCENE).filter(|item| item.sha256.is_some()) {
        return Some(written.clone());
    }
    let done = case.step_status(StepName::Capture) == Some(StepStatus::Done);
    let state = if done { EvidenceState::Completed } else { EvidenceState::Requested };
    started.then(|| item(case, EvidenceKind::Scene, SCENE, state, done.then(|| scene_digest(case))))
}

fn console(case: &Case) -> Option<Evidence> {
    let query = S::ConsoleOutput(case.target.instance.clone()).into();
    let files = case.baseline.artefacts.get(&query)?;
    let file = files.iter().find(|file| file.name == "reading").or(files.first())?;
    let sha256 = Some(file.sha256.clone());
    Some(item(case, EvidenceKind::ConsoleOutput, CONSOLE, EvidenceState::Completed, sha256))
}

fn item(case: &Case, kind: EvidenceKind, id: &str, state: EvidenceState, sha256: Option<String>) -> Evidence {
    Evidence {
        kind,
        id: id.to_owned(),
        account: case.target.account.clone(),
        region: case.target.region.clone(),
        source: Some(case.target.instance.to_string()),
        state,
        locked: false,
        sha256,
    }
}
