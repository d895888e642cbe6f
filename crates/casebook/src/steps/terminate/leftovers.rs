//! What stays behind in the account under investigation once the original is gone. Nothing of it is
//! removed: its owner decides, when the evidence no longer needs it.

use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::custody::volumes_at_stake;
use crate::effect::{Effect, SourceEffect};
use crate::id::VolumeId;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::storage::Volume;
use std::collections::BTreeSet;

/// Lists what is left, each with what it needs.
pub(super) fn list(agenda: &mut Agenda<'_>) {
    volumes(agenda);
    addresses(agenda);
    let case = agenda.view.case;
    let groups =
        made(case, |effect| matches!(effect, SourceEffect::CreateGroup { .. } | SourceEffect::CreateAcl { .. }));
    left(agenda, groups, "made for the isolation; delete it when no case uses it");
    left(agenda, policies(case), "the deny on the role; delete it when the role's credentials are replaced");
    left(
        agenda,
        shares(case),
        "still shared with the forensic account; withdraw the share when its copies are kept elsewhere",
    );
}

fn left(agenda: &mut Agenda<'_>, things: BTreeSet<String>, what: &str) {
    for thing in things {
        agenda.warn(format!("left behind: {thing}, {what}"));
    }
}

fn volumes(agenda: &mut Agenda<'_>) {
    let ids: Vec<VolumeId> = volumes_at_stake(agenda.view).into_keys().collect();
    if ids.is_empty() {
        return;
    }
    let Some(read) = agenda.volumes(&ids) else { return };
    let still: Vec<&Volume> = read.iter().filter(|volume| volume.state != "deleting").collect();
    agenda.prove(format!("{} of {} volumes read back as still there", still.len(), ids.len()));
    for id in ids.iter().filter(|id| !still.iter().any(|volume| volume.id == **id)) {
        agenda.warn(format!("{id} is gone with the instance or before it; its copy in the forensic account stays"));
    }
    let things = still.iter().map(|volume| format!("{} ({} GiB)", volume.id, volume.size_gib)).collect();
    left(agenda, things, "it costs money and may hold secrets; delete it when its retention ends");
}

/// Elastic IP addresses outlive their instance and are charged.
fn addresses(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let query = S::Interfaces(case.target.instance.clone()).into();
    let Some(Reading::Interfaces(interfaces)) = case.baseline.scene.last(&query) else { return };
    let addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
    let elastic = addresses.filter_map(|a| Some(format!("{} ({})", a.allocation.as_ref()?, a.public.as_deref()?)));
    left(agenda, elastic.collect(), "an Elastic IP address that costs money; release it or give it to a successor");
}

fn done(case: &Case) -> impl Iterator<Item = (&SourceEffect, &Vec<String>)> {
    case.attempts.iter().filter_map(|(effect, attempt)| match (effect, &attempt.last) {
        (Effect::Source(effect), Last::Done(made)) => Some((effect, &made.ids)),
        _ => None,
    })
}

fn made(case: &Case, is: impl Fn(&SourceEffect) -> bool) -> BTreeSet<String> {
    let deleted: BTreeSet<String> = done(case)
        .filter_map(|(effect, _)| match effect {
            SourceEffect::DeleteGroup { group } => Some(group.to_string()),
            _ => None,
        })
        .collect();
    let ids: BTreeSet<String> = done(case).filter(|(effect, _)| is(effect)).flat_map(|(_, ids)| ids.clone()).collect();
    ids.difference(&deleted).cloned().collect()
}

fn policies(case: &Case) -> BTreeSet<String> {
    let policies = done(case).filter_map(|(effect, _)| match effect {
        SourceEffect::PutRolePolicy { role, name, .. } => Some(format!("the policy {name} of the role {role}")),
        _ => None,
    });
    policies.collect()
}

fn shares(case: &Case) -> BTreeSet<String> {
    let shares = done(case).filter_map(|(effect, _)| match effect {
        SourceEffect::ShareSnapshot { snapshot, .. } => Some(snapshot.to_string()),
        SourceEffect::ShareImage { image, .. } => Some(image.to_string()),
        _ => None,
    });
    shares.collect()
}
