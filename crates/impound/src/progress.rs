//! Shows a run while it goes on: redrawn in place on a terminal, as lines elsewhere. A watcher sees
//! no reading, so no secret can be shown.

use crate::terminal::{Terminal, Verbosity};
use crate::text::{Text, text};
use casebook::next::{Next, StepReport};
use casebook::step::{StepName, StepStatus};
use engine::{Event, Watcher};
use jiff::Timestamp;
use std::collections::BTreeMap;

mod live;
mod plain;

use live::Live;
use plain::Plain;

/// Shows a run.
#[derive(Debug)]
pub struct Progress {
    face: Face,
    calls: Calls,
}

#[derive(Debug)]
enum Face {
    Silent,
    Plain(Box<Plain>),
    Live(Box<Live>),
}

/// Requests by `service:Action`.
pub type Calls = BTreeMap<String, u64>;

impl Progress {
    /// As the terminal can show it.
    pub fn new(terminal: Terminal) -> Self {
        let face = match terminal.verbosity {
            Verbosity::Quiet => Face::Silent,
            Verbosity::Normal if terminal.is_live() => Face::Live(Box::new(Live::new())),
            _ => Face::Plain(Box::new(Plain::new(terminal))),
        };
        Self { face, calls: Calls::new() }
    }

    /// As lines, for runs side by side: they can not redraw the same place.
    pub fn lines(terminal: Terminal) -> Self {
        let face = match terminal.verbosity {
            Verbosity::Quiet => Face::Silent,
            _ => Face::Plain(Box::new(Plain::new(terminal))),
        };
        Self { face, calls: Calls::new() }
    }

    /// Takes the display away; gives the calls that were counted.
    pub fn finish(self) -> Calls {
        if let Face::Live(live) = self.face {
            live.clear();
        }
        self.calls
    }
}

impl Watcher for Progress {
    fn saw(&mut self, event: &Event<'_>) {
        count(&mut self.calls, event);
        match &mut self.face {
            Face::Silent => {}
            Face::Plain(plain) => plain.saw(event),
            Face::Live(live) => live.saw(event),
        }
    }
}

/// Counts the requests of an event.
pub fn count(calls: &mut Calls, event: &Event<'_>) {
    let (Event::Answered { calls: sent, .. } | Event::Changed { calls: sent, .. }) = event else { return };
    for action in *sent {
        *calls.entry(action.clone()).or_default() += 1;
    }
}

/// Calls by action, the most frequent first, and their sum.
pub fn call_lines(calls: &Calls) -> Text {
    let mut rows: Vec<_> = calls.iter().collect();
    rows.sort_by_key(|(action, count)| (std::cmp::Reverse(**count), action.as_str()));
    let mut lines: Text = rows.iter().map(|(action, count)| text!("{:>6}  {}\n", count, action)).collect();
    lines.add(text!("{:>6}  calls in all", calls.values().sum::<u64>()));
    lines
}

/// A step in a line: how it stands, and why or what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StepLine {
    step: StepName,
    status: StepStatus,
    text: String,
}

impl StepLine {
    fn of(report: &StepReport) -> Self {
        let awaited = report.moving && !report.waiting_for.is_empty();
        let text = if awaited { &report.waiting_for } else { &report.reason };
        Self { step: report.step, status: report.status, text: text.clone() }
    }

    /// Whether another line says the same but for numbers, such as percentages.
    fn differs(&self, other: &Self) -> bool {
        let words = |text: &str| text.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect::<String>();
        self.status != other.status || words(&self.text) != words(&other.text)
    }
}

fn lines(next: &Next) -> impl Iterator<Item = StepLine> + '_ {
    next.steps.iter().map(StepLine::of)
}

/// `12:03:04`, to be told from durations by its seconds.
fn clock_time(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> StepLine {
        StepLine { step: StepName::Snapshot, status: StepStatus::Waiting, text: text.into() }
    }

    #[test]
    fn a_percentage_alone_is_no_new_line() {
        assert!(!line("snap-1 at 40.5 %").differs(&line("snap-1 at 60 %")));
        assert!(line("snap-1 at 40 %").differs(&line("the lock of snap-1")));
    }

    #[test]
    fn calls_are_listed_by_how_many_and_summed() {
        let calls = Calls::from([("ec2:A".to_owned(), 1), ("ec2:B".to_owned(), 3)]);
        assert_eq!(call_lines(&calls).as_str(), "     3  ec2:B\n     1  ec2:A\n     4  calls in all");
    }
}
