//! The score of a drill: what the world knows about how it went. Nothing of it is what the response
//! believes, but for the evidence and the residual channels, which are its claims.

use crate::terminal::STRONG;
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::id::{AccountId, VolumeId};
use jiff::{SignedDuration, Timestamp};
use range::Range;
use range::script::leaks::{Leak, Leaks};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a call takes on the range: there and back.
const ROUND_TRIP: SignedDuration = SignedDuration::from_millis(50);

/// What is counted from the beginning.
#[derive(Debug)]
pub(super) struct Tally {
    start: Timestamp,
    volumes: Vec<VolumeId>,
    forensic: AccountId,
    evidence: Vec<Evidence>,
    residual: Vec<String>,
}

impl Tally {
    pub(super) fn of(range: &Range) -> Self {
        let target = &range.briefing().target.instance;
        let volumes = range.with_world(|world| {
            let attached = world
                .storage
                .volumes
                .values()
                .filter(|volume| volume.shown.attachments.iter().any(|held| held.instance == *target));
            attached.map(|volume| volume.shown.id.clone()).collect()
        });
        Self {
            start: range.clock().now(),
            volumes,
            forensic: range.briefing().forensic_account.clone(),
            evidence: Vec::new(),
            residual: Vec::new(),
        }
    }

    /// Takes the case's claims at its end.
    pub(super) fn close(&mut self, case: &Case) {
        self.evidence = case.evidence.values().cloned().collect();
        self.residual = case.verdict.residual.iter().map(|residual| residual.channel.clone()).collect();
        self.residual.dedup();
    }

    pub(super) fn score(&self, range: &Range, leaks: &Leaks, real: Duration) -> Score {
        let since = |at: Timestamp| at.duration_since(self.start);
        let told = |leak: Leak| Told { what: leak.what, until: leak.until.map(since), why: leak.why };
        let cut_off = |leak: &Leak| leak.until.is_some_and(|until| until > self.start);
        range
            .with_world(|world| Score {
                isolated: None,
                secured: self.secured(),
                volumes: self.volumes.len(),
                conversations: leaks.conversations(world).into_iter().map(told).collect(),
                sessions: leaks.sessions(world).into_iter().map(told).collect(),
                openings: leaks.openings(world.now()).into_iter().map(|it| it.until.duration_since(it.from)).collect(),
                cut_off: leaks.bystanders(world).into_iter().filter(cut_off).map(|leak| leak.what).collect(),
                residual: self.residual.clone(),
                others: others(world, self.start, range.briefing().target.instance.as_str()),
                again: 0,
                virtual_time: since(world.now()),
                real,
            })
            .of_deeds(range, self.start)
    }

    /// The copies in the forensic account, one a volume.
    fn secured(&self) -> Vec<Secured> {
        let copies = self.volumes.iter().filter_map(|volume| {
            let mut copies = self.evidence.iter().filter(|item| self.is_copy(item) && self.is_of(item, volume));
            copies.next()
        });
        let secured = |copy: &Evidence| Secured { locked: copy.locked, proved: copy.state == EvidenceState::Verified };
        copies.map(secured).collect()
    }

    fn is_copy(&self, item: &Evidence) -> bool {
        item.kind == EvidenceKind::Snapshot && item.account == self.forensic && item.state >= EvidenceState::Copied
    }

    /// Whether an item was made of a volume, perhaps of a copy of a snapshot of it.
    fn is_of(&self, item: &Evidence, volume: &VolumeId) -> bool {
        let mut seen = BTreeSet::new();
        let mut source = item.source.as_deref();
        while let Some(id) = source.filter(|id| seen.insert(*id)) {
            if id == volume.as_str() {
                return true;
            }
            source = self.evidence.iter().find(|other| other.id == id).and_then(|other| other.source.as_deref());
        }
        false
    }
}

/// A volume's copy.
#[derive(Clone, Copy, Debug)]
struct Secured {
    locked: bool,
    proved: bool,
}

/// Something that leaked, and until when by the drill's clock.
#[derive(Debug)]
struct Told {
    what: String,
    until: Option<SignedDuration>,
    why: String,
}

