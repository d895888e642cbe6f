//! A row that CloudTrail Lake answered with. Column names are SQL's, all lower case, structures come as
//! text (`{type=IAMUser, arn=…}`), and times stand as SQL writes them
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html>,
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html>). Here a row
//! becomes the event it was made from, as far as its columns go.

use serde_json::{Map, Value};

/// How CloudTrail writes the names that SQL has in lower case.
const NAMES: &str = "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent \
    errorCode errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly \
    eventType apiVersion managementEvent recipientAccountId sharedEventID vpcEndpointId vpcEndpointAccountId \
    eventCategory sessionCredentialFromConsole edgeDeviceDetails tlsDetails serviceEventDetails \
    userName principalId accountId accessKeyId sessionContext invokedBy sessionIssuer webIdFederationData \
    creationDate mfaAuthenticated sourceIdentity ec2RoleDelivery federatedProvider identityProvider onBehalfOf \
    tlsVersion cipherSuite clientProvidedHostHeader";

/// Columns of which a row of an event has at least one; the first two hold it whole.
pub const COLUMNS: [&str; 6] = ["eventJson", "eventjson", "eventid", "eventname", "eventsource", "eventtime"];

/// Columns whose inner names are the called service's.
const FOREIGN: [&str; 4] = ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"];

/// How many levels of structures are taken apart; CloudTrail's own have four.
const DEEPEST: usize = 16;

/// The event of a row, as JSON; `None` where the row has no column of an event.
pub fn event(row: &Map<String, Value>) -> Option<Vec<u8>> {
    for column in &COLUMNS[..2] {
        if let Some(Value::String(event)) = row.get(*column) {
            return Some(event.clone().into_bytes());
        }
    }
    if !COLUMNS.iter().any(|column| row.contains_key(*column)) {
        return None;
    }
    let event = row.iter().filter_map(|(column, value)| field(column, value)).collect::<Map<_, _>>();
    serde_json::to_vec(&event).ok()
}

/// A column with its own name and shape; nothing where SQL had no value.
fn field(column: &str, value: &Value) -> Option<(String, Value)> {
    let name = NAMES.split_ascii_whitespace().find(|name| name.eq_ignore_ascii_case(column)).unwrap_or(column);
    let value = match value {
        Value::Null => return None,
        Value::String(text) if text.is_empty() || text == "null" => return None,
        Value::String(_) if name == "eventTime" => value.clone(),
        Value::String(text) => structure(text, DEEPEST).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    };
    let value = match value {
        Value::Object(inner) if !FOREIGN.contains(&name) => {
            inner.iter().filter_map(|(name, value)| field(name, value)).collect()
        }
        value => value,
    };
    Some((name.to_owned(), value))
}

/// The object in `{name=value, name={…}}`. A value ends where `, name=` or the closing brace comes.
fn structure(text: &str, levels: usize) -> Option<Value> {
    if levels == 0 {
        return None;
    }
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut fields = Map::new();
    while !inner.is_empty() {
        let (name, rest) = inner.split_once('=')?;
        let end = end_of_value(rest);
        let value = &rest[..end];
        fields.insert(name.to_owned(), structure(value, levels - 1).unwrap_or_else(|| Value::from(value)));
        inner = rest[end..].strip_prefix(", ").unwrap_or_default();
    }
    Some(Value::Object(fields))
}

fn end_of_value(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && starts_field(&text[at + 1..]) => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether ` name=` comes next.
fn starts_field(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(' ') else { return false };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(byte);
    let length = rest.bytes().take_while(is_name).count();
    length > 0 && rest.as_bytes().get(length) == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::event;
    use serde_json::{Value, json};

    #[test]
    fn a_row_becomes_the_event_it_was_made_from() {
        let row = json!({
            "eventid": "1", "eventname": "RunInstances", "eventtime": "2023-07-10 11:42:36.000", "errorcode": null,
            "useridentity": "{type=AssumedRole, principalid=AROA:i-1, sessioncontext={attributes={mfaauthenticated=false}}, invokedby=null}",
            "requestparameters": "{instanceType=m5.large, note=a, b and c}",
        });
        let bytes = event(row.as_object().expect("an object")).expect("an event");
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        let expected = json!({
            "eventID": "1", "eventName": "RunInstances", "eventTime": "2023-07-10 11:42:36.000",
            "userIdentity": {
                "type": "AssumedRole", "principalId": "AROA:i-1",
                "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
            },
            "requestParameters": {"instanceType": "m5.large", "note": "a, b and c"},
        });
        assert_eq!(value, expected);
    }
}
