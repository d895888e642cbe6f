//! A Security Hub finding in the AWS Security Finding Format
//! (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>).

use super::text::Text;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One finding, reduced to what a response needs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Finding<'a> {
    /// The finding's id.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The product that found it.
    #[serde(borrow, rename = "ProductArn")]
    pub product: Text<'a>,
    /// The account it is about.
    #[serde(borrow, rename = "AwsAccountId")]
    pub account: Text<'a>,
    /// Where.
    #[serde(borrow)]
    pub region: Text<'a>,
    /// The headline.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// `namespace/category/classifier`, one or more.
    #[serde(borrow, deserialize_with = "super::text::list")]
    pub types: Vec<Text<'a>>,
    /// How grave.
    #[serde(borrow, deserialize_with = "super::text::object")]
    pub severity: Severity<'a>,
    /// When it was made.
    #[serde(borrow, rename = "CreatedAt")]
    pub created: Text<'a>,
    /// When it was last changed.
    #[serde(borrow, rename = "UpdatedAt")]
    pub updated: Text<'a>,
    /// `ACTIVE` or `ARCHIVED`.
    #[serde(borrow, rename = "RecordState")]
    pub state: Text<'a>,
    /// What it is about.
    #[serde(borrow, deserialize_with = "super::text::list")]
    pub resources: Vec<Resource<'a>>,
    /// What the product adds, such as the id of the finding it was made from.
    #[serde(borrow, deserialize_with = "super::text::object")]
    pub product_fields: BTreeMap<String, Text<'a>>,
    /// The record as it stands in the file.
    #[serde(skip)]
    pub raw: &'a [u8],
}

/// How grave a finding is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Severity<'a> {
    /// `INFORMATIONAL` to `CRITICAL`.
    #[serde(borrow)]
    pub label: Text<'a>,
}

/// What a finding is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Resource<'a> {
    /// Mostly an ARN.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// `AwsEc2Instance`, `AwsIamAccessKey`, …
    #[serde(borrow, rename = "Type")]
    pub kind: Text<'a>,
}

impl Finding<'_> {
    /// The instances among its resources: what stands behind the last `/` of an ARN, or is the id itself.
    pub fn instances(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().filter_map(|resource| {
            let id = resource.id.as_str();
            let last = id.rsplit('/').next().unwrap_or(id);
            last.starts_with("i-").then_some(last)
        })
    }
}
