//! The ties of instances and instance profiles.

use crate::clients::Clients;
use crate::convert::instances::association;
use crate::convert::{all, filter};
use crate::page::every_page;
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::Reading;

/// `Associations`: of one instance, in every state
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html>).
pub(crate) async fn of_instance(clients: &Clients, instance: &InstanceId) -> Result<Reading, Fault> {
    let call = clients.ec2.describe_iam_instance_profile_associations().filters(filter("instance-id", [instance]));
    let found = every_page!(call, iam_instance_profile_associations);
    all(found, association).map(Reading::Associations)
}
