//! Entries, and the check of an exported list of them. Pure: no file, no clock.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Digest;
use crate::chain::{Chain, text_of};

/// The format this program writes, and the highest it reads. It changes when an entry gets
/// another field or another hash; new fields inside bodies do not change it.
pub const FORMAT: u32 = 1;

/// One entry of a ledger.
///
/// `hash` is the SHA-256 of the canonical JSON of `{"at", "body", "prev", "seq", "v"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The format the entry was written in.
    pub v: u32,
    /// Number of the entry, from 1, without gaps.
    pub seq: u64,
    /// When, as the writer told it: RFC 3339 in UTC (`…Z`). Not forced to rise: clocks step back.
    pub at: String,
    /// Hash of the entry before; [`Digest::ZERO`] for the first.
    pub prev: Digest,
    /// Hash of this entry.
    pub hash: Digest,
    /// What it says. Opaque here.
    #[serde(deserialize_with = "verbatim::deserialize")]
    pub body: Value,
}

/// Why a list of entries is not a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The chain holds up to the entry before `entry`, and not here.
    #[error("the chain breaks at entry {entry}: {why}")]
    Altered {
        /// Number of the first entry that does not hold.
        entry: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An intact entry of a format that this program does not know.
    #[error("entry {entry} has format {found} and this program knows {known}: use a newer program")]
    Newer {
        /// Number of the entry.
        entry: u64,
        /// Its format.
        found: u32,
        /// The highest format known here.
        known: u32,
    },
}

/// Checks that `entries` are one chain from its beginning, and gives its head
/// ([`Digest::ZERO`] for none). For a list that was exported; a [`crate::Store`] checks
/// its own.
///
/// A list whose tail was cut off is a valid, shorter chain: compare the head with one kept
/// elsewhere.
///
/// # Errors
/// The first [`Break`].
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Digest, Break> {
    let mut chain = Chain::START;
    for entry in entries {
        if entry.v > FORMAT {
            return Err(Break::Newer { entry: chain.next_seq(), found: entry.v, known: FORMAT });
        }
        let text = text_of(entry).map_err(|why| chain.altered(why))?;
        if Digest::of(text.as_bytes()) != entry.hash {
            return Err(chain.altered("its hash is not the hash of its content"));
        }
        chain.follow(entry)?;
    }
    Ok(chain.head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn three() -> Vec<Entry> {
        let mut chain = Chain::START;
        let bodies = [json!({"kind": "opened"}), json!({"kind": "intent", "cost": 1.5}), named_by_somebody()];
        bodies.iter().map(|b| chain.add("2026-03-01T12:00:00Z", b).expect("added").0).collect()
    }

    /// A tag may be called like what the JSON library means for itself.
    fn named_by_somebody() -> Value {
        json!({"tags": {"$serde_json::private::RawValue": "[1]"}})
    }

    fn broken_at(entries: &[Entry]) -> u64 {
        match verify(entries) {
            Err(Break::Altered { entry, .. }) => entry,
            other => panic!("expected a break, got {other:?}"),
        }
    }

    #[test]
    fn an_intact_list_verifies_also_after_a_round_trip() {
        let entries = three();
        let json = serde_json::to_string(&entries).expect("serialised");
        let back: Vec<Entry> = serde_json::from_str(&json).expect("parsed");
        assert_eq!(back, entries);
        assert_eq!(verify(&back), Ok(entries[2].hash));
        assert_eq!(verify(&[]), Ok(Digest::ZERO));
    }

    #[test]
    fn every_field_is_bound() {
        let changes: [fn(&mut Entry); 5] = [
            |e| e.seq += 1,
            |e| e.at.push('0'),
            |e| e.prev = Digest::of(b"other"),
            |e| e.hash = Digest::of(b"other"),
            |e| e.body = json!({"kind": "other"}),
        ];
        for change in changes {
            let mut entries = three();
            change(&mut entries[1]);
            assert_eq!(broken_at(&entries), 2);
        }
    }

    #[test]
    fn lost_and_swapped_entries_break_where_they_were() {
        let mut swapped = three();
        swapped.swap(1, 2);
        assert_eq!(broken_at(&swapped), 2);
        let mut lost = three();
        lost.remove(0);
        assert_eq!(broken_at(&lost), 1);
    }

    #[test]
    fn an_integer_beside_an_exact_double_is_not_taken_for_it() {
        let (mut entry, _) = Chain::START.clone().add("2026-03-01T12:00:00Z", &json!(1_u64 << 53)).expect("added");
        entry.body = json!((1_u64 << 53) + 1);
        assert_eq!(broken_at(&[entry]), 1);
    }

    #[test]
    fn a_newer_entry_is_named_as_newer() {
        let mut entries = three();
        entries[2].v = FORMAT + 1;
        assert_eq!(verify(&entries), Err(Break::Newer { entry: 3, found: FORMAT + 1, known: FORMAT }));
    }
}
