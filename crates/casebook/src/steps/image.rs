//! Image: a machine image of the instance, without reboot
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html>).
//!
//! Why: it carries device names, boot mode and architecture, so that the machine can be rebuilt as
//! it was. It is a convenience; the snapshots are the evidence. AWS does not promise that an image
//! made without reboot boots.
//!
//! Before: the snapshots were requested. After: an image tagged with the case is available, its
//! disks were compared with the instance's, and where a disk's key bars the forensic account a
//! second image under the share key is available too; that one is shared.
//!
//! What can go wrong: no client token, so a lost answer is looked up by the image's name, which only
//! the ledger knew; an image of somebody else that is tagged like ours (never used); an image that
//! ends in `failed` (held); a disk that is missing in it (reported by device); Marketplace codes, with
//! which another account can not copy it (reported; the snapshots remain). Instance store is named
//! in the mapping at most, its data never is. There is no undo that could fail.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::custody::forensic::{Reach, reach};
use crate::custody::origin::{self, ImagePart};
use crate::custody::readings::last;
use crate::custody::volumes_at_stake;
use crate::effect::{Effect, SourceEffect};
use crate::id::Arn;
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::{Instance, Tags};
use crate::scene::storage::Image;
use crate::step::StepName;
use crate::tags;
use jiff::SignedDuration;

#[cfg(test)]
mod tests;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Image,
    title: "a machine image without reboot, copied under the share key where it must be",
    undo: "none: the image is evidence; release leaves it",
    plan,
    prepare: None,
    release: None,
    source_actions: &[
        "ec2:CopyImage",
        "ec2:CreateImage",
        "ec2:CreateTags",
        "ec2:DescribeImages",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ],
    forensic_actions: &["kms:DescribeKey", "sts:GetCallerIdentity"],
};

/// How often a pending image is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(15);
/// The image of the instance, in its tag [`tags::PART`].
const ORIGINAL: &str = "original";
/// Its copy under the share key.
const SHARED: &str = "shared";

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let Some(images) = agenda.case_images(&case.id) else { return };
    let Some(image) = find(case, images, ImagePart::Original) else {
        agenda.act(original(agenda), S::CaseImages(case.id.clone()));
        return;
    };
    if !available(agenda, image) {
        return;
    }
    mapping(agenda, image);
    if let Some(why) = marketplace(agenda, image) {
        agenda.warn(why);
        return;
    }
    reencrypt(agenda, images, image);
}

/// The handover of the image to the forensic account.
#[derive(Debug)]
pub(crate) enum Handover<'a> {
    /// By this image.
    By(&'a Image),
    /// Not at all; why.
    Without(String),
}

/// Which image the forensic account is to have; `None` while that is being read.
pub(crate) fn handover<'a>(agenda: &mut Agenda<'a>) -> Option<Handover<'a>> {
    let case = agenda.view.case;
    if !case.runbook.has(StepName::Image) {
        return Some(Handover::Without("the runbook has no step `image`".into()));
    }
    let images = agenda.case_images(&case.id)?;
    let Some(image) = find(case, images, ImagePart::Original).filter(|image| image.state == "available") else {
        return Some(Handover::Without("no image is available; see the step `image`".into()));
    };
    if let Some(why) = marketplace(agenda, image) {
        return Some(Handover::Without(why));
    }
    let barred = barred(agenda)?;
    if barred.is_empty() {
        return Some(Handover::By(image));
    }
    let copy = find(case, images, ImagePart::Shared).filter(|copy| copy.state == "available");
    Some(copy.map_or_else(|| Handover::Without(barred.join("; ")), Handover::By))
}

fn find<'a>(case: &Case, images: &'a [Image], part: ImagePart) -> Option<&'a Image> {
    images.iter().find(|image| origin::part(case, image) == Some(part))
}

fn original(agenda: &Agenda<'_>) -> Effect {
    let case = agenda.view.case;
    let instance = case.target.instance.clone();
    let tags = part(agenda, ORIGINAL, instance.as_str());
    let name = format!("impound-{}-{}", case.id, case.secret_name("image"));
    SourceEffect::CreateImage { instance, name, tags }.into()
}

fn part(agenda: &Agenda<'_>, part: &str, source: &str) -> Tags {
    let tags = tags::of(&agenda.view.case.id, StepName::Image.as_str());
    tags::with(tags::with(tags, tags::PART, part), tags::SOURCE, source)
}

fn available(agenda: &mut Agenda<'_>, image: &Image) -> bool {
    match image.state.as_str() {
        "available" => return true,
        "pending" => {
            let why = format!("the image {} to become available", image.id);
            agenda.poll(S::CaseImages(agenda.view.case.id.clone()), LOOK, why);
        }
        state => agenda.hold(format!(
            "the image {} is {state}: {}; deregister it and resume the case, a new one is made then",
            image.id, image.state_message
        )),
    }
    false
}

