//! A Security Hub finding in the AWS Security Finding Format
//! (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>).

use super::text::Text;
use crate::suspect::session_instance;
use casebook::id::InstanceId;
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
    /// How far somebody is with it.
    #[serde(borrow, deserialize_with = "super::text::object")]
    pub workflow: Workflow<'a>,
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

/// How far somebody is with a finding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Workflow<'a> {
    /// `NEW`, `NOTIFIED`, `SUPPRESSED` or `RESOLVED`.
    #[serde(borrow)]
    pub status: Text<'a>,
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
    /// What else is known of it.
    #[serde(borrow, deserialize_with = "super::text::object")]
    pub details: Details<'a>,
}

/// What is known of a resource, by its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Details<'a> {
    /// Of an access key, or of a session's credentials
    /// (<https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resourcedetails-awsiam.html>).
    #[serde(borrow, rename = "AwsIamAccessKey", deserialize_with = "super::text::object")]
    pub key: Key<'a>,
}

/// An access key.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Key<'a> {
    /// Whose it is: of a session, the role's id, a colon and the session's name.
    #[serde(borrow, rename = "PrincipalId")]
    pub principal: Text<'a>,
}

impl Finding<'_> {
    /// The instances among its resources: what stands behind the last `/` of an ARN, or is the id itself.
    pub fn instances(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().filter_map(|resource| {
            let id = resource.id.as_str();
            let last = id.rsplit('/').next().unwrap_or(id);
            InstanceId::parse(last).map(|_| last)
        })
    }

    /// Whose credentials it is about.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(|resource| resource.details.key.principal.as_str()).filter(|name| !name.is_empty())
    }

    /// The instances after which the sessions are named whose credentials it is about.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.principals().filter_map(|principal| session_instance(principal, ""))
    }

    /// GuardDuty's own type, where GuardDuty found it: Security Hub writes `TTPs/Discovery/Recon:EC2-Portscan` for
    /// `Recon:EC2/Portscan`, and where the purpose is that of the category, `TTPs/Discovery/IAMUser-AnomalousBehavior`
    /// (<https://docs.aws.amazon.com/guardduty/latest/ug/securityhub-integration.html>).
    pub fn guard_duty_type(&self) -> Option<String> {
        let kind = || self.types.first().map(|kind| kind.as_str()).unwrap_or_default();
        self.product.as_str().ends_with("/guardduty").then(|| {
            let kind = kind();
            let own = kind.split_once('/').map_or(kind, |(_, own)| own);
            match own.split_once('/') {
                Some((category, last)) if !category.contains(':') && !last.contains(':') => {
                    format!("{}:{}", category.replace(' ', ""), last.replacen('-', "/", 1))
                }
                Some((category, last)) if !category.contains(':') => last.replacen('-', "/", 1),
                Some(_) => own.to_owned(),
                None => own.replacen('-', "/", 1),
            }
        })
    }

    /// Whether the instance acted or was acted upon, as GuardDuty says it; empty where it does not.
    pub fn resource_role(&self) -> &str {
        self.product_fields.get("aws/guardduty/service/resourceRole").map(Text::as_str).unwrap_or_default()
    }

    /// Whether nothing happened: somebody asked for an example.
    pub fn is_sample(&self) -> bool {
        let marked = self.product_fields.get("aws/guardduty/service/additionalInfo/sample");
        self.title.as_str().starts_with("[SAMPLE]") || marked.is_some_and(|mark| mark.as_str() == "true")
    }

    /// Whether it was put away: archived, suppressed or resolved.
    pub fn is_over(&self) -> bool {
        self.state.as_str() == "ARCHIVED" || matches!(self.workflow.status.as_str(), "SUPPRESSED" | "RESOLVED")
    }
}
