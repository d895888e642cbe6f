//! Taking in answers: what became of changes first, because they make readings stale, then what was
//! read; all written in one transaction, and only then planned upon.

use crate::drive::Run;
use crate::error::EngineError;
use crate::flights::{Change, Landed, Read};
use crate::harvest::{self, Raw};
use crate::ports::{Clock, Cloud, Event, Watcher};
use casebook::entry::{Entry, Outcome};
use casebook::reading::Reading;
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use std::collections::BTreeSet;

impl<S: Store, C: Cloud, K: Clock, W: Watcher> Run<'_, S, C, K, W> {
    /// Takes in everything that was answered at one instant.
    pub(crate) fn take_in(&mut self, landed: Vec<Landed>) -> Result<(), EngineError> {
        let (mut outcomes, mut reads) = (Vec::new(), Vec::new());
        for landed in landed {
            match landed {
                Landed::Change(change) => outcomes.push(self.conclude(change)),
                Landed::Read(read) => reads.push(read),
            }
        }
        self.learn_all(reads, outcomes)
    }

    fn conclude(&mut self, change: Change) -> Entry {
        let Change { effect, intent, sent, answer } = change;
        let fault = answer.value.as_ref().err();
        let (took, calls) = (self.took(sent), &answer.calls[..]);
        self.lanes.leave_change(&effect, fault);
        self.watcher.saw(&Event::Changed { effect: &effect, fault, calls, took });
        self.count(&answer.calls);
        self.flights.land_change(&effect, &mut self.scene);
        let (made, fault) = match answer.value {
            Ok(made) => (Some(made).filter(|made| !made.ids.is_empty()), None),
            Err(fault) => (None, Some(fault)),
        };
        Entry::Outcome(Outcome { intent, made, fault })
    }

    fn learn_all(&mut self, reads: Vec<Read>, mut entries: Vec<Entry>) -> Result<(), EngineError> {
        let mut raw = Raw::new();
        let mut fresh = BTreeSet::new();
        for read in reads {
            fresh.insert(read.query.clone());
            entries.extend(self.learn(read, &mut raw)?);
        }
        let now = self.now();
        let captured = harvest::captured(self.session, &self.scene, &mut raw, now)?;
        for entry in &captured {
            if let Entry::Captured(captured) = entry {
                fresh.remove(&captured.query);
            }
        }
        entries.extend(captured);
        let facts = fresh.iter().filter_map(|query| Some((query, self.scene.fact(query)?)));
        entries.extend(facts.filter_map(|(query, fact)| harvest::observed(self.session.case(), query, &fact.answer)));
        self.append(&entries)?;
        self.capture_the_rest(raw)
    }

    /// What is captured can make further answers part of the capture that are there already.
    fn capture_the_rest(&mut self, mut raw: Raw) -> Result<(), EngineError> {
        let now = self.now();
        loop {
            let captured = harvest::captured(self.session, &self.scene, &mut raw, now)?;
            if captured.is_empty() {
                return Ok(());
            }
            self.append(&captured)?;
        }
    }

    /// Takes an answer into the scene; gives the entry of a run of blocks.
    fn learn(&mut self, read: Read, raw: &mut Raw) -> Result<Option<Entry>, EngineError> {
        let Read { query, sent, asked, answer } = read;
        let fault = answer.value.as_ref().err();
        let (took, calls) = (self.took(sent), &answer.calls[..]);
        self.lanes.leave_read(&query, fault);
        self.watcher.saw(&Event::Answered { query: &query, fault, calls, took });
        self.count(&answer.calls);
        let entry = match &answer.value {
            Ok(Reading::Blocks(run)) => harvest::blocks(self.session, &query, run)?,
            _ => None,
        };
        raw.insert(query.clone(), answer.raw);
        let changed_since = self.flights.land_read(&query);
        self.scene.learn(query.clone(), harvest::slim(answer.value), asked, self.now());
        if changed_since {
            self.scene.forget(&query);
        }
        Ok(entry)
    }

    fn count(&mut self, calls: &[String]) {
        for call in calls {
            *self.calls.entry(call.clone()).or_default() += 1;
        }
    }

    fn took(&self, sent: Timestamp) -> SignedDuration {
        self.now().duration_since(sent)
    }
}
