//! The clients of one account and region, all from one configuration.

use crate::fault::{fault, need};
use crate::pace::Pace;
use crate::tap::{Bodies, Tap};
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, Region};
use casebook::reading::Identity;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Everything that can be called with one set of credentials in one region.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) region: Region,
    pub(crate) config: SdkConfig,
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) ebs: aws_sdk_ebs::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) classic: aws_sdk_elasticloadbalancing::Client,
    pub(crate) balancing: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) guardduty: aws_sdk_guardduty::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) resolver: aws_sdk_route53resolver::Client,
    pub(crate) quotas: aws_sdk_servicequotas::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    /// The pace of CloudTrail's look-ups.
    pub(crate) lookups: Pace,
    account: OnceCell<AccountId>,
}

/// Two look-ups a second are allowed for each account and region
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const LOOKUPS_APART: Duration = Duration::from_millis(500);

/// A client of a service with the listener on it.
macro_rules! client {
    ($service:ident, $config:expr, $tap:expr) => {
        $service::Client::from_conf($service::config::Builder::from($config).interceptor($tap).build())
    };
}

/// A named endpoint is no bucket's: there the bucket stands in the path.
fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some());
    aws_sdk_s3::Client::from_conf(builder.interceptor(Tap::new("s3", Bodies::Dropped)).build())
}

impl Clients {
    /// The clients for a configuration with credentials and a region.
    pub(crate) fn new(config: SdkConfig, region: &SdkRegion) -> Self {
        let tap = |service| Tap::new(service, Bodies::Kept);
        Self {
            region: Region::new(region.as_ref()),
            autoscaling: client!(aws_sdk_autoscaling, &config, tap("autoscaling")),
            cloudtrail: client!(aws_sdk_cloudtrail, &config, tap("cloudtrail")),
            cloudwatch: client!(aws_sdk_cloudwatch, &config, tap("cloudwatch")),
            logs: client!(aws_sdk_cloudwatchlogs, &config, tap("logs")),
            ebs: client!(aws_sdk_ebs, &config, Tap::new("ebs", Bodies::Dropped)),
            ec2: client!(aws_sdk_ec2, &config, tap("ec2")),
            classic: client!(aws_sdk_elasticloadbalancing, &config, tap("elasticloadbalancing")),
            balancing: client!(aws_sdk_elasticloadbalancingv2, &config, tap("elasticloadbalancing")),
            events: client!(aws_sdk_eventbridge, &config, tap("events")),
            guardduty: client!(aws_sdk_guardduty, &config, tap("guardduty")),
            iam: client!(aws_sdk_iam, &config, tap("iam")),
            kms: client!(aws_sdk_kms, &config, tap("kms")),
            resolver: client!(aws_sdk_route53resolver, &config, tap("route53resolver")),
            quotas: client!(aws_sdk_servicequotas, &config, tap("servicequotas")),
            s3: s3(&config),
            sns: client!(aws_sdk_sns, &config, tap("sns")),
            sqs: client!(aws_sdk_sqs, &config, tap("sqs")),
            ssm: client!(aws_sdk_ssm, &config, tap("ssm")),
            sts: client!(aws_sdk_sts, &config, tap("sts")),
            config,
            lookups: Pace::new(LOOKUPS_APART),
            account: OnceCell::new(),
        }
    }

    /// Who the credentials belong to
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
    pub(crate) async fn identity(&self) -> Result<Identity, Fault> {
        let caller = self.sts.get_caller_identity().send().await.map_err(fault)?;
        let account = AccountId::new(need(caller.account, "GetCallerIdentity.Account")?);
        Ok(Identity { account, arn: Arn::new(need(caller.arn, "GetCallerIdentity.Arn")?) })
    }

    /// The account's own id, asked once.
    pub(crate) async fn own_account(&self) -> Result<&AccountId, Fault> {
        self.account.get_or_try_init(|| async { Ok(self.identity().await?.account) }).await
    }

    /// The partition of the region, as ARNs name it
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
    pub(crate) fn partition(&self) -> &'static str {
        const PARTITIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-isob-", "aws-iso-b"),
            ("us-isof-", "aws-iso-f"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-iso-", "aws-iso"),
            ("eusc-", "aws-eusc"),
        ];
        let region = self.region.as_str();
        PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
    }
}
