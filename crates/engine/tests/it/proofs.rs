//! What a case says it has proved holds in the world: not what somebody tagged, rewrote, moved or
//! held back.

use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{CaseStatus, Entry};
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::id::{InstanceId, SnapshotId, VolumeId};
use casebook::query::{Query, SourceQuery};
use casebook::scene::identity::ProfileAssociation;
use casebook::scene::instance::Tags;
use casebook::scene::storage::{Image, Sharing, Snapshot};
use casebook::settings::{RevokeScope, TrackedConnections};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use jiff::SignedDuration;
use range::Injection;
use range::adversary::Strategy;
use range::proof::{Failure, Trial, fault};
use range::world::documents::TrailEvent;
use range::world::images::ImageRecord;
use range::world::storage::SnapshotRecord;
use std::collections::BTreeSet;

fn status(trial: &Trial, step: StepName) -> StepStatus {
    trial.case().case().steps[&step].entry.status
}

fn warnings(trial: &Trial, step: StepName) -> String {
    trial.case().case().steps[&step].entry.warnings.join("\n")
}

/// What is said of the open window.
fn of_window(trial: &Trial) -> String {
    let said = warnings(trial, StepName::Isolate);
    said.lines().filter(|line| line.contains("window")).collect()
}

fn proof(trial: &Trial, step: StepName) -> String {
    trial.case().case().steps[&step].entry.proof.join("\n")
}

fn sent(trial: &Trial, is: impl Fn(&SourceEffect) -> bool) -> usize {
    let effects = trial.entries().into_iter().filter_map(|entry| match entry {
        Entry::Intent(intent) => Some(intent.effect),
        _ => None,
    });
    effects.filter(|effect| matches!(effect, Effect::Source(effect) if is(effect))).count()
}

fn our_tags(step: &str, more: (&str, &str)) -> Tags {
    let tags = [("impound:case", "web-7"), ("impound:step", step), more];
    tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The company's own image, shared with two accounts that need it, tagged like an image of the case.
fn golden_image(trial: &Trial) -> Sharing {
    let owner = trial.range.target().account;
    let tags = our_tags("image", ("impound:part", "original"));
    let sharing = Sharing { accounts: vec!["333333333333".into(), "444444444444".into()], public: false };
    trial.range.with_world(|world| {
        let shown = Image {
            id: "ami-golden".into(),
            name: "golden".into(),
            owner,
            state: "available".into(),
            state_message: String::new(),
            copied_from: None,
            disks: vec![],
            product_codes: vec![],
            tags,
        };
        let now = world.now();
        let record = ImageRecord { shown, done: now, failure: None, sharing: sharing.clone(), visible_from: now };
        world.storage.images.insert("ami-golden".into(), record);
    });
    sharing
}

#[test]
fn an_image_that_is_tagged_like_ours_stays_as_it_is() {
    let trial = Trial::new("web-tier", Phase::Custody);
    let before = golden_image(&trial);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    let after = trial.range.with_world(|world| world.storage.images[&"ami-golden".into()].sharing.clone());
    assert_eq!(after, before);
    assert_eq!(sent(&trial, |effect| matches!(effect, SourceEffect::CreateImage { .. })), 1);
    assert!(!proof(&trial, StepName::Image).contains("ami-golden"));
    assert!(!trial.case().case().evidence.contains_key("ami-golden"));
}

/// Somebody's snapshot of the same disk, tagged like a copy under the share key.
fn tagged_snapshot(trial: &Trial) -> SnapshotId {
    trial.range.with_world(|world| {
        let taken = world.storage.snapshots.values().next().expect("the case has taken one");
        let mut theirs = SnapshotRecord { lock: None, ..taken.clone() };
        theirs.shown.id = "snap-theirs".into();
        theirs.shown.tags = our_tags("share", ("impound:source", taken.shown.id.as_str()));
        world.storage.snapshots.insert("snap-theirs".into(), theirs);
    });
    "snap-theirs".into()
}

#[test]
fn a_snapshot_that_is_tagged_like_ours_is_not_locked() {
    let mut trial = Trial::new("web-tier", Phase::Preserve);
    trial.drive();
    let older = tagged_snapshot(&trial);
    trial.through = Phase::Custody;
    assert_eq!(trial.drive().status, CaseStatus::Done);
    let lock = trial.range.with_world(|world| world.storage.snapshots[&older].lock);
    assert_eq!(lock, None);
    assert!(!trial.case().case().evidence.contains_key(older.as_str()));
}

/// An attacker who may write the role's policies turns the deny into its opposite.
fn rewrite_the_deny(trial: &Trial) {
    let rewritten = trial.range.with_world(|world| {
        let policies = world.identity.roles.values_mut().flat_map(|role| &mut role.inline);
        let ours = policies.filter(|policy| policy.shown.name.starts_with("impound-"));
        ours.map(|policy| policy.shown.document = policy.shown.document.replace("\"Deny\"", "\"Allow\"")).count()
    });
    assert_eq!(rewritten, 1);
}

#[test]
fn a_deny_that_was_rewritten_is_not_called_revoked() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked);
    rewrite_the_deny(&trial);
    trial.range.inject(Injection::before("iam:PutRolePolicy", fault(FaultClass::Denied)).times(50));
    assert_eq!(trial.drive().status, CaseStatus::Held);
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Live);
}

