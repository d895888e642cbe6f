//! Instances that are not like the others: what protection does not reach, interfaces behind a
//! trunk, volumes that somebody detached first.

use crate::policies::{LEFT, released};
use crate::standing::standing;
use casebook::entry::{CaseStatus, Entry};
use casebook::id::{InstanceId, InterfaceId, VolumeId};
use casebook::query::{Query, SourceQuery};
use casebook::scene::instance::ScheduledEvent;
use casebook::scene::storage::Attachment;
use casebook::settings::ScalingPolicy;
use casebook::step::{Phase, StepName, StepStatus};
use engine::{Event, Watcher};
use range::proof::{Failure, Trial};
use range::world::documents::TrailEvent;
use range::{Range, World};
use std::collections::BTreeSet;

fn trial(scenario: &str, change: impl FnOnce(&mut World, &InstanceId)) -> Trial {
    let mut trial = Trial::new(scenario, Phase::Contain);
    trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
    let target = trial.range.target().instance;
    trial.range.with_world(|world| change(world, &target));
    trial
}

/// Drives, and gives what `protect` says in the end.
fn warnings(trial: &Trial) -> Vec<String> {
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    let session = trial.case();
    let protect = &session.case().steps[&StepName::Protect].entry;
    assert_eq!(protect.status, StepStatus::Done);
    protect.warnings.clone()
}

/// What can end the target, put into the world.
type Killer = fn(&mut World, &InstanceId);

/// What still can kill an instance, and the words that say so.
const KILLERS: [(&str, Killer); 5] = [
    ("Spot Instance", |world, id| machine(world, id).shown.spot = true),
    ("alarm `reboot-when-stuck`", |world, id| world.records.alarms.push((id.clone(), "reboot-when-stuck".into()))),
    ("AWS has scheduled instance-retirement from 2026-03-09T00:00:00Z", |world, id| {
        let event = ScheduledEvent {
            code: "instance-retirement".into(),
            not_before: Some("2026-03-09T00:00:00Z".into()),
            description: "The instance is running on degraded hardware".into(),
        };
        world.records.scheduled.push((id.clone(), event));
    }),
    ("75 GiB of instance store can not be snapshotted", |world, id| {
        machine(world, id).shown.instance_type = "m5d.large".into();
    }),
    ("is attached to i-0000000000000beef too", |world, id| {
        let volume = volumes(world, id).remove(0);
        let other = Attachment {
            instance: "i-0000000000000beef".into(),
            device: "/dev/xvdz".into(),
            delete_on_termination: true,
        };
        world.storage.volumes.get_mut(&volume).expect("attached").shown.attachments.push(other);
    }),
];

fn machine<'w>(world: &'w mut World, id: &InstanceId) -> &'w mut range::world::instances::Machine {
    world.compute.instances.get_mut(id).expect("the target")
}

fn volumes(world: &World, id: &InstanceId) -> Vec<VolumeId> {
    let attached = world.storage.volumes.values().map(|volume| &volume.shown);
    attached.filter(|v| v.attachments.iter().any(|held| held.instance == *id)).map(|v| v.id.clone()).collect()
}

#[test]
fn what_protection_does_not_reach_is_said_by_protect() {
    let told = |warnings: &[String], words: &str| warnings.iter().any(|warning| warning.contains(words));
    let plain = warnings(&trial("web-tier", |_, _| ()));
    for (words, change) in KILLERS {
        assert!(!told(&plain, words), "{plain:?}");
        let warnings = warnings(&trial("web-tier", change));
        assert!(told(&warnings, words), "no `{words}` in {warnings:?}");
        assert_eq!(warnings.len(), plain.len() + 1, "{warnings:?}");
    }
}

/// The second interface of the target as a trunk with two branches.
fn trunked(world: &mut World, target: &InstanceId) {
    let trunk = world.cards_of(target)[1].shown.clone();
    for _ in 0..2 {
        let branch = world.add_card(&trunk.owner, &trunk.subnet, &trunk.groups);
        let card = world.network.interfaces.get_mut(&branch).expect("made above");
        card.trunk = Some(trunk.id.clone());
        card.shown.kind = "branch".into();
    }
    world.network.interfaces.get_mut(&trunk.id).expect("there").shown.kind = "trunk".into();
}

