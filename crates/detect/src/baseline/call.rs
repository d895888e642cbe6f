//! A call of an instance, as far as the baseline looks at it.

use super::door::Door;
use crate::holdings::Holdings;
use crate::record::trail::Event;
use crate::short::short;
use crate::suspect::session_of;
use jiff::Timestamp;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// A call of an instance, as far as the baseline looks at it.
#[derive(Clone, Debug)]
pub struct Call {
    pub(super) role: String,
    pub(super) instance: String,
    pub(super) at: Timestamp,
    pub(super) kind: String,
    pub(super) region: String,
    pub(super) network: String,
    pub(super) way: Way,
    /// The public address of its own with which its traffic left then, where that is known and this call came over
    /// the internet from another network.
    pub(super) instead_of: Option<String>,
    pub(super) agent: String,
    pub(super) denied: bool,
}

/// How a call reached AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Over the internet.
    Public,
    /// From an address of no public network, though no endpoint is named.
    Private,
    /// From an address that the instance is known to have held then.
    Own,
    /// Through an endpoint of a VPC.
    Endpoint(Door),
    /// A service made it on its behalf.
    Service,
}

impl Call {
    /// The call of an instance's session; `None` for any other. What is known of addresses tells which are its own.
    pub fn of(event: &Event<'_>, holdings: &Holdings) -> Option<Self> {
        let arn = event.who.arn.as_str();
        let instance = session_of(event)?;
        let at = event.at()?;
        let own = || holdings.is_own(event.address.as_str(), instance, at);
        let role = role_of(arn)?;
        let way = way(event, account_of(role));
        let way = if matches!(way, Way::Public | Way::Private) && own() { Way::Own } else { way };
        let network = network(event.address.as_str());
        Some(Self {
            role: short(role),
            instance: instance.into(),
            at,
            kind: short(&format!("{} {}", event.source.as_str(), event.name.as_str())),
            region: short(event.region.as_str()),
            instead_of: instead_of(event, &way, &network, holdings.way_out(instance, at)),
            network,
            way,
            agent: short(family(event.agent.as_str())),
            denied: is_denial(event.error_code.as_str()),
        })
    }

    /// The role whose credentials they are, with its account.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// How many bytes its texts take.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.role, &self.instance, &self.kind, &self.region, &self.network, &self.agent];
        texts.into_iter().map(String::len).sum()
    }

    /// Whether its address is that of the instance, or of its way out to the internet.
    pub(super) fn shows_a_network(&self) -> bool {
        matches!(self.way, Way::Public | Way::Private | Way::Own)
    }

    /// From where it came: a network, or an endpoint. `None` where a service made it.
    pub(super) fn place(&self) -> Option<Cow<'_, str>> {
        match &self.way {
            Way::Endpoint(door) => Some(door.place(self).into()),
            Way::Public | Way::Private | Way::Own => Some(self.network.as_str().into()),
            Way::Service => None,
        }
    }

    /// From where it came, if that may be another's than the instance's.
    pub(super) fn place_of_anybody(&self) -> Option<Cow<'_, str>> {
        self.place().filter(|_| self.way != Way::Own)
    }

    /// `s3.amazonaws.com us-east-1`: what an endpoint leads to.
    pub(super) fn service_there(&self) -> String {
        let service = self.kind.split_once(' ').map_or("", |(service, _)| service);
        format!("{service} {}", self.region)
    }

    /// `ec2.amazonaws.com RunInstances us-east-1`.
    pub(super) fn kind_there(&self) -> String {
        format!("{} {}", self.kind, self.region)
    }
}

/// `arn:aws:sts::111111111111:assumed-role/web/i-…`: account and role together, names repeat.
fn role_of(arn: &str) -> Option<&str> {
    let end = arn.rfind('/')?;
    let begin = arn.find("::")? + 2;
    arn.get(begin..end).filter(|role| role.contains(":assumed-role/"))
}

/// The account whose credentials they are.
fn account_of(role: &str) -> &str {
    role.split(':').next().unwrap_or_default()
}

/// The network of an address: /24 of IPv4, /64 of IPv6; a service's name stands for itself.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => short(address),
    }
}

/// The address that a call would have come from, had it taken its instance's own way. That one is of IPv4, so of calls
/// by IPv6 it says nothing.
fn instead_of(event: &Event<'_>, way: &Way, from: &str, own: Option<&str>) -> Option<String> {
    let is_v4 = event.address.as_str().parse::<Ipv4Addr>().is_ok();
    own.filter(|own| *way == Way::Public && is_v4 && network(own) != from).map(str::to_owned)
}

/// CloudTrail names the endpoint of a call that came through one
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
fn way(event: &Event<'_>, account: &str) -> Way {
    let Ok(address) = event.address.as_str().parse::<IpAddr>() else { return Way::Service };
    match (Door::of(event, account), address) {
        (Some(door), _) => Way::Endpoint(door),
        (None, IpAddr::V4(v4)) if v4.is_private() => Way::Private,
        (None, IpAddr::V6(v6)) if v6.is_unique_local() => Way::Private,
        _ => Way::Public,
    }
}

/// The program's name, without its version.
fn family(agent: &str) -> &str {
    let name = agent.trim_start_matches('[').split(['/', ' ', ']']).next().unwrap_or_default();
    if name.is_empty() { "unnamed" } else { name }
}

/// The codes with which AWS refuses for want of permission
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
fn is_denial(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "Client.UnauthorizedOperation"
            | "AuthFailure"
    )
}
