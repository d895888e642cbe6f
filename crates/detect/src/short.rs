//! Texts that are kept for long are short. Logs hold what attackers wrote, and one text may be as long as a record.

use sha2::{Digest, Sha256};

/// How many bytes of a text are kept. The names that AWS gives are shorter, but for a user under a path of hundreds of
/// characters.
pub const LONGEST: usize = 512;
/// What takes the place of the rest: an ellipsis and half a digest of the whole.
const END: usize = '…'.len_utf8() + 32;

/// Cuts a text that is too long. What differs stays different: the end tells the digest of the whole.
pub(crate) fn cut(text: &mut String) {
    if text.len() <= LONGEST {
        return;
    }
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    let kept = text.floor_char_boundary(LONGEST - END);
    *text = format!("{}…{}", &text[..kept], &digest[..32]);
}

/// The same of a text that is made for keeping.
pub(crate) fn short(text: &str) -> String {
    let mut text = text.to_owned();
    cut(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_stays_different_from_others() {
        let text = |end: &str| format!("{}{end}", "ü".repeat(LONGEST));
        let (one, other) = (short(&text("1")), short(&text("2")));
        assert!(one.len() <= LONGEST && one.starts_with("üü") && one != other, "{one}");
        assert_eq!(short(&text("1")), one);
        let longest = "x".repeat(LONGEST);
        assert_eq!(short(&longest), longest);
    }
}
