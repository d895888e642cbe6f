//! Who has been writing about the instance: flow logs, Systems Manager.

use crate::both::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::{filter, optional_time};
use crate::page::every_page;
use aws_sdk_ec2::types::FlowLog;
use aws_sdk_ssm::types::{InstanceInformation, InstanceInformationStringFilter};
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::Reading;
use serde_json::{Value, json};

/// `Document`: the flow logs on these VPCs, subnets and interfaces
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html>).
pub(super) async fn flow(c: &Clients, resources: &[String]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in resources.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_flow_logs().filter(filter("resource-id", some)), flow_logs));
    }
    let logs = found.iter().map(flow_log).collect::<Result<Vec<_>, _>>()?;
    Ok(Reading::Document(json!({ "flow_logs": logs })))
}

fn flow_log(from: &FlowLog) -> Result<Value, Fault> {
    Ok(json!({
        "id": from.flow_log_id,
        "resource": from.resource_id,
        "status": from.flow_log_status,
        "delivery": from.deliver_logs_status,
        "delivery_error": from.deliver_logs_error_message,
        "traffic": from.traffic_type.as_ref().map(|kind| kind.as_str()),
        "destination_type": from.log_destination_type.as_ref().map(|kind| kind.as_str()),
        "destination": from.log_destination,
        "log_group": from.log_group_name,
        "format": from.log_format,
        "created": optional_time(from.creation_time.as_ref(), "FlowLog.CreationTime")?,
    }))
}

/// `Document`: how Systems Manager knows the instance; `registered` is false when it does not
/// (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html>).
pub(super) async fn registration(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let by = InstanceInformationStringFilter::builder().key("InstanceIds").values(id.as_str()).build();
    let by = by.map_err(|error| crate::fault::malformed(&error.to_string()))?;
    let found = every_page!(c.ssm.describe_instance_information().filters(by), instance_information_list);
    let agents = found.iter().map(agent).collect::<Result<Vec<_>, _>>()?;
    Ok(Reading::Document(json!({ "registered": !agents.is_empty(), "agents": agents })))
}

fn agent(from: &InstanceInformation) -> Result<Value, Fault> {
    Ok(json!({
        "instance": from.instance_id,
        "ping": from.ping_status.as_ref().map(|status| status.as_str()),
        "last_ping": optional_time(from.last_ping_date_time.as_ref(), "InstanceInformation.LastPingDateTime")?,
        "agent_version": from.agent_version,
        "platform": from.platform_name,
        "platform_version": from.platform_version,
        "role": from.iam_role,
        "computer": from.computer_name,
        "address": from.ip_address,
    }))
}
