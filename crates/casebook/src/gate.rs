//! Points that only a named person can pass.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A gate. One that is not approved stops only what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Terminate the original; bound to the digest of the evidence shown.
    Terminate,
    /// Contain an asset that the configuration protects.
    ProtectedAsset,
    /// Cut a whole subnet.
    SubnetNacl,
    /// Revoke a role's sessions though others use it.
    SharedRole,
    /// Isolate something that forwards the traffic of others.
    Router,
    /// Suspend processes of a whole Auto Scaling group.
    AsgSuspend,
    /// The bounded open window that cuts tracked connections.
    OpenWindow,
    /// Start the image: it runs what the attacker left.
    BootImage,
}

impl Gate {
    /// All gates.
    pub const ALL: [Self; 8] = [
        Self::Terminate,
        Self::ProtectedAsset,
        Self::SubnetNacl,
        Self::SharedRole,
        Self::Router,
        Self::AsgSuspend,
        Self::OpenWindow,
        Self::BootImage,
    ];

    /// As written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::ProtectedAsset => "protected-asset",
            Self::SubnetNacl => "subnet-nacl",
            Self::SharedRole => "shared-role",
            Self::Router => "router",
            Self::AsgSuspend => "asg-suspend",
            Self::OpenWindow => "open-window",
            Self::BootImage => "boot-image",
        }
    }

    /// Whether it only offers something more: left closed it is reported, not waited for.
    pub fn is_offer(self) -> bool {
        matches!(self, Self::OpenWindow | Self::BootImage | Self::SubnetNacl)
    }

    /// Whether it may be approved before it is reached. What `terminate` approves is the evidence
    /// shown at that moment.
    pub fn ahead(self) -> bool {
        self != Self::Terminate
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|gate| gate.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no gate; the gates are: {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_read_as_it_is_written() {
        for gate in Gate::ALL {
            assert_eq!(gate.to_string().parse(), Ok(gate));
            assert_eq!(serde_json::to_value(gate).expect("a name"), gate.as_str());
        }
        let refused = "teleport".parse::<Gate>().expect_err("no gate");
        assert!(Gate::ALL.iter().all(|gate| refused.contains(gate.as_str())), "{refused}");
    }

    /// What destroys is agreed to when it is shown; what only offers more stops nothing.
    #[test]
    fn what_destroys_is_not_approved_ahead_and_what_offers_more_stops_nothing() {
        let not_ahead: Vec<_> = Gate::ALL.into_iter().filter(|gate| !gate.ahead()).collect();
        assert_eq!(not_ahead, [Gate::Terminate]);
        let offers: Vec<_> = Gate::ALL.into_iter().filter(|gate| gate.is_offer()).collect();
        assert_eq!(offers, [Gate::SubnetNacl, Gate::OpenWindow, Gate::BootImage]);
    }
}
