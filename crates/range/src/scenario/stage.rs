//! What scenarios are built with: an account with nothing in it, a forensic account with a key and
//! a sealed subnet, and words for putting things there.

use super::Briefing;
use super::finding::finding;
use crate::world::keys::KeyRecord;
use crate::world::launch::{NewMachine, NewVolume};
use crate::world::storage::Content;
use crate::world::{Place, World};
use casebook::id::{AccountId, Arn, GroupId, ImageId, InstanceId, SubnetId, VolumeId, VpcId};
use casebook::scene::instance::{InstanceType, Tags};
use casebook::scene::network::{Direction, Peer, Route, RouteTable, Rule};
use casebook::scene::storage::Key;
use casebook::target::Target;
use jiff::{SignedDuration, Timestamp};

/// When the finding arrives: 3 March 2026, 09:00 UTC.
const FINDING_ARRIVES: i64 = 1_772_528_400;
/// How long before that the world is set up, so that everything runs and is checked by then.
const SETTING_UP: SignedDuration = SignedDuration::from_secs(120);

/// A world under construction.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) source: AccountId,
    pub(super) forensic: AccountId,
    pub(super) share_key: Option<Arn>,
    pub(super) forensic_key: Arn,
    pub(super) forensic_subnet: SubnetId,
    pub(super) quarantine_profile: Option<Arn>,
    pub(super) target: Option<InstanceId>,
}

/// A volume to attach.
pub(super) struct Disk {
    pub(super) device: &'static str,
    pub(super) size_gib: i32,
    pub(super) key: Option<Arn>,
    pub(super) blocks: i32,
    pub(super) deletes: bool,
}

impl Stage {
    pub(super) fn new(seed: u64) -> Self {
        let place = Place {
            partition: "aws".into(),
            region: "us-east-1".into(),
            source: "111111111111".into(),
            forensic: "222222222222".into(),
        };
        let (source, forensic) = (place.source.clone(), place.forensic.clone());
        let arrives = Timestamp::from_second(FINDING_ARRIVES).expect("a moment in 2026");
        let begins = arrives.saturating_sub(SETTING_UP).expect("in range");
        let mut stage = Self {
            world: World::new(place, begins, seed),
            source: source.clone(),
            forensic: forensic.clone(),
            share_key: None,
            forensic_key: Arn::from(""),
            forensic_subnet: SubnetId::from(""),
            quarantine_profile: None,
            target: None,
        };
        stage.furnish();
        stage
    }

    /// What every scenario has: instance types, a share key, the forensic account's key and subnet.
    fn furnish(&mut self) {
        for (name, instance_store_gib, nitro) in
            [("t3.large", 0, true), ("m5d.large", 75, true), ("c5.xlarge", 0, true), ("t2.micro", 0, false)]
        {
            self.world.compute.types.insert(name.into(), InstanceType { name: name.into(), instance_store_gib, nitro });
        }
        let (source, forensic) = (self.source.clone(), self.forensic.clone());
        self.share_key = Some(self.key(&source, &[&forensic]));
        self.forensic_key = self.key(&forensic, &[]);
        let vpc = self.vpc(&forensic, "10.99.0.0/16", None);
        self.world.network.vpcs.get_mut(&vpc).expect("made above").dns = false;
        self.forensic_subnet = self.subnet(&vpc, &["10.99.1.0/24"], "us-east-1b");
    }

    /// Lets the world settle, and says what a responder knows of it.
    pub(super) fn finish(mut self) -> (World, Briefing) {
        let arrives = Timestamp::from_second(FINDING_ARRIVES).expect("a moment in 2026");
        self.world.start_health_checks();
        self.world.advance(arrives);
        let target = Target {
            partition: self.world.place.partition.clone(),
            account: self.source.clone(),
            region: self.world.place.region.clone(),
            instance: self.target.expect("every scenario accuses an instance"),
        };
        let finding = finding(&self.world, &target);
        let briefing = Briefing {
            target,
            source_account: self.source,
            forensic_account: self.forensic,
            share_key: self.share_key,
            forensic_key: self.forensic_key,
            forensic_subnet: self.forensic_subnet,
            quarantine_profile: self.quarantine_profile,
            finding,
        };
        (self.world, briefing)
    }

    /// A customer-managed key.
    pub(super) fn key(&mut self, owner: &AccountId, admits: &[&AccountId]) -> Arn {
        self.add_key(owner, admits, false)
    }

    /// The account's default key, `aws/ebs`.
    pub(super) fn default_key(&mut self) -> Arn {
        let owner = self.source.clone();
        self.add_key(&owner, &[], true)
    }

