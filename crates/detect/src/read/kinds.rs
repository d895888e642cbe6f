//! What an object is that is no event: told by the fields that only its kind has.

use super::crowd;
use super::json::{LISTS, reason, trail};
use super::pass::Pass;
use crate::record::digest::Digest;
use crate::record::resolver::Query;
use crate::record::trail::Event;
use crate::record::{Record, hub, lake};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The fields of an object, unparsed.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Hands on an object that is no event as it stands.
pub(super) fn object(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    if crowd::of_fields(bytes) {
        let why = format!("the object has more than {} fields, so it is no record", crowd::FIELDS);
        return pass.reject(offset, bytes.len() as u64, why);
    }
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(bytes) else {
        return pass.reject(offset, bytes.len() as u64, "the object is not UTF-8");
    };
    let has = |name: &str| fields.contains_key(name);
    if has("detail-type") && has("detail") {
        envelope(&fields, bytes, offset, pass);
    } else if let Some(records) = LISTS.iter().find_map(|name| fields.get(*name)) {
        nested(records, offset, pass);
    } else if has("digestS3Object") || has("digestStartTime") {
        typed(bytes, offset, pass, |digest: Digest<'_>| Record::Digest(digest));
    } else if has("query_name") && (has("query_timestamp") || has("srcids")) {
        query(bytes, offset, pass);
    } else if has("ProductArn") && has("Types") {
        hub_finding(bytes, offset, pass);
    } else if has("CloudTrailEvent") {
        quoted(&fields, bytes.len() as u64, offset, pass);
    } else if lake::COLUMNS.into_iter().any(has) {
        if pass.has_room(bytes, offset) {
            row(serde_json::from_slice(bytes).unwrap_or_default(), bytes.len() as u64, offset, pass);
        }
    } else if ["service", "Service", "resource", "Resource", "Message", "body"].into_iter().any(has) {
        guard_duty(bytes, offset, pass);
    } else {
        let names: Vec<_> = fields.keys().take(4).map(|name| name.chars().take(40).collect::<String>()).collect();
        let why = format!("an object of no known kind, with the fields {}", names.join(", "));
        pass.reject(offset, bytes.len() as u64, why);
    }
}

/// Hands on what is no object: a list is a row of CloudTrail Lake, anything else nothing known.
pub(super) fn list(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    if !pass.has_room(bytes, offset) {
        return;
    }
    match serde_json::from_slice::<Vec<Map<String, Value>>>(bytes) {
        Ok(columns) if !columns.is_empty() => {
            row(columns.into_iter().flatten().collect(), bytes.len() as u64, offset, pass)
        }
        _ => pass.reject(offset, bytes.len() as u64, "this is no object, so it is no record"),
    }
}

/// What EventBridge has delivered
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>).
fn envelope(fields: &Fields<'_>, bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    let text = |name: &str| fields.get(name).map_or("", |field| field.get());
    let (kind, detail, source) = (text("detail-type"), text("detail"), text("source"));
    if !source.trim_start_matches('"').starts_with("aws.") {
        let why =
            format!("an EventBridge event from {source}: only AWS's own begin with `aws.`, anybody may send others");
        pass.reject(offset, bytes.len() as u64, why);
    } else if kind.contains("via CloudTrail") {
        event(detail.as_bytes(), bytes.len() as u64, offset, pass);
    } else if kind.contains("GuardDuty") {
        guard_duty(bytes, offset, pass);
    } else if kind.contains("Security Hub") {
        hub_findings(detail, offset, pass);
    } else {
        pass.reject(offset, bytes.len() as u64, format!("an EventBridge event of no known kind: {kind}"));
    }
}

/// The findings in a `Security Hub Findings - Imported` event
/// (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html>).
fn hub_findings(detail: &str, offset: u64, pass: &mut Pass<'_>) {
    #[derive(Deserialize)]
    struct Detail<'a> {
        #[serde(borrow)]
        findings: Vec<&'a RawValue>,
    }
    match serde_json::from_str::<Detail<'_>>(detail) {
        Ok(detail) => {
            for finding in detail.findings {
                hub_finding(finding.get().as_bytes(), offset, pass);
            }
        }
        Err(error) => pass.reject(offset, detail.len() as u64, format!("the findings inside: {}", reason(&error))),
    }
}

