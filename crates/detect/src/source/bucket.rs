//! What of a bucket is read: everything whose key begins so. Where the keys are in AWS's layout, folders
//! are gone down level by level to the days, so that a day outside the period is never listed.

use super::key::{self, Period};
use std::path::Path;

/// How an address in S3 begins.
const SCHEME: &str = "s3://";
/// Under it AWS lays out what it delivers
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html>).
const LAYOUT: &str = "AWSLogs";

/// A bucket, and how the keys begin that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// How the keys begin; empty for all.
    pub prefix: String,
}

/// How far one list reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the next `/`: folders, which are decided on one by one.
    Level,
    /// To the end of every key.
    Whole,
}

impl Place {
    /// An address in S3; `None` when the text is something else, such as a path.
    ///
    /// # Errors
    /// In a sentence, when it names no bucket.
    pub fn parse(text: &str) -> Option<Result<Self, String>> {
        let rest = text.strip_prefix(SCHEME)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Some(Err(format!("{text} names no bucket: s3://BUCKET/PREFIX")));
        }
        Some(Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() }))
    }

    /// A key's address.
    pub fn address(&self, key: &str) -> String {
        format!("{SCHEME}{}/{key}", self.bucket)
    }

    /// How a list of the keys that begin so is to reach. Above the days of AWS's layout it goes level by
    /// level. What was named is looked at first: the layout may begin right under it.
    pub fn reach(&self, prefix: &str) -> Reach {
        let mut parts = folder(prefix).split('/');
        let in_layout = parts.by_ref().any(|part| part == LAYOUT);
        let below: Vec<_> = parts.collect();
        let above_days = in_layout && !key::is_day(Path::new(&below.join("/")));
        if above_days || (!in_layout && prefix == self.prefix) { Reach::Level } else { Reach::Whole }
    }

    /// Whether AWS's layout begins in one of these folders, or they are in it already. If not, going level by
    /// level would cost a list for each folder and save none.
    pub fn has_layout<'f>(&self, mut folders: impl Iterator<Item = &'f str>) -> bool {
        folders.any(|folder| folder.split('/').any(|part| part == LAYOUT))
    }

    /// Whether a folder or key may hold something of the period.
    pub fn may_have(&self, period: &Period, key: &str) -> bool {
        period.may_have(key::of_path(Path::new(key), Path::new(folder(&self.prefix))))
    }
}

/// A prefix up to its last `/`.
pub fn folder(prefix: &str) -> &str {
    prefix.rfind('/').map_or("", |at| &prefix[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::parse(text).expect("an address").expect("a bucket")
    }

    #[test]
    fn an_address_names_a_bucket_and_how_the_keys_begin() {
        let whole = Place { bucket: "logs".into(), prefix: String::new() };
        assert_eq!((place("s3://logs"), place("s3://logs/")), (whole.clone(), whole));
        assert_eq!(place("s3://logs/a/AWSLogs/1").prefix, "a/AWSLogs/1");
        assert_eq!(place("s3://logs/a").address("a/b c"), "s3://logs/a/b c");
        assert_eq!(Place::parse("logs/s3://x"), None);
        assert!(Place::parse("s3:///x").is_some_and(|parsed| parsed.is_err_and(|why| why.contains("no bucket"))));
    }

    #[test]
    fn the_layout_is_gone_down_to_its_days_and_anything_else_is_listed_as_it_is() {
        let logs = place("s3://logs/org/");
        for (prefix, reach) in [
            ("org/", Reach::Level),
            ("org/AWSLogs/", Reach::Level),
            ("org/AWSLogs/o-1/111111111111/CloudTrail/us-east-1/", Reach::Level),
            ("org/AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/", Reach::Level),
            ("org/AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/0", Reach::Level),
            ("org/AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/01/", Reach::Whole),
            ("org/AWSLogs/111111111111/vpcflowlogs/us-east-1/2026/03/01/12/", Reach::Whole),
            ("org/AWSLogs/aws-account-id=111111111111/aws-region=us-east-1/year=2026/month=03/", Reach::Level),
            ("org/AWSLogs/aws-account-id=111111111111/aws-region=us-east-1/year=2026/month=03/day=01/", Reach::Whole),
            ("org/2026/03/01/", Reach::Whole),
            ("org/other/", Reach::Whole),
        ] {
            assert_eq!(logs.reach(prefix), reach, "{prefix}");
        }
        assert!(logs.has_layout(["org/AWSLogs/", "org/x/"].into_iter()) && !logs.has_layout(["org/x/"].into_iter()));
    }

    #[test]
    fn a_date_counts_under_the_layout_and_under_what_was_named() {
        let period = Period { since: "2026-03-05T00:00:00Z".parse().ok(), until: None };
        let logs = place("s3://logs/2011/01/01/x");
        for (key, expected) in [
            ("2011/01/01/x/AWSLogs/1/CloudTrail/us-east-1/2026/03/01/a", false),
            ("2011/01/01/x/AWSLogs/1/CloudTrail/us-east-1/2026/03/04/", true),
            ("2011/01/01/x/2026/03/01/a", false),
            ("2011/01/01/xyz", true),
        ] {
            assert_eq!(logs.may_have(&period, key), expected, "{key}");
        }
    }
}
