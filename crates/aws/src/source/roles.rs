//! The role's policies, and who else lives by the role.

use crate::clients::Clients;
use crate::convert::{decoded, filter};
use crate::fault::{fault, need};
use crate::page::every_page;
use casebook::fault::Fault;
use casebook::id::{Arn, InstanceId, RoleName};
use casebook::reading::{Made, Reading};
use casebook::scene::identity::{InlinePolicy, RolePolicies, RoleSharers};

/// `RolePolicies`.
pub(super) async fn policies(c: &Clients, role: &RoleName) -> Result<Reading, Fault> {
    let names = c.iam.list_role_policies().role_name(role.as_str());
    let mut inline = Vec::new();
    for name in every_page!(names, policy_names, set_marker, marker) {
        inline.push(InlinePolicy { document: document(c, role, &name).await?, name });
    }
    let attached = c.iam.list_attached_role_policies().role_name(role.as_str());
    let attached = every_page!(attached, attached_policies, set_marker, marker);
    let arns = attached.into_iter().map(|policy| need(policy.policy_arn, "AttachedPolicy.PolicyArn").map(Arn::new));
    Ok(Reading::RolePolicies(RolePolicies { inline, attached: arns.collect::<Result<_, _>>()? }))
}

/// `Policy`: `None` when there is none of that name.
pub(super) async fn policy(c: &Clients, role: &RoleName, name: &str) -> Result<Reading, Fault> {
    match document(c, role, name).await {
        Ok(document) => Ok(Reading::Policy(Some(document))),
        Err(fault) if fault.code == "NoSuchEntity" => Ok(Reading::Policy(None)),
        Err(fault) => Err(fault),
    }
}

async fn document(c: &Clients, role: &RoleName, name: &str) -> Result<String, Fault> {
    let call = c.iam.get_role_policy().role_name(role.as_str()).policy_name(name);
    Ok(decoded(&call.send().await.map_err(fault)?.policy_document))
}

/// `RoleSharers`: the profiles that hold the role, and the instances that hold one of them now.
pub(super) async fn sharers(c: &Clients, role: &RoleName) -> Result<Reading, Fault> {
    let profiles = c.iam.list_instance_profiles_for_role().role_name(role.as_str());
    let profiles = every_page!(profiles, instance_profiles, set_marker, marker);
    let profiles: Vec<_> = profiles.into_iter().map(|profile| Arn::new(profile.arn)).collect();
    let instances = instances_with(c, &profiles).await?;
    Ok(Reading::RoleSharers(RoleSharers { profiles, instances }))
}

async fn instances_with(c: &Clients, profiles: &[Arn]) -> Result<Vec<InstanceId>, Fault> {
    let call = c.ec2.describe_iam_instance_profile_associations();
    let call = call.filters(filter("state", ["associating", "associated"]));
    let ties = every_page!(call, iam_instance_profile_associations);
    let ours = |arn: &str| profiles.iter().any(|profile| profile.as_str() == arn);
    let with = ties.into_iter().filter(|tie| {
        let profile = tie.iam_instance_profile.as_ref().and_then(|profile| profile.arn.as_deref());
        profile.is_some_and(ours)
    });
    let mut ids: Vec<InstanceId> = with.filter_map(|tie| tie.instance_id).map(InstanceId::new).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// iam:PutRolePolicy.
pub(super) async fn put(c: &Clients, role: &RoleName, name: &str, document: &str) -> Result<Made, Fault> {
    let call = c.iam.put_role_policy().role_name(role.as_str()).policy_name(name).policy_document(document);
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// iam:DeleteRolePolicy.
pub(super) async fn delete(c: &Clients, role: &RoleName, name: &str) -> Result<Made, Fault> {
    c.iam.delete_role_policy().role_name(role.as_str()).policy_name(name).send().await.map_err(fault)?;
    Ok(Made::nothing())
}
