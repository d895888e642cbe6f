//! What somebody with an administrator's rights can undo, one kind after the other: the act, and
//! whether the world stands as the case left it.

use casebook::effect::SourceEffect;
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId, SnapshotId};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::ShutdownBehavior;
use casebook::step::{Phase, StepName};
use jiff::SignedDuration;
use range::world::documents::TrailEvent;
use range::{Range, World};

/// A kind of drift.
pub struct Kind {
    pub name: &'static str,
    /// Who mends it.
    pub step: StepName,
    /// How far the case went.
    pub through: Phase,
    /// A gate approved ahead.
    pub approve: Option<Gate>,
    /// What the drift's sentence says.
    pub words: &'static [&'static str],
    /// How long AWS takes with what mends it.
    pub takes: SignedDuration,
    /// What somebody does.
    pub act: fn(&mut World, &Range),
    /// Whether the world stands as the case left it.
    pub stands: fn(&World, &Range) -> bool,
}

impl Kind {
    const fn new(name: &'static str, step: StepName, words: &'static [&'static str], pair: Pair) -> Self {
        Self {
            name,
            step,
            through: Phase::Contain,
            approve: None,
            takes: SignedDuration::ZERO,
            words,
            act: pair.0,
            stands: pair.1,
        }
    }

    const fn through(self, through: Phase) -> Self {
        Self { through, ..self }
    }
}

/// The three disks, and the three snapshots behind the image.
const SHARED: usize = 6;

type Pair = (fn(&mut World, &Range), fn(&World, &Range) -> bool);

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind::new("groups reverted", StepName::Isolate, &["eni-", "is in sg-"], (revert_groups, is_closed)),
    Kind::new("new interface", StepName::Isolate, &["eni-", "was attached and is in sg-"], (attach, is_closed)),
    Kind::new("quarantine group opened", StepName::Isolate, &["sg-", "must have none"], (open_the_group, is_closed)),
    Kind {
        approve: Some(Gate::SubnetNacl),
        ..Kind::new("ACL reverted", StepName::Isolate, &["subnet-", "is behind acl-"], (revert_acl, is_cut))
    },
    Kind {
        takes: SignedDuration::from_secs(10),
        ..Kind::new("profile associated", StepName::Revoke, &["has the instance profile"], (associate, has_no_profile))
    },
    Kind::new("deny removed", StepName::Revoke, &["does not carry the deny"], (remove_deny, is_denied)),
    Kind::new("tag stripped", StepName::Tag, &["without the tag impound:case"], (strip, is_tagged)),
    Kind::new("termination protection", StepName::Protect, &["is off"], (lift_termination, is_protected)),
    Kind::new("stop protection", StepName::Protect, &["is off"], (lift_stop, is_protected)),
    Kind::new("shutdown", StepName::Protect, &["terminates i-"], (let_shutdown, is_protected)),
    Kind::new("member again", StepName::Detach, &["Auto Scaling group"], (rejoin, is_outside)),
    Kind::new("target again", StepName::Deregister, &["target group"], (register, serves_nobody)),
    Kind::new("lock removed", StepName::Snapshot, &["is not locked"], (unlock, is_locked)).through(Phase::Preserve),
    Kind::new("snapshot deleted", StepName::Snapshot, &["no snapshot of vol-"], (delete, has_snapshots))
        .through(Phase::Preserve),
    Kind::new("unshared", StepName::Share, &["is not shared with"], (unshare, is_shared)).through(Phase::Custody),
];

fn cards(world: &World, range: &Range) -> Vec<InterfaceId> {
    let target = range.target().instance;
    let cards = world.network.interfaces.values().map(|card| &card.shown);
    cards.filter(|card| card.instance.as_ref() == Some(&target)).map(|card| card.id.clone()).collect()
}

/// A group of the instance's VPC with rules.
fn open_group(world: &World) -> GroupId {
    let mut groups = world.network.groups.values().map(|group| &group.shown);
    groups.find(|group| !group.rules.is_empty()).expect("there is an open group").id.clone()
}

fn revert_groups(world: &mut World, range: &Range) {
    let (cards, open) = (cards(world, range), open_group(world));
    for card in cards {
        world.administrator("mallory").set_interface_groups(&card, std::slice::from_ref(&open)).expect("reverted");
    }
}

fn attach(world: &mut World, range: &Range) {
    let open = open_group(world);
    world.administrator("mallory").attach_interface(&range.target().instance, &[open]).expect("attached");
}

fn open_the_group(world: &mut World, range: &Range) {
    let card = cards(world, range).remove(0);
    let group = world.network.interfaces[&card].shown.groups[0].clone();
    let rules = world.network.groups[&open_group(world)].shown.rules.clone();
    world.administrator("mallory").open_group(&group, &rules).expect("opened");
}

fn is_closed(world: &World, range: &Range) -> bool {
    world.exposure(&range.target().instance).interfaces.is_empty()
}

/// Back behind the ACL of the VPC, as ReplaceNetworkAclAssociation does it.
fn revert_acl(world: &mut World, _: &Range) {
    let of_case = |shown: &casebook::scene::network::NetworkAcl| shown.tags.contains_key("impound:case");
    let shown: Vec<_> = world.network.acls.values().map(|acl| acl.shown.clone()).collect();
    let ours = shown.iter().find(|acl| of_case(acl)).expect("the subnet is cut");
    let other = shown.iter().find(|acl| !of_case(acl) && acl.vpc == ours.vpc).expect("the VPC's own").id.clone();
    for tie in &ours.associations {
        let (association, acl) = (tie.id.clone(), other.clone());
        world.apply(&SourceEffect::ReplaceAcl { association, acl }.into()).expect("reverted");
    }
    world.records.trail.push(TrailEvent {
        at: world.now(),
        user: "mallory".into(),
        name: "ReplaceNetworkAclAssociation".into(),
        source: "ec2.amazonaws.com".into(),
        address: "192.0.2.10".into(),
        error: None,
        resources: vec![other.to_string()],
    });
}

