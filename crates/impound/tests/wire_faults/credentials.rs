//! Credentials and endpoints that do not work: one line, code 6, nothing changed, no secret shown.

use crate::harness::{End, Incident};
use serde_json::json;

const SECRET: &str = "0000SECRETSECRETSECRETSECRETSECRET000000";

/// Runs `respond` with some of its surroundings changed; an empty value takes a variable away.
fn respond_with(incident: &Incident, environment: &[(&str, &str)]) -> End {
    let mut program = incident.home.program(&["respond", incident.instance()]);
    for (name, value) in environment {
        match *value {
            "" => program.env_remove(name),
            value => program.env(name, value),
        };
    }
    End::of(program.spawn().unwrap())
}

/// It ended before anything was changed, and says so in one line.
fn refused(incident: &Incident, end: End, words: &[&str]) {
    let end = end.fails_with(6, words);
    assert!(end.stderr.contains("nothing was changed"), "{}", end.stderr);
    assert_eq!(incident.calls().attempts().len(), 0);
    assert!(ledger::Shelf::at(incident.home.state()).cases().unwrap().is_empty());
    assert!(!end.stderr.contains(SECRET) && !end.stdout.contains(SECRET), "{}", end.stderr);
}

#[test]
fn no_credentials() {
    let incident = Incident::new();
    let end = respond_with(&incident, &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]);
    refused(&incident, end, &["no AWS credentials", "AWS_PROFILE"]);
    assert_eq!(incident.calls().0.len(), 0);
}

#[test]
fn a_wrong_secret() {
    let incident = Incident::new();
    let end = respond_with(&incident, &[("AWS_SECRET_ACCESS_KEY", SECRET)]);
    refused(&incident, end, &["does not accept the credentials"]);
}

#[test]
fn a_key_that_is_nobodys() {
    let incident = Incident::new();
    let end =
        respond_with(&incident, &[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)]);
    refused(&incident, end, &["does not accept the credentials"]);
}

#[test]
fn a_session_that_is_over() {
    let incident = Incident::new();
    let expired = json!({"action": "AssumeRole", "code": "ExpiredToken", "status": 403, "times": 9,
                         "message": "The security token included in the request is expired"});
    incident.server.control("fault", &expired);
    refused(&incident, incident.respond(&[]), &["have expired", "log in again"]);
}

#[test]
fn an_endpoint_where_nobody_listens() {
    let incident = Incident::new();
    let end = respond_with(&incident, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    refused(&incident, end, &["can not be reached", "--endpoint-url"]);
}

#[test]
fn no_region() {
    let incident = Incident::new();
    let end = respond_with(&incident, &[("AWS_REGION", "")]).fails_with(2, &["region", "--region"]);
    assert!(end.stdout.is_empty());
    assert_eq!(incident.calls().0.len(), 0);
}

#[test]
fn a_profile_that_is_not_there() {
    let incident = Incident::new();
    incident.home.run(&["--profile", "nightly", "respond", incident.instance()]).fails_with(2, &["nightly", "profile"]);
    assert_eq!(incident.calls().0.len(), 0);
}

#[test]
fn a_role_that_wants_another_external_id() {
    let incident = Incident::new();
    let role = incident.world.text("/source/role_arn").to_owned();
    let trusts = [incident.world.text("/source/principal")];
    incident.server.control("role", &json!({"arn": role, "external_id": "another", "trusts": trusts}));
    refused(&incident, incident.respond(&[]), &[&role, "can not be assumed", "external id"]);
}

#[test]
fn a_role_that_is_not_there() {
    let incident = Incident::new();
    incident.configure(|settings| settings.source_role = "arn:aws:iam::111111111111:role/Nobody".to_owned());
    refused(&incident, incident.respond(&[]), &["role/Nobody", "can not be assumed"]);
}

#[test]
fn a_forensic_role_that_is_refused_never_stops_containment() {
    let incident = Incident::new();
    incident.configure(|settings| settings.forensic.external_id = "wrong-one".to_owned());
    let held = incident.respond(&[]).fails_with(4, &["evidence/Forensic", "can not be assumed"]);
    assert_eq!(held.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(held.text("/verdict/credentials"), "revoked");
    assert!(!held.stderr.contains("wrong-one") && !held.stdout.contains("wrong-one"), "{}", held.stderr);
    incident.configure(|_| ());
    let end = incident.home.run(&["resume", &held.case()]).ends_with(0);
    assert_eq!(end.evidence("snapshot", "222222222222").len(), 3);
}
