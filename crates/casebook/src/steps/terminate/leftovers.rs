//! What stays behind in the account under investigation once the original is gone. Nothing of it is
//! removed: its owner decides, when the evidence no longer needs it.

use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::custody::volumes_at_stake;
use crate::effect::{Effect, SourceEffect};
use crate::id::{AclAssociationId, ScalingGroupName, SubnetId, VolumeId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::our_changes;
use crate::scene::storage::Volume;
use std::collections::BTreeSet;

/// Lists what is left, each with what it needs.
pub(super) fn list(agenda: &mut Agenda<'_>) {
    volumes(agenda);
    addresses(agenda);
    let case = agenda.view.case;
    let back = format!("`impound release {}`", case.id);
    left(agenda, cut(case), &format!("cut for everybody in it; {back} puts its captured network ACL back"));
    left(agenda, suspended(case), &format!("suspended for the whole group; {back} resumes it"));
    let groups = made(case, |effect| matches!(effect, SourceEffect::CreateGroup { .. }));
    left(agenda, groups, "made for the isolation; delete it when no case uses it");
    let acls = made(case, |effect| matches!(effect, SourceEffect::CreateAcl { .. }));
    left(agenda, acls, "made for the cut of a subnet; delete it when no subnet is behind it");
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

/// Subnets that were put behind an ACL of this case.
fn cut(case: &Case) -> BTreeSet<String> {
    let cuts = our_changes(case).filter_map(|(effect, _)| match effect {
        SourceEffect::ReplaceAcl { association, acl } => Some(match subnet(case, association) {
            Some(subnet) => format!("{subnet} behind {acl}"),
            None => format!("a subnet ({association} until then) behind {acl}"),
        }),
        _ => None,
    });
    cuts.collect()
}

/// The subnet of an association, as the capture or a later reading shows it.
fn subnet(case: &Case, tie: &AclAssociationId) -> Option<SubnetId> {
    let captured = case.baseline.scene.facts().filter_map(|(_, fact)| fact.answer.as_ref().ok());
    let acls = captured.chain(case.observed.values()).filter_map(|reading| match reading {
        Reading::Acls(acls) => Some(acls),
        _ => None,
    });
    let ties = acls.flatten().flat_map(|acl| &acl.associations);
    ties.into_iter().find(|other| other.id == *tie).map(|tie| tie.subnet.clone())
}

/// Processes that this case suspended and has not resumed.
fn suspended(case: &Case) -> BTreeSet<String> {
    let resumed = |group: &ScalingGroupName| {
        done(case).any(|(effect, _)| matches!(effect, SourceEffect::ResumeProcesses { group: of, .. } if of == group))
    };
    let suspended = our_changes(case).filter_map(|(effect, _)| match effect {
        SourceEffect::SuspendProcesses { group, processes } if !resumed(group) => {
            Some(format!("{} of {group}", processes.join(" and ")))
        }
        _ => None,
    });
    suspended.collect()
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
