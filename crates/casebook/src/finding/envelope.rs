//! Takes findings out of what they travel in: GetFindings output, EventBridge events, SNS and SQS
//! messages, arrays, and these within each other.

use super::document::{self, Document};
use super::error::FindingError;
use super::fields::fold;
use super::text;
use serde_json::{Map, Value};

/// Steps into envelopes: EventBridge through SNS through SQS into a Lambda's batch takes seven.
const DEEPEST: usize = 32;

/// A finding as JSON, where it stood, and what its envelope knew.
pub(super) struct Parcel {
    pub(super) path: String,
    pub(super) value: Value,
    pub(super) event: Event,
}

/// What an EventBridge event says beside its detail; trimmed findings lack it.
#[derive(Clone, Default)]
pub(super) struct Event {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

/// Every finding in a document.
pub(super) fn unpack(document: Document) -> Result<Vec<Parcel>, FindingError> {
    let mut parcels = Vec::new();
    let place = Place { path: document.path, event: Event::default(), depth: 0 };
    open(document.value, place, &mut parcels)?;
    Ok(parcels)
}

struct Place {
    path: String,
    event: Event,
    depth: usize,
}

impl Place {
    fn within(&self, step: &str) -> Self {
        Self { path: format!("{}{step}", self.path), event: self.event.clone(), depth: self.depth + 1 }
    }
}

/// What an object turns out to be, with the folded name of the field that holds the findings.
enum Shape {
    Finding,
    Event,
    Holds(&'static str),
    Foreign(FindingError),
}

fn open(value: Value, place: Place, parcels: &mut Vec<Parcel>) -> Result<(), FindingError> {
    if place.depth > DEEPEST {
        return Err(FindingError::TooDeep { path: place.path });
    }
    match value {
        Value::Array(items) => open_list(items, &place, parcels),
        Value::String(json) => open_text(&json, &place, parcels),
        Value::Object(map) => open_object(map, place, parcels),
        scalar => {
            Err(FindingError::foreign(&place.path, format!("the bare value {}", text::shown(&scalar.to_string()))))
        }
    }
}

fn open_list(items: Vec<Value>, place: &Place, parcels: &mut Vec<Parcel>) -> Result<(), FindingError> {
    if items.is_empty() {
        return Err(FindingError::NoFindings { path: place.path.clone() });
    }
    let mut items = items.into_iter().enumerate();
    items.try_for_each(|(n, item)| open(item, place.within(&format!("[{n}]")), parcels))
}

/// SNS and SQS carry JSON as text.
fn open_text(json: &str, place: &Place, parcels: &mut Vec<Parcel>) -> Result<(), FindingError> {
    let values = document::values(json, &place.path)?;
    if values.is_empty() {
        return Err(FindingError::foreign(&place.path, "empty text"));
    }
    values.into_iter().try_for_each(|value| open(value, place.within(""), parcels))
}

fn open_object(mut map: Map<String, Value>, mut place: Place, parcels: &mut Vec<Parcel>) -> Result<(), FindingError> {
    match shape(&map, &place.path) {
        Shape::Foreign(error) => return Err(error),
        Shape::Finding => {
            parcels.push(Parcel { path: place.path, value: Value::Object(map), event: place.event });
        }
        Shape::Event => {
            place.event = event(&map);
            open_field(&mut map, "detail", &place, parcels)?;
        }
        Shape::Holds(name) => open_field(&mut map, name, &place, parcels)?,
    }
    Ok(())
}

fn open_field(
    map: &mut Map<String, Value>,
    name: &str,
    place: &Place,
    parcels: &mut Vec<Parcel>,
) -> Result<(), FindingError> {
    let key = map.keys().find(|key| fold(key) == name).cloned().unwrap_or_default();
    let value = map.remove(&key).unwrap_or_default();
    open(value, place.within(&format!(".{key}")), parcels)
}

fn event(map: &Map<String, Value>) -> Event {
    let text = |name| field(map, name).and_then(Value::as_str).map(str::to_owned);
    Event { account: text("account"), region: text("region") }
}

/// The field with this folded name, unless it is null.
fn field<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    map.iter().find(|(key, value)| fold(key) == name && !value.is_null()).map(|(_, value)| value)
}

/// The fields that hold findings, or messages that do, in the order they are looked for.
const HOLDERS: [&str; 6] = ["findings", "records", "messages", "sns", "message", "body"];

fn shape(map: &Map<String, Value>, path: &str) -> Shape {
    if let Some(error) = other_product(map, path) {
        return Shape::Foreign(error);
    }
    if is_finding(map) {
        return Shape::Finding;
    }
    if field(map, "detail").is_some() {
        return Shape::Event;
    }
    match HOLDERS.into_iter().find(|name| field(map, name).is_some()) {
        Some(name) => Shape::Holds(name),
        None => Shape::Foreign(unknown(map, path)),
    }
}

/// A finding has a type of GuardDuty's form, or a resource and a service.
fn is_finding(map: &Map<String, Value>) -> bool {
    let kind = field(map, "type").and_then(Value::as_str).unwrap_or_default();
    let typed = kind.split_once(':').is_some_and(|(_, rest)| rest.contains('/'));
    let resource = field(map, "resource").is_some_and(Value::is_object);
    typed || (resource && field(map, "service").is_some_and(Value::is_object))
}

const SECURITY_HUB: &str = "take it from GuardDuty itself: `aws guardduty get-findings`, or its own EventBridge event";
const IDS: &str = "these are only ids: pass them to `aws guardduty get-findings`";

/// Formats that a responder may hold by mistake, each with the way to the right one.
fn other_product(map: &Map<String, Value>, path: &str) -> Option<FindingError> {
    let text = |name| field(map, name).and_then(Value::as_str);
    let foreign =
        |found: &str, remedy| Some(FindingError::Foreign { path: path.to_owned(), found: found.to_owned(), remedy });
    if text("productarn").is_some() || text("schemaversion") == Some("2018-10-08") {
        return foreign("a finding in Security Hub's format (ASFF)", SECURITY_HUB);
    }
    if text("detailtype").is_some_and(|kind| kind.starts_with("Security Hub")) {
        return foreign("a Security Hub event", SECURITY_HUB);
    }
    if field(map, "findingids").is_some() {
        return foreign("a list of finding ids", IDS);
    }
    other_event(map).map(|found| FindingError::foreign(path, found))
}

/// An EventBridge event of another sender or type. Only AWS can send as `aws.guardduty`; the type
/// anybody can write.
fn other_event(map: &Map<String, Value>) -> Option<String> {
    field(map, "detail")?;
    let differs = |name, right: &str| {
        let text = field(map, name).and_then(Value::as_str);
        text.filter(|text| !text.eq_ignore_ascii_case(right)).map(text::shown)
    };
    let sender = differs("source", "aws.guardduty").map(|source| format!("an EventBridge event from `{source}`"));
    sender.or_else(|| {
        differs("detailtype", "GuardDuty Finding").map(|kind| format!("an EventBridge event of type `{kind}`"))
    })
}

/// Names what it can of an object that is no finding and holds none.
fn unknown(map: &Map<String, Value>, path: &str) -> FindingError {
    if map.is_empty() {
        return FindingError::foreign(path, "an empty object");
    }
    if field(map, "eventname").is_some() && field(map, "eventsource").is_some() {
        return FindingError::foreign(path, "a CloudTrail record");
    }
    if field(map, "classuid").is_some() {
        return FindingError::foreign(path, "an OCSF event");
    }
    let names: Vec<String> = map.keys().take(4).map(|name| text::shown(name)).collect();
    FindingError::foreign(path, format!("an object with the fields {}", names.join(", ")))
}
