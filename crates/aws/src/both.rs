//! Calls that both accounts know. They take the clients that their caller's account has, so the
//! account is chosen before anything here runs.

use crate::convert::filter;
use aws_sdk_ec2::types::Filter;
use casebook::id::CaseId;
use casebook::tags;

pub(crate) mod attributes;
pub(crate) mod blocks;
pub(crate) mod groups;
pub(crate) mod images;
pub(crate) mod interfaces;
pub(crate) mod keys;
pub(crate) mod profiles;
pub(crate) mod quotas;
pub(crate) mod snapshots;
pub(crate) mod tagging;

/// What belongs to a case, by its tag.
pub(crate) fn of_case(case: &CaseId) -> Filter {
    filter(&format!("tag:{}", tags::CASE), [case])
}

/// The most values that one filter takes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
pub(crate) const FILTER_VALUES: usize = 200;
