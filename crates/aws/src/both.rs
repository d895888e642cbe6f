//! Calls that both accounts know. They take the clients that their caller's account has, so the
//! account is chosen before anything here runs.

pub(crate) mod attributes;
pub(crate) mod blocks;
pub(crate) mod groups;
pub(crate) mod images;
pub(crate) mod interfaces;
pub(crate) mod keys;
pub(crate) mod profiles;
pub(crate) mod snapshots;
pub(crate) mod tags;

/// The tag that says to which case a thing belongs.
pub(crate) const CASE_TAG: &str = "tag:impound:case";

/// The most values that one filter takes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
pub(crate) const FILTER_VALUES: usize = 200;
