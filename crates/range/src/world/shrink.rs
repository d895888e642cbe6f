//! How an Auto Scaling group gets rid of members: when it needs fewer, and when it is deleted.

use super::World;
use super::errors::refused;
use super::instances::End;
use casebook::fault::Fault;
use casebook::id::{InstanceId, ScalingGroupName};

/// Whether a group can still terminate a member that is being detached: AWS does not say
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachingReach {
    /// It is out of the group's reach from the call on.
    OutOfReach,
    /// Until it has drained, the health loop terminates it as any other: when it does not run, or when a balancer of the
    /// group calls it unhealthy. A target that drains is not called at all
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>): only
    /// one that was registered with another port, or is registered again, is.
    StillTerminated,
}

impl DetachingReach {
    /// Whether the health loop looks after a member in a state.
    pub(crate) fn includes(self, lifecycle: &str) -> bool {
        lifecycle == "InService" || lifecycle == "Detaching" && self == Self::StillTerminated
    }
}

impl World {
    /// A policy or a schedule wants one member fewer: one in service that is not protected from
    /// scale-in ends, never below the minimum
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>).
    /// Says which.
    pub fn scale_in(&mut self, name: &ScalingGroupName) -> Option<InstanceId> {
        let group = self.scaling.groups.get_mut(name)?;
        if group.shown.desired <= group.shown.min || group.suspends("Terminate") {
            return None;
        }
        group.shown.desired -= 1;
        let mut serving = group.members.iter_mut().filter(|(_, m)| m.lifecycle == "InService" && !m.protected);
        let (id, member) = serving.next()?;
        member.lifecycle = "Terminating".into();
        let id = id.clone();
        self.begin_termination(&id, End::Unwanted);
        Some(id)
    }

    /// DeleteAutoScalingGroup with `ForceDelete`: every member ends, suspended processes and
    /// protections notwithstanding
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html>).
    pub(crate) fn delete_scaling_group(&mut self, name: &ScalingGroupName) -> Result<(), Fault> {
        let unknown = || refused("ValidationError", format!("AutoScalingGroup name not found - {name}"));
        let group = self.scaling.groups.remove(name).ok_or_else(unknown)?;
        group.members.keys().for_each(|id| self.begin_termination(id, End::Unwanted));
        Ok(())
    }
}
