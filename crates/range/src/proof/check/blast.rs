//! Only what belongs to the case is changed.

use super::custody::captured_volumes;
use super::release::deletion;
use super::{Checker, Sight};
use crate::World;
use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
use casebook::entry::Entry;
use casebook::gate::Gate;
use casebook::id::{GroupId, ImageId, InstanceId, InterfaceId, ProfileAssociationId, RoleName, VolumeId, VpcId};
use casebook::reading::Reading;
use casebook::scene::instance::Tags;
use casebook::scene::network::Interface;
use casebook::settings::RevokeScope;
use casebook::tags;

/// Every change concerns the target or what the case made.
pub const DECLARED: Checker = Checker {
    name: "declared-only",
    law: "only the target and what the case itself made are changed; what others share is changed behind its gate",
    look: declared,
};

fn declared(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let held = match &deed.effect {
        Effect::Source(effect) => source(&Judge { sight }, effect),
        Effect::Forensic(effect) => forensic(&Judge { sight }, effect),
    };
    (!held).then(|| format!("it concerns somebody else: {}", deed.effect.title()))
}

/// Knows what belongs to the case.
struct Judge<'a> {
    sight: &'a Sight<'a>,
}

impl Judge<'_> {
    fn world(&self) -> &World {
        self.sight.world
    }

    fn target(&self, id: &InstanceId) -> bool {
        *id == self.sight.briefing.target.instance
    }

    fn card(&self, id: &InterfaceId) -> bool {
        let cards = self.world().cards_of(&self.sight.briefing.target.instance);
        let known = cards.iter().any(|card| card.shown.id == *id) || !self.world().network.interfaces.contains_key(id);
        known || self.was_read(id)
    }

    /// Whether a reading has shown an interface as the target's: it may have left since.
    fn was_read(&self, id: &InterfaceId) -> bool {
        self.read_cards().any(|interface| interface.id == *id)
    }

    /// What the ledger has of answers.
    fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.sight.history.lines.iter().filter_map(|line| match &line.entry {
            Entry::Captured(captured) => captured.reading.as_ref(),
            Entry::Observed(observed) => Some(&observed.reading),
            _ => None,
        })
    }

    /// The interfaces that readings have shown as the target's.
    fn read_cards(&self) -> impl Iterator<Item = &Interface> {
        let lists = self.readings().filter_map(|reading| match reading {
            Reading::Interfaces(interfaces) => Some(interfaces),
            _ => None,
        });
        lists.flatten()
    }

    /// Whether an association is the target's: it stands so, was read so, or was made by the case, which
    /// makes none for others.
    fn association(&self, id: &ProfileAssociationId) -> bool {
        let lists = self.readings().filter_map(|reading| match reading {
            Reading::Associations(associations) => Some(associations),
            _ => None,
        });
        let standing = self.world().identity.associations.get(id);
        let mut known = standing.into_iter().chain(lists.flatten().filter(|held| held.id == *id));
        known.any(|held| self.target(&held.instance)) || self.made(id.as_str())
    }

    /// Whether the target has an interface in a VPC, or had one.
    fn vpc(&self, id: &VpcId) -> bool {
        let cards = self.world().cards_of(&self.sight.briefing.target.instance);
        cards.into_iter().map(|card| &card.shown).chain(self.read_cards()).any(|card| card.vpc == *id)
    }

    fn image(&self, id: &ImageId) -> bool {
        let held = self.world().storage.images.get(id);
        held.is_none_or(|held| self.case_tags(&held.shown.tags) || self.made(id.as_str()))
    }

    /// Whether a group was made by a case, or stands ready for cases.
    fn ours(&self, id: &GroupId) -> bool {
        let group = self.world().network.groups.get(id);
        group.is_none_or(|group| group.shown.tags.keys().any(|key| key.starts_with("impound:")))
    }

    fn case_tags(&self, held: &Tags) -> bool {
        let case = self.sight.history.opened().map(|opened| opened.case.as_str());
        held.get(tags::CASE).map(String::as_str) == case
    }

    /// Whether a policy has this case's name, not another one's.
    fn named_after_the_case(&self, name: &str) -> bool {
        let case = self.sight.history.opened().map(|opened| opened.case.as_str());
        name.strip_prefix("impound-").is_some_and(|of| Some(of) == case)
    }

    /// Whether an instance besides the target lives by a role.
    fn is_shared(&self, role: &RoleName) -> bool {
        let sharers = self.world().role_sharers(role).map(|sharers| sharers.instances).unwrap_or_default();
        sharers.iter().any(|id| !self.target(id))
    }

    /// Whether the case has put this change there before: what was sent once is kept up.
    fn keeps_up(&self) -> bool {
        let deeds = &self.sight.history.deeds;
        let Some((last, before)) = deeds.split_last() else { return false };
        before.iter().any(|deed| deed.effect == last.effect && deed.result.is_ok())
    }

    /// Whether one of the target's profiles, now or when captured, holds the role.
    fn role(&self, name: &RoleName) -> bool {
        let identity = &self.world().identity;
        identity.profiles.values().any(|profile| profile.role.as_ref().is_some_and(|role| role.name == *name))
            && identity.roles.contains_key(name)
    }

    /// Whether the target may be cut off: what forwards the traffic of others and what is protected are
    /// asked about before the first cut.
    fn may_cut(&self) -> bool {
        let history = self.sight.history;
        let first = history.cuts().count() <= 1;
        let forwards = self.world().cards_of(&self.sight.briefing.target.instance).into_iter();
        let forwards = forwards.map(|card| &card.shown).any(|card| !card.source_dest_check);
        !first
            || history.releasing()
            || (!forwards || self.approved(Gate::Router)) && (!self.protected() || self.approved(Gate::ProtectedAsset))
    }

    fn protected(&self) -> bool {
        let Some(opened) = self.sight.history.opened() else { return false };
        let Some(machine) = self.world().compute.instances.get(&self.sight.briefing.target.instance) else {
            return false;
        };
        let tags = machine.shown.tags.iter().map(|(key, value)| format!("{key}={value}"));
        tags.into_iter().any(|tag| opened.settings.policy.protected_tags.contains(&tag))
    }

    fn approved(&self, gate: Gate) -> bool {
        self.sight.history.approved(gate)
    }

    fn snapshot(&self, id: &casebook::id::SnapshotId) -> bool {
        let held = self.world().storage.snapshots.get(id);
        held.is_none_or(|held| self.case_tags(&held.shown.tags) || self.made(id.as_str()))
    }

    /// Whether the case made this id, whatever its tags say now.
    fn made(&self, id: &str) -> bool {
        let deeds = self.sight.history.deeds.iter().filter_map(|deed| deed.result.as_ref().ok());
        deeds.flat_map(|made| &made.ids).any(|made| made == id) || self.in_an_image(id)
    }

    fn in_an_image(&self, id: &str) -> bool {
        let images = self.world().storage.images.values().filter(|image| self.case_tags(&image.shown.tags));
        images
            .flat_map(|image| &image.shown.disks)
            .any(|disk| disk.snapshot.as_ref().is_some_and(|held| held.as_str() == id))
    }
}

