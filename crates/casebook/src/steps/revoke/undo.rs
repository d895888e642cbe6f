//! The deny deleted, the captured profile associated again.

use super::{captured_profile, policy_name};
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::id::Arn;
use crate::query::SourceQuery as S;
use crate::release::we_did_any;
use crate::scene::identity::ProfileAssociation;
use jiff::SignedDuration;

/// What the return of the role wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    let Some(before) = captured_profile(agenda.view.case) else {
        agenda.skip("the instance had no role");
        return;
    };
    if deny_is_gone(agenda, before) {
        profile_is_back(agenda, before);
    }
}

fn deny_is_gone(agenda: &mut Agenda<'_>, before: &Arn) -> bool {
    let put = |effect: &SourceEffect| matches!(effect, SourceEffect::PutRolePolicy { .. });
    if !we_did_any(agenda.view.case, put) {
        return true;
    }
    let Some(profile) = agenda.profile(before.name()) else { return false };
    let Some(role) = &profile.role else { return true };
    let name = policy_name(agenda.view.case);
    let Some(standing) = agenda.role_policy(&role.name, &name) else { return false };
    if standing.is_none() {
        return true;
    }
    let check = S::RolePolicy(role.name.clone(), name.clone());
    agenda.act(SourceEffect::DeleteRolePolicy { role: role.name.clone(), name }, check);
    false
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
    let set = |effect: &SourceEffect| matches!(effect, SourceEffect::ReplaceProfile { profile, .. } if *profile == now.profile);
    if we_did_any(agenda.view.case, set) {
        agenda.act(SourceEffect::ReplaceProfile { association: now.id.clone(), profile: before.clone() }, check);
    } else {
        agenda.warn(format!(
            "the profile is {} meanwhile, which this case did not set: left as it is",
            now.profile.name()
        ));
    }
}

fn we_took_it_away(agenda: &Agenda<'_>) -> bool {
    let took = |effect: &SourceEffect| {
        matches!(effect, SourceEffect::DisassociateProfile { .. } | SourceEffect::ReplaceProfile { .. })
    };
    we_did_any(agenda.view.case, took)
}
