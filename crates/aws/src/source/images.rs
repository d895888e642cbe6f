//! Images of the account under investigation: making and sharing.

use crate::clients::Clients;
use crate::convert::storage::image_sharing;
use crate::convert::tagged_all;
use crate::fault::{fault, need};
use crate::mode::Mode;
use aws_sdk_ec2::types::{
    ImageAttributeName, LaunchPermission as Permission, LaunchPermissionModifications as Change, PermissionGroup,
    ResourceType,
};
use casebook::fault::Fault;
use casebook::id::{AccountId, ImageId, InstanceId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Sharing` (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageAttribute.html>).
pub(super) async fn sharing(c: &Clients, id: &ImageId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_image_attribute().image_id(id.as_str()).attribute(ImageAttributeName::LaunchPermission);
    let answer = call.send().await.map_err(fault)?;
    Ok(Reading::Sharing(image_sharing(answer.launch_permissions.unwrap_or_default())))
}

/// ec2:CreateImage without the reboot that would lose the memory
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html>, `NoReboot`).
pub(super) async fn create(c: &Clients, id: &InstanceId, name: &str, tags: &Tags, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.create_image().instance_id(id.as_str()).name(name).no_reboot(true);
    let call = call.set_tag_specifications(tagged_all([ResourceType::Image, ResourceType::Snapshot], tags));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.image_id, "CreateImage.ImageId")?))
}

/// ec2:ModifyImageAttribute: one account more. There is no way to add everybody.
pub(super) async fn share(c: &Clients, id: &ImageId, with: &AccountId, mode: Mode) -> Result<Made, Fault> {
    let user = Permission::builder().user_id(with.as_str()).build();
    modify(c, id, Change::builder().add(user).build(), mode).await
}

/// ec2:ModifyImageAttribute: these less, and everybody.
pub(super) async fn unshare(c: &Clients, id: &ImageId, from: &[AccountId], mode: Mode) -> Result<Made, Fault> {
    let everybody = Permission::builder().group(PermissionGroup::All).build();
    let remove = from.iter().map(whom).chain([everybody]).collect();
    modify(c, id, Change::builder().set_remove(Some(remove)).build(), mode).await
}

/// An account, or what [`image_sharing`] has put among the accounts.
fn whom(account: &AccountId) -> Permission {
    let (text, permission) = (account.as_str(), Permission::builder());
    match text {
        _ if text.contains(":organization/") => permission.organization_arn(text),
        _ if text.contains(":ou/") => permission.organizational_unit_arn(text),
        _ => permission.user_id(text),
    }
    .build()
}

async fn modify(c: &Clients, id: &ImageId, change: Change, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.modify_image_attribute().image_id(id.as_str()).attribute("launchPermission");
    let call = call.launch_permission(change).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}
