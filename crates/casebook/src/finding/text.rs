//! Checks and cleaning of text that a finding carries into ids, terminals and reports.

/// The longest text kept of a title or a name.
const LONGEST: usize = 512;

/// `i-` and 8 or 17 lower-case hexadecimal digits
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>).
pub(super) fn is_instance_id(text: &str) -> bool {
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.strip_prefix("i-").is_some_and(|digits| matches!(digits.len(), 8 | 17) && digits.bytes().all(hexadecimal))
}

/// Twelve digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A region or partition: lower-case words and digits with hyphens.
pub(super) fn is_region(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

/// The characters of finding ids: none that means anything in a path.
pub(super) fn is_finding_id(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    (1..=300).contains(&text.len()) && text.bytes().all(allowed)
}

/// The characters of finding types, and no others.
pub(super) fn is_finding_type(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b":/.!&_-".contains(&b);
    (1..=300).contains(&text.len()) && text.bytes().all(allowed)
}

/// A domain name as DNS logs write it.
pub(super) fn is_domain(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-*".contains(&b);
    (1..=255).contains(&text.len()) && text.bytes().all(allowed)
}

/// Keeps what a finding says readable, and takes from it what could move a cursor, reverse the
/// direction of writing or flood a report.
pub(super) fn clean(text: &str) -> String {
    let risky = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().take(LONGEST).map(|c| if risky(c) { '\u{fffd}' } else { c }).collect()
}

/// Text of unknown origin for an error line: short, and harmless in a shell, a page or a log.
pub(super) fn shown(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -_.:/".contains(c);
    let mut shown: String = text.chars().take(40).map(|c| if allowed(c) { c } else { '?' }).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_have_8_or_17_digits() {
        for right in ["i-0123abcd", "i-0123456789abcdef0"] {
            assert!(is_instance_id(right), "{right}");
        }
        for wrong in
            ["", "i-", "i-0123abc", "i-0123ABCD", "i-0123abcg", "x-0123abcd", "i-0123abcd ", "i-0123456789abcdef"]
        {
            assert!(!is_instance_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn cleaning_removes_what_moves_a_cursor_or_turns_the_text() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(clean(&"x".repeat(9999)).len(), LONGEST);
    }

    #[test]
    fn shown_text_is_short_and_plain() {
        assert_eq!(shown("i-1; rm -rf $(x) <b>"), "i-1? rm -rf ??x? ?b?");
        assert_eq!(shown(&"a".repeat(41)), format!("{}…", "a".repeat(40)));
    }
}
