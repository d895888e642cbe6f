//! A service's message as one line that may be logged.

/// Long enough for every sentence AWS writes, short enough for a ledger entry.
const LONGEST: usize = 500;

/// One line, without what only the account's owner should be able to decode, without anything
/// that looks like a credential.
pub(crate) fn one_line(text: &str) -> String {
    // The blob names the caller, its policies and the resource
    // (<https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>).
    let text = text.split("Encoded authorization failure message").next().unwrap_or_default();
    let words: Vec<_> = text.split_whitespace().map(masked).collect();
    shortened(words.join(" "))
}

fn masked(word: &str) -> &str {
    if is_access_key(word.trim_matches(|c: char| !c.is_ascii_alphanumeric())) || is_blob(word) {
        "(removed)"
    } else {
        word
    }
}

/// `AKIA…` and `ASIA…` of twenty characters
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
fn is_access_key(word: &str) -> bool {
    let kind = word.starts_with("AKIA") || word.starts_with("ASIA");
    kind && word.len() == 20 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Tokens, signatures, encoded messages. ARNs and URLs are as long, but hold a colon.
fn is_blob(word: &str) -> bool {
    word.len() >= 100 && !word.contains(':')
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoded_message_is_cut_off() {
        let blob = "x".repeat(700);
        let text = format!("You are not authorized.\n Encoded authorization failure message: {blob}");
        assert_eq!(one_line(&text), "You are not authorized.");
    }

    #[test]
    fn keys_and_tokens_are_removed() {
        let token = "A1b2".repeat(40);
        let text = format!("key 'AKIAIOSFODNN7EXAMPLE' token {token} for arn:aws:iam::111111111111:role/x");
        assert_eq!(one_line(&text), "key (removed) token (removed) for arn:aws:iam::111111111111:role/x");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let line = one_line(&"é ".repeat(600));
        assert_eq!(line.chars().count(), LONGEST + 1);
        assert!(line.ends_with('…'));
    }
}
