//! Inputs that are cut, damaged or put together.

use super::{event, file, gz, read, zst};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

/// How many events are whole in so many bytes of a file with these ids.
fn whole_events(ids: &[&str], bytes: usize) -> usize {
    let mut end = r#"{"Records":["#.len();
    let ends = ids.iter().map(|id| {
        end += event(id).len() + 1;
        end - 1
    });
    ends.filter(|end| *end <= bytes).count()
}

#[test]
fn at_every_truncation_what_is_whole_is_read_and_the_rest_is_named() {
    let ids = ["1", "2", "3"];
    let plain = file(&ids).into_bytes();
    for end in 0..plain.len() {
        let given = read(&plain[..end]);
        assert_eq!(given.words.len(), whole_events(&ids, end), "{end}");
        assert_eq!(given.rejections.len(), 1, "{end}: {:?}", given.rejections);
    }
}

#[test]
fn at_every_truncation_of_a_gz_what_was_inflated_is_read() {
    let ids = ["1", "2", "3"];
    let plain = file(&ids).into_bytes();
    for packed in [gz(&plain), zst(&plain), [gz(&plain[..400]), gz(&plain[400..])].concat()] {
        let mut most = 0;
        for end in 0..packed.len() {
            let given = read(&packed[..end]);
            let bytes = usize::try_from(given.counts.bytes_raw).expect("small");
            if end >= 20 {
                assert_eq!(given.words.len(), whole_events(&ids, bytes), "{end}");
            }
            assert_eq!(given.rejections.len(), 1, "{end}: {:?}", given.rejections);
            most = most.max(given.words.len());
        }
        // The last bytes of a gz are only a check sum. A block of zstd is whole or not at all.
        assert_eq!(most, if packed.starts_with(b"\x1F\x8B") { 3 } else { 0 });
    }
}

#[test]
fn every_flipped_byte_of_a_gz_is_survived_and_counted() {
    let packed = gz(file(&["1", "2"]).as_bytes());
    for at in 0..packed.len() {
        let mut damaged = packed.clone();
        damaged[at] ^= 0x55;
        read(&damaged);
    }
}

#[test]
fn every_flipped_byte_of_a_file_is_survived_and_counted() {
    let plain = file(&["1", "2"]);
    for at in 0..plain.len() {
        for flip in [0x01, 0x80] {
            let mut damaged = plain.clone().into_bytes();
            damaged[at] ^= flip;
            read(&damaged);
        }
    }
}

#[test]
fn garbage_behind_a_gz_is_named_and_the_gz_is_read() {
    let given = read(&[gz(file(&["1"]).as_bytes()), b"garbage".to_vec()].concat());
    assert_eq!(given.words, ["trail 1"]);
    assert_eq!(given.rejections.len(), 1);
    assert!(given.rejections[0].why.contains("gz ends or breaks"), "{:?}", given.rejections);
}

#[test]
fn two_equal_members_are_both_read() {
    let member = gz(format!("{}\n", event("1")).as_bytes());
    assert_eq!(read(&[member.clone(), member].concat()).words, ["trail 1", "trail 1"]);
}

