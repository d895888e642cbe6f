//! Which changes a step makes, its undo included: one example each, so that docs/steps.md can say
//! how they are rehearsed and repeated. A step's permissions are held against these examples.

use crate::effect::{Capacity, Effect, EvidenceProof, ForensicEffect as F, Launch, SourceEffect as S, Switch};
use crate::id::{
    AclAssociationId, AclId, AllocationId, Arn, GroupId, ImageId, InstanceId, InterfaceId, ProfileAssociationId,
    RoleName, ScalingGroupName, SnapshotId, SubnetId, VolumeId, VpcId,
};
use crate::scene::instance::{ShutdownBehavior, Tags};
use crate::scene::network::IdleTimeouts;
use crate::step::StepName;

/// What a change is called, from its name in the ledger: `set interface groups`.
pub fn kind(change: &Effect) -> String {
    let value = serde_json::to_value(change).unwrap_or_default();
    let side = value.as_object().and_then(|sides| sides.values().next());
    let name = side.and_then(|effect| effect.as_object()?.keys().next().cloned());
    name.unwrap_or_default().replace('-', " ")
}

/// The changes of a step and of its undo.
pub fn of(step: StepName) -> Vec<Effect> {
    match step {
        StepName::Capture => Vec::new(),
        StepName::Tag => vec![tag()],
        StepName::Protect => protect(),
        StepName::Snapshot => snapshot(),
        StepName::Detach => detach(),
        StepName::Isolate => [groups(), acls(), addresses()].concat(),
        StepName::Revoke => revoke(),
        StepName::Deregister => deregister(),
        StepName::Image => image(),
        StepName::Share => share(),
        StepName::Copy => copy(),
        StepName::Rebuild => rebuild(),
        StepName::Terminate => terminate(),
    }
}

fn instance() -> InstanceId {
    "i".into()
}

fn scaling_group() -> ScalingGroupName {
    "g".into()
}

fn snapshot_id() -> SnapshotId {
    "snap".into()
}

fn key() -> Arn {
    "arn".into()
}

fn text() -> String {
    String::new()
}

fn tag() -> Effect {
    S::Tag { resources: Vec::new(), tags: Tags::new() }.into()
}

fn protect() -> Vec<Effect> {
    let (to, instance) = (Switch::On, instance());
    vec![
        S::SetTerminationProtection { instance: instance.clone(), to }.into(),
        S::SetStopProtection { instance: instance.clone(), to }.into(),
        S::SetShutdownBehavior { instance: instance.clone(), to: ShutdownBehavior::Stop }.into(),
        S::SetDeleteOnTermination { instance: instance.clone(), device: text(), to }.into(),
        S::SetScaleInProtection { group: scaling_group(), instance, to }.into(),
    ]
}

fn snapshot() -> Vec<Effect> {
    vec![
        S::CreateSnapshots { instance: instance(), description: text(), tags: Tags::new() }.into(),
        S::CreateSnapshot { volume: VolumeId::from("vol"), description: text(), tags: Tags::new() }.into(),
        S::LockSnapshot { snapshot: snapshot_id(), days: 1 }.into(),
    ]
}

fn detach() -> Vec<Effect> {
    let (group, instance, capacity) = (scaling_group(), instance(), Capacity::Keep);
    vec![
        S::DetachFromGroup { group: group.clone(), instance: instance.clone(), capacity }.into(),
        S::EnterStandby { group: group.clone(), instance: instance.clone(), capacity }.into(),
        S::ExitStandby { group: group.clone(), instance: instance.clone() }.into(),
        S::AttachToGroup { group: group.clone(), instance: instance.clone() }.into(),
        S::SetScaleInProtection { group: group.clone(), instance, to: Switch::On }.into(),
        S::SuspendProcesses { group: group.clone(), processes: Vec::new() }.into(),
        S::ResumeProcesses { group, processes: Vec::new() }.into(),
    ]
}

fn groups() -> Vec<Effect> {
    let (vpc, group, interface) = (VpcId::from("vpc"), GroupId::from("sg"), InterfaceId::from("eni"));
    vec![
        S::CreateGroup { vpc, name: text(), description: text(), tags: Tags::new() }.into(),
        S::RevokeRules { group: group.clone(), rules: Vec::new() }.into(),
        S::AuthorizeRules { group: group.clone(), rules: Vec::new() }.into(),
        S::DeleteGroup { group }.into(),
        S::SetInterfaceGroups { interface: interface.clone(), groups: Vec::new() }.into(),
        S::SetIdleTimeouts { interface, idle: IdleTimeouts::default() }.into(),
    ]
}

fn acls() -> Vec<Effect> {
    let (association, acl) = (AclAssociationId::from("aclassoc"), AclId::from("acl"));
    vec![
        S::CreateAcl { vpc: VpcId::from("vpc"), token: text(), tags: Tags::new() }.into(),
        S::ReplaceAcl { association, acl }.into(),
    ]
}

fn addresses() -> Vec<Effect> {
    let (interface, allocation) = (InterfaceId::from("eni"), AllocationId::from("eipalloc"));
    vec![
        S::DisassociateAddress {
            interface: interface.clone(),
            allocation: allocation.clone(),
            public: text(),
            private: text(),
        }
        .into(),
        S::AssociateAddress { interface, allocation, private: text() }.into(),
    ]
}

