//! Roles, instance profiles, their associations, and the sessions that the metadata service gave
//! out. Sessions cannot be revoked: they die when they expire or when a deny meets them
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access.html>).

use super::World;
use super::errors::{missing, refused};
use super::sessions::MetadataCache;
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, InstanceId, ProfileAssociationId, RoleName};
use casebook::reading::Made;
use casebook::scene::identity::{InlinePolicy, Profile, ProfileAssociation, Role, RolePolicies, RoleSharers};
use casebook::scene::instance::InstanceState;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Roles and profiles of the account under investigation.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    /// Roles by friendly name.
    pub roles: BTreeMap<RoleName, RoleRecord>,
    /// Profiles by friendly name.
    pub profiles: BTreeMap<String, Profile>,
    /// Associations of instances and profiles.
    pub associations: BTreeMap<ProfileAssociationId, ProfileAssociation>,
    /// Sessions that were given out.
    pub sessions: Vec<Session>,
    /// What the metadata services hand out at the moment.
    pub metadata: MetadataCache,
}

/// A role.
#[derive(Clone, Debug)]
pub struct RoleRecord {
    /// As it shows itself.
    pub shown: Role,
    /// Its inline policies.
    pub inline: Vec<InlineRecord>,
    /// The ARNs of its attached policies.
    pub attached: Vec<Arn>,
}

/// An inline policy.
#[derive(Clone, Debug)]
pub struct InlineRecord {
    /// As it shows itself.
    pub shown: InlinePolicy,
    /// From when on it works everywhere.
    pub works_from: Timestamp,
}

/// Credentials in somebody's hands.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose they are, for people.
    pub label: String,
    /// The role.
    pub role: RoleName,
    /// The instance that they were given to; `None` for sessions obtained onward.
    pub instance: Option<InstanceId>,
    /// When it was given out; `aws:TokenIssueTime` is that by AWS's clock.
    pub issued: Timestamp,
    /// When they end by themselves.
    pub expires: Timestamp,
}

/// How long an association takes to settle.
const SETTLING: SignedDuration = SignedDuration::from_secs(5);
/// What the inline policies of a role may hold together, without white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const INLINE_CHARACTERS: usize = 10_240;

impl World {
    pub(crate) fn association_of(&self, instance: &InstanceId) -> Option<&ProfileAssociation> {
        self.identity.associations.values().find(|association| association.instance == *instance)
    }

    pub(crate) fn associations_of(&self, owner: &AccountId, instance: &InstanceId) -> Vec<ProfileAssociation> {
        if self.machine(owner, instance).is_err() {
            return Vec::new();
        }
        self.identity.associations.values().filter(|held| held.instance == *instance).cloned().collect()
    }

    /// iam:GetInstanceProfile, by friendly name.
    pub(crate) fn profile(&self, name: &str) -> Result<Profile, Fault> {
        self.identity.profiles.get(name).cloned().ok_or_else(|| missing("NoSuchEntity", name))
    }

    fn role(&self, name: &RoleName) -> Result<&RoleRecord, Fault> {
        self.identity.roles.get(name).ok_or_else(|| missing("NoSuchEntity", name.as_str()))
    }

    pub(crate) fn role_policies(&self, name: &RoleName) -> Result<RolePolicies, Fault> {
        let role = self.role(name)?;
        let inline = role.inline.iter().map(|policy| policy.shown.clone()).collect();
        Ok(RolePolicies { inline, attached: role.attached.clone() })
    }

    pub(crate) fn role_policy(&self, role: &RoleName, name: &str) -> Result<Option<String>, Fault> {
        let policies = &self.role(role)?.inline;
        Ok(policies.iter().find(|policy| policy.shown.name == name).map(|policy| policy.shown.document.clone()))
    }

    /// Everybody with a profile that holds the role.
    pub(crate) fn role_sharers(&self, role: &RoleName) -> Result<RoleSharers, Fault> {
        self.role(role)?;
        let holds = |profile: &&Profile| profile.role.as_ref().is_some_and(|held| held.name == *role);
        let profiles: Vec<Arn> =
            self.identity.profiles.values().filter(holds).map(|profile| profile.arn.clone()).collect();
        let associations = self.identity.associations.values().filter(|held| profiles.contains(&held.profile));
        let mut instances: Vec<InstanceId> = associations.map(|association| association.instance.clone()).collect();
        instances.sort();
        Ok(RoleSharers { profiles, instances })
    }

    /// iam:CreateRole, with a trust policy that names the account; a name is given once
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
    pub(crate) fn create_role(&mut self, name: &RoleName) -> Result<(), Fault> {
        if self.role(name).is_ok() {
            return Err(refused("EntityAlreadyExists", format!("Role with name {name} already exists.")));
        }
        let number = self.number();
        let (partition, account) = (&self.place.partition, &self.place.source);
        let trust = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let shown = Role {
            name: name.clone(),
            arn: Arn::new(format!("arn:{partition}:iam::{account}:role/{name}")),
            id: format!("AROA{number:017X}"),
            trust,
        };
        self.identity.roles.insert(name.clone(), RoleRecord { shown, inline: Vec::new(), attached: Vec::new() });
        Ok(())
    }

