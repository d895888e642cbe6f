//! Tag: mark the instance, its volumes and its interfaces as belonging to the case.
//!
//! Before: the capture's first tier (it holds the tags as they were). After: everything carries
//! `impound:case`; once isolation was read back, the instance carries `impound:status=quarantined`.
//! What Impound makes is tagged in the call that makes it.
//!
//! What can go wrong: an instance may carry 50 tags at most, a tag policy may refuse ours; neither
//! stops anything else. Tags are for people and policies: anyone with `ec2:CreateTags` can write or
//! strip them, so nothing here believes them.

use super::StepCard;
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::query::SourceQuery as S;
use crate::release::stands;
use crate::scene::instance::{Instance, Tags};
use crate::step::{StepName, StepStatus};
use crate::tags;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Tag,
    title: "mark the instance, its volumes and interfaces as part of the case",
    undo: "the instance is tagged `released`; the other tags stay as the trace of the case",
    plan,
    prepare: None,
    release: Some(release),
    source_actions: &[
        "ec2:CreateTags",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeVolumes",
    ],
    forensic_actions: &[],
};

fn plan(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let (Some(instance), Some(interfaces), Some(volumes)) =
        (agenda.instance(target), agenda.interfaces(target), agenda.attached_volumes(target))
    else {
        return;
    };
    let ours = tags::of(&agenda.view.case.id, StepName::Tag.as_str());
    let mut bare = Vec::new();
    bare.extend((!carries(&instance.tags, &ours)).then(|| instance.id.to_string()));
    bare.extend(interfaces.iter().filter(|i| !carries(&i.tags, &ours)).map(|i| i.id.to_string()));
    bare.extend(volumes.iter().filter(|v| !carries(&v.tags, &ours)).map(|v| v.id.to_string()));
    if !bare.is_empty() {
        agenda.act(SourceEffect::Tag { resources: bare, tags: ours }, S::Instance(target.clone()));
        return;
    }
    agenda.passable = true;
    mark(agenda, instance);
}

/// `quarantined` is written only after isolation was read back.
fn mark(agenda: &mut Agenda<'_>, instance: &Instance) {
    let case = agenda.view.case;
    let isolated = case.step_status(StepName::Isolate) == Some(StepStatus::Done);
    if isolated && !status_is(instance, tags::QUARANTINED) {
        set_status(agenda, instance, tags::QUARANTINED);
        return;
    }
    let state = if isolated { "and as quarantined" } else { "(not as quarantined: isolation is not read back)" };
    agenda.prove(format!("instance, interfaces and volumes carry {}={} {state}", tags::CASE, case.id));
}

fn release(agenda: &mut Agenda<'_>) {
    if !stands(agenda, "it is not tagged any more") {
        return;
    }
    let target = &agenda.view.case.target.instance;
    let Some(instance) = agenda.instance(target) else { return };
    if status_is(instance, tags::RELEASED) {
        agenda.prove(format!("{target} is tagged {}={}", tags::STATUS, tags::RELEASED));
    } else {
        set_status(agenda, instance, tags::RELEASED);
    }
}

fn set_status(agenda: &mut Agenda<'_>, instance: &Instance, status: &str) {
    let tags = Tags::from([(tags::STATUS.to_owned(), status.to_owned())]);
    let resources = vec![instance.id.to_string()];
    agenda.act(SourceEffect::Tag { resources, tags }, S::Instance(instance.id.clone()));
}

fn status_is(instance: &Instance, status: &str) -> bool {
    instance.tags.get(tags::STATUS).is_some_and(|value| value == status)
}

/// The case is what counts: a resource that another step marked is not marked again.
fn carries(tags: &Tags, ours: &Tags) -> bool {
    tags.get(tags::CASE) == ours.get(tags::CASE)
}
