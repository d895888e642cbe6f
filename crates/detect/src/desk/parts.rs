//! What is remembered of records that may be named again: by a correlation that counts them, or by the
//! baseline when their turn comes. There may be many at a time, so each is kept folded.

use crate::alert::Exhibit;
use crate::order::Horizon;
use crate::suspect::Trace;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// How many are remembered: more than may wait for their turn, so that the one with which a correlation
/// comes true is always among them.
const REMEMBERED: usize = 20_000;
const _: () = assert!(REMEMBERED > Horizon::MOST_EVENTS);

/// What is remembered of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub traces: Vec<Trace>,
    pub about: BTreeSet<String>,
    pub exhibit: Exhibit,
    pub region: String,
    pub address: String,
}

/// The same as a few hundred bytes in one piece.
#[derive(Debug)]
pub(super) struct Folded(Box<[u8]>);

impl Part {
    pub fn folded(&self) -> Folded {
        Folded(serde_json::to_vec(self).expect("texts and times are JSON").into_boxed_slice())
    }
}

impl Folded {
    pub fn unfolded(&self) -> Part {
        serde_json::from_slice(&self.0).expect("it was folded here")
    }
}

/// The last ones, by the id of the event.
#[derive(Default)]
pub(super) struct Parts {
    by_id: HashMap<[u8; 16], Folded>,
    order: VecDeque<[u8; 16]>,
}

impl Parts {
    pub fn keep(&mut self, part: &Part) {
        let id = short(&part.exhibit.id);
        if self.by_id.insert(id, part.folded()).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    pub fn get(&self, id: &str) -> Option<Part> {
        self.by_id.get(&short(id)).map(Folded::unfolded)
    }
}

/// Ids are short and long, and twice as large as this in memory at the least.
fn short(id: &str) -> [u8; 16] {
    let digest = Sha256::digest(id);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suspect::{Lead, Suspect};
    use jiff::Timestamp;

    fn part(number: usize) -> Part {
        let suspect = Suspect::Instance { account: "111111111111".into(), instance: "i-0a\"b".into() };
        let principal = Suspect::Principal { account: String::new(), arn: "arn:aws:iam::1:user/ü".into() };
        let traces = vec![Trace { suspect, lead: Lead::Session }, Trace { suspect: principal, lead: Lead::Unresolved }];
        let (id, sha256, what) = (number.to_string(), "00".repeat(32), "ec2 RunInstances (Denied)".to_owned());
        let exhibit = Exhibit { at: Timestamp::UNIX_EPOCH, id, sha256, what };
        Part { traces, about: ["i-1".to_owned()].into(), exhibit, region: "eu-west-1".into(), address: String::new() }
    }

    #[test]
    fn what_is_folded_unfolds_to_the_same() {
        assert_eq!(part(1).folded().unfolded(), part(1));
    }

    #[test]
    fn the_last_ones_are_remembered() {
        let mut parts = Parts::default();
        (0..=REMEMBERED).for_each(|number| parts.keep(&part(number)));
        assert_eq!((parts.get("0"), parts.get("1")), (None, Some(part(1))));
        assert_eq!((parts.by_id.len(), parts.order.len()), (REMEMBERED, REMEMBERED));
    }
}
