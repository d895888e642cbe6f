//! How long the files of trails are kept, and whether Impound may read them.

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

pub(super) fn sights(sources: &Sources) -> Vec<Sight> {
    sources.buckets.iter().flat_map(|bucket| [kept(sources, bucket), read(sources, bucket)]).collect()
}

fn kept(sources: &Sources, bucket: &Bucket) -> Sight {
    let what = format!("s3://{}", bucket.name);
    match &bucket.days {
        Err(fault) => sources.unknown(KEPT, &what, fault, "s3:GetLifecycleConfiguration"),
        Ok(None) => sources.sight(KEPT, &what, State::On, "no rule deletes by age", "nothing because of its age"),
        Ok(Some(days)) => {
            let unseen = format!("what happened more than {days} days ago");
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
