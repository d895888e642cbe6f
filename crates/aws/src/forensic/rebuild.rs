//! Disks and machine made again from our own copies.

use crate::both::of_case;
use crate::clients::Clients;
use crate::convert::instances::instance;
use crate::convert::storage::volume as stored;
use crate::convert::{all, tagged, tagged_all};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types as ec2;
use casebook::effect::Launch;
use casebook::fault::Fault;
use casebook::id::{Arn, CaseId, SnapshotId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Volumes` tagged with the case.
pub(super) async fn volumes(c: &Clients, case: &CaseId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_volumes().filters(of_case(case));
    all(every_page!(call.include_managed_resources(true), volumes), stored).map(Reading::Volumes)
}

/// `Instances` tagged with the case.
pub(super) async fn instances(c: &Clients, case: &CaseId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_instances().filters(of_case(case));
    let reservations = every_page!(call.include_managed_resources(true), reservations);
    let found = reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
    all(found.collect(), instance).map(Reading::Instances)
}

/// A volume from a copy.
pub(super) struct NewVolume<'a> {
    pub(super) snapshot: &'a SnapshotId,
    pub(super) zone: &'a str,
    pub(super) key: &'a Arn,
    pub(super) token: &'a str,
    pub(super) tags: &'a Tags,
}

/// ec2:CreateVolume
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html>).
pub(super) async fn volume(c: &Clients, new: NewVolume<'_>, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.create_volume().snapshot_id(new.snapshot.as_str()).availability_zone(new.zone);
    let call = call.encrypted(true).kms_key_id(new.key.as_str()).client_token(new.token);
    let call = call.set_tag_specifications(tagged(ec2::ResourceType::Volume, new.tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.volume_id, "CreateVolume.VolumeId")?))
}

/// ec2:RunInstances: one machine, with nothing that would let it out or let it in
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>).
pub(super) async fn launch(c: &Clients, launch: &Launch, mode: Mode) -> Result<Made, Fault> {
    use ec2::ResourceType::{Instance, NetworkInterface, Volume};
    let call = c.ec2.run_instances().image_id(launch.image.as_str()).min_count(1).max_count(1);
    let call = call.instance_type(launch.instance_type.as_str().into()).network_interfaces(sealed(launch));
    let call = call.metadata_options(no_metadata()).client_token(&launch.token);
    let call = call.instance_initiated_shutdown_behavior(ec2::ShutdownBehavior::Stop);
    let call = call.set_tag_specifications(tagged_all([Instance, Volume, NetworkInterface], &launch.tags));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    let made = answer.instances.unwrap_or_default().into_iter().next();
    let id = made.and_then(|instance| instance.instance_id);
    Ok(Made::one(need(id, "RunInstances.Instance.InstanceId")?))
}

fn sealed(launch: &Launch) -> ec2::InstanceNetworkInterfaceSpecification {
    let interface = ec2::InstanceNetworkInterfaceSpecification::builder().device_index(0);
    let interface = interface.subnet_id(launch.subnet.as_str()).groups(launch.group.as_str());
    interface.associate_public_ip_address(false).delete_on_termination(true).build()
}

fn no_metadata() -> ec2::InstanceMetadataOptionsRequest {
    let off = ec2::InstanceMetadataEndpointState::Disabled;
    ec2::InstanceMetadataOptionsRequest::builder().http_endpoint(off).build()
}