    fn known_profile(&self, arn: &Arn) -> Result<(), Fault> {
        if self.identity.profiles.values().any(|profile| profile.arn == *arn) {
            return Ok(());
        }
        let message = format!("Value ({arn}) for parameter iamInstanceProfile.arn is invalid");
        Err(refused("InvalidParameterValue", message))
    }

    fn associate(&mut self, instance: &InstanceId, profile: &Arn) -> Made {
        let id = ProfileAssociationId::new(self.fresh("iip-assoc"));
        let shown = ProfileAssociation {
            id: id.clone(),
            instance: instance.clone(),
            profile: profile.clone(),
            state: "associating".into(),
        };
        self.identity.associations.insert(id.clone(), shown);
        self.schedule(SETTLING, Event::ProfileSettled(id.clone()));
        Made::one(id.as_str())
    }

    /// AssociateIamInstanceProfile: an instance has one profile at most
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html>).
    pub(crate) fn associate_profile(
        &mut self,
        owner: &AccountId,
        instance: &InstanceId,
        profile: &Arn,
    ) -> Result<Made, Fault> {
        self.machine(owner, instance)?;
        self.known_profile(profile)?;
        if let Some(held) = self.association_of(instance) {
            let message = format!("There is an existing association {} for instance {instance}", held.id);
            return Err(refused("IncorrectState", message));
        }
        Ok(self.associate(instance, profile))
    }

    fn association(&self, id: &ProfileAssociationId) -> Result<&ProfileAssociation, Fault> {
        let unknown = || missing("NoSuchAssociation", id.as_str());
        self.identity.associations.get(id).ok_or_else(unknown)
    }

    /// ReplaceIamInstanceProfileAssociation: of a running instance; gives a new association
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html>).
    pub(crate) fn replace_profile(
        &mut self,
        owner: &AccountId,
        id: &ProfileAssociationId,
        profile: &Arn,
    ) -> Result<Made, Fault> {
        let held = self.association(id)?.clone();
        self.known_profile(profile)?;
        if held.state == "disassociating" || self.machine(owner, &held.instance)?.shown.state != InstanceState::Running
        {
            let message = format!("{id} cannot be replaced: its instance is not running or it is being removed");
            return Err(refused("IncorrectState", message));
        }
        self.identity.associations.remove(id);
        Ok(self.associate(&held.instance, profile))
    }

    /// DisassociateIamInstanceProfile: credentials already given out stay valid
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html>).
    pub(crate) fn disassociate_profile(&mut self, id: &ProfileAssociationId) -> Result<Made, Fault> {
        self.association(id)?;
        let held = self.identity.associations.get_mut(id).expect("looked up above");
        held.state = "disassociating".into();
        self.schedule(SETTLING, Event::ProfileSettled(id.clone()));
        Ok(Made::nothing())
    }

    pub(crate) fn profile_settles(&mut self, id: &ProfileAssociationId) {
        let Some(held) = self.identity.associations.get_mut(id) else { return };
        match held.state.as_str() {
            "associating" => held.state = "associated".into(),
            "disassociating" => drop(self.identity.associations.remove(id)),
            _ => {}
        }
    }

    /// iam:PutRolePolicy: shown at once, in force a while later.
    pub(crate) fn put_policy(&mut self, role: &RoleName, name: &str, document: &str) -> Result<Made, Fault> {
        if serde_json::from_str::<serde_json::Value>(document).is_err() {
            return Err(refused("MalformedPolicyDocument", format!("the document of {name} is not JSON")));
        }
        let others = self.role(role)?.inline.iter().filter(|policy| policy.shown.name != name);
        let size = |document: &str| document.chars().filter(|c| !c.is_whitespace()).count();
        let total = others.map(|policy| size(&policy.shown.document)).sum::<usize>() + size(document);
        if total > INLINE_CHARACTERS {
            let message = format!("Maximum policy size of {INLINE_CHARACTERS} bytes exceeded for role {role}");
            return Err(refused("LimitExceeded", message));
        }
        let works_from = self.after(self.settings.policy_lag);
        let shown = InlinePolicy { name: name.to_owned(), document: document.to_owned() };
        let inline = &mut self.identity.roles.get_mut(role).expect("looked up above").inline;
        inline.retain(|policy| policy.shown.name != name);
        inline.push(InlineRecord { shown, works_from });
        Ok(Made::nothing())
    }

    /// iam:DeleteRolePolicy: works at once, which is the worst that can happen to a deny.
    pub(crate) fn delete_policy(&mut self, role: &RoleName, name: &str) -> Result<Made, Fault> {
        if self.role_policy(role, name)?.is_none() {
            return Err(missing("NoSuchEntity", name));
        }
        let inline = &mut self.identity.roles.get_mut(role).expect("looked up above").inline;
        inline.retain(|policy| policy.shown.name != name);
        Ok(Made::nothing())
    }
}
