//! Failures: whether a call may have taken effect, and what may be written down about it.

use super::stub::{Reply, Stub};
use super::{run, source};
use casebook::effect::SourceEffect;
use casebook::fault::{Fault, FaultClass};
use casebook::query::SourceQuery;
use std::net::TcpListener;

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
    )
}

/// The fault that a reply makes; the request must have been sent exactly once.
fn fault_of(reply: Reply) -> Fault {
    let stub = Stub::new([reply]);
    let answer = run(source(&stub.endpoint).observe(&SourceQuery::AttachedVolumes("i-1".into())));
    assert_eq!(answer.calls, ["ec2:DescribeVolumes"]);
    assert_eq!(stub.asked().len(), 1, "nothing is retried here");
    answer.value.unwrap_err()
}

#[test]
fn a_cut_connection_may_hide_an_effect() {
    assert_eq!(fault_of(Reply::Cut).class, FaultClass::Unknown);
}

#[test]
fn a_refused_connection_had_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let fault = run(source(&endpoint).observe(&SourceQuery::SerialConsole)).value.unwrap_err();
    assert_eq!(fault.class, FaultClass::Network, "{fault}");
}

#[test]
fn a_name_that_does_not_resolve_had_no_effect() {
    let answer = run(source("http://no-such-host.invalid").observe(&SourceQuery::SerialConsole));
    assert_eq!(answer.value.unwrap_err().class, FaultClass::Network);
}

#[test]
fn statuses_and_codes_decide_the_class() {
    let cases = [
        (503, refusal("RequestLimitExceeded", "slow down"), FaultClass::Throttled),
        (500, refusal("InternalError", "oops"), FaultClass::Unknown),
        (502, "<html>bad gateway</html>".to_owned(), FaultClass::Unknown),
        (400, refusal("InvalidVolume.NotFound", "no vol-1"), FaultClass::NotFound),
        (400, refusal("IncorrectState", "not now"), FaultClass::Conflict),
        (403, refusal("UnauthorizedOperation", "no"), FaultClass::Denied),
        (200, "<half".to_owned(), FaultClass::Unknown),
    ];
    for (status, body, class) in cases {
        let fault = fault_of(Reply::Answer(status, body.clone()));
        assert_eq!(fault.class, class, "{status} {body}: {fault}");
    }
}

#[test]
fn no_fault_shows_the_encoded_message_or_a_line_break() {
    let blob = "Ab1-".repeat(100);
    let text = format!("You are not authorized.\nEncoded authorization failure message: {blob}");
    let fault = fault_of(Reply::Answer(403, refusal("UnauthorizedOperation", &text)));
    assert_eq!(fault.message, "You are not authorized.");
}

#[test]
fn a_group_just_made_may_not_be_visible_to_a_change_yet() {
    let stub = Stub::new([Reply::Answer(400, refusal("InvalidGroup.NotFound", "no sg-1"))]);
    let effect = SourceEffect::DeleteGroup { group: "sg-1".into() };
    let fault = run(source(&stub.endpoint).perform(&effect)).value.unwrap_err();
    assert_eq!(fault.class, FaultClass::NotFoundYet);
}
