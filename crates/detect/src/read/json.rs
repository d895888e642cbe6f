//! JSON in the shapes that logs come in: one list under `Records` or `Findings`, a bare list, one object,
//! objects in lines, or several of these behind one another. Elements are parsed one by one as they
//! come into view; the document as a whole never is.

use super::kinds;
use super::pass::Pass;
use super::run;
use super::skip;
use super::window::{More, Window};
use crate::record::Record;
use crate::record::trail::Event;
use memchr::{memchr, memmem};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Error};

/// How far one looks for the `[` of a list. Answers of CloudTrail Lake tell how the query went before their rows.
const OPENING_BYTES: usize = 1 << 10;
/// Names of lists that hold records, one after the other.
pub(super) const LISTS: [&str; 5] = ["Records", "Findings", "findings", "QueryResultRows", "Events"];

/// What came of an element.
enum Parsed {
    /// It ends after so many bytes.
    Ends(usize),
    /// Its end is not in view.
    Cut,
    /// It is no JSON.
    Broken(String),
}

/// What is to be done after an element.
enum Then {
    Next,
    /// Nothing behind it can be understood, for this reason.
    Stop(String),
}

/// Reads JSON to the input's end.
pub(super) fn read(window: &mut Window<'_>, pass: &mut Pass<'_>) {
    while let Some(byte) = window.peek() {
        if byte == b'[' {
            window.take(1);
            list(window, pass);
        } else if let Some(opening) = opening_of_list(window.ahead(OPENING_BYTES)) {
            window.take(opening);
            if list(window, pass) {
                close(window, pass);
            }
        } else {
            let offset = window.offset();
            if let Then::Stop(why) = element(window, pass) {
                resume(window, pass, offset, &why);
            }
        }
    }
}

/// How many bytes `{"Records": [` has, if it is what comes. Other fields may stand before the list as AWS's APIs have them
/// in their answers, with capital letters.
fn opening_of_list(bytes: &[u8]) -> Option<usize> {
    let mut fields = bytes.strip_prefix(b"{")?;
    loop {
        let (name, value) = field(fields)?;
        let list = value.strip_prefix(b"[").filter(|_| LISTS.iter().any(|list| list.as_bytes() == name));
        if let Some(inside) = list {
            return Some(bytes.len() - inside.len());
        }
        name.first().filter(|first| first.is_ascii_uppercase())?;
        let mut values = Deserializer::from_slice(value).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        fields = value[values.byte_offset()..].trim_ascii_start().strip_prefix(b",")?;
    }
}

/// The name of the field that comes, and its value with all behind it.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = bytes.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr(b'"', name)?;
    let value = name[end + 1..].trim_ascii_start().strip_prefix(b":")?;
    Some((&name[..end], value.trim_ascii_start()))
}

/// Reads the elements of a list; true if it ends as a list does.
fn list(window: &mut Window<'_>, pass: &mut Pass<'_>) -> bool {
    loop {
        match window.peek() {
            None => {
                pass.reject_rest(window, "the input ends inside a list");
                return false;
            }
            Some(b']') => {
                window.take(1);
                return true;
            }
            Some(b',') => window.take(1),
            Some(_) => {
                let (run, offset) = (run::events(window.rest(), window.offset(), pass), window.offset());
                if run > 0 {
                    window.take(run);
                } else if let Then::Stop(why) = element(window, pass) {
                    resume(window, pass, offset, &why);
                    return false;
                }
            }
        }
    }
}

/// Passes over the fields behind a list, up to the end of the object around it. They are no records,
/// unless they are a list too.
fn close(window: &mut Window<'_>, pass: &mut Pass<'_>) {
    loop {
        match window.peek() {
            None => return pass.reject_rest(window, "the input ends inside an object"),
            Some(b'}') => return window.take(1),
            Some(b'[') => {
                let offset = window.offset();
                skip::value(window);
                pass.reject(offset, window.offset() - offset, "a second list behind the list of records");
            }
            Some(b'"' | b'{') => {
                skip::value(window);
            }
            Some(_) => window.take(1),
        }
    }
}

/// Reads one element, whatever it is.
fn element(window: &mut Window<'_>, pass: &mut Pass<'_>) -> Then {
    loop {
        let offset = window.offset();
        match parse(window.rest(), offset, pass) {
            Parsed::Ends(bytes) => {
                window.take(bytes);
                return Then::Next;
            }
            Parsed::Broken(why) => return Then::Stop(why),
            Parsed::Cut => match window.more() {
                More::Came => {}
                More::Ended => return Then::Stop("the input ends inside a record".to_owned()),
                More::Full => return pass_over(window, pass),
            },
        }
    }
}

