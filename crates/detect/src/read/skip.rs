//! Passes over what is longer than the record limit, byte by byte, keeping nothing.

use super::window::{More, Window};

/// Where a JSON value stands while it is passed over.
#[derive(Default)]
struct Depth {
    open: usize,
    in_text: bool,
    escaped: bool,
}

impl Depth {
    /// Whether the value ends with this byte.
    fn ends_with(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return self.open == 0 && !self.in_text;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.open += 1,
            b'}' | b']' => {
                self.open = self.open.saturating_sub(1);
                return self.open == 0;
            }
            _ => {}
        }
        false
    }
}

/// Passes over a JSON object, list or text. Gives false if the input ended inside.
pub(super) fn value(window: &mut Window<'_>) -> bool {
    let mut depth = Depth::default();
    until(window, |byte| depth.ends_with(byte))
}

/// Passes over a line, with its end. Gives false if the input ended inside.
pub(super) fn line(window: &mut Window<'_>) -> bool {
    until(window, |byte| byte == b'\n')
}

fn until(window: &mut Window<'_>, mut is_last: impl FnMut(u8) -> bool) -> bool {
    loop {
        if let Some(last) = window.rest().iter().position(|byte| is_last(*byte)) {
            window.take(last + 1);
            return true;
        }
        window.take_all();
        if window.more() != More::Came {
            return false;
        }
    }
}
