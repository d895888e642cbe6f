//! Every disturbance at every point of every shipped runbook, in every scenario: no law is broken,
//! and the end is the undisturbed one.

mod flaws;
mod flood;
mod policy;
mod safety;
mod storms;
mod tampering;

use casebook::runbook::Runbook;
use casebook::step::Phase;
use range::Scenario;
use range::proof::Trial;
use range::proof::sweep::{Job, Tally};

fn holds(job: &Job, tally: &Tally, at_least: usize) {
    assert!(tally.failures.is_empty(), "{job:?}\n{tally}");
    let runs: usize = tally.runs.values().sum();
    assert!(runs >= at_least, "only {runs} disturbed runs: {tally}");
}

/// Undisturbed no checker complains, in any scenario, with either runbook.
#[test]
fn undisturbed_no_law_is_broken() {
    for (scenario, _) in Scenario::list() {
        for runbook in Runbook::NAMES {
            let mut trial = Trial::new(scenario, Phase::Custody);
            trial.runbook = runbook;
            trial.drive();
            assert_eq!(trial.breaches(), [], "{scenario}, {runbook}");
            trial.release();
            assert_eq!(trial.breaches(), [], "{scenario}, {runbook}, released");
        }
    }
}

/// The scenarios that differ before custody, with both runbooks. All of them, through custody, are the
/// command `storm --sweep`, which takes an hour.
fn jobs(job: impl Fn(&'static str, &'static str) -> Job) -> Vec<Job> {
    let scenarios = ["web-tier", "prepared", "lone", "spot", "shared-role"];
    scenarios.into_iter().flat_map(|scenario| Runbook::NAMES.map(|runbook| job(scenario, runbook))).collect()
}

fn contained(scenario: &'static str, runbook: &'static str) -> Job {
    Job::new(scenario, runbook, Phase::Contain)
}

#[test]
fn containment_survives_every_crash() {
    jobs(contained).iter().for_each(|job| holds(job, &job.crashes(), 40));
}

#[test]
fn containment_survives_every_fault() {
    jobs(contained).iter().for_each(|job| holds(job, &job.faults(), 40));
}

#[test]
fn containment_survives_every_repetition() {
    jobs(contained).iter().for_each(|job| holds(job, &job.repeats(), 5));
}

#[test]
fn containment_survives_a_rival() {
    jobs(contained).iter().for_each(|job| holds(job, &job.rivals(), 5));
}

/// Everything that a person may approve besides.
fn escalated() -> [Job; 2] {
    ["lone", "web-tier"].map(|scenario| Job::new(scenario, "standard", Phase::Contain).escalated())
}

#[test]
fn escalation_survives_every_crash() {
    escalated().iter().for_each(|job| holds(job, &job.crashes(), 40));
}

#[test]
fn escalation_survives_every_fault() {
    escalated().iter().for_each(|job| holds(job, &job.faults(), 40));
}

#[test]
fn escalation_survives_every_repetition() {
    escalated().iter().for_each(|job| holds(job, &job.repeats(), 5));
}

#[test]
fn escalation_is_taken_back_whatever_happens() {
    let job = Job::released("web-tier", "standard").escalated();
    for (tally, at_least) in [(job.crashes(), 10), (job.faults(), 10), (job.repeats(), 3)] {
        holds(&job, &tally, at_least);
    }
}

#[test]
fn a_release_survives_every_crash() {
    jobs(Job::released).iter().for_each(|job| holds(job, &job.crashes(), 10));
}

#[test]
fn a_release_survives_every_fault() {
    jobs(Job::released).iter().for_each(|job| holds(job, &job.faults(), 10));
}

#[test]
fn a_release_survives_every_repetition() {
    jobs(Job::released).iter().for_each(|job| holds(job, &job.repeats(), 3));
}

#[test]
fn custody_survives_every_crash() {
    let job = Job::new("lone", "standard", Phase::Custody);
    holds(&job, &job.crashes(), 100);
}

#[test]
fn custody_survives_every_fault() {
    let job = Job::new("lone", "standard", Phase::Custody);
    holds(&job, &job.faults(), 100);
}

#[test]
fn custody_survives_every_repetition() {
    let job = Job::new("lone", "standard", Phase::Custody);
    holds(&job, &job.repeats(), 10);
}

/// The original's end, the one change that nothing takes back.
#[test]
fn the_end_survives_everything() {
    for runbook in Runbook::NAMES {
        for scenario in ["lone", "web-tier"] {
            let job = Job::ended(scenario, runbook);
            for (tally, at_least) in [(job.crashes(), 8), (job.faults(), 10), (job.repeats(), 1)] {
                holds(&job, &tally, at_least);
            }
        }
    }
}
