//! The score of a drill: what the world knows about how it went. Nothing of it is what the response
//! believes, but for which copies it has proved block by block and what its verdict leaves open: these
//! are its claims, and are said to be.

use crate::summary::{ended_by_others, is_gone};
use crate::terminal::STRONG;
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::evidence::EvidenceState;
use casebook::scene::storage::SnapshotState;
use jiff::{SignedDuration, Timestamp};
use range::Range;
use range::script::leaks::{Leak, Leaks};
use range::world::World;
use range::world::storage::{Content, SnapshotRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a call takes on the range: there and back.
const ROUND_TRIP: SignedDuration = SignedDuration::from_millis(50);

/// What is counted from the beginning.
#[derive(Debug)]
pub(super) struct Tally {
    start: Timestamp,
    /// What is on the instance's volumes.
    volumes: Vec<Content>,
    /// The snapshots that the response says it has proved.
    proved: BTreeSet<String>,
    residual: Vec<String>,
    /// Whether the instance is gone, by whomever.
    gone: bool,
    /// When a person decided at a gate, the first time.
    waited: Option<Timestamp>,
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
            attached.map(|volume| Content::clone(&volume.content)).collect()
        });
        Self {
            start: range.clock().now(),
            volumes,
            proved: BTreeSet::new(),
            residual: Vec::new(),
            gone: false,
            waited: None,
        }
    }

    /// A person has decided at a gate that was reached.
    pub(super) fn waited_until(&mut self, now: Timestamp) {
        self.waited.get_or_insert(now);
    }

    /// Takes the case's claims at its end.
    pub(super) fn close(&mut self, case: &Case) {
        let proved = case.evidence.values().filter(|item| item.state == EvidenceState::Verified);
        self.proved = proved.map(|item| item.id.clone()).collect();
        self.gone = is_gone(case) || ended_by_others(case).is_some();
        self.residual = case.verdict.residual.iter().map(|residual| residual.channel.to_string()).collect();
        self.residual.dedup();
    }

    pub(super) fn score(&self, range: &Range, leaks: &Leaks, real: Duration) -> Score {
        let since = |at: Timestamp| at.duration_since(self.start);
        let told = |leak: Leak| Told { what: leak.what, until: leak.until.map(since), why: leak.why };
        let cut_off = |leak: &Leak| leak.until.is_some_and(|until| until > self.start);
        range
            .with_world(|world| Score {
                isolated: None,
                waited: self.waited.map(since),
                secured: self.secured(world),
                volumes: self.volumes.len(),
                conversations: leaks.conversations(world).into_iter().map(told).collect(),
                sessions: leaks.sessions(world).into_iter().map(told).collect(),
                openings: leaks.openings(world.now()).into_iter().map(|it| it.until.duration_since(it.from)).collect(),
                cut_off: leaks.bystanders(world).into_iter().filter(cut_off).map(|leak| leak.what).collect(),
                residual: self.residual.clone(),
                gone: self.gone,
                others: others(world, self.start, range.briefing().target.instance.as_str()),
                again: 0,
                virtual_time: since(world.now()),
                real,
            })
            .of_deeds(range, self.start)
    }

    /// The whole copies in the forensic account, one a volume: what is on them decides, not what anybody
    /// calls them.
    fn secured(&self, world: &World) -> Vec<Secured> {
        let whole = |copy: &&SnapshotRecord| {
            copy.shown.owner == world.place.forensic && copy.state(world.now()) == SnapshotState::Completed
        };
        let copies: Vec<&SnapshotRecord> = world.storage.snapshots.values().filter(whole).collect();
        let secured = |copy: &&SnapshotRecord| Secured {
            locked: copy.lock.is_some(),
            proved: self.proved.contains(copy.shown.id.as_str()),
        };
        let of = |volume: &Content| {
            let mut equal = copies.iter().filter(|copy| copy.content == *volume).map(secured).collect::<Vec<_>>();
            equal.sort();
            equal.pop()
        };
        self.volumes.iter().filter_map(of).collect()
    }
}

/// A volume's copy; the best one is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// When a person first decided at a gate.
    waited: Option<SignedDuration>,
    secured: Vec<Secured>,
    volumes: usize,
    conversations: Vec<Told>,
    sessions: Vec<Told>,
    /// How long the instance stood open again, each time.
    openings: Vec<SignedDuration>,
    cut_off: Vec<String>,
    residual: Vec<String>,
    gone: bool,
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
            Some(time) if self.waited.is_some_and(|waited| waited < time) => {
                format!("{:.2} s, in which a person decided at a gate", time.as_secs_f64())
            }
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
        let head = if self.gone { "Open by the verdict until it was terminated" } else { "Left open by the verdict" };
        match self.residual.len() {
            0 => text!("  {}: nothing\n", head),
            n => text!("  {}: {} channels ({})\n", head, n, self.residual.join(", ")),
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
fn others(world: &World, start: Timestamp, target: &str) -> BTreeMap<String, Other> {
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