/// Gives the target another profile, as somebody with iam:PassRole can.
fn associate_another(trial: &Trial) {
    let instance = trial.range.target().instance;
    trial.range.with_world(|world| {
        let mut profile = world.identity.profiles["web-app"].clone();
        let mut role = world.identity.roles[&profile.role.as_ref().expect("a role").name].clone();
        role.shown.name = "admin-role".into();
        role.inline.clear();
        profile.arn = "arn:aws:iam::111111111111:instance-profile/admin".into();
        profile.role = Some(role.shown.clone());
        let id = casebook::id::ProfileAssociationId::from("iip-assoc-attacker");
        let state = "associated".to_owned();
        let association = ProfileAssociation { id: id.clone(), instance, profile: profile.arn.clone(), state };
        world.identity.roles.insert("admin-role".into(), role);
        world.identity.profiles.insert("admin".into(), profile);
        world.identity.associations.insert(id, association);
    });
}

fn denies_on(trial: &Trial, role: &str) -> usize {
    trial.range.with_world(|world| {
        let inline = &world.identity.roles[&role.into()].inline;
        inline.iter().filter(|policy| policy.shown.document.contains("Deny")).count()
    })
}

#[test]
fn the_role_of_a_profile_that_came_later_is_denied_too() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    associate_another(&trial);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert_eq!(denies_on(&trial, "admin-role"), 1);
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked);
    assert!(warnings(&trial, StepName::Revoke).contains("the profile admin was associated after the capture"));
}

/// The deny could not be put in the run that saw the profile: the next run still knows of it.
#[test]
fn a_later_profile_is_not_forgotten() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    associate_another(&trial);
    trial.range.inject(Injection::before("iam:PutRolePolicy", fault(FaultClass::Denied)));
    assert_eq!(trial.drive().status, CaseStatus::Held);
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Live);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert_eq!(denies_on(&trial, "admin-role"), 1);
}

fn profiles_of_target(trial: &Trial) -> usize {
    let instance = trial.range.target().instance;
    trial.range.with_world(|world| {
        let associations = world.identity.associations.values().filter(|a| a.instance == instance);
        associations.filter(|association| association.gives_credentials()).count()
    })
}

#[test]
fn a_closed_gate_keeps_no_profile_on_the_instance() {
    let mut trial = Trial::new("shared-role", Phase::Contain);
    trial.settings.policy.revoke = RevokeScope::Role;
    assert_eq!(trial.drive().status, CaseStatus::Waiting);
    assert!(trial.case().case().asked.contains_key(&Gate::SharedRole));
    assert_eq!(profiles_of_target(&trial), 0, "it fetches no new credentials");
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Live);
    trial.approve(Gate::SharedRole);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked);
}

/// Only the deny needs the profile's role.
#[test]
fn a_profile_that_can_not_be_read_goes_too() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.range.inject(Injection::before("iam:GetInstanceProfile", fault(FaultClass::Denied)).times(50));
    assert_eq!(trial.drive().status, CaseStatus::Held);
    assert_eq!(profiles_of_target(&trial), 0);
    assert_eq!(status(&trial, StepName::Revoke), StepStatus::Failed);
}

