//! The forensic account's sealed subnet, as far as it must be proved sealed.

use super::network::{NetworkAcl, RouteTable, Subnet};
use serde::{Deserialize, Serialize};

/// Everything that decides whether traffic can leave a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclave {
    /// The subnet.
    pub subnet: Subnet,
    /// The route table in force there: the explicit one, else the VPC's main table.
    pub routes: Option<RouteTable>,
    /// The network ACL in force there.
    pub acl: Option<NetworkAcl>,
    /// Endpoints in the VPC, by id and service name.
    pub endpoints: Vec<String>,
    /// Whether the VPC's resolver answers (`enableDnsSupport`).
    pub dns: bool,
}

impl Enclave {
    /// What is open, in sentences; empty when the subnet is sealed. Proved by what is allowed:
    /// local routes only, no endpoint, no resolver
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>).
    pub fn openings(&self) -> Vec<String> {
        let mut open = self.open_routes();
        open.extend(self.endpoints.iter().map(|id| format!("the VPC has the endpoint {id}")));
        if self.dns {
            open.push("the VPC's resolver answers (enableDnsSupport is on): data can leave by DNS".into());
        }
        open
    }

    fn open_routes(&self) -> Vec<String> {
        let Some(table) = &self.routes else {
            return vec!["no route table could be read for the subnet".into()];
        };
        let away = table.routes.iter().filter(|route| route.target != "local");
        away.map(|route| format!("{} routes {} to {}", table.id, route.destination, route.target)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::network::Route;

    fn enclave(target: &str, endpoints: &[&str], dns: bool) -> Enclave {
        let subnet = Subnet {
            id: "subnet-1".into(),
            vpc: "vpc-1".into(),
            zone: "us-east-1a".into(),
            owner: "222222222222".into(),
            ranges: vec![],
        };
        let route = Route { destination: "10.0.0.0/16".into(), target: target.into() };
        let table =
            RouteTable { id: "rtb-1".into(), vpc: "vpc-1".into(), subnets: vec![], main: true, routes: vec![route] };
        let endpoints = endpoints.iter().map(|e| (*e).to_owned()).collect();
        Enclave { subnet, routes: Some(table), acl: None, endpoints, dns }
    }

    #[test]
    fn only_local_routes_no_endpoints_and_no_dns_is_sealed() {
        assert_eq!(enclave("local", &[], false).openings(), Vec::<String>::new());
        assert_eq!(enclave("igw-1", &["vpce-1 (s3)"], true).openings().len(), 3);
        assert_eq!(Enclave { routes: None, ..enclave("local", &[], false) }.openings().len(), 1);
    }
}
