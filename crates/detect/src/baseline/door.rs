//! Through which endpoint a call came, and whose it is.

use super::call::Call;
use crate::record::trail::Event;
use crate::short::short;

/// An endpoint as the baseline knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Of the account whose credentials they are, or of one that is not told: `vpce-…`.
    Named(String),
    /// Of another account. A thief may have an endpoint in a VPC of his own, and in it any private address.
    Foreign(String),
}

impl Door {
    /// The endpoint of a call that came through one, and whose it is, where the record tells (`vpcEndpointAccountId`,
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
    pub fn of(event: &Event<'_>, account: &str) -> Option<Self> {
        memchr::memmem::find(event.raw, b"\"vpcEndpointId\"")?;
        let record = event.value();
        let id = record["vpcEndpointId"].as_str()?;
        let owner = record["vpcEndpointAccountId"].as_str().filter(|owner| is_account(owner) && is_account(account));
        Some(match owner {
            Some(owner) if owner != account => Self::Foreign(owner.to_owned()),
            _ => Self::Named(short(id)),
        })
    }

    /// As it is kept and told. An endpoint leads to one service, so what is new of another service is not
    /// unusual; whoever shares its VPC, or the endpoints in it, shares all of them.
    pub fn place(&self, call: &Call) -> String {
        match self {
            Self::Named(id) => format!("{id}{}", leading_to(call)),
            Self::Foreign(owner) => format!("endpoints of account {owner}"),
        }
    }
}

/// How the places end that lead to where a call went.
pub(super) fn leading_to(call: &Call) -> String {
    format!(" to {}", call.service_there())
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
