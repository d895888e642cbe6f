//! Whoever reads that something is not done can act on it.

use super::{Checker, News, Sight};
use casebook::entry::Entry;
use casebook::step::StepStatus;

/// Skips, failures and warnings are sentences.
pub const SENTENCES: Checker = Checker {
    name: "sentences",
    law: "every skip, failure and warning is a sentence that a responder can act on",
    look: sentences,
};

fn sentences(sight: &Sight<'_>) -> Option<String> {
    let News::Wrote(Entry::Step(entry)) = sight.news else { return None };
    let owes = matches!(entry.status, StepStatus::Skipped | StepStatus::Failed | StepStatus::Unknown);
    let reasons = owes.then_some(&entry.reason).into_iter();
    let poor = reasons.chain(&entry.warnings).find(|sentence| !is_sentence(sentence))?;
    Some(format!("{} is {:?}: `{poor}`", entry.step, entry.status))
}

/// At least three words, on one line, and nothing that only a program could read.
fn is_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 3 && !text.contains('\n') && !text.contains("Some(") && !text.contains("{}")
}

#[cfg(test)]
mod tests {
    use super::SENTENCES;
    use crate::proof::check::fed;
    use casebook::entry::{Entry, StepEntry};
    use casebook::step::{StepName, StepStatus};

    fn says(status: StepStatus, reason: &str) -> Option<String> {
        let (reason, warnings, proof) = (reason.to_owned(), Vec::new(), Vec::new());
        fed::wrote(&SENTENCES, vec![Entry::Step(StepEntry { step: StepName::Tag, status, reason, warnings, proof })])
    }

    #[test]
    fn a_word_is_no_reason() {
        assert!(says(StepStatus::Failed, "error").is_some());
        assert!(says(StepStatus::Skipped, "").is_some());
        assert!(says(StepStatus::Failed, "Some(\"AccessDenied\") was the answer").is_some());
        assert_eq!(says(StepStatus::Skipped, "no load balancer knows the instance"), None);
        assert_eq!(says(StepStatus::Waiting, "under way"), None);
    }
}
