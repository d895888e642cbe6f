//! CloudTrail's last 90 days. Two look-ups a second are allowed to everybody in the account and
//! region together, so pages keep a pace, and a page that is refused for its rate is asked again
//! rather than the whole list. Lists may be long: they stop after a number of pages and say so
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).

use crate::clients::Clients;
use crate::convert::optional_time;
use crate::fault::fault;
use crate::page::Walk;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::operation::lookup_events::builders::LookupEventsFluentBuilder;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use casebook::fault::{Fault, FaultClass};
use casebook::id::{InstanceId, VolumeId};
use casebook::reading::Reading;
use casebook::scene::trail::{TrailChange, TrailChanges};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Events of one page, the most there can be.
const PAGE: i32 = 50;
/// Pages of what the sessions did.
const SESSION_PAGES: usize = 10;
/// Pages of what was detached in the whole account: a minute of asking.
const DETACHED_PAGES: usize = 120;
/// Pages of what was done to one thing: those who only read it, ourselves included, stand there too.
const CHANGE_PAGES: usize = 6;
/// How often a page is asked for that is refused for its rate.
const TRIES: u32 = 5;

/// A list of events, newest first.
struct Found {
    events: Vec<Event>,
    /// Whether it ends where the events end, not where the reading stopped.
    whole: bool,
}

/// `Document`: what the instance's sessions did, newest first; their user name is the instance's
/// id. `more` is true when there was more than was read.
pub(super) async fn session(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let found = lookup(c, LookupAttributeKey::Username, id.as_str(), SESSION_PAGES).await?;
    let events = found.events.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    Ok(Reading::Document(json!({ "events": events, "more": !found.whole })))
}

/// The event as CloudTrail wrote it; where that is not JSON, what the look-up says about it.
fn record(event: &Event) -> Result<Value, Fault> {
    let at = optional_time(event.event_time.as_ref(), "Event.EventTime")?;
    let told = json!({ "eventID": event.event_id, "eventName": event.event_name, "eventTime": at });
    Ok(written(event).unwrap_or(told))
}

fn written(event: &Event) -> Option<Value> {
    serde_json::from_str(event.cloud_trail_event.as_deref()?).ok()
}

/// `Changes`: what was called to change one thing, newest first, by the name that CloudTrail lists among
/// an event's resources. Calls that only read are left out.
pub(super) async fn changes(c: &Clients, resource: &str) -> Result<Reading, Fault> {
    let found = lookup(c, LookupAttributeKey::ResourceName, resource, CHANGE_PAGES).await?;
    let changing = found.events.iter().filter(|event| event.read_only.as_deref() != Some("true"));
    let changes = changing.filter_map(|event| change(event).transpose()).collect::<Result<_, _>>()?;
    Ok(Reading::Changes(TrailChanges { changes, whole: found.whole }))
}

/// An event without a time says nothing about when.
fn change(event: &Event) -> Result<Option<TrailChange>, Fault> {
    let Some(at) = optional_time(event.event_time.as_ref(), "Event.EventTime")? else { return Ok(None) };
    let at = at.parse().map_err(|_| crate::fault::malformed("Event.EventTime"))?;
    let written = written(event).unwrap_or_default();
    let told = |value: &Value| value.as_str().map(str::to_owned);
    let identity = &written["userIdentity"];
    let by = told(&identity["arn"]).or_else(|| told(&identity["invokedBy"])).or_else(|| event.username.clone());
    Ok(Some(TrailChange {
        at,
        event: event.event_name.clone().unwrap_or_default(),
        by: by.unwrap_or_else(|| "an identity that CloudTrail does not name".to_owned()),
        address: told(&written["sourceIPAddress"]).unwrap_or_default(),
        error: told(&written["errorCode"]),
    }))
}

/// What was detached from an instance.
pub(super) struct Detachments {
    /// Which volumes.
    pub(super) volumes: Vec<VolumeId>,
    /// Whether all events of the 90 days were read.
    pub(super) whole: bool,
}

