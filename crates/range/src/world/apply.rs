//! Changes and what they do: one line each; the rules are in the files beside this one.

use super::World;
use super::addresses::Seat;
use super::errors::in_change;
use super::forensic::FromSnapshot;
use super::groups::NewGroup;
use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
use casebook::fault::Fault;
use casebook::reading::Made;

impl World {
    /// Makes a change now, or refuses it as AWS would and changes nothing.
    ///
    /// # Errors
    /// AWS's own, by code and class.
    pub fn apply(&mut self, effect: &Effect) -> Result<Made, Fault> {
        if let Some(answer) = self.recalled(effect) {
            return answer;
        }
        self.settle();
        self.keep_echo();
        let made = match effect {
            Effect::Source(effect) => self.apply_source(effect),
            Effect::Forensic(effect) => self.apply_forensic(effect),
        };
        let made = made.map_err(in_change)?;
        self.settle();
        self.remember(effect, &made);
        Ok(made)
    }

    fn apply_source(&mut self, effect: &S) -> Result<Made, Fault> {
        let me = &self.place.source.clone();
        match effect {
            S::Tag { resources, tags } => self.create_tags(me, resources, tags),
            S::SetTerminationProtection { instance, to } => self.protect_termination(me, instance, to.is_on()),
            S::SetStopProtection { instance, to } => self.protect_stop(me, instance, to.is_on()),
            S::SetShutdownBehavior { instance, to } => self.set_shutdown(me, instance, *to),
            S::SetDeleteOnTermination { instance, device, to } => self.set_deletion(me, instance, device, to.is_on()),
            S::SetScaleInProtection { group, instance, to } => self.protect_member(group, instance, to.is_on()),
            S::CreateGroup { vpc, name, tags, .. } => self.create_group(me, &NewGroup { vpc, name, tags }),
            S::RevokeRules { group, rules } => self.revoke_rules(me, group, rules),
            S::AuthorizeRules { group, rules } => self.authorize_rules(me, group, rules),
            S::DeleteGroup { group } => self.delete_group(me, group),
            S::SetInterfaceGroups { interface, groups } => self.set_interface_groups(me, interface, groups),
            S::SetIdleTimeouts { interface, idle } => self.set_idle_timeouts(me, interface, *idle),
            S::CreateAcl { vpc, tags, .. } => self.create_acl(vpc, tags),
            S::ReplaceAcl { association, acl } => self.replace_acl(association, acl),
            S::DisassociateAddress { interface, allocation, private, .. } => {
                self.disassociate_address(me, &Seat { interface, allocation, private })
            }
            S::AssociateAddress { interface, allocation, private } => {
                self.associate_address(me, &Seat { interface, allocation, private })
            }
            S::DetachFromGroup { group, instance, capacity } => self.detach_member(group, instance, *capacity),
            S::EnterStandby { group, instance, capacity } => self.enter_standby(group, instance, *capacity),
            S::ExitStandby { group, instance } => self.exit_standby(group, instance),
            S::AttachToGroup { group, instance } => self.attach_member(me, group, instance),
            S::SuspendProcesses { group, processes } => self.suspend(group, processes),
            S::ResumeProcesses { group, processes } => self.resume(group, processes),
            S::DeregisterClassic { balancer, instance } => self.deregister_classic(me, balancer, instance),
            S::RegisterClassic { balancer, instance } => self.register_classic(balancer, instance),
            S::DeregisterTargets { group, targets } => self.deregister_targets(group, targets),
            S::RegisterTargets { group, targets } => self.register_targets(group, targets),
            S::ReplaceProfile { association, profile } => self.replace_profile(me, association, profile),
            S::DisassociateProfile { association } => self.disassociate_profile(association),
            S::AssociateProfile { instance, profile } => self.associate_profile(me, instance, profile),
            S::PutRolePolicy { role, name, document } => self.put_policy(role, name, document),
            S::DeleteRolePolicy { role, name } => self.delete_policy(role, name),
            S::CreateSnapshots { instance, tags, .. } => {
                let ids = self.snapshot_set(me, instance, tags)?;
                Ok(Made { ids: ids.iter().map(ToString::to_string).collect() })
            }
            S::CreateSnapshot { volume, tags, .. } => self.create_snapshot(me, volume, tags),
            S::LockSnapshot { snapshot, days } => self.lock_snapshot(me, snapshot, *days),
            S::CreateImage { instance, name, tags } => self.create_image(me, instance, name, tags),
            S::Reencrypt { snapshot, key, tags, .. } => self.copy_snapshot(me, snapshot, key, tags),
            S::ReencryptImage { image, key, name, tags, .. } => self.copy_image(me, image, key, name, tags),
            S::ShareSnapshot { snapshot, with } => self.share_snapshot(me, snapshot, with),
            S::UnshareSnapshot { snapshot, from } => self.unshare_snapshot(me, snapshot, from),
            S::ShareImage { image, with } => self.share_image(me, image, with),
            S::UnshareImage { image, from } => self.unshare_image(me, image, from),
            S::Terminate { instance, .. } => self.terminate(me, instance),
        }
    }

    fn apply_forensic(&mut self, effect: &F) -> Result<Made, Fault> {
        let me = &self.place.forensic.clone();
        match effect {
            F::CopySnapshot { snapshot, key, tags, .. } => self.copy_snapshot(me, snapshot, key, tags),
            F::CopyImage { image, key, name, tags, .. } => self.copy_image(me, image, key, name, tags),
            F::LockSnapshot { snapshot, days } => self.lock_snapshot(me, snapshot, *days),
            F::CreateVolume { snapshot, zone, key, tags, .. } => {
                self.create_volume(me, &FromSnapshot { snapshot, zone, key, tags })
            }
            F::CreateGroup { vpc, name, tags, .. } => self.create_group(me, &NewGroup { vpc, name, tags }),
            F::RevokeRules { group, rules } => self.revoke_rules(me, group, rules),
            F::Launch(launch) => self.run_instance(me, launch),
        }
    }
}