/// Every EBS disk of the captured instance must stand in the image with a snapshot.
fn mapping(agenda: &mut Agenda<'_>, image: &Image) {
    let held = |device: &str| image.disks.iter().any(|disk| disk.device == device && disk.snapshot.is_some());
    let disks = captured(agenda).map(|instance| instance.block_devices.as_slice()).unwrap_or_default();
    for disk in disks.iter().filter(|disk| !held(&disk.device)) {
        agenda.warn(format!(
            "the image {} does not hold {} ({}); its snapshot is the evidence of that disk",
            image.id, disk.device, disk.volume
        ));
    }
    for disk in image.disks.iter().filter(|disk| disk.snapshot.is_none()) {
        agenda.warn(format!(
            "{} is instance store: the image {} names it and holds none of its data",
            disk.device, image.id
        ));
    }
    let whole = image.disks.iter().filter(|disk| disk.snapshot.is_some()).count();
    agenda.prove(format!("the image {} was read back as available with {whole} disks", image.id));
}

fn captured<'a>(agenda: &Agenda<'a>) -> Option<&'a Instance> {
    let case = agenda.view.case;
    match case.baseline.scene.last(&S::Instance(case.target.instance.clone()).into())? {
        Reading::Instance(instance) => Some(instance),
        _ => None,
    }
}

/// CopyImage by another account is not possible with a product code
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html>).
fn marketplace(agenda: &Agenda<'_>, image: &Image) -> Option<String> {
    let mut codes = image.product_codes.clone();
    codes.extend(captured(agenda).into_iter().flat_map(|instance| instance.product_codes.iter().cloned()));
    codes.sort();
    codes.dedup();
    (!codes.is_empty()).then(|| {
        format!(
            "the image {} carries the Marketplace codes {}, so the forensic account can not copy it; the case relies on the snapshots",
            image.id,
            codes.join(", ")
        )
    })
}

fn reencrypt(agenda: &mut Agenda<'_>, images: &[Image], image: &Image) {
    if !forensic_answers(agenda) {
        return;
    }
    let Some(barred) = barred(agenda) else { return };
    if barred.is_empty() {
        return;
    }
    let Some(key) = &agenda.view.case.settings.share_key else {
        agenda.warn(format!(
            "the image {} can not be shared: {}; set source.share_kms_key_arn",
            image.id,
            barred.join("; ")
        ));
        return;
    };
    match find(agenda.view.case, images, ImagePart::Shared) {
        None => agenda.act(copy(agenda, image, key), S::CaseImages(agenda.view.case.id.clone())),
        Some(copy) => {
            if available(agenda, copy) {
                agenda.prove(format!("its copy {} under the share key was read back as available", copy.id));
            }
        }
    }
}

/// Without the forensic account nobody can say which keys it may use; the image is whole all the
/// same, and `share` holds with what to set.
fn forensic_answers(agenda: &mut Agenda<'_>) -> bool {
    let later = "whether the image must be copied under the share key";
    if agenda.view.case.settings.forensic.is_none() {
        agenda.warn(format!("{later} is decided once a forensic account is set under [forensic]"));
        return false;
    }
    match agenda.read_or_gap(F::Identity) {
        Some(Err(fault)) => {
            agenda.warn(format!("{later} is decided once the forensic role can be assumed: {fault}"));
            false
        }
        answer => answer.is_some(),
    }
}

fn copy(agenda: &Agenda<'_>, image: &Image, key: &Arn) -> Effect {
    let case = agenda.view.case;
    let token = case.secret_name(&format!("image/{}/{key}", image.id));
    let tags = part(agenda, SHARED, image.id.as_str());
    let (image, key) = (image.id.clone(), key.clone());
    let name = format!("impound-{}-shared-{}", case.id, case.secret_name("shared image"));
    SourceEffect::ReencryptImage { image, key, name, token, tags }.into()
}

/// The disks that the forensic account may not use as they are, in sentences; `None` while their
/// keys are being read.
fn barred(agenda: &mut Agenda<'_>) -> Option<Vec<String>> {
    let view = agenda.view;
    let attached = S::AttachedVolumes(view.case.target.instance.clone());
    let volumes: Vec<_> = match last(view, attached) {
        Some(Reading::Volumes(volumes)) if !volumes.is_empty() => volumes.iter().collect(),
        _ => volumes_at_stake(view).into_values().flatten().collect(),
    };
    let reaches: Vec<_> = volumes.iter().map(|v| (&v.id, reach(agenda, v.key.as_ref()))).collect();
    let mut barred = Vec::new();
    for (volume, reach) in reaches {
        if let Reach::Barred(why) = reach? {
            barred.push(format!("{volume} is {why}"));
        }
    }
    Some(barred)
}
