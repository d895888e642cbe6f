//! Which instance held an address or an interface at which time. Addresses are used again: a join
//! without time accuses the next tenant.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

/// For how long after somebody looked a public address is taken for still being the instance's: one that AWS has
/// assigned goes when the instance stops, an Elastic IP address when somebody moves it, and no later description of
/// another instance has to show either.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// What is known about addresses and interfaces, from captures and descriptions of instances.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    held: BTreeMap<String, Vec<Stay>>,
    /// By instance and since when: with which public address its traffic leaves, and until when that is known.
    out: BTreeMap<String, BTreeMap<Timestamp, (String, Timestamp)>>,
}

/// An instance, and the account that it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenant {
    /// `i-…`.
    pub instance: String,
    /// Twelve digits; empty where it is not known.
    pub account: String,
}

/// An interface and its addresses.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// `eni-…`.
    pub interface: &'a str,
    /// Its VPC; empty where it is not known.
    pub vpc: &'a str,
    /// Its addresses in the VPC, and those of IPv6.
    pub own: Vec<&'a str>,
    /// Elastic IP addresses that stand for some of these.
    pub elastic: Vec<&'a str>,
    /// Public addresses that AWS has assigned, for as long as the instance runs.
    pub assigned: Vec<&'a str>,
    /// Since when the instance has had the interface, as far as is known.
    pub since: Timestamp,
    /// When the instance was started last; `since` where that is not known.
    pub started: Timestamp,
}

/// For how long an instance is known to have held something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stay {
    tenant: Tenant,
    /// The VPC within which no other one can hold it at the same time; empty: none is known.
    within: String,
    from: Timestamp,
    /// `None`: still, as far as is known.
    until: Option<Timestamp>,
    /// Whether it may have begun later, when another one's had ended that is not known to have.
    loose: bool,
}

/// Who held something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This one instance.
    One(Tenant),
    /// Several are known to have; which one is not.
    Several,
    /// Nobody that is known.
    Nobody,
}

impl Holdings {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns that an instance held `what`, an address or an interface's id, from then on. Who holds the same in the
    /// VPC `within` later ends that; where no VPC is named, nobody does.
    pub fn held(&mut self, what: &str, tenant: Tenant, within: &str, from: Timestamp, until: Option<Timestamp>) {
        self.stay(what, Stay { tenant, within: within.to_owned(), from, until, loose: false });
    }

    fn stay(&mut self, what: &str, stay: Stay) {
        let stays = self.held.entry(what.to_owned()).or_default();
        if !stays.contains(&stay) {
            stays.push(stay);
        }
    }

