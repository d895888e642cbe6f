//! What DescribeInstances does not show: one attribute a call.

use crate::clients::Clients;
use crate::convert::instances::shutdown;
use crate::fault::{fault, need};
use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput;
use aws_sdk_ec2::types::InstanceAttributeName;
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::Reading;
use casebook::scene::instance::{Attribute, AttributeValue};

/// `Attribute`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html>).
pub(crate) async fn read(clients: &Clients, instance: &InstanceId, attribute: Attribute) -> Result<Reading, Fault> {
    let call = clients.ec2.describe_instance_attribute().instance_id(instance.as_str()).attribute(name(attribute));
    let answer = call.send().await.map_err(fault)?;
    value(attribute, answer).map(Reading::Attribute)
}

fn name(attribute: Attribute) -> InstanceAttributeName {
    match attribute {
        Attribute::TerminationProtection => InstanceAttributeName::DisableApiTermination,
        Attribute::StopProtection => InstanceAttributeName::DisableApiStop,
        Attribute::ShutdownBehavior => InstanceAttributeName::InstanceInitiatedShutdownBehavior,
        Attribute::UserData => InstanceAttributeName::UserData,
    }
}

fn value(attribute: Attribute, from: DescribeInstanceAttributeOutput) -> Result<AttributeValue, Fault> {
    let flag = |value: Option<bool>, field| need(value, field).map(AttributeValue::Flag);
    match attribute {
        Attribute::TerminationProtection => {
            flag(from.disable_api_termination.and_then(|v| v.value), "disableApiTermination")
        }
        Attribute::StopProtection => flag(from.disable_api_stop.and_then(|v| v.value), "disableApiStop"),
        Attribute::ShutdownBehavior => {
            let word = from.instance_initiated_shutdown_behavior.and_then(|v| v.value);
            shutdown(&need(word, "instanceInitiatedShutdownBehavior")?).map(AttributeValue::Shutdown)
        }
        Attribute::UserData => Ok(AttributeValue::UserData(from.user_data.and_then(|v| v.value))),
    }
}
