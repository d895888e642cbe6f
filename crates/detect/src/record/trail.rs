//! An API call as CloudTrail tells it
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
//! Only what most rules ask for is typed; the rest is parsed when somebody asks.

use super::text::Text;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer as Json, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

/// One call. Every field may be missing: files in the wild are trimmed.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event<'a> {
    /// Unique; what is delivered twice carries it twice.
    #[serde(borrow, rename = "eventID")]
    pub id: Text<'a>,
    /// When the call was answered, RFC 3339 in UTC, to the second.
    #[serde(borrow, rename = "eventTime")]
    pub time: Text<'a>,
    /// `ec2.amazonaws.com`.
    #[serde(borrow, rename = "eventSource")]
    pub source: Text<'a>,
    /// `RunInstances`.
    #[serde(borrow, rename = "eventName")]
    pub name: Text<'a>,
    /// Where it was made.
    #[serde(borrow, rename = "awsRegion")]
    pub region: Text<'a>,
    /// The caller's address, or the name of an AWS service.
    #[serde(borrow, rename = "sourceIPAddress")]
    pub address: Text<'a>,
    /// What the caller says it is.
    #[serde(borrow, rename = "userAgent")]
    pub agent: Text<'a>,
    /// Why the call failed; absent when it did not.
    #[serde(borrow)]
    pub error_code: Text<'a>,
    /// The account whose trail has it.
    #[serde(borrow, rename = "recipientAccountId")]
    pub account: Text<'a>,
    /// `AwsApiCall`, `AwsConsoleSignIn`, …
    #[serde(borrow, rename = "eventType")]
    pub kind: Text<'a>,
    /// Who called.
    #[serde(borrow, rename = "userIdentity", deserialize_with = "super::text::object")]
    pub who: Identity<'a>,
    /// The record as it stands in the file.
    #[serde(skip)]
    pub raw: &'a [u8],
    #[serde(skip)]
    value: OnceCell<Value>,
    #[serde(skip)]
    parts: OnceCell<Box<[OnceCell<Value>; PARTS.len()]>>,
}

/// The objects of a record that rules look into; each is parsed by itself.
pub(crate) const PARTS: [&str; 4] = ["requestParameters", "responseElements", "userIdentity", "additionalEventData"];

/// Who made a call
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>).
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity<'a> {
    /// `AssumedRole`, `IAMUser`, `Root`, `AWSService`, …
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// `AROA…:i-…` for the role of an instance.
    #[serde(borrow, rename = "principalId")]
    pub principal: Text<'a>,
    /// The session's or the user's ARN.
    #[serde(borrow)]
    pub arn: Text<'a>,
    /// The caller's account.
    #[serde(borrow, rename = "accountId")]
    pub account: Text<'a>,
    /// The key that signed the call.
    #[serde(borrow, rename = "accessKeyId")]
    pub key: Text<'a>,
    /// The AWS service that called on somebody's behalf.
    #[serde(borrow)]
    pub invoked_by: Text<'a>,
}

impl<'a> Event<'a> {
    /// One record from its JSON.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn of(raw: &'a [u8]) -> Result<Self, serde_json::Error> {
        let event: Self = serde_json::from_slice(raw)?;
        Ok(Self { raw, ..event })
    }

    /// The whole record, parsed once.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| verbatim::from_slice(self.raw).unwrap_or_else(|_| by_field(self.raw)))
    }

    /// A record that has what this one has under that name: one with nothing else, where that is enough.
    pub(crate) fn part(&self, name: &str) -> &Value {
        let Some(place) = PARTS.iter().position(|part| *part == name) else { return self.value() };
        let parts = self.parts.get_or_init(Box::default);
        parts[place].get_or_init(|| match self.raw_part(place) {
            Ok(raw) => raw.map(|raw| (name.to_owned(), parsed(raw))).into_iter().collect(),
            Err(_) => self.value().clone(),
        })
    }

    /// Where a part stands in the record. A typed one stands there once, so nothing behind it is looked at.
    fn raw_part(&self, place: usize) -> Result<Option<&'a RawValue>, serde_json::Error> {
        if PARTS[place] != "userIdentity" {
            return Ok(serde_json::from_slice::<Fields<'_>>(self.raw)?.0[place]);
        }
        let mut found = None;
        let whole = Deserializer::deserialize_map(&mut Json::from_slice(self.raw), Until(PARTS[place], &mut found));
        if found.is_some() { Ok(found) } else { whole.map(|()| None) }
    }

    /// What tells it from others: its id, or where it has none the digest of the record.
    pub fn identity(&self) -> Cow<'_, str> {
        if self.id.is_there() { Cow::Borrowed(self.id.as_str()) } else { Cow::Owned(self.digest()) }
    }

    /// SHA-256 of the record as it stands in the file, in hex.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.raw))
    }

    /// When it happened. CloudTrail's times are in UTC
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>);
    /// what was exported from a database has them as SQL writes them, without a zone.
    pub fn at(&self) -> Option<Timestamp> {
        let text = self.time.as_str();
        text.parse().ok().or_else(|| of_database(text))
    }

    /// Whether any field says that this is an event at all.
    pub(crate) fn is_one(&self) -> bool {
        [&self.name, &self.source, &self.id, &self.time, &self.kind, &self.error_code, &self.who.kind]
            .iter()
            .any(|field| field.is_there())
    }

    /// Whether CloudTrail Insights made it
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html>).
    pub(crate) fn is_insight(&self) -> bool {
        self.kind.as_str() == "AwsCloudTrailInsight"
    }
}

