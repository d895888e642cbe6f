//! What was read, and what became of it. The figures reconcile: every record is parsed or
//! rejected, every parsed one is a duplicate, matched or unmatched.

use serde::Serialize;
use std::ops::AddAssign;

/// Totals over all inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Inputs that were opened.
    pub files: u64,
    /// Bytes as they were stored.
    pub bytes_compressed: u64,
    /// Bytes after decompression.
    pub bytes_raw: u64,
    /// Those of them that are records: `bytes_parsed + bytes_rejected + bytes_around` are all of them.
    pub bytes_parsed: u64,
    /// Those of them that were not understood.
    pub bytes_rejected: u64,
    /// Those of them that stand around records: names of lists, fields beside them, commas, headers, ends of lines.
    pub bytes_around: u64,
    /// Records found: `parsed + rejected`.
    pub read: u64,
    /// Records understood: `duplicates + matched + unmatched`.
    pub parsed: u64,
    /// Records, or parts of inputs that hold an unknown number of them, that were not understood.
    pub rejected: u64,
    /// Records seen before within the horizon.
    pub duplicates: u64,
    /// Records that at least one rule matched.
    pub matched: u64,
    /// Records that no rule matched.
    pub unmatched: u64,
    /// Records that came later than the horizon for order or duplicates allows; they are matched all
    /// the same, but count neither for correlations nor as duplicates.
    pub late: u64,
    /// Lines of flow logs that say that AWS has skipped records (`SKIPDATA`): what traffic there was is in no line
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>).
    pub skipped: u64,
    /// Calls of instances that came after a later one of their role was judged by what is usual; they are judged all
    /// the same.
    pub late_calls: u64,
    /// How often correlations had more groups under way than they remember at once, and forgot the stalest tenth, or more
    /// in them than there is room for, and forgot what was counted first.
    pub overfull: u64,
    /// The parsed records by kind; their sum is `parsed`.
    pub kinds: Kinds,
}

/// Parsed records by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kinds {
    /// CloudTrail events.
    pub trail: u64,
    /// CloudTrail Insights events.
    pub insight: u64,
    /// CloudTrail digest files.
    pub digest: u64,
    /// Lines of VPC flow logs.
    pub flow: u64,
    /// Lines of access logs of an application load balancer.
    pub balancer: u64,
    /// Queries that the Route 53 resolver logged.
    pub query: u64,
    /// GuardDuty findings.
    pub finding: u64,
    /// Security Hub findings.
    pub hub: u64,
}

/// What became of a record that was parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Seen before.
    Duplicate,
    /// A rule matched it.
    Matched,
    /// No rule matched it.
    Unmatched,
    /// No rule matched it, and it says that AWS has skipped others.
    Gap,
}

/// Something that was not understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The input, as it was named.
    pub input: String,
    /// Where it begins, in decompressed bytes from the input's start.
    pub offset: u64,
    /// How many bytes are passed over; 0 when not known.
    pub bytes: u64,
    /// Why, in a sentence.
    pub why: String,
}

/// Counts and rejections while they grow.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The totals.
    pub counts: Counts,
    /// The first [`Tally::KEPT`] rejections; `counts.rejected` says how many there are.
    pub rejections: Vec<Rejection>,
}

impl Tally {
    /// How many rejections are kept in memory.
    pub const KEPT: usize = 1000;

    /// A record was parsed.
    pub fn parsed(&mut self, fate: Fate) {
        self.counts.read += 1;
        self.counts.parsed += 1;
        match fate {
            Fate::Duplicate => self.counts.duplicates += 1,
            Fate::Matched => self.counts.matched += 1,
            Fate::Unmatched => self.counts.unmatched += 1,
            Fate::Gap => {
                self.counts.unmatched += 1;
                self.counts.skipped += 1;
            }
        }
    }

    /// Something was not.
    pub fn rejected(&mut self, rejection: Rejection) {
        self.counts.read += 1;
        self.counts.rejected += 1;
        self.counts.bytes_rejected += rejection.bytes;
        if self.rejections.len() < Self::KEPT {
            self.rejections.push(rejection);
        }
    }

    /// Takes in what another reader counted.
    pub fn merge(&mut self, other: Self) {
        self.counts += &other.counts;
        let room = Self::KEPT - self.rejections.len().min(Self::KEPT);
        self.rejections.extend(other.rejections.into_iter().take(room));
    }
}

impl Counts {
    /// What is no record and was not rejected stands around them.
    pub(crate) fn rest_is_around(&mut self) {
        self.bytes_around = self.bytes_raw.saturating_sub(self.bytes_parsed + self.bytes_rejected);
    }

    /// Whether the figures add up.
    pub fn reconcile(&self) -> bool {
        self.read == self.parsed + self.rejected
            && self.bytes_raw == self.bytes_parsed + self.bytes_rejected + self.bytes_around
            && self.parsed == self.duplicates + self.matched + self.unmatched
            && self.parsed == self.kinds.sum()
    }
}

impl Kinds {
    fn sum(&self) -> u64 {
        let Self { trail, insight, digest, flow, balancer, query, finding, hub } = self;
        trail + insight + digest + flow + balancer + query + finding + hub
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes_compressed += other.bytes_compressed;
        self.bytes_raw += other.bytes_raw;
        self.bytes_parsed += other.bytes_parsed;
        self.bytes_rejected += other.bytes_rejected;
        self.bytes_around += other.bytes_around;
        self.read += other.read;
        self.parsed += other.parsed;
        self.rejected += other.rejected;
        self.duplicates += other.duplicates;
        self.matched += other.matched;
        self.unmatched += other.unmatched;
        self.late += other.late;
        self.skipped += other.skipped;
        self.late_calls += other.late_calls;
        self.overfull += other.overfull;
        self.kinds += other.kinds;
    }
}

impl AddAssign for Kinds {
    fn add_assign(&mut self, other: Self) {
        self.trail += other.trail;
        self.insight += other.insight;
        self.digest += other.digest;
        self.flow += other.flow;
        self.balancer += other.balancer;
        self.query += other.query;
        self.finding += other.finding;
        self.hub += other.hub;
    }
}