fn revoke() -> Vec<Effect> {
    let (association, role) = (ProfileAssociationId::from("iip-assoc"), RoleName::from("r"));
    vec![
        S::ReplaceProfile { association: association.clone(), profile: key() }.into(),
        S::DisassociateProfile { association }.into(),
        S::AssociateProfile { instance: instance(), profile: key() }.into(),
        S::PutRolePolicy { role: role.clone(), name: text(), document: text() }.into(),
        S::DeleteRolePolicy { role, name: text() }.into(),
    ]
}

fn deregister() -> Vec<Effect> {
    vec![
        S::DeregisterClassic { balancer: text(), instance: instance() }.into(),
        S::RegisterClassic { balancer: text(), instance: instance() }.into(),
        S::DeregisterTargets { group: key(), targets: Vec::new() }.into(),
        S::RegisterTargets { group: key(), targets: Vec::new() }.into(),
    ]
}

fn image() -> Vec<Effect> {
    let image = ImageId::from("ami");
    vec![
        S::CreateImage { instance: instance(), name: text(), tags: Tags::new() }.into(),
        S::ReencryptImage { image, key: key(), name: text(), token: text(), tags: Tags::new() }.into(),
    ]
}

fn share() -> Vec<Effect> {
    let (snapshot, image) = (snapshot_id(), ImageId::from("ami"));
    vec![
        S::Reencrypt { snapshot: snapshot.clone(), key: key(), description: text(), tags: Tags::new() }.into(),
        S::LockSnapshot { snapshot: snapshot.clone(), days: 1 }.into(),
        S::ShareSnapshot { snapshot: snapshot.clone(), with: "a".into() }.into(),
        S::UnshareSnapshot { snapshot, from: Vec::new() }.into(),
        S::ShareImage { image: image.clone(), with: "a".into() }.into(),
        S::UnshareImage { image, from: Vec::new() }.into(),
    ]
}

fn copy() -> Vec<Effect> {
    let (snapshot, image) = (snapshot_id(), ImageId::from("ami"));
    vec![
        F::CopySnapshot { snapshot: snapshot.clone(), key: key(), description: text(), tags: Tags::new() }.into(),
        F::CopyImage { image, key: key(), name: text(), token: text(), tags: Tags::new() }.into(),
        F::LockSnapshot { snapshot, days: 1 }.into(),
    ]
}

fn rebuild() -> Vec<Effect> {
    let (group, subnet, tags) = (GroupId::from("sg"), SubnetId::from("subnet"), Tags::new());
    let launch = Launch {
        image: "ami".into(),
        instance_type: text(),
        subnet,
        group: group.clone(),
        token: text(),
        tags: tags.clone(),
    };
    vec![
        F::CreateVolume { snapshot: snapshot_id(), zone: text(), key: key(), token: text(), tags: tags.clone() }.into(),
        F::CreateGroup { vpc: "vpc".into(), name: text(), description: text(), tags }.into(),
        F::RevokeRules { group, rules: Vec::new() }.into(),
        F::Launch(launch).into(),
    ]
}

fn terminate() -> Vec<Effect> {
    let (to, instance) = (Switch::Off, instance());
    vec![
        S::SetTerminationProtection { instance: instance.clone(), to }.into(),
        S::SetStopProtection { instance: instance.clone(), to }.into(),
        S::Terminate { instance, proof: EvidenceProof { case: "c".into(), digest: text() } }.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Side;
    use crate::steps::{REGISTRY, StepCard};
    use std::collections::BTreeSet;

    fn needed(step: StepName, side: Side) -> BTreeSet<&'static str> {
        of(step).iter().filter(|change| change.side() == side).flat_map(Effect::actions).copied().collect()
    }

    fn allowed(card: &StepCard, side: Side) -> BTreeSet<&'static str> {
        let actions = if side == Side::Source { card.source_actions } else { card.forensic_actions };
        actions.iter().copied().collect()
    }

    /// Reading, and using a key that a change of the step names.
    fn is_beside(action: &str) -> bool {
        let (service, name) = action.split_once(':').unwrap_or_default();
        service == "kms" || ["Describe", "Get", "List", "Lookup"].iter().any(|reads| name.starts_with(reads))
    }

    #[test]
    fn every_step_is_allowed_what_it_changes_and_no_other_change() {
        for card in REGISTRY {
            for side in [Side::Source, Side::Forensic] {
                let (needed, allowed) = (needed(card.name, side), allowed(card, side));
                let missing: Vec<_> = needed.difference(&allowed).collect();
                let idle: Vec<_> = allowed.difference(&needed).filter(|action| !is_beside(action)).collect();
                assert!(
                    missing.is_empty() && idle.is_empty(),
                    "{}, {side:?}: missing {missing:?}, idle {idle:?}",
                    card.name
                );
            }
        }
    }

    #[test]
    fn a_change_is_named_as_in_the_ledger() {
        assert_eq!(kind(&tag()), "tag");
        assert_eq!(kind(&groups()[4]), "set interface groups");
        assert_eq!(kind(&rebuild()[3]), "launch");
    }
}