/// What somebody else did.
#[derive(Debug, Default)]
struct Other {
    taken: usize,
    refused: usize,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Score {
    /// From the start to the answer after which no interface stood open, for the first time.
    isolated: Option<SignedDuration>,
    secured: Vec<Secured>,
    volumes: usize,
    conversations: Vec<Told>,
    sessions: Vec<Told>,
    /// How long the instance stood open again, each time.
    openings: Vec<SignedDuration>,
    cut_off: Vec<String>,
    residual: Vec<String>,
    others: BTreeMap<String, Other>,
    /// How many changes had to be made again that had been made.
    again: usize,
    virtual_time: SignedDuration,
    real: Duration,
}

impl Score {
    /// What the world has of the responder's own changes.
    fn of_deeds(mut self, range: &Range, start: Timestamp) -> Self {
        let deeds = range.deeds_from(0);
        let closed = deeds.iter().find(|deed| !deed.before.interfaces.is_empty() && deed.after.interfaces.is_empty());
        self.isolated = closed.map(|deed| deed.at.duration_since(start) + ROUND_TRIP / 2);
        let mut made = BTreeSet::new();
        self.again = deeds.iter().filter(|deed| deed.result.is_ok() && !made.insert(&deed.effect)).count();
        self
    }

    pub(super) fn text(&self) -> Text {
        let mut text = text!("\n{}\n", paint(STRONG, "Score"));
        text.add(text!("  Time to isolation: {}\n", self.isolation()));
        text.add(self.evidence());
        text.add(self.opened());
        text.add(text!("  Leaked meanwhile:\n"));
        text.add(self.conversations.iter().map(|told| told.line("lived")).collect());
        text.add(self.sessions.iter().map(|told| told.line("could be used")).collect());
        if !self.cut_off.is_empty() {
            text.add(text!("  Cut off besides: {}\n", self.cut_off.join(", ")));
        }
        text.add(self.left());
        text.add(self.against());
        let (played, real) = (self.virtual_time.as_secs_f64(), self.real.as_secs_f64());
        text.add(text!(
            "  Whole job: {} s of the range's time, {} s of yours",
            format!("{played:.1}"),
            format!("{real:.2}")
        ));
        text
    }

    fn isolation(&self) -> String {
        match self.isolated {
            Some(time) => {
                format!("{} round trips, {:.2} s at 50 ms a call", round_trips(time), time.as_secs_f64())
            }
            None => "not reached".to_owned(),
        }
    }

    fn evidence(&self) -> Text {
        let locked = self.secured.iter().filter(|copy| copy.locked).count();
        let proved = self.secured.iter().filter(|copy| copy.proved).count();
        text!(
            "  Evidence secured: {} of {} volumes in the forensic account, {} locked, {} proved block by block\n",
            self.secured.len(),
            self.volumes,
            locked,
            proved
        )
    }

    fn opened(&self) -> Text {
        if self.openings.is_empty() {
            return Text::new();
        }
        let seconds: f64 = self.openings.iter().map(SignedDuration::as_secs_f64).sum();
        let times = if self.openings.len() == 1 { "once".to_owned() } else { format!("{} times", self.openings.len()) };
        text!("  Stood open again: {}, {} s in all\n", times, format!("{seconds:.1}"))
    }

    fn left(&self) -> Text {
        match self.residual.len() {
            0 => text!("  Left open by the verdict: nothing\n"),
            n => text!("  Left open by the verdict: {} channels ({})\n", n, self.residual.join(", ")),
        }
    }

    fn against(&self) -> Text {
        if self.others.is_empty() {
            return Text::new();
        }
        let did =
            |(who, other): (&String, &Other)| format!("{who} ({} calls taken, {} refused)", other.taken, other.refused);
        let all: Vec<String> = self.others.iter().map(did).collect();
        text!("  Others at work: {}; the response made {} of its changes again\n", all.join(", "), self.again)
    }
}

impl Told {
    fn line(&self, verb: &str) -> Text {
        let until = match self.until {
            Some(time) => format!("until {:.2} s", time.as_secs_f64().max(0.0)),
            None => "to the end".to_owned(),
        };
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        text!("    {} {} {}{}\n", self.what, verb, until, why)
    }
}

/// Who else has changed something since the beginning, by CloudTrail.
fn others(world: &range::World, start: Timestamp, target: &str) -> BTreeMap<String, Other> {
    let mut others: BTreeMap<String, Other> = BTreeMap::new();
    for event in world.records.trail.iter().filter(|event| event.at >= start && event.user != target) {
        let other = others.entry(event.user.clone()).or_default();
        if event.error.is_none() { other.taken += 1 } else { other.refused += 1 }
    }
    others
}

/// How many calls, one after another, fit in a time.
fn round_trips(time: SignedDuration) -> i128 {
    (time.as_nanos() + ROUND_TRIP.as_nanos() - 1) / ROUND_TRIP.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begun_round_trip_counts_whole() {
        assert_eq!(round_trips(SignedDuration::from_millis(400)), 8);
        assert_eq!(round_trips(SignedDuration::from_millis(401)), 9);
    }
}
