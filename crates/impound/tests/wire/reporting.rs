//! The report over the wire: what the instance's sessions did is drawn from what was captured of CloudTrail.

use crate::harness::Incident;
use serde_json::json;

#[test]
fn a_report_draws_what_the_sessions_did_and_names_what_they_left_behind() {
    let incident = Incident::new();
    let instance = incident.instance();
    for (number, call) in ["ListUsers", "CreateAccessKey"].into_iter().enumerate() {
        let arn = format!("arn:aws:sts::111111111111:assumed-role/web/{instance}");
        let event = json!({
            "eventVersion": "1.09", "eventID": format!("11111111-2222-3333-4444-00000000000{number}"),
            "eventTime": format!("2026-03-01T12:0{number}:00Z"), "eventSource": "iam.amazonaws.com", "eventName": call,
            "awsRegion": incident.world.text("/region"), "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15",
            "recipientAccountId": "111111111111", "eventType": "AwsApiCall", "eventCategory": "Management",
            "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE000000000", "userName": "backup"}},
            "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": "111111111111",
                         "sessionContext": {"ec2RoleDelivery": "2.0"},
                             "principalId": format!("AROAEXAMPLE:{instance}")},
        });
        incident.server.control("trail", &json!({"event": event, "user": instance}));
    }
    incident.respond(&["--through", "capture"]).ends_with(0);
    let page = incident.home.run(&["report", &incident.only_case(), "--format", "html"]).ends_with(0).stdout;
    for words in [
        "What its credentials did",
        "event history of us-east-1, asked for",
        "<circle",
        "2 calls",
        "iam CreateAccessKey",
        "AKIAEXAMPLE000000000",
    ] {
        assert!(page.contains(words), "no `{words}` in {page}");
    }
    // The same in a terminal, without any log.
    let told = incident.home.run(&["timeline", &incident.only_case()]).ends_with(0).stdout;
    for words in ["ListUsers", "CreateAccessKey", "Left behind", "AKIAEXAMPLE000000000"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
}
