//! What AWS has recorded and hands out as it is: console, CloudTrail, flow log settings, alarms.

use super::World;
use super::killers::Blow;
use casebook::id::{InstanceId, VolumeId};
use casebook::scene::instance::ScheduledEvent;
use casebook::scene::trail::{TrailChange, TrailChanges};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Records of the account under investigation.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The console's last output, by instance.
    pub console: BTreeMap<InstanceId, String>,
    /// What CloudTrail has.
    pub trail: Vec<TrailEvent>,
    /// Flow logs, by the id of what they watch.
    pub flow_logs: Vec<(String, Value)>,
    /// Alarms that act on an instance.
    pub alarms: Vec<(InstanceId, String)>,
    /// Events that AWS has scheduled.
    pub scheduled: Vec<(InstanceId, ScheduledEvent)>,
    /// What has struck an instance while it was there, in order; no call shows it.
    pub(crate) blows: Vec<Blow>,
}

/// A CloudTrail event
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
#[derive(Clone, Debug)]
pub struct TrailEvent {
    /// When.
    pub at: Timestamp,
    /// The user name: for an instance's sessions the instance id.
    pub user: String,
    /// `ListBuckets`.
    pub name: String,
    /// `s3.amazonaws.com`.
    pub source: String,
    /// From where.
    pub address: String,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What it was about.
    pub resources: Vec<String>,
}

impl TrailEvent {
    fn document(&self) -> Value {
        json!({
            "eventVersion": "1.11",
            "eventTime": self.at.to_string(),
            "eventName": self.name,
            "eventSource": self.source,
            "sourceIPAddress": self.address,
            "errorCode": self.error,
            "userIdentity": { "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{}", self.user) },
        })
    }

    fn change(&self) -> TrailChange {
        let (by, address) = (self.user.clone(), self.address.clone());
        TrailChange { at: self.at, event: self.name.clone(), by, address, error: self.error.clone() }
    }
}

impl Records {
    /// Volumes that were detached from an instance, as CloudTrail has it.
    pub fn detached_from(&self, instance: &InstanceId) -> impl Iterator<Item = VolumeId> {
        let about = move |event: &&TrailEvent| {
            event.name == "DetachVolume"
                && event.error.is_none()
                && event.resources.iter().any(|r| r == instance.as_str())
        };
        let resources = self.trail.iter().filter(about).flat_map(|event| &event.resources);
        resources.filter(|name| name.starts_with("vol-")).map(|name| VolumeId::from(name.as_str()))
    }
}

impl World {
    /// GetConsoleOutput, in base64 as AWS sends it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>).
    pub(crate) fn console_output(&self, id: &InstanceId) -> Value {
        let output = self.records.console.get(id).map(|text| base64(text.as_bytes()));
        json!({ "instance": id, "at": self.now.to_string(), "output": output })
    }

    /// GetConsoleScreenshot: a JPEG in base64
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleScreenshot.html>).
    pub(crate) fn screenshot(id: &InstanceId) -> Value {
        json!({ "instance": id, "image": include_str!("screenshot.b64").trim() })
    }

    /// DescribeAddresses of an instance
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html>).
    pub(crate) fn addresses(&self, id: &InstanceId) -> Value {
        let cards = self.cards_of(id);
        let held = cards.iter().flat_map(|card| card.shown.addresses.iter().map(move |address| (card, address)));
        let held = held.filter(|(_, address)| address.allocation.is_some()).map(|(card, address)| {
            json!({
                "allocation": address.allocation,
                "public": address.public,
                "private": address.private,
                "interface": card.shown.id,
            })
        });
        json!({ "addresses": held.collect::<Vec<_>>() })
    }

    /// DescribeFlowLogs by what they watch
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html>).
    pub(crate) fn flow_logs(&self, ids: &[String]) -> Value {
        let logs = self.records.flow_logs.iter().filter(|(id, _)| ids.contains(id));
        json!({ "flow_logs": logs.map(|(_, log)| log).collect::<Vec<_>>() })
    }

    /// LookupEvents by user name, newest first
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
    pub(crate) fn session_events(&self, id: &InstanceId) -> Value {
        let events = self.records.trail.iter().rev().filter(|event| event.user == id.as_str());
        json!({ "events": events.map(TrailEvent::document).collect::<Vec<_>>(), "more": false })
    }

    /// LookupEvents by resource name, newest first. CloudTrail delivers on average about five minutes
    /// after the call
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
    pub(crate) fn changes_of(&self, resource: &str) -> TrailChanges {
        let delivered = |event: &&TrailEvent| self.now >= event.at + self.settings.trail_lag;
        let about = |event: &&TrailEvent| event.resources.iter().any(|name| name == resource);
        let events = self.records.trail.iter().rev().filter(delivered).filter(about);
        TrailChanges { changes: events.map(TrailEvent::change).collect(), whole: true }
    }

    /// DescribeInstanceInformation: nothing here is registered with Systems Manager.
    pub(crate) fn ssm_registration() -> Value {
        json!({ "registered": false, "agents": [] })
    }
}

/// Base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let known = digit <= chunk.len();
            let index = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(if known { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}
