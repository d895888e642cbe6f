//! The watch over a contained case: since when, how often, and what it has found.

use crate::effect::Effect;
use crate::entry::{Drift, Guarding, Traced};
use crate::step::StepName;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The watch over what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// How often everything is read again; `None` while nobody keeps watch.
    pub every: Option<SignedDuration>,
    /// The steps that were done or skipped at any time.
    pub kept: BTreeSet<StepName>,
    /// What was found, by the number of its entry.
    pub drifts: BTreeMap<u64, DriftRecord>,
    open: BTreeSet<u64>,
    untraced: BTreeSet<u64>,
}

/// A drift and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftRecord {
    /// What was found.
    pub drift: Drift,
    /// When it was found.
    pub at: Timestamp,
    /// Who caused it; `None` while that is not known.
    pub traced: Option<Traced>,
    /// When it was mended; `None` while it is not.
    pub mended: Option<Timestamp>,
}

impl Guard {
    /// Whether what fails is tried again each period: while there is something to contain.
    pub fn is_tireless(&self) -> bool {
        self.every.is_some() && !self.knows(StepName::Terminate, None)
    }

    /// Drifts that are not mended.
    pub fn open(&self) -> impl Iterator<Item = (u64, &DriftRecord)> {
        self.open.iter().filter_map(|seq| Some((*seq, self.drifts.get(seq)?)))
    }

    /// Drifts of which nobody knows who caused them.
    pub fn untraced(&self) -> impl Iterator<Item = (u64, &DriftRecord)> {
        self.untraced.iter().filter_map(|seq| Some((*seq, self.drifts.get(seq)?)))
    }

    /// Whether a drift of this step is open that this change mends; without one, any of the step.
    pub fn knows(&self, step: StepName, mend: Option<&Effect>) -> bool {
        let same = |drift: &Drift| drift.step == step && (mend.is_none() || drift.mend.as_ref() == mend);
        self.open().any(|(_, record)| same(&record.drift))
    }

    pub(super) fn begin(&mut self, guarding: &Guarding) {
        self.every = Some(SignedDuration::from_secs(guarding.every_seconds.into()));
    }

    pub(super) fn end(&mut self) {
        self.every = None;
    }

    pub(super) fn found(&mut self, seq: u64, at: Timestamp, drift: &Drift) {
        self.drifts.insert(seq, DriftRecord { drift: drift.clone(), at, traced: None, mended: None });
        self.open.insert(seq);
        self.untraced.insert(seq);
    }

    pub(super) fn traced(&mut self, traced: &Traced) {
        self.untraced.remove(&traced.drift);
        if let Some(record) = self.drifts.get_mut(&traced.drift) {
            record.traced = Some(traced.clone());
        }
    }

    pub(super) fn mended(&mut self, drift: u64, at: Timestamp) {
        self.open.remove(&drift);
        if let Some(record) = self.drifts.get_mut(&drift) {
            record.mended = Some(at);
        }
    }
}
