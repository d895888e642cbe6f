//! Paths on which AWS tracks every connection, whatever the rules: no group change and no open
//! window cuts what is open there
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#automatic-tracking>).
//! The page's list has changed: gateway load balancers and transit gateways stood there and do
//! not now, and are named here all the same; DynamoDB's gateway endpoint came, S3's never was there.

use super::{captured, interfaces, registered, residual};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::balancer::TargetGroup;
use crate::scene::network::{Endpoint, Interface, RouteTable};
use crate::verdict::Residual;
use crate::view::View;
use std::collections::BTreeSet;

/// What is on the page's list and no call of the capture shows.
const NOT_LOOKED_FOR: &str =
    "accelerators (Global Accelerator), Lambda functions in the VPC, endpoints of other accounts and other VPCs";

/// The channel `automatically-tracked-connections`, by path. It is there where no path was found
/// too, because not all of them can be read.
pub(super) fn channel(view: View<'_>) -> Residual {
    let found = Found::in_view(view);
    residual("automatically-tracked-connections", found.sentence())
}

/// Gateway endpoints on the instance's routes that are not automatically tracked: S3's. Groups
/// without rules close them to new connections; those that rules tracked live on.
pub(super) fn gateways(view: View<'_>) -> BTreeSet<String> {
    let targets = targets(view).unwrap_or_default();
    let endpoints = endpoints(view).unwrap_or_default().iter();
    let open = endpoints.filter(|endpoint| targets.contains(endpoint.id.as_str()) && is_gateway(endpoint));
    open.filter(|endpoint| on_route(endpoint).is_none())
        .map(|endpoint| format!("the gateway endpoint {}", named(endpoint)))
        .collect()
}

/// What was found, and what could not be read.
#[derive(Default)]
struct Found {
    paths: BTreeSet<String>,
    unread: BTreeSet<&'static str>,
}

impl Found {
    fn in_view(view: View<'_>) -> Self {
        let mut found = Self::default();
        found.routes(view);
        found.endpoints(view);
        found.balancers(view);
        found
    }

    fn routes(&mut self, view: View<'_>) {
        let Some(targets) = targets(view) else {
            self.unread.insert("the route tables");
            return;
        };
        let endpoints = endpoints(view).unwrap_or_default();
        self.paths.extend(targets.into_iter().filter_map(|target| tracked_target(target, endpoints)));
    }

    fn endpoints(&mut self, view: View<'_>) {
        let Some(endpoints) = endpoints(view) else {
            self.unread.insert("the VPC endpoints");
            return;
        };
        let direct = endpoints.iter().filter(|endpoint| endpoint.stands() && !needs_a_route(endpoint));
        self.paths.extend(direct.map(|endpoint| match endpoint.kind.as_str() {
            "Interface" => format!("interface endpoint {}", named(endpoint)),
            kind => format!("{kind} endpoint {}", named(endpoint)),
        }));
    }

    fn balancers(&mut self, view: View<'_>) {
        let Some(Reading::TargetGroups(groups)) = captured(view, S::TargetGroups) else {
            self.unread.insert("the target groups");
            return;
        };
        for (group, balancer) in groups.iter().filter_map(|group| Some((group, tracked_balancer(group)?))) {
            match registered(view, group) {
                Some(true) => drop(self.paths.insert(format!("{balancer} target group {}", group.name))),
                Some(false) => {}
                None => drop(self.unread.insert("the targets of network and gateway load balancers")),
            }
        }
    }

    fn sentence(&self) -> String {
        let list = |items: Vec<&str>| items.join(", ");
        let paths = match self.paths.is_empty() {
            true => "no path was found on which connections are tracked whatever the rules".to_owned(),
            false => format!(
                "connections through {} are tracked whatever the rules, so an open window does not cut them; the gate `subnet-nacl`, or stopping the instance after its evidence is secured, does",
                list(self.paths.iter().map(String::as_str).collect()),
            ),
        };
        let unread = match self.unread.is_empty() {
            true => String::new(),
            false => format!("; not read: {}", list(self.unread.iter().copied().collect())),
        };
        format!("{paths}{unread}; not looked for: {NOT_LOOKED_FOR}")
    }
}