/// The volume that was detached from the target before is attached to another instance now.
fn moved_disk(trial: &Trial) -> (VolumeId, InstanceId) {
    let (target, owner) = (trial.range.target().instance, trial.range.target().account);
    trial.range.with_world(|world| {
        let mut volumes = world.storage.volumes.values_mut();
        let ours = volumes.find(|record| record.shown.attachments.iter().any(|a| a.instance == target));
        let mut moved = ours.expect("the target has a volume").clone();
        moved.owner = owner;
        moved.shown.id = "vol-moved".into();
        moved.shown.attachments.iter_mut().for_each(|attachment| attachment.instance = "i-elsewhere".into());
        world.storage.volumes.insert("vol-moved".into(), moved);
        let event = TrailEvent {
            at: world.now(),
            user: "operations".into(),
            name: "DetachVolume".into(),
            source: "ec2.amazonaws.com".into(),
            address: "10.0.0.1".into(),
            error: None,
            resources: vec![target.to_string(), "vol-moved".into()],
        };
        world.records.trail.push(event);
    });
    ("vol-moved".into(), "i-elsewhere".into())
}

#[test]
fn a_disk_that_serves_somebody_else_is_named_and_not_taken() {
    let trial = Trial::new("web-tier", Phase::Custody);
    let (volume, other) = moved_disk(&trial);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    let snapshots = trial.range.with_world(|world| {
        let of_volume = |snapshot: &&Snapshot| snapshot.volume == volume;
        world.storage.snapshots.values().map(|record| &record.shown).filter(of_volume).count()
    });
    assert_eq!(snapshots, 0);
    let said = warnings(&trial, StepName::Snapshot);
    assert!(said.contains(volume.as_str()) && said.contains(other.as_str()), "{said}");
}

/// The window is approved; the call that puts the second interface into it is throttled `times` times.
fn throttled_window(times: u32) -> Trial {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    trial.approve(Gate::OpenWindow);
    let cards = trial.range.with_world(|world| world.cards_of(&trial.range.target().instance).len());
    assert_eq!(cards, 2);
    // Each interface goes into quarantine, then its timeouts are set, then it goes into the window.
    let throttled = Injection::before("ec2:ModifyNetworkInterfaceAttribute", fault(FaultClass::Throttled));
    trial.range.inject(throttled.skipping(5).times(times));
    trial
}

const BOTH: &str = "2 of 2 interfaces were read in it";

#[test]
fn what_was_throttled_at_the_window_goes_in_later() {
    let trial = throttled_window(1);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert!(proof(&trial, StepName::Isolate).contains(BOTH), "{}", proof(&trial, StepName::Isolate));
    assert_eq!(of_window(&trial), "");
}

#[test]
fn an_interface_that_never_went_in_is_not_counted() {
    let trial = throttled_window(8);
    trial.drive();
    let said = proof(&trial, StepName::Isolate);
    assert!(said.contains("1 of 2 interfaces were read in it"), "{said}");
    assert!(of_window(&trial).contains("was not read in the open window"), "{}", of_window(&trial));
}

#[test]
fn a_later_run_tells_the_same_of_the_window() {
    let trial = throttled_window(0);
    trial.drive();
    let first = proof(&trial, StepName::Isolate);
    assert!(first.contains(BOTH), "{first}");
    trial.pass(SignedDuration::from_hours(1));
    trial.drive();
    assert_eq!(proof(&trial, StepName::Isolate), first);
    assert_eq!(of_window(&trial), "");
}

/// Interfaces that can no longer be read are closed in time all the same.
#[test]
fn a_window_is_closed_though_nothing_can_be_read() {
    let trial = throttled_window(0);
    let instance = trial.range.target().instance;
    let windows = |trial: &Trial| {
        trial.range.with_world(|world| {
            let cards = world.cards_of(&instance);
            let groups: BTreeSet<_> = cards.iter().flat_map(|card| card.shown.groups.clone()).collect();
            let named = groups.iter().filter_map(|id| Some(&world.network.groups.get(id)?.shown.name));
            named.filter(|name| name.starts_with("impound-window")).count()
        })
    };
    let mut blinder = Blinder { range: trial.range.clone(), blind: false };
    trial.attempt(Failure::Never, &mut blinder).expect("ends");
    assert!(blinder.blind);
    assert_eq!(windows(&trial), 0);
}

/// AWS refuses to take the interfaces out of the window: without its rules the window is closed all the same,
/// and the case says that they are still in it.
#[test]
fn a_window_that_nobody_can_leave_is_closed_by_its_rules() {
    let trial = throttled_window(0);
    let (action, way_in) = ("ec2:ModifyNetworkInterfaceAttribute", 6);
    trial.range.inject(Injection::before(action, fault(FaultClass::Invalid)).skipping(way_in).times(1_000));
    let exposed = || trial.range.with_world(|world| world.exposure(&trial.range.target().instance).interfaces);
    assert_eq!(trial.drive().status, CaseStatus::Held);
    assert!(exposed().is_empty(), "{:?}", exposed());
    assert!(of_window(&trial).contains("is still in the open window"), "{}", of_window(&trial));
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
    trial.range.lift(action);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert!(exposed().is_empty() && of_window(&trial).is_empty(), "{:?} {}", exposed(), of_window(&trial));
    let groups =
        |world: &mut range::World| world.network.groups.values().map(|group| group.shown.name.clone()).collect();
    let named: Vec<String> = trial.range.with_world(groups);
    assert!(!named.iter().any(|name| name.starts_with("impound-window")), "{named:?}");
}

