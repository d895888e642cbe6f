//! Things that stand in a scene, as small as they can be.

use super::{ACCOUNT, FORENSIC, INSTANCE, KEY, SUBNET};
use crate::id::GroupId;
use crate::scene::enclave::Enclave;
use crate::scene::instance::{BlockDevice, Instance, InstanceState, MetadataOptions, Tags};
use crate::scene::network::{IdleTimeouts, Interface, PrivateAddress, Route, RouteTable, SecurityGroup, Subnet};
use crate::scene::scaling::ScalingGroup;
use crate::scene::storage::{
    Attachment, Detached, Image, ImageDisk, Key, Lock, Sharing, Snapshot, SnapshotState, Volume,
};
use crate::tags;

/// The target, running, with these volumes, none of which goes with it.
pub(crate) fn instance(volumes: &[&str]) -> Instance {
    let disk =
        |(n, id): (usize, &&str)| BlockDevice { device: device(n), volume: (*id).into(), delete_on_termination: false };
    Instance {
        id: INSTANCE.into(),
        state: InstanceState::Running,
        launched: "2026-11-01T00:00:00Z".into(),
        image: "ami-base".into(),
        instance_type: "t3.large".into(),
        architecture: "x86_64".into(),
        spot: false,
        zone: "us-east-1a".into(),
        vpc: Some("vpc-1".into()),
        subnet: Some("subnet-1".into()),
        private_ip: Some("10.0.0.5".into()),
        public_ip: Some("203.0.113.5".into()),
        key_name: None,
        root_device: device(0),
        block_devices: volumes.iter().enumerate().map(disk).collect(),
        interfaces: vec!["eni-1".into()],
        profile: None,
        source_dest_check: true,
        hibernation: false,
        operator: None,
        product_codes: vec![],
        metadata: MetadataOptions { enabled: true, tokens_required: true, hop_limit: 1 },
        tags: Tags::new(),
    }
}

/// Volumes that were detached, every event read.
pub(crate) fn detached(volumes: Vec<Volume>) -> Detached {
    Detached { volumes, whole: true }
}

/// `/dev/sda`, `/dev/sdb`, …
pub(crate) fn device(n: usize) -> String {
    format!("/dev/sd{}", char::from(b'a' + u8::try_from(n).expect("few disks")))
}

/// A volume of the target, 8 GiB, under a key.
pub(crate) fn volume(id: &str, key: &str) -> Volume {
    Volume {
        id: id.into(),
        size_gib: 8,
        state: "in-use".into(),
        volume_type: "gp3".into(),
        zone: "us-east-1a".into(),
        key: Some(key.into()),
        attachments: vec![Attachment { instance: INSTANCE.into(), device: device(0), delete_on_termination: false }],
        product_codes: vec![],
        snapshot: None,
        tags: Tags::new(),
    }
}

/// A completed snapshot of a volume, made by the step `snapshot`.
pub(crate) fn snapshot(id: &str, volume: &str) -> Snapshot {
    Snapshot {
        id: id.into(),
        volume: volume.into(),
        owner: ACCOUNT.into(),
        state: SnapshotState::Completed,
        state_message: String::new(),
        progress_percent: 100,
        started: "2026-11-21T12:00:00Z".into(),
        size_gib: 8,
        key: Some(KEY.into()),
        tags: tags::of(&"case-1".into(), "snapshot"),
    }
}

/// A completed snapshot that a step made from another one, under a key.
pub(crate) fn derived(id: &str, step: &str, source: &str, key: &str) -> Snapshot {
    let owner = if step == "copy" { FORENSIC } else { ACCOUNT };
    let tags = tags::with(tags::of(&"case-1".into(), step), tags::SOURCE, source);
    Snapshot { owner: owner.into(), key: Some(key.into()), tags, ..snapshot(id, "vol-ffffffff") }
}

/// An available image of the step `image`, with one disk a snapshot.
pub(crate) fn image(id: &str, part: &str, snapshots: &[&str]) -> Image {
    let disk = |(n, id): (usize, &&str)| ImageDisk { device: device(n), snapshot: Some((*id).into()) };
    Image {
        id: id.into(),
        name: "impound-case-1".into(),
        owner: ACCOUNT.into(),
        state: "available".into(),
        state_message: String::new(),
        copied_from: None,
        disks: snapshots.iter().enumerate().map(disk).collect(),
        product_codes: vec![],
        tags: tags::with(tags::of(&"case-1".into(), "image"), tags::PART, part),
    }
}

/// The forensic account's available copy of an image.
pub(crate) fn image_copy(id: &str, source: &str) -> Image {
    let tags = tags::with(tags::of(&"case-1".into(), "copy"), tags::SOURCE, source);
    let tags = tags::with(tags, tags::PART, "image");
    Image { owner: FORENSIC.into(), tags, ..image(id, "", &[]) }
}

/// An enabled customer-managed key.
pub(crate) fn key(arn: &str) -> Key {
    Key { arn: arn.into(), enabled: true, aws_managed: false, state: "Enabled".into() }
}

/// A sharing with these accounts.
pub(crate) fn sharing(accounts: &[&str]) -> Sharing {
    Sharing { accounts: accounts.iter().map(|account| (*account).into()).collect(), public: false }
}

/// A governance lock that holds.
pub(crate) fn lock(snapshot: &str) -> Lock {
    Lock { snapshot: snapshot.into(), state: "governance".into(), days: Some(30), until: None }
}

/// A group without rules.
pub(crate) fn group(id: &str, vpc: &str, owner: &str, tags: Tags) -> SecurityGroup {
    SecurityGroup { id: id.into(), name: id.into(), vpc: vpc.into(), owner: owner.into(), rules: vec![], tags }
}

/// An interface in these groups.
pub(crate) fn interface(id: &str, groups: &[&str]) -> Interface {
    let address = PrivateAddress { private: "10.0.0.5".into(), public: None, allocation: None };
    Interface {
        id: id.into(),
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        owner: ACCOUNT.into(),
        instance: Some(INSTANCE.into()),
        device_index: Some(0),
        kind: "interface".into(),
        groups: groups.iter().map(|group| GroupId::from(*group)).collect(),
        addresses: vec![address],
        ipv6: vec![],
        prefixes: vec![],
        source_dest_check: true,
        idle: IdleTimeouts::default(),
        tags: Tags::new(),
    }
}

/// An Auto Scaling group `web` that checks its balancers.
pub(crate) fn scaling_group() -> ScalingGroup {
    ScalingGroup {
        name: "web".into(),
        min: 1,
        max: 4,
        desired: 2,
        health_check: "ELB".into(),
        target_groups: vec![],
        classic_balancers: vec![],
        suspended: vec![],
        members: vec![],
        max_lifetime_seconds: None,
    }
}

/// A subnet that is sealed, in another zone than the target.
pub(crate) fn enclave() -> Enclave {
    let subnet = Subnet {
        id: SUBNET.into(),
        vpc: "vpc-sealed".into(),
        zone: "us-east-1b".into(),
        owner: FORENSIC.into(),
        ranges: vec![],
    };
    let route = Route { destination: "10.9.0.0/16".into(), target: "local".into() };
    let routes =
        RouteTable { id: "rtb-1".into(), vpc: "vpc-sealed".into(), subnets: vec![], main: true, routes: vec![route] };
    Enclave { subnet, routes: Some(routes), acl: None, endpoints: vec![], dns: false }
}