fn source(judge: &Judge<'_>, effect: &S) -> bool {
    match effect {
        S::Tag { resources, .. } => resources.iter().all(|id| taggable(judge, id)),
        S::SetTerminationProtection { instance, .. }
        | S::SetStopProtection { instance, .. }
        | S::SetShutdownBehavior { instance, .. }
        | S::SetDeleteOnTermination { instance, .. }
        | S::SetScaleInProtection { instance, .. }
        | S::DetachFromGroup { instance, .. }
        | S::EnterStandby { instance, .. }
        | S::ExitStandby { instance, .. }
        | S::AttachToGroup { instance, .. }
        | S::DeregisterClassic { instance, .. }
        | S::RegisterClassic { instance, .. }
        | S::AssociateProfile { instance, .. }
        | S::CreateSnapshots { instance, .. }
        | S::CreateImage { instance, .. }
        | S::Terminate { instance, .. } => judge.target(instance),
        S::RevokeRules { group, .. } | S::AuthorizeRules { group, .. } | S::DeleteGroup { group } => judge.ours(group),
        S::SetInterfaceGroups { interface, .. } => judge.card(interface) && judge.may_cut(),
        S::SetIdleTimeouts { interface, .. }
        | S::DisassociateAddress { interface, .. }
        | S::AssociateAddress { interface, .. } => judge.card(interface),
        S::ReplaceAcl { .. } => judge.approved(Gate::SubnetNacl) && judge.may_cut(),
        S::SuspendProcesses { .. } | S::ResumeProcesses { .. } => judge.approved(Gate::AsgSuspend),
        S::DeregisterTargets { targets, .. } | S::RegisterTargets { targets, .. } => {
            targets.iter().all(|target| points_here(judge, &target.id))
        }
        S::PutRolePolicy { role, document, .. } => judge.role(role) && spares_others(judge, role, document),
        S::DeleteRolePolicy { role, name } => judge.role(role) && judge.named_after_the_case(name),
        S::LockSnapshot { snapshot, .. }
        | S::Reencrypt { snapshot, .. }
        | S::ShareSnapshot { snapshot, .. }
        | S::UnshareSnapshot { snapshot, .. } => judge.snapshot(snapshot),
        S::ReencryptImage { image, .. } | S::ShareImage { image, .. } | S::UnshareImage { image, .. } => {
            judge.image(image)
        }
        S::CreateSnapshot { volume, .. } => disk(judge, volume),
        S::CreateGroup { vpc, tags, .. } => judge.case_tags(tags) && judge.vpc(vpc),
        S::CreateAcl { vpc, tags, .. } => judge.case_tags(tags) && judge.vpc(vpc) && judge.approved(Gate::SubnetNacl),
        S::ReplaceProfile { association, .. } | S::DisassociateProfile { association } => {
            judge.association(association)
        }
    }
}

