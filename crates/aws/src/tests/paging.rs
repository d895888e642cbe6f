//! Lists: every page, no circle, nothing missing without a word.

use super::stub::Stub;
use super::{forensic, run, source};
use casebook::fault::FaultClass;
use casebook::id::VolumeId;
use casebook::query::{ForensicQuery, SourceQuery};
use casebook::reading::Reading;
use serde_json::json;

fn page(volumes: &[&str], token: &str) -> String {
    let item = |id: &&str| {
        format!(
            "<item><volumeId>{id}</volumeId><size>8</size><status>in-use</status><availabilityZone>us-east-1a</availabilityZone></item>"
        )
    };
    let items: String = volumes.iter().map(item).collect();
    format!(
        r#"<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>in-body</requestId><volumeSet>{items}</volumeSet><nextToken>{token}</nextToken></DescribeVolumesResponse>"#
    )
}

fn ids(reading: Reading) -> Vec<VolumeId> {
    match reading {
        Reading::Volumes(volumes) => volumes.into_iter().map(|volume| volume.id).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_page_with_a_token_is_read_past() {
    let stub = Stub::of(&[&page(&["vol-1"], "a"), &page(&[], "b"), &page(&["vol-2"], "")]);
    let answer = run(source(&stub.endpoint).observe(&SourceQuery::AttachedVolumes("i-1".into())));
    assert_eq!(ids(answer.value.unwrap()), [VolumeId::from("vol-1"), VolumeId::from("vol-2")]);
    assert_eq!(answer.calls, ["ec2:DescribeVolumes"; 3]);
    assert_eq!(answer.raw.len(), 3);
    assert!(stub.asked()[2].contains("NextToken=b"));
}

#[test]
fn a_repeated_token_is_an_error_and_not_a_loop() {
    let stub = Stub::of(&[&page(&[], "a"), &page(&[], "b"), &page(&[], "a")]);
    let fault = run(source(&stub.endpoint).observe(&SourceQuery::AttachedVolumes("i-1".into()))).value.unwrap_err();
    assert_eq!((fault.class, fault.code.as_str()), (FaultClass::Unknown, "RepeatedToken"));
    assert_eq!(stub.asked().len(), 3);
}

#[test]
fn blocks_are_counted_over_all_pages() {
    let listed = |blocks: i32, token: &str| {
        let blocks: Vec<_> = (0..blocks).map(|index| json!({ "BlockIndex": index, "BlockToken": "t" })).collect();
        json!({ "Blocks": blocks, "BlockSize": 524_288, "NextToken": token }).to_string()
    };
    let stub = Stub::of(&[&listed(3, "a"), &listed(0, "b"), &listed(2, "")]);
    let answer = run(source(&stub.endpoint).observe(&SourceQuery::BlockCount("snap-1".into())));
    assert_eq!(answer.value, Ok(Reading::Count(5)));
    assert_eq!(answer.calls.len(), 3);
}

#[test]
fn a_missing_field_is_a_malformed_answer_that_names_it() {
    let body = page(&["vol-1"], "").replace("<size>8</size>", "");
    let stub = Stub::of(&[&body]);
    let fault = run(source(&stub.endpoint).observe(&SourceQuery::AttachedVolumes("i-1".into()))).value.unwrap_err();
    assert_eq!((fault.class, fault.code.as_str()), (FaultClass::Unknown, "MalformedAnswer"));
    assert!(fault.message.contains("Volume.Size"), "{fault}");
}

#[test]
fn no_ids_means_no_question() {
    let stub = Stub::of(&[]);
    let account = source(&stub.endpoint);
    let empty = [
        SourceQuery::Volumes(vec![]),
        SourceQuery::Groups(vec![]),
        SourceQuery::GroupMembers(vec![]),
        SourceQuery::Acls(vec![]),
        SourceQuery::Routes(vec![]),
        SourceQuery::Endpoints(vec![]),
        SourceQuery::Subnets(vec![]),
        SourceQuery::Vpcs(vec![]),
        SourceQuery::Locks(vec![]),
        SourceQuery::FlowLogs(vec![]),
        SourceQuery::PendingSnapshots(vec![]),
    ];
    for query in empty {
        let answer = run(account.observe(&query));
        assert!(answer.value.is_ok() && answer.calls.is_empty(), "{query:?} {answer:?}");
    }
}

#[test]
fn answers_of_calls_side_by_side_do_not_mix() {
    let stub = Stub::of(&[&page(&["vol-1"], ""), &page(&["vol-2"], "")]);
    let account = source(&stub.endpoint);
    let (one, two) = run(async {
        let query = SourceQuery::AttachedVolumes("i-1".into());
        futures_util::join!(account.observe(&query), account.observe(&query))
    });
    for answer in [one, two] {
        let [raw] = answer.raw.as_slice() else { panic!("{:?}", answer.raw) };
        assert_eq!((raw.action.as_str(), raw.request.as_str()), ("ec2:DescribeVolumes", "req-1"));
        assert_eq!(raw.date, "Thu, 01 Jan 2026 00:00:00 GMT");
        let id = &ids(answer.value.unwrap())[0];
        assert!(String::from_utf8_lossy(&raw.body).contains(id.as_str()));
    }
}

#[test]
fn our_own_snapshots_never_count_as_shared() {
    let caller = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::222222222222:user/f</Arn><UserId>U</UserId><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let item = |id: &str, owner: &str| {
        format!(
            "<item><snapshotId>{id}</snapshotId><volumeId>vol-1</volumeId><status>completed</status><startTime>2026-01-01T00:00:00.000Z</startTime><ownerId>{owner}</ownerId><volumeSize>8</volumeSize><encrypted>false</encrypted></item>"
        )
    };
    let items = item("snap-1", "111111111111") + &item("snap-2", "222222222222");
    let list = format!("<DescribeSnapshotsResponse><snapshotSet>{items}</snapshotSet></DescribeSnapshotsResponse>");
    let stub = Stub::of(&[caller, &list, &list]);
    let account = forensic(&stub.endpoint);
    let query = ForensicQuery::SharedSnapshots(vec!["snap-1".into(), "snap-2".into()]);
    for calls in [2, 1] {
        let answer = run(account.observe(&query));
        assert_eq!(answer.calls.len(), calls, "the account's id is asked once");
        let Ok(Reading::Snapshots(seen)) = answer.value else { panic!("{:?}", answer.value) };
        assert_eq!(seen.iter().map(|snapshot| snapshot.id.as_str()).collect::<Vec<_>>(), ["snap-1"]);
        assert_eq!(seen[0].started, "2026-01-01T00:00:00Z");
    }
    assert!(stub.asked()[1].contains("RestorableBy.1=self"), "{:?}", stub.asked());
}
