//! Benches at the stages of custody: a target with two volumes, the second under `aws/ebs`.

use super::things::{
    derived, enclave, group, image, image_copy, instance, interface, key, lock, sharing, snapshot, volume,
};
use super::{ACCOUNT, Bench, DEFAULT_KEY, FORENSIC, FORENSIC_KEY, INSTANCE, KEY, SHARE_KEY, SUBNET, settings};
use crate::effect::{Effect, SourceEffect};
use crate::query::{ForensicQuery as F, Side, SourceQuery as S};
use crate::reading::{Identity, Reading};
use crate::scene::instance::{Attribute, AttributeValue, Tags};
use crate::scene::storage::{Key, Snapshot};
use crate::settings::Settings;
use crate::step::{StepName, StepStatus};
use crate::tags;

/// Captured and snapshotted; the image is made. Nothing is shared.
pub(crate) fn preserved(settings: Settings) -> Bench {
    let mut bench = Bench::new(settings);
    bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1", "vol-2"]))));
    bench.capture(S::AttachedVolumes(INSTANCE.into()), volumes());
    bench.step(StepName::Capture, StepStatus::Done);
    bench.know(S::AttachedVolumes(INSTANCE.into()), volumes());
    bench.done(StepName::Snapshot, &requested(), &["snap-1", "snap-2", "snap-3"]);
    keys(&mut bench);
    sources(&mut bench, vec![]);
    imaged(&mut bench);
    let original = image("ami-1", "original", &["snap-i1", "snap-i2"]);
    let shared = image("ami-2", "shared", &["snap-i3", "snap-i4"]);
    bench.know(S::CaseImages("case-1".into()), Reading::Images(vec![original, shared]));
    bench
}

/// The request of the set, in the ledger.
fn requested() -> Effect {
    let tags = tags::of(&"case-1".into(), StepName::Snapshot.as_str());
    SourceEffect::CreateSnapshots { instance: INSTANCE.into(), description: String::new(), tags }.into()
}

/// The two calls that made the images, in the ledger.
fn imaged(bench: &mut Bench) {
    let name = "impound-case-1".to_owned();
    let create = SourceEffect::CreateImage { instance: INSTANCE.into(), name: name.clone(), tags: Tags::new() };
    bench.done(StepName::Image, &create.into(), &["ami-1"]);
    let (key, token, tags) = (SHARE_KEY.into(), String::new(), Tags::new());
    let copy = SourceEffect::ReencryptImage { image: "ami-1".into(), key, name, token, tags };
    bench.done(StepName::Image, &copy.into(), &["ami-2"]);
}

/// A copy under the share key was made, in the ledger.
pub(crate) fn reencrypted(bench: &mut Bench, original: &str, copy: &str) {
    let (key, description, tags) = (SHARE_KEY.into(), String::new(), Tags::new());
    let effect = SourceEffect::Reencrypt { snapshot: original.into(), key, description, tags };
    bench.done(StepName::Share, &effect.into(), &[copy]);
}

fn volumes() -> Reading {
    Reading::Volumes(vec![volume("vol-1", KEY), volume("vol-2", DEFAULT_KEY)])
}

fn keys(bench: &mut Bench) {
    let identity = Identity { account: FORENSIC.into(), arn: "arn:aws:sts::222222222222:assumed-role/F/x".into() };
    bench.know(F::Identity, Reading::Identity(identity));
    for arn in [KEY, SHARE_KEY] {
        bench.know(S::Key(arn.into()), Reading::Key(key(arn)));
        bench.know(F::Key(arn.into()), Reading::Key(key(arn)));
    }
    bench.know(S::Key(DEFAULT_KEY.into()), Reading::Key(Key { aws_managed: true, ..key(DEFAULT_KEY) }));
    bench.deny(F::Key(DEFAULT_KEY.into()));
    bench.know(F::Key(FORENSIC_KEY.into()), Reading::Key(key(FORENSIC_KEY)));
}

