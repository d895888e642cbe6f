//! An administrator's hands on the instance itself: protections, its group, its end, its tags.

use super::{Administrator, Call};
use casebook::fault::Fault;
use casebook::id::{InstanceId, ScalingGroupName};
use casebook::scene::instance::{ShutdownBehavior, Tags};

impl Administrator<'_> {
    /// ModifyInstanceAttribute `DisableApiTermination`, off.
    ///
    /// # Errors
    /// AWS's own.
    pub fn lift_termination_protection(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifyInstanceAttribute", &[instance.as_str()]);
        self.call(call, |world, me| world.protect_termination(me, instance, false).map(drop))
    }

    /// ModifyInstanceAttribute `DisableApiStop`, off.
    ///
    /// # Errors
    /// AWS's own.
    pub fn lift_stop_protection(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifyInstanceAttribute", &[instance.as_str()]);
        self.call(call, |world, me| world.protect_stop(me, instance, false).map(drop))
    }

    /// ModifyInstanceAttribute `InstanceInitiatedShutdownBehavior`.
    ///
    /// # Errors
    /// AWS's own.
    pub fn set_shutdown_behavior(&mut self, instance: &InstanceId, to: ShutdownBehavior) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifyInstanceAttribute", &[instance.as_str()]);
        self.call(call, |world, me| world.set_shutdown(me, instance, to).map(drop))
    }

    /// TerminateInstances: obeys the protections that still stand.
    ///
    /// # Errors
    /// AWS's own.
    pub fn terminate(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("ec2:TerminateInstances", &[instance.as_str()]);
        self.call(call, |world, me| world.terminate(me, instance).map(drop))
    }

    /// StopInstances: memory and instance store go; obeys stop protection.
    ///
    /// # Errors
    /// AWS's own.
    pub fn stop(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("ec2:StopInstances", &[instance.as_str()]);
        self.call(call, |world, me| world.stop(me, instance))
    }

    /// RebootInstances: memory goes, and no protection stands against it.
    ///
    /// # Errors
    /// AWS's own.
    pub fn reboot(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("ec2:RebootInstances", &[instance.as_str()]);
        self.call(call, |world, me| world.reboot(me, instance))
    }

    /// DeleteAutoScalingGroup with `ForceDelete`: every member ends.
    ///
    /// # Errors
    /// Auto Scaling's own.
    pub fn delete_scaling_group(&mut self, group: &ScalingGroupName) -> Result<(), Fault> {
        let call = Call::new("autoscaling:DeleteAutoScalingGroup", &[group.as_str()]);
        self.call(call, |world, _| world.delete_scaling_group(group))
    }

    /// autoscaling:AttachInstances: back under the health loop, which kills what is isolated.
    ///
    /// # Errors
    /// Auto Scaling's own.
    pub fn attach_to_group(&mut self, group: &ScalingGroupName, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("autoscaling:AttachInstances", &[group.as_str(), instance.as_str()]);
        self.call(call, |world, me| world.attach_member(me, group, instance).map(drop))
    }

    /// CreateTags
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>).
    ///
    /// # Errors
    /// AWS's own.
    pub fn write_tags(&mut self, resource: &str, tags: &Tags) -> Result<(), Fault> {
        let call = Call::new("ec2:CreateTags", &[resource]).tagging(tags.keys());
        self.call(call, |world, me| world.create_tags(me, &[resource.to_owned()], tags).map(drop))
    }

    /// DeleteTags of some keys; a key that is not there is no error
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>).
    ///
    /// # Errors
    /// AWS's own.
    pub fn strip_tags(&mut self, resource: &str, keys: &[String]) -> Result<(), Fault> {
        let call = Call::new("ec2:DeleteTags", &[resource]).tagging(keys.iter());
        self.call(call, |world, me| world.delete_tags(me, resource, keys))
    }
}
