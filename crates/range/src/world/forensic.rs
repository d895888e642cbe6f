//! What only the forensic account does: volumes from copies, an instance in the sealed subnet, and
//! what proves the subnet sealed.

use super::World;
use super::errors::{missing, refused};
use super::interfaces::VpcRecord;
use super::launch::{NewMachine, NewVolume};
use casebook::effect::Launch;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, SnapshotId, SubnetId};
use casebook::reading::Made;
use casebook::scene::enclave::Enclave;
use casebook::scene::instance::{MetadataOptions, Tags};
use casebook::scene::network::RouteTable;
use casebook::scene::storage::SnapshotState;
use std::rc::Rc;

/// What CreateVolume takes.
pub(crate) struct FromSnapshot<'a> {
    pub(crate) snapshot: &'a SnapshotId,
    pub(crate) zone: &'a str,
    pub(crate) key: &'a Arn,
    pub(crate) tags: &'a Tags,
}

impl World {
    /// CreateVolume: a key that cannot be used is found out later
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html>).
    pub(crate) fn create_volume(&mut self, caller: &AccountId, from: &FromSnapshot<'_>) -> Result<Made, Fault> {
        let source = self.usable_snapshot(caller, from.snapshot)?;
        if source.state(self.now) != SnapshotState::Completed {
            return Err(refused("IncorrectState", format!("the snapshot {} is not completed", from.snapshot)));
        }
        if !self.network.subnets.values().any(|subnet| subnet.zone == from.zone) {
            return Err(missing("InvalidZone.NotFound", from.zone));
        }
        let works = self.key_works(caller, source.shown.key.as_ref()) && self.key_works(caller, Some(from.key));
        let (size_gib, content) = (source.shown.size_gib, Rc::clone(&source.content));
        let product_codes = source.product_codes.clone();
        let id = self.add_volume(NewVolume {
            owner: caller,
            size_gib,
            zone: from.zone,
            key: Some(from.key.clone()),
            snapshot: Some(from.snapshot.clone()),
            content,
            product_codes,
            tags: from.tags,
        });
        if !works {
            self.storage.volumes.get_mut(&id).expect("made above").shown.state = "error".into();
        }
        Ok(Made::one(id.as_str()))
    }

    /// RunInstances of one instance; the tags in the call reach instance, volumes and interface
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>).
    pub(crate) fn run_instance(&mut self, caller: &AccountId, launch: &Launch) -> Result<Made, Fault> {
        let image = self.ready_image(caller, &launch.image)?.shown.clone();
        let unknown = || missing("InvalidSubnetID.NotFound", launch.subnet.as_str());
        let subnet = self.network.subnets.get(&launch.subnet).ok_or_else(unknown)?;
        let unknown = || missing("InvalidGroup.NotFound", launch.group.as_str());
        let group = self.network.groups.get(&launch.group).ok_or_else(unknown)?;
        if group.shown.vpc != subnet.vpc {
            let message =
                format!("Security group {} and subnet {} belong to different networks.", launch.group, subnet.id);
            return Err(refused("InvalidParameter", message));
        }
        if !self.compute.types.contains_key(&launch.instance_type) {
            return Err(refused("InvalidParameterValue", format!("no instance type {}", launch.instance_type)));
        }
        let zone = subnet.zone.clone();
        let id = self.launch(&NewMachine {
            owner: caller,
            image: &launch.image,
            instance_type: &launch.instance_type,
            subnet: &launch.subnet,
            groups: std::slice::from_ref(&launch.group),
            tags: &launch.tags,
        });
        let machine = self.compute.instances.get_mut(&id).expect("launched above");
        machine.shown.metadata = MetadataOptions { enabled: false, tokens_required: true, hop_limit: 1 };
        machine.shown.product_codes.clone_from(&image.product_codes);
        for card in self.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(&id)) {
            card.shown.tags.clone_from(&launch.tags);
        }
        for disk in &image.disks {
            let Some(snapshot) = disk.snapshot.as_ref().map(|snapshot| self.storage.snapshots[snapshot].clone()) else {
                continue;
            };
            let volume = self.add_volume(NewVolume {
                owner: caller,
                size_gib: snapshot.shown.size_gib,
                zone: &zone,
                key: snapshot.shown.key,
                snapshot: disk.snapshot.clone(),
                content: snapshot.content,
                product_codes: snapshot.product_codes,
                tags: &launch.tags,
            });
            self.attach_volume(&volume, &id, &disk.device, true);
        }
        Ok(Made::one(id.as_str()))
    }

    /// The route table in force in a subnet: its own, else the VPC's main one
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
    fn routes_of(&self, subnet: &SubnetId) -> Option<&RouteTable> {
        let vpc = &self.network.subnets.get(subnet)?.vpc;
        let own = self.network.routes.iter().find(|table| table.subnets.contains(subnet));
        own.or_else(|| self.network.routes.iter().find(|table| table.vpc == *vpc && table.main))
    }

    /// Everything that decides whether traffic can leave a subnet.
    pub(crate) fn enclave(&self, caller: &AccountId, id: &SubnetId) -> Result<Enclave, Fault> {
        let own = self.network.subnets.get(id).filter(|subnet| subnet.owner == *caller);
        let subnet = own.ok_or_else(|| missing("InvalidSubnetID.NotFound", id.as_str()))?;
        let vpc = self.network.vpcs.get(&subnet.vpc);
        Ok(Enclave {
            subnet: subnet.clone(),
            routes: self.routes_of(id).cloned(),
            acl: self.acl_of(id).cloned(),
            endpoints: vpc.map(named_endpoints).unwrap_or_default(),
            dns: vpc.is_some_and(|vpc| vpc.dns),
        })
    }
}

/// Endpoints by id and service.
fn named_endpoints(vpc: &VpcRecord) -> Vec<String> {
    vpc.endpoints.iter().map(|endpoint| format!("{} ({})", endpoint.id, endpoint.service)).collect()
}
