//! What is said of sources set in one way and another.

use super::findings::{Detector, Settings};
use super::flows::{FlowLog, Vpc};
use super::keeping::{Bucket, Kept, LogGroup};
use super::names::QueryLog;
use super::trails::{Selection, Status, Trail};
use super::{Known, Sight, Sources, State, sights, unasked};
use crate::fault::{Fault, FaultClass};
use crate::id::Region;
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

fn denied<T>() -> Known<T> {
    Err(Fault::new(FaultClass::Denied, "AccessDenied", "no"))
}

fn trail() -> Trail {
    Trail {
        name: "main".into(),
        home: "us-east-1".into(),
        all_regions: true,
        organization: false,
        validated: true,
        global: true,
        bucket: "logs".into(),
        group: None,
        status: Ok(Status { logging: true, delivered: "2026-03-01T11:56:00Z".parse().ok(), error: None }),
        selection: Ok(Selection { reads: true, writes: true, ..Selection::default() }),
    }
}

fn flow(on: &str, traffic: &str, fields: &str) -> FlowLog {
    let format = fields.split(' ').map(|field| format!("${{{field}}}")).collect::<Vec<_>>().join(" ");
    let (id, on, traffic) = ("fl-1".into(), on.into(), traffic.into());
    FlowLog { id, on, traffic, format, interval: Some(600), group: None, error: None }
}

/// Everything asked for, and nothing on.
fn nothing() -> Sources {
    Sources {
        region: Region::new("us-east-1"),
        trails: Ok(Vec::new()),
        vpcs: Ok(vec![Vpc { id: "vpc-1".into(), subnets: vec!["subnet-1".into(), "subnet-2".into()] }]),
        flows: Ok(Vec::new()),
        detectors: Ok(Vec::new()),
        names: Ok(Vec::new()),
        buckets: Vec::new(),
        groups: Vec::new(),
    }
}

fn one(sources: &Sources, source: &str) -> Sight {
    let mut rows: Vec<_> = sights(sources, now()).into_iter().filter(|row| row.source == source).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

fn of_trail(change: impl FnOnce(&mut Trail)) -> Sight {
    let mut trail = trail();
    change(&mut trail);
    one(&Sources { trails: Ok(vec![trail]), ..nothing() }, "CloudTrail")
}

#[test]
fn what_is_not_there_is_off_and_what_is_denied_is_unknown() {
    assert!(sights(&nothing(), now()).iter().all(|row| row.state == State::Off));
    let sources = Sources {
        trails: denied(),
        flows: denied(),
        detectors: denied(),
        names: denied(),
        vpcs: denied(),
        ..nothing()
    };
    let rows = sights(&sources, now());
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.state == State::Unknown && row.detail.contains("not known: denied")), "{rows:?}");
}

