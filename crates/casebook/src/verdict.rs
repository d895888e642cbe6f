//! What is proved about containment, and through which channels something may still pass.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How the network stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkVerdict {
    /// At least one interface is not, or is not known to be, in a group without rules.
    #[default]
    Open,
    /// Every interface was read back in a group without rules. Existing connections may live on.
    NewFlowsBlocked,
    /// No connection is left. Not reachable over real AWS: nothing there can show it (flow logs
    /// do not record every kind of traffic).
    VerifiedDead,
}

/// How the credentials stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialVerdict {
    /// The instance had no role when it was captured.
    None,
    /// Sessions of the instance may still work.
    Live,
    /// The profile is gone and the deny was read back.
    Revoked,
}

/// A way that is still open, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Residual {
    /// A stable name: `tracked-connections`, `dns`, `metadata-service`, …
    pub channel: Cow<'static, str>,
    /// Why, and what can be done.
    pub why: Cow<'static, str>,
}

/// What is proved about containment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The network.
    pub network: NetworkVerdict,
    /// The credentials.
    pub credentials: CredentialVerdict,
    /// What is left.
    pub residual: Vec<Residual>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self { network: NetworkVerdict::Open, credentials: CredentialVerdict::Live, residual: Vec::new() }
    }
}
