//! A runbook's partial order as text: what can go side by side stands in one row, and every box
//! names what it comes after.

use casebook::runbook::{Runbook, RunbookStep};
use casebook::step::{Phase, StepName};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Draws the order from top to bottom.
pub(super) fn draw(runbook: &Runbook) -> String {
    let rows = rows(runbook);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            let _ = writeln!(text, "      │\n      ▼");
        }
        text.push_str(&boxes(row));
    }
    text
}

/// Steps by how long the longest way to them is.
fn rows(runbook: &Runbook) -> Vec<Vec<&RunbookStep>> {
    let mut depths: BTreeMap<StepName, usize> = BTreeMap::new();
    let mut rows: Vec<Vec<&RunbookStep>> = Vec::new();
    for step in runbook.steps_through(Phase::Eradicate) {
        let before = step.after.iter().filter_map(|before| depths.get(before));
        let depth = before.max().map_or(0, |deepest| deepest + 1);
        depths.insert(step.step, depth);
        rows.resize(rows.len().max(depth + 1), Vec::new());
        rows[depth].push(step);
    }
    rows
}

fn boxes(row: &[&RunbookStep]) -> String {
    let labels: Vec<(String, String)> = row.iter().map(|step| label(step)).collect();
    let widths: Vec<usize> = labels.iter().map(|(name, after)| name.len().max(after.len())).collect();
    let line = |cells: Vec<String>| format!("  {}\n", cells.join("  "));
    let edge = |left: char, right: char| widths.iter().map(|w| format!("{left}{}{right}", "─".repeat(w + 2))).collect();
    let cell = |text: &String, width: &usize| format!("│ {text:<width$} │");
    let names = labels.iter().zip(&widths).map(|((name, _), width)| cell(name, width)).collect();
    let afters = labels.iter().zip(&widths).map(|((_, after), width)| cell(after, width)).collect();
    [line(edge('┌', '┐')), line(names), line(afters), line(edge('└', '┘'))].concat()
}

fn label(step: &RunbookStep) -> (String, String) {
    let after: Vec<_> = step.after.iter().map(|before| before.as_str()).collect();
    let after = if after.is_empty() { "first".to_owned() } else { format!("after {}", after.join(", ")) };
    (step.step.to_string(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_stands_once_and_below_what_it_comes_after() {
        for runbook in Runbook::shipped() {
            let rows = rows(runbook);
            let depth = |name| rows.iter().position(|row| row.iter().any(|step| step.step == name));
            assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), runbook.steps.len());
            for step in &runbook.steps {
                assert!(step.after.iter().all(|before| depth(*before) < depth(step.step)), "{}", step.step);
            }
        }
    }
}
