//! The instance profile and its tie to the instance. None of these calls has a dry run.

use crate::clients::Clients;
use crate::convert::decoded;
use crate::fault::{fault, need};
use aws_sdk_ec2::types::{IamInstanceProfileAssociation, IamInstanceProfileSpecification};
use aws_sdk_iam::types as iam;
use casebook::fault::Fault;
use casebook::id::{Arn, InstanceId, ProfileAssociationId, RoleName};
use casebook::reading::{Made, Reading};
use casebook::scene::identity::{Profile, Role};

/// `Profile` (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html>).
pub(super) async fn read(c: &Clients, name: &str) -> Result<Reading, Fault> {
    let answer = c.iam.get_instance_profile().instance_profile_name(name).send().await.map_err(fault)?;
    let profile = need(answer.instance_profile, "GetInstanceProfile.InstanceProfile")?;
    let role = profile.roles.into_iter().next().map(role).transpose()?;
    Ok(Reading::Profile(Profile { arn: Arn::new(profile.arn), role }))
}

fn role(from: iam::Role) -> Result<Role, Fault> {
    let trust = decoded(&need(from.assume_role_policy_document, "Role.AssumeRolePolicyDocument")?);
    Ok(Role { name: RoleName::new(from.role_name), arn: Arn::new(from.arn), id: from.role_id, trust })
}

/// ec2:ReplaceIamInstanceProfileAssociation, which gives the tie a new id.
pub(super) async fn replace(c: &Clients, tie: &ProfileAssociationId, profile: &Arn) -> Result<Made, Fault> {
    let call = c.ec2.replace_iam_instance_profile_association().association_id(tie.as_str());
    let answer = call.iam_instance_profile(named(profile)).send().await.map_err(fault)?;
    made(answer.iam_instance_profile_association)
}

/// ec2:DisassociateIamInstanceProfile.
pub(super) async fn disassociate(c: &Clients, tie: &ProfileAssociationId) -> Result<Made, Fault> {
    c.ec2.disassociate_iam_instance_profile().association_id(tie.as_str()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// ec2:AssociateIamInstanceProfile.
pub(super) async fn associate(c: &Clients, instance: &InstanceId, profile: &Arn) -> Result<Made, Fault> {
    let call = c.ec2.associate_iam_instance_profile().instance_id(instance.as_str());
    let answer = call.iam_instance_profile(named(profile)).send().await.map_err(fault)?;
    made(answer.iam_instance_profile_association)
}

fn named(profile: &Arn) -> IamInstanceProfileSpecification {
    IamInstanceProfileSpecification::builder().arn(profile.as_str()).build()
}

fn made(tie: Option<IamInstanceProfileAssociation>) -> Result<Made, Fault> {
    let id = tie.and_then(|tie| tie.association_id);
    Ok(Made::one(need(id, "IamInstanceProfileAssociation.AssociationId")?))
}
