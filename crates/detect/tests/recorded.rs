//! Recorded CloudTrail files (`testdata/invictus`), whole, permuted and delivered twice.

use detect::count::{Counts, Fate};
use detect::read::Reader;
use detect::record::Record;
use detect::seen::Seen;
use proptest::prelude::{ProptestConfig, any, proptest};
use std::collections::BTreeSet;
use std::io::Read;

const FILES: &[u8] = include_bytes!("../testdata/invictus/files.jsonl.gz");
const EVENTS: u64 = 2900;

fn files() -> Vec<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(FILES).read_to_string(&mut text).expect("a gz");
    text.lines().map(str::to_owned).collect()
}

/// What is counted over these inputs, and the names of the calls.
fn count<'f>(files: impl IntoIterator<Item = &'f [u8]>) -> (Counts, BTreeSet<String>) {
    let (mut reader, mut seen, mut names) = (Reader::default(), Seen::default(), BTreeSet::new());
    for file in files {
        reader.read("file", file, |record| {
            let Record::Trail(event) = &record else { panic!("not an event: {record:?}") };
            names.insert(event.name.as_str().to_owned());
            if seen.before(event.id.as_str()) { Fate::Duplicate } else { Fate::Unmatched }
        });
    }
    assert_eq!(reader.tally().rejections, []);
    (reader.tally().counts.clone(), names)
}

#[test]
fn every_recorded_event_is_read_and_has_its_raw_text() {
    let (counts, names) = count([FILES]);
    assert_eq!((counts.parsed, counts.unmatched, counts.kinds.trail), (EVENTS, EVENTS, EVENTS));
    assert_eq!(names.len(), 260);
    let mut reader = Reader::default();
    reader.read("files", FILES, |record| {
        let Record::Trail(event) = record else { panic!("not an event: {record:?}") };
        assert_eq!(event.value()["eventID"], event.id.as_str());
        assert!(event.at().is_some());
        Fate::Matched
    });
    assert!(reader.tally().counts.reconcile());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn in_any_order_and_delivered_twice_the_same_events_are_new(seed in any::<u64>()) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut files = files();
        let again = files.clone();
        files.extend(again);
        random.shuffle(&mut files);
        let (counts, names) = count(files.iter().map(String::as_bytes));
        assert_eq!((counts.parsed, counts.duplicates, counts.unmatched), (2 * EVENTS, EVENTS, EVENTS));
        assert_eq!(names.len(), 260);
    }
}
