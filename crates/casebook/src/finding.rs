//! GuardDuty findings: which instance is accused, whether it acts or is acted upon, and whether a
//! response should follow.
//!
//! [`parse`] takes what GuardDuty's `GetFindings` prints, what EventBridge delivers, and the
//! wrappings both meet on their way (SNS, SQS, JSON lines, arrays, any case of field names), and
//! gives [`Finding`]s whose ids are checked. [`Finding::advice`] then says what to do.
//!
//! Not for: Security Hub findings, other vendors' alerts, or the detection of anything: what
//! GuardDuty concluded is read, never second-guessed. Text a finding quotes may come from an
//! attacker (a file path, a session name), so control characters are replaced here; a page that
//! shows it still has to escape it.
//!
//! Shapes: <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-guardduty.html>.

mod accused;
mod advice;
mod class;
mod document;
mod envelope;
mod error;
mod fields;
mod read;
mod sample;
mod sighting;
mod text;

pub use advice::Advice;
pub use class::Class;
pub use error::{BrokenJson, FindingError};
pub use sample::SampleMark;
pub use sighting::{RemoteAccount, Sightings, Workload};

use serde::Serialize;

/// The most bytes [`parse`] reads: 16 MiB, some two thousand findings.
pub const LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// One GuardDuty finding, reduced to what a response needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// GuardDuty's id, the same for every update of the finding.
    pub id: String,
    /// The type, such as `Backdoor:EC2/C&CActivity.B!DNS`
    /// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html>).
    pub kind: String,
    /// The account the finding is about: twelve digits, other text only in a sample.
    pub account: String,
    /// The region that raised it. A finding about credentials may concern an instance elsewhere.
    pub region: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// 1.0 to 10.0; `None` where the finding was trimmed. Decides nothing here.
    pub severity: Option<f64>,
    /// GuardDuty's headline, empty where the finding was trimmed.
    pub title: String,
    /// When GuardDuty first raised it, as GuardDuty wrote it.
    pub created: Option<String>,
    /// When GuardDuty last updated it, as GuardDuty wrote it.
    pub updated: Option<String>,
    /// How often the activity was seen under this id.
    pub count: Option<u64>,
    /// Why this is a sample and not an event; `None` for a real finding.
    pub sample: Option<SampleMark>,
    /// Somebody, or a suppression rule, archived it. EventBridge delivers such findings too.
    pub archived: bool,
    /// What the resource did. Samples carry `TARGET` on types that mean compromise.
    pub role: Option<ResourceRole>,
    /// The instances the finding names, each once, in the finding's order.
    pub accused: Vec<Accused>,
    /// Whose credentials it is about: the principal id, else the user's name; `None` where it does not tell.
    pub principal: Option<String>,
    /// What the type says about an instance.
    pub class: Class,
    /// The container workload, where the resource is one.
    pub workload: Option<Workload>,
    /// What a responder wants to see next: addresses, domains, the account behind a call.
    pub sightings: Sightings,
}

/// An instance that a finding names, with all that is needed to look it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accused {
    /// `i-` and 8 or 17 hexadecimal digits, checked.
    pub instance: String,
    /// The account of the instance: the finding's, unless the resource names its own.
    pub account: String,
    /// The region of the instance: the finding's, unless the resource names its own.
    pub region: String,
    /// The partition of the instance.
    pub partition: String,
    /// Where the finding names it.
    pub evidence: Evidence,
}

/// Where in a finding an instance is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Evidence {
    /// `resource.instanceDetails.instanceId`.
    InstanceDetails,
    /// The session name behind a principal id. EC2 names the sessions of an instance's role after
    /// the instance, but whoever may assume the role can choose the same name: check the role.
    #[serde(rename_all = "kebab-case")]
    Principal {
        /// Such as `AROAEXAMPLE:i-0123456789abcdef0`.
        principal_id: String,
        /// The role's friendly name, where the finding gives it.
        role: Option<String>,
    },
    /// A resource of an attack sequence (`service.detection.sequence.resources`,
    /// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ResourceV2.html>).
    SequenceResource,
}

/// What the resource of a finding did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceRole {
    /// The resource carried out the activity (`ACTOR`; some tools write `SOURCE`).
    Actor,
    /// The resource was acted upon (`TARGET`).
    Target,
}

/// Reads every finding in `bytes`.
///
/// Findings keep their order; of several updates of one finding only the newest is kept. Either
/// everything in the input is read, or nothing: a response never starts from half a file.
///
/// # Errors
/// One line for each way the input can be wrong: empty, larger than [`LIMIT_BYTES`], not JSON (with
/// the line and byte), not from GuardDuty, or with a field that no finding can have.
pub fn parse(bytes: &[u8]) -> Result<Vec<Finding>, FindingError> {
    let mut findings = Vec::new();
    for document in document::documents(bytes)? {
        for parcel in envelope::unpack(document)? {
            keep_newest(&mut findings, read::finding(&parcel)?);
        }
    }
    Ok(findings)
}

/// GuardDuty updates a finding under its id and delivers it again.
fn keep_newest(findings: &mut Vec<Finding>, next: Finding) {
    let same =
        |known: &&mut Finding| (&known.id, &known.account, &known.region) == (&next.id, &next.account, &next.region);
    match findings.iter_mut().find(same) {
        Some(known) if is_older(&next, known) => {}
        Some(known) => *known = next,
        None => findings.push(next),
    }
}

/// Whether both carry a time and `next` has the earlier one; else the later in the file counts.
fn is_older(next: &Finding, known: &Finding) -> bool {
    let time = |finding: &Finding| finding.updated.as_ref()?.parse::<jiff::Timestamp>().ok();
    matches!((time(next), time(known)), (Some(next), Some(known)) if next < known)
}