    fn add_key(&mut self, owner: &AccountId, admits: &[&AccountId], aws_managed: bool) -> Arn {
        let (high, low) = (self.world.number(), self.world.number());
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        );
        let arn = Arn::new(self.world.arn("kms", owner, &format!("key/{id}")));
        let shown = Key { arn: arn.clone(), enabled: true, aws_managed, state: "Enabled".into() };
        let admits = admits.iter().map(|account| (*account).clone()).collect();
        self.world.storage.keys.insert(arn.clone(), KeyRecord { shown, admits });
        arn
    }

    /// A VPC with its default ACL and main route table.
    pub(super) fn vpc(&mut self, owner: &AccountId, ipv4: &str, ipv6: Option<&str>) -> VpcId {
        self.world.add_vpc(owner, ipv4, ipv6)
    }

    /// A subnet under the VPC's default ACL.
    pub(super) fn subnet(&mut self, vpc: &VpcId, ranges: &[&str], zone: &str) -> SubnetId {
        self.world.add_subnet(vpc, ranges, zone)
    }

    /// A route table of a subnet's own, with one route out.
    pub(super) fn route(&mut self, subnet: &SubnetId, destination: &str, target: &str) {
        let vpc = self.world.network.subnets[subnet].vpc.clone();
        let local = self.world.network.vpcs[&vpc].shown.ipv4.iter().map(|range| (range.clone(), "local".to_owned()));
        let routes = local.chain([(destination.to_owned(), target.to_owned())]);
        let routes = routes.map(|(destination, target)| Route { destination, target }).collect();
        let id = self.world.fresh("rtb");
        self.world.network.routes.push(RouteTable { id, vpc, subnets: vec![subnet.clone()], main: false, routes });
    }

    /// A security group of the account under investigation.
    pub(super) fn group(&mut self, vpc: &VpcId, name: &str, rules: Vec<Rule>, tags: Tags) -> GroupId {
        self.world.add_group(vpc, name, rules, tags)
    }

    /// An instance that was launched weeks ago.
    pub(super) fn instance(&mut self, name: &str, kind: &str, subnet: &SubnetId, groups: &[GroupId]) -> InstanceId {
        let image = ImageId::new(format!("ami-0{:016x}", 0x00c0_ffee_u64));
        let owner = self.source.clone();
        let tags = tags(&[("Name", name)]);
        let id = self.world.launch(&NewMachine {
            owner: &owner,
            image: &image,
            instance_type: kind,
            subnet,
            groups,
            tags: &tags,
        });
        let machine = self.world.compute.instances.get_mut(&id).expect("launched above");
        machine.shown.launched = "2026-02-12T07:31:05Z".into();
        id
    }

    /// An interface of something that is no instance.
    pub(super) fn appliance(&mut self, subnet: &SubnetId, groups: &[GroupId], description: &str) -> String {
        let owner = self.source.clone();
        let id = self.world.add_card(&owner, subnet, groups);
        let card = self.world.network.interfaces.get_mut(&id).expect("made above");
        card.description = description.into();
        card.shown.addresses[0].private.clone()
    }

    /// A volume on an instance.
    pub(super) fn disk(&mut self, instance: &InstanceId, disk: &Disk) -> VolumeId {
        let content = self.content(disk.size_gib, disk.blocks);
        let (owner, zone) = (self.source.clone(), self.world.compute.instances[instance].shown.zone.clone());
        let volume = self.world.add_volume(NewVolume {
            owner: &owner,
            size_gib: disk.size_gib,
            zone: &zone,
            key: disk.key.clone(),
            snapshot: None,
            content,
            product_codes: Vec::new(),
            tags: &tags(&[("Name", disk.device)]),
        });
        self.world.attach_volume(&volume, instance, disk.device, disk.deletes);
        volume
    }

    /// So many written blocks, spread over the volume; the third is there and all zeros. There are
    /// four patterns only, so that a run computes four digests.
    fn content(&mut self, size_gib: i32, blocks: i32) -> Content {
        let stride = size_gib * 2048 / blocks.max(1);
        let mut pattern =
            |n: i32| if n == 2 { 0 } else { u8::try_from(self.world.number() % 4 + 1).expect("at most 4") };
        (0..blocks).map(|n| (n * stride, pattern(n))).collect()
    }
}

/// Tags from pairs.
pub(super) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Lets TCP in on a port.
pub(super) fn tcp_in(port: i32, peer: Peer) -> Rule {
    Rule { direction: Direction::Ingress, protocol: "tcp".into(), from: Some(port), to: Some(port), peer }
}

/// Lets everything out, in both families.
pub(super) fn all_out() -> Vec<Rule> {
    let rule = |peer| Rule { direction: Direction::Egress, protocol: "-1".into(), from: None, to: None, peer };
    vec![rule(Peer::Ipv4("0.0.0.0/0".into())), rule(Peer::Ipv6("::/0".into()))]
}
