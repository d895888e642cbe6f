//! Which facts a change makes stale: what must be read again before anything is claimed.

use super::{Effect, ForensicEffect, SourceEffect};
use crate::id::{Arn, ScalingGroupName};
use crate::query::{ForensicQuery as F, Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::Scene;
use crate::scene::instance::Attribute;

impl Effect {
    /// Whether the answer to a question may be another one after this effect.
    pub fn touches(&self, query: &Query, scene: &Scene) -> bool {
        match (self, query) {
            (Self::Source(effect), Query::Source(query)) => effect.touches(query, scene),
            (Self::Source(effect), Query::Forensic(query)) => effect.touches_forensic(query),
            (Self::Forensic(effect), Query::Forensic(query)) => effect.touches(query),
            (Self::Forensic(_), Query::Source(_)) => false,
        }
    }
}

impl SourceEffect {
    fn touches(&self, query: &S, scene: &Scene) -> bool {
        match self {
            Self::Tag { resources, .. } => shows_tags(query, resources),
            Self::SetTerminationProtection { .. } => matches!(query, S::Attribute(_, Attribute::TerminationProtection)),
            Self::SetStopProtection { .. } => matches!(query, S::Attribute(_, Attribute::StopProtection)),
            Self::SetShutdownBehavior { .. } => matches!(query, S::Attribute(_, Attribute::ShutdownBehavior)),
            Self::SetDeleteOnTermination { .. } => {
                matches!(query, S::Instance(_) | S::AttachedVolumes(_) | S::Volumes(_))
            }
            Self::SetScaleInProtection { .. } => matches!(query, S::Membership(_)),
            Self::CreateGroup { .. }
            | Self::RevokeRules { .. }
            | Self::AuthorizeRules { .. }
            | Self::DeleteGroup { .. } => {
                matches!(query, S::Groups(_) | S::QuarantineGroups | S::GroupReferences(_))
            }
            Self::SetInterfaceGroups { .. } => {
                matches!(query, S::Interfaces(_) | S::GroupMembers(_) | S::QuarantineGroups)
            }
            Self::SetIdleTimeouts { .. } => matches!(query, S::Interfaces(_)),
            Self::CreateAcl { .. } | Self::ReplaceAcl { .. } => matches!(query, S::Acls(_)),
            Self::DisassociateAddress { .. } | Self::AssociateAddress { .. } => {
                matches!(query, S::Interfaces(_) | S::Addresses(_) | S::Instance(_))
            }
            Self::DetachFromGroup { group, .. }
            | Self::EnterStandby { group, .. }
            | Self::ExitStandby { group, .. }
            | Self::AttachToGroup { group, .. } => match query {
                S::TargetHealth(arn) => attached(scene, group, arn),
                _ => matches!(query, S::Membership(_) | S::ScalingGroup(_) | S::ClassicBalancers(_)),
            },
            Self::SuspendProcesses { .. } | Self::ResumeProcesses { .. } => matches!(query, S::ScalingGroup(_)),
            Self::DeregisterClassic { .. } | Self::RegisterClassic { .. } => matches!(query, S::ClassicBalancers(_)),
            Self::DeregisterTargets { group, .. } | Self::RegisterTargets { group, .. } => {
                matches!(query, S::TargetHealth(arn) if arn == group)
            }
            Self::ReplaceProfile { .. } | Self::DisassociateProfile { .. } | Self::AssociateProfile { .. } => {
                matches!(query, S::ProfileAssociations(_) | S::Instance(_) | S::RoleSharers(_))
            }
            Self::PutRolePolicy { .. } | Self::DeleteRolePolicy { .. } => {
                matches!(query, S::RolePolicy(..) | S::RolePolicies(_))
            }
            Self::CreateSnapshots { .. } | Self::CreateSnapshot { .. } | Self::Reencrypt { .. } => {
                matches!(query, S::CaseSnapshots(_) | S::PendingSnapshots(_))
            }
            Self::LockSnapshot { .. } => matches!(query, S::Locks(_)),
            Self::CreateImage { .. } | Self::ReencryptImage { .. } => {
                matches!(query, S::CaseImages(_) | S::CaseSnapshots(_) | S::PendingSnapshots(_))
            }
            Self::ShareSnapshot { snapshot, .. } | Self::UnshareSnapshot { snapshot, .. } => {
                matches!(query, S::SnapshotSharing(id) if id == snapshot)
            }
            Self::ShareImage { image, .. } | Self::UnshareImage { image, .. } => {
                matches!(query, S::ImageSharing(id) if id == image)
            }
            Self::Terminate { .. } => matches!(
                query,
                S::Instance(_)
                    | S::Interfaces(_)
                    | S::AttachedVolumes(_)
                    | S::Volumes(_)
                    | S::Attribute(..)
                    | S::ProfileAssociations(_)
                    | S::Membership(_)
            ),
        }
    }

    /// A share in the source account changes what the forensic account sees.
    fn touches_forensic(&self, query: &F) -> bool {
        match self {
            Self::ShareSnapshot { .. } | Self::UnshareSnapshot { .. } => matches!(query, F::SharedSnapshots(_)),
            Self::ShareImage { .. } | Self::UnshareImage { .. } => matches!(query, F::SharedImages(_)),
            _ => false,
        }
    }
}

impl ForensicEffect {
    fn touches(&self, query: &F) -> bool {
        match self {
            Self::CopySnapshot { .. } => matches!(query, F::CaseSnapshots(_)),
            Self::CopyImage { .. } => matches!(query, F::CaseImages(_) | F::CaseSnapshots(_)),
            Self::LockSnapshot { .. } => matches!(query, F::Locks(_)),
            Self::CreateVolume { .. } => matches!(query, F::CaseVolumes(_)),
            Self::CreateGroup { .. } | Self::RevokeRules { .. } => matches!(query, F::CaseGroups(_)),
            Self::Launch(_) => matches!(query, F::CaseInstances(_) | F::CaseVolumes(_)),
        }
    }
}

/// Whether a question shows the tags of one of these resources.
fn shows_tags(query: &S, resources: &[String]) -> bool {
    let any = |prefix: &str| resources.iter().any(|resource| resource.starts_with(prefix));
    match query {
        S::Instance(_) => any("i-"),
        S::Interfaces(_) => any("eni-"),
        S::AttachedVolumes(_) | S::Volumes(_) => any("vol-"),
        S::CaseSnapshots(_) => any("snap-"),
        S::CaseImages(_) => any("ami-"),
        _ => false,
    }
}

/// Whether a target group is attached to an Auto Scaling group, so that joining or leaving the group
/// changes who is registered there. Unknown counts as attached.
fn attached(scene: &Scene, group: &ScalingGroupName, target_group: &Arn) -> bool {
    match scene.last(&S::ScalingGroup(group.clone()).into()) {
        Some(Reading::ScalingGroup(group)) => group.target_groups.contains(target_group),
        _ => true,
    }
}
