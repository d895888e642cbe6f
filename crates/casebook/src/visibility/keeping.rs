//! How long what is recorded is kept, and whether Impound may read it.

use super::{Known, Sight, Sources, State, not_known};

const KEPT: &str = "log retention";
const READ: &str = "reading the logs";

/// A bucket that a trail delivers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// After how many days a rule deletes objects of it; `None` when none does
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html>).
    pub days: Known<Option<i32>>,
    /// Whether these credentials may list it.
    pub listed: Known<()>,
}

/// A log group of CloudWatch that a trail, a flow log or the resolver delivers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// How long it keeps events.
    pub kept: Known<Kept>,
    /// The permission that asking takes.
    pub asks: &'static str,
}

/// How long a log group keeps events
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// No retention is set: they never expire.
    Forever,
    /// So many days.
    Days(i32),
    /// There is no such group: what is delivered to it is lost.
    Gone,
    /// The group is in another account, which was not asked.
    Elsewhere(String),
}

pub(super) fn sights(sources: &Sources) -> Vec<Sight> {
    let buckets = sources.buckets.iter().flat_map(|bucket| [kept(sources, bucket), read(sources, bucket)]);
    buckets.chain(sources.groups.iter().map(|group| group_kept(sources, group))).collect()
}

fn group_kept(sources: &Sources, group: &LogGroup) -> Sight {
    let what = format!("log group {}", group.name);
    let row = |state, detail: &str, unseen: &str| sources.sight(KEPT, &what, state, detail, unseen);
    match &group.kept {
        Err(fault) => sources.unknown(KEPT, &what, fault, group.asks),
        Ok(Kept::Forever) => row(State::On, "events never expire", "nothing because of its age"),
        Ok(Kept::Days(days)) => row(State::Partly, &format!("events expire after {days} days"), &older_than(*days)),
        Ok(Kept::Gone) => row(State::Off, "there is no such log group", "whatever is delivered to it: it is lost"),
        Ok(Kept::Elsewhere(account)) => {
            row(State::Unknown, &format!("not known: it is in account {account}"), "not known")
        }
    }
}

fn older_than(days: i32) -> String {
    format!("what happened more than {days} days ago")
}

fn kept(sources: &Sources, bucket: &Bucket) -> Sight {
    let what = format!("s3://{}", bucket.name);
    match &bucket.days {
        Err(fault) => sources.unknown(KEPT, &what, fault, "s3:GetLifecycleConfiguration"),
        Ok(None) => sources.sight(KEPT, &what, State::On, "no rule deletes by age", "nothing because of its age"),
        Ok(Some(days)) => {
            let unseen = older_than(*days);
            sources.sight(KEPT, &what, State::Partly, &format!("a rule deletes after {days} days"), &unseen)
        }
    }
}

fn read(sources: &Sources, bucket: &Bucket) -> Sight {
    let what = format!("s3://{}", bucket.name);
    match &bucket.listed {
        Ok(()) => {
            let unseen = "objects under a key that these credentials may not use; only a reading shows that";
            sources.sight(READ, &what, State::On, "these credentials may list it", unseen)
        }
        Err(fault) => {
            let why = not_known(fault, "s3:ListBucket and s3:GetObject");
            sources.sight(READ, &what, State::Unknown, &why, "all of it, to `impound detect` with these credentials")
        }
    }
}
