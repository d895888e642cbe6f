//! Progress as lines, for logs and pipes: a line when something stands otherwise than before.

use super::{StepLine, clock_time, lines};
use crate::terminal::{Terminal, Verbosity};
use crate::text::{Text, text};
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
            Event::Waiting { until, why } => self.verbose(text!("waiting until {} for {}", clock_time(*until), why)),
            Event::Changing { step, effect } => self.verbose(text!("{}: {}", step, effect.title())),
            Event::Changed { effect, fault: Some(fault), .. } => {
                self.verbose(text!("failed: {}: {}", effect.title(), fault));
            }
            Event::Answered { query, fault: Some(fault), .. } => {
                self.verbose(text!("could not read {}: {}", query.title(), fault));
            }
            _ => {}
        }
    }

    fn steps(&mut self, lines: impl Iterator<Item = StepLine>) {
        for line in lines {
            let news = self.shown.get(&line.step).is_none_or(|before| before.differs(&line));
            if news && !is_idle(&line) {
                self.say(&row(&line));
            }
            if news {
                self.shown.insert(line.step, line);
            }
        }
    }

    fn verbose(&self, line: Text) {
        if self.terminal.verbosity == Verbosity::Verbose {
            self.say(&line);
        }
    }

    fn say(&self, line: &Text) {
        let seconds = format!("{:.1}", self.start.elapsed().as_secs_f64());
        self.terminal.log(&text!("{:>7} s  {}", seconds, line));
    }
}

fn row(line: &StepLine) -> Text {
    text!("{:<10} {} {}", line.step, word(line.status), line.text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_moves_no_cursor_and_ends_no_line() {
        let text = "the group \u{1b}]0;mine\u{7}\u{9b}2J\u{202e}\nforged".to_owned();
        let line = StepLine { step: StepName::Isolate, status: StepStatus::Failed, text };
        let shown = "isolate    failed  the group [U+001B]]0;mine[U+0007][U+009B]2J[U+202E] forged";
        assert_eq!(row(&line).as_str(), shown);
    }
}
