//! `--step`: what each step is about to do and why now, and what came of it, for somebody who has
//! never seen the program. Title, reason and undo are those of the registry and the runbook; only
//! the plain words are said here.

use super::prose;
use crate::config;
use crate::terminal::{FAINT, STRONG, Terminal};
use crate::text::{paint, text};
use casebook::runbook::Runbook;
use casebook::settings::Config;
use casebook::step::StepName;
use casebook::steps;
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

/// Before each line of an explanation.
const MARGIN: &str = "  │ ";

/// Explains steps.
#[derive(Debug)]
pub(super) struct Teacher {
    runbook: Option<Runbook>,
    terminal: Terminal,
    calls: Vec<(StepName, &'static str)>,
    /// Which steps were told as done.
    done: BTreeSet<StepName>,
}

impl Teacher {
    pub(super) fn of(config: &Config, terminal: Terminal) -> Self {
        Self {
            runbook: config::runbook(&config.policy.runbook).ok(),
            terminal,
            calls: Vec::new(),
            done: BTreeSet::new(),
        }
    }

    /// Before a step's first change.
    pub(super) fn begins(&self, step: StepName) {
        let card = steps::card(step);
        self.terminal.log(&text!("\n  ┌ step {}: {}", paint(STRONG, step), card.title));
        self.aside(&format!("In plain words: {}", plain(step)));
        if let Some(order) = self.order(step) {
            self.aside(&format!("Why now: {order}"));
        }
        if card.prepare.is_some() {
            self.aside("What it needs is made ready while those are at work; it takes hold in its turn.");
        }
        self.aside(&format!("How it is undone: {}", card.undo));
        self.pause();
    }

    /// A change is about to be sent.
    pub(super) fn calls(&mut self, step: StepName, action: &'static str) {
        self.terminal.log(&text!("             {}", paint(FAINT, text!("by the AWS call {}", action))));
        self.calls.push((step, action));
    }

    /// After a step was read back as done.
    pub(super) fn done(&mut self, step: StepName) {
        let made: Vec<&str> =
            self.calls.iter().filter(|(whose, _)| *whose == step).map(|(_, action)| *action).collect();
        let changes = match made.len() {
            0 => format!("{step} changed nothing"),
            1 => format!("{step} took 1 change ({})", made[0]),
            n => format!("{step} took {n} changes ({})", counted(&made)),
        };
        let why = match self.done.is_empty() {
            true => "A step counts as done only when AWS was asked again after its last change and answered so",
            false => "Read back as shown",
        };
        self.done.insert(step);
        self.terminal.log(&text!("  └ {}. {}.", changes, why));
        self.pause();
    }

    /// A step that has nothing to do says why.
    pub(super) fn skipped(&self, step: StepName) {
        self.terminal.log(&text!("  └ {} is passed over, and the reason above goes into the report.", step));
        self.pause();
    }

    /// A line beside the step, wrapped.
    fn aside(&self, line: &str) {
        prose::lines(line, MARGIN.chars().count())
            .iter()
            .for_each(|line| self.terminal.log(&text!("{}{}", MARGIN, line)));
    }

    fn order(&self, step: StepName) -> Option<String> {
        let row = self.runbook.as_ref()?.steps.iter().find(|row| row.step == step)?;
        let after: Vec<&str> = row.after.iter().map(|before| before.as_str()).collect();
        let after = if after.is_empty() {
            "it comes first.".to_owned()
        } else {
            format!("it comes after {}.", after.join(", "))
        };
        Some(format!("{after} {}", row.why))
    }

    /// On a terminal a person reads first.
    fn pause(&self) {
        if !self.terminal.is_live() || !std::io::stdin().is_terminal() {
            return;
        }
        self.terminal.log(&paint(FAINT, "    Enter goes on"));
        let _end_of_input = std::io::stdin().lock().read_line(&mut String::new());
    }
}

/// Each call once, with how often.
fn counted(calls: &[&'static str]) -> String {
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for call in calls {
        match seen.iter_mut().find(|(name, _)| name == call) {
            Some((_, times)) => *times += 1,
            None => seen.push((call, 1)),
        }
    }
    let words =
        seen.iter().map(|(name, times)| if *times == 1 { (*name).to_owned() } else { format!("{times} × {name}") });
    words.collect::<Vec<_>>().join(", ")
}

/// What a step is, for somebody who knows neither the program nor much of AWS.
fn plain(step: StepName) -> &'static str {
    match step {
        StepName::Capture => {
            "before anything is touched, AWS is asked about the machine and everything around it, and the answers \
             are written down: whatever comes later may change or destroy what they describe."
        }
        StepName::Tag => {
            "the name of the case is written on the machine and its disks, so that people and policies recognise \
             what belongs to it."
        }
        StepName::Protect => {
            "the ways in which somebody could end the machine by mistake are switched off: terminating it, \
             stopping it, and what a shutdown from inside does."
        }
        StepName::Snapshot => {
            "AWS is asked for a copy of every disk as it is at one moment. The copies are locked at once, while \
             AWS still makes them, so that nobody in this account can delete them."
        }
        StepName::Detach => {
            "the machine leaves its Auto Scaling group. The group would see a machine that answers nobody, take \
             it for broken, and terminate it together with its disks."
        }
        StepName::Isolate => {
            "every network card is moved into a security group, a firewall, that allows nothing: from then on no \
             new connection reaches the machine or leaves it."
        }
        StepName::Revoke => {
            "the machine loses its role, and what was handed out under that role is denied: credentials that \
             were stolen stop working."
        }
        StepName::Deregister => "the load balancers stop sending customers to the machine.",
        StepName::Image => "the copies of the disks are put together as one machine image, for later examination.",
        StepName::Share => "one other account, kept for evidence only, may read the copies; nobody else may.",
        StepName::Copy => {
            "the evidence account makes copies of its own, under its own key, and each is compared with its \
             original block by block. From then on nobody in the attacked account can touch the evidence."
        }
        StepName::Rebuild => "disks are made of the copies in a network that leads nowhere, for examination.",
        StepName::Terminate => {
            "the machine is ended for good: only with every disk secured, and only after a person has seen the \
             evidence and said so."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_explained_in_words_without_abbreviations() {
        for step in StepName::ALL {
            let words = plain(step);
            assert!(words.ends_with('.') && words.len() > 40, "{step}: {words}");
            for jargon in ["EBS", "ENI", "AMI", "IAM", "STS", "NACL", "ASG"] {
                assert!(!words.contains(jargon), "{step} says {jargon}");
            }
        }
    }

    #[test]
    fn calls_are_counted_in_the_order_of_their_first() {
        assert_eq!(counted(&["ec2:B", "ec2:A", "ec2:B"]), "2 × ec2:B, ec2:A");
    }
}
