//! Progress as lines, for logs and pipes: a line when something stands otherwise than before.

use super::{StepLine, clock_time, lines};
use crate::terminal::{Terminal, Verbosity};
use casebook::step::{StepName, StepStatus};
use engine::Event;
use std::collections::BTreeMap;
use std::time::Instant;

/// Lines with the time since the start.
#[derive(Debug)]
pub(super) struct Plain {
    terminal: Terminal,
    start: Instant,
    shown: BTreeMap<StepName, StepLine>,
}

impl Plain {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, start: Instant::now(), shown: BTreeMap::new() }
    }

    pub(super) fn saw(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { next } => self.steps(lines(next)),
            Event::Waiting { until, why } => self.verbose(&format!("waiting until {} for {why}", clock_time(*until))),
            Event::Changing { step, effect } => self.verbose(&format!("{step}: {}", effect.title())),
            Event::Changed { effect, fault: Some(fault), .. } => {
                self.verbose(&format!("failed: {}: {fault}", effect.title()));
            }
            Event::Answered { query, fault: Some(fault), .. } => {
                self.verbose(&format!("could not read {}: {fault}", query.title()));
            }
            _ => {}
        }
    }

    fn steps(&mut self, lines: impl Iterator<Item = StepLine>) {
        for line in lines {
            let news = self.shown.get(&line.step).is_none_or(|before| before.differs(&line));
            if news && !is_idle(&line) {
                self.say(&format!("{:<10} {} {}", line.step, word(line.status), line.text));
            }
            if news {
                self.shown.insert(line.step, line);
            }
        }
    }

    fn verbose(&self, line: &str) {
        if self.terminal.verbosity == Verbosity::Verbose {
            self.say(line);
        }
    }

    fn say(&self, line: &str) {
        self.terminal.log(&format!("{:>7.1} s  {line}", self.start.elapsed().as_secs_f64()));
    }
}

/// A step that has not begun says nothing: it stands behind another one.
fn is_idle(line: &StepLine) -> bool {
    line.status == StepStatus::Waiting && line.text.starts_with("after ")
}

fn word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Done => "done   ",
        StepStatus::Skipped => "skipped",
        StepStatus::Failed => "failed ",
        StepStatus::Waiting => "…      ",
        StepStatus::Unknown => "unknown",
    }
}
