//! Input that is cut, foreign or wrong: one line each that says where and what to do, never a panic
//! and never half a result.

use crate::support::{INSTANCE, finding, sample};
use casebook::finding::{BrokenJson, FindingError, LIMIT_BYTES, parse};
use serde_json::{Value, json};

/// The error of an input, checked to be one line.
fn error(input: impl AsRef<[u8]>) -> FindingError {
    let error = parse(input.as_ref()).unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

#[test]
fn a_finding_cut_at_any_byte_is_an_error_that_says_where() {
    let mut whole = sample("Trojan-EC2-DNSDataExfiltration.json");
    whole["detail"]["Resource"]["InstanceDetails"]["Tags"] = json!([{"Key": "Größe", "Value": "日本語"}]);
    let text = whole.to_string();
    assert_eq!(parse(text.as_bytes()).unwrap().len(), 1);
    for cut in 1..text.len() {
        match error(&text.as_bytes()[..cut]) {
            FindingError::Broken(BrokenJson { byte, line: 1, whole: 0, .. }) => assert!(byte <= cut),
            FindingError::NotUtf8 { .. } => assert!(!text.is_char_boundary(cut)),
            other => panic!("cut at {cut}: {other}"),
        }
    }
}

#[test]
fn cut_json_lines_name_the_broken_line() {
    let lines: Vec<String> = (0..3)
        .map(|n| {
            let mut finding = finding("Backdoor:EC2/Spambot");
            finding["id"] = json!(format!("f{n}"));
            finding.to_string()
        })
        .collect();
    let text = lines.join("\n");
    let mut start = 0;
    for (n, line) in lines.iter().enumerate() {
        for cut in start + 1..start + line.len() {
            let FindingError::Broken(broken) = error(&text.as_bytes()[..cut]) else { panic!("cut at {cut}") };
            assert_eq!((broken.line, broken.whole), (n + 1, n), "cut at {cut}");
        }
        start += line.len();
        assert_eq!(parse(&text.as_bytes()[..start]).unwrap().len(), n + 1);
        start += 1;
    }
}

#[test]
fn a_wrong_byte_is_found_at_its_place() {
    let text = format!("{}\n{{\"type\": oops}}", finding("Backdoor:EC2/Spambot"));
    let FindingError::Broken(broken) = error(&text) else { panic!("not broken") };
    assert_eq!((broken.line, broken.whole), (2, 1));
    assert!(text.as_bytes()[..broken.byte].ends_with(b"o"), "{broken:?}");
    let message = error(json!({"Message": "{\"type\": "}).to_string()).to_string();
    assert!(message.contains("the input.Message breaks off at line 1"), "{message}");
}

#[test]
fn foreign_input_says_what_it_is_and_where_to_get_the_right_one() {
    let asff = json!({"SchemaVersion": "2018-10-08", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "Types": ["TTPs/Initial Access"], "Resources": [{"Type": "AwsEc2Instance"}]});
    let cases = [
        (json!({"Findings": [asff]}), "Security Hub's format"),
        (
            json!({"detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub", "detail": {"findings": [asff]}}),
            "a Security Hub event",
        ),
        (json!({"FindingIds": ["a"]}), "get-findings"),
        (
            json!({"detail-type": "GuardDuty Runtime Protection Unhealthy", "source": "aws.guardduty", "detail": {"a": 1}}),
            "of type `GuardDuty Runtime Protection Unhealthy`",
        ),
        (
            json!({"detail-type": "GuardDuty Finding", "source": "my.tool", "detail": finding("Backdoor:EC2/Spambot")}),
            "from `my.tool`",
        ),
        (json!({"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": {}}), "an empty object"),
        (
            json!({"Records": [{"eventVersion": "1.08", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}]}),
            "a CloudTrail record",
        ),
        (json!({"class_uid": 2004, "finding_info": {}}), "an OCSF event"),
        (json!({"a": 1, "<b>": 2}), "fields ?b?, a"),
        (json!(17), "the bare value 17"),
        (json!(null), "the bare value null"),
        (json!({"Findings": []}), "holds no finding"),
        (json!([]), "holds no finding"),
        (json!({"Records": [{"body": ""}]}), "empty text"),
        (json!({"Findings": [finding("Backdoor:EC2/Spambot"), {"x": 1}]}), "Findings[1] is an object"),
    ];
    for (input, expected) in cases {
        let message = error(input.to_string()).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn bytes_that_are_no_text_say_what_they_are() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "empty: 0 bytes"),
        (b" \r\n\t", "empty: 4 bytes"),
        (b"\xef\xbb\xbf", "empty: 3 bytes"),
        (b"\x1f\x8b\x08\x00", "gunzip"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"{\"a\": \"\xff\"}", "from byte 7 on"),
        (b"<html>", "is wrong"),
    ];
    for (input, expected) in cases {
        let message = error(input).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn size_and_depth_are_bounded() {
    assert!(matches!(error(vec![b' '; LIMIT_BYTES + 1]), FindingError::TooLarge { .. }));
    assert!(matches!(error(vec![b' '; LIMIT_BYTES]), FindingError::Empty { .. }));
    assert!(matches!(error("[".repeat(100_000)), FindingError::Broken(_)));
    let mut wrapped = finding("Backdoor:EC2/Spambot");
    for _ in 0..40 {
        wrapped = json!([wrapped]);
    }
    assert!(matches!(error(wrapped.to_string()), FindingError::TooDeep { .. }));
}

#[test]
fn junk_in_place_of_an_instance_is_refused_and_not_repeated() {
    let junk = [
        "i-0123456789abcdef0; curl x | sh",
        "<img src=x onerror=alert(1)>",
        "i-0123456789ABCDEF0",
        "vol-0123456789abcdef0",
        "${instance_id}",
        "i-\u{202e}",
    ];
    for junk in junk {
        let mut finding = finding("Backdoor:EC2/Spambot");
        finding["resource"]["instanceDetails"]["instanceId"] = json!(junk);
        let error = error(finding.to_string());
        let FindingError::BadInstance { field, shown, .. } = &error else { panic!("{error}") };
        assert_eq!(field, "resource.instanceDetails.instanceId");
        assert!(!shown.contains(['<', ';', '|', '$', '\u{202e}']), "{shown}");
    }
}

/// Puts something into a finding that does not belong there.
type Spoil = fn(&mut Value);

#[test]
fn a_field_that_no_finding_has_is_named() {
    let spoil: [(Spoil, &str); 14] = [
        (|f| drop(f.as_object_mut().unwrap().remove("id")), "`id` is missing"),
        (|f| drop(f.as_object_mut().unwrap().remove("type")), "`type` is missing"),
        (|f| drop(f.as_object_mut().unwrap().remove("accountId")), "`accountId` is missing"),
        (|f| drop(f.as_object_mut().unwrap().remove("region")), "`region` is missing"),
        (|f| f["accountId"] = json!("12345"), "`accountId` is not twelve digits"),
        (|f| f["region"] = json!("eu west"), "`region` is not one"),
        (|f| f["id"] = json!("../../etc/passwd"), "`id` has characters"),
        (|f| f["type"] = json!("Backdoor:EC2/<b>"), "`type` has characters"),
        (|f| f["resource"] = json!([]), "`resource` is not an object"),
        (|f| f["service"]["archived"] = json!("perhaps"), "`service.archived` is neither"),
        (|f| f["service"]["count"] = json!(1.5), "`service.count` is not a whole number"),
        (|f| f["severity"] = json!("high"), "`severity` is not a number"),
        (|f| f["title"] = json!({}), "`title` is not text"),
        (|f| f["Type"] = json!("Trojan:EC2/DropPoint"), "is given twice"),
    ];
    for (spoil, expected) in spoil {
        let mut finding = finding("Backdoor:EC2/Spambot");
        spoil(&mut finding);
        let message = error(finding.to_string()).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_field_given_twice_the_same_is_no_error() {
    let mut twice = finding("Backdoor:EC2/Spambot");
    twice["Type"] = twice["type"].clone();
    twice["resource"]["InstanceDetails"] = json!({"instanceId": INSTANCE});
    assert_eq!(parse(twice.to_string().as_bytes()).unwrap().len(), 1);
}