    /// Learns what somebody saw at that time: an instance's interface and its addresses. Its own addresses stay with
    /// it; public ones are known for an hour longer and not for ever. One that AWS has assigned came at the earliest
    /// with the last start (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html>). When an Elastic IP
    /// address came is told nowhere
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>): it may have been later
    /// than the interface, so nobody ends the stay of another one by having it too.
    pub fn interface(&mut self, held: &Held<'_>, tenant: &Tenant, seen: Timestamp) {
        let until = Some(seen.checked_add(FRESH).unwrap_or(Timestamp::MAX));
        for what in &held.elastic {
            let (tenant, within) = (tenant.clone(), String::new());
            self.stay(what, Stay { tenant, within, from: held.since, until, loose: true });
        }
        for what in &held.assigned {
            self.held(what, tenant.clone(), "", held.since.max(held.started), until);
        }
        for what in held.own.iter().chain([&held.interface]) {
            self.held(what, tenant.clone(), held.vpc, held.since, None);
        }
    }

    /// Learns with which public address an instance's traffic left for the internet from its last start until somebody
    /// looked: that which AWS has assigned to its first interface. It is given away when the instance stops
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html>), so of what came after
    /// nothing is known. An Elastic IP address may have come at any time, so nothing is learned from one.
    pub fn leaves_by(&mut self, address: &str, instance: &str, started: Timestamp, seen: Timestamp) {
        let known = self.out.entry(instance.to_owned()).or_default();
        let until = known.get(&started).map_or(seen, |(_, until)| seen.max(*until));
        known.insert(started, (address.to_owned(), until));
    }

    /// With which public address an instance's traffic left for the internet at that time, if anything did not lead it
    /// another way.
    pub fn way_out(&self, instance: &str, at: Timestamp) -> Option<&str> {
        let (_, (address, until)) = self.out.get(instance)?.range(..=at).next_back()?;
        (at <= *until).then_some(address.as_str())
    }

    /// Learns from the output of `aws ec2 describe-instances` of that time: each interface and its addresses.
    ///
    /// # Errors
    /// When it is something else.
    pub fn describe(&mut self, json: &[u8], seen: Timestamp) -> Result<(), String> {
        let described: Described = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        for reservation in described.reservations {
            for instance in reservation.instances {
                let tenant = Tenant { instance: instance.instance_id, account: reservation.owner_id.clone() };
                for card in &instance.network_interfaces {
                    self.interface(&card.held(instance.launch_time), &tenant, seen);
                }
                let assigned = instance.network_interfaces.iter().find_map(Card::assigned);
                if let (Some(address), Some(started)) = (assigned, instance.launch_time) {
                    self.leaves_by(address, &tenant.instance, started, seen);
                }
            }
        }
        Ok(())
    }

    /// Who held it at that time.
    pub fn of(&self, what: &str, at: Timestamp) -> Holder {
        let stays = self.held.get(what).map(Vec::as_slice).unwrap_or_default();
        let begun = || stays.iter().filter(|stay| stay.from <= at);
        let by = |stay: &Stay, later: &Stay| later.within == stay.within && later.from > stay.from;
        let replaced = |stay: &Stay| !stay.within.is_empty() && begun().any(|later| by(stay, later));
        let then = |stay: &&Stay| stay.until.is_none_or(|until| at < until) && !replaced(stay);
        let mut tenants: Vec<&Tenant> = begun().filter(then).map(|stay| &stay.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let others = |one: &Tenant| begun().any(|stay| stay.loose && stay.tenant != *one);
        match tenants[..] {
            [] => Holder::Nobody,
            [one] if !others(one) => Holder::One(one.clone()),
            _ => Holder::Several,
        }
    }

    /// Whether an instance has held it before that time, and nobody else is known to have it then: what it had last is
    /// no strange place for its own calls, however long ago somebody looked.
    pub fn is_own(&self, what: &str, instance: &str, at: Timestamp) -> bool {
        let stays = self.held.get(what).map(Vec::as_slice).unwrap_or_default();
        match self.of(what, at) {
            Holder::One(tenant) => tenant.instance == instance,
            Holder::Several => false,
            Holder::Nobody => stays.iter().any(|stay| stay.from <= at && stay.tenant.instance == instance),
        }
    }
}

/// As much of DescribeInstances as is needed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    reservations: Vec<Reservation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reservation {
    #[serde(default)]
    owner_id: String,
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    instance_id: String,
    /// When it was started last (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>).
    launch_time: Option<Timestamp>,
    #[serde(default)]
    network_interfaces: Vec<Card>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Card {
    network_interface_id: String,
    #[serde(default)]
    vpc_id: String,
    attachment: Attachment,
    association: Option<Association>,
    #[serde(default)]
    private_ip_addresses: Vec<Private>,
    #[serde(default)]
    ipv6_addresses: Vec<Six>,
}

impl Card {
    fn held(&self, started: Option<Timestamp>) -> Held<'_> {
        let own = || self.private_ip_addresses.iter();
        let private = own().filter_map(|own| own.private_ip_address.as_deref());
        let six = self.ipv6_addresses.iter().map(|own| own.ipv6_address.as_str());
        let public = self.association.iter().chain(own().filter_map(|own| own.association.as_ref()));
        let of = |is_assigned| {
            let public = public.clone().filter(move |public| public.is_assigned() == is_assigned);
            public.filter_map(Association::address).collect()
        };
        let since = self.attachment.attach_time;
        Held {
            interface: &self.network_interface_id,
            vpc: &self.vpc_id,
            own: private.chain(six).collect(),
            elastic: of(false),
            assigned: of(true),
            since,
            started: started.unwrap_or(since),
        }
    }

    /// The public address that AWS has assigned to an instance's first interface.
    fn assigned(&self) -> Option<&str> {
        let public = self.association.as_ref().filter(|public| public.is_assigned());
        public.filter(|_| self.attachment.device_index == Some(0))?.address()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    attach_time: Timestamp,
    device_index: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    public_ip: Option<String>,
    /// `amazon`, or the account that has an Elastic IP address.
    ip_owner_id: Option<String>,
}

impl Association {
    fn is_assigned(&self) -> bool {
        self.ip_owner_id.as_deref() == Some("amazon")
    }

