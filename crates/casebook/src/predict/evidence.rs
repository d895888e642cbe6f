//! Snapshots, images, shares, copies, volumes and the rebuilt instance after an effect.

use super::{Known, Predicted, bare, first};
use crate::effect::{Effect, ForensicEffect as F, Launch, SourceEffect as E};
use crate::id::{AccountId, Arn, GroupId, ImageId, InterfaceId, SnapshotId, VolumeId};
use crate::query::{ForensicQuery as FQ, Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::{Instance, InstanceState, MetadataOptions, Tags};
use crate::scene::network::{IdleTimeouts, Interface};
use crate::scene::storage::{Image, ImageDisk, Lock, Sharing, Snapshot, SnapshotState, Volume};

/// The reading after one effect.
pub fn after(query: &Query, mut reading: Reading, predicted: &Predicted, known: &Known<'_>) -> Reading {
    match (&mut reading, query) {
        (Reading::Snapshots(snapshots), _) => of_snapshots(query, snapshots, predicted, known),
        (Reading::Images(images), _) => of_images(query, images, predicted, known),
        (Reading::Sharing(sharing), _) => of_sharing(query, sharing, &predicted.effect),
        (Reading::Locks(locks), _) => of_locks(query, locks, &predicted.effect),
        (Reading::Volumes(volumes), Query::Forensic(FQ::CaseVolumes(_))) => {
            volumes.extend(new_volume(predicted, known))
        }
        (Reading::Instances(instances), Query::Forensic(FQ::CaseInstances(_))) => {
            if let Effect::Forensic(F::Launch(launch)) = &predicted.effect {
                instances.push(new_instance(first(&predicted.made), launch));
            }
        }
        (Reading::Interfaces(interfaces), Query::Forensic(FQ::Interfaces(id)))
            if id.as_str() == first(&predicted.made) =>
        {
            if let Effect::Forensic(F::Launch(launch)) = &predicted.effect {
                interfaces.push(new_interface(launch, known));
            }
        }
        _ => {}
    }
    reading
}

fn of_snapshots(query: &Query, snapshots: &mut Vec<Snapshot>, predicted: &Predicted, known: &Known<'_>) {
    match (query, &predicted.effect) {
        (Query::Source(S::CaseSnapshots(_)), Effect::Source(E::CreateSnapshots { tags, .. })) => {
            let of = |(volume, id): (&Volume, &String)| {
                new_snapshot(id, volume.id.as_str(), volume.key.clone(), tags, known.account, known)
            };
            snapshots.extend(known.volumes.iter().zip(&predicted.made.ids).map(of));
        }
        (Query::Source(S::CaseSnapshots(_)), Effect::Source(E::CreateSnapshot { volume, tags, .. })) => {
            let key = known.volumes.iter().find(|v| v.id == *volume).and_then(|v| v.key.clone());
            snapshots.push(new_snapshot(first(&predicted.made), volume.as_str(), key, tags, known.account, known));
        }
        (Query::Source(S::CaseSnapshots(_)), Effect::Source(E::Reencrypt { key, tags, .. })) => {
            snapshots.push(new_snapshot(
                first(&predicted.made),
                "vol-ffffffff",
                Some(key.clone()),
                tags,
                known.account,
                known,
            ));
        }
        (
            Query::Source(S::CaseSnapshots(_)),
            Effect::Source(E::CreateImage { tags, .. } | E::ReencryptImage { tags, .. }),
        ) => {
            let key = image_key(&predicted.effect);
            let of = |volume: &Volume| {
                let id = image_snapshot(first(&predicted.made), &volume.id);
                new_snapshot(&id, volume.id.as_str(), key.clone().or(volume.key.clone()), tags, known.account, known)
            };
            snapshots.extend(known.volumes.iter().map(of));
        }
        (Query::Forensic(FQ::SharedSnapshots(ids)), Effect::Source(E::ShareSnapshot { snapshot, .. }))
            if ids.contains(snapshot) =>
        {
            snapshots.push(new_snapshot(snapshot.as_str(), "vol-ffffffff", None, &Tags::new(), known.account, known));
        }
        (Query::Forensic(FQ::CaseSnapshots(_)), Effect::Forensic(F::CopySnapshot { key, tags, .. })) => {
            let owner = known.forensic.unwrap_or(known.account);
            snapshots.push(new_snapshot(first(&predicted.made), "vol-ffffffff", Some(key.clone()), tags, owner, known));
        }
        _ => {}
    }
}

fn image_key(effect: &Effect) -> Option<Arn> {
    match effect {
        Effect::Source(E::ReencryptImage { key, .. }) => Some(key.clone()),
        _ => None,
    }
}

fn image_snapshot(image: &str, volume: &VolumeId) -> String {
    format!("(snapshot of {volume} in {})", bare(image))
}

fn new_snapshot(
    id: &str,
    volume: &str,
    key: Option<Arn>,
    tags: &Tags,
    owner: &AccountId,
    known: &Known<'_>,
) -> Snapshot {
    Snapshot {
        id: id.into(),
        volume: volume.into(),
        owner: owner.clone(),
        state: SnapshotState::Completed,
        state_message: String::new(),
        progress_percent: 100,
        started: known.now.to_owned(),
        size_gib: size_gib(id, volume, known),
        key,
        tags: tags.clone(),
    }
}

/// A predicted id names in the end the volume or the snapshot that it comes from.
fn size_gib(id: &str, volume: &str, known: &Known<'_>) -> i32 {
    let of_volume = known.volumes.iter().find(|v| v.id.as_str() == volume || id.contains(v.id.as_str()));
    let of_snapshot = || known.snapshots.iter().find(|s| id.contains(s.id.as_str()));
    of_volume.map(|v| v.size_gib).or_else(|| of_snapshot().map(|s| s.size_gib)).unwrap_or(0)
}

fn of_images(query: &Query, images: &mut Vec<Image>, predicted: &Predicted, known: &Known<'_>) {
    let id = first(&predicted.made);
    let forensic = known.forensic.unwrap_or(known.account);
    match (query, &predicted.effect) {
        (Query::Source(S::CaseImages(_)), Effect::Source(E::CreateImage { name, tags, .. })) => {
            images.push(new_image(id, name, known.account, None, tags, known));
        }
        (Query::Source(S::CaseImages(_)), Effect::Source(E::ReencryptImage { name, tags, image, .. })) => {
            images.push(new_image(id, name, known.account, Some(image), tags, known));
        }
        (Query::Forensic(FQ::SharedImages(ids)), Effect::Source(E::ShareImage { image, .. }))
            if ids.contains(image) =>
        {
            images.push(new_image(image.as_str(), image.as_str(), known.account, None, &Tags::new(), known));
        }
        (Query::Forensic(FQ::CaseImages(_)), Effect::Forensic(F::CopyImage { name, tags, image, .. })) => {
            images.push(new_image(id, name, forensic, Some(image), tags, known));
        }
        _ => {}
    }
}

/// The devices are those of the attached volumes.
fn new_image(id: &str, name: &str, owner: &AccountId, from: Option<&ImageId>, tags: &Tags, known: &Known<'_>) -> Image {
    let disk = |volume: &Volume| ImageDisk {
        device: volume.attachments.first().map(|a| a.device.clone()).unwrap_or_default(),
        snapshot: Some(SnapshotId::new(image_snapshot(id, &volume.id))),
    };
    Image {
        id: id.into(),
        name: name.into(),
        owner: owner.clone(),
        state: "available".into(),
        state_message: String::new(),
        copied_from: from.cloned(),
        disks: known.volumes.iter().map(disk).collect(),
        product_codes: vec![],
        tags: tags.clone(),
    }
}

fn of_sharing(query: &Query, sharing: &mut Sharing, effect: &Effect) {
    let (Query::Source(query), Effect::Source(effect)) = (query, effect) else { return };
    match (query, effect) {
        (S::SnapshotSharing(id), E::ShareSnapshot { snapshot, with }) if id == snapshot => {
            sharing.accounts.push(with.clone())
        }
        (S::ImageSharing(id), E::ShareImage { image, with }) if id == image => sharing.accounts.push(with.clone()),
        (S::SnapshotSharing(id), E::UnshareSnapshot { snapshot, from }) if id == snapshot => withdraw(sharing, from),
        (S::ImageSharing(id), E::UnshareImage { image, from }) if id == image => withdraw(sharing, from),
        _ => {}
    }
}

fn withdraw(sharing: &mut Sharing, from: &[AccountId]) {
    sharing.accounts.retain(|account| !from.contains(account));
    sharing.public = false;
}

fn of_locks(query: &Query, locks: &mut Vec<Lock>, effect: &Effect) {
    let (snapshot, days) = match (query, effect) {
        (Query::Source(S::Locks(ids)), Effect::Source(E::LockSnapshot { snapshot, days }))
        | (Query::Forensic(FQ::Locks(ids)), Effect::Forensic(F::LockSnapshot { snapshot, days }))
            if ids.contains(snapshot) =>
        {
            (snapshot, *days)
        }
        _ => return,
    };
    locks.push(Lock { snapshot: snapshot.clone(), state: "governance".into(), days: Some(days.into()), until: None });
}

fn new_volume(predicted: &Predicted, known: &Known<'_>) -> Option<Volume> {
    let Effect::Forensic(F::CreateVolume { snapshot, zone, key, tags, .. }) = &predicted.effect else { return None };
    Some(Volume {
        id: first(&predicted.made).into(),
        size_gib: size_gib(first(&predicted.made), "", known),
        state: "available".into(),
        volume_type: "gp3".into(),
        zone: zone.clone(),
        key: Some(key.clone()),
        attachments: vec![],
        product_codes: vec![],
        snapshot: Some(snapshot.clone()),
        tags: tags.clone(),
    })
}

fn new_instance(id: &str, launch: &Launch) -> Instance {
    Instance {
        id: id.into(),
        state: InstanceState::Running,
        launched: String::new(),
        image: launch.image.clone(),
        instance_type: launch.instance_type.clone(),
        architecture: String::new(),
        spot: false,
        zone: String::new(),
        vpc: None,
        subnet: Some(launch.subnet.clone()),
        private_ip: None,
        public_ip: None,
        key_name: None,
        root_device: String::new(),
        block_devices: vec![],
        interfaces: vec![],
        profile: None,
        source_dest_check: true,
        hibernation: false,
        operator: None,
        product_codes: vec![],
        metadata: MetadataOptions::default(),
        tags: launch.tags.clone(),
    }
}

fn new_interface(launch: &Launch, known: &Known<'_>) -> Interface {
    Interface {
        id: InterfaceId::from("(interface)"),
        vpc: "(vpc)".into(),
        subnet: launch.subnet.clone(),
        owner: known.forensic.unwrap_or(known.account).clone(),
        instance: None,
        device_index: Some(0),
        kind: "interface".into(),
        groups: vec![GroupId::from(launch.group.as_str())],
        addresses: vec![],
        ipv6: vec![],
        prefixes: vec![],
        source_dest_check: true,
        idle: IdleTimeouts::default(),
        tags: Tags::new(),
    }
}
