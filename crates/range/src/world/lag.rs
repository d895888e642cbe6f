//! Reads that come late: what was changed a moment ago may still read as it was before
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>). New groups and storage
//! have lags of their own, in [`super::Settings`]; this one is for attributes of what is there.

use super::World;
use casebook::query::{ForensicQuery, Query, SourceQuery};
use jiff::Timestamp;
use std::rc::Rc;

/// The world as it was before its latest changes, each with the moment of the change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Echoes {
    before: Vec<(Timestamp, Rc<World>)>,
}

/// Whether a question reads attributes that lag: protections, tags, groups of interfaces and their
/// rules, associations, inline policies.
fn lags(query: &Query) -> bool {
    match query {
        Query::Source(query) => matches!(
            query,
            SourceQuery::Instance(_)
                | SourceQuery::Attribute(..)
                | SourceQuery::Interfaces(_)
                | SourceQuery::Groups(_)
                | SourceQuery::QuarantineGroups
                | SourceQuery::AttachedVolumes(_)
                | SourceQuery::ProfileAssociations(_)
                | SourceQuery::RolePolicies(_)
                | SourceQuery::RolePolicy(..)
                | SourceQuery::SnapshotSharing(_)
                | SourceQuery::Locks(_)
        ),
        Query::Forensic(query) => matches!(query, ForensicQuery::Attribute(..) | ForensicQuery::Locks(_)),
    }
}

impl World {
    /// Keeps the world as it is before a change, while reads may lag.
    pub(crate) fn keep_echo(&mut self) {
        let lag = self.settings.read_lag;
        if lag.is_zero() {
            return;
        }
        let mut before = std::mem::take(&mut self.echoes.before);
        before.retain(|(changed, _)| self.now.duration_since(*changed) < lag);
        let last = before.last().is_some_and(|(changed, _)| *changed == self.now);
        if !last {
            before.push((self.now, Rc::new(self.clone())));
        }
        self.echoes.before = before;
    }

    /// The world that a question reads: as it was before the first change that the lag still
    /// hides, or as it is.
    pub(crate) fn as_read_by(&self, query: &Query) -> &Self {
        let hidden = |(changed, _): &&(Timestamp, Rc<Self>)| self.now.duration_since(*changed) < self.settings.read_lag;
        let echo = self.echoes.before.iter().find(hidden).filter(|_| lags(query));
        echo.map_or(self, |(_, world)| world)
    }
}
