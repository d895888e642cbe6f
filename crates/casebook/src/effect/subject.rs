//! What a setting effect sets: two effects of one subject undo each other.

use super::{Effect, SourceEffect as S};

impl Effect {
    /// The one thing whose value this effect sets; `None` for effects that make something.
    pub fn subject(&self) -> Option<String> {
        let Self::Source(effect) = self else { return None };
        Some(match effect {
            S::SetTerminationProtection { instance, .. } => format!("termination-protection/{instance}"),
            S::SetStopProtection { instance, .. } => format!("stop-protection/{instance}"),
            S::SetShutdownBehavior { instance, .. } => format!("shutdown/{instance}"),
            S::SetDeleteOnTermination { instance, device, .. } => format!("delete-on-termination/{instance}/{device}"),
            S::SetScaleInProtection { instance, .. } => format!("scale-in/{instance}"),
            S::SetInterfaceGroups { interface, .. } => format!("groups/{interface}"),
            S::SetIdleTimeouts { interface, .. } => format!("idle/{interface}"),
            S::DisassociateAddress { allocation, .. } | S::AssociateAddress { allocation, .. } => {
                format!("address/{allocation}")
            }
            S::DetachFromGroup { instance, .. }
            | S::EnterStandby { instance, .. }
            | S::ExitStandby { instance, .. }
            | S::AttachToGroup { instance, .. } => format!("membership/{instance}"),
            S::SuspendProcesses { group, .. } | S::ResumeProcesses { group, .. } => format!("processes/{group}"),
            S::DeregisterClassic { balancer, instance } | S::RegisterClassic { balancer, instance } => {
                format!("classic/{balancer}/{instance}")
            }
            S::DeregisterTargets { group, .. } | S::RegisterTargets { group, .. } => format!("targets/{group}"),
            S::PutRolePolicy { role, name, .. } | S::DeleteRolePolicy { role, name } => format!("policy/{role}/{name}"),
            _ => return None,
        })
    }
}
