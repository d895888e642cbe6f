//! `impound drill`: the whole job, terminate included, on the range. The planner, engine, ledger
//! and summary are those of an incident; only the cloud and its clock are simulated, and a script
//! says what goes wrong.

use crate::args::Drill;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::tables;
use crate::text::{Text, text};
use casebook::id::CaseId;
use ledger::Shelf;
use range::Script;
use range::script::ScriptError;
use serde_json::json;
use std::path::Path;
use std::time::Instant;

mod acts;
mod onlooker;
mod prose;
mod score;
mod stage;
mod story;
mod teacher;

use stage::Stage;

/// Rehearses, or lists what can be rehearsed.
///
/// # Errors
/// When there is no such script or it is wrong, the state directory can not be written, or the drill
/// is held or does not end as its script says.
pub fn run(context: &Context, args: &Drill) -> Result<Exit, Failure> {
    if args.list {
        return list(context);
    }
    let start = Instant::now();
    let script = script(&args.scenario)?;
    let place = Place::of(context)?;
    let mut stage = Stage::new(context, &script, args);
    stage.story.begin(&script, stage.range.briefing());
    let ended = range::run(&stage.range.clock(), stage.play(&place.shelf));
    context.terminal.log(&stage.score(start.elapsed()).text());
    stage.story.lesson(&script);
    context.terminal.log(&place.farewell(&stage.case));
    ended.map_err(|failure| match failure.exit {
        Exit::Held => failure.hint(format!("this drill ends here{}", stage.remedy())),
        _ => failure,
    })
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let scripts = Script::names().map(script).collect::<Result<Vec<_>, Failure>>()?;
    if context.terminal.is_json() {
        let drills: Vec<_> = scripts.iter().map(|it| json!({ "name": it.name, "title": it.title })).collect();
        context.terminal.json(&json!({ "schema": "impound.drills/1", "drills": drills }).to_string())?;
    } else {
        context.terminal.data(&tables::drills(scripts.iter().map(|it| (it.name.as_str(), it.title.as_str()))))?;
    }
    Ok(Exit::Done)
}

/// The shipped script of that name, or the one in that file.
fn script(name: &str) -> Result<Script, Failure> {
    if let Some(shipped) = Script::named(name) {
        return shipped.map_err(|error| Failure::new(Exit::Bug, format!("a shipped script is wrong: {error}")));
    }
    if !name.ends_with(".toml") && !name.contains('/') {
        let known: Vec<_> = Script::names().collect();
        return Err(Failure::usage(format!("there is no scenario `{name}`"))
            .hint(format!("there is: {}; or name a file that ends in .toml", known.join(", "))));
    }
    let text = std::fs::read_to_string(Path::new(name))
        .map_err(|error| Failure::usage(format!("cannot read the script {name}: {error}")))?;
    Script::parse(name, &text).map_err(wrong)
}

fn wrong(error: ScriptError) -> Failure {
    Failure::usage(format!("cannot use the script {error}")).hint(
        "crates/range/scripts holds those that come with the program; correct the line, or begin with one of them",
    )
}

/// Where the drill's case is kept.
struct Place {
    shelf: Shelf,
    temporary: Option<tempfile::TempDir>,
}

impl Place {
    fn of(context: &Context) -> Result<Self, Failure> {
        if let Some(state) = &context.global.state {
            return Ok(Self { shelf: Shelf::at(state), temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("impound-drill-").tempdir().map_err(|error| {
            Failure::usage(format!("cannot make a temporary directory: {error}")).hint("name a directory with --state")
        })?;
        Ok(Self { shelf: Shelf::at(temporary.path()), temporary: Some(temporary) })
    }

    fn farewell(&self, case: &CaseId) -> Text {
        let state = self.shelf.path().display();
        match &self.temporary {
            Some(_) => text!("Nothing is kept. To look at the case afterwards: impound drill --state DIR"),
            None => text!(
                "Kept in {}. Look at it: impound --state {} report {} --format html -o drill.html",
                state,
                state,
                case
            ),
        }
    }
}