/// The name of a field, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Where the parts of a record stand in it; the last one of a name counts, as it does in the whole record.
struct Fields<'a>([Option<&'a RawValue>; PARTS.len()]);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Found;
        impl<'de> Visitor<'de> for Found {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut found = [None; PARTS.len()];
                while let Some(Name(name)) = fields.next_key()? {
                    match PARTS.iter().position(|part| *part == name) {
                        Some(place) => found[place] = Some(fields.next_value()?),
                        None => drop(fields.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Fields(found))
            }
        }
        deserializer.deserialize_map(Found)
    }
}

/// Looks for a field, and no further.
struct Until<'f, 'de>(&'static str, &'f mut Option<&'de RawValue>);

impl<'de> Visitor<'de> for Until<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = fields.next_key()? {
            if name == self.0 {
                *self.1 = Some(fields.next_value()?);
                return Ok(());
            }
            fields.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// A date, a space and a time of day, in UTC, which may stand behind them. What names another zone, or leaves it open in RFC 3339's form, is not.
fn of_database(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let sql = text.contains(' ') && text.bytes().all(|byte| byte.is_ascii_digit() || b"-: .".contains(&byte));
    let time: DateTime = sql.then(|| text.parse().ok()).flatten()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The reader looks only into the fields it types. Where another one holds what can not be parsed (a
/// half surrogate, bytes that are no UTF-8, too many levels), that field alone becomes its own text, so
/// that no rule loses sight of the rest.
fn by_field(raw: &[u8]) -> Value {
    let text = String::from_utf8_lossy(raw);
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap_or_default();
    fields.into_iter().map(|(name, field)| (name, parsed(field))).collect()
}

fn parsed(field: &RawValue) -> Value {
    verbatim::from_str(field.get()).unwrap_or_else(|_| Value::from(field.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_the_whole_record_has_under_its_name() {
        let part = |raw: &str, name| Event::of(raw.as_bytes()).expect("a record").part(name).to_string();
        let twice =
            r#"{"requestParameters": {"a": 1}, "userIdentity": {"type": "Root", "x": 2}, "requestParameters": 3}"#;
        assert_eq!(part(twice, "requestParameters"), r#"{"requestParameters":3}"#, "the last one counts");
        assert_eq!(part(twice, "userIdentity"), r#"{"userIdentity":{"type":"Root","x":2}}"#);
        assert_eq!(part(r#"{"eventName": "A"}"#, "userIdentity"), "{}");
        let typed_twice = r#"{"userIdentity": {}, "userIdentity": {"type": "Root"}}"#;
        assert!(Event::of(typed_twice.as_bytes()).is_err(), "of a typed field there is one");
    }

    #[test]
    fn times_are_in_utc_with_a_zone_or_without_and_another_zone_is_none() {
        let at = |time: &str| {
            let raw = format!(r#"{{"eventTime": "{time}"}}"#);
            Event::of(raw.as_bytes()).expect("a record").at().map(|at| at.to_string()).unwrap_or_default()
        };
        assert_eq!(at("2024-12-12T21:44:35Z"), "2024-12-12T21:44:35Z");
        assert_eq!(at("2024-12-12 21:44:35.000000000"), "2024-12-12T21:44:35Z");
        assert_eq!(at("2024-12-12 21:44:35.000 UTC"), "2024-12-12T21:44:35Z");
        assert_eq!(at("2024-12-12T23:44:35+02:00"), "2024-12-12T21:44:35Z");
        for strange in
            ["2024-12-12T21:44:35", "2024-12-12 21:44:35[Mars/Olympus]", "2024-12-12 21:44:35 CEST", "2024-12-12", ""]
        {
            assert_eq!(at(strange), "", "{strange}");
        }
    }
}
