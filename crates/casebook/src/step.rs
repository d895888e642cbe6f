//! The names of the steps and phases.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One goal of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // each is a file in steps/, which says what it does
pub enum StepName {
    Capture,
    Tag,
    Protect,
    Snapshot,
    Detach,
    Isolate,
    Revoke,
    Deregister,
    Image,
    Share,
    Copy,
    Rebuild,
    Terminate,
}

impl StepName {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Capture,
        Self::Tag,
        Self::Protect,
        Self::Snapshot,
        Self::Detach,
        Self::Isolate,
        Self::Revoke,
        Self::Deregister,
        Self::Image,
        Self::Share,
        Self::Copy,
        Self::Rebuild,
        Self::Terminate,
    ];

    /// As written in runbooks and tags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Tag => "tag",
            Self::Protect => "protect",
            Self::Snapshot => "snapshot",
            Self::Detach => "detach",
            Self::Isolate => "isolate",
            Self::Revoke => "revoke",
            Self::Deregister => "deregister",
            Self::Image => "image",
            Self::Share => "share",
            Self::Copy => "copy",
            Self::Rebuild => "rebuild",
            Self::Terminate => "terminate",
        }
    }

    /// The phase in which it begins.
    pub fn phase(self) -> Phase {
        match self {
            Self::Capture => Phase::Capture,
            Self::Tag
            | Self::Protect
            | Self::Snapshot
            | Self::Detach
            | Self::Isolate
            | Self::Revoke
            | Self::Deregister => Phase::Contain,
            Self::Image => Phase::Preserve,
            Self::Share | Self::Copy | Self::Rebuild => Phase::Custody,
            Self::Terminate => Phase::Eradicate,
        }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A stretch of the response after which one can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Read everything.
    Capture,
    /// Stop the bleeding; snapshots are requested.
    Contain,
    /// Snapshots are complete and locked; the image is made.
    Preserve,
    /// The forensic account owns proved copies.
    Custody,
    /// The original is gone.
    Eradicate,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Capture, Self::Contain, Self::Preserve, Self::Custody, Self::Eradicate];

    /// As written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Contain => "contain",
            Self::Preserve => "preserve",
            Self::Custody => "custody",
            Self::Eradicate => "eradicate",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a step stands, as the command line's JSON says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Its goal was read back.
    Done,
    /// It does not apply; the reason says why.
    Skipped,
    /// It can not go on; the reason says what to do.
    Failed,
    /// It waits: for a gate, another step, or AWS.
    Waiting,
    /// A call was sent whose answer was lost, and what became of it could not be read.
    Unknown,
}
