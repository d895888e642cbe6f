//! The complete job on an instance of the web tier, played once: contained, in custody, at the gate, approved,
//! terminated. `containment` and `custody` look at other sides of the same run.

use crate::harness::{Calls, End, Incident};
use serde_json::Value;
use std::sync::OnceLock;

/// The job and what was seen of it.
pub struct Job {
    /// Where it took place.
    pub incident: Incident,
    /// Both accounts before it.
    pub before: Value,
    /// An approval before there was anything to approve.
    pub too_early: End,
    /// To the gate.
    pub first: End,
    /// Both accounts at the gate.
    pub at_gate: Value,
    /// The approval.
    pub approved: End,
    /// To the end.
    pub second: End,
    /// Both accounts afterwards.
    pub after: Value,
    /// All that the program asked of AWS.
    pub calls: Calls,
}

/// The job, played when it is first asked for.
pub fn job() -> &'static Job {
    static JOB: OnceLock<Job> = OnceLock::new();
    JOB.get_or_init(play)
}

fn play() -> Job {
    let incident = Incident::new();
    let before = incident.photo();
    let captured = incident.respond(&["--case", "whole", "--through", "capture"]).ends_with(0);
    assert_eq!(captured.case(), "whole");
    let too_early = incident.home.run(&["approve", "whole", "terminate"]);
    let first = incident.respond(&["--through", "eradicate"]);
    let at_gate = incident.photo();
    let approved = incident.home.run(&["approve", "whole", "terminate", "--as", "Ada"]);
    let second = incident.home.run(&["resume", "whole"]);
    let (after, calls) = (incident.photo(), incident.calls());
    Job { incident, before, too_early, first, at_gate, approved, second, after, calls }
}

#[test]
fn it_waits_at_the_gate_and_ends_with_the_instance_gone() {
    let job = job();
    assert_eq!(job.first.code, Some(3), "{}", job.first.stderr);
    assert_eq!(job.first.text("/status"), "waiting");
    assert_eq!(job.first.waits_at(), ["terminate"]);
    assert_eq!(job.at_gate["state"], "running");
    assert_eq!(job.second.code, Some(0), "{}", job.second.stderr);
    assert_eq!(job.second.text("/status"), "done");
    assert_eq!(job.after["state"], "terminated");
    for step in job.second.list("/steps") {
        assert!(["done", "skipped"].contains(&step["status"].as_str().unwrap()), "{step:#}");
        assert!(step["started"].is_string() && step["finished"].is_string(), "{step:#}");
    }
}

#[test]
fn terminate_can_not_be_approved_before_the_evidence_is_shown() {
    let job = job();
    assert_eq!(job.too_early.code, Some(2));
    assert!(job.too_early.stderr.contains("terminate"), "{}", job.too_early.stderr);
    assert_eq!(job.approved.code, Some(0), "{}", job.approved.stderr);
}

#[test]
fn the_approval_is_in_the_ledger_with_name_identity_and_digest() {
    let entries = entries(job());
    let shown = entries.iter().rev().find(|body| body["entry"] == "asked" && body["gate"] == "terminate").unwrap();
    let approved = entries.iter().find(|body| body["entry"] == "approved" && body["gate"] == "terminate").unwrap();
    assert_eq!(approved["digest"], shown["digest"]);
    assert!(!approved["digest"].as_str().unwrap().is_empty());
    assert_eq!(approved["by"]["name"], "Ada");
    assert_eq!(approved["by"]["identity"]["arn"], job().incident.world.text("/source/principal"));
}

#[test]
fn every_change_in_aws_has_its_intent_in_the_ledger() {
    let entries = entries(job());
    let intents = entries.iter().filter(|body| body["entry"] == "intent").count();
    assert_eq!(intents, job().calls.attempts().len(), "{:#?}", job().calls.attempts().actions());
}

#[test]
fn termination_skips_the_shutdown_and_leaves_every_volume() {
    let job = job();
    let terminate = job.calls.of("TerminateInstances");
    assert_eq!(terminate.len(), 1);
    assert_eq!(terminate.0[0].param("SkipOsShutdown"), "true");
    assert_eq!(terminate.0[0].ids, [job.incident.instance()]);
    for volume in job.incident.world.volumes() {
        assert_eq!(job.after["evidence"]["source"]["volumes"][&volume]["state"], "available", "{volume}");
    }
}

#[test]
fn verify_finds_everything_as_the_ledger_says() {
    let job = job();
    let verified = job.incident.home.run(&["verify", "whole"]);
    assert_eq!(verified.code, Some(0), "{}\n{:#}", verified.stderr, verified.document);
    let checks = verified.list("/checks");
    assert!(checks.iter().all(|check| check["found"] == "good"), "{checks:#?}");
    for item in job.second.list("/evidence").iter().filter(|item| item["id"].as_str().unwrap().starts_with("snap-")) {
        let id = item["id"].as_str().unwrap();
        assert!(checks.iter().any(|check| check["what"].as_str().unwrap().contains(id)), "{id} was not looked at");
    }
}

#[test]
fn the_report_comes_in_three_forms_and_names_the_evidence() {
    let home = &job().incident.home;
    for (form, sign) in [("md", "# "), ("html", "<!DOCTYPE html>"), ("json", "{")] {
        let file = format!("report.{form}");
        let wrote = home.run(&["report", "whole", "--format", form, "-o", &file]);
        assert_eq!(wrote.code, Some(0), "{}", wrote.stderr);
        let text = std::fs::read_to_string(home.path().join(file)).unwrap();
        assert!(text.starts_with(sign), "{form}: {}", text.lines().next().unwrap_or_default());
        for item in job().second.list("/evidence") {
            assert!(text.contains(item["id"].as_str().unwrap()), "{form} does not name {item}");
        }
        assert!(!text.contains("correct-horse-battery-staple"), "{form} shows a password of the user data");
    }
}

#[test]
fn the_residuals_are_named_and_no_connection_is_claimed_dead() {
    let verdict = &job().first.document["verdict"];
    assert_eq!(verdict["network"], "new-flows-blocked");
    assert_eq!(verdict["credentials"], "revoked");
    let channels: Vec<_> =
        verdict["residual"].as_array().unwrap().iter().map(|r| r["channel"].as_str().unwrap()).collect();
    for channel in ["tracked-connections", "dns", "metadata-service"] {
        assert!(channels.iter().any(|found| found.contains(channel)), "{channel} is not in {channels:?}");
    }
}

/// The bodies of the ledger's entries.
fn entries(job: &Job) -> Vec<Value> {
    use ledger::Store;
    let store = ledger::CaseFile::read(&job.incident.home.state(), "whole").unwrap();
    store.entries().unwrap().into_iter().map(|entry| entry.body).collect()
}
