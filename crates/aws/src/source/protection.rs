//! Instance attributes that keep an instance and its disks, tags taken off, and termination.

use crate::clients::Clients;
use crate::fault::fault;
use crate::mode::Mode;
use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder as Call;
use aws_sdk_ec2::types as ec2;
use casebook::effect::Switch;
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::Made;
use casebook::scene::instance::ShutdownBehavior;

/// ec2:ModifyInstanceAttribute takes one attribute a call
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>).
fn modify(c: &Clients, instance: &InstanceId) -> Call {
    c.ec2.modify_instance_attribute().instance_id(instance.as_str())
}

async fn send(call: Call, mode: Mode) -> Result<Made, Fault> {
    call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

fn flag(to: Switch) -> ec2::AttributeBooleanValue {
    ec2::AttributeBooleanValue::builder().value(to.is_on()).build()
}

/// `DisableApiTermination`.
pub(super) async fn termination(c: &Clients, instance: &InstanceId, to: Switch, mode: Mode) -> Result<Made, Fault> {
    send(modify(c, instance).disable_api_termination(flag(to)), mode).await
}

/// `DisableApiStop`.
pub(super) async fn stop(c: &Clients, instance: &InstanceId, to: Switch, mode: Mode) -> Result<Made, Fault> {
    send(modify(c, instance).disable_api_stop(flag(to)), mode).await
}

/// `InstanceInitiatedShutdownBehavior`.
pub(super) async fn shutdown(
    c: &Clients,
    instance: &InstanceId,
    to: ShutdownBehavior,
    mode: Mode,
) -> Result<Made, Fault> {
    let word = match to {
        ShutdownBehavior::Stop => "stop",
        ShutdownBehavior::Terminate => "terminate",
    };
    let value = ec2::AttributeValue::builder().value(word).build();
    send(modify(c, instance).instance_initiated_shutdown_behavior(value), mode).await
}

/// `BlockDeviceMappings` of one device; without a value AWS would set it to true.
pub(super) async fn disk(
    c: &Clients,
    instance: &InstanceId,
    device: &str,
    to: Switch,
    mode: Mode,
) -> Result<Made, Fault> {
    let ebs = ec2::EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(to.is_on()).build();
    let mapping = ec2::InstanceBlockDeviceMappingSpecification::builder().device_name(device).ebs(ebs).build();
    send(modify(c, instance).block_device_mappings(mapping), mode).await
}

/// ec2:TerminateInstances without the graceful shutdown, in which the instance could still act
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html>,
/// `SkipOsShutdown`).
pub(super) async fn terminate(c: &Clients, instance: &InstanceId, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.terminate_instances().instance_ids(instance.as_str()).skip_os_shutdown(true);
    call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}
