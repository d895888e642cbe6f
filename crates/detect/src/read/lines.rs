//! Logs in lines: VPC flow logs and the access logs of load balancers.

use super::pass::Pass;
use super::skip;
use super::window::{More, Window};
use crate::record::Record;
use crate::record::balancer::Request;
use crate::record::flow::{Flow, Format};
use memchr::memchr;

/// After so many lines that nobody understands, with none understood before, the input is no log.
const STRANGE_LINES: usize = 20;

/// Reads an input in lines to its end. Every line says itself what it is, so files may be put together
/// in any way; a header holds until the next one.
pub(super) fn read(window: &mut Window<'_>, pass: &mut Pass<'_>, flow_format: &Format) {
    let mut format = flow_format.clone();
    let (mut understood, mut strange) = (0, 0);
    while window.peek().is_some() {
        if understood == 0 && strange == STRANGE_LINES {
            return pass.reject_rest(window, "this is neither JSON nor a log in lines");
        }
        let offset = window.offset();
        match end_of_line(window) {
            Some(end) => {
                let is_understood = line(&window.rest()[..end], offset, pass, &mut format);
                *(if is_understood { &mut understood } else { &mut strange }) += 1;
                window.take(end);
            }
            None => {
                skip::line(window);
                pass.reject(offset, window.offset() - offset, "the line is longer than a record may be");
            }
        }
    }
}

/// How far the line in view goes; `None` where it is too long.
fn end_of_line(window: &mut Window<'_>) -> Option<usize> {
    let mut looked_at = 0;
    loop {
        if let Some(end) = memchr(b'\n', &window.rest()[looked_at..]) {
            return Some(looked_at + end);
        }
        looked_at = window.rest().len();
        match window.more() {
            More::Came => {}
            More::Ended => return Some(looked_at),
            More::Full => return None,
        }
    }
}

/// Hands on what a line says; false where nobody understands it.
fn line(bytes: &[u8], offset: u64, pass: &mut Pass<'_>, format: &mut Format) -> bool {
    let record = understand(bytes, format);
    let is_understood = record.is_ok();
    match record {
        Ok(Some(record)) => pass.piece(bytes.len(), |pass| pass.record(record)),
        Ok(None) => {}
        Err(why) => pass.reject(offset, bytes.len() as u64, why),
    }
    is_understood
}

/// The record of a line; none where it is a header.
fn understand<'l>(bytes: &'l [u8], format: &mut Format) -> Result<Option<Record<'l>>, String> {
    let text = str::from_utf8(bytes).map_err(|_| "the line is not UTF-8")?.trim_end();
    if let Some(header) = Format::of_header(text) {
        *format = header;
        return Ok(None);
    }
    if Request::is_one(text) {
        return Request::parse(text).map(Record::Balancer).map(Some);
    }
    Flow::parse(text, format).map(Record::Flow).map(Some)
}
