//! The documents that are made from the code: docs/steps.md from the registry of steps, the effects
//! and the hazards; the IAM policies; the schemas of the two files that people write. Pure: text
//! comes out, and tests/docs.rs compares it with what is committed.

use crate::effect::{Effect, Rehearsal, Repeat};
use crate::hazards::{self, Hazard, Status};
use crate::permissions;
use crate::query::Side;
use crate::runbook::Runbook;
use crate::step::Phase;
use crate::steps::{REGISTRY, StepCard};
use serde::Serialize;

pub mod changes;

/// A document: where it lies in the repository, and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// From the root of the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Every document that is made from the code.
///
/// # Errors
/// Why one can not be made.
pub fn all() -> Result<Vec<Document>, String> {
    let mut documents = vec![
        Document { path: "docs/steps.md".into(), text: steps()? },
        json("docs/runbook.schema.json", &schemars::schema_for!(Runbook))?,
        json("docs/permissions/logs.json", &permissions::logs())?,
    ];
    for (side, name) in [(Side::Source, "source"), (Side::Forensic, "forensic")] {
        documents.push(json(&format!("docs/permissions/{name}.json"), &permissions::policy(side, None))?);
        for phase in Phase::ALL {
            let policy = permissions::policy(side, Some(phase));
            if !policy.statement.is_empty() {
                documents.push(json(&format!("docs/permissions/{name}-{phase}.json"), &policy)?);
            }
        }
    }
    Ok(documents)
}

fn json(path: &str, value: &impl Serialize) -> Result<Document, String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| format!("{path}: {error}"))?;
    Ok(Document { path: path.to_owned(), text: text + "\n" })
}

/// docs/steps.md.
///
/// # Errors
/// Why the hazards can not be read.
pub fn steps() -> Result<String, String> {
    let hazards = hazards::all()?;
    let mut text = head(&hazards);
    for card in REGISTRY {
        text.push_str(&step(card, &hazards));
    }
    let elsewhere: Vec<_> = hazards.iter().filter(|hazard| hazard.step().is_none()).collect();
    text.push_str("## In no single step\n\n");
    text.push_str(&table(&elsewhere, true));
    Ok(text)
}

fn head(hazards: &[Hazard]) -> String {
    let count = |status| hazards.iter().filter(|hazard| hazard.status == status).count();
    let counts: Vec<_> =
        Status::ALL.into_iter().map(|status| format!("{} {}", count(status), status.as_str())).collect();
    format!(
        "# The steps, and what becomes of every known hazard\n\n\
         Made from the registry of steps and crates/casebook/src/hazards.toml; do not edit. After a change:\n\
         `UPDATE=1 cargo test -p casebook --test docs`.\n\n\
         Each change is one AWS call. *Rehearsed* says whether EC2 can try it out (`native`, by DryRun) or its\n\
         effect is only predicted. *Repeated* says what sending it twice does: nothing (`idempotent`), nothing\n\
         because of a client token (`token`), or a second one, so the first is looked up by its tag (`adopted`).\n\n\
         A hazard is *implemented* (dealt with), *residual* (it stays, and a channel, warning or hold says so) or\n\
         *out of scope* (with the reason). Of {} hazards: {}.\n\n",
        hazards.len(),
        counts.join(", ")
    )
}

fn step(card: &StepCard, hazards: &[Hazard]) -> String {
    let name = card.name;
    let mut text = format!(
        "## {name}\n\n{}. Phase `{}`; code: crates/casebook/src/steps/{name}.rs.\n\n",
        capital(card.title),
        name.phase()
    );
    text.push_str(&format!("Undo: {}.\n\n", card.undo));
    text.push_str(&changes_of(card));
    text.push_str(&actions("the account under investigation", card.source_actions));
    text.push_str(&actions("the forensic account", card.forensic_actions));
    let own: Vec<_> = hazards.iter().filter(|hazard| hazard.step() == Some(name)).collect();
    text.push_str(&table(&own, false));
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn changes_of(card: &StepCard) -> String {
    let changes = changes::of(card.name);
    if changes.is_empty() {
        return "Changes nothing.\n\n".into();
    }
    let mut text = "| change | account | rehearsed | repeated |\n|---|---|---|---|\n".to_owned();
    for change in changes {
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            call(&change),
            account(&change),
            rehearsed(&change),
            repeated(&change)
        ));
    }
    text + "\n"
}

/// Two permissions for one change are its two directions; what follows them is needed beside.
fn call(change: &Effect) -> String {
    let calls = change.actions().iter().filter(|action| !matches!(**action, "ec2:CreateTags" | "iam:PassRole"));
    let mut calls: Vec<_> = calls.map(|action| format!("`{action}`")).collect();
    if calls.is_empty() {
        calls = change.actions().iter().map(|action| format!("`{action}`")).collect();
    }
    format!("{}: {}", calls.join(" or "), changes::kind(change))
}

fn account(change: &Effect) -> &'static str {
    match change.side() {
        Side::Source => "source",
        Side::Forensic => "forensic",
    }
}

fn rehearsed(change: &Effect) -> &'static str {
    match change.rehearsal() {
        Rehearsal::Native => "native",
        Rehearsal::Predicted => "predicted",
    }
}

fn repeated(change: &Effect) -> &'static str {
    match change.repeat() {
        Repeat::Idempotent => "idempotent",
        Repeat::Token => "token",
        Repeat::AdoptByTag => "adopted",
    }
}

fn actions(account: &str, actions: &[&str]) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<_> = actions.iter().map(|action| format!("`{action}`")).collect();
    sorted.sort();
    format!("Permissions in {account}: {}.\n\n", sorted.join(", "))
}

fn table(hazards: &[&Hazard], with_place: bool) -> String {
    if hazards.is_empty() {
        return String::new();
    }
    let mut text = "| | hazard | what becomes of it |\n|---|---|---|\n".to_owned();
    for hazard in hazards {
        let page = hazard.source.as_ref().map_or(String::new(), |url| format!(" ([page]({url}))"));
        let named = hazard.place.contains('/') || with_place;
        let place = if named { format!(" — {}", hazard.place) } else { String::new() };
        text.push_str(&format!(
            "| {} | {}{page} | **{}**: {}{place} |\n",
            hazard.id,
            cell(&hazard.what),
            hazard.status.as_str(),
            cell(&hazard.how)
        ));
    }
    text + "\n"
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
