//! Instances and what hangs on them.

use super::{ids, optional_time, product_codes, tags, time};
use crate::fault::{malformed, need};
use aws_sdk_ec2::types as ec2;
use casebook::fault::Fault;
use casebook::id::Arn;
use casebook::scene::identity::ProfileAssociation;
use casebook::scene::instance::{
    BlockDevice, Instance, InstanceState, InstanceType, MetadataOptions, ScheduledEvent, ShutdownBehavior,
};

/// An instance of DescribeInstances
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>).
pub(crate) fn instance(from: ec2::Instance) -> Result<Instance, Fault> {
    let launched = need(from.launch_time.as_ref(), "Instance.LaunchTime")?;
    Ok(Instance {
        id: need(from.instance_id, "Instance.InstanceId")?.into(),
        state: state(from.state)?,
        launched: time(launched, "Instance.LaunchTime")?,
        image: need(from.image_id, "Instance.ImageId")?.into(),
        instance_type: need(from.instance_type, "Instance.InstanceType")?.as_str().to_owned(),
        architecture: from.architecture.map(|a| a.as_str().to_owned()).unwrap_or_default(),
        spot: from.instance_lifecycle == Some(ec2::InstanceLifecycleType::Spot),
        zone: from.placement.and_then(|placement| placement.availability_zone).unwrap_or_default(),
        vpc: from.vpc_id.map(Into::into),
        subnet: from.subnet_id.map(Into::into),
        private_ip: from.private_ip_address,
        public_ip: from.public_ip_address,
        key_name: from.key_name,
        root_device: from.root_device_name.unwrap_or_default(),
        block_devices: block_devices(from.block_device_mappings)?,
        interfaces: ids(from.network_interfaces.unwrap_or_default().into_iter().filter_map(|i| i.network_interface_id)),
        profile: from.iam_instance_profile.and_then(|profile| profile.arn).map(Arn::new),
        // Absent on a terminated instance, which forwards nothing.
        source_dest_check: from.source_dest_check.unwrap_or(true),
        hibernation: from.hibernation_options.and_then(|options| options.configured).unwrap_or(false),
        operator: operator(from.operator),
        product_codes: product_codes(from.product_codes),
        metadata: metadata(from.metadata_options),
        tags: tags(from.tags),
    })
}

fn state(from: Option<ec2::InstanceState>) -> Result<InstanceState, Fault> {
    use ec2::InstanceStateName as Name;
    Ok(match need(from.and_then(|state| state.name), "Instance.State.Name")? {
        Name::Pending => InstanceState::Pending,
        Name::Running => InstanceState::Running,
        Name::ShuttingDown => InstanceState::ShuttingDown,
        Name::Terminated => InstanceState::Terminated,
        Name::Stopping => InstanceState::Stopping,
        Name::Stopped => InstanceState::Stopped,
        other => return Err(malformed(&format!("Instance.State.Name ({other} is unknown)"))),
    })
}

fn block_devices(from: Option<Vec<ec2::InstanceBlockDeviceMapping>>) -> Result<Vec<BlockDevice>, Fault> {
    let with_volume = |mapping: ec2::InstanceBlockDeviceMapping| {
        let ebs = mapping.ebs?;
        let volume = ebs.volume_id?.into();
        Some((mapping.device_name, volume, ebs.delete_on_termination))
    };
    let found = from.unwrap_or_default().into_iter().filter_map(with_volume);
    found
        .map(|(device, volume, delete)| {
            Ok(BlockDevice {
                device: need(device, "InstanceBlockDeviceMapping.DeviceName")?,
                volume,
                delete_on_termination: need(delete, "EbsInstanceBlockDevice.DeleteOnTermination")?,
            })
        })
        .collect()
}

/// The service that manages the instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-managed-instances.html>).
fn operator(from: Option<ec2::OperatorResponse>) -> Option<String> {
    let operator = from.filter(|operator| operator.managed == Some(true))?;
    Some(operator.principal.unwrap_or_else(|| "a service".to_owned()))
}

fn metadata(from: Option<ec2::InstanceMetadataOptionsResponse>) -> MetadataOptions {
    let Some(options) = from else { return MetadataOptions::default() };
    MetadataOptions {
        enabled: options.http_endpoint == Some(ec2::InstanceMetadataEndpointState::Enabled),
        tokens_required: options.http_tokens == Some(ec2::HttpTokensState::Required),
        hop_limit: options.http_put_response_hop_limit.unwrap_or_default(),
    }
}

