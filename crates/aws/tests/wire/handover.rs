//! From snapshots in the source account to a machine rebuilt in the forensic one.

use super::World;
use casebook::effect::{ForensicEffect as F, Launch, SourceEffect as E};
use casebook::id::SnapshotId;
use casebook::query::{ForensicQuery as There, SourceQuery as Here};
use casebook::reading::Reading;
use casebook::scene::instance::Tags;
use casebook::scene::storage::{BlockDigest, BlockRun, SnapshotState};

macro_rules! read {
    ($answer:expr, $kind:ident) => {
        match $answer {
            Reading::$kind(value) => value,
            other => panic!("{other:?}"),
        }
    };
}

fn tags() -> Tags {
    Tags::from([("impound:case".to_owned(), "c1".to_owned())])
}

/// The whole way.
pub fn whole(w: World) {
    let shareable = snapshots(&w);
    let copy = copied(&w, &shareable);
    same_blocks(&w, &shareable, &copy);
    disks(&w, &copy);
    let image = image(&w);
    machine(&w, &image);
    enclaves(&w);
}

/// Snapshots of everything; the one under the customer key, and one more under the share key.
fn snapshots(w: &World) -> SnapshotId {
    let description = || "case c1".to_owned();
    let made = w.make(E::CreateSnapshots {
        instance: w.text("/source/instance").into(),
        description: description(),
        tags: tags(),
    });
    assert_eq!(made.ids.len(), 3);
    let seen = read!(w.ask(Here::CaseSnapshots("c1".into())), Snapshots);
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|snapshot| snapshot.state == SnapshotState::Completed && snapshot.progress_percent == 100));
    let volume = || w.text("/source/volumes/root").into();
    w.make(E::CreateSnapshot { volume: volume(), description: description(), tags: tags() });
    let of = |volume: String| seen.iter().find(|snapshot| snapshot.volume.as_str() == volume).unwrap().id.clone();
    let key = w.text("/source/share_key").into();
    let under_default = of(w.text("/source/volumes/default_key"));
    let again = w.make(E::Reencrypt { snapshot: under_default, key, description: description(), tags: tags() });
    let again: SnapshotId = again.ids[0].as_str().into();
    w.make(E::LockSnapshot { snapshot: again.clone(), days: 30 });
    assert!(read!(w.ask(Here::Locks(vec![again])), Locks)[0].holds());
    of(w.text("/source/volumes/customer_key"))
}

/// Shared, seen, copied, locked, withdrawn.
fn copied(w: &World, id: &SnapshotId) -> SnapshotId {
    let sharing = || read!(w.ask(Here::SnapshotSharing(id.clone())), Sharing);
    let shared = || read!(w.ask_there(There::SharedSnapshots(vec![id.clone()])), Snapshots);
    assert!(shared().is_empty());
    let with = w.text("/forensic/account");
    w.make(E::ShareSnapshot { snapshot: id.clone(), with: with.as_str().into() });
    assert_eq!(sharing().accounts, [with.as_str().into()]);
    assert_eq!(shared().len(), 1);
    let key = w.text("/forensic/kms_key").into();
    let copy = F::CopySnapshot { snapshot: id.clone(), key, description: "copy".into(), tags: tags() };
    assert_eq!(w.rehearse_there(copy.clone()), "");
    let copy: SnapshotId = w.make_there(copy).ids.remove(0).into();
    w.make_there(F::LockSnapshot { snapshot: copy.clone(), days: 30 });
    assert!(read!(w.ask_there(There::Locks(vec![copy.clone()])), Locks)[0].holds());
    w.make(E::UnshareSnapshot { snapshot: id.clone(), from: sharing().accounts });
    assert!(sharing().accounts.is_empty() && !sharing().public);
    let seen = read!(w.ask_there(There::CaseSnapshots("c1".into())), Snapshots);
    assert_eq!(seen[0].key.as_ref().unwrap().as_str(), w.text("/forensic/kms_key"));
    copy
}

fn same_blocks(w: &World, original: &SnapshotId, copy: &SnapshotId) {
    let here = all_blocks(|from| read!(w.ask(Here::Blocks(original.clone(), from)), Blocks));
    let there = all_blocks(|from| read!(w.ask_there(There::Blocks(copy.clone(), from)), Blocks));
    assert!(!here.is_empty());
    assert_eq!(here, there);
    let count = read!(w.ask(Here::BlockCount(original.clone())), Count);
    assert_eq!(count, read!(w.ask_there(There::BlockCount(copy.clone())), Count));
    assert!(count >= here.len() as u64);
}

fn all_blocks(run: impl Fn(i32) -> BlockRun) -> Vec<BlockDigest> {
    let (mut blocks, mut next) = (Vec::new(), Some(0));
    while let Some(from) = next {
        let part = run(from);
        assert!(part.next.is_none_or(|next| next > from));
        blocks.extend(part.blocks);
        next = part.next;
    }
    blocks
}

