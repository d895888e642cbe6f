//! Assuming a role, and being refused.

use super::stub::{Reply, Stub};
use super::{config, run};
use crate::clients::Clients;
use crate::connect::{Access, ConnectError, with_role};
use aws_types::region::Region;

const ROLE: &str = "arn:aws:iam::111111111111:role/ir";

fn access() -> Access {
    Access { external_id: Some("shared".into()), session: "impound-c1".into(), ..Access::default() }
}

fn refused(reply: Reply) -> ConnectError {
    let stub = Stub::new([reply]);
    run(with_role(config(&stub.endpoint), ROLE, &access())).unwrap_err()
}

fn answer(code: &str) -> Reply {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
    Reply::Answer(
        403,
        format!("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{error}</ErrorResponse>"),
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
    let expiration = "2099-01-01T00:00:00Z";
    let keys = "<AccessKeyId>ASIAFAKE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>";
    let credentials = format!("<Credentials>{keys}<Expiration>{expiration}</Expiration></Credentials>");
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>{credentials}</AssumeRoleResult></AssumeRoleResponse>"
    );
    let stub = Stub::of(&[&body]);
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

#[test]
fn an_unknown_profile_is_named() {
    let access = Access { profile: Some("no-such-profile".into()), ..access() };
    let error = run(crate::connect::connect(&access)).unwrap_err();
    assert_eq!(error, ConnectError::UnknownProfile { profile: "no-such-profile".into() });
}