/// A type of DescribeInstanceTypes. Bare-metal types have no hypervisor and are Nitro
/// (<https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html>), but for the
/// oldest one, which can not set idle timeouts either way.
pub(crate) fn instance_type(from: ec2::InstanceTypeInfo) -> Result<InstanceType, Fault> {
    let storage = from.instance_storage_info.and_then(|info| info.total_size_in_gb);
    let nitro = from.hypervisor == Some(ec2::InstanceTypeHypervisor::Nitro) || from.bare_metal == Some(true);
    let name = need(from.instance_type, "InstanceTypeInfo.InstanceType")?.as_str().to_owned();
    Ok(InstanceType { name, instance_store_gib: storage.unwrap_or_default(), nitro })
}

/// What a shutdown from inside does.
pub(crate) fn shutdown(word: &str) -> Result<ShutdownBehavior, Fault> {
    match word {
        "stop" => Ok(ShutdownBehavior::Stop),
        "terminate" => Ok(ShutdownBehavior::Terminate),
        other => Err(malformed(&format!("instanceInitiatedShutdownBehavior ({other:?} is unknown)"))),
    }
}

/// An association of an instance and a profile.
pub(crate) fn association(from: ec2::IamInstanceProfileAssociation) -> Result<ProfileAssociation, Fault> {
    let profile = from.iam_instance_profile.and_then(|profile| profile.arn);
    Ok(ProfileAssociation {
        id: need(from.association_id, "IamInstanceProfileAssociation.AssociationId")?.into(),
        instance: need(from.instance_id, "IamInstanceProfileAssociation.InstanceId")?.into(),
        profile: need(profile, "IamInstanceProfileAssociation.IamInstanceProfile.Arn")?.into(),
        state: need(from.state, "IamInstanceProfileAssociation.State")?.as_str().to_owned(),
    })
}

/// A scheduled event; `None` for one that is over: AWS shows it for a week, its description
/// begins with `[Completed]` or `[Canceled]`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_scheduled_events.html>).
pub(crate) fn event(from: ec2::InstanceStatusEvent) -> Result<Option<ScheduledEvent>, Fault> {
    let description = from.description.unwrap_or_default();
    if ["[Completed]", "[Canceled]"].iter().any(|over| description.starts_with(over)) {
        return Ok(None);
    }
    Ok(Some(ScheduledEvent {
        code: need(from.code, "InstanceStatusEvent.Code")?.as_str().to_owned(),
        not_before: optional_time(from.not_before.as_ref(), "InstanceStatusEvent.NotBefore")?,
        description,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    fn running() -> ec2::Instance {
        let state = ec2::InstanceState::builder().name(ec2::InstanceStateName::Running).build();
        let builder = ec2::Instance::builder().instance_id("i-0123456789abcdef0").image_id("ami-1").state(state);
        builder.instance_type(ec2::InstanceType::from("x99.huge")).launch_time(DateTime::from_secs(0)).build()
    }

    #[test]
    fn an_instance_type_from_the_future_keeps_its_name() {
        let seen = instance(running()).unwrap();
        assert_eq!((seen.instance_type.as_str(), seen.launched.as_str()), ("x99.huge", "1970-01-01T00:00:00Z"));
        assert_eq!((seen.state, seen.operator), (InstanceState::Running, None));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut broken = running();
        broken.image_id = None;
        assert!(instance(broken).unwrap_err().message.contains("Instance.ImageId"));
        let mut odd = running();
        odd.state = Some(ec2::InstanceState::builder().name("hovering".into()).build());
        assert!(instance(odd).unwrap_err().message.contains("hovering"));
    }

    #[test]
    fn an_event_that_is_over_is_none() {
        let of = |text: &str| {
            let code = ec2::EventCode::InstanceRetirement;
            event(ec2::InstanceStatusEvent::builder().code(code).description(text).build()).unwrap()
        };
        assert_eq!(of("[Completed] The instance is running on degraded hardware"), None);
        assert_eq!(of("The instance is running on degraded hardware").unwrap().code, "instance-retirement");
    }
}
