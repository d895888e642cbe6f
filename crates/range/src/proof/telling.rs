//! A trial's history as lines for people: what was announced, what became of it, how steps stood.

use super::history::{History, Line};
use casebook::entry::Entry;

/// A line for each entry that says something to a person.
pub fn lines(history: &History) -> Vec<String> {
    let begin = history.lines.first().map(|line| line.at);
    let told = history.lines.iter().filter_map(|line| Some((line, told(line, history)?)));
    told.map(|(line, what)| {
        let after = begin.map(|begin| line.at.duration_since(begin).as_secs_f64()).unwrap_or_default();
        format!("{after:9.3} s  {:4}  {what}", line.seq)
    })
    .collect()
}

fn told(line: &Line, history: &History) -> Option<String> {
    Some(match &line.entry {
        Entry::Opened(opened) => format!("opened {} through {}", opened.case, opened.through),
        Entry::Resumed(resumed) => format!("taken up again, through {}", resumed.through),
        Entry::Intent(intent) => format!("{}: {}", intent.step, intent.effect.title()),
        Entry::Outcome(outcome) => {
            let fault = outcome.fault.as_ref()?;
            format!("entry {} failed: {fault}", outcome.intent)
        }
        Entry::Step(step) => format!("{} is {:?}: {}", step.step, step.status, step.reason),
        Entry::Asked(asked) => format!("asks for the gate {}", asked.gate),
        Entry::Approved(approved) => format!("{} is approved", approved.gate),
        Entry::Verdict(verdict) => format!("network {:?}, credentials {:?}", verdict.network, verdict.credentials),
        Entry::Releasing(_) => "release is asked for".into(),
        Entry::Ended(ended) => {
            let made = history.deeds.iter().filter(|deed| deed.at <= line.at).count();
            format!("the run ends, {:?} ({made} changes so far): {}", ended.status, ended.reason)
        }
        _ => return None,
    })
}
