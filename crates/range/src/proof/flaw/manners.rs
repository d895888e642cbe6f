//! Flaws of manners: what a responder does to others, to AWS, and to its own history.

use super::{Act, Flaw, NONE};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::scene::instance::Tags;

pub(super) const FLAWS: &[Flaw] = &[
    Flaw {
        what: "isolates a bystander along with the instance",
        caught_by: "declared-only",
        act: |range, effect| match effect {
            Effect::Source(S::SetInterfaceGroups { groups, .. }) => {
                let target = range.target().instance;
                let bystander = range.with_world(|world| {
                    let mut cards = world.network.interfaces.values().map(|card| &card.shown);
                    let other = cards.find(|card| card.instance.as_ref().is_some_and(|id| *id != target));
                    other.expect("the web tier has bystanders").id.clone()
                });
                Act::Also(S::SetInterfaceGroups { interface: bystander, groups: groups.clone() }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "tags what it makes afterwards, if it lives to",
        caught_by: "tagged-in-the-call",
        act: |_, effect| match effect {
            Effect::Source(S::CreateSnapshots { instance, description, .. }) => Act::Instead(
                S::CreateSnapshots { instance: instance.clone(), description: description.clone(), tags: Tags::new() }
                    .into(),
            ),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "lets a library below repeat what failed, and what did not",
        caught_by: "restrained",
        scenario: "lone",
        act: |_, effect| match effect {
            Effect::Source(S::Tag { .. }) => Act::Repeatedly(12),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "changes something that it has not written down first",
        caught_by: "announced",
        scenario: "lone",
        act: |range, effect| match effect {
            Effect::Source(S::Tag { .. }) => {
                let tags = Tags::from([("seen".to_owned(), "true".to_owned())]);
                Act::Also(S::Tag { resources: vec![range.target().instance.to_string()], tags }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "sends the same change again while it is under way",
        caught_by: "once-at-a-time",
        scenario: "lone",
        act: |_, effect| match effect {
            Effect::Source(S::CreateSnapshots { .. }) => Act::Also(effect.clone()),
            _ => Act::AsTold,
        },
        ..NONE
    },
];