/// What the routes in force in the instance's subnets lead to; `None` when they were not read.
fn targets(view: View<'_>) -> Option<BTreeSet<&str>> {
    let interfaces = interfaces(view);
    match captured(view, S::Routes(vpcs(interfaces)))? {
        Reading::Routes(tables) => {
            let in_force = interfaces.iter().filter_map(|interface| table(tables, interface));
            Some(in_force.flat_map(|table| &table.routes).map(|route| route.target.as_str()).collect())
        }
        _ => None,
    }
}

/// The subnet's own table, else the VPC's main one
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
fn table<'a>(tables: &'a [RouteTable], interface: &Interface) -> Option<&'a RouteTable> {
    let own = tables.iter().find(|table| table.subnets.contains(&interface.subnet));
    own.or_else(|| tables.iter().find(|table| table.main && table.vpc == interface.vpc))
}

fn endpoints(view: View<'_>) -> Option<&[Endpoint]> {
    match captured(view, S::Endpoints(vpcs(interfaces(view))))? {
        Reading::Endpoints(endpoints) => Some(endpoints),
        _ => None,
    }
}

/// As the capture asks for them.
fn vpcs(interfaces: &[Interface]) -> Vec<crate::id::VpcId> {
    let vpcs: BTreeSet<_> = interfaces.iter().map(|interface| interface.vpc.clone()).collect();
    vpcs.into_iter().collect()
}

fn tracked_target(target: &str, endpoints: &[Endpoint]) -> Option<String> {
    const KINDS: [(&str, &str); 3] =
        [("nat-", "NAT gateway"), ("tgw-", "transit gateway"), ("eigw-", "egress-only internet gateway")];
    if target.starts_with("vpce-") {
        return match endpoints.iter().find(|endpoint| endpoint.id == target) {
            Some(endpoint) => on_route(endpoint),
            None => Some(format!("endpoint {target}, of which kind was not read,")),
        };
    }
    let (_, name) = KINDS.iter().find(|(prefix, _)| target.starts_with(prefix))?;
    Some(format!("{name} {target}"))
}

/// An endpoint that routes lead to. A gateway endpoint is on the list for DynamoDB alone.
fn on_route(endpoint: &Endpoint) -> Option<String> {
    match endpoint.kind.as_str() {
        "Gateway" if !endpoint.service.ends_with(".dynamodb") => None,
        "Gateway" => Some(format!("DynamoDB gateway endpoint {}", endpoint.id)),
        "GatewayLoadBalancer" => Some(format!("gateway load balancer or firewall endpoint {}", endpoint.id)),
        _ => Some(format!("endpoint {}", named(endpoint))),
    }
}

fn is_gateway(endpoint: &Endpoint) -> bool {
    endpoint.kind == "Gateway"
}

/// Other endpoints are interfaces in the VPC, which every instance there may call.
fn needs_a_route(endpoint: &Endpoint) -> bool {
    is_gateway(endpoint) || endpoint.kind == "GatewayLoadBalancer"
}

fn named(endpoint: &Endpoint) -> String {
    match endpoint.service.as_str() {
        "" => endpoint.id.clone(),
        service => format!("{} ({service})", endpoint.id),
    }
}

/// The balancer in front of a group, by the group's protocol, when it makes connections tracked
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html>).
fn tracked_balancer(group: &TargetGroup) -> Option<&'static str> {
    match group.protocol.as_str() {
        "" | "HTTP" | "HTTPS" => None,
        "GENEVE" => Some("gateway load balancer"),
        _ => Some("network load balancer"),
    }
}

#[cfg(test)]
mod tests;