/// The originals and what was derived from them, as the account under investigation shows them.
pub(crate) fn sources(bench: &mut Bench, derived: Vec<Snapshot>) {
    let second = Snapshot { key: Some(DEFAULT_KEY.into()), ..snapshot("snap-2", "vol-2") };
    let mut all = vec![snapshot("snap-1", "vol-1"), second];
    all.extend(derived);
    bench.know(S::CaseSnapshots("case-1".into()), Reading::Snapshots(all));
}

/// The copies as the forensic account shows them.
pub(crate) fn copies(bench: &mut Bench, copies: Vec<Snapshot>) {
    bench.know(F::CaseSnapshots("case-1".into()), Reading::Snapshots(copies));
}

/// Everything was read back as shared with the forensic account alone.
pub(crate) fn shared(settings: Settings) -> Bench {
    let mut bench = preserved(settings);
    reencrypted(&mut bench, "snap-2", "snap-2s");
    sources(&mut bench, vec![derived("snap-2s", "share", "snap-2", SHARE_KEY)]);
    bench.know(S::Locks(vec!["snap-2s".into()]), Reading::Locks(vec![lock("snap-2s")]));
    for id in ["snap-1", "snap-2s", "snap-i3", "snap-i4"] {
        bench.know(S::SnapshotSharing(id.into()), Reading::Sharing(sharing(&[FORENSIC])));
    }
    bench.know(S::ImageSharing("ami-2".into()), Reading::Sharing(sharing(&[FORENSIC])));
    bench.step(StepName::Share, StepStatus::Done);
    let seen = vec![snapshot("snap-1", "vol-1"), snapshot("snap-2s", "vol-ffffffff")];
    bench.know(F::SharedSnapshots(vec!["snap-1".into(), "snap-2s".into()]), Reading::Snapshots(seen));
    bench.know(F::SharedImages(vec!["ami-2".into()]), Reading::Images(vec![image("ami-2", "", &[])]));
    copies(&mut bench, vec![]);
    bench.know(F::CaseImages("case-1".into()), Reading::Images(vec![]));
    bench
}

/// The two copies, complete and under the forensic key.
pub(crate) fn both_copies() -> Vec<Snapshot> {
    vec![derived("snap-c1", "copy", "snap-1", FORENSIC_KEY), derived("snap-c2", "copy", "snap-2", FORENSIC_KEY)]
}

/// Everything was copied, locked and proved.
pub(crate) fn copied(settings: Settings) -> Bench {
    let mut bench = shared(settings);
    copies(&mut bench, both_copies());
    let ids = vec!["snap-c1".into(), "snap-c2".into()];
    bench.know(F::Locks(ids), Reading::Locks(vec![lock("snap-c1"), lock("snap-c2")]));
    bench.know(F::CaseImages("case-1".into()), Reading::Images(vec![image_copy("ami-c", "ami-2")]));
    for (original, copy) in [("snap-1", "snap-c1"), ("snap-2", "snap-c2")] {
        bench.manifest(Side::Source, original, &format!("sha-{original}"));
        bench.manifest(Side::Forensic, copy, &format!("sha-{original}"));
    }
    bench.step(StepName::Copy, StepStatus::Done);
    bench.know(F::Enclave(SUBNET.into()), Reading::Enclave(Box::new(enclave())));
    bench.know(F::CaseVolumes("case-1".into()), Reading::Volumes(vec![]));
    bench.know(F::CaseInstances("case-1".into()), Reading::Instances(vec![]));
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![]));
    bench
}

/// Everything is secured; the original is isolated, protected and still runs.
pub(crate) fn secured() -> Bench {
    let mut bench = copied(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1", "vol-2"]))));
    let quarantine = group("sg-quarantine", "vpc-1", ACCOUNT, Tags::new());
    bench.know(S::QuarantineGroups, Reading::Groups(vec![quarantine]));
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-quarantine"])]));
    protections(&mut bench, true);
    bench
}

/// The two protections as they stand.
pub(crate) fn protections(bench: &mut Bench, on: bool) {
    for attribute in [Attribute::TerminationProtection, Attribute::StopProtection] {
        bench.know(S::Attribute(INSTANCE.into(), attribute), Reading::Attribute(AttributeValue::Flag(on)));
    }
}
