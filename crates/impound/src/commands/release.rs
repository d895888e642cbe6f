//! `impound release CASE`: every changed setting back to the captured one. It opens the instance
//! again, so it says first what, and asks.

use crate::args::Release;
use crate::context::Context;
use crate::document::{Document, TargetRow};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening;
use crate::summary::{is_gone, is_released};
use crate::text::{Text, text};
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::release::reopens;
use std::io::{IsTerminal, Write};

/// Releases an instance.
///
/// # Errors
/// When there is no such case, nobody agreed, or the release can not be driven to its end.
pub fn run(context: &Context, args: &Release) -> Result<Exit, Failure> {
    let case = opening::of_aws(&context.shelf()?, &args.case, "release")?;
    check(&case)?;
    if args.yes {
        context.terminal.log(&announcement(&case));
    } else {
        context.terminal.ask(&announcement(&case));
        agree(&case)?;
    }
    go(context, &case)
}

fn check(case: &Case) -> Result<(), Failure> {
    if is_gone(case) && reopens(case).is_empty() {
        return Err(Failure::usage(format!("{} is terminated: there is nothing to release", case.target.instance)));
    }
    if is_released(case) {
        return Err(Failure::usage(format!("the case {} is released already", case.id)));
    }
    Ok(())
}

/// What the release opens again.
pub fn announcement(case: &Case) -> Text {
    let lines = reopens(case);
    if lines.is_empty() {
        return text!("Releasing {} opens nothing: this case changed nothing that stands yet.", case.target);
    }
    let list: Text = lines.iter().map(|line| text!("\n  {}", line)).collect();
    let gone = if is_gone(case) { " It is terminated: what it left behind is put back." } else { "" };
    text!("Releasing {} opens again:{}\nEvidence, its locks and shares stay.{}", case.target, list, gone)
}

fn agree(case: &Case) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("releasing {} needs an answer, and there is no terminal", case.id))
            .hint(format!("read what it opens, then: impound release {} --yes", case.id)));
    }
    match answer() {
        Ok(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(declined(case)),
    }
}

fn declined(case: &Case) -> Failure {
    let failure = Failure::new(Exit::Refused, "not released: the answer was not `yes`; nothing was changed");
    let target = Some(TargetRow::of(&case.target));
    let document = Document::without_case(CaseStatus::Refused, &failure.what, target).named(&case.id);
    failure.document(document)
}

fn answer() -> std::io::Result<String> {
    let mut stderr = std::io::stderr();
    write!(stderr, "Type `yes` to release it: ")?;
    stderr.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line)
}

#[cfg(feature = "cloud")]
fn go(context: &Context, case: &Case) -> Result<Exit, Failure> {
    crate::cloud::release(context, case)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Case) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("release"))
}
