//! What the readers must hold to, whatever comes in.

mod broken;
mod limits;
mod shapes;
mod table;

use crate::count::{Counts, Fate, Rejection};
use crate::read::{Limits, Reader};
use crate::record::Record;
use crate::record::flow::Format;
use std::io::Write;

/// What one input gave.
struct Given {
    /// A word for each record: its kind and what identifies it.
    words: Vec<String>,
    counts: Counts,
    rejections: Vec<Rejection>,
}

fn word(record: &Record<'_>) -> String {
    match record {
        Record::Trail(event) => format!("trail {}", event.id.as_str()),
        Record::Insight(event) => format!("insight {}", event.id.as_str()),
        Record::Digest(digest) => format!("digest {}", digest.object.as_str()),
        Record::Flow(flow) => format!("flow {}", flow.source().map(|address| address.to_string()).unwrap_or_default()),
        Record::Balancer(request) => format!("balancer {}", request.request),
        Record::Query(query) => format!("query {} {}", query.name.as_str(), query.ids.instance.as_str()),
        Record::Finding(finding, _) => format!("finding {}", finding.kind),
        Record::Hub(finding) => format!("hub {}", finding.instances().next().unwrap_or_default()),
    }
}

fn read_with(limits: Limits, input: &[u8]) -> Given {
    let mut words = Vec::new();
    let mut reader = Reader::new(limits, Format::default());
    reader.read("input", input, |record| {
        words.push(word(&record));
        Fate::Unmatched
    });
    let tally = reader.into_tally();
    assert!(tally.counts.reconcile(), "{:?}", tally.counts);
    assert_eq!(tally.counts.parsed, words.len() as u64);
    assert_eq!(tally.counts.rejected, tally.rejections.len() as u64);
    assert_eq!(tally.counts.bytes_compressed, input.len() as u64);
    Given { words, counts: tally.counts, rejections: tally.rejections }
}

fn read(input: &[u8]) -> Given {
    read_with(Limits::default(), input)
}

fn gz(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn zst(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 1).expect("memory")
}

/// An event with this id, as CloudTrail writes it.
fn event(id: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"AssumedRole","principalId":"AROA:i-0123456789abcdef0","sessionContext":{{"attributes":{{}}}}}},"eventTime":"2023-07-10T11:42:36Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","requestParameters":{{"deep":[[1,2,{{"a":"}}]"}}]]}},"eventID":"{id}"}}"#
    )
}

fn file(ids: &[&str]) -> String {
    let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
    format!(r#"{{"Records":[{}]}}"#, events.join(","))
}

#[test]
fn every_byte_is_a_records_or_rejected_or_around() {
    let one = event("a");
    let broken = r#"{"strange":1}"#;
    let flow = "2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1 2 ACCEPT OK";
    let quoted = serde_json::json!({"EventId": "a", "CloudTrailEvent": one}).to_string();
    let row = format!("\"{}\",x", one.replace('"', "\"\""));
    let cases = [
        (file(&["a", "b"]), 2 * one.len(), 0),
        (format!(" [{one} , {broken},{one}]\n"), 2 * one.len(), broken.len()),
        (format!("{one}\n{broken}\n"), one.len(), broken.len()),
        (format!("{quoted}\n"), quoted.len(), 0),
        (r#"{"Records":[]}"#.to_owned(), 0, 0),
        (format!("{flow}\nwhat is this\n{flow}\n"), 2 * flow.len(), "what is this".len()),
        (format!("eventJson,other\n{row}\nshort\n"), row.len() + 1, "short\n".len()),
        (r#"{"Records":[{"#.to_owned() + "x", 0, 2),
    ];
    for (input, parsed, rejected) in cases {
        let counts = read(input.as_bytes()).counts;
        let around = input.len() - parsed - rejected;
        let found = (counts.bytes_parsed, counts.bytes_rejected, counts.bytes_around);
        assert_eq!(found, (parsed as u64, rejected as u64, around as u64), "{input}");
    }
}
