//! The quick way through what nearly all of a list is: events, one behind the other, in view, and all of it text. Text
//! is checked once for many of them; what is anything else is left to the careful way, element by element.

use super::json;
use super::pass::Pass;
use crate::record::trail::Event;
use serde_json::Deserializer;

/// How much is checked at first. What is left to the careful way is checked in vain, so it stays small.
const FIRST_BYTES: usize = 4 << 10;
/// How much is checked at once while it goes well.
const MOST_BYTES: usize = 128 << 10;

/// Hands on the elements of a list for as long as they are whole objects; gives how many bytes they have.
pub(super) fn events(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) -> usize {
    let (mut done, mut checked) = (0, FIRST_BYTES);
    while bytes[done..].first().is_some_and(|byte| b"{, \n\r\t".contains(byte)) {
        let end = bytes.len().min(done + checked);
        let read = objects(text(&bytes[done..end]), offset + done as u64, pass);
        if read == 0 {
            break;
        }
        done += read;
        checked = MOST_BYTES.min(checked * 2);
    }
    done
}

fn objects(text: &str, offset: u64, pass: &mut Pass<'_>) -> usize {
    let mut done = 0;
    loop {
        let rest = text[done..].trim_start_matches([',', ' ', '\n', '\r', '\t']);
        if !rest.starts_with('{') {
            return done;
        }
        let start = text.len() - rest.len();
        let mut elements = Deserializer::from_str(rest).into_iter::<Event<'_>>();
        let Some(Ok(event)) = elements.next() else { return done };
        done = start + elements.byte_offset();
        json::object(event, &text.as_bytes()[start..done], offset + start as u64, pass);
    }
}

/// The text at the start of these bytes.
fn text(bytes: &[u8]) -> &str {
    let valid = match str::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.valid_up_to(),
    };
    str::from_utf8(&bytes[..valid]).unwrap_or_default()
}
