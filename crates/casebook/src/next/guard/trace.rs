//! Who did it, from CloudTrail. Calls are shown there minutes after they were made, so the question is
//! asked again in later periods; nothing waits for the answer.

use super::super::Next;
use crate::agenda::Wake;
use crate::case::DriftRecord;
use crate::effect::{Effect, SourceEffect};
use crate::entry::{Drift, Entry, Traced};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::trail::TrailChange;
use crate::view::View;
use jiff::{SignedDuration, Timestamp};

/// The shortest pause between two looks at one thing: two look-ups a second are all that an account has
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const PACE: SignedDuration = SignedDuration::from_secs(60);
/// How long a call may take to be shown; about five minutes is the average
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
const LATE: SignedDuration = SignedDuration::from_mins(20);
/// How far AWS's clock and ours may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// How many changes of a drift are written, the latest of them.
const MOST: usize = 5;

/// Asks for the authors of what was found, and notes what is known of them.
pub fn follow(view: View<'_>, every: SignedDuration, next: &mut Next) {
    for (drift, record) in view.case.guard.untraced() {
        let answer = match unaskable(view, &record.drift) {
            Some(why) => Some(Traced { drift, changes: Vec::new(), why }),
            None => answered(view, drift, record),
        };
        match answer {
            Some(traced) => next.notes.push(Entry::Traced(traced)),
            None => ask(view, record, every.max(PACE), next),
        }
    }
}

/// Why CloudTrail is not asked.
fn unaskable(view: View<'_>, drift: &Drift) -> Option<String> {
    let region = view.case.target.region.as_str();
    let home = home(&view.case.target.partition);
    match (&drift.mend, &drift.resource) {
        (Some(Effect::Forensic(_)), _) => Some("it is in the forensic account, whose CloudTrail is not asked".into()),
        (Some(Effect::Source(SourceEffect::PutRolePolicy { role, .. })), _) if region != home => {
            Some(format!("calls of IAM stand in CloudTrail of {home}, not of {region}: look for {role} there"))
        }
        (_, None) => Some("CloudTrail can not be asked about it by one name".into()),
        _ => None,
    }
}

/// Where calls of global services are recorded
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html>).
fn home(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

fn question(record: &DriftRecord) -> Query {
    S::ChangesOf(record.drift.resource.clone().unwrap_or_default()).into()
}

/// What is known for good; `None` while CloudTrail may still have something to say.
fn answered(view: View<'_>, drift: u64, record: &DriftRecord) -> Option<Traced> {
    let fact = view.scene.fact(&question(record))?;
    let why = match &fact.answer {
        Ok(Reading::Changes(found)) => {
            let changes = by_others(view, record, &found.changes);
            if !changes.is_empty() {
                return Some(Traced { drift, changes, why: String::new() });
            }
            let end = if found.whole { "" } else { "; older events were not read" };
            format!("CloudTrail shows no change of it by anybody else in that time{end}")
        }
        Err(fault) if !fault.passes() => {
            let why = format!("CloudTrail could not be read: {fault}; allow cloudtrail:LookupEvents");
            return Some(Traced { drift, changes: Vec::new(), why });
        }
        Err(fault) => format!("CloudTrail could not be read: {fault}"),
        Ok(_) => "the answer of CloudTrail is of another kind: a bug, please report it".into(),
    };
    (fact.at >= record.at + LATE).then_some(Traced { drift, changes: Vec::new(), why })
}

/// The changes between the last look and the one that found it, the earliest first. Failed calls have
/// changed nothing; our own identity's are known from the ledger.
fn by_others(view: View<'_>, record: &DriftRecord, changes: &[TrailChange]) -> Vec<TrailChange> {
    let from: Timestamp = record.drift.right.unwrap_or(view.case.opened) - SKEW;
    let until = record.at + SKEW;
    let us = ourselves(view);
    let counts = |change: &&TrailChange| {
        change.error.is_none() && change.at >= from && change.at <= until && Some(change.by.as_str()) != us
    };
    let mut latest: Vec<TrailChange> = changes.iter().filter(counts).take(MOST).cloned().collect();
    latest.reverse();
    latest
}

fn ourselves(view: View<'_>) -> Option<&str> {
    match crate::custody::readings::last(view, S::Identity)? {
        Reading::Identity(identity) => Some(identity.arn.as_str()),
        _ => None,
    }
}

fn ask(view: View<'_>, record: &DriftRecord, pace: SignedDuration, next: &mut Next) {
    let query = question(record);
    let due = view.scene.fact(&query).map_or(view.now, |fact| fact.at + pace);
    if due > view.now {
        next.wakes.push(Wake { at: due, why: "another look at CloudTrail for who did it".into() });
    } else if !view.busy.queries.contains(&query) {
        next.observe.insert(query);
    }
}