/// Passes over an element that is too long.
fn pass_over(window: &mut Window<'_>, pass: &mut Pass<'_>) -> Then {
    let offset = window.offset();
    let ended = !skip::value(window);
    let bytes = window.offset() - offset;
    let cut = if ended { ", and the input ends inside it" } else { "" };
    pass.reject(offset, bytes, format!("the record is longer than a record may be: {bytes} bytes{cut}"));
    Then::Next
}

/// Parses the element at the start of `bytes` and hands it on.
fn parse(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) -> Parsed {
    if bytes.first() != Some(&b'{') {
        return other(bytes, offset, pass, None);
    }
    let mut events = Deserializer::from_slice(bytes).into_iter::<Event<'_>>();
    match events.next() {
        Some(Ok(event)) => {
            let end = events.byte_offset();
            object(event, &bytes[..end], offset, pass);
            Parsed::Ends(end)
        }
        Some(Err(error)) if error.is_eof() => Parsed::Cut,
        Some(Err(error)) => other(bytes, offset, pass, Some(&error)),
        None => Parsed::Cut,
    }
}

/// Hands on an object that was parsed as an event and may be something else.
#[inline]
pub(super) fn object<'b>(mut event: Event<'b>, raw: &'b [u8], offset: u64, pass: &mut Pass<'_>) {
    event.raw = raw;
    pass.piece(raw.len(), |pass| match event.is_one() {
        true => trail(event, offset, pass),
        false => kinds::object(raw, offset, pass),
    });
}

/// Hands on an event, unless S3 has made it: notifications have the same names for their fields
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
#[inline]
pub(super) fn trail(event: Event<'_>, offset: u64, pass: &mut Pass<'_>) {
    if !pass.has_room(event.raw, offset) {
        // It is named.
    } else if event.source.as_str() == "aws:s3" {
        pass.reject(offset, event.raw.len() as u64, "this is a notification that S3 sent, not a log");
    } else if event.is_insight() {
        pass.record(Record::Insight(event));
    } else {
        pass.record(Record::Trail(event));
    }
}

/// An element that is no object, or one with a field that can not be parsed: where it ends is found
/// without looking into it.
fn other(bytes: &[u8], offset: u64, pass: &mut Pass<'_>, error: Option<&Error>) -> Parsed {
    let mut values = Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    let end = match values.next() {
        Some(Ok(_)) => values.byte_offset(),
        Some(Err(error)) if error.is_eof() => return Parsed::Cut,
        Some(Err(error)) => return Parsed::Broken(format!("this is no JSON: {}", reason(&error))),
        None => return Parsed::Cut,
    };
    pass.piece(end, |pass| match error {
        Some(error) => lossy(&bytes[..end], offset, pass, error),
        None => kinds::list(&bytes[..end], offset, pass),
    });
    Parsed::Ends(end)
}

/// One more try with what is no UTF-8 replaced: nobody hides a call behind one wrong byte.
fn lossy(bytes: &[u8], offset: u64, pass: &mut Pass<'_>, error: &Error) {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<Event<'_>>(&text) {
        Ok(mut event) if event.is_one() => {
            event.raw = text.as_bytes();
            trail(event, offset, pass);
        }
        _ => pass.reject(offset, bytes.len() as u64, format!("the record can not be read: {}", reason(error))),
    }
}

/// After something broken, in a list or outside: the next line that begins an object or a list is where
/// understanding begins again.
fn resume(window: &mut Window<'_>, pass: &mut Pass<'_>, offset: u64, why: &str) {
    loop {
        let rest = window.rest();
        let next = [b"\n{", b"\n["].iter().filter_map(|start| memmem::find(rest, *start)).min();
        if let Some(next) = next {
            window.take(next + 1);
            return pass.reject(offset, window.offset() - offset, why);
        }
        let all_but_one = rest.len().saturating_sub(1);
        window.take(all_but_one);
        if window.more() != More::Came {
            window.take_all();
            let why = window.trouble().map_or_else(|| why.to_owned(), |trouble| format!("{why}; {trouble}"));
            return pass.reject(offset, window.offset() - offset, why);
        }
    }
}

/// What is wrong, without the place: serde counts it from the record's start, a rejection from the file's.
pub(super) fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
