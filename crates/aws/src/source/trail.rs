//! CloudTrail's last 90 days. Look-ups are slow (two requests a second for the whole account) and
//! may be long, so they stop after a number of pages and say so
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).

use crate::clients::Clients;
use crate::convert::optional_time;
use crate::fault::fault;
use crate::page::Walk;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use casebook::fault::Fault;
use casebook::id::{InstanceId, VolumeId};
use casebook::reading::Reading;
use serde_json::{Value, json};

/// Events of one page, the most there can be.
const PAGE: i32 = 50;
/// Pages of what the sessions did.
const SESSION_PAGES: usize = 10;
/// Pages of what was done to the instance.
const RESOURCE_PAGES: usize = 20;

/// `Document`: what the instance's sessions did, newest first; their user name is the instance's
/// id. `more` is true when there was more than was read.
pub(super) async fn session(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let (events, more) = lookup(c, LookupAttributeKey::Username, id.as_str(), SESSION_PAGES).await?;
    let events = events.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    Ok(Reading::Document(json!({ "events": events, "more": more })))
}

/// The event as CloudTrail wrote it; where that is not JSON, what the look-up says about it.
fn record(event: &Event) -> Result<Value, Fault> {
    let written = event.cloud_trail_event.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let at = optional_time(event.event_time.as_ref(), "Event.EventTime")?;
    let told = json!({ "eventID": event.event_id, "eventName": event.event_name, "eventTime": at });
    Ok(written.unwrap_or(told))
}

/// The volumes that DetachVolume events on the instance name. Older events than the pages hold
/// are not seen.
pub(super) async fn detached_volumes(c: &Clients, id: &InstanceId) -> Result<Vec<VolumeId>, Fault> {
    let (events, _) = lookup(c, LookupAttributeKey::ResourceName, id.as_str(), RESOURCE_PAGES).await?;
    let detached = events.iter().filter(|event| event.event_name.as_deref() == Some("DetachVolume"));
    let resources = detached.flat_map(|event| event.resources.as_deref().unwrap_or_default());
    let names = resources.filter_map(|resource| resource.resource_name.as_deref());
    let mut volumes: Vec<_> = names.filter(|name| name.starts_with("vol-")).map(VolumeId::new).collect();
    volumes.sort();
    volumes.dedup();
    Ok(volumes)
}

/// The events with an attribute, and whether there are more than so many pages.
async fn lookup(c: &Clients, key: LookupAttributeKey, value: &str, pages: usize) -> Result<(Vec<Event>, bool), Fault> {
    let by = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    let by = by.map_err(|error| crate::fault::malformed(&error.to_string()))?;
    let call = c.cloudtrail.lookup_events().lookup_attributes(by).max_results(PAGE);
    let mut walk = Walk::new();
    for _ in 0..pages {
        let page = call.clone().set_next_token(walk.token()).send().await.map_err(fault)?;
        if !walk.turn(page.events, page.next_token)? {
            return Ok((walk.into_items(), false));
        }
    }
    Ok((walk.into_items(), true))
}