/// What associations could not be read of an instance until somebody had terminated it: that AWS shows none
/// then does not mean that there was none.
#[test]
fn a_role_that_only_the_instance_showed_is_denied_too() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let action = "ec2:DescribeIamInstanceProfileAssociations";
    trial.range.inject(Injection::before(action, fault(FaultClass::Denied)).times(1_000));
    assert_eq!(trial.drive().status, CaseStatus::Held);
    let prey = trial.range.target().instance;
    trial.range.with_world(|world| {
        let strategy = Strategy::named("terminate").expect("a strategy");
        world.set_loose(strategy, &prey, SignedDuration::from_secs(5), SignedDuration::from_hours(1));
    });
    trial.pass(SignedDuration::from_mins(5));
    trial.range.lift(action);
    trial.drive();
    trial.drive();
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked);
    assert_eq!(trial.breaches(), []);
}

/// A protection that could not be read is not set, and nothing that it protects from is provoked meanwhile.
#[test]
fn nothing_is_isolated_while_a_protection_is_unread() {
    let trial = Trial::new("lone", Phase::Contain);
    let slowly = Injection::before("ec2:DescribeInstanceAttribute", fault(FaultClass::Throttled));
    trial.range.inject(slowly.times(12));
    trial.drive();
    assert_eq!(status(&trial, StepName::Protect), StepStatus::Done);
    assert_eq!(trial.breaches(), []);
}

/// Takes the permission to read interfaces away once the first of them is in the window.
struct Blinder {
    range: range::Range,
    blind: bool,
}

impl engine::Watcher for Blinder {
    fn saw(&mut self, event: &engine::Event<'_>) {
        let opens = |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::SetInterfaceGroups { .. }));
        let ready = self.range.with_world(|world| {
            world.network.groups.values().any(|group| group.shown.name.starts_with("impound-window"))
        });
        if let engine::Event::Changed { effect, .. } = event
            && opens(effect)
            && ready
            && !self.blind
        {
            self.blind = true;
            let denied = Injection::before("ec2:DescribeNetworkInterfaces", fault(FaultClass::Denied));
            self.range.inject(denied.times(1000));
        }
    }
}

fn asked_titles(trial: &Trial) -> BTreeSet<String> {
    let captured = trial.entries().into_iter().filter_map(|entry| match entry {
        Entry::Captured(captured) if captured.gap.is_none() => Some(captured.query.title()),
        _ => None,
    });
    captured.collect()
}

#[test]
fn a_case_that_is_taken_up_late_captures_everything() {
    let undisturbed = Trial::new("web-tier", Phase::Contain);
    undisturbed.drive();
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.range.inject(Injection::before("ec2:DescribeInstances", fault(FaultClass::Denied)));
    assert_eq!(trial.drive().status, CaseStatus::Held);
    trial.pass(SignedDuration::from_mins(11));
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0));
    assert_eq!(asked_titles(&trial), asked_titles(&undisturbed));
}

/// What takes an hour is a named gap after ten minutes, until it is there.
#[test]
fn what_is_not_read_in_time_is_a_gap() {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.slow = |query| matches!(query, Query::Source(SourceQuery::SessionEvents(_)));
    let begin = trial.now();
    assert_eq!(trial.drive().gaps, 0, "it is there in the end");
    let written = trial.case().entries().expect("readable");
    let gap = written.iter().find_map(|written| match &written.entry {
        Entry::Captured(captured) => captured.gap.as_ref().map(|gap| (written.at, captured.query.clone(), gap)),
        _ => None,
    });
    let (at, query, gap) = gap.expect("a gap");
    assert!((trial.slow)(&query) && gap.message.contains("10 minutes"), "{query:?} {gap}");
    let after = at.duration_since(begin);
    assert!(after >= SignedDuration::from_mins(10) && after < SignedDuration::from_mins(11), "{after}");
    assert!(!warnings(&trial, StepName::Capture).contains("not captured"), "it was filled");
}