fn is_cut(world: &World, range: &Range) -> bool {
    world.exposure(&range.target().instance).subnets.is_empty()
}

fn associate(world: &mut World, range: &Range) {
    let profile = world.identity.profiles.values().find(|profile| profile.role.is_some()).expect("a profile");
    let arn = profile.arn.clone();
    world.administrator("mallory").associate_profile(&range.target().instance, &arn).expect("associated");
}

fn has_no_profile(world: &World, range: &Range) -> bool {
    let target = range.target().instance;
    let mut associations = world.identity.associations.values();
    !associations.any(|held| held.instance == target && held.gives_credentials())
}

fn remove_deny(world: &mut World, _: &Range) {
    let denied = world.identity.roles.iter().find_map(|(role, record)| {
        let ours = record.inline.iter().find(|policy| policy.shown.name.starts_with("impound-"))?;
        Some((role.clone(), ours.shown.name.clone()))
    });
    let (role, name) = denied.expect("a role is denied");
    world.administrator("mallory").delete_role_policy(&role, &name).expect("removed");
}

fn is_denied(world: &World, _: &Range) -> bool {
    let mut policies = world.identity.roles.values().flat_map(|role| &role.inline);
    policies.any(|policy| policy.shown.name.starts_with("impound-"))
}

fn strip(world: &mut World, range: &Range) {
    let target = range.target().instance;
    world.administrator("mallory").strip_tags(target.as_str(), &["impound:case".to_owned()]).expect("stripped");
}

fn is_tagged(world: &World, range: &Range) -> bool {
    world.compute.instances[&range.target().instance].shown.tags.contains_key("impound:case")
}

fn lift_termination(world: &mut World, range: &Range) {
    world.administrator("mallory").lift_termination_protection(&range.target().instance).expect("lifted");
}

fn lift_stop(world: &mut World, range: &Range) {
    world.administrator("mallory").lift_stop_protection(&range.target().instance).expect("lifted");
}

fn let_shutdown(world: &mut World, range: &Range) {
    let target = range.target().instance;
    world.administrator("mallory").set_shutdown_behavior(&target, ShutdownBehavior::Terminate).expect("set");
}

fn is_protected(world: &World, range: &Range) -> bool {
    let machine = &world.compute.instances[&range.target().instance];
    machine.termination_protection && machine.stop_protection && machine.shutdown == ShutdownBehavior::Stop
}

fn rejoin(world: &mut World, range: &Range) {
    let group = world.scaling.groups.keys().next().expect("a group").clone();
    world.administrator("mallory").attach_to_group(&group, &range.target().instance).expect("attached");
}

fn is_outside(world: &World, range: &Range) -> bool {
    let target = range.target().instance;
    let members = world.scaling.groups.values().filter_map(|group| group.members.get(&target));
    members.into_iter().all(|member| member.lifecycle == "Detaching")
}

fn register(world: &mut World, range: &Range) {
    let groups = world.balancers.target_groups.values().map(|group| &group.shown);
    let group = groups
        .into_iter()
        .find(|group| group.kind == "instance" && !group.balancers.is_empty())
        .expect("a target group")
        .clone();
    let target = Registration { id: range.target().instance.to_string(), port: group.port, zone: None };
    world.administrator("mallory").register_target(&group.arn, &target).expect("registered");
}

fn serves_nobody(world: &World, range: &Range) -> bool {
    let target = range.target().instance;
    let mut groups = world.balancers.target_groups.keys();
    groups.all(|arn| match world.answer(&SourceQuery::TargetHealth(arn.clone()).into()) {
        Ok(Reading::TargetHealth(all)) => {
            all.iter().all(|health| health.registration.id != target.as_str() || !health.serving())
        }
        other => panic!("{other:?}"),
    })
}

/// The snapshots of the case in the account under investigation.
fn originals(world: &World) -> Vec<SnapshotId> {
    let ours = world.storage.snapshots.values().filter(|record| record.shown.owner == world.place.source);
    let tagged = ours.filter(|record| record.shown.tags.get("impound:step").is_some_and(|step| step == "snapshot"));
    tagged.map(|record| record.shown.id.clone()).collect()
}

fn unlock(world: &mut World, _: &Range) {
    let snapshot = originals(world).remove(0);
    world.administrator("mallory").unlock_snapshot(&snapshot).expect("unlocked");
}

fn is_locked(world: &World, _: &Range) -> bool {
    originals(world).iter().all(|id| world.storage.snapshots[id].lock.is_some())
}

fn delete(world: &mut World, range: &Range) {
    let snapshot = originals(world).remove(0);
    unlock(world, range);
    world.administrator("mallory").delete_snapshot(&snapshot).expect("deleted");
}

fn has_snapshots(world: &World, _: &Range) -> bool {
    originals(world).len() == 3
}

/// Whoever is shared with is nobody.
fn unshare(world: &mut World, _: &Range) {
    let shared = world.storage.snapshots.values().find(|record| !record.sharing.accounts.is_empty());
    let snapshot = shared.expect("a snapshot is shared").shown.id.clone();
    world.administrator("mallory").unshare_snapshot(&snapshot).expect("unshared");
}

fn is_shared(world: &World, _: &Range) -> bool {
    let ours = world.storage.snapshots.values().filter(|record| record.shown.owner == world.place.source);
    ours.filter(|record| !record.sharing.accounts.is_empty()).count() == SHARED
}
