//! The deny deleted, the captured profile associated again.

use super::{captured_profile, in_place_of};
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::id::{Arn, RoleName};
use crate::query::SourceQuery as S;
use crate::release::{is_gone, our_changes, uncaptured, we_did_any};
use crate::scene::identity::ProfileAssociation;
use jiff::SignedDuration;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// What the return of the role wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    let Some(gone) = is_gone(agenda) else { return };
    if !denies_are_gone(agenda) {
        return;
    }
    let target = &agenda.view.case.target.instance;
    match (captured_profile(agenda.view.case), uncaptured(agenda.view.case, S::ProfileAssociations(target.clone()))) {
        _ if gone => agenda.skip(format!("{target} is gone: no profile goes back on it")),
        (Some(before), _) => profile_is_back(agenda, before),
        (None, Some(why)) => unknown(agenda, &why),
        (None, None) => agenda.skip("the instance had no role"),
    }
}

/// Every deny that this case put, whatever the capture could read of the role.
fn denies_are_gone(agenda: &mut Agenda<'_>) -> bool {
    let put = our_changes(agenda.view.case).filter_map(|(effect, _)| match effect {
        SourceEffect::PutRolePolicy { role, name, .. } => Some((role, name)),
        _ => None,
    });
    let put: BTreeSet<(&RoleName, &String)> = put.collect();
    let mut all = true;
    for (role, name) in put {
        match agenda.role_policy(role, name) {
            Some(None) => agenda.prove(format!("read back: the deny on the role {role} is deleted")),
            Some(Some(_)) => {
                let check = S::RolePolicy(role.clone(), name.clone());
                agenda.act(SourceEffect::DeleteRolePolicy { role: role.clone(), name: name.clone() }, check);
                all = false;
            }
            None => all = false,
        }
    }
    all
}

fn profile_is_back(agenda: &mut Agenda<'_>, before: &Arn) {
    let target = &agenda.view.case.target.instance;
    let Some(associations) = agenda.associations(target) else { return };
    let check = S::ProfileAssociations(target.clone());
    let live = associations.iter().find(|association| association.gives_credentials());
    match live {
        Some(now) if now.profile == *before && now.state == "associated" => {
            agenda.prove(format!("read back: the profile {} is associated", before.name()));
        }
        Some(now) if now.profile == *before || now.state == "disassociating" => {
            agenda.poll(check, SignedDuration::from_secs(2), format!("{} to settle", before.name()));
        }
        Some(now) => replace(agenda, before, now, check),
        None if !we_took_it_away(agenda) => {
            agenda.warn(format!("the profile {} was removed, but not by this case: left as it is", before.name()))
        }
        None => agenda.act(SourceEffect::AssociateProfile { instance: target.clone(), profile: before.clone() }, check),
    }
}

fn replace(agenda: &mut Agenda<'_>, before: &Arn, now: &ProfileAssociation, check: S) {
    if we_set(agenda, now) {
        agenda.act(in_place_of(agenda, now.id.clone(), before.clone()), check);
    } else {
        agenda.warn(format!(
            "the profile is {} meanwhile, which this case did not set: left as it is",
            now.profile.name()
        ));
    }
}

fn we_set(agenda: &Agenda<'_>, now: &ProfileAssociation) -> bool {
    let set = |effect: &SourceEffect| matches!(effect, SourceEffect::ReplaceProfile { profile, .. } if *profile == now.profile);
    we_did_any(agenda.view.case, set)
}

fn we_took_it_away(agenda: &Agenda<'_>) -> bool {
    let took = |effect: &SourceEffect| {
        matches!(effect, SourceEffect::DisassociateProfile { .. } | SourceEffect::ReplaceProfile { .. })
    };
    we_did_any(agenda.view.case, took)
}

/// The profile before is not known: a person puts it back, and the release goes on.
fn unknown(agenda: &mut Agenda<'_>, why: &str) {
    let target = &agenda.view.case.target.instance;
    let Some(associations) = agenda.associations(target) else { return };
    let live = associations.iter().find(|association| association.gives_credentials());
    match live.filter(|now| !we_set(agenda, now)) {
        _ if !we_took_it_away(agenda) => agenda.prove("this case took no profile away"),
        Some(now) => agenda.prove(format!("the profile {} is associated, which this case did not set", now.profile.name())),
        None => agenda.hold(format!(
            "this case took the profile of {target} away, and which it was could not be read at the capture ({why}); associate it by hand (CloudTrail shows it in the instance's launch or in AssociateIamInstanceProfile), then run the release again"
        )),
    }
}