/// By the name of the event, not by the instance: events that name the instance anybody who can
/// touch it can make by the thousand, to push an older one out of what is read.
pub(super) async fn detachments(c: &Clients, id: &InstanceId) -> Result<Detachments, Fault> {
    let found = lookup(c, LookupAttributeKey::EventName, "DetachVolume", DETACHED_PAGES).await?;
    let volumes: BTreeSet<_> = found.events.iter().flat_map(|event| detached(event, id)).collect();
    Ok(Detachments { volumes: volumes.into_iter().collect(), whole: found.whole })
}

/// The volumes that an event took from the instance. A call need not name the instance; the answer
/// does (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html>). One that
/// failed detached nothing.
fn detached(event: &Event, from: &InstanceId) -> Vec<VolumeId> {
    let written = written(event).unwrap_or_default();
    let mut names: Vec<&str> = resources(event).collect();
    for part in ["requestParameters", "responseElements"] {
        names.extend(["instanceId", "volumeId"].iter().filter_map(|field| written[part][field].as_str()));
    }
    if written["errorCode"].is_string() || !names.contains(&from.as_str()) {
        return Vec::new();
    }
    names.into_iter().filter(|name| name.starts_with("vol-")).map(VolumeId::new).collect()
}

fn resources(event: &Event) -> impl Iterator<Item = &str> {
    event.resources.as_deref().unwrap_or_default().iter().filter_map(|resource| resource.resource_name.as_deref())
}

/// The events with an attribute, of so many pages at the most.
async fn lookup(c: &Clients, key: LookupAttributeKey, value: &str, pages: usize) -> Result<Found, Fault> {
    let by = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    let by = by.map_err(|error| crate::fault::malformed(&error.to_string()))?;
    let call = c.cloudtrail.lookup_events().lookup_attributes(by).max_results(PAGE);
    let mut walk = Walk::new();
    for _ in 0..pages {
        let page = page(c, call.clone().set_next_token(walk.token())).await?;
        if !walk.turn(page.events, page.next_token)? {
            return Ok(Found { events: walk.into_items(), whole: true });
        }
    }
    Ok(Found { events: walk.into_items(), whole: false })
}

/// One page at its turn; after each refusal for the rate, twice as many turns are left to others.
async fn page(c: &Clients, call: LookupEventsFluentBuilder) -> Result<LookupEventsOutput, Fault> {
    let mut tries = 0;
    loop {
        c.lookups.turn().await;
        tries += 1;
        match call.clone().send().await.map_err(fault) {
            Err(refused) if refused.class == FaultClass::Throttled && tries < TRIES => c.lookups.pass(1 << tries),
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudtrail::types::Resource;

    fn event(written: &Value, resources: &[&str]) -> Event {
        let resources = resources.iter().map(|name| Resource::builder().resource_name(*name).build()).collect();
        Event::builder().cloud_trail_event(written.to_string()).set_resources(Some(resources)).build()
    }

    fn of(event: &Event) -> Vec<VolumeId> {
        detached(event, &"i-1".into())
    }

    #[test]
    fn a_detachment_is_recognised_by_resources_request_or_answer() {
        let volume = [VolumeId::from("vol-1")];
        assert_eq!(of(&event(&json!({}), &["vol-1", "i-1"])), volume);
        let asked = json!({ "requestParameters": { "volumeId": "vol-1", "instanceId": "i-1" } });
        assert_eq!(of(&event(&asked, &[])), volume);
        let answered =
            json!({ "requestParameters": { "volumeId": "vol-1" }, "responseElements": { "instanceId": "i-1" } });
        assert_eq!(of(&event(&answered, &[])), volume);
    }

    #[test]
    fn another_instance_and_a_failed_call_detach_nothing() {
        assert!(of(&event(&json!({}), &["vol-1", "i-2"])).is_empty());
        assert!(of(&event(&json!({ "errorCode": "IncorrectState" }), &["vol-1", "i-1"])).is_empty());
    }

    #[test]
    fn an_event_that_is_no_json_is_told_by_its_resources() {
        let resource = |name| Resource::builder().resource_name(name).build();
        let odd = Event::builder().cloud_trail_event("{").resources(resource("vol-1")).resources(resource("i-1"));
        assert_eq!(of(&odd.build()), [VolumeId::from("vol-1")]);
    }
}
