//! What the key of a log file says about the time of what is in it.
//!
//! CloudTrail puts files under `AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html>), flow logs, load
//! balancers and the resolver do alike; flow logs may have Hive's names before the figures (`year=YYYY/month=MM/day=DD`,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>). The date is that of the delivery. CloudTrail delivers within about
//! five minutes on average, which is not guaranteed
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html>), so an event may stand in
//! the folder of the next day: a day more is read at both ends.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::path::{Component, Path};

/// A period, open where an end is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Up to before this one.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a moment is inside.
    pub fn has(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Whether nothing is outside.
    pub fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a folder or key may hold something of the period: only a date that is certainly outside
    /// says no.
    pub fn may_have(&self, key: &Path) -> bool {
        let Some((first, last)) = days(key) else { return true };
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let begins = self.since.and_then(|at| day(at).checked_sub(1.day()).ok());
        let ends = self.until.and_then(|at| day(at).checked_add(1.day()).ok());
        begins.is_none_or(|begins| begins <= last) && ends.is_none_or(|ends| first <= ends)
    }
}

/// The part of a path that is a key: what stands behind `AWSLogs`, or else under the folder that was
/// named. A date further up is that of whoever put the folder there.
pub(super) fn of_path<'p>(path: &'p Path, named: &Path) -> &'p Path {
    let mut rest = path.components();
    let mut key = path.strip_prefix(named).unwrap_or(path);
    while let Some(part) = rest.next() {
        if part.as_os_str() == "AWSLogs" {
            key = rest.as_path();
        }
    }
    key
}

/// Whether a key speaks of one day.
pub(super) fn is_day(key: &Path) -> bool {
    days(key).is_some_and(|(first, last)| first == last)
}

/// The first and the last day that a key speaks of: the last `YYYY/MM/DD`, `YYYY/MM` or `YYYY` in it.
fn days(key: &Path) -> Option<(Date, Date)> {
    let parts: Vec<_> = key.components().map(figures).collect();
    let (at, year) = parts.iter().enumerate().rev().find_map(|(at, part)| Some((at, number(part, 4)?)))?;
    if !(2006..2100).contains(&year) {
        return None;
    }
    let two = |place: usize| parts.get(place).and_then(|part| number(part, 2)).and_then(|n| i8::try_from(n).ok());
    let month = two(at + 1);
    let first = Date::new(year, month.unwrap_or(1), 1).ok()?;
    match (month, month.and(two(at + 2))) {
        (Some(month), Some(day)) => Date::new(year, month, day).ok().map(|date| (date, date)),
        (Some(_), None) => Some((first, first.last_of_month())),
        (None, _) => Some((first, first.last_of_year())),
    }
}

/// A part without the name that Hive puts before it.
fn figures(part: Component<'_>) -> &str {
    let part = part.as_os_str().to_str().unwrap_or_default();
    ["year=", "month=", "day="].into_iter().find_map(|name| part.strip_prefix(name)).unwrap_or(part)
}

/// A part that is just so many digits.
fn number(part: &str, digits: usize) -> Option<i16> {
    (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::Period;
    use std::path::Path;

    #[test]
    fn a_day_more_is_read_at_both_ends() {
        let period = Period { since: "2023-07-10T23:59:00Z".parse().ok(), until: "2023-07-11T00:01:00Z".parse().ok() };
        for (key, expected) in [
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07/08", false),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07/09", true),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07/10/a.json.gz", true),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07/12/a.json.gz", true),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07/13/a.json.gz", false),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/06", false),
            ("AWSLogs/1/CloudTrail/us-east-1/2023/07", true),
            ("AWSLogs/1/CloudTrail/us-east-1/2022", false),
            ("AWSLogs/1/CloudTrail/us-east-1/2023", true),
            ("AWSLogs/1/CloudTrail/us-east-1", true),
            ("AWSLogs/aws-account-id=1/aws-region=us-east-1/year=2023/month=07/day=08/hour=09", false),
            ("AWSLogs/aws-account-id=1/aws-region=us-east-1/year=2023/month=07/day=10/hour=01", true),
            ("AWSLogs/aws-account-id=1/aws-region=us-east-1/year=2023/month=06", false),
            ("AWSLogs/aws-account-id=1/aws-region=us-east-1/hour=2011/a.log", true),
            ("case 0042/2023/99/events.json", true),
            ("1234/events.json", true),
        ] {
            assert_eq!(period.may_have(Path::new(key)), expected, "{key}");
        }
    }

    #[test]
    fn without_ends_everything_is_inside() {
        assert!(Period::default().may_have(Path::new("2011/01/01/a.json")));
    }
}
