//! Samples never act, however they are marked.

use crate::support::{finding, folder, only, refusal, sample};
use casebook::finding::{Advice, SampleMark};
use serde_json::{Value, json};

#[test]
fn every_untouched_sample_is_refused_as_a_sample() {
    let files: Vec<_> = std::fs::read_dir(folder("samples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 15);
    for file in files {
        let finding = only(&std::fs::read_to_string(&file).unwrap());
        let Advice::Refuse { why } = finding.advice() else { panic!("{} is not refused", file.display()) };
        assert!(why.contains("a sample (`service.additionalInfo.sample` is true)"), "{why}");
    }
}

#[test]
fn a_sample_without_its_flag_is_known_by_its_instance() {
    let mut event = sample("Recon-EC2-Portscan.json");
    event["detail"]["Service"]["AdditionalInfo"]["Value"] = json!("{}");
    let finding = only(&event.to_string());
    assert_eq!(finding.sample, Some(SampleMark::Placeholder("i-99999999".to_owned())));
    assert!(matches!(finding.advice(), Advice::Refuse { .. }));
}

#[test]
fn each_place_of_the_mark_counts() {
    let marks: [fn(&mut Value); 11] = [
        |f| f["sample"] = json!(true),
        |f| f["sample"] = json!("TRUE"),
        |f| f["service"]["sample"] = json!(true),
        |f| f["service"]["additionalInfo"]["sample"] = json!(true),
        |f| f["service"]["additionalInfo"]["Sample"] = json!("true"),
        |f| f["service"]["additionalInfo"]["sample"] = json!(1),
        |f| f["service"]["additionalInfo"] = json!("{\"sample\": true}"),
        |f| f["service"]["additionalInfo"]["value"] = json!("{\"threat\":\"x\",\"sample\":true}"),
        |f| f["service"]["additionalInfo"]["value"] = json!({"sample": "true"}),
        |f| f["service"]["additionalInfo"]["value"] = json!("{\"threat\":\"cut, \"sample\" : true"),
        |f| f["title"] = json!("[SAMPLE] The EC2 instance …"),
    ];
    for (n, mark) in marks.into_iter().enumerate() {
        let mut finding = finding("Backdoor:EC2/Spambot");
        mark(&mut finding);
        assert!(refusal(&finding).contains("a sample ("), "mark {n}");
    }
}

#[test]
fn a_mark_that_says_no_is_no_mark() {
    let marks: [fn(&mut Value); 5] = [
        |f| f["sample"] = json!(false),
        |f| f["service"]["additionalInfo"]["sample"] = json!("false"),
        |f| f["service"]["additionalInfo"]["sample"] = json!(null),
        |f| f["service"]["additionalInfo"]["value"] = json!("{\"sample\":false,\"portsScannedSample\":[1]}"),
        |f| f["service"]["additionalInfo"]["value"] = json!("plain words about a sample: true"),
    ];
    for (n, mark) in marks.into_iter().enumerate() {
        let mut finding = finding("Backdoor:EC2/Spambot");
        mark(&mut finding);
        assert_eq!(only(&finding.to_string()).sample, None, "mark {n}");
    }
}

#[test]
fn a_sample_may_carry_ids_that_no_real_finding_has() {
    let mut finding = finding("AttackSequence:EC2/CompromisedInstanceGroup");
    finding["sample"] = json!(true);
    finding["accountId"] = json!("1234567891234");
    finding["resource"]["instanceDetails"]["instanceId"] = json!("GeneratedInstanceId");
    assert!(refusal(&finding).contains("a sample"));
}
