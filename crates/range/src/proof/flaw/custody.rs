//! Flaws of what becomes of the evidence.

use super::window::with_window;
use super::{Act, Flaw, NONE};
use crate::Range;
use crate::proof::trial::Trial;
use crate::world::scaling::ScalingRecord;
use casebook::effect::{Effect, SourceEffect as S, Switch};
use casebook::gate::Gate;
use casebook::id::AccountId;
use casebook::reading::Reading;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::Tags;
use casebook::settings::ScalingPolicy;
use casebook::step::Phase;
use casebook::tags::{RELEASED, STATUS};
use jiff::SignedDuration;
use serde_json::json;

pub(super) const FLAWS: &[Flaw] = &[
    Flaw {
        what: "shares with a second account besides the forensic one",
        seen_in: "automated-forensic-orchestrator-for-amazon-ec2, shareSnapShot.py",
        caught_by: "shared-with-nobody-else",
        scenario: "lone",
        through: Phase::Custody,
        act: |_, effect| match effect {
            Effect::Source(S::ShareSnapshot { snapshot, .. }) => {
                Act::Also(S::ShareSnapshot { snapshot: snapshot.clone(), with: AccountId::from("333333333333") }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "shares every image that the account has with the forensic one",
        caught_by: "declared-only",
        scenario: "lone",
        through: Phase::Custody,
        prepare: |trial| {
            let target = trial.range.target().instance;
            let theirs = S::CreateImage { instance: target, name: THEIR_IMAGE.to_owned(), tags: Tags::new() };
            trial.range.with_world(|world| world.apply(&theirs.into())).expect("an image can be made");
        },
        act: |range, effect| match effect {
            Effect::Source(S::ShareImage { with, .. }) => {
                let image = range.with_world(|world| {
                    let mut images = world.storage.images.values().map(|image| &image.shown);
                    images.find(|image| image.name == THEIR_IMAGE).expect("made before").id.clone()
                });
                Act::Also(S::ShareImage { image, with: with.clone() }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "snapshots the volumes one by one: each is of another moment",
        seen_in: "aws-incident-response-playbooks, EC2MalwareFindings.md",
        caught_by: "one-moment",
        act: |range, effect| match effect {
            Effect::Source(S::CreateSnapshots { instance, description, tags }) => {
                let volume = range.with_world(|world| {
                    let mut held = world.storage.volumes.values();
                    let of_it = held.find(|held| held.shown.attachments.iter().any(|at| at.instance == *instance));
                    of_it.expect("it has a volume").shown.id.clone()
                });
                Act::Instead(vec![
                    S::CreateSnapshot { volume, description: description.clone(), tags: tags.clone() }.into(),
                ])
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "takes the request for a lock for the lock",
        caught_by: "evidence-is-there",
        scenario: "lone",
        act: |_, effect| match effect {
            Effect::Source(S::LockSnapshot { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "terminates what it was told to keep",
        caught_by: "terminate-proved",
        scenario: "spot",
        act: |range, effect| match effect {
            Effect::Source(S::CreateSnapshots { .. }) => Act::Also(termination(&range.target().instance)),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "lifts the protection again once the snapshots are there",
        caught_by: "guarded",
        scenario: "lone",
        act: |range, effect| match effect {
            Effect::Source(S::LockSnapshot { .. }) => {
                let instance = range.target().instance;
                Act::Also(S::SetTerminationProtection { instance, to: Switch::Off }.into())
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "knows neither groups nor their balancers: isolates a member in service, and the group ends it",
        caught_by: "nothing-lost",
        guarded: true,
        act: |_, effect| match effect {
            Effect::Source(S::DeregisterTargets { .. } | S::DeregisterClassic { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        read: |_, reading| match reading {
            Reading::Membership(_) => Reading::Membership(None),
            other => other,
        },
        ..NONE
    },
    Flaw {
        what: "keeps the instance from being terminated, and lets its volumes go along when AWS takes it back",
        caught_by: "nothing-lost",
        scenario: "spot",
        guarded: true,
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| world.interrupt_spot(&target, SignedDuration::from_secs(60)));
        },
        act: |_, effect| match effect {
            Effect::Source(S::SetDeleteOnTermination { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and leaves the protection as the case set it",
        caught_by: "as-captured",
        scenario: "lone",
        release: true,
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| {
                let machine = world.compute.instances.get_mut(&target).expect("the target");
                machine.termination_protection = false;
            });
        },
        act: |_, effect| match effect {
            Effect::Source(S::SetTerminationProtection { to: Switch::Off, .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and forgets the Elastic IP address that it took off for the window",
        caught_by: "as-captured",
        release: true,
        prepare: with_window,
        act: |_, effect| match effect {
            Effect::Source(S::AssociateAddress { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and forgets the targets that are registered by address",
        caught_by: "as-captured",
        release: true,
        act: |range, effect| match effect {
            Effect::Source(S::RegisterTargets { targets, .. }) if !by_id(range, targets) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and forgets the classic load balancer that its group does not know",
        caught_by: "as-captured",
        release: true,
        prepare: |trial| in_its_group(trial, |group| group.shown.classic_balancers.clear()),
        act: |_, effect| match effect {
            Effect::Source(S::RegisterClassic { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and leaves the group's processes suspended",
        caught_by: "as-captured",
        release: true,
        prepare: |trial| {
            in_its_group(trial, |group| group.shown.min = group.shown.desired);
            trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
            trial.approve(Gate::AsgSuspend);
        },
        act: |_, effect| match effect {
            Effect::Source(S::ResumeProcesses { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "attaches the member again, and forgets that it was protected from scale-in",
        caught_by: "as-captured",
        release: true,
        prepare: |trial| in_its_group(trial, |group| group.members.values_mut().for_each(|held| held.protected = true)),
        act: |_, effect| match effect {
            Effect::Source(S::SetScaleInProtection { to: Switch::On, .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "releases, and leaves the tag that says quarantined",
        caught_by: "as-captured",
        scenario: "lone",
        release: true,
        act: |_, effect| match effect {
            Effect::Source(S::Tag { tags, .. }) if tags.get(STATUS).is_some_and(|status| status == RELEASED) => {
                Act::OnlyClaim
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
];

/// An image that somebody in the account has made.
const THEIR_IMAGE: &str = "golden";

/// Arranges something in the target's group before the case begins.
fn in_its_group(trial: &mut Trial, change: fn(&mut ScalingRecord)) {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let mut groups = world.scaling.groups.values_mut();
        change(groups.find(|group| group.members.contains_key(&target)).expect("the target is a member"));
    });
}

fn by_id(range: &Range, targets: &[Registration]) -> bool {
    let target = range.target().instance;
    targets.iter().any(|registration| registration.id == target.as_str())
}

/// No program of ours can make this value without the evidence; a ledger from elsewhere might hold it.
fn termination(instance: &casebook::id::InstanceId) -> Effect {
    let proof = json!({ "case": "web-7", "digest": "" });
    serde_json::from_value(json!({ "source": { "terminate": { "instance": instance, "proof": proof } } }))
        .expect("an effect as a ledger holds it")
}
