//! Which instances a finding names, and where: the resource, the session behind its credentials, or
//! the resources of an attack sequence.

use super::class::Class;
use super::error::FindingError;
use super::fields::Fields;
use super::text::{clean, is_account_id, is_instance_id, is_region};
use super::{Accused, Evidence};
use serde_json::Value;

/// Where an instance lives unless a resource says otherwise.
pub(super) struct Home<'h> {
    pub(super) account: &'h str,
    pub(super) region: &'h str,
    pub(super) partition: &'h str,
}

impl Home<'_> {
    fn accuse(&self, instance: String, evidence: Evidence) -> Accused {
        Accused {
            instance,
            account: self.account.to_owned(),
            region: self.region.to_owned(),
            partition: self.partition.to_owned(),
            evidence,
        }
    }
}

/// The instances of a finding, each once, the most telling evidence first.
pub(super) fn accused(finding: &Fields<'_>, class: Class, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    let mut found = Vec::new();
    if let Some(resource) = finding.object("resource")? {
        found.extend(of_resource(&resource, class, home)?);
    }
    if let Some(sequence) = finding.nested(&["service", "detection", "sequence"])? {
        found.extend(of_sequence(&sequence, home)?);
    }
    Ok(distinct(found))
}

fn distinct(found: Vec<Accused>) -> Vec<Accused> {
    let mut distinct: Vec<Accused> = Vec::new();
    for next in found {
        let same = |known: &Accused| {
            (&known.instance, &known.account, &known.region) == (&next.instance, &next.account, &next.region)
        };
        if !distinct.iter().any(same) {
            distinct.push(next);
        }
    }
    distinct
}

/// Stolen credentials point at the instance by their session, and the instance details may be the
/// thief's; every other type points by its details.
fn of_resource(resource: &Fields<'_>, class: Class, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    let details = of_details(resource, home)?;
    if class != Class::Credentials && details.is_some() {
        return Ok(details.into_iter().collect());
    }
    let session = match resource.object("accessKeyDetails")? {
        Some(key) => of_key(&key, class, home)?,
        None => None,
    };
    Ok(session.into_iter().chain(details).collect())
}

fn of_details(resource: &Fields<'_>, home: &Home<'_>) -> Result<Option<Accused>, FindingError> {
    let Some(details) = resource.object("instanceDetails")? else {
        return Ok(None);
    };
    let Some(id) = details.text("instanceId")? else {
        return Ok(None);
    };
    if !is_instance_id(&id) {
        return Err(details.bad_instance("instanceId", &id));
    }
    Ok(Some(home.accuse(id, Evidence::InstanceDetails)))
}

/// EC2 names the sessions of an instance's role after the instance: `AROAEXAMPLE:i-…`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
fn of_key(key: &Fields<'_>, class: Class, home: &Home<'_>) -> Result<Option<Accused>, FindingError> {
    let user = key.text("userName")?;
    for name in ["principalId", "userName"] {
        let Some(text) = key.text(name)? else {
            continue;
        };
        let session = session(&text);
        if is_instance_id(session) {
            let role = user.as_deref().filter(|_| name == "principalId").map(clean);
            let evidence = Evidence::Principal { principal_id: clean(&text), role };
            return Ok(Some(home.accuse(session.to_owned(), evidence)));
        }
        // Elsewhere a session is named by whoever assumes the role, and may start with anything.
        if class == Class::Credentials && session.starts_with("i-") {
            return Err(key.bad_instance(name, session));
        }
    }
    Ok(None)
}

/// Whose credentials a finding is about, whether or not an instance stands behind them. It informs, and what is
/// no text is left out.
pub(super) fn principal(resource: Option<&Fields<'_>>) -> Option<String> {
    let key = resource?.object("accessKeyDetails").ok()??;
    let names = ["principalId", "userName"].into_iter().filter_map(|name| key.get(name)?.as_str());
    names.map(clean).find(|name| !name.is_empty())
}