/// Hands on an event from inside of something else, of which so many bytes are its.
fn event(bytes: &[u8], length: u64, offset: u64, pass: &mut Pass<'_>) {
    match serde_json::from_slice::<Event<'_>>(bytes) {
        Ok(mut event) if bytes.trim_ascii_start().starts_with(b"{") && event.is_one() => {
            event.raw = bytes;
            trail(event, offset, pass);
        }
        Ok(_) => pass.reject(offset, length, "what should be an event has none of its fields"),
        Err(error) => pass.reject(offset, length, format!("the event inside: {}", reason(&error))),
    }
}

/// An event that stands as a text in a field, as `LookupEvents` gives it
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html>).
fn quoted(fields: &Fields<'_>, length: u64, offset: u64, pass: &mut Pass<'_>) {
    let field = fields.get("CloudTrailEvent").and_then(|field| serde_json::from_str::<String>(field.get()).ok());
    event(field.unwrap_or_default().as_bytes(), length, offset, pass);
}

/// A row that a database answered with, such as CloudTrail Lake.
pub(super) fn row(row: Map<String, Value>, length: u64, offset: u64, pass: &mut Pass<'_>) {
    let texts = || row.values().filter_map(Value::as_str);
    if texts().any(|text| crowd::of_values(text.as_bytes())) {
        return pass.reject(offset, length, crowd::why());
    }
    match lake::event(&row) {
        Some(bytes) => event(&bytes, length, offset, pass),
        None => pass.reject(offset, length, "a row of a query without a column of an event"),
    }
}

/// A list that was not at the start of the object around it.
fn nested(records: &RawValue, offset: u64, pass: &mut Pass<'_>) {
    let bytes = records.get().as_bytes();
    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(bytes) else {
        return pass.reject(offset, bytes.len() as u64, "what should be a list of records is none");
    };
    for element in elements {
        let bytes = element.get().as_bytes();
        match serde_json::from_slice::<Event<'_>>(bytes) {
            Ok(event) if event.is_one() => self::event(bytes, bytes.len() as u64, offset, pass),
            _ if bytes.starts_with(b"[") => list(bytes, offset, pass),
            _ => leaf(bytes, offset, pass),
        }
    }
}

/// An object inside a list inside an object: lists are not looked for any deeper.
fn leaf(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    let fields: Fields<'_> = serde_json::from_slice(bytes).unwrap_or_default();
    if LISTS.iter().any(|name| fields.contains_key(*name)) {
        pass.reject(offset, bytes.len() as u64, "a list of records inside a list of records");
    } else {
        object(bytes, offset, pass);
    }
}

fn query(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    typed(bytes, offset, pass, |query: Query<'_>| Record::Query(Query { raw: bytes, ..query }));
}

fn hub_finding(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    typed(bytes, offset, pass, |finding: hub::Finding<'_>| Record::Hub(hub::Finding { raw: bytes, ..finding }));
}

fn typed<'a, T: Deserialize<'a>>(bytes: &'a [u8], offset: u64, pass: &mut Pass<'_>, record: impl Fn(T) -> Record<'a>) {
    if !pass.has_room(bytes, offset) {
        return;
    }
    match serde_json::from_slice(bytes) {
        Ok(parsed) => pass.record(record(parsed)),
        Err(error) => pass.reject(offset, bytes.len() as u64, reason(&error)),
    }
}

fn guard_duty(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) {
    if !pass.has_room(bytes, offset) {
        return;
    }
    match casebook::finding::parse(bytes) {
        Ok(findings) if findings.is_empty() => {
            pass.reject(offset, bytes.len() as u64, "an envelope of GuardDuty without a finding");
        }
        Ok(findings) => {
            for finding in findings {
                pass.record(Record::Finding(Box::new(finding), bytes));
            }
        }
        Err(error) => pass.reject(offset, bytes.len() as u64, error.to_string()),
    }
}
