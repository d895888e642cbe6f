//! Records out of the fields that an example gives, each as its log would have it.

use super::super::kind::Kind;
use crate::record::Record;
use crate::record::balancer::Request;
use crate::record::flow::{Flow, Format, UnknownField};
use crate::record::resolver::Query;
use crate::record::trail::Event;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where the fields stand that rules ask for: the first 23 of a load balancer's line, and the rest that is typed
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-syntax>).
const LINE: [&str; 23] = [
    "type",
    "time",
    "elb",
    "client_ip",
    "target_ip",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
];
/// The fields in which a space may stand.
const QUOTED: [&str; 2] = ["request", "user_agent"];

/// The fields of an event at that time; the number tells it apart from others.
pub(super) fn dated(kind: Kind, mut event: Value, at: Timestamp, number: usize) -> Value {
    match kind {
        Kind::Trail => {
            event["eventTime"] = json!(at.to_string());
            event["eventID"] = json!(number.to_string());
        }
        Kind::Flow => event["end"] = json!(at.as_second()),
        Kind::Query => event["query_timestamp"] = json!(at.to_string()),
        Kind::Balancer => event["time"] = json!(at.to_string()),
    }
    event
}

/// Looks at a record of that kind with these fields.
///
/// # Errors
/// In a sentence: no such log has such fields.
pub(super) fn with<T>(kind: Kind, event: &Value, look: impl FnOnce(&Record<'_>) -> T) -> Result<T, String> {
    let raw = event.to_string();
    let fields = event.as_object().ok_or("an event is an object")?;
    match kind {
        Kind::Trail => {
            let event = Event::of(raw.as_bytes()).map_err(|error| error.to_string())?;
            Ok(look(&Record::Trail(event)))
        }
        Kind::Flow => {
            let names: Vec<_> = fields.keys().map(String::as_str).collect();
            let format: Format = names.join(" ").parse().map_err(|error: UnknownField| error.to_string())?;
            let values: Vec<_> = fields.values().map(text).collect();
            Ok(look(&Record::Flow(Flow::parse(&values.join(" "), &format)?)))
        }
        Kind::Query => {
            let query: Query<'_> = serde_json::from_str(&raw).map_err(|error| error.to_string())?;
            Ok(look(&Record::Query(Query { raw: raw.as_bytes(), ..query })))
        }
        Kind::Balancer => Ok(look(&Record::Balancer(Request::parse(&of_balancer(fields))?))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn of_balancer(fields: &Map<String, Value>) -> String {
    let field = |name: &&str| {
        let value = fields.get(*name).map_or("-".to_owned(), text);
        match *name {
            "time" if value == "-" => Timestamp::UNIX_EPOCH.to_string(),
            name if QUOTED.contains(&name) => format!("\"{value}\""),
            "client_ip" | "target_ip" if value != "-" => format!("{value}:443"),
            _ => value,
        }
    };
    LINE.iter().map(field).collect::<Vec<_>>().join(" ")
}
