//! The simulated AWS: pure state, a function of what was done to it and when. Time only comes in
//! through [`World::advance`]. The rules are AWS's, each with the page that states it; the
//! casebook's own predictions are never used here.

use casebook::id::{AccountId, Region};
use casebook::query::Side;
use jiff::{SignedDuration, Timestamp};

pub mod acls;
pub mod addresses;
mod answer;
mod apply;
pub mod attack;
pub mod balancers;
pub mod copies;
pub mod disposal;
pub mod documents;
mod errors;
pub mod exposure;
pub mod flow_log;
pub mod flows;
pub mod forensic;
mod ground;
pub mod groups;
pub mod health;
pub mod identity;
pub mod images;
pub mod instances;
pub mod interfaces;
pub mod keys;
pub mod killers;
mod lag;
pub mod launch;
pub mod organisation;
pub mod policy;
pub mod power;
mod quotas;
pub mod rules;
pub mod scaling;
pub mod sessions;
pub mod shrink;
pub mod storage;
mod tags;
pub mod throttling;
mod time;
mod tokens;
pub mod writes;

use crate::adversary::Intruder;
use crate::ids::Ids;

pub(crate) use time::Event;

/// Where the world is and whose it is.
#[derive(Clone, Debug)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: Region,
    /// The account under investigation.
    pub source: AccountId,
    /// The forensic account.
    pub forensic: AccountId,
}

impl Place {
    /// The account of a side.
    pub fn account(&self, side: Side) -> &AccountId {
        match side {
            Side::Source => &self.source,
            Side::Forensic => &self.forensic,
        }
    }
}

/// Whether a new idle timeout reaches connections that exist already: AWS does not say
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutReach {
    /// It does.
    ExistingFlows,
    /// Only connections that begin later have it.
    NewFlows,
}

/// What AWS leaves open, or what differs from day to day.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a new security group stays invisible
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    pub group_lag: SignedDuration,
    /// How long a new snapshot, image or volume stays invisible.
    pub storage_lag: SignedDuration,
    /// How long a policy takes to work
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>).
    pub policy_lag: SignedDuration,
    /// How long CloudTrail takes to show a call
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
    pub trail_lag: SignedDuration,
    /// How many security groups an account may have
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups>).
    pub groups_allowed: usize,
    /// How many network ACLs a VPC may have
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls>).
    pub acls_allowed: usize,
    /// How many target groups a page holds.
    pub target_groups_a_page: usize,
    /// How many empty pages come before each list's own
    /// (<https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html>).
    pub empty_pages: usize,
    /// For how long attributes still read as they were before a change
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    pub read_lag: SignedDuration,
    /// How long a new ACL takes to work
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    pub acl_lag: SignedDuration,
    /// How far AWS's clock is ahead of the responder's; negative when it is behind.
    pub clock_skew: SignedDuration,
    /// For how long the metadata service hands out the same credentials. AWS says only that new ones
    /// come five minutes before the old ones end, at the latest
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>).
    pub credential_refresh: SignedDuration,
    /// Whether calls are counted.
    pub throttling: throttling::Throttling,
    /// Whether a new idle timeout reaches existing connections.
    pub timeout_reach: TimeoutReach,
    /// Whether a group can still terminate a member that is being detached.
    pub detaching_reach: shrink::DetachingReach,
    /// Whether a copy outlives the source that it reads.
    pub orphan_copy: disposal::OrphanCopy,
    /// Whether the organisation protects what carries the tags of a case.
    pub organisation: organisation::OrganisationPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            group_lag: SignedDuration::ZERO,
            storage_lag: SignedDuration::ZERO,
            policy_lag: SignedDuration::from_secs(10),
            trail_lag: SignedDuration::from_mins(5),
            groups_allowed: 2_500,
            acls_allowed: 200,
            target_groups_a_page: 20,
            empty_pages: 0,
            read_lag: SignedDuration::ZERO,
            acl_lag: SignedDuration::ZERO,
            clock_skew: SignedDuration::ZERO,
            credential_refresh: SignedDuration::from_hours(1),
            throttling: throttling::Throttling::Off,
            timeout_reach: TimeoutReach::ExistingFlows,
            detaching_reach: shrink::DetachingReach::OutOfReach,
            orphan_copy: disposal::OrphanCopy::Fails,
            organisation: organisation::OrganisationPolicy::None,
        }
    }
}

/// Everything there is, in both accounts.
#[derive(Clone, Debug)]
pub struct World {
    /// Where it is.
    pub place: Place,
    /// What AWS leaves open.
    pub settings: Settings,
    /// Instances.
    pub compute: instances::Compute,
    /// Interfaces, groups, ACLs, routes, flows.
    pub network: interfaces::Network,
    /// Volumes, snapshots, images, keys.
    pub storage: storage::Storage,
    /// Roles, profiles, sessions.
    pub identity: identity::Identities,
    /// Auto Scaling groups.
    pub scaling: scaling::Scaling,
    /// Load balancers.
    pub balancers: balancers::Balancers,
    /// What AWS has recorded.
    pub records: documents::Records,
    now: Timestamp,
    ids: Ids,
    queue: time::Queue,
    tokens: tokens::Tokens,
    buckets: throttling::Buckets,
    echoes: lag::Echoes,
    automations: Vec<killers::automations::Rounds>,
    fetchers: Vec<sessions::Fetcher>,
    pub(crate) intruders: Vec<Intruder>,
}

impl World {
    /// An empty world at a moment.
    pub fn new(place: Place, now: Timestamp, seed: u64) -> Self {
        Self {
            place,
            settings: Settings::default(),
            compute: instances::Compute::default(),
            network: interfaces::Network::default(),
            storage: storage::Storage::default(),
            identity: identity::Identities::default(),
            scaling: scaling::Scaling::default(),
            balancers: balancers::Balancers::default(),
            records: documents::Records::default(),
            now,
            ids: Ids::new(seed),
            queue: time::Queue::default(),
            tokens: tokens::Tokens::default(),
            buckets: throttling::Buckets::default(),
            echoes: lag::Echoes::default(),
            automations: Vec::new(),
            fetchers: Vec::new(),
            intruders: Vec::new(),
        }
    }

    /// The moment that the world has been advanced to.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The same moment by AWS's clock.
    pub fn aws_now(&self) -> Timestamp {
        self.after(self.settings.clock_skew)
    }

    /// A fresh identifier.
    pub fn fresh(&mut self, prefix: &str) -> String {
        self.ids.next(prefix)
    }

    /// A fresh number, spread over all 64 bits.
    pub(crate) fn number(&mut self) -> u64 {
        self.ids.number()
    }

    /// `arn:partition:service:region:account:resource`.
    pub fn arn(&self, service: &str, account: &AccountId, resource: &str) -> String {
        let Place { partition, region, .. } = &self.place;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    fn after(&self, delay: SignedDuration) -> Timestamp {
        self.now.saturating_add(delay).expect("a signed duration always fits")
    }
}
