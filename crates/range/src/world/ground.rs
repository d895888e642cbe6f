//! The ground that things stand on: VPCs with what AWS makes along with them, subnets, security groups; and an instance
//! that stands in two of them, or on branches of its own.

use super::World;
use super::acls::{AclRecord, default_allows, final_denies};
use super::groups::GroupRecord;
use super::interfaces::VpcRecord;
use casebook::id::{AccountId, AclAssociationId, AclId, GroupId, InstanceId, InterfaceId, SubnetId, VpcId};
use casebook::scene::instance::Tags;
use casebook::scene::network::{
    AclAssociation, Direction, NetworkAcl, Peer, Route, RouteTable, Rule, SecurityGroup, Subnet, Vpc,
};

impl World {
    /// A VPC with its default ACL and main route table
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/create-vpc.html>).
    pub fn add_vpc(&mut self, owner: &AccountId, ipv4: &str, ipv6: Option<&str>) -> VpcId {
        let id = VpcId::new(self.fresh("vpc"));
        let ipv6: Vec<String> = ipv6.into_iter().map(str::to_owned).collect();
        let shown = Vpc { id: id.clone(), owner: owner.clone(), ipv4: vec![ipv4.into()], ipv6: ipv6.clone() };
        self.network.vpcs.insert(id.clone(), VpcRecord { shown, dns: true, endpoints: Vec::new() });
        let acl = AclId::new(self.fresh("acl"));
        let mut entries = default_allows(!ipv6.is_empty());
        entries.extend(final_denies(!ipv6.is_empty()));
        let shown =
            NetworkAcl { id: acl.clone(), vpc: id.clone(), associations: Vec::new(), entries, tags: Tags::new() };
        self.network.acls.insert(acl, AclRecord { shown });
        let local = |range: &String| Route { destination: range.clone(), target: "local".into() };
        let routes = std::iter::once(&ipv4.to_owned()).chain(&ipv6).map(local).collect();
        let table = RouteTable { id: self.fresh("rtb"), vpc: id.clone(), subnets: Vec::new(), main: true, routes };
        self.network.routes.push(table);
        id
    }

    /// A subnet under the VPC's default ACL.
    ///
    /// # Panics
    /// When there is no such VPC.
    pub fn add_subnet(&mut self, vpc: &VpcId, ranges: &[&str], zone: &str) -> SubnetId {
        let id = SubnetId::new(self.fresh("subnet"));
        let association = AclAssociationId::new(self.fresh("aclassoc"));
        let owner = self.network.vpcs[vpc].shown.owner.clone();
        let ranges = ranges.iter().map(|range| (*range).to_owned()).collect();
        let subnet = Subnet { id: id.clone(), vpc: vpc.clone(), zone: zone.into(), owner, ranges };
        self.network.subnets.insert(id.clone(), subnet);
        let mut acls = self.network.acls.values_mut();
        let acl = acls.find(|acl| acl.shown.vpc == *vpc).expect("every VPC has a default ACL");
        acl.shown.associations.push(AclAssociation { id: association, subnet: id.clone() });
        id
    }

    /// A security group of the account under investigation.
    pub fn add_group(&mut self, vpc: &VpcId, name: &str, rules: Vec<Rule>, tags: Tags) -> GroupId {
        let id = GroupId::new(self.fresh("sg"));
        let owner = self.place.source.clone();
        let shown = SecurityGroup { id: id.clone(), name: name.into(), vpc: vpc.clone(), owner, rules, tags };
        let visible_from = self.now;
        self.network.groups.insert(id.clone(), GroupRecord { shown, visible_from });
        id
    }

    /// Gives an instance one more interface in another VPC of its account and zone, as EC2 allows since 2023; what is
    /// in the group there may call out
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html>).
    ///
    /// # Panics
    /// When there is no such instance.
    pub fn straddle(&mut self, instance: &InstanceId) -> InterfaceId {
        let (owner, zone) = (self.place.source.clone(), self.compute.instances[instance].shown.zone.clone());
        let vpc = self.add_vpc(&owner, "10.7.0.0/16", None);
        let subnet = self.add_subnet(&vpc, &["10.7.1.0/24"], &zone);
        let group = self.add_group(&vpc, "other-side", vec![all_out()], Tags::new());
        let index = i32::try_from(self.cards_of(instance).len()).expect("an instance has few interfaces");
        self.plug_in(instance, &owner, &subnet, &[group], index)
    }

    /// Gives an instance a trunk with one branch, as for a pod with groups of its own: the branch is attached to the
    /// trunk and not to the instance, and what is in its group may call out
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateTrunkInterface.html>).
    ///
    /// # Panics
    /// When there is no such instance, or it has no interface.
    pub fn branch_off(&mut self, instance: &InstanceId) -> InterfaceId {
        let owner = self.place.source.clone();
        let first = self.cards_of(instance)[0].shown.clone();
        let index = i32::try_from(self.cards_of(instance).len()).expect("an instance has few interfaces");
        let trunk = self.plug_in(instance, &owner, &first.subnet, &first.groups, index);
        let group = self.add_group(&first.vpc, "pod", vec![all_out()], Tags::new());
        let branch = self.add_card(&owner, &first.subnet, &[group]);
        let cards = &mut self.network.interfaces;
        cards.get_mut(&trunk).expect("made above").shown.kind = "trunk".into();
        let card = cards.get_mut(&branch).expect("made above");
        card.shown.kind = "branch".into();
        card.trunk = Some(trunk);
        branch
    }
}

fn all_out() -> Rule {
    let everywhere = Peer::Ipv4("0.0.0.0/0".into());
    Rule { direction: Direction::Egress, protocol: "-1".into(), from: None, to: None, peer: everywhere }
}