fn disks(w: &World, copy: &SnapshotId) {
    let (zone, key) = (w.text("/forensic/zone"), w.text("/forensic/kms_key").into());
    let volume = F::CreateVolume { snapshot: copy.clone(), zone, key, token: "volume-1".into(), tags: tags() };
    let made = w.make_there(volume.clone()).ids;
    assert_eq!(w.make_there(volume).ids, made, "the token is recognised");
    let seen = read!(w.ask_there(There::CaseVolumes("c1".into())), Volumes);
    assert_eq!(seen.iter().map(|volume| volume.id.to_string()).collect::<Vec<_>>(), made);
}

/// An image that can be shared is one under the share key.
fn image(w: &World) -> String {
    let make = E::CreateImage { instance: w.text("/source/instance").into(), name: "c1".into(), tags: tags() };
    let first = w.make(make).ids.remove(0);
    assert_eq!(read!(w.ask(Here::CaseImages("c1".into())), Images)[0].disks.len(), 3);
    let (key, token) = (w.text("/source/share_key").into(), "image-1".to_owned());
    let again = E::ReencryptImage { image: first.into(), key, name: "c1-share".into(), token, tags: tags() };
    let shared = w.make(again).ids.remove(0);
    let id = || shared.as_str().into();
    let disks = read!(w.ask(Here::CaseImages("c1".into())), Images);
    let disks = disks.into_iter().find(|image| image.id.as_str() == shared).unwrap().disks;
    let with = w.text("/forensic/account");
    for disk in disks {
        w.make(E::ShareSnapshot { snapshot: disk.snapshot.unwrap(), with: with.as_str().into() });
    }
    w.make(E::ShareImage { image: id(), with: with.as_str().into() });
    assert_eq!(read!(w.ask(Here::ImageSharing(id())), Sharing).accounts, [with.as_str().into()]);
    assert_eq!(read!(w.ask_there(There::SharedImages(vec![id()])), Images).len(), 1);
    let (key, token) = (w.text("/forensic/kms_key").into(), "copy-1".to_owned());
    let copy = F::CopyImage { image: id(), key, name: "c1-copy".into(), token, tags: tags() };
    let copy = w.make_there(copy).ids.remove(0);
    w.make(E::UnshareImage { image: id(), from: vec![with.as_str().into()] });
    assert!(read!(w.ask(Here::ImageSharing(id())), Sharing).accounts.is_empty());
    copy
}

fn machine(w: &World, image: &str) {
    let seen = read!(w.ask_there(There::CaseImages("c1".into())), Images);
    assert!(seen.iter().any(|found| found.id.as_str() == image));
    let subnet = || w.text("/forensic/sealed_subnet").into();
    let enclave = read!(w.ask_there(There::Enclave(subnet())), Enclave);
    let vpc = enclave.subnet.vpc;
    let group = F::CreateGroup { vpc, name: "c1".into(), description: "sealed".into(), tags: tags() };
    let group = w.make_there(group).ids.remove(0);
    let rules = read!(w.ask_there(There::CaseGroups("c1".into())), Groups).remove(0).rules;
    w.make_there(F::RevokeRules { group: group.as_str().into(), rules });
    let launch = Launch {
        image: image.into(),
        instance_type: "m5.large".into(),
        subnet: subnet(),
        group: group.as_str().into(),
        token: "launch-1".into(),
        tags: tags(),
    };
    let made = w.make_there(F::Launch(launch)).ids.remove(0);
    let seen = read!(w.ask_there(There::CaseInstances("c1".into())), Instances).remove(0);
    assert_eq!((seen.id.as_str(), seen.public_ip, seen.metadata.enabled), (made.as_str(), None, false));
    let interfaces = read!(w.ask_there(There::Interfaces(made.as_str().into())), Interfaces);
    assert_eq!(interfaces[0].groups, [group.into()]);
    assert!(read!(w.ask_there(There::ProfileAssociations(made.into())), Associations).is_empty());
}

fn enclaves(w: &World) {
    let openings = |pointer: &str| {
        let subnet = w.text(pointer).into();
        read!(w.ask_there(There::Enclave(subnet)), Enclave).openings()
    };
    assert_eq!(openings("/forensic/sealed_subnet"), Vec::<String>::new());
    for open in ["route", "dns", "endpoint"] {
        assert!(!openings(&format!("/forensic/unsealed_subnets/{open}")).is_empty(), "{open}");
    }
    assert!(read!(w.ask_there(There::Key(w.text("/forensic/kms_key").into())), Key).enabled);
    assert_eq!(read!(w.ask_there(There::Identity), Identity).account.as_str(), w.text("/forensic/account"));
}
