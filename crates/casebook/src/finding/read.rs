//! From one JSON object to a [`Finding`], with every id checked.

use super::accused::{self, Home};
use super::class::Class;
use super::envelope::Parcel;
use super::error::FindingError;
use super::fields::Fields;
use super::text::{clean, is_account_id, is_finding_id, is_finding_type, is_region};
use super::{Finding, ResourceRole, sample, sighting};

/// Reads the finding in a parcel.
pub(super) fn finding(parcel: &Parcel) -> Result<Finding, FindingError> {
    let fields = Fields::of(&parcel.value, &parcel.path)?;
    let origin = origin(&fields, parcel)?;
    let (service, resource) = (fields.object("service")?, fields.object("resource")?);
    let kind = required(&fields, "type", is_finding_type)?;
    let class = Class::of(&kind);
    let title = fields.text("title")?.map_or_else(String::new, |title| clean(&title));
    let home = Home { account: &origin.account, region: &origin.region, partition: &origin.partition };
    let marked = sample::marked(&fields, &title)?;
    let accused = match marked {
        Some(_) => accused::accused_of_sample(&fields, &home),
        None => accused::accused(&fields, class, &home)?,
    };
    let sample = marked.or_else(|| sample::placeholder(&accused));
    if sample.is_none() && !is_account_id(&origin.account) {
        return Err(fields.error("accountId", "is not twelve digits"));
    }
    Ok(Finding {
        id: required(&fields, "id", is_finding_id)?,
        kind,
        severity: fields.number("severity")?,
        title,
        created: time(&fields, "createdAt")?,
        updated: time(&fields, "updatedAt")?,
        count: count(service.as_ref())?,
        sample,
        archived: archived(service.as_ref())?,
        role: role(service.as_ref())?,
        accused,
        principal: accused::principal(resource.as_ref()),
        class,
        workload: sighting::workload(resource.as_ref())?,
        sightings: sighting::sightings(service.as_ref())?,
        account: origin.account,
        region: origin.region,
        partition: origin.partition,
    })
}

/// Where a finding comes from.
struct Origin {
    account: String,
    region: String,
    partition: String,
}

/// The finding's own fields, else its ARN, else its EventBridge envelope. An account or region that
/// nothing names is an error: an instance looked up in the wrong place is never found.
fn origin(fields: &Fields<'_>, parcel: &Parcel) -> Result<Origin, FindingError> {
    let arn = fields.text("arn")?.unwrap_or_default();
    let of_arn = |n: usize| arn.splitn(6, ':').nth(n).filter(|part| !part.is_empty()).map(str::to_owned);
    let missing = |name: &str| fields.error(name, "is missing, also in the ARN and the event");
    let account = fields.text("accountId")?.or_else(|| of_arn(4)).or_else(|| parcel.event.account.clone());
    let region = fields.text("region")?.or_else(|| of_arn(3)).or_else(|| parcel.event.region.clone());
    let region = region.ok_or_else(|| missing("region"))?;
    let partition = fields.text("partition")?.or_else(|| of_arn(1)).unwrap_or_else(|| partition_of(&region).to_owned());
    for (name, text) in [("region", &region), ("partition", &partition)] {
        if !is_region(text) {
            return Err(fields.error(name, "is not one AWS has"));
        }
    }
    Ok(Origin { account: clean(&account.ok_or_else(|| missing("accountId"))?), region, partition })
}

fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn required(fields: &Fields<'_>, name: &str, right: fn(&str) -> bool) -> Result<String, FindingError> {
    let text = fields.text(name)?.ok_or_else(|| fields.error(name, "is missing"))?;
    if right(&text) { Ok(text) } else { Err(fields.error(name, "has characters that GuardDuty does not use")) }
}

fn time(fields: &Fields<'_>, name: &str) -> Result<Option<String>, FindingError> {
    Ok(fields.text(name)?.map(|time| clean(&time)))
}

fn count(service: Option<&Fields<'_>>) -> Result<Option<u64>, FindingError> {
    let Some(service) = service else {
        return Ok(None);
    };
    match service.number("count")? {
        Some(count) if count < 0.0 || count.fract() != 0.0 => Err(service.error("count", "is not a whole number")),
        count => Ok(count.map(|count| count as u64)),
    }
}

fn archived(service: Option<&Fields<'_>>) -> Result<bool, FindingError> {
    let flag = service.map(|service| service.flag("archived")).transpose()?.flatten();
    Ok(flag.unwrap_or(false))
}

/// A role of another name than GuardDuty's counts as none: the brute-force types then ask a person.
fn role(service: Option<&Fields<'_>>) -> Result<Option<ResourceRole>, FindingError> {
    let text = service.map(|service| service.text("resourceRole")).transpose()?.flatten();
    Ok(match text.unwrap_or_default().to_ascii_uppercase().as_str() {
        "ACTOR" | "SOURCE" => Some(ResourceRole::Actor),
        "TARGET" => Some(ResourceRole::Target),
        _ => None,
    })
}
