//! What a responder looks for in a finding beside the instance: who was on the other side, and
//! whether a container is involved.

use super::error::FindingError;
use super::fields::Fields;
use super::text::{clean, is_domain};
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;

/// The other side of the activity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sightings {
    /// Remote addresses, each once, in the finding's order.
    pub addresses: Vec<IpAddr>,
    /// Domains asked for, each once.
    pub domains: Vec<String>,
    /// The AWS account that used the credentials, for calls from inside AWS.
    pub remote_account: Option<RemoteAccount>,
}

/// An account that made a call with credentials that are not its own
/// (<https://docs.aws.amazon.com/guardduty/latest/APIReference/API_RemoteAccountDetails.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemoteAccount {
    /// The account's id.
    pub account: String,
    /// Whether GuardDuty knows it as related to the finding's account.
    pub affiliated: Option<bool>,
}

/// A container workload that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum Workload {
    /// An EKS cluster, by name.
    Eks(String),
    /// An ECS cluster, by name.
    Ecs(String),
    /// A container on an instance, by name.
    Container(String),
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eks(name) => write!(f, "EKS cluster {name}"),
            Self::Ecs(name) => write!(f, "ECS cluster {name}"),
            Self::Container(name) => write!(f, "container {name}"),
        }
    }
}

/// The actions of a finding that have another side
/// (<https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Action.html>).
const ACTIONS: [&str; 5] = [
    "networkConnectionAction",
    "awsApiCallAction",
    "kubernetesApiCallAction",
    "rdsLoginAttemptAction",
    "dnsRequestAction",
];

/// Reads the other side of a finding's action or attack sequence.
pub(super) fn sightings(service: Option<&Fields<'_>>) -> Result<Sightings, FindingError> {
    let mut seen = Sightings::default();
    let Some(service) = service else {
        return Ok(seen);
    };
    if let Some(action) = service.object("action")? {
        for name in ACTIONS {
            if let Some(action) = action.object(name)? {
                see_action(&action, &mut seen)?;
            }
        }
        if let Some(probe) = action.object("portProbeAction")? {
            probe.objects("portProbeDetails")?.iter().try_for_each(|detail| see_remote(detail, &mut seen))?;
        }
    }
    if let Some(sequence) = service.nested(&["detection", "sequence"])? {
        for endpoint in sequence.objects("endpoints")? {
            see_address(endpoint.text("ip")?, &mut seen);
            see_domain(endpoint.text("domain")?, &mut seen);
        }
    }
    Ok(seen)
}

fn see_action(action: &Fields<'_>, seen: &mut Sightings) -> Result<(), FindingError> {
    see_remote(action, seen)?;
    see_domain(action.text("domain")?, seen);
    if let Some(remote) = action.object("remoteAccountDetails")? {
        let affiliated = remote.flag("affiliated")?;
        let account = remote.text("accountId")?;
        seen.remote_account = account.map(|account| RemoteAccount { account: clean(&account), affiliated });
    }
    Ok(())
}

fn see_remote(detail: &Fields<'_>, seen: &mut Sightings) -> Result<(), FindingError> {
    if let Some(remote) = detail.object("remoteIpDetails")? {
        see_address(remote.text("ipAddressV4")?, seen);
        see_address(remote.text("ipAddressV6")?, seen);
    }
    Ok(())
}

/// What is no address is left out: it informs, and nothing is decided by it.
fn see_address(text: Option<String>, seen: &mut Sightings) {
    let address = text.and_then(|text| text.parse::<IpAddr>().ok());
    seen.addresses.extend(address.filter(|address| !seen.addresses.contains(address)));
}

fn see_domain(text: Option<String>, seen: &mut Sightings) {
    let domain = text.filter(|text| is_domain(text) && !seen.domains.contains(text));
    seen.domains.extend(domain);
}

/// The container workload a resource is, by its type
/// (<https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Resource.html>).
pub(super) fn workload(resource: Option<&Fields<'_>>) -> Result<Option<Workload>, FindingError> {
    let Some(resource) = resource else {
        return Ok(None);
    };
    let kind = resource.text("resourceType")?.unwrap_or_default().to_ascii_lowercase();
    let name = |details: &str| -> Result<String, FindingError> {
        let found = resource.object(details)?.map(|details| details.text("name")).transpose()?.flatten();
        Ok(found.map_or_else(|| "of unknown name".to_owned(), |name| clean(&name)))
    };
    Ok(match kind.as_str() {
        "ekscluster" | "kubernetescluster" => Some(Workload::Eks(name("eksClusterDetails")?)),
        "ecscluster" => Some(Workload::Ecs(name("ecsClusterDetails")?)),
        "container" => Some(Workload::Container(name("containerDetails")?)),
        _ => None,
    })
}