#[test]
fn branches_behind_a_trunk_are_isolated_and_released_too() {
    let trial = trial("web-tier", trunked);
    let before = standing(&trial);
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    let target = trial.range.target().instance;
    let open: Vec<InterfaceId> = trial.range.with_world(|world| {
        let cards = world.cards_of(&target);
        assert_eq!(cards.len(), 4, "two interfaces and two branches");
        let ruled = |id| !world.network.groups[id].shown.rules.is_empty();
        cards.iter().filter(|card| card.shown.groups.iter().any(ruled)).map(|card| card.shown.id.clone()).collect()
    });
    assert_eq!(open, Vec::<InterfaceId>::new());
    let proof = trial.case().case().steps[&StepName::Isolate].entry.proof.clone();
    assert!(proof.iter().filter(|line| line.contains("which has no rule")).count() >= 4, "{proof:?}");
    assert_eq!(released(&trial, &before), [LEFT]);
}

/// Takes a volume off the target, as CloudTrail records it.
fn detach(world: &mut World, target: &InstanceId, volume: &VolumeId) {
    let shown = &mut world.storage.volumes.get_mut(volume).expect("attached").shown;
    shown.attachments.clear();
    shown.state = "available".into();
    let at = world.now();
    world.records.trail.push(TrailEvent {
        at,
        user: target.to_string(),
        name: "DetachVolume".into(),
        source: "ec2.amazonaws.com".into(),
        address: "198.51.100.23".into(),
        error: None,
        resources: vec![volume.to_string(), target.to_string()],
    });
}

/// Detaches the data volume as soon as the loop sees something.
struct Thief {
    range: Range,
    at: fn(&Event<'_>) -> bool,
    stolen: Option<VolumeId>,
}

impl Watcher for Thief {
    fn saw(&mut self, event: &Event<'_>) {
        if self.stolen.is_some() || !(self.at)(event) {
            return;
        }
        let target = self.range.target().instance;
        self.stolen = Some(self.range.with_world(|world| {
            let volume = volumes(world, &target).remove(1);
            detach(world, &target, &volume);
            volume
        }));
    }
}

fn captured_volumes(event: &Event<'_>) -> bool {
    let Event::Wrote { entry: Entry::Captured(captured), .. } = event else { return false };
    matches!(captured.query, Query::Source(SourceQuery::AttachedVolumes(_)))
}

fn snapshots_sent(event: &Event<'_>) -> bool {
    matches!(event, Event::Changing { step: StepName::Snapshot, .. })
}

/// Volumes of which the case has a snapshot.
fn secured(trial: &Trial) -> BTreeSet<VolumeId> {
    trial.range.with_world(|world| {
        let of_case =
            |tags: &casebook::scene::instance::Tags| tags.get("impound:step").is_some_and(|s| s == "snapshot");
        let snapshots = world.storage.snapshots.values().map(|record| &record.shown);
        snapshots.filter(|snapshot| of_case(&snapshot.tags)).map(|snapshot| snapshot.volume.clone()).collect()
    })
}

#[test]
fn a_volume_detached_before_its_snapshot_is_snapshotted_all_the_same() {
    for at in [captured_volumes, snapshots_sent] as [fn(&Event<'_>) -> bool; 2] {
        let trial = Trial::new("web-tier", Phase::Preserve);
        let target = trial.range.target().instance;
        let all: BTreeSet<VolumeId> = trial.range.with_world(|world| volumes(world, &target)).into_iter().collect();
        let mut thief = Thief { range: trial.range.clone(), at, stolen: None };
        let end = trial.attempt(Failure::Never, &mut thief).expect("ends");
        assert!(thief.stolen.is_some(), "a volume was detached");
        assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
        assert_eq!(secured(&trial), all);
    }
}

/// Hidden before the case was opened: only CloudTrail knows of it.
#[test]
fn a_volume_detached_before_the_case_is_found_in_the_trail() {
    let mut hidden = None;
    let trial = trial("web-tier", |world, target| {
        let volume = volumes(world, target).remove(1);
        detach(world, target, &volume);
        hidden = Some(volume);
    });
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    let secured = secured(&trial);
    assert!(secured.len() == 3 && secured.contains(&hidden.expect("detached")), "{secured:?}");
}