/// The volumes that the instance showed when the case captured it: they stay the target's when it goes.
fn captured_disks<'s>(sight: &'s Sight<'_>) -> impl Iterator<Item = &'s VolumeId> {
    let readings = sight.history.lines.iter().filter_map(|line| match &line.entry {
        Entry::Captured(captured) => captured.reading.as_ref(),
        _ => None,
    });
    let instances = readings.filter_map(|reading| match reading {
        Reading::Instance(instance) => Some(instance),
        _ => None,
    });
    instances.flat_map(|instance| &instance.block_devices).map(|disk| &disk.volume)
}

/// A volume of the target: attached now, shown as its own when it was captured, attached when the case began, or taken
/// off it by somebody, as CloudTrail has it.
fn disk(judge: &Judge<'_>, id: &VolumeId) -> bool {
    let target = &judge.sight.briefing.target.instance;
    let held = judge.world().storage.volumes.get(id);
    held.is_some_and(|volume| volume.shown.attachments.iter().any(|held| held.instance == *target))
        || captured_volumes(judge.sight).contains(id)
        || captured_disks(judge.sight).any(|volume| volume == id)
        || judge.world().records.detached_from(target).any(|volume| volume == *id)
        || judge.sight.history.before.contains_key(&deletion(id))
}

/// The target, its interfaces and volumes, and what the case made.
fn taggable(judge: &Judge<'_>, id: &str) -> bool {
    let target = &judge.sight.briefing.target.instance;
    id == target.as_str()
        || judge.world().cards_of(target).iter().any(|card| card.shown.id.as_str() == id)
        || judge.made(id)
        || judge.was_read(&InterfaceId::from(id))
        || disk(judge, &VolumeId::from(id))
}

/// A registration of the target: by its id, or by an address of an interface of its own, which may have gone
/// with it a moment ago.
fn points_here(judge: &Judge<'_>, id: &str) -> bool {
    let target = &judge.sight.briefing.target.instance;
    let cards = judge.world().cards_of(target).into_iter().map(|card| &card.shown).chain(judge.read_cards());
    let mut addresses = cards.flat_map(|card| &card.addresses);
    id == target.as_str() || addresses.any(|address| address.private == id)
}

/// A deny meets this instance's sessions alone, unless the settings say the role's and nobody shares it,
/// or a person has seen who does.
fn spares_others(judge: &Judge<'_>, role: &RoleName, document: &str) -> bool {
    let history = judge.sight.history;
    let whole = history.opened().is_some_and(|opened| opened.settings.policy.revoke == RevokeScope::Role);
    let approved = || {
        let deed = judge.sight.taken();
        deed.is_some_and(|deed| history.approved_as_shown(Gate::SharedRole, &deed.effect))
    };
    document.contains(judge.sight.briefing.target.instance.as_str())
        || whole && (!judge.is_shared(role) || judge.keeps_up())
        || approved()
}

fn forensic(judge: &Judge<'_>, effect: &F) -> bool {
    let tags = match effect {
        F::CopySnapshot { tags, .. }
        | F::CopyImage { tags, .. }
        | F::CreateVolume { tags, .. }
        | F::CreateGroup { tags, .. } => tags,
        F::Launch(launch) if judge.approved(Gate::BootImage) => &launch.tags,
        F::Launch(_) => return false,
        F::LockSnapshot { snapshot, .. } => return judge.snapshot(snapshot),
        F::RevokeRules { group, .. } => return judge.ours(group),
    };
    judge.case_tags(tags)
}
