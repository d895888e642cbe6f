//! What differs, in a sentence, and by which name CloudTrail knows the thing.

use crate::effect::{Effect, SourceEffect as E};
use crate::evidence::EvidenceKind;
use crate::id::{AclAssociationId, AclId, InterfaceId, ProfileAssociationId, SubnetId, VolumeId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::tags;
use crate::view::View;
use std::fmt::Display;

/// What differs, told by the change that mends it and by what was read.
pub fn what(view: View<'_>, mend: &Effect) -> String {
    let Effect::Source(effect) = mend else { return again(mend) };
    match effect {
        E::Tag { resources, tags } => untagged(resources, tags.contains_key(tags::CASE)),
        E::SetInterfaceGroups { interface, .. } => groups(view, interface),
        E::SetTerminationProtection { instance, .. } => format!("termination protection of {instance} is off"),
        E::SetStopProtection { instance, .. } => format!("stop protection of {instance} is off"),
        E::SetShutdownBehavior { instance, .. } => format!("a shutdown from inside terminates {instance}"),
        E::SetDeleteOnTermination { instance, device, .. } => format!("{device} would be deleted with {instance}"),
        E::SetScaleInProtection { group, instance, .. } => {
            format!("{instance} is a member of {group} and not protected from scale-in")
        }
        E::DetachFromGroup { group, instance, .. } | E::EnterStandby { group, instance, .. } => {
            format!("{instance} is in service in the Auto Scaling group {group}")
        }
        E::SuspendProcesses { group, processes } => format!("{} of {group} run again", processes.join(" and ")),
        E::DeregisterClassic { balancer, instance } => format!("{instance} is registered with {balancer}"),
        E::DeregisterTargets { group, targets } => {
            let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
            format!("{} is registered with the target group {}", ids.join(", "), target_group(group.as_str()))
        }
        E::ReplaceProfile { association, .. } | E::DisassociateProfile { association } => profile(view, association),
        E::PutRolePolicy { role, name, .. } => format!("the role {role} does not carry the deny {name} any more"),
        E::ReplaceAcl { association, acl } => match subnet(view, association) {
            Some((subnet, now)) => format!("{subnet} is behind {now}, not behind {acl}, which denies everything"),
            None => again(mend),
        },
        E::CreateGroup { vpc, .. } => format!("no empty quarantine group is left in {vpc}"),
        E::RevokeRules { group, rules } => format!("{group} has {} rules and must have none", rules.len()),
        E::CreateSnapshot { volume, .. } => format!("there is no snapshot of {volume}"),
        E::CreateSnapshots { instance, .. } => format!("there is no snapshot of any volume of {instance}"),
        E::LockSnapshot { snapshot, .. } => format!("{snapshot} is not locked"),
        E::ShareSnapshot { snapshot, with } => format!("{snapshot} is not shared with {with}"),
        E::ShareImage { image, with } => format!("{image} is not shared with {with}"),
        E::UnshareSnapshot { snapshot, from } => format!("{snapshot} is shared with {}", strangers(from)),
        E::UnshareImage { image, from } => format!("{image} is shared with {}", strangers(from)),
        _ => again(mend),
    }
}

fn again(mend: &Effect) -> String {
    format!("what was done does not hold any more; needed again: {}", mend.title())
}

fn untagged(resources: &[String], case: bool) -> String {
    let tag = if case { tags::CASE } else { tags::STATUS };
    format!("{} without the tag {tag} of this case", join(resources))
}

/// An interface that this case never put anywhere is new.
fn groups(view: View<'_>, id: &InterfaceId) -> String {
    let interfaces = view.scene.last(&S::Interfaces(view.case.target.instance.clone()).into());
    let groups = match interfaces {
        Some(Reading::Interfaces(all)) => all.iter().find(|interface| interface.id == *id).map(|i| join(&i.groups)),
        _ => None,
    };
    let ours = |effect: &E| matches!(effect, E::SetInterfaceGroups { interface, .. } if interface == id);
    let found = if we_did_any(view.case, ours) { "is in" } else { "was attached and is in" };
    format!("{id} {found} {}, not in the quarantine group alone", groups.unwrap_or_default())
}

fn profile(view: View<'_>, id: &ProfileAssociationId) -> String {
    let target = &view.case.target.instance;
    let name = match view.scene.last(&S::ProfileAssociations(target.clone()).into()) {
        Some(Reading::Associations(all)) => all.iter().find(|a| a.id == *id).map(|a| a.profile.name().to_owned()),
        _ => None,
    };
    format!("{target} has the instance profile {} ({id})", name.unwrap_or_default())
}

/// The subnet of an association, and the ACL that it stands behind now.
fn subnet<'v>(view: View<'v>, tie: &AclAssociationId) -> Option<(&'v SubnetId, &'v AclId)> {
    let acls = view.scene.facts().filter_map(|(_, fact)| match &fact.answer {
        Ok(Reading::Acls(acls)) => Some(acls),
        _ => None,
    });
    acls.flatten().find_map(|acl| {
        let found = acl.associations.iter().find(|association| association.id == *tie)?;
        Some((&found.subnet, &acl.id))
    })
}

fn strangers(from: &[crate::id::AccountId]) -> String {
    if from.is_empty() { "everybody".into() } else { join(from) }
}

/// `targetgroup/NAME/ID` is the end of a target group's ARN.
fn target_group(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}

fn join<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The name under which CloudTrail lists the calls that could have caused this; `None` where there is
/// not one.
pub fn resource(view: View<'_>, mend: &Effect) -> Option<String> {
    let Effect::Source(effect) = mend else { return None };
    Some(match effect {
        E::Tag { resources, .. } => resources.first()?.clone(),
        E::SetInterfaceGroups { interface, .. } => interface.to_string(),
        E::SetTerminationProtection { instance, .. }
        | E::SetStopProtection { instance, .. }
        | E::SetShutdownBehavior { instance, .. }
        | E::SetDeleteOnTermination { instance, .. } => instance.to_string(),
        E::ReplaceProfile { .. } | E::DisassociateProfile { .. } => view.case.target.instance.to_string(),
        E::SetScaleInProtection { group, .. }
        | E::DetachFromGroup { group, .. }
        | E::EnterStandby { group, .. }
        | E::SuspendProcesses { group, .. } => group.to_string(),
        E::DeregisterClassic { balancer, .. } => balancer.clone(),
        E::DeregisterTargets { group, .. } => group.to_string(),
        E::PutRolePolicy { role, .. } => role.to_string(),
        E::ReplaceAcl { association, .. } => subnet(view, association)?.1.to_string(),
        E::RevokeRules { group, .. } => group.to_string(),
        E::LockSnapshot { snapshot, .. } | E::ShareSnapshot { snapshot, .. } | E::UnshareSnapshot { snapshot, .. } => {
            snapshot.to_string()
        }
        E::ShareImage { image, .. } | E::UnshareImage { image, .. } => image.to_string(),
        E::CreateSnapshot { volume, .. } => snapshot_of(view, volume)?,
        _ => return None,
    })
}

/// The snapshot of a volume that was there.
fn snapshot_of(view: View<'_>, volume: &VolumeId) -> Option<String> {
    let mut items = view.case.evidence.values().filter(|item| item.account == view.case.target.account);
    let of = |source: &Option<String>| source.as_deref() == Some(volume.as_str());
    items.find(|item| item.kind == EvidenceKind::Snapshot && of(&item.source)).map(|item| item.id.clone())
}