    fn address(&self) -> Option<&str> {
        self.public_ip.as_deref()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Private {
    private_ip_address: Option<String>,
    association: Option<Association>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Six {
    ipv6_address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn tenant(instance: &str) -> Tenant {
        Tenant { instance: instance.into(), account: "111111111111".into() }
    }

    #[test]
    fn an_address_that_is_used_again_accuses_whoever_held_it_then() {
        let mut holdings = Holdings::new();
        let (first, second) = (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
        holdings.held("10.0.0.5", tenant("i-old"), "", first, Some(second));
        holdings.held("10.0.0.5", tenant("i-new"), "", second, None);
        let of = |time| holdings.of("10.0.0.5", at(time));
        assert_eq!(of("2026-02-28T23:59:59Z"), Holder::Nobody);
        assert_eq!(of("2026-03-01T12:00:00Z"), Holder::One(tenant("i-old")));
        assert_eq!(of("2026-03-02T00:00:00Z"), Holder::One(tenant("i-new")), "the end is no longer the old one's");
        assert_eq!(holdings.of("10.0.0.6", at("2026-03-02T00:00:00Z")), Holder::Nobody);
    }

    #[test]
    fn who_holds_it_later_ends_what_is_not_known_to_have_ended() {
        let of = |vpcs: [&str; 2], time| {
            let mut holdings = Holdings::new();
            holdings.held("10.0.0.5", tenant("i-new"), vpcs[1], at("2026-03-02T00:00:00Z"), None);
            holdings.held("10.0.0.5", tenant("i-old"), vpcs[0], at("2026-03-01T00:00:00Z"), None);
            holdings.of("10.0.0.5", at(time))
        };
        assert_eq!(of(["vpc-1", "vpc-1"], "2026-03-01T12:00:00Z"), Holder::One(tenant("i-old")));
        assert_eq!(of(["vpc-1", "vpc-1"], "2026-03-02T12:00:00Z"), Holder::One(tenant("i-new")));
        assert_eq!(of(["vpc-1", "vpc-2"], "2026-03-02T12:00:00Z"), Holder::Several, "each VPC has its own");
        assert_eq!(of(["", ""], "2026-03-02T12:00:00Z"), Holder::Several, "a public one may have moved the other way");
    }

    #[test]
    fn what_the_command_line_of_aws_prints_is_understood() {
        let mut holdings = Holdings::new();
        let json = serde_json::json!({"Reservations": [{"OwnerId": "111111111111", "Instances": [{
            "InstanceId": "i-0123456789abcdef0",
            "NetworkInterfaces": [{
                "NetworkInterfaceId": "eni-1", "Attachment": {"AttachTime": "2026-03-01T00:00:00+00:00"},
                "Association": {"PublicIp": "198.51.100.7"}, "Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}],
                "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5", "Association": {"PublicIp": "198.51.100.8"}}]
            }]
        }]}]});
        holdings.describe(json.to_string().as_bytes(), Timestamp::MAX).expect("understood");
        for what in ["eni-1", "198.51.100.7", "198.51.100.8", "2001:db8::5", "10.0.0.5"] {
            let one = Holder::One(tenant("i-0123456789abcdef0"));
            assert_eq!(holdings.of(what, at("2026-03-01T12:00:00Z")), one, "{what}");
            assert_eq!(holdings.of(what, at("2026-02-28T12:00:00Z")), Holder::Nobody, "{what}");
        }
        assert!(holdings.describe(b"{}", Timestamp::MAX).is_err());
    }

    #[test]
    fn traffic_leaves_with_the_address_that_aws_has_assigned_since_the_last_start() {
        let described = |index: i32, owner: &str, address: &str, started: &str| {
            let card = serde_json::json!({
                "NetworkInterfaceId": "eni-1", "Association": {"PublicIp": address, "IpOwnerId": owner},
                "Attachment": {"AttachTime": "2026-03-01T00:00:00+00:00", "DeviceIndex": index},
            });
            let instance = serde_json::json!({"InstanceId": "i-a", "LaunchTime": started, "NetworkInterfaces": [card]});
            serde_json::json!({"Reservations": [{"OwnerId": "111111111111", "Instances": [instance]}]}).to_string()
        };
        let mut holdings = Holdings::new();
        for json in [
            described(0, "amazon", "198.51.100.7", "2026-03-02T00:00:00+00:00"),
            described(0, "amazon", "198.51.100.8", "2026-03-04T00:00:00+00:00"),
            described(0, "111111111111", "203.0.113.7", "2026-03-06T00:00:00+00:00"),
            described(1, "amazon", "203.0.113.8", "2026-03-06T00:00:00+00:00"),
        ] {
            holdings.describe(json.as_bytes(), at("2026-03-07T00:00:00Z")).expect("understood");
        }
        let out = |time| holdings.way_out("i-a", at(time));
        assert_eq!(out("2026-03-01T12:00:00Z"), None, "it may have had another before it was started again");
        assert_eq!(out("2026-03-02T00:00:00Z"), Some("198.51.100.7"));
        assert_eq!(
            out("2026-03-07T00:00:00Z"),
            Some("198.51.100.8"),
            "an Elastic IP address may have come at any time"
        );
        assert_eq!(out("2026-03-07T00:00:01Z"), None, "it may have been stopped since somebody looked");
        assert_eq!(holdings.way_out("i-b", at("2026-03-07T00:00:00Z")), None);
    }

    #[test]
    fn a_public_address_is_the_instances_while_it_runs_and_somebody_has_looked() {
        let described = |owner: &str| {
            let card = serde_json::json!({
                "NetworkInterfaceId": "eni-1", "Association": {"PublicIp": "198.51.100.7", "IpOwnerId": owner},
                "Attachment": {"AttachTime": "2026-03-01T00:00:00+00:00", "DeviceIndex": 0},
                "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}],
            });
            let started = "2026-03-03T00:00:00+00:00";
            let instance = serde_json::json!({"InstanceId": "i-a", "LaunchTime": started, "NetworkInterfaces": [card]});
            let json = serde_json::json!({"Reservations": [{"OwnerId": "111111111111", "Instances": [instance]}]});
            let mut holdings = Holdings::new();
            holdings.describe(json.to_string().as_bytes(), at("2026-03-05T00:00:00Z")).expect("understood");
            holdings
        };
        let (mine, nobody) = (Holder::One(tenant("i-a")), Holder::Nobody);
        for (owner, time, holder) in [
            ("amazon", "2026-03-02T23:59:59Z", &nobody),
            ("amazon", "2026-03-03T00:00:00Z", &mine),
            ("amazon", "2026-03-05T00:59:59Z", &mine),
            ("amazon", "2026-03-05T01:00:00Z", &nobody),
            ("111111111111", "2026-02-28T23:59:59Z", &nobody),
            ("111111111111", "2026-03-01T00:00:00Z", &mine),
            ("111111111111", "2026-03-05T01:00:00Z", &nobody),
        ] {
            assert_eq!(described(owner).of("198.51.100.7", at(time)), *holder, "{owner} {time}");
            assert_eq!(described(owner).of("10.0.0.5", at("2026-04-01T00:00:00Z")), mine, "its own stays with it");
        }
    }

    /// Seen with one instance and days later with another: in between either may have had it.
    #[test]
    fn an_elastic_address_that_moved_accuses_nobody_in_particular() {
        let mut holdings = Holdings::new();
        let since = at("2026-01-01T00:00:00Z");
        for (instance, seen) in [("i-a", "2026-03-03T10:00:00Z"), ("i-b", "2026-03-06T10:00:00Z")] {
            let (interface, own, elastic) = ("eni-1", Vec::new(), vec!["203.0.113.9"]);
            let held = Held { interface, vpc: "", own, elastic, assigned: Vec::new(), since, started: since };
            holdings.interface(&held, &tenant(instance), at(seen));
        }
        let of = |time| holdings.of("203.0.113.9", at(time));
        assert_eq!(of("2026-03-02T00:00:00Z"), Holder::Several);
        assert_eq!(of("2026-03-04T00:00:00Z"), Holder::Several, "it moved then, or later");
        assert_eq!(of("2026-03-07T00:00:00Z"), Holder::Nobody);
        let own = |time| holdings.is_own("203.0.113.9", "i-b", at(time));
        assert!(!own("2026-03-04T00:00:00Z") && own("2026-03-07T00:00:00Z") && !own("2025-12-31T00:00:00Z"));
        assert!(!holdings.is_own("203.0.113.9", "i-c", at("2026-03-07T00:00:00Z")));
    }

    #[test]
    fn two_holders_at_once_are_nobody_in_particular() {
        let mut holdings = Holdings::new();
        for instance in ["i-a", "i-b"] {
            holdings.held("10.0.0.5", tenant(instance), "", at("2026-03-01T00:00:00Z"), None);
        }
        assert_eq!(holdings.of("10.0.0.5", at("2026-03-02T00:00:00Z")), Holder::Several);
    }
}
