//! Network ACLs: stateless, for a whole subnet, and blind to what stays within it
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).

use super::World;
use super::errors::{missing, refused};
use super::rules::contains;
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{AclAssociationId, AclId, SubnetId, VpcId};
use casebook::reading::Made;
use casebook::scene::instance::Tags;
use casebook::scene::network::{AclAssociation, AclEntry, Direction, NetworkAcl};

/// A network ACL.
#[derive(Clone, Debug)]
pub struct AclRecord {
    /// As it shows itself.
    pub shown: NetworkAcl,
}

impl World {
    /// CreateNetworkAcl: a new ACL denies everything, in both directions
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>).
    pub(crate) fn create_acl(&mut self, vpc: &VpcId, tags: &Tags) -> Result<Made, Fault> {
        let unknown = || missing("InvalidVpcID.NotFound", vpc.as_str());
        let ipv6 = !self.network.vpcs.get(vpc).ok_or_else(unknown)?.shown.ipv6.is_empty();
        if self.network.acls.values().filter(|acl| acl.shown.vpc == *vpc).count() >= self.settings.acls_allowed {
            let message = format!("the maximum number of network ACLs of {vpc} is {}", self.settings.acls_allowed);
            return Err(refused("NetworkAclLimitExceeded", message));
        }
        let id = AclId::new(self.fresh("acl"));
        let shown = NetworkAcl {
            id: id.clone(),
            vpc: vpc.clone(),
            associations: Vec::new(),
            entries: final_denies(ipv6),
            tags: tags.clone(),
        };
        self.network.acls.insert(id.clone(), AclRecord { shown });
        Ok(Made::one(id.as_str()))
    }

    /// ReplaceNetworkAclAssociation: gives a new association id; the same call repeated gives the
    /// same answer (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>).
    pub(crate) fn replace_acl(&mut self, association: &AclAssociationId, to: &AclId) -> Result<Made, Fault> {
        let repeated = self.network.replaced_acls.get(association).filter(|(acl, _)| acl == to);
        if let Some((_, made)) = repeated {
            return Ok(Made::one(made.as_str()));
        }
        let held = |acl: &AclRecord| acl.shown.associations.iter().any(|held| held.id == *association);
        let unknown = || missing("InvalidAssociationID.NotFound", association.as_str());
        let from = self.network.acls.values().find(|acl| held(acl)).ok_or_else(unknown)?.shown.clone();
        let target = self.network.acls.get(to).ok_or_else(|| missing("InvalidNetworkAclID.NotFound", to.as_str()))?;
        if target.shown.vpc != from.vpc {
            return Err(refused(
                "InvalidParameterValue",
                format!("{to} and {association} belong to different networks"),
            ));
        }
        let subnet = self.unguard(&from.id, association);
        self.delay_acl(&subnet, &from.id, to);
        let id = AclAssociationId::new(self.fresh("aclassoc"));
        self.network.replaced_acls.insert(association.clone(), (to.clone(), id.clone()));
        self.guard(to, subnet, id.clone());
        Ok(Made::one(id.as_str()))
    }

    /// A change of ACL takes effect after a short while
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    fn delay_acl(&mut self, subnet: &SubnetId, from: &AclId, to: &AclId) {
        if self.settings.acl_lag.is_positive() {
            self.network.acls_in_force.entry(subnet.clone()).or_insert_with(|| from.clone());
            self.schedule(self.settings.acl_lag, Event::AclInForce(subnet.clone(), to.clone()));
        }
    }

    pub(crate) fn acl_comes_into_force(&mut self, subnet: &SubnetId, acl: AclId) {
        self.settle();
        self.network.acls_in_force.insert(subnet.clone(), acl);
        self.settle();
    }

    /// The ACL that packets meet now.
    fn acl_at_work(&self, subnet: &SubnetId) -> Option<&NetworkAcl> {
        let late = self.network.acls_in_force.get(subnet).and_then(|id| self.network.acls.get(id));
        late.map(|acl| &acl.shown).or_else(|| self.acl_of(subnet))
    }

    fn unguard(&mut self, acl: &AclId, association: &AclAssociationId) -> SubnetId {
        let shown = &mut self.network.acls.get_mut(acl).expect("found a moment ago").shown;
        let place = shown.associations.iter().position(|held| held.id == *association);
        shown.associations.remove(place.expect("found a moment ago")).subnet
    }

    fn guard(&mut self, acl: &AclId, subnet: SubnetId, id: AclAssociationId) {
        let shown = &mut self.network.acls.get_mut(acl).expect("looked up a moment ago").shown;
        shown.associations.push(AclAssociation { id, subnet });
    }

    /// The ACL that a subnet is associated with.
    pub(crate) fn acl_of(&self, subnet: &SubnetId) -> Option<&NetworkAcl> {
        let guards = |acl: &&NetworkAcl| acl.associations.iter().any(|held| held.subnet == *subnet);
        self.network.acls.values().map(|acl| &acl.shown).find(guards)
    }

    /// Whether a subnet's ACL lets traffic with an address outside pass, there and back: it keeps
    /// no state, so both directions must be allowed.
    pub(crate) fn acl_passes(&self, subnet: &SubnetId, protocol: &str, peer: &str) -> bool {
        let within =
            self.network.subnets.get(subnet).is_some_and(|s| s.ranges.iter().any(|range| contains(range, peer)));
        let Some(acl) = self.acl_at_work(subnet).filter(|_| !within) else { return true };
        let open = |direction| decides(acl, direction, protocol, peer).is_some_and(|entry| entry.allow);
        open(Direction::Ingress) && open(Direction::Egress)
    }
}

/// The entry with the lowest number that matches.
fn decides<'a>(acl: &'a NetworkAcl, direction: Direction, protocol: &str, peer: &str) -> Option<&'a AclEntry> {
    let number = match protocol {
        "tcp" => "6",
        "udp" => "17",
        "icmp" => "1",
        other => other,
    };
    let matching = acl.entries.iter().filter(|entry| {
        entry.direction == direction
            && (entry.protocol == "-1" || entry.protocol == number)
            && contains(&entry.range, peer)
    });
    matching.min_by_key(|entry| entry.number)
}

/// What stands at the end of every ACL.
pub(crate) fn final_denies(ipv6: bool) -> Vec<AclEntry> {
    entries(ipv6, |number| number, false)
}

/// What a VPC's default ACL has before its end: everything is let through
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
pub(crate) fn default_allows(ipv6: bool) -> Vec<AclEntry> {
    entries(ipv6, |number| number - 32_667, true)
}

fn entries(ipv6: bool, number: impl Fn(i32) -> i32, allow: bool) -> Vec<AclEntry> {
    let mut families = vec![("0.0.0.0/0", 32_767)];
    if ipv6 {
        families.push(("::/0", 32_768));
    }
    let both = [Direction::Ingress, Direction::Egress];
    let pairs = both.into_iter().flat_map(|direction| families.iter().map(move |family| (direction, *family)));
    pairs
        .map(|(direction, (range, last))| AclEntry {
            direction,
            number: number(last),
            allow,
            protocol: "-1".into(),
            range: range.into(),
        })
        .collect()
}
