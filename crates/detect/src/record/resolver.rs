//! A query that the Route 53 resolver of a VPC has logged
//! (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html>).

use super::text::Text;
use jiff::Timestamp;
use serde::Deserialize;

/// One query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query<'a> {
    /// The account that made the VPC.
    #[serde(borrow, rename = "account_id")]
    pub account: Text<'a>,
    /// Where.
    #[serde(borrow)]
    pub region: Text<'a>,
    /// The VPC it comes from.
    #[serde(borrow, rename = "vpc_id")]
    pub vpc: Text<'a>,
    /// When it was asked.
    #[serde(borrow, rename = "query_timestamp")]
    pub time: Text<'a>,
    /// The name.
    #[serde(borrow, rename = "query_name")]
    pub name: Text<'a>,
    /// `A`, `TXT`, …
    #[serde(borrow, rename = "query_type")]
    pub kind: Text<'a>,
    /// What was answered: `NOERROR`, `NXDOMAIN`, …
    #[serde(borrow)]
    pub rcode: Text<'a>,
    /// The answers.
    #[serde(borrow, deserialize_with = "super::text::list")]
    pub answers: Vec<Answer<'a>>,
    /// The address that asked.
    #[serde(borrow, rename = "srcaddr")]
    pub source: Text<'a>,
    /// Who asked.
    #[serde(borrow, rename = "srcids", deserialize_with = "super::text::object")]
    pub ids: SourceIds<'a>,
    /// What the DNS firewall did: `ALERT`, `BLOCK`, …
    #[serde(borrow, rename = "firewall_rule_action")]
    pub firewall: Text<'a>,
    /// The record as it stands in the file.
    #[serde(skip)]
    pub raw: &'a [u8],
}

/// An answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Answer<'a> {
    /// What the name stands for.
    #[serde(borrow, rename = "Rdata")]
    pub data: Text<'a>,
    /// `A`, `CNAME`, …
    #[serde(borrow, rename = "Type")]
    pub kind: Text<'a>,
}

/// Who asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SourceIds<'a> {
    /// The instance.
    #[serde(borrow)]
    pub instance: Text<'a>,
    /// The resolver endpoint that passed the query on.
    #[serde(borrow)]
    pub resolver_endpoint: Text<'a>,
}

impl Query<'_> {
    /// When it was asked.
    pub fn at(&self) -> Option<Timestamp> {
        self.time.as_str().parse().ok()
    }
}
