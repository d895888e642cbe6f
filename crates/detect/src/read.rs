//! From bytes to records. An input is what somebody named and opened: a file, an object, standard
//! input. What it holds is found by looking at it, never by its name.
//!
//! ```text
//! input ─inflate→ Window (a buffer that slides and grows) ─json | table | lines→ Record → sink
//! ```
//! Nothing an input holds ends the reading of the next one, and nothing is passed over without a
//! [`Rejection`]. Memory is bounded by [`Limits`].

mod crowd;
mod inflate;
mod json;
mod kinds;
mod limits;
mod lines;
mod pass;
mod run;
mod skip;
mod table;
mod window;

#[cfg(test)]
mod tests;

pub use limits::Limits;

use crate::count::{Fate, Rejection, Tally};
use crate::record::Record;
use crate::record::flow::Format;
use inflate::Inflate;
use pass::Pass;
use std::io::Read;
use std::sync::Arc;
use window::Window;

/// Who is told of every rejection, however many there are.
pub type Named = Arc<dyn Fn(&Rejection) + Send + Sync>;

/// Reads inputs, one after the other.
#[derive(Default)]
pub struct Reader {
    limits: Limits,
    flow_format: Format,
    inflate: Inflate,
    window: Vec<u8>,
    tally: Tally,
    named: Option<Named>,
}

impl Reader {
    /// With these limits, and the format of flow logs whose files have no header.
    pub fn new(limits: Limits, flow_format: Format) -> Self {
        Self { limits, flow_format, ..Self::default() }
    }

    /// Every rejection goes there too.
    pub fn naming(self, named: Option<Named>) -> Self {
        Self { named, ..self }
    }

    /// Hands every record of an input to `sink`, which says what became of it.
    pub fn read(&mut self, name: &str, mut input: impl Read, mut sink: impl FnMut(Record<'_>) -> Fate) {
        self.tally.counts.files += 1;
        let Self { limits, flow_format, inflate, window, tally, named } = self;
        let mut pass = Pass { name, tally, named: named.as_ref(), sink: &mut sink };
        let compressed = inflate.open(&mut input, limits, window, |plain, buffer, filled| {
            let mut window = Window::new(plain, buffer, filled, limits.record_bytes);
            whole(&mut window, &mut pass, flow_format, limits);
            pass.tally.counts.bytes_raw += window.bytes_seen();
            pass.tally.counts.rest_is_around();
        });
        self.tally.counts.bytes_compressed += compressed;
    }

    /// Counts an input that could not be opened, or a folder that could not be listed.
    pub fn unreadable(&mut self, name: &str, why: impl Into<String>) {
        let mut pass =
            Pass { name, tally: &mut self.tally, named: self.named.as_ref(), sink: &mut |_| Fate::Unmatched };
        pass.reject(0, 0, why);
    }

    /// What was counted so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What was counted.
    pub fn into_tally(self) -> Tally {
        self.tally
    }
}

/// Finds out what an input holds and reads it to its end.
fn whole(window: &mut Window<'_>, pass: &mut Pass<'_>, flow_format: &Format, limits: &Limits) {
    if window.starts_with(b"\xEF\xBB\xBF") {
        window.take(3);
    }
    let wrong: Option<String> = if window.starts_with(b"\xFF\xFE") || window.starts_with(b"\xFE\xFF") {
        Some("this is UTF-16: convert it to UTF-8".to_owned())
    } else {
        match window.peek() {
            None => Some(window.trouble().unwrap_or_else(|| "the input is empty".to_owned())),
            Some(b'{' | b'[') => {
                json::read(window, pass);
                None
            }
            Some(byte) if byte.is_ascii_graphic() && table::comes(window) => {
                table::read(window, pass, limits.record_bytes);
                None
            }
            Some(byte) if byte.is_ascii_graphic() => {
                lines::read(window, pass, flow_format);
                None
            }
            Some(_) => Some("this is neither JSON nor a log in lines".to_owned()),
        }
    };
    if let Some(why) = wrong {
        pass.reject_rest(window, &why);
    }
    if let Some(trouble) = window.trouble() {
        pass.reject(window.offset(), 0, trouble);
    }
}
