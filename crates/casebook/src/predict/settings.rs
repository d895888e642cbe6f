//! Attributes, tags, Auto Scaling and load balancers after an effect.

use super::Predicted;
use crate::effect::{Effect, SourceEffect as E, Switch};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::balancer::{ClassicBalancer, TargetHealth};
use crate::scene::instance::{Attribute, AttributeValue, Instance, InstanceState, ShutdownBehavior};
use crate::scene::scaling::Membership;

/// The reading after one effect.
pub fn after(query: &Query, mut reading: Reading, predicted: &Predicted) -> Reading {
    let Effect::Source(effect) = &predicted.effect else { return reading };
    match &mut reading {
        Reading::Attribute(value) => attribute(query, value, effect),
        Reading::Instance(instance) => of_instance(instance, effect),
        Reading::Volumes(volumes) => {
            if let E::Tag { resources, tags } = effect {
                let tagged = volumes.iter_mut().filter(|volume| resources.iter().any(|r| r == volume.id.as_str()));
                tagged.for_each(|volume| volume.tags.extend(tags.clone()));
            }
        }
        Reading::Membership(membership) => of_member(membership, effect),
        Reading::ScalingGroup(group) => match effect {
            E::SuspendProcesses { group: name, processes } if *name == group.name => {
                group.suspended.extend(processes.clone())
            }
            E::ResumeProcesses { group: name, processes } if *name == group.name => {
                group.suspended.retain(|process| !processes.contains(process));
            }
            _ => {}
        },
        Reading::Classic(balancers) => of_classic(balancers, effect),
        Reading::TargetHealth(targets) => of_targets(query, targets, effect),
        _ => {}
    }
    reading
}

/// What DescribeInstanceAttribute would say of an instance that Impound launches.
pub fn launched(attribute: Attribute) -> AttributeValue {
    match attribute {
        Attribute::TerminationProtection | Attribute::StopProtection => AttributeValue::Flag(false),
        Attribute::ShutdownBehavior => AttributeValue::Shutdown(ShutdownBehavior::Stop),
        Attribute::UserData => AttributeValue::UserData(None),
    }
}

fn attribute(query: &Query, value: &mut AttributeValue, effect: &E) {
    let Query::Source(S::Attribute(_, attribute)) = query else { return };
    match (attribute, effect) {
        (Attribute::TerminationProtection, E::SetTerminationProtection { to, .. })
        | (Attribute::StopProtection, E::SetStopProtection { to, .. }) => *value = AttributeValue::Flag(to.is_on()),
        (Attribute::ShutdownBehavior, E::SetShutdownBehavior { to, .. }) => *value = AttributeValue::Shutdown(*to),
        _ => {}
    }
}

fn of_instance(instance: &mut Instance, effect: &E) {
    match effect {
        E::Tag { resources, tags } if resources.iter().any(|r| r == instance.id.as_str()) => {
            instance.tags.extend(tags.clone())
        }
        E::SetDeleteOnTermination { device, to, .. } => {
            let disks = instance.block_devices.iter_mut().filter(|disk| disk.device == *device);
            disks.for_each(|disk| disk.delete_on_termination = to.is_on());
        }
        E::Terminate { .. } => instance.state = InstanceState::Terminated,
        _ => {}
    }
}

fn of_member(membership: &mut Option<Membership>, effect: &E) {
    match effect {
        E::DetachFromGroup { .. } => *membership = None,
        E::EnterStandby { .. } => set_lifecycle(membership, "Standby"),
        E::ExitStandby { .. } => set_lifecycle(membership, "InService"),
        E::AttachToGroup { group, .. } => {
            let (lifecycle, health) = ("InService".into(), "HEALTHY".into());
            *membership = Some(Membership { group: group.clone(), lifecycle, health, protected: false });
        }
        E::SetScaleInProtection { to, .. } => {
            if let Some(member) = membership {
                member.protected = *to == Switch::On;
            }
        }
        _ => {}
    }
}

fn set_lifecycle(membership: &mut Option<Membership>, to: &str) {
    if let Some(member) = membership {
        member.lifecycle = to.into();
    }
}

/// A balancer that takes the instance back is shown again, with nobody else known of it.
fn of_classic(balancers: &mut Vec<ClassicBalancer>, effect: &E) {
    match effect {
        E::DeregisterClassic { balancer, .. } => balancers.retain(|other| other.name != *balancer),
        E::RegisterClassic { balancer, instance } if !balancers.iter().any(|other| other.name == *balancer) => {
            let (name, instances) = (balancer.clone(), vec![instance.clone()]);
            balancers.push(ClassicBalancer { name, instances, draining_seconds: None });
        }
        _ => {}
    }
}

fn of_targets(query: &Query, targets: &mut Vec<TargetHealth>, effect: &E) {
    let Query::Source(S::TargetHealth(arn)) = query else { return };
    match effect {
        E::DeregisterTargets { group, targets: gone } if group == arn => {
            targets.iter_mut().filter(|t| gone.contains(&t.registration)).for_each(|t| t.state = "draining".into());
        }
        E::RegisterTargets { group, targets: back } if group == arn => {
            targets.retain(|t| !back.contains(&t.registration));
            targets.extend(back.iter().map(|r| TargetHealth { registration: r.clone(), state: "initial".into() }));
        }
        _ => {}
    }
}
