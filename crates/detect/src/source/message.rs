//! What a message of a queue holds: a record as it stands, or the names of objects to read. Topics wrap
//! what they pass on, and every sender names an object in a way of its own.

use serde::Deserialize;
use serde_json::Value;

/// Envelopes within envelopes; a topic that feeds a bus that feeds a queue takes two.
const DEEPEST: usize = 8;

/// What a message holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Records, for the reader.
    Records(Vec<u8>),
    /// Objects that hold records.
    Objects(Vec<Object>),
    /// Nothing, on purpose: what it is.
    Nothing(&'static str),
}

/// An object in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket's region; empty when the message does not tell.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// Takes a message out of its envelopes.
///
/// # Errors
/// In a sentence, why it can not be understood.
pub fn open(body: &str) -> Result<Content, String> {
    within(body, 0)
}

fn within(body: &str, depth: usize) -> Result<Content, String> {
    let value: Value = verbatim::from_str(body).map_err(|error| format!("it is not JSON: {error}"))?;
    let text = |name: &str| value[name].as_str();
    if depth > DEEPEST {
        return Err(format!("it has more than {DEEPEST} envelopes"));
    }
    if let (Some("Notification"), Some(message)) = (text("Type"), text("Message")) {
        return within(message, depth + 1);
    }
    if text("Type") == Some("SubscriptionConfirmation") {
        let topic = text("TopicArn").unwrap_or("a topic");
        return Err(format!("{topic} asks to confirm its subscription: confirm it, nothing comes from there before"));
    }
    if text("Event") == Some("s3:TestEvent") {
        return Ok(Content::Nothing("a bucket's test of its notifications"));
    }
    match notified(&value)? {
        Some(objects) if objects.is_empty() => Ok(Content::Nothing("no object was made")),
        Some(objects) => Ok(Content::Objects(objects)),
        None => Ok(Content::Records(body.as_bytes().to_vec())),
    }
}

/// The objects that a notification names; `None` when it is none.
fn notified(value: &Value) -> Result<Option<Vec<Object>>, String> {
    if is_from_s3(&value["Records"][0]) {
        return parsed::<Notification>(value).map(|note| Some(note.made()));
    }
    if value["s3ObjectKey"].is_array() && value["s3Bucket"].is_string() {
        return parsed::<Delivery>(value).map(|delivery| Some(delivery.objects()));
    }
    if value["source"] == "aws.s3" {
        return bus(value).map(Some);
    }
    Ok(None)
}

fn is_from_s3(record: &Value) -> bool {
    record["eventSource"] == "aws:s3" && record["s3"].is_object()
}

fn parsed<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("it names no object: {error}"))
}

/// A bucket's notification; keys are encoded as in a form
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    #[serde(default)]
    aws_region: String,
    event_name: String,
    s3: Where,
}

#[derive(Deserialize)]
struct Where {
    bucket: Bucket,
    object: Key,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

impl Notification {
    fn made(self) -> Vec<Object> {
        let made = |change: &Change| change.event_name.trim_start_matches("s3:").starts_with("ObjectCreated");
        let object = |change: Change| Object {
            region: change.aws_region,
            bucket: change.s3.bucket.name,
            key: decoded(&change.s3.object.key),
        };
        self.records.into_iter().filter(made).map(object).collect()
    }
}

/// CloudTrail's own notification of a delivery
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    s3_bucket: String,
    s3_object_key: Vec<String>,
}

impl Delivery {
    fn objects(self) -> Vec<Object> {
        let bucket = self.s3_bucket;
        let object = |key| Object { region: String::new(), bucket: bucket.clone(), key };
        self.s3_object_key.into_iter().map(object).collect()
    }
}

/// What EventBridge says of a bucket; keys are as they are
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
fn bus(event: &Value) -> Result<Vec<Object>, String> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(default)]
        region: String,
        detail: Where,
    }
    if event["detail-type"] != "Object Created" {
        return Ok(Vec::new());
    }
    let Event { region, detail } = parsed(event)?;
    Ok(vec![Object { region, bucket: detail.bucket.name, key: detail.object.key }])
}

/// A key that was encoded as in a form: `+` is a space and `%2B` a plus; what is no such code stays as it is.
pub fn decoded(key: &str) -> String {
    let bytes = key.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (byte, code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(value)) => {
                plain.push(value);
                at += 3;
                continue;
            }
            (b'+', _) => plain.push(b' '),
            _ => plain.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(region: &str, key: &str) -> Content {
        Content::Objects(vec![Object { region: region.into(), bucket: "logs".into(), key: key.into() }])
    }

    fn notification(event: &str, key: &str) -> Value {
        json!({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventName": event,
                            "s3": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 3}}}]})
    }

    #[test]
    fn a_bucket_names_an_object_in_one_of_three_ways() {
        let direct = notification("ObjectCreated:Put", "a+folder/a%2Bb%3D1%C3%A9.json.gz");
        assert_eq!(open(&direct.to_string()), Ok(object("eu-west-1", "a folder/a+b=1é.json.gz")));
        let delivery = json!({"s3Bucket": "logs", "s3ObjectKey": ["a+b.json.gz"]});
        assert_eq!(open(&delivery.to_string()), Ok(object("", "a+b.json.gz")));
        let event = json!({"version": "0", "source": "aws.s3", "detail-type": "Object Created", "region": "eu-west-1",
                           "detail": {"bucket": {"name": "logs"}, "object": {"key": "a+b.json.gz"}}});
        assert_eq!(open(&event.to_string()), Ok(object("eu-west-1", "a+b.json.gz")));
    }

    #[test]
    fn a_topic_is_opened_and_what_is_in_it_handed_on_as_it_came() {
        let finding = json!({"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {}}).to_string();
        let topic =
            json!({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111111111111:t", "Message": finding});
        assert_eq!(open(&topic.to_string()), Ok(Content::Records(finding.into_bytes())));
        let within = json!({"Type": "Notification", "Message": notification("s3:ObjectCreated:Put", "k").to_string()});
        assert_eq!(open(&within.to_string()), Ok(object("eu-west-1", "k")));
    }

    #[test]
    fn records_are_left_to_the_reader() {
        for body in [r#"{"Records": [{"eventSource": "ec2.amazonaws.com"}]}"#, r#"{"Records": []}"#, "[]", "3"] {
            assert_eq!(open(body), Ok(Content::Records(body.as_bytes().to_vec())), "{body}");
        }
    }

    #[test]
    fn what_holds_nothing_is_told_from_what_is_not_understood() {
        let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "logs"});
        assert!(matches!(open(&test.to_string()), Ok(Content::Nothing(_))));
        let removed = notification("ObjectRemoved:Delete", "k");
        assert!(matches!(open(&removed.to_string()), Ok(Content::Nothing(_))));
        let confirm = json!({"Type": "SubscriptionConfirmation", "TopicArn": "arn:t", "Message": "m"});
        assert!(open(&confirm.to_string()).is_err_and(|why| why.contains("arn:t") && why.contains("confirm")));
        for wrong in ["", "hello", "{", r#"{"Records": [{"eventSource": "aws:s3", "s3": {}}]}"#] {
            assert!(open(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn envelopes_have_an_end() {
        let mut body = "{}".to_owned();
        for _ in 0..20 {
            body = json!({"Type": "Notification", "Message": body}).to_string();
        }
        assert!(open(&body).is_err_and(|why| why.contains("envelopes")));
    }

    #[test]
    fn a_broken_code_in_a_key_stays() {
        assert_eq!(decoded("100%/a%zz%4"), "100%/a%zz%4");
    }
}