/// The session in a principal id or an assumed role's ARN: what follows the last `:` or `/`.
fn session(text: &str) -> &str {
    text.rsplit([':', '/']).next().unwrap_or(text)
}

/// A sequence lists its instances as resources of their own. Where it does not, the groups they
/// share (a profile, an Auto Scaling group, an image) list them, or a session gives one away.
fn of_sequence(sequence: &Fields<'_>, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    let resources = sequence.objects("resources")?;
    for read in [of_instance_resource, of_group_resource, of_key_resource] {
        let mut found = Vec::new();
        for resource in &resources {
            found.extend(read(resource, home)?);
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn of_instance_resource(resource: &Fields<'_>, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    if !resource.text("resourceType")?.is_some_and(|kind| kind.eq_ignore_ascii_case("EC2_INSTANCE")) {
        return Ok(Vec::new());
    }
    let uid = resource.text("uid")?.unwrap_or_default();
    Ok(vec![at_home_of(resource, home, "uid", &uid)?])
}

/// The groups by which GuardDuty ties compromised instances together
/// (<https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ResourceData.html>). The nodes of
/// a cluster are not among them: a cluster lists all its nodes, compromised or not.
const GROUPS: [&str; 6] = [
    "iamInstanceProfile",
    "autoscalingAutoScalingGroup",
    "ec2LaunchTemplate",
    "ec2Image",
    "ec2Vpc",
    "cloudformationStack",
];

fn of_group_resource(resource: &Fields<'_>, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    let mut found = Vec::new();
    for group in GROUPS {
        let Some(data) = resource.nested(&["data", group])? else {
            continue;
        };
        for uid in data.list("ec2InstanceUids")? {
            let uid = uid.as_str().ok_or_else(|| data.error("ec2InstanceUids", "is not a list of text"))?;
            found.push(at_home_of(resource, home, "data.ec2InstanceUids", uid)?);
        }
    }
    Ok(found)
}

fn of_key_resource(resource: &Fields<'_>, home: &Home<'_>) -> Result<Vec<Accused>, FindingError> {
    match resource.nested(&["data", "accessKey"])? {
        Some(key) => Ok(of_key(&key, Class::NotAnInstance, home)?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}

/// An instance by its ARN or bare id, in the account and region its resource names.
fn at_home_of(resource: &Fields<'_>, home: &Home<'_>, field: &str, uid: &str) -> Result<Accused, FindingError> {
    let mut arn = uid.splitn(6, ':').skip(1);
    let (partition, region, account) = match (arn.next(), arn.next(), arn.next(), arn.next()) {
        (Some(partition), Some("ec2"), Some(region), Some(account)) => (Some(partition), Some(region), Some(account)),
        _ => (None, None, None),
    };
    let id = uid.rsplit('/').next().unwrap_or(uid);
    if !is_instance_id(id) {
        return Err(resource.bad_instance(field, uid));
    }
    let choose = |name: &str, from_arn: Option<&str>, default: &str, right: fn(&str) -> bool| {
        let chosen = resource.text(name)?.or(from_arn.map(str::to_owned)).unwrap_or_else(|| default.to_owned());
        if right(&chosen) || chosen == default { Ok(chosen) } else { Err(resource.error(name, "is not one AWS has")) }
    };
    Ok(Accused {
        instance: id.to_owned(),
        account: choose("accountId", account, home.account, is_account_id)?,
        region: choose("region", region, home.region, is_region)?,
        partition: choose("cloudPartition", partition, home.partition, is_region)?,
        evidence: Evidence::SequenceResource,
    })
}

/// The instances of a sample, whose ids need not look like ids.
pub(super) fn accused_of_sample(finding: &Fields<'_>, home: &Home<'_>) -> Vec<Accused> {
    let id = finding.nested(&["resource", "instanceDetails"]).ok().flatten().and_then(|details| {
        details.get("instanceId").and_then(Value::as_str).filter(|id| is_instance_id(id)).map(str::to_owned)
    });
    id.into_iter().map(|id| home.accuse(id, Evidence::InstanceDetails)).collect()
}
