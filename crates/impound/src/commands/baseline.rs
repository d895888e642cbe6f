//! `impound baseline`: what instances normally call, learned and shown.

use crate::args::{Baseline as Args, Logs};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::cursor::Cursor;
use crate::logs::{self, Gathered, Options};
use crate::tables;
use crate::text::text;
use detect::baseline::{self, Baseline, Call};
use detect::count::Fate;
use detect::holdings::Holdings;
use detect::record::Record;
use detect::seen::Seen;
use serde_json::{Value, json};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// Runs a command on the baseline.
///
/// # Errors
/// When logs or the file can not be read or written.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    match args {
        Args::Learn { logs, file, cursor } => learn(context, logs, file, cursor.as_deref()),
        Args::Show { file, role, instances } => show(context, file, role.as_deref(), *instances),
    }
}

/// Reads a baseline.
///
/// # Errors
/// When it is not there or is none.
pub fn read(path: &Path) -> Result<Baseline, Failure> {
    let unusable = |why: String| Failure::usage(format!("cannot use the baseline {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    baseline::read(file).map_err(|error| unusable(error.to_string()))
}

/// Reads a baseline; `None` where there is no such file yet.
///
/// # Errors
/// When the file can not be read or is none.
pub fn existing(path: &Path) -> Result<Option<Baseline>, Failure> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read(path).map(Some),
    }
}

fn learn(context: &Context, logs: &Logs, path: &Path, cursor: Option<&Path>) -> Result<Exit, Failure> {
    let mut baseline = existing(path)?.unwrap_or_default();
    let (seen, period) = (Mutex::new(Seen::new(Seen::HORIZON)), logs::period(logs));
    let look = |record: &Record<'_>| {
        let Record::Trail(event) = record else { return (Fate::Unmatched, None) };
        if event.id.is_there() && seen.lock().unwrap_or_else(PoisonError::into_inner).before(event.id.as_str()) {
            return (Fate::Duplicate, None);
        }
        let is_asked_for = event.at().is_some_and(|at| period.has(at));
        (Fate::Unmatched, is_asked_for.then(|| Call::of(event, &Holdings::new())).flatten())
    };
    let open = |file| Cursor::open(file, "baseline learn", &logs.paths, period);
    let mut cursor = cursor.map(open).transpose()?;
    let options = Options { cursor: cursor.as_ref(), ..Options::default() };
    let Gathered { tally, read, .. } = logs::read(context, logs, options, look, |call| baseline.learn_call(&call))?;
    keep(&baseline, path)?;
    cursor.as_mut().map(|cursor| cursor.keep(&read)).transpose()?;
    logs::tell(context.terminal, &tally);
    context.terminal.log(&text!("learned {} roles; kept in {}\n", baseline.roles().count(), path.display()));
    let forgotten = baseline.forgotten();
    if forgotten > 0 {
        context.terminal.warn(&text!(
            "more instances have called than are remembered at once: {} times the one that had not called for longest was forgotten; learn fewer accounts into one file",
            forgotten
        ));
    }
    Ok(if tally.counts.rejected == 0 && forgotten == 0 { Exit::Done } else { Exit::Gaps })
}

/// Writes a baseline, beside the old one first: a half-written one replaces nothing.
///
/// # Errors
/// When the folder can not be written.
pub fn keep(baseline: &Baseline, path: &Path) -> Result<(), Failure> {
    let unwritable = |why: String| Failure::usage(format!("cannot write the baseline {}: {why}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(|error| unwritable(error.to_string()))?;
    baseline::write(baseline, &mut file).map_err(|error| unwritable(error.to_string()))?;
    file.persist(path).map(drop).map_err(|error| unwritable(error.to_string()))
}

fn show(context: &Context, path: &Path, role: Option<&str>, instances: bool) -> Result<Exit, Failure> {
    let baseline = read(path)?;
    if let Some(role) = role.filter(|role| baseline.kinds(role).is_empty()) {
        return Err(Failure::usage(format!("nothing was learned of the role {role}"))
            .hint(format!("`impound baseline show {}` lists the roles", path.display())));
    }
    let (table, rows) = match role {
        None => (tables::roles(baseline.roles()), baseline.roles().map(role_json).collect()),
        Some(role) if instances => (
            tables::instances(baseline.instances(role)),
            baseline.instances(role).map(|habits| json!(habits)).collect(),
        ),
        Some(role) => {
            let kinds = baseline.kinds(role);
            let rows = kinds.iter().map(kind_json).collect();
            (tables::kinds(kinds.into_iter()), rows)
        }
    };
    match context.terminal.is_json() {
        true => context.terminal.json(&format!("{:#}", Value::Array(rows)))?,
        false => context.terminal.data(&table)?,
    }
    Ok(Exit::Done)
}

fn role_json((role, kinds, instances, calls): (&str, usize, usize, u64)) -> Value {
    json!({ "role": role, "kinds": kinds, "instances": instances, "calls": calls })
}

fn kind_json((call, calls, instances): &(&str, u64, usize)) -> Value {
    json!({ "call": call, "calls": calls, "instances": instances })
}
