//! `impound verify CASE`: the ledger's chain, the files beside it, and the evidence in AWS.

use crate::args::CaseName;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::{self, History};
use crate::opening::is_drill;
use crate::terminal::{BAD, GOOD, WARN};
use crate::text::{Text, paint, text};
use crate::verification::{Check, Found, kept_here};
use casebook::entry::CaseStatus;
use casebook::id::CaseId;

/// Checks a case.
///
/// # Errors
/// When there is no such case, its chain is broken, or an item is not what the ledger says.
pub fn run(context: &Context, args: &CaseName) -> Result<Exit, Failure> {
    let session = history::session(&context.state()?, &args.case).map_err(|failure| unreadable(failure, &args.case))?;
    let history = History::of(&session)?;
    let mut checks = kept_here(session.case(), session.store());
    checks.extend(elsewhere(context, &history)?);
    tell(context, &history, checks)
}

/// A broken chain is a result too.
fn unreadable(failure: Failure, case: &CaseId) -> Failure {
    if failure.exit != Exit::Unverified {
        return failure;
    }
    let document = Document::without_case(CaseStatus::Unverified, &failure.what, None).named(case);
    failure.document(document)
}

/// The evidence in AWS. That of a drill ended with it, and a program built without AWS can not ask.
fn elsewhere(context: &Context, history: &History) -> Result<Vec<Check>, Failure> {
    if is_drill(&history.case) {
        return Ok(vec![Check::new("evidence in AWS", Found::Unread, "it was a drill: its cloud ended with it")]);
    }
    asked(context, history)
}

#[cfg(feature = "cloud")]
fn asked(context: &Context, history: &History) -> Result<Vec<Check>, Failure> {
    crate::cloud::verify(context, history)
}

#[cfg(not(feature = "cloud"))]
#[allow(clippy::unnecessary_wraps)] // the same shape as with the feature
fn asked(_: &Context, _: &History) -> Result<Vec<Check>, Failure> {
    let why = "this program was built without the feature `cloud` and can not ask AWS";
    Ok(vec![Check::new("evidence in AWS", Found::Unread, why)])
}

fn tell(context: &Context, history: &History, checks: Vec<Check>) -> Result<Exit, Failure> {
    let worst = checks.iter().map(|check| check.found).max().unwrap_or(Found::Good);
    if context.terminal.is_json() {
        if worst != Found::Wrong {
            context.terminal.json(&document(history, &checks).to_json())?;
        }
    } else {
        context.terminal.data(&shown(history, &checks))?;
    }
    match worst {
        Found::Good => Ok(Exit::Done),
        Found::Unread => Ok(Exit::Gaps),
        Found::Wrong => Err(failure(history, &checks)),
    }
}

fn failure(history: &History, checks: &[Check]) -> Failure {
    let wrong: Vec<_> = checks.iter().filter(|check| check.found == Found::Wrong).collect();
    let first = wrong.first().map(|check| format!("{}: {}", check.what, check.why)).unwrap_or_default();
    let what = format!("{} of {} checks of {} failed, first {first}", wrong.len(), checks.len(), history.case.id);
    let known = document(history, checks);
    let document = Document { status: CaseStatus::Unverified, reason: what.clone(), ..known };
    Failure::new(Exit::Unverified, what)
        .hint("keep the state directory as it is, and look at CloudTrail of both accounts")
        .document(document)
}

/// The checks in lines. The chain itself was walked when the ledger was read.
pub fn shown(history: &History, checks: &[Check]) -> Text {
    let (count, head) = (history.entries.len(), &history.head);
    let mut text = text!("{} ledger: {} entries, one chain, head {}\n", paint(GOOD, "ok    "), count, head);
    for check in checks {
        let (style, word) = match check.found {
            Found::Good => (GOOD, "ok    "),
            Found::Unread => (WARN, "unread"),
            Found::Wrong => (BAD, "WRONG "),
        };
        text.add(text!("{} {}: {}\n", paint(style, word), check.what, check.why));
    }
    text
}

fn document(history: &History, checks: &[Check]) -> Document {
    Document { checks: checks.to_vec(), ..Document::of(history) }
}
