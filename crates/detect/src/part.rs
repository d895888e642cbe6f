//! What is remembered of a record that may be told of later: when a correlation counts it, or when its turn
//! comes before the baseline. There may be many at a time, so each is kept folded.

use crate::alert::Exhibit;
use crate::suspect::Trace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is remembered of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub traces: Vec<Trace>,
    pub about: BTreeSet<String>,
    pub exhibit: Exhibit,
    pub region: String,
    pub address: String,
}

/// The same as a few hundred bytes in one piece, which copies share.
#[derive(Clone, Debug)]
pub(crate) struct Folded(Arc<[u8]>);

impl Part {
    pub fn folded(&self) -> Folded {
        Folded(serde_json::to_vec(self).expect("texts and times are JSON").into())
    }
}

impl Folded {
    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    pub fn unfolded(&self) -> Part {
        serde_json::from_slice(&self.0).expect("it was folded here")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::suspect::{Lead, Suspect};
    use jiff::Timestamp;

    pub fn part(number: usize) -> Part {
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
}
