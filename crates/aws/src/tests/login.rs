//! Assuming a role, and being refused.

use super::stub::{Reply, Stub};
use super::{config, run};
use crate::clients::Clients;
use crate::connect::{Access, ConnectError, with_role};
use aws_types::region::Region;
use casebook::fault::FaultClass;

const ROLE: &str = "arn:aws:iam::111111111111:role/ir";

fn access() -> Access {
    Access { external_id: Some("shared".into()), session: "impound-c1".into(), ..Access::default() }
}

fn refused(reply: Reply) -> ConnectError {
    let stub = Stub::new([reply]);
    run(with_role(config(&stub.endpoint), ROLE, &access())).unwrap_err()
}

fn answer(code: &str) -> Reply {
    Reply::Answer(403, refusal(code))
}

pub(super) fn refusal(code: &str) -> String {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
    format!("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{error}</ErrorResponse>")
}

/// The answer to AssumeRole, with keys until a time.
pub(super) fn session(expiration: &str) -> String {
    let keys = "<AccessKeyId>ASIAFAKE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>";
    let credentials = format!("<Credentials>{keys}<Expiration>{expiration}</Expiration></Credentials>");
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>{credentials}</AssumeRoleResult></AssumeRoleResponse>"
    )
}

#[test]
fn a_refusal_says_which_role_and_why() {
    assert!(matches!(refused(answer("AccessDenied")), ConnectError::RoleRefused { role, .. } if role == ROLE));
    assert!(matches!(refused(answer("ExpiredToken")), ConnectError::ExpiredCredentials { .. }));
    assert!(matches!(refused(answer("InvalidClientTokenId")), ConnectError::WrongCredentials { .. }));
    assert!(matches!(refused(Reply::Cut), ConnectError::Unreachable { .. }));
}

#[test]
fn a_role_is_assumed_once_for_all_services() {
    let stub = Stub::of(&[&session("2099-01-01T00:00:00Z")]);
    run(async {
        let config = with_role(config(&stub.endpoint), ROLE, &access()).await.unwrap();
        let clients = Clients::new(config, &Region::new("us-east-1"));
        // Both fail for want of a script; both must have been signed with the role's keys.
        clients.identity().await.unwrap_err();
        clients.ec2.describe_vpcs().send().await.unwrap_err();
        crate::presign::copy_url(&clients, &"snap-1".into()).await.unwrap();
    });
    let asked = stub.asked();
    assert_eq!(asked.iter().filter(|request| request.contains("Action=AssumeRole")).count(), 1, "{asked:?}");
    for part in ["RoleSessionName=impound-c1", "ExternalId=shared"] {
        assert!(asked[0].contains(part), "{part} in {asked:?}");
    }
}

/// The session has run out; STS fails once, then gives another.
#[test]
fn a_renewal_that_fails_once_does_not_end_the_run() {
    let caller = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:sts::111111111111:assumed-role/ir/x</Arn><UserId>U</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let well = |body: &str| Reply::Answer(200, body.to_owned());
    let (over, fresh) = (session("2000-01-01T00:00:00Z"), session("2099-01-01T00:00:00Z"));
    let busy = Reply::Answer(400, refusal("Throttling"));
    let stub = Stub::new([well(&over), Reply::Cut, busy, well(&fresh), well(caller)]);
    run(async {
        let config = with_role(config(&stub.endpoint), ROLE, &access()).await.unwrap();
        let clients = Clients::new(config, &Region::new("us-east-1"));
        let lost = clients.identity().await.unwrap_err();
        assert_eq!(lost.class, FaultClass::Network, "{lost}");
        let slow = clients.identity().await.unwrap_err();
        assert_eq!((slow.class, slow.code.as_str()), (FaultClass::Throttled, "Throttling"), "{slow}");
        assert_eq!(clients.identity().await.unwrap().account.as_str(), "111111111111");
    });
}

#[test]
fn an_unknown_profile_is_named() {
    let access = Access { profile: Some("no-such-profile".into()), ..access() };
    let error = run(crate::connect::connect(&access)).unwrap_err();
    assert_eq!(error, ConnectError::UnknownProfile { profile: "no-such-profile".into() });
}
