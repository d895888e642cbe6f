//! Rehearsals: `DryRun` is on the wire, and what has none is never sent.

use super::stub::{Reply, Stub};
use super::{run, source};
use casebook::effect::{Capacity, SourceEffect};
use casebook::fault::FaultClass;

fn refusal(code: &str) -> Reply {
    let body = format!("<Response><Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors></Response>");
    Reply::Answer(412, body)
}

fn delete() -> SourceEffect {
    SourceEffect::DeleteGroup { group: "sg-0123456789abcdef0".into() }
}

#[test]
fn a_dry_run_that_would_have_succeeded_is_allowed() {
    let stub = Stub::new([refusal("DryRunOperation"), refusal("UnauthorizedOperation")]);
    let account = source(&stub.endpoint);
    assert_eq!(run(account.rehearse(&delete())).value, Ok(()));
    assert_eq!(run(account.rehearse(&delete())).value.unwrap_err().class, FaultClass::Denied);
    assert!(stub.asked().iter().all(|request| request.contains("DryRun=true")));
}

#[test]
fn an_endpoint_without_dry_run_is_found_out() {
    let stub = Stub::of(&["<DeleteSecurityGroupResponse><return>true</return></DeleteSecurityGroupResponse>"]);
    assert_eq!(run(source(&stub.endpoint).rehearse(&delete())).value.unwrap_err().code, "DryRunIgnored");
}

#[test]
fn what_has_no_dry_run_or_is_only_predicted_is_not_sent() {
    let stub = Stub::of(&[]);
    let account = source(&stub.endpoint);
    let instance = || "i-0123456789abcdef0".into();
    let effects = [
        SourceEffect::DetachFromGroup { group: "web".into(), instance: instance(), capacity: Capacity::Keep },
        SourceEffect::DeleteRolePolicy { role: "web".into(), name: "p".into() },
        SourceEffect::AssociateProfile { instance: instance(), profile: "arn:aws:iam::1:instance-profile/p".into() },
        SourceEffect::DeleteGroup { group: "(group impound-c1)".into() },
    ];
    for effect in effects {
        let answer = run(account.rehearse(&effect));
        assert_eq!(answer.value.unwrap_err().code, "NotRehearsed");
        assert!(answer.calls.is_empty());
    }
    assert!(stub.asked().is_empty());
}

#[test]
fn for_real_there_is_no_dry_run_on_the_wire() {
    let stub = Stub::of(&["<DeleteSecurityGroupResponse><return>true</return></DeleteSecurityGroupResponse>"]);
    assert!(run(source(&stub.endpoint).perform(&delete())).value.is_ok());
    assert!(!stub.asked()[0].contains("DryRun"));
}
