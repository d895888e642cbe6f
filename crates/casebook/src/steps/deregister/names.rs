//! What registrations may call an instance.

use crate::id::InstanceId;
use crate::scene::network::Interface;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Its id, every address of every interface, and every address of a prefix delegated to one: the
/// machines inside it (pods) answer there
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html>).
pub(crate) struct Names {
    exact: BTreeSet<String>,
    prefixes: Vec<IpNet>,
}

impl Names {
    /// Of an instance with these interfaces.
    pub(crate) fn of(instance: &InstanceId, interfaces: &[Interface]) -> Self {
        let mut exact = BTreeSet::from([instance.to_string()]);
        for interface in interfaces {
            exact.extend(interface.addresses.iter().map(|address| address.private.clone()));
            exact.extend(interface.ipv6.iter().cloned());
        }
        let prefixes = interfaces.iter().flat_map(|interface| &interface.prefixes);
        Self { exact, prefixes: prefixes.filter_map(|prefix| prefix.parse().ok()).collect() }
    }

    /// Whether a registration of this id or address is the instance's.
    pub(crate) fn contains(&self, id: &str) -> bool {
        let within = |address: IpAddr| self.prefixes.iter().any(|prefix| prefix.contains(&address));
        self.exact.contains(id) || (!self.prefixes.is_empty() && id.parse().is_ok_and(within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::things::interface;

    #[test]
    fn an_address_of_a_delegated_prefix_is_the_instances() {
        let mut card = interface("eni-1", &[]);
        card.prefixes = vec!["10.0.4.16/28".into(), "2001:db8::/80".into()];
        let names = Names::of(&"i-1".into(), &[card]);
        for ours in ["i-1", "10.0.0.5", "10.0.4.16", "10.0.4.31", "2001:db8::7"] {
            assert!(names.contains(ours), "{ours}");
        }
        for other in ["i-2", "10.0.4.32", "10.0.0.6", "2001:db9::7", "not an address"] {
            assert!(!names.contains(other), "{other}");
        }
    }
}
