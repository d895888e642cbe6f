//! Which rules can match a text, told from words that it must hold.

use super::index::lowered;
use memchr::memmem::Finder;
use regex_syntax::hir::{Hir, HirKind};

/// From words within a text, in lower case, to rules. They are few: nearly every rule names a whole value too.
#[derive(Debug, Default)]
pub(super) struct Within(Vec<(Finder<'static>, usize)>);

impl Within {
    /// A rule asks for a word.
    pub(super) fn add(&mut self, word: &str, rule: usize) {
        self.0.push((Finder::new(word).into_owned(), rule));
    }

    /// Whether no rule asks for anything.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the rules that may match this text: too many perhaps, never too few. Letters that are not ASCII may
    /// become ASCII in lower case.
    pub(super) fn rules_in(&self, text: &str, found: &mut Vec<usize>) {
        if !text.is_ascii() {
            return found.extend(self.0.iter().map(|(_, rule)| rule));
        }
        lowered(text, |text| {
            let has = |word: &Finder<'_>| word.find(text.as_bytes()).is_some();
            found.extend(self.0.iter().filter(|(word, _)| has(word)).map(|(_, rule)| rule));
        });
    }
}

/// The longest text that stands in whatever a regular expression matches.
pub(super) fn text_in(expression: &str) -> Option<String> {
    longest(&regex_syntax::parse(expression).ok()?)
}

fn longest(part: &Hir) -> Option<String> {
    match part.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok(),
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(longest).max_by_key(String::len),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_in(text: &str) -> Vec<usize> {
        let words = [("kali", 1), ("pacu", 2), ("alin", 3), ("", 4)];
        let mut found = Vec::new();
        let mut within = Within::default();
        words.into_iter().for_each(|(word, rule)| within.add(word, rule));
        within.rules_in(text, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn words_are_found_in_any_case_and_over_each_other() {
        assert_eq!(rules_in("Boto3 KALINUX"), [1, 3, 4]);
        assert_eq!(rules_in("Boto3"), [4]);
        assert_eq!(rules_in(""), [4]);
    }

    #[test]
    fn what_is_not_ascii_may_hold_any_word() {
        // The Kelvin sign becomes k.
        assert_eq!(rules_in("\u{212A}ali"), [1, 2, 3, 4]);
    }

    #[test]
    fn an_expression_is_told_by_what_it_can_not_do_without() {
        let text = |expression| text_in(expression).unwrap_or_default();
        assert_eq!(text(".+:assumed-role/aws:.+"), ":assumed-role/aws:");
        assert_eq!(text("^(ab)+(?:long)?x"), "ab");
        assert_eq!(text("(?i)word-9"), "-9");
        assert_eq!(text("one|two"), "");
        assert_eq!(text("[a-z]*"), "");
        assert_eq!(text("("), "");
    }
}
