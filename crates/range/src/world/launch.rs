//! How an instance comes to be: by RunInstances in the forensic account, by an Auto Scaling group,
//! or as a scenario's inventory.

use super::World;
use super::instances::{Machine, STARTING};
use super::interfaces::Card;
use super::power::Lost;
use super::storage::{Content, VolumeRecord};
use super::time::Event;
use casebook::id::{AccountId, Arn, GroupId, ImageId, InstanceId, InterfaceId, SnapshotId, SubnetId, VolumeId};
use casebook::scene::instance::{Instance, InstanceState, MetadataOptions, ShutdownBehavior, Tags};
use casebook::scene::network::{IdleTimeouts, Interface, PrivateAddress};
use casebook::scene::storage::{Attachment, Volume};

/// What a new instance is.
pub struct NewMachine<'a> {
    /// Whose.
    pub owner: &'a AccountId,
    /// From which image.
    pub image: &'a ImageId,
    /// Of which type.
    pub instance_type: &'a str,
    /// Its first interface's subnet.
    pub subnet: &'a SubnetId,
    /// Its first interface's groups.
    pub groups: &'a [GroupId],
    /// Its tags.
    pub tags: &'a Tags,
}

/// What a new volume is.
pub struct NewVolume<'a> {
    /// Whose.
    pub owner: &'a AccountId,
    /// GiB.
    pub size_gib: i32,
    /// Where.
    pub zone: &'a str,
    /// Under which key.
    pub key: Option<Arn>,
    /// From which snapshot.
    pub snapshot: Option<SnapshotId>,
    /// What is on it.
    pub content: Content,
    /// Marketplace codes.
    pub product_codes: Vec<String>,
    /// Its tags.
    pub tags: &'a Tags,
}

impl World {
    /// Starts an instance with one interface and no volume. It runs a few seconds later.
    pub fn launch(&mut self, new: &NewMachine<'_>) -> InstanceId {
        let id = InstanceId::new(self.fresh("i"));
        let zone = self.network.subnets.get(new.subnet).map(|subnet| subnet.zone.clone()).unwrap_or_default();
        let machine = Machine {
            owner: new.owner.clone(),
            shown: blank_instance(&id, new, zone, self.now.to_string()),
            termination_protection: false,
            stop_protection: false,
            shutdown: ShutdownBehavior::Stop,
            user_data: None,
            lost: Lost::default(),
            end: None,
        };
        self.compute.instances.insert(id.clone(), machine);
        self.plug_in(&id, new.owner, new.subnet, new.groups, 0);
        self.schedule(STARTING, Event::Running(id.clone()));
        id
    }

    /// Gives an instance an interface; the first goes with it, others stay
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterfaceAttachment.html>).
    pub fn plug_in(
        &mut self,
        instance: &InstanceId,
        owner: &AccountId,
        subnet: &SubnetId,
        groups: &[GroupId],
        device_index: i32,
    ) -> InterfaceId {
        let id = self.add_card(owner, subnet, groups);
        let card = self.network.interfaces.get_mut(&id).expect("made above");
        card.shown.instance = Some(instance.clone());
        card.shown.device_index = Some(device_index);
        card.delete_on_termination = device_index == 0;
        id
    }

    /// Makes an interface that is attached to nothing.
    pub fn add_card(&mut self, owner: &AccountId, subnet: &SubnetId, groups: &[GroupId]) -> InterfaceId {
        let id = InterfaceId::new(self.fresh("eni"));
        let address = self.next_address(subnet);
        let vpc = self.network.subnets.get(subnet).map(|subnet| subnet.vpc.clone());
        let shown = Interface {
            id: id.clone(),
            vpc: vpc.unwrap_or_else(|| "vpc-00000000000000000".into()),
            subnet: subnet.clone(),
            owner: owner.clone(),
            instance: None,
            device_index: None,
            kind: "interface".into(),
            groups: groups.to_vec(),
            addresses: vec![PrivateAddress { private: address, public: None, allocation: None }],
            ipv6: Vec::new(),
            prefixes: Vec::new(),
            source_dest_check: true,
            idle: IdleTimeouts::default(),
            tags: Tags::new(),
        };
        let card = Card { shown, description: String::new(), trunk: None, delete_on_termination: false };
        self.network.interfaces.insert(id.clone(), card);
        id
    }

    /// The next free address of a subnet, from the tenth on.
    fn next_address(&mut self, subnet: &SubnetId) -> String {
        let used = self.network.hosts.entry(subnet.clone()).or_insert(10);
        let host = *used;
        *used += 1;
        let ranges = self.network.subnets.get(subnet).map(|subnet| subnet.ranges.as_slice()).unwrap_or_default();
        let base = ranges.iter().find_map(|range| range.split_once('/')?.0.parse::<std::net::Ipv4Addr>().ok());
        base.map(|base| std::net::Ipv4Addr::from_bits(base.to_bits() + host).to_string()).unwrap_or_default()
    }

    /// Makes a volume, not attached yet.
    pub fn add_volume(&mut self, new: NewVolume<'_>) -> VolumeId {
        let id = VolumeId::new(self.fresh("vol"));
        let shown = Volume {
            id: id.clone(),
            size_gib: new.size_gib,
            state: "available".into(),
            volume_type: "gp3".into(),
            zone: new.zone.to_owned(),
            key: new.key,
            attachments: Vec::new(),
            product_codes: new.product_codes,
            snapshot: new.snapshot,
            tags: new.tags.clone(),
        };
        let record = VolumeRecord { owner: new.owner.clone(), shown, content: new.content };
        self.storage.volumes.insert(id.clone(), record);
        id
    }

    /// Attaches a volume, deleted with the instance as a root volume is by default
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html>).
    pub fn attach_volume(&mut self, volume: &VolumeId, instance: &InstanceId, device: &str, deletes: bool) {
        if let Some(record) = self.storage.volumes.get_mut(volume) {
            record.shown.state = "in-use".into();
            record.shown.attachments.push(Attachment {
                instance: instance.clone(),
                device: device.to_owned(),
                delete_on_termination: deletes,
            });
        }
    }
}

fn blank_instance(id: &InstanceId, new: &NewMachine<'_>, zone: String, launched: String) -> Instance {
    Instance {
        id: id.clone(),
        state: InstanceState::Pending,
        launched,
        image: new.image.clone(),
        instance_type: new.instance_type.to_owned(),
        architecture: "x86_64".into(),
        spot: false,
        zone,
        vpc: None,
        subnet: None,
        private_ip: None,
        public_ip: None,
        key_name: None,
        root_device: "/dev/xvda".into(),
        block_devices: Vec::new(),
        interfaces: Vec::new(),
        profile: None,
        source_dest_check: true,
        hibernation: false,
        operator: None,
        product_codes: Vec::new(),
        metadata: MetadataOptions { enabled: true, tokens_required: true, hop_limit: 2 },
        tags: new.tags.clone(),
    }
}
