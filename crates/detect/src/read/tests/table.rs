use super::*;

const ATHENA: &str = "\"eventtime\",\"eventname\",\"eventid\",\"useridentity\",\"requestparameters\"\n\
    \"2023-07-10T11:42:36Z\",\"RunInstances\",\"1\",\"{type=IAMUser, username=x}\",\"{\"\"a\"\":\"\"b\nc\"\"}\"\n\
    \"2023-07-10T11:42:37Z\",\"StopLogging\",\"2\",\"{type=IAMUser, username=x}\",\n";

#[test]
fn rows_under_a_header_are_events() {
    for input in [ATHENA.as_bytes().to_vec(), gz(ATHENA.as_bytes()), ATHENA.replace('\n', "\r\n").into_bytes()] {
        assert_eq!(read(&input).words, ["trail 1", "trail 2"]);
    }
    let quoted = event("3").replace('"', "\"\"");
    assert_eq!(read(format!("eventJson\n\"{quoted}\"\n").as_bytes()).words, ["trail 3"]);
}

#[test]
fn what_a_row_holds_is_understood() {
    let (mut told, mut reader) = (Vec::new(), Reader::default());
    reader.read("input", ATHENA.as_bytes(), |record| {
        if let Record::Trail(event) = &record {
            told.push((event.name.as_str().to_owned(), event.who.kind.as_str().to_owned(), event.at().is_some()));
        }
        Fate::Unmatched
    });
    assert_eq!(told[0], ("RunInstances".to_owned(), "IAMUser".to_owned(), true));
}

#[test]
fn a_row_that_does_not_fit_its_header_is_named_and_the_next_is_read() {
    let given = read("eventname,eventid\nStopLogging\nStopLogging,2\n".as_bytes());
    assert_eq!(given.words, ["trail 2"]);
    assert_eq!(given.rejections[0].why, "a row of 1 columns under a header of 2");
    assert_eq!((given.rejections[0].offset, given.rejections[0].bytes), (18, 12));
}

#[test]
fn a_row_without_an_end_is_named_with_what_it_takes_along() {
    let limits = Limits { record_bytes: 64 << 10, ..Limits::default() };
    let long = format!("eventname,eventid\nStopLogging,1\n\"Stop{}", "a,b\n".repeat(100_000));
    let given = read_with(limits, long.as_bytes());
    assert_eq!(given.words, ["trail 1"]);
    assert_eq!(given.rejections.len(), 1);
    let rejection = &given.rejections[0];
    assert!(rejection.why.contains("longer than a record may be"), "{}", rejection.why);
    assert_eq!(rejection.offset + rejection.bytes, long.len() as u64);
}

#[test]
fn a_header_that_comes_again_is_no_event() {
    assert_eq!(read(ATHENA.repeat(2).as_bytes()).words, ["trail 1", "trail 2", "trail 1", "trail 2"]);
}

#[test]
fn whoever_has_a_request_logged_makes_no_table_of_the_log() {
    let request = "http 2026-03-01T12:00:00.000000Z app/web/1 203.0.113.9:1 10.0.0.5:80 0 0 0 200 200 1 1 \
        \"GET http://x/?a=1,eventname,2 HTTP/1.1\" \"curl\" - - -\n";
    assert_eq!(read(request.as_bytes()).counts.kinds.balancer, 1);
}

#[test]
fn a_row_of_nothing_but_commas_is_rejected_and_the_next_is_read() {
    let given = read(format!("eventname,eventid\n{}\nStopLogging,1\n", ",".repeat(1 << 20)).as_bytes());
    assert_eq!((given.words.len(), given.counts.rejected), (1, 1));
    let given = read(format!("eventname{}\n", ",".repeat(1 << 20)).as_bytes());
    assert_eq!((given.words.len(), given.counts.rejected), (0, 1));
}

#[test]
fn a_table_that_was_cut_is_never_taken_for_whole() {
    let whole = ATHENA.trim_end();
    let intact = |end: usize| {
        whole[..end].trim_end().ends_with(['"', ',']) && whole[..end].matches('"').count().is_multiple_of(2)
    };
    let mut flagged = 0;
    for end in whole.find("RunInst").expect("a row")..whole.len() {
        let rejected = read(&whole.as_bytes()[..end]).counts.rejected;
        assert!(rejected > 0 || intact(end), "cut at {end}: {:?}", &whole[..end]);
        flagged += usize::from(rejected > 0);
    }
    assert!(flagged > 100, "{flagged}");
}

#[test]
fn bytes_of_a_row_are_its_own_and_not_of_what_was_made_from_it() {
    let given = read("eventsource,x\n,aaaa\n,aaaa\n,aaaa\n".as_bytes());
    assert_eq!((given.counts.rejected, given.counts.bytes_rejected), (3, 18));
}

#[test]
fn a_table_of_something_else_is_no_log() {
    let given = read("name,price\ntea,3\n".as_bytes());
    assert_eq!((given.words.len(), given.counts.rejected), (0, 2));
}
