//! CloudTrail's look-ups: by which attribute, at what pace, and how far.

use super::stub::{Reply, Stub};
use super::{clients, run};
use crate::account::SourceAccount;
use crate::pace::Pace;
use aws_sdk_cloudtrail::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use casebook::fault::FaultClass;
use casebook::query::SourceQuery;
use casebook::reading::{Answer, Reading};
use casebook::scene::storage::Detached;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Far enough apart that the time a test takes does not show.
const APART: Duration = Duration::from_secs(1000);

/// A clock that is told how long to wait, and does not.
#[derive(Clone, Debug, Default)]
struct Waits(Arc<Mutex<Vec<u64>>>);

impl AsyncSleep for Waits {
    fn sleep(&self, duration: Duration) -> Sleep {
        // Up to the next turn, whatever part of the present one has passed.
        self.0.lock().unwrap().push(duration.as_secs().div_ceil(APART.as_secs()));
        Sleep::new(std::future::ready(()))
    }
}

/// The answer to a question, and the turns that were waited for, counted from the first.
fn ask(stub: &Stub, query: &SourceQuery) -> (Answer<Reading>, Vec<u64>) {
    let waits = Waits::default();
    let mut clients = clients(&stub.endpoint);
    clients.lookups = Pace::with_sleep(APART, SharedAsyncSleep::new(waits.clone()));
    let answer = run(SourceAccount::over(clients).observe(query));
    let waits = waits.0.lock().unwrap().clone();
    (answer, waits)
}

fn detached(stub: &Stub) -> (Answer<Reading>, Vec<u64>) {
    ask(stub, &SourceQuery::DetachedVolumes("i-1".into()))
}

/// A page of detachments of volumes from instances.
fn page(events: &[(&str, &str)], token: Option<&str>) -> Reply {
    let event = |(volume, instance): &(&str, &str)| {
        let resources = json!([{ "ResourceName": volume }, { "ResourceName": instance }]);
        json!({ "EventName": "DetachVolume", "Resources": resources, "CloudTrailEvent": "{}" })
    };
    let events: Vec<_> = events.iter().map(event).collect();
    Reply::Answer(200, json!({ "Events": events, "NextToken": token }).to_string())
}

fn too_fast() -> Reply {
    Reply::Answer(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_owned())
}

fn volumes(ids: &[&str]) -> Reply {
    let item = |id: &&str| {
        format!(
            "<item><volumeId>{id}</volumeId><size>8</size><status>available</status><availabilityZone>us-east-1a</availabilityZone></item>"
        )
    };
    let items: String = ids.iter().map(item).collect();
    Reply::Answer(200, format!("<DescribeVolumesResponse><volumeSet>{items}</volumeSet></DescribeVolumesResponse>"))
}

fn read(answer: Answer<Reading>) -> Detached {
    match answer.value {
        Ok(Reading::Detached(detached)) => detached,
        other => panic!("{other:?}"),
    }
}

#[test]
fn detachments_are_looked_up_by_their_name_and_sifted_by_the_instance() {
    let stub = Stub::new([page(&[("vol-9", "i-2"), ("vol-1", "i-1")], None), volumes(&["vol-1"])]);
    let (answer, _) = detached(&stub);
    let found = read(answer);
    assert_eq!((found.volumes[0].id.as_str(), found.whole), ("vol-1", true));
    let asked = stub.asked();
    assert!(asked[0].contains(r#""AttributeKey":"EventName","AttributeValue":"DetachVolume""#), "{asked:?}");
    assert!(asked[1].contains("=vol-1") && !asked[1].contains("vol-9"), "{asked:?}");
}

#[test]
fn pages_keep_the_pace() {
    let stub = Stub::new([page(&[], Some("a")), page(&[], Some("b")), page(&[], None)]);
    let (answer, waits) = detached(&stub);
    assert!(read(answer).whole);
    assert_eq!(waits, [1, 2], "the first goes at once");
}

#[test]
fn a_page_that_comes_too_early_is_asked_again_and_no_other() {
    let script = [page(&[("vol-1", "i-1")], Some("a")), too_fast(), too_fast(), page(&[], None), volumes(&["vol-1"])];
    let stub = Stub::new(script);
    let (answer, waits) = detached(&stub);
    assert_eq!(read(answer).volumes.len(), 1);
    let tokens: Vec<_> = stub.asked().iter().map(|request| request.contains(r#""NextToken":"a""#)).collect();
    assert_eq!(tokens, [false, true, true, true, false]);
    assert_eq!(waits, [1, 4, 9], "two turns are left to others, then four");
}

#[test]
fn a_rate_that_others_use_up_is_a_fault() {
    let stub = Stub::new(std::iter::repeat_with(too_fast).take(9));
    let (answer, _) = detached(&stub);
    assert_eq!(answer.value.unwrap_err().class, FaultClass::Throttled);
    assert_eq!(stub.asked().len(), 5);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let endless = |n: usize| page(&[("vol-1", "i-1")], Some(&n.to_string()));
    let stub = Stub::new((0..120).map(endless).chain([volumes(&["vol-1"])]));
    let (answer, _) = detached(&stub);
    assert!(!read(answer).whole);
    assert_eq!(stub.asked().len(), 121);
}

#[test]
fn what_the_sessions_did_says_where_it_was_cut() {
    let more = |pages: usize| {
        let token = |n: usize| (n + 1 < pages).then(|| n.to_string());
        let stub = Stub::new((0..pages).map(|n| page(&[], token(n).as_deref())));
        match ask(&stub, &SourceQuery::SessionEvents("i-1".into())).0.value {
            Ok(Reading::Document(list)) => list["more"].clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([more(10), more(11)], [json!(false), json!(true)]);
}

/// A page of one event each: whether it only read, and what CloudTrail wrote of it.
fn acts(acts: &[(&str, serde_json::Value)]) -> Reply {
    let event = |(read_only, written): &(&str, serde_json::Value)| {
        json!({
            "EventName": "ModifyNetworkInterfaceAttribute", "EventTime": 1763726400, "ReadOnly": read_only,
            "Username": "someone", "CloudTrailEvent": written.to_string(),
        })
    };
    let events: Vec<_> = acts.iter().map(event).collect();
    Reply::Answer(200, json!({ "Events": events }).to_string())
}

#[test]
fn who_changed_a_thing_is_told_and_who_read_it_is_not() {
    let arn = "arn:aws:sts::111111111111:assumed-role/Admin/mallory";
    let written = json!({ "userIdentity": { "arn": arn }, "sourceIPAddress": "192.0.2.1", "errorCode": "Denied" });
    let stub = Stub::new([acts(&[("true", json!({})), ("false", written), ("false", json!({}))])]);
    let (answer, _) = ask(&stub, &SourceQuery::ChangesOf("eni-1".into()));
    let Ok(Reading::Changes(found)) = answer.value else { panic!("{:?}", answer.value) };
    let told: Vec<_> = found.changes.iter().map(|c| (c.by.as_str(), c.address.as_str(), c.error.as_deref())).collect();
    assert_eq!(told, [(arn, "192.0.2.1", Some("Denied")), ("someone", "", None)]);
    assert_eq!(found.changes[0].at.to_string(), "2025-11-21T12:00:00Z");
    let asked = stub.asked();
    assert!(asked[0].contains(r#""AttributeKey":"ResourceName","AttributeValue":"eni-1""#), "{asked:?}");
}
