//! The instance's role and who else uses it.

use crate::id::{Arn, InstanceId, ProfileAssociationId, RoleName};
use serde::{Deserialize, Serialize};

/// A tie between an instance and an instance profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileAssociation {
    /// Its id; replacing the profile gives a new one.
    pub id: ProfileAssociationId,
    /// The instance.
    pub instance: InstanceId,
    /// The profile.
    pub profile: Arn,
    /// `associating`, `associated`, `disassociating`, `disassociated`.
    pub state: String,
}

impl ProfileAssociation {
    /// Whether the instance can still get credentials through it.
    pub fn gives_credentials(&self) -> bool {
        self.state != "disassociated"
    }
}

/// An instance profile with its role. A profile holds one role at most; their names differ often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The profile's ARN.
    pub arn: Arn,
    /// The role in it.
    pub role: Option<Role>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its friendly name, which IAM calls take.
    pub name: RoleName,
    /// Its ARN, path included.
    pub arn: Arn,
    /// Its unique id, `AROA…`, the first half of its sessions' principal ids.
    pub id: String,
    /// Who may assume it, as a policy document.
    pub trust: String,
}

/// The policies of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePolicies {
    /// Names and documents of the inline ones.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of the attached ones.
    pub attached: Vec<Arn>,
}

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document, JSON.
    pub document: String,
}

/// Who else lives by a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSharers {
    /// Profiles that hold the role.
    pub profiles: Vec<Arn>,
    /// Instances with one of these profiles, the target included.
    pub instances: Vec<InstanceId>,
}
