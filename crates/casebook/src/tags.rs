//! The tags that Impound writes. They help people and policies to find things; the ledger, not a
//! tag, says what is true.

use crate::id::CaseId;
use crate::scene::instance::Tags;

/// On everything that belongs to a case: its name.
pub const CASE: &str = "impound:case";
/// On what a step made or marked: the step.
pub const STEP: &str = "impound:step";
/// On the instance: [`QUARANTINED`] or [`RELEASED`].
pub const STATUS: &str = "impound:status";
/// On forensic copies: the ledger's head when they were ordered.
pub const LEDGER: &str = "impound:ledger";
/// On copies and volumes: what they were made from.
pub const SOURCE: &str = "impound:source";
/// On quarantine groups, which cases share.
pub const QUARANTINE: &str = "impound:quarantine";
/// On groups and images: the role they play in a step.
pub const PART: &str = "impound:part";
/// Value of [`STATUS`] once isolation was read back.
pub const QUARANTINED: &str = "quarantined";
/// Value of [`STATUS`] once release was read back.
pub const RELEASED: &str = "released";

/// The tags of something that a step makes.
pub fn of(case: &CaseId, step: &str) -> Tags {
    Tags::from([(CASE.to_owned(), case.to_string()), (STEP.to_owned(), step.to_owned())])
}

/// The same with one more.
pub fn with(mut tags: Tags, key: &str, value: impl Into<String>) -> Tags {
    tags.insert(key.to_owned(), value.into());
    tags
}
