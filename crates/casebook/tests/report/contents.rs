//! What the report of a whole case says.

use crate::story::{SECRET, plain};
use casebook::report::{ChangeOutcome, Report, build, headline, html, json, markdown};
use casebook::step::StepName;

fn report() -> Report {
    build(&plain().ledger.history())
}

/// Both renderings, without the escapes of Markdown, to look for sentences.
fn texts() -> [String; 2] {
    let report = report();
    let plain = |text: String| text.replace('\\', "").replace("&#124;", "|").replace("&amp;", "&");
    [plain(markdown(&report)), plain(html(&report, &[]))]
}

fn assert_says(sentences: &[&str]) {
    for text in texts() {
        for sentence in sentences {
            assert!(text.contains(sentence), "missing: {sentence}");
        }
    }
}

#[test]
fn the_first_line_says_the_verdict_and_its_limit() {
    let text = markdown(&report());
    insta::assert_snapshot!(text.lines().take(7).collect::<Vec<_>>().join("\n"), @r"
    # New flows are blocked; existing connections may still be alive; the sessions of its role are revoked

    Incident report on `i-0a1b2c3d4e5f60718` in account 111111111111, eu-west-1. Case `2026-11-21-web-7`.

    Status: done – everything through custody is done

    2 residual channels, 2 gaps in what could be read, 2 reservations on the evidence: all are listed below.
    ");
}

#[test]
fn who_opened_it_with_what_and_how_to_verify_it() {
    assert_says(&[
        "maria, confirmed by AWS as arn:aws:sts::111111111111:assumed-role/Responder/maria",
        "impound 0.1.0",
        "impound verify 2026-11-21-web-7",
        &format!("{:064x}", report().ledger.entries),
        "Backdoor:EC2/C&CActivity.B!DNS",
        "arn:aws:sts::222222222222:assumed-role/Forensic/impound",
    ]);
}

#[test]
fn every_residual_and_every_gap_is_named_with_its_reason() {
    assert_says(&[
        "queries to Amazon's resolver are not filtered",
        "connections that were open before live on until they are idle",
        "the Systems Manager registration of i-0a1b2c3d4e5f60718",
        "not authorized to perform: ssm:DescribeInstanceInformation",
        "no screenshot is available for this instance type",
    ]);
    let gaps: Vec<_> = report().gaps.into_iter().map(|gap| gap.needs).collect();
    assert_eq!(gaps, [["ssm:DescribeInstanceInformation"], ["ec2:GetConsoleScreenshot"]]);
}

#[test]
fn a_lost_answer_and_a_refused_call_are_told_apart() {
    let report = report();
    let of = |outcome| report.changes.iter().filter(move |change| change.outcome == outcome).collect::<Vec<_>>();
    let (lost, failed) = (of(ChangeOutcome::Lost), of(ChangeOutcome::Failed));
    assert_eq!((lost.len(), lost[0].action.as_str()), (1, "ec2:CreateSnapshots"));
    assert!(lost[0].why.contains("may have taken effect") && lost[0].settled_by.is_none());
    assert_eq!((failed.len(), failed[0].step), (1, StepName::Isolate));
    let accepted = report.changes.iter().find(|change| change.outcome_seq == failed[0].settled_by).unwrap();
    assert_eq!((accepted.outcome, &accepted.title), (ChangeOutcome::Accepted, &failed[0].title));
}

#[test]
fn bystanders_stand_at_their_gate_with_who_approved() {
    assert_says(&[
        "i-0b7e7e7e7e7e7e7e7 (billing) uses the role web as well",
        "jonas, confirmed by AWS as arn:aws:sts::111111111111:assumed-role/Responder/jonas",
        "for 65 s everything may connect",
        "impound approve 2026-11-21-web-7 open-window",
    ]);
}

#[test]
fn the_lineage_runs_from_the_volume_to_what_was_rebuilt() {
    let chain: Vec<_> = report().evidence.into_iter().map(|item| (item.depth, item.evidence.id)).collect();
    let at = |id: &str| chain.iter().position(|(_, other)| other == id).unwrap();
    let reencrypted = at("snap-0ccc3333000000003");
    let tail: Vec<_> = chain[reencrypted..].iter().map(|(depth, id)| (*depth, id.as_str())).collect();
    assert_eq!(tail, [(1, "snap-0ccc3333000000003"), (2, "snap-0ccc3333000000013"), (3, "snap-0f0f3333000000023")]);
    assert_eq!(chain[at("snap-0aaa1111000000001") + 2], (3, "vol-0f0f9999000000031".to_owned()));
}

#[test]
fn what_was_not_compared_is_said() {
    let unproved = report().unproved;
    let expected = "The copy snap-0f0f3333000000023 was not compared with snap-0ccc3333000000013 block by block.";
    assert!(unproved.iter().any(|sentence| sentence == expected), "{unproved:?}");
    assert!(!unproved.iter().any(|sentence| sentence.contains("snap-0f0f1111000000021 was not compared")));
    let equal: Vec<_> = report().evidence.into_iter().filter_map(|item| item.equals_source).collect();
    assert_eq!(equal, [true, true]);
}

#[test]
fn captured_files_carry_digest_size_request_and_date() {
    assert_says(&[
        "ec2:DescribeInstances",
        "9.1 KiB",
        &"11".repeat(32),
        "5c0b6a7e-9f61-4a0e-8c1d-2b7d0e1f4a55",
        "Sat, 21 Nov 2026 22:10:04 GMT",
    ]);
}

#[test]
fn the_clocks_are_compared() {
    let clock = report().clock.unwrap();
    assert_eq!((clock.answers, clock.unreadable, clock.least_ms), (3, 0, 520));
    assert!(!clock.is_off(), "{clock:?}");
}

#[test]
fn secrets_are_in_no_rendering() {
    let report = report();
    for text in [markdown(&report), html(&report, &[]), json(&report).to_string()] {
        assert!(!text.contains(SECRET));
    }
}

#[test]
fn the_moments_come_in_order_and_none_is_claimed_that_did_not_happen() {
    let timeline = report().timeline;
    let names: Vec<_> = timeline.moments.iter().map(|moment| moment.name.as_str()).collect();
    let order = ["opened", "capture-written", "first-change", "snapshots-requested", "last-interface-isolated"];
    let places: Vec<_> = order.iter().map(|name| names.iter().position(|other| other == name).unwrap()).collect();
    assert!(places.is_sorted(), "{names:?}");
    assert!(names.contains(&"snapshots-completed") && names.contains(&"copies-owned"));
    assert!(!names.contains(&"copies-verified") && !names.contains(&"terminated"), "{names:?}");
}

#[test]
fn the_json_speaks_the_contract() {
    let document = json(&report());
    assert_eq!(document["schema"], "impound.report/1");
    assert_eq!(document["status"], "done");
    assert_eq!(document["verdict"]["network"], "new-flows-blocked");
    assert_eq!(document["target"]["instance"], "i-0a1b2c3d4e5f60718");
    assert_eq!(document["steps"][0]["step"], "capture");
    assert_eq!(document["evidence"][0]["kind"], "scene");
    assert_eq!(document["evidence"][0]["locked"], false);
    assert!(document["steps"][0]["started"].as_str().unwrap().ends_with('Z'));
    let back: Report = serde_json::from_value(document).unwrap();
    assert_eq!(back, report());
}

#[test]
fn the_headline_is_the_title_of_the_page() {
    let report = report();
    assert!(html(&report, &[]).contains(&format!("<h1>{}</h1>", headline(&report))));
}