/// A trail set otherwise, and what is then said to go unseen.
type Change = (fn(&mut Trail), &'static str);

#[test]
fn a_trail_says_what_it_leaves_out() {
    let whole = of_trail(|_| {});
    assert_eq!(whole.state, State::On, "{whole:?}");
    assert!(whole.detail.contains("last file 4 min ago") && whole.unseen.contains("objects in S3"), "{whole:?}");
    let changes: [Change; 7] = [
        (|trail| trail.all_regions = false, "calls outside us-east-1"),
        (|trail| trail.validated = false, "changed or taken away"),
        (|trail| trail.global = false, "IAM"),
        (|trail| trail.selection = Ok(Selection { writes: true, ..Selection::default() }), "looks around"),
        (|trail| trail.selection = Ok(Selection { reads: true, ..Selection::default() }), "changed, made and deleted"),
        (
            |trail| trail.status = Ok(Status { logging: true, error: Some("NoSuchBucket".into()), delivered: None }),
            "NoSuchBucket",
        ),
        (
            |trail| {
                let delivered = "2026-03-01T06:00:00Z".parse().ok();
                trail.status = Ok(Status { logging: true, delivered, error: None });
            },
            "since the last file",
        ),
    ];
    for (change, unseen) in changes {
        let row = of_trail(change);
        assert!(row.state == State::Partly && row.unseen.contains(unseen), "{unseen}: {row:?}");
    }
    assert_eq!(of_trail(|trail| trail.status = Ok(Status::default())).state, State::Off, "stopped");
    for row in [of_trail(|trail| trail.status = denied()), of_trail(|trail| trail.selection = denied())] {
        assert_eq!(row.state, State::Unknown, "{row:?}");
    }
}

#[test]
fn flow_logs_say_which_fields_and_subnets_are_missing() {
    let of = |logs: Vec<FlowLog>| one(&Sources { flows: Ok(logs), ..nothing() }, "VPC flow logs");
    let whole = "instance-id tcp-flags flow-direction pkt-dstaddr";
    assert_eq!(of(vec![flow("vpc-1", "ALL", whole)]).state, State::On);
    assert_eq!(of(vec![flow("vpc-1", "ACCEPT", whole), flow("vpc-1", "REJECT", whole)]).state, State::On);
    let plain = of(vec![flow("vpc-1", "ALL", "version srcaddr pkt-dstaddr")]);
    assert_eq!(plain.state, State::Partly);
    for field in ["no instance-id", "no tcp-flags", "no flow-direction"] {
        assert!(plain.unseen.contains(field), "{plain:?}");
    }
    assert!(!plain.unseen.contains("pkt-dstaddr"), "{plain:?}");
    let rejected = of(vec![flow("vpc-1", "REJECT", whole)]);
    assert!(rejected.state == State::Partly && rejected.unseen.contains("came about"), "{rejected:?}");
    let half = of(vec![flow("subnet-1", "ALL", whole)]);
    assert!(half.state == State::Partly && half.unseen.contains("subnet-2"), "{half:?}");
    let both = of(vec![flow("subnet-1", "ALL", whole), flow("subnet-2", "ALL", whole)]);
    assert_eq!(both.state, State::On, "{both:?}");
    assert_eq!(of(vec![flow("eni-1", "ALL", whole)]).state, State::Off);
}

#[test]
fn guardduty_and_the_resolver_are_on_in_part() {
    let detector = |settings| Sources { detectors: Ok(vec![Detector { id: "d".into(), settings }]), ..nothing() };
    let set = |enabled, features: &[&str], every: &str| {
        let features = features.iter().map(ToString::to_string).collect();
        one(&detector(Ok(Settings { enabled, features, frequency: every.into() })), "GuardDuty")
    };
    let all = ["RUNTIME_MONITORING", "EBS_MALWARE_PROTECTION", "S3_DATA_EVENTS"];
    assert_eq!(set(true, &all, "FIFTEEN_MINUTES").state, State::On);
    assert!(set(true, &all, "SIX_HOURS").unseen.contains("six hours"));
    assert!(set(true, &all[1..], "ONE_HOUR").unseen.contains("processes"));
    assert_eq!(set(false, &all, "ONE_HOUR").state, State::Off);
    assert_eq!(one(&detector(denied()), "GuardDuty").state, State::Unknown);
    let log = |status: &str| QueryLog { vpc: "vpc-1".into(), status: status.into(), config: "rqlc-1".into() };
    for (status, state) in [("ACTIVE", State::On), ("FAILED", State::Partly)] {
        assert_eq!(one(&Sources { names: Ok(vec![log(status)]), ..nothing() }, "resolver query logs").state, state);
    }
}

#[test]
fn a_bucket_says_how_long_it_keeps_and_whether_it_may_be_read() {
    let of = |days, listed| Sources { buckets: vec![Bucket { name: "logs".into(), days, listed }], ..nothing() };
    assert!(one(&of(Ok(Some(30)), Ok(())), "log retention").unseen.contains("30 days"));
    assert_eq!(one(&of(Ok(None), Ok(())), "log retention").state, State::On);
    assert_eq!(one(&of(denied(), Ok(())), "log retention").state, State::Unknown);
    let row = one(&of(Ok(None), denied()), "reading the logs");
    assert!(row.state == State::Unknown && row.detail.contains("s3:GetObject"), "{row:?}");
}

#[test]
fn a_log_group_says_how_long_it_keeps_and_what_it_loses() {
    let of = |kept| {
        let group = LogGroup { name: "flows".into(), kept, asks: "route53resolver:ListResolverQueryLogConfigs" };
        one(&Sources { groups: vec![group], ..nothing() }, "log retention")
    };
    for (kept, state, word) in [
        (Ok(Kept::Forever), State::On, "never expire"),
        (Ok(Kept::Days(14)), State::Partly, "14 days"),
        (Ok(Kept::Gone), State::Off, "no such log group"),
        (Ok(Kept::Elsewhere("333333333333".into())), State::Unknown, "account 333333333333"),
        (denied(), State::Unknown, "allow route53resolver:ListResolverQueryLogConfigs"),
    ] {
        let row = of(kept);
        assert!(row.state == state && row.detail.contains(word) && row.what == "log group flows", "{row:?}");
    }
    assert!(of(Ok(Kept::Days(14))).unseen.contains("more than 14 days ago"));
}

#[test]
fn of_a_region_that_could_not_be_asked_nothing_is_known_to_be_off() {
    let row = unasked(&Region::new("ap-east-1"), "the region is not enabled");
    assert_eq!((row.region.as_str(), row.state, row.unseen.as_str()), ("ap-east-1", State::Unknown, "not known"));
    assert_eq!(row.detail, "not known: the region is not enabled");
}
