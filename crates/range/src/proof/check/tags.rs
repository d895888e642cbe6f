//! What a case makes can be found again.

use super::{Checker, Sight};
use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
use casebook::scene::instance::Tags;
use casebook::tags;

/// Creating calls carry the case and the step.
pub const TAGGED: Checker = Checker {
    name: "tagged-in-the-call",
    law: "what a call makes is tagged with case and step in the call itself",
    look: tagged,
};

fn tagged(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let written = written(&deed.effect)?;
    let case = &sight.history.opened()?.case;
    let ours =
        written.get(tags::CASE).is_some_and(|tag| tag == case.as_str()) || written.contains_key(tags::QUARANTINE);
    (!ours || !written.contains_key(tags::STEP)).then(|| format!("{} carries {written:?}", deed.effect.title()))
}

/// The tags in a creating call; `None` for others.
fn written(effect: &Effect) -> Option<&Tags> {
    match effect {
        Effect::Source(
            S::CreateGroup { tags, .. }
            | S::CreateAcl { tags, .. }
            | S::CreateSnapshots { tags, .. }
            | S::CreateSnapshot { tags, .. }
            | S::CreateImage { tags, .. }
            | S::Reencrypt { tags, .. }
            | S::ReencryptImage { tags, .. },
        )
        | Effect::Forensic(
            F::CopySnapshot { tags, .. }
            | F::CopyImage { tags, .. }
            | F::CreateVolume { tags, .. }
            | F::CreateGroup { tags, .. },
        ) => Some(tags),
        Effect::Forensic(F::Launch(launch)) => Some(&launch.tags),
        _ => None,
    }
}
