//! An administrator's hands on credentials: profiles put back, denies taken away.

use super::{Administrator, Call};
use casebook::fault::Fault;
use casebook::id::{Arn, InstanceId, RoleName};

impl Administrator<'_> {
    /// Gives an instance a profile whatever it has: ReplaceIamInstanceProfileAssociation, or
    /// AssociateIamInstanceProfile where there is none. Nothing is asked for when the profile
    /// stands already.
    ///
    /// # Errors
    /// AWS's own.
    pub fn associate_profile(&mut self, instance: &InstanceId, profile: &Arn) -> Result<(), Fault> {
        match self.world.association_of(instance).cloned() {
            Some(held) if held.profile == *profile && held.state != "disassociating" => Ok(()),
            Some(held) => {
                let resources = [held.id.as_str(), instance.as_str(), profile.as_str()];
                let call = Call::new("ec2:ReplaceIamInstanceProfileAssociation", &resources);
                self.call(call, |world, me| world.replace_profile(me, &held.id, profile).map(drop))
            }
            None => {
                let call = Call::new("ec2:AssociateIamInstanceProfile", &[instance.as_str(), profile.as_str()]);
                self.call(call, |world, me| world.associate_profile(me, instance, profile).map(drop))
            }
        }
    }

    /// DisassociateIamInstanceProfile: the quarantine profile taken off again.
    ///
    /// # Errors
    /// AWS's own; [`casebook::fault::FaultClass::NotFound`] when there is no association.
    pub fn disassociate_profile(&mut self, instance: &InstanceId) -> Result<(), Fault> {
        let held = self.world.association_of(instance).map(|held| held.id.clone());
        let id = held.unwrap_or_else(|| "iip-assoc-00000000000000000".into());
        let call = Call::new("ec2:DisassociateIamInstanceProfile", &[id.as_str(), instance.as_str()]);
        self.call(call, |world, _| world.disassociate_profile(&id).map(drop))
    }

    /// iam:DeleteRolePolicy: a deny is gone, even before it worked.
    ///
    /// # Errors
    /// IAM's own.
    pub fn delete_role_policy(&mut self, role: &RoleName, name: &str) -> Result<(), Fault> {
        let call = Call::new("iam:DeleteRolePolicy", &[role.as_str(), name]);
        self.call(call, |world, _| world.delete_policy(role, name).map(drop))
    }

    /// iam:CreateRole: a role without policies that whoever the account lets may assume.
    ///
    /// # Errors
    /// IAM's own.
    pub fn create_role(&mut self, role: &RoleName) -> Result<(), Fault> {
        let call = Call::new("iam:CreateRole", &[role.as_str()]);
        self.call(call, |world, _| world.create_role(role))
    }

    /// iam:PutRolePolicy: a deny under the same name that denies nothing.
    ///
    /// # Errors
    /// IAM's own.
    pub fn put_role_policy(&mut self, role: &RoleName, name: &str, document: &str) -> Result<(), Fault> {
        let call = Call::new("iam:PutRolePolicy", &[role.as_str(), name]);
        self.call(call, |world, _| world.put_policy(role, name, document).map(drop))
    }
}
