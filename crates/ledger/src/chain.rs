//! The chain that binds entries: how the next one is made, and how a stored one is read and
//! proved to follow. Pure: no file, no clock.

use serde::Deserialize;
use serde_json::Value;

use crate::canonical::{canonical, normalise};
use crate::{Break, Digest, Entry, FORMAT, LedgerError};

/// The text that the hash of `entry` covers, or the sentence why there is none.
pub(crate) fn text_of(entry: &Entry) -> Result<String, String> {
    let Entry { v, seq, at, prev, body, .. } = entry;
    envelope(*v, *seq, at, prev, &canonical(body)?)
}

/// What is hashed, as it is stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    v: u32,
    seq: u64,
    at: String,
    prev: Digest,
    #[serde(deserialize_with = "verbatim::deserialize")]
    body: Value,
}

/// The canonical text of an envelope around a body's: its names stand in their order.
fn envelope(v: u32, seq: u64, at: &str, prev: &Digest, body: &str) -> Result<String, String> {
    let at = canonical(&Value::from(at))?;
    Ok(format!(r#"{{"at":{at},"body":{body},"prev":"{prev}","seq":{seq},"v":{v}}}"#))
}

impl Envelope {
    fn sealed(self, hash: Digest) -> Entry {
        Entry { v: self.v, seq: self.seq, at: self.at, prev: self.prev, hash, body: self.body }
    }
}

/// How far a chain has come: the number and the hash of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) len: u64,
    pub(crate) head: Digest,
}

impl Chain {
    pub(crate) const START: Chain = Chain { len: 0, head: Digest::ZERO };

    pub(crate) fn next_seq(&self) -> u64 {
        self.len + 1
    }

    /// Makes the next entry, with the text to store.
    pub(crate) fn add(&mut self, at: &str, body: &Value) -> Result<(Entry, String), LedgerError> {
        let entry = self.next_seq();
        let refused = |why| LedgerError::Body { entry, why };
        let (text, body) = normalise(body).map_err(refused)?;
        let text = envelope(FORMAT, entry, at, &self.head, &text).map_err(refused)?;
        let envelope = Envelope { v: FORMAT, seq: entry, at: at.to_owned(), prev: self.head, body };
        let sealed = envelope.sealed(Digest::of(text.as_bytes()));
        *self = Chain { len: sealed.seq, head: sealed.hash };
        Ok((sealed, text))
    }

    /// Reads the next entry from a stored row and checks that it is canonical, unaltered and
    /// follows.
    pub(crate) fn read(&mut self, seq: i64, text: &str, hash: &str) -> Result<Entry, Break> {
        if u64::try_from(seq) != Ok(self.next_seq()) {
            return Err(self.altered(format!("the row found in its place is numbered {seq}")));
        }
        let digest = Digest::of(text.as_bytes());
        if digest.to_string() != hash {
            return Err(self.altered("its hash is not the hash of its text"));
        }
        let entry = self.parse(text)?.sealed(digest);
        self.follow(&entry)?;
        Ok(entry)
    }

    fn parse(&self, text: &str) -> Result<Envelope, Break> {
        let value: Value = verbatim::from_str(text).map_err(|e| self.altered(format!("its text is not JSON: {e}")))?;
        if canonical(&value).as_deref() != Ok(text) {
            return Err(self.altered("its text is not canonical JSON"));
        }
        self.check_format(&value)?;
        serde_json::from_value(value).map_err(|e| self.altered(format!("its text is not an entry: {e}")))
    }

    fn check_format(&self, value: &Value) -> Result<(), Break> {
        match value["v"].as_u64().and_then(|v| u32::try_from(v).ok()) {
            Some(found) if found > FORMAT => Err(Break::Newer { entry: self.next_seq(), found, known: FORMAT }),
            Some(FORMAT) => Ok(()),
            _ => Err(self.altered("it does not name its format")),
        }
    }

    /// Steps on to `entry`, whose hash was checked, if it is the next one.
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), Break> {
        if entry.seq != self.next_seq() {
            return Err(self.altered(format!("it is numbered {}", entry.seq)));
        }
        if entry.prev != self.head {
            return Err(self.altered("it does not follow the entry before it"));
        }
        *self = Chain { len: entry.seq, head: entry.hash };
        Ok(())
    }

    /// The break of the next entry.
    pub(crate) fn altered(&self, why: impl Into<String>) -> Break {
        Break::Altered { entry: self.next_seq(), why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_and_hash_of_format_1_never_change() {
        let (entry, text) =
            Chain::START.clone().add("2026-03-01T12:00:00Z", &json!({"z": 1, "a": "é"})).expect("added");
        let zeros = "0".repeat(64);
        assert_eq!(
            text,
            format!(r#"{{"at":"2026-03-01T12:00:00Z","body":{{"a":"é","z":1}},"prev":"{zeros}","seq":1,"v":1}}"#)
        );
        // From another implementation of SHA-256, over the text above.
        let hash = "676edcbd10acab17371b2fa44f27dbf5d05ee659e95e867fae4a917478793943";
        assert_eq!(entry.hash.to_string(), hash);
    }
}
