//! The interfaces attached to an instance.

use crate::clients::Clients;
use crate::convert::interfaces::interface;
use crate::convert::{all, filter};
use crate::page::every_page;
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::scene::network::Interface;

/// By `attachment.instance-id`, which shows what is attached now, not what the instance lists; with
/// those that a service manages, which are hidden unless asked for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html>,
/// `IncludeManagedResources`).
pub(crate) async fn of_instance(clients: &Clients, instance: &InstanceId) -> Result<Vec<Interface>, Fault> {
    let call = clients.ec2.describe_network_interfaces().filters(filter("attachment.instance-id", [instance]));
    all(every_page!(call.include_managed_resources(true), network_interfaces), interface)
}
