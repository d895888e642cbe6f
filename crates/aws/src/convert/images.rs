//! Machine images.

use super::{all, product_codes, tags};
use crate::fault::need;
use aws_sdk_ec2::types as ec2;
use casebook::fault::Fault;
use casebook::scene::storage::{Image, ImageDisk};

/// An image of DescribeImages
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html>).
pub(crate) fn image(from: ec2::Image) -> Result<Image, Fault> {
    Ok(Image {
        id: need(from.image_id, "Image.ImageId")?.into(),
        name: from.name.unwrap_or_default(),
        owner: need(from.owner_id, "Image.OwnerId")?.into(),
        state: need(from.state, "Image.State")?.as_str().to_owned(),
        state_message: from.state_reason.and_then(|reason| reason.message).unwrap_or_default(),
        copied_from: from.source_image_id.map(Into::into),
        disks: all(from.block_device_mappings.unwrap_or_default(), disk)?,
        product_codes: product_codes(from.product_codes),
        tags: tags(from.tags),
    })
}

fn disk(from: ec2::BlockDeviceMapping) -> Result<ImageDisk, Fault> {
    let device = need(from.device_name, "BlockDeviceMapping.DeviceName")?;
    let snapshot = from.ebs.and_then(|ebs| ebs.snapshot_id).filter(|id| !id.is_empty());
    Ok(ImageDisk { device, snapshot: snapshot.map(Into::into) })
}
