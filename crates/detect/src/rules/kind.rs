//! The kinds of records that rules look at, as Sigma's `logsource` names them, and the fields that each has.

use super::lines::COLUMNS;
use crate::record::Record;
use crate::record::flow::Field;
use rsigma_parser::LogSource;

/// A kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// CloudTrail.
    #[default]
    Trail,
    /// Flow logs of VPCs.
    Flow,
    /// Query logs of the Route 53 resolver.
    Query,
    /// Access logs of application load balancers.
    Balancer,
}

/// The fields of a CloudTrail record
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
const TRAIL: [&str; 33] = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "eventType",
    "apiVersion",
    "managementEvent",
    "readOnly",
    "resources",
    "recipientAccountId",
    "serviceEventDetails",
    "sharedEventID",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "eventCategory",
    "addendum",
    "sessionCredentialFromConsole",
    "eventContext",
    "edgeDeviceDetails",
    "tlsDetails",
    "insightDetails",
    "networkInsights",
];

/// The fields of a query that the resolver has logged
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html>).
const QUERY: [&str; 18] = [
    "version",
    "account_id",
    "region",
    "vpc_id",
    "query_timestamp",
    "query_name",
    "query_type",
    "query_class",
    "rcode",
    "answers",
    "srcaddr",
    "srcport",
    "transport",
    "srcids",
    "firewall_rule_group_id",
    "firewall_rule_action",
    "firewall_domain_list_id",
    "additional_properties",
];

impl Kind {
    pub const ALL: [Self; 4] = [Self::Trail, Self::Flow, Self::Query, Self::Balancer];

    /// The name under `service`.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Trail => "cloudtrail",
            Self::Flow => "vpcflow",
            Self::Query => "route53resolver",
            Self::Balancer => "alb",
        }
    }

    /// The kind that a rule wants to see; AWS's without a service is CloudTrail.
    pub fn wanted(source: &LogSource) -> Option<Self> {
        let of_aws = source.product.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("aws"));
        let named = source.product.is_some() || source.service.is_some();
        let service = source.service.as_deref().unwrap_or("cloudtrail");
        let kind = || Self::ALL.into_iter().find(|kind| kind.service().eq_ignore_ascii_case(service));
        (of_aws && named && source.category.is_none()).then(kind).flatten()
    }

    /// The kind of a record; `None` for those that no rule looks at.
    pub fn of(record: &Record<'_>) -> Option<Self> {
        match record {
            Record::Trail(_) => Some(Self::Trail),
            Record::Flow(_) => Some(Self::Flow),
            Record::Query(_) => Some(Self::Query),
            Record::Balancer(_) => Some(Self::Balancer),
            Record::Insight(_) | Record::Digest(_) | Record::Finding(..) | Record::Hub(_) => None,
        }
    }

    /// Whether such records can have a field.
    pub fn has(self, field: &str) -> bool {
        let root = field.split(['.', '[']).next().unwrap_or_default();
        match self {
            Self::Trail => TRAIL.contains(&root),
            Self::Flow => Field::named(field).is_some(),
            Self::Query => QUERY.contains(&root),
            Self::Balancer => COLUMNS.iter().any(|(name, _)| *name == field),
        }
    }
}
