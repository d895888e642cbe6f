//! The quick way through what nearly all of a list is: events, one behind the other, in view, and all of it text. Text
//! is checked once for many of them; what is anything else is left to the careful way, element by element.

use super::json;
use super::pass::Pass;
use crate::record::trail::Event;
use serde_json::Deserializer;

/// How much is checked at once: what is checked in vain, before something that is left to the careful way, stays small.
const CHECKED_BYTES: usize = 128 << 10;

/// Hands on the elements of a list for as long as they are whole objects; gives how many bytes they have.
pub(super) fn events(bytes: &[u8], offset: u64, pass: &mut Pass<'_>) -> usize {
    let text = text(&bytes[..bytes.len().min(CHECKED_BYTES)]);
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
        json::object(event, &bytes[start..done], offset + start as u64, pass);
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
