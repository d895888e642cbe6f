//! Flaws of manners: what a responder does to others, to AWS, and to its own history.

use super::{Act, Flaw, NONE};
use crate::Range;
use casebook::effect::{Effect, SourceEffect as S};
use casebook::fault::{Fault, FaultClass};
use casebook::id::RoleName;
use casebook::scene::instance::Tags;
use casebook::settings::RevokeScope;

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
        what: "takes the profile off everybody who has it",
        caught_by: "declared-only",
        act: |range, effect| match effect {
            Effect::Source(S::DisassociateProfile { .. } | S::ReplaceProfile { .. }) => {
                let target = range.target().instance;
                let theirs = range.with_world(|world| {
                    let mut held = world.identity.associations.values();
                    held.find(|held| held.instance != target).expect("a bystander has the profile too").id.clone()
                });
                Act::Also(S::DisassociateProfile { association: theirs }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "snapshots the volumes of a bystander as well",
        caught_by: "declared-only",
        act: |range, effect| match effect {
            Effect::Source(S::CreateSnapshots { description, tags, .. }) => {
                let target = range.target().instance;
                let volume = range.with_world(|world| {
                    let mut volumes = world.storage.volumes.values().map(|volume| &volume.shown);
                    let other = volumes.find(|volume| volume.attachments.iter().any(|at| at.instance != target));
                    other.expect("the web tier has bystanders").id.clone()
                });
                Act::Also(S::CreateSnapshot { volume, description: description.clone(), tags: tags.clone() }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "denies the whole role because the settings say so, and does not ask who shares it",
        caught_by: "declared-only",
        scenario: "shared-role",
        prepare: |trial| trial.settings.policy.revoke = RevokeScope::Role,
        act: |range, effect| match effect {
            Effect::Source(S::DisassociateProfile { .. } | S::ReplaceProfile { .. }) => {
                let (role, name, document) = (role(range), "impound-web-7".to_owned(), WHOLE_ROLE.to_owned());
                Act::Also(S::PutRolePolicy { role, name, document }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "takes the deny of another case off the role",
        caught_by: "declared-only",
        prepare: |trial| {
            let (role, name, document) = (role(&trial.range), OTHERS.to_owned(), WHOLE_ROLE.to_owned());
            let theirs = S::PutRolePolicy { role, name, document }.into();
            trial.range.with_world(|world| world.apply(&theirs)).expect("the role takes it");
        },
        act: |_, effect| match effect {
            Effect::Source(S::PutRolePolicy { role, .. }) => {
                Act::Also(S::DeleteRolePolicy { role: role.clone(), name: OTHERS.to_owned() }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "tags what it makes afterwards, if it lives to",
        caught_by: "tagged-in-the-call",
        act: |_, effect| match effect {
            Effect::Source(S::CreateSnapshots { instance, description, .. }) => Act::Instead(vec![
                S::CreateSnapshots { instance: instance.clone(), description: description.clone(), tags: Tags::new() }
                    .into(),
            ]),
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
        what: "shows an error as its own program prints it",
        caught_by: "sentences",
        scenario: "lone",
        act: |_, effect| match effect {
            Effect::Source(S::Tag { .. }) => Act::Fail(Fault::new(
                FaultClass::Denied,
                "",
                "ServiceError { code: Some(\"AccessDenied\"), message: None }",
            )),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "isolates at once, before the snapshots are asked for",
        caught_by: "runbook-order",
        scenario: "lone",
        act: |range, effect| match effect {
            Effect::Source(S::CreateGroup { vpc, .. }) => {
                let cut = range.with_world(|world| {
                    let interface = world.cards_of(&range.target().instance)[0].shown.id.clone();
                    let groups = vec![world.add_group(vpc, "empty", Vec::new(), Tags::new())];
                    S::SetInterfaceGroups { interface, groups }
                });
                Act::Instead(vec![cut.into(), effect.clone()])
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

/// The deny of a case of somebody else's.
const OTHERS: &str = "impound-web-99";
/// A deny that meets whoever holds the role.
const WHOLE_ROLE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// The role that the target has at first.
fn role(range: &Range) -> RoleName {
    let target = range.target().instance;
    range.with_world(|world| {
        let held = world.association_of(&target).expect("it has a profile").profile.clone();
        let profile = world.identity.profiles.values().find(|profile| profile.arn == held);
        profile.and_then(|profile| profile.role.as_ref()).expect("the profile has a role").name.clone()
    })
}
