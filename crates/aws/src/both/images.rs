//! Images: those of a case, and copies under a key.

use crate::clients::Clients;
use crate::convert::images::image;
use crate::convert::{all, tagged_all};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types::ResourceType;
use casebook::fault::Fault;
use casebook::id::{Arn, CaseId, ImageId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Images`: our own, tagged with the case
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>).
pub(crate) async fn of_case(clients: &Clients, case: &CaseId) -> Result<Reading, Fault> {
    let call = clients.ec2.describe_images().owners("self").include_deprecated(true);
    let call = call.filters(super::of_case(case));
    all(every_page!(call, images), image).map(Reading::Images)
}

/// A copy of an image within the region, under a key of our choice.
pub(crate) struct ImageCopy<'a> {
    pub(crate) of: &'a ImageId,
    pub(crate) key: &'a Arn,
    pub(crate) name: &'a str,
    pub(crate) token: &'a str,
    pub(crate) tags: &'a Tags,
}

/// ec2:CopyImage, always encrypted; the copy's snapshots get the tags too
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html>).
pub(crate) async fn copy(clients: &Clients, copy: ImageCopy<'_>, mode: Mode) -> Result<Made, Fault> {
    let call = clients.ec2.copy_image().source_region(clients.region.as_str()).source_image_id(copy.of.as_str());
    let call = call.name(copy.name).encrypted(true).kms_key_id(copy.key.as_str()).client_token(copy.token);
    let kinds = [ResourceType::Image, ResourceType::Snapshot];
    let call = call.set_tag_specifications(tagged_all(kinds, copy.tags));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.image_id, "CopyImage.ImageId")?))
}
