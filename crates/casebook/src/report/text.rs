//! How text, times and spans of time are written, the same in every rendering.

use jiff::{SignedDuration, Timestamp};

/// Text from outside with every character made visible that could hide, reorder or end something:
/// control characters and those that change the direction of writing become `U+` and their number.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            hidden if is_hidden(hidden) => out.push_str(&format!("[U+{:04X}]", hidden as u32)),
            other => out.push(other),
        }
    }
    out
}

/// The beginning of a long text; the whole stands elsewhere in the report.
pub(super) fn brief(text: &str) -> String {
    const LIMIT: usize = 160;
    if text.chars().count() <= LIMIT { text.to_owned() } else { text.chars().take(LIMIT).chain(['…']).collect() }
}

/// Control and format characters (<https://www.unicode.org/reports/tr9/>, zero-width ones, tags).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A time in UTC to the second.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time in UTC to the millisecond.
pub(super) fn millisecond(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// The time between two moments: `350 ms`, `4.2 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`.
pub(super) fn between(from: Timestamp, to: Timestamp) -> String {
    let span = to.duration_since(from);
    if span.is_negative() { format!("−{}", span_of(span.abs())) } else { span_of(span) }
}

fn span_of(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{}.{} s", seconds, span.subsec_millis() / 100),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A number of bytes: `812 B`, `3.4 KiB`, `1.2 MiB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = count.saturating_mul(10);
    let mut unit = "B";
    for larger in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1_024;
        unit = larger;
    }
    if unit == "B" { format!("{count} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// `1 entry`, `2 entries`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// How long a list is.
pub(super) fn length<T>(list: &[T], one: &str, many: &str) -> String {
    count(list.len() as u64, one, many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_hide_is_shown() {
        assert_eq!(clean("a\u{202e}b\u{0}c\nd"), "a[U+202E]b[U+0000]c d");
        assert_eq!(clean("plain – ü 日本"), "plain – ü 日本");
    }

    #[test]
    fn spans_are_read_at_a_glance() {
        let at = |ms: i64| Timestamp::from_millisecond(ms).expect("in range");
        let cases = [
            (350, "350 ms"),
            (4_270, "4.2 s"),
            (200_000, "3 min 20 s"),
            (7_500_000, "2 h 05 min"),
            (273_600_000, "3 d 4 h"),
            (-4_270, "−4.2 s"),
        ];
        for (ms, expected) in cases {
            assert_eq!(between(at(0), at(ms)), expected);
        }
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!([bytes(812), bytes(3_500), bytes(1_258_291)], ["812 B", "3.4 KiB", "1.1 MiB"]);
    }
}