#[test]
fn an_element_of_another_shape_is_named_and_the_next_is_read() {
    for odd in ["1", "null", "\"x\"", "[]", "[1,[2]]", "{}", r#"{"eventID":"a","eventID":"b"}"#, r#"{"a":{"b":"}"}}"#] {
        let input = format!(r#"{{"Records":[{},{odd},{}]}}"#, event("1"), event("2"));
        let given = read(input.as_bytes());
        assert_eq!(given.words, ["trail 1", "trail 2"], "{odd}");
        assert_eq!(given.rejections.len(), 1, "{odd}");
        assert_eq!(given.rejections[0].offset, 12 + event("1").len() as u64 + 1, "{odd}");
        assert_eq!(given.rejections[0].bytes, odd.len() as u64, "{odd}");
    }
}

#[test]
fn a_broken_line_costs_that_line() {
    let cut = format!("{{\"Records\":[{}", &event("cut")[..20]);
    for broken in [
        &cut,
        "{\"Records\":[{\"eventID\":x}]}",
        "{\"eventID\":\"",
        "{\"eventID\":x}",
        "}",
        "garbage",
        "{\"Records\"",
        "{{",
        "\"",
        "{\"a\":[1,",
    ] {
        let input = format!("{}\n{broken}\n{}\n", event("1"), event("2"));
        let given = read(input.as_bytes());
        assert_eq!(given.words, ["trail 1", "trail 2"], "{broken}: {:?}", given.rejections);
        assert_eq!(given.rejections.len(), 1, "{broken}: {:?}", given.rejections);
    }
}

#[test]
fn bytes_that_are_no_text_hide_no_event() {
    let mut input = event("1").into_bytes();
    let at = input.iter().position(|byte| *byte == b'R').expect("RunInstances");
    input[at] = 0xFF;
    assert_eq!(read(&input).words, ["trail 1"]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let deep = "[".repeat(200_000);
    for input in [
        deep.clone(),
        format!("{{\"a\":{deep}"),
        format!("{{\"eventID\":\"1\",\"a\":{deep}{}}}", "]".repeat(200_000)),
        "{\"source\":\"aws.securityhub\",\"detail-type\":\"Security Hub\",\"detail\":".repeat(20_000)
            + "{}"
            + &"}".repeat(20_000),
        format!("{{\"eventname\":\"A\",\"useridentity\":\"{}\"}}", "{a=".repeat(100_000)),
    ] {
        read(input.as_bytes());
    }
}

#[derive(Clone, Debug)]
enum Part {
    Event(u8),
    File(Vec<u8>),
    Line(String),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any::<u8>().prop_map(Part::Event),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(Part::File),
        prop_oneof![Just("{\"a\":"), Just("]}"), Just("{}"), Just("text"), Just("12"), Just("{\"Records\":[]}")]
            .prop_map(|line| Part::Line(line.to_owned())),
    ]
}

proptest! {
    #[test]
    fn of_parts_in_any_order_every_event_is_read_and_everything_is_counted(
        parts in proptest::collection::vec(part(), 0..12)
    ) {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for part in &parts {
            match part {
                Part::Event(id) => {
                    text += &event(&id.to_string());
                    expected.push(format!("trail {id}"));
                }
                Part::File(ids) => {
                    let ids: Vec<_> = ids.iter().map(u8::to_string).collect();
                    text += &file(&ids.iter().map(String::as_str).collect::<Vec<_>>());
                    expected.extend(ids.iter().map(|id| format!("trail {id}")));
                }
                Part::Line(line) => text += line,
            }
            text.push('\n');
        }
        // What is no JSON at the start makes it a log in lines.
        let text = format!("{}\n{text}", event("first"));
        expected.insert(0, "trail first".to_owned());
        for input in [text.clone().into_bytes(), gz(text.as_bytes()), zst(text.as_bytes())] {
            assert_eq!(read(&input).words, expected);
        }
    }

    #[test]
    fn no_input_makes_it_panic(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&input);
        read(&gz(&input));
    }

    #[test]
    fn no_text_makes_it_panic(input in "[\\[\\]{}\",:a1\\\\ \n]{0,60}") {
        read(input.as_bytes());
    }
}

/// An event of about so many bytes.
fn long(id: &str, bytes: usize) -> String {
    let event = event(id);
    event.replacen('{', &format!(r#"{{"padding":"{}","#, "x".repeat(bytes.saturating_sub(event.len()))), 1)
}

#[test]
fn events_of_any_length_and_what_is_no_text_are_read_in_a_list_as_in_lines() {
    let odd = event("odd").replace("RunInstances", "\u{1}").into_bytes();
    let odd: Vec<u8> = odd.into_iter().map(|byte| if byte == 1 { 0xFF } else { byte }).collect();
    let mut events: Vec<Vec<u8>> = Vec::new();
    for (number, bytes) in [300, 4_095, 4_097, 8_193, 131_073, 200_000, 300_000, 300].into_iter().enumerate() {
        events.push(long(&format!("l{number}"), bytes).into_bytes());
        events.push(event(&format!("s{number}")).into_bytes());
        if number % 3 == 1 {
            events.push(odd.clone());
        }
    }
    let list = [b"[".as_slice(), events.join(&b',').as_slice(), b"]"].concat();
    let lines = events.join(&b'\n');
    let (list, lines) = (read(&list), read(&lines));
    assert_eq!(list.words, lines.words);
    assert_eq!((list.words.len(), list.counts.bytes_parsed), (events.len(), lines.counts.bytes_parsed));
}
