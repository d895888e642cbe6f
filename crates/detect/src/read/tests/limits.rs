//! The bounds, with small figures.

use super::{event, file, gz, read, read_with, zst};
use crate::count::Fate;
use crate::read::{Limits, Reader};
use std::io::{self, Read};

fn small() -> Limits {
    Limits { record_bytes: 1000, inflated_bytes: 100_000, ratio: 20, ratio_from_bytes: 50_000 }
}

fn long(id: &str, bytes: usize) -> String {
    event(id).replace("RunInstances", &"\\\"}".repeat(bytes / 3))
}

#[test]
fn a_record_longer_than_the_limit_is_named_and_the_next_is_read() {
    for bytes in [1000, 3000, 70_000] {
        let long = long("long", bytes);
        let input = format!(r#"{{"Records":[{},{long},{}]}}"#, event("1"), event("2"));
        for input in [input.into_bytes(), format!("{}\n{long}\n{}", event("1"), event("2")).into_bytes()] {
            let given = read_with(small(), &input);
            assert_eq!(given.words, ["trail 1", "trail 2"], "{bytes}");
            assert_eq!(given.rejections.len(), 1, "{bytes}");
            assert_eq!(given.rejections[0].bytes, long.len() as u64, "{bytes}");
        }
    }
}

#[test]
fn a_line_longer_than_the_limit_is_named_and_the_next_is_read() {
    let line = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n";
    let given = read_with(small(), format!("{line}{}\n{line}", "x".repeat(5000)).as_bytes());
    assert_eq!(given.words.len(), 2);
    assert_eq!(given.rejections[0].bytes, 5001);
}

#[test]
fn a_record_of_200_mb_is_passed_over_in_little_memory() {
    let head = format!("{}\n{{\"eventID\":\"", event("1"));
    let tail = format!("\"}}\n{}\n", event("2"));
    let input = head.as_bytes().chain(io::repeat(b'A').take(200_000_000)).chain(tail.as_bytes());
    let mut reader = Reader::default();
    reader.read("input", input, |_| Fate::Unmatched);
    assert_eq!((reader.tally().counts.parsed, reader.tally().counts.rejected), (2, 1));
    assert!(reader.window.capacity() <= Limits::default().record_bytes);
}

#[test]
fn a_bomb_is_cut_and_named_and_what_came_before_is_read() {
    let bomb = format!("{}\n{}", event("1"), " ".repeat(3_000_000));
    for (limits, why) in [
        (Limits { inflated_bytes: 10_000_000, ..small() }, "decompression bomb"),
        (Limits { ratio: 5000, ..small() }, "more than 100000 bytes after decompression"),
    ] {
        for input in [gz(bomb.as_bytes()), zst(bomb.as_bytes())] {
            let given = read_with_cut(limits.clone(), &input);
            assert_eq!(given.0, 1);
            assert!(given.1.contains(why), "{}", given.1);
        }
    }
}

/// What was read of a cut input, and why it was cut. Not all of such an input is fetched.
fn read_with_cut(limits: Limits, input: &[u8]) -> (u64, String) {
    let mut reader = Reader::new(limits, crate::record::flow::Format::default());
    reader.read("input", input, |_| Fate::Unmatched);
    let tally = reader.into_tally();
    assert!(tally.counts.reconcile());
    assert!(tally.counts.bytes_raw < 1_000_000, "{}", tally.counts.bytes_raw);
    (tally.counts.parsed, tally.rejections[0].why.clone())
}

#[test]
fn an_input_that_fails_while_it_is_read_is_named() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    for head in ["", "{\"Records\":[", &event("1"), "[", "2 "] {
        let mut reader = Reader::default();
        reader.read("input", head.as_bytes().chain(Fails), |_| Fate::Unmatched);
        let whys: Vec<_> = reader.tally().rejections.iter().map(|rejection| rejection.why.as_str()).collect();
        assert!(whys.iter().any(|why| why.contains("the disk is gone")), "{head}: {whys:?}");
    }
}

#[test]
fn events_across_the_edges_of_the_view_are_all_read() {
    let ids: Vec<_> = (0..12_000).map(|id| id.to_string()).collect();
    let plain = file(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(plain.len() > 3 << 20);
    for input in [plain.clone().into_bytes(), gz(plain.as_bytes()), zst(plain.as_bytes())] {
        let given = read(&input);
        assert_eq!(given.words.len(), ids.len());
        assert_eq!(given.rejections, []);
    }
    assert_eq!(read_with(small(), file(&["1", "2", "3", "4", "5", "6"]).as_bytes()).words.len(), 6);
}

/// Such a record would take hundreds of times its own size.
#[test]
fn a_record_of_far_too_many_values_is_named_and_the_next_is_read() {
    let many = |one: &str| format!("[{}]", vec![one; 20_000].join(","));
    let event = |id: &str, what: &str| event(id).replacen('{', &format!(r#"{{"requestParameters":{{"a":{what}}},"#), 1);
    let row = |what: &str| format!(r#"{{"eventid":"1","requestparameters":"{{a={}}}"}}"#, what.replace('"', ""));
    let finding = |what: &str| format!(r#"{{"ProductArn":"p","Types":[],"Resources":{what}}}"#);
    let (few, many) = (format!("[{}]", vec!["0"; 40_000 / 4].join(",")), many(r#"{"b":1}"#));
    let fields: String = (0..20_000).map(|number| format!(r#""field-{number}":0,"#)).collect();
    for record in [
        event("many", &many),
        format!("[{},{{}}]", event("many", &many)),
        row(&many),
        finding(&many),
        format!("{{{fields}\"a\":1}}"),
    ] {
        let given =
            read_with(Limits::default(), format!("{}\n{record}\n{}", event("1", &few), event("2", "1")).as_bytes());
        let why: Vec<_> = given.rejections.iter().map(|rejection| rejection.why.as_str()).collect();
        assert_eq!(given.words[0], "trail 1", "{}", &record[..60]);
        assert_eq!(given.words.last().map(String::as_str), Some("trail 2"), "{}", &record[..60]);
        assert!(why[0].contains("values") || why[0].contains("fields"), "{why:?}");
    }
}

/// An answer that is larger than a record may be is read row by row, whatever stands before its rows.
#[test]
fn a_list_behind_other_fields_is_read_element_by_element() {
    for before in [
        r#""NextToken":"x","#,
        r#""QueryStatus":"FINISHED","QueryStatistics":{"ResultsCount":9,"Rows":[1,2]} , "#,
        r#" "Records":{"none":[]}, "#,
    ] {
        let events: Vec<String> = (0..100).map(|number| event(&number.to_string())).collect();
        let given = read_with(small(), format!(r#"{{{before}"Events":[{}],"More":1}}"#, events.join(",")).as_bytes());
        assert_eq!((given.words.len(), given.rejections.len()), (100, 0), "{before}");
    }
}
