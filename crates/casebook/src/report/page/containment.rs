//! What is proved about containment, and every channel that is left.

use super::{Block, Section, code, table, words};
use crate::report::model::Report;
use crate::report::text::second;
use crate::report::words as say;

pub(super) fn section(report: &Report) -> Section {
    let verdict = &report.verdict;
    let written = report.verdict_at.map_or("never: nothing was proved".to_owned(), |at| format!("{} UTC", second(at)));
    let mut facts = vec![
        ("Network", words(say::network_sentence(verdict.network))),
        ("Credentials", words(say::credential_sentence(verdict.credentials))),
        ("Last graded", words(written)),
    ];
    if say::is_terminated(report) {
        let gone = "terminated, and that was read back. The lines above and below say how it stood while it was there.";
        facts.push(("Instance", words(gone)));
    }
    let mut blocks = vec![Block::Facts(facts)];
    if verdict.residual.is_empty() {
        blocks.push(Block::Text(words("No residual channel is recorded.")));
    }
    let rows = verdict.residual.iter().map(|residual| vec![code(&*residual.channel), words(&*residual.why)]);
    blocks.push(table(&["Residual channel", "Why it is left, and what can be done"], rows.collect()));
    super::section("containment", "Containment", blocks)
}
