//! Every disturbance at every point of every shipped runbook, in every scenario: no law is broken,
//! and the end is the undisturbed one.

mod flaws;
mod flood;
mod policy;
mod safety;
mod storms;
mod tampering;

use casebook::docs::changes;
use casebook::runbook::Runbook;
use casebook::step::{Phase, StepName};
use range::Scenario;
use range::proof::Trial;
use range::proof::sweep::{Job, Manner, Tally};
use std::collections::BTreeSet;

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
fn containment_survives_every_question_that_fails() {
    let job = contained("lone", "standard");
    holds(&job, &job.questions(), 200);
}

#[test]
fn a_release_survives_every_question_that_fails() {
    let job = Job::released("web-tier", "standard").in_manner(Manner::Gentle);
    holds(&job, &job.questions(), 500);
}

#[test]
fn containment_survives_a_rival() {
    jobs(contained).iter().for_each(|job| holds(job, &job.rivals(), 5));
}

/// Everything that a person may approve besides.
fn escalated() -> [Job; 2] {
    ["lone", "web-tier"].map(|scenario| contained(scenario, "standard").in_manner(Manner::Escalated))
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
    let job = Job::released("web-tier", "standard").in_manner(Manner::Escalated);
    for (tally, at_least) in [(job.crashes(), 10), (job.faults(), 10), (job.repeats(), 3)] {
        holds(&job, &tally, at_least);
    }
}

/// Standby and another profile, suspended processes and a detached volume.
fn in_other_manners(job: Job) -> [Job; 2] {
    [Manner::Gentle, Manner::Cornered].map(|manner| job.in_manner(manner))
}

#[test]
fn other_manners_survive_every_fault() {
    in_other_manners(contained("web-tier", "standard")).iter().for_each(|job| holds(job, &job.faults(), 40));
}

#[test]
fn other_manners_are_taken_back_after_every_crash() {
    in_other_manners(Job::released("web-tier", "standard")).iter().for_each(|job| holds(job, &job.crashes(), 10));
}

#[test]
fn other_manners_survive_every_repetition() {
    let jobs = [contained("web-tier", "standard"), Job::released("web-tier", "standard")];
    jobs.into_iter().flat_map(in_other_manners).for_each(|job| holds(&job, &job.repeats(), 3));
}

/// An image that is started: the only change that runs what the attacker left.
#[test]
fn a_started_image_survives_everything() {
    let job = Job::new("lone", "standard", Phase::Custody).in_manner(Manner::Gentle);
    for (tally, at_least) in [(job.crashes(), 100), (job.repeats(), 10)] {
        holds(&job, &tally, at_least);
    }
}

/// Changes that no sweep makes undisturbed, and why.
const UNSWEPT: [&str; 2] = [
    // Somebody else has shared it: storms have who does that.
    "unshare image",
    "unshare snapshot",
];

/// Whatever a step or its undo can change is disturbed by some sweep, here or by `storm --sweep`.
#[test]
fn every_change_is_swept() {
    let custody = Job::new("web-tier", "standard", Phase::Custody);
    let manners = [Manner::Usual, Manner::Escalated, Manner::Gentle, Manner::Cornered];
    let more = manners.into_iter().flat_map(|manner| {
        [
            custody,
            contained("web-tier", "standard"),
            Job::released("web-tier", "standard"),
            Job::ended("web-tier", "standard"),
        ]
        .map(|job| job.in_manner(manner))
    });
    let swept: BTreeSet<String> = more.flat_map(|job| job.changes()).collect();
    let all: BTreeSet<String> =
        StepName::ALL.into_iter().flat_map(changes::of).map(|change| changes::kind(&change)).collect();
    let missing: Vec<&String> = all.difference(&swept).collect();
    assert_eq!(missing, UNSWEPT.iter().collect::<Vec<_>>());
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
