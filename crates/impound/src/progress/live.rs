//! Progress redrawn in place on a terminal: a line a step, and what is awaited below.

use super::{StepLine, clock_time, lines};
use crate::text::{Text, text};
use casebook::step::{StepName, StepStatus};
use engine::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(120);

/// One bar a step, and one for what is awaited.
#[derive(Debug)]
pub(super) struct Live {
    block: MultiProgress,
    bars: BTreeMap<StepName, ProgressBar>,
    foot: ProgressBar,
}

impl Live {
    pub(super) fn new() -> Self {
        let block = MultiProgress::new();
        let foot = block.add(ProgressBar::new_spinner().with_style(style("  {elapsed_precise} {wide_msg:.dim}")));
        foot.enable_steady_tick(TICK);
        Self { block, bars: BTreeMap::new(), foot }
    }

    pub(super) fn saw(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { next } => lines(next).for_each(|line| self.step(&line)),
            Event::Waiting { until, why } => {
                self.foot.set_message(shown(&text!("looks again at {}: {}", clock_time(*until), why)));
            }
            Event::Changing { effect, .. } => self.foot.set_message(shown(&text!("{}", effect.title()))),
            Event::Asking { query } => self.foot.set_message(shown(&text!("reads {}", query.title()))),
            _ => {}
        }
    }

    fn step(&mut self, line: &StepLine) {
        let bar = match self.bars.get(&line.step) {
            Some(bar) => bar,
            None => {
                let bar = self.block.insert_before(&self.foot, ProgressBar::new_spinner());
                bar.set_prefix(line.step.to_string());
                self.bars.entry(line.step).or_insert(bar)
            }
        };
        show(bar, line);
    }

    /// Takes the block away: the summary says it all.
    pub(super) fn clear(self) {
        self.bars.values().for_each(ProgressBar::finish_and_clear);
        self.foot.finish_and_clear();
        // A terminal that went away has nothing left to clear.
        let _ = self.block.clear();
    }
}

fn show(bar: &ProgressBar, line: &StepLine) {
    let (mark, moves) = match line.status {
        StepStatus::Done => ("✔", false),
        StepStatus::Skipped => ("–", false),
        StepStatus::Failed => ("✘", false),
        StepStatus::Unknown => ("?", false),
        StepStatus::Waiting if line.text.starts_with("after ") => ("·", false),
        StepStatus::Waiting => ("{spinner}", true),
    };
    bar.set_style(style(&format!("  {mark} {{prefix:<10}} {{wide_msg}}")));
    bar.set_message(shown(&text!("{}", line.text)));
    if moves {
        bar.enable_steady_tick(TICK);
    } else {
        bar.disable_steady_tick();
    }
}

fn shown(text: &Text) -> String {
    text.as_str().to_owned()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_moves_no_cursor() {
        let mut live = Live::new();
        let text = "the group \u{1b}[2J\u{202e}".to_owned();
        live.step(&StepLine { step: StepName::Isolate, status: StepStatus::Failed, text });
        assert_eq!(live.bars[&StepName::Isolate].message(), "the group [U+001B][2J[U+202E]");
        live.clear();
    }
}
