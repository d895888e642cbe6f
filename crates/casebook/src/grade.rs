//! The verdict: what is proved about containment, graded, with every channel that is left. It says
//! only what was read back; what was not read is open.

use crate::agenda;
use crate::custody::readings;
use crate::id::{Arn, RoleName};
use crate::next::closing;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::identity::ProfileAssociation;
use crate::scene::network::Interface;
use crate::step::StepName;
use crate::steps::{isolate, revoke};
use crate::verdict::{CredentialVerdict, NetworkVerdict, Verdict};
use crate::view::View;

mod residual;

/// Grades the scene.
pub fn verdict(view: View<'_>) -> Verdict {
    let credentials = credentials(view);
    Verdict { network: network(view), credentials, residual: residual::channels(view, credentials) }
}

/// Every interface in a group without rules, both read back; open when they can not be read.
fn network(view: View<'_>) -> NetworkVerdict {
    let interfaces: Query = S::Interfaces(view.case.target.instance.clone()).into();
    let groups: Query = S::QuarantineGroups.into();
    if unreadable(view, &interfaces) || unreadable(view, &groups) {
        return NetworkVerdict::Open;
    }
    let unsettled = stale(view, &interfaces) || stale(view, &groups);
    let widening = view.case.releasing.is_some() || isolate::window_left_open(view.case);
    if unsettled && widening {
        return NetworkVerdict::Open;
    }
    match (view.scene.last(&interfaces), view.scene.last(&groups)) {
        (Some(Reading::Interfaces(interfaces)), Some(Reading::Groups(groups)))
            if isolate::quarantined(view.case, interfaces, groups) && all_listed(view, interfaces) =>
        {
            NetworkVerdict::NewFlowsBlocked
        }
        (Some(_), Some(_)) => NetworkVerdict::Open,
        _ => view.case.verdict.network,
    }
}

/// Whether the list holds every interface that the instance shows, as it was last read; one that was never read may
/// have others.
fn all_listed(view: View<'_>, interfaces: &[Interface]) -> bool {
    match readings::last(view, S::Instance(view.case.target.instance.clone())) {
        Some(Reading::Instance(instance)) => isolate::hidden(instance, interfaces).is_empty(),
        _ => false,
    }
}

fn stale(view: View<'_>, query: &Query) -> bool {
    view.scene.fact(query).is_none_or(|fact| fact.stale)
}

/// Whether a question is not asked again: what was known before may have been undone since, unseen.
fn unreadable(view: View<'_>, query: &Query) -> bool {
    view.scene.fact(query).is_some_and(|fact| agenda::gives_up(view.case, fact))
}

/// Every profile gone and the deny standing on each of their roles, all read back.
fn credentials(view: View<'_>) -> CredentialVerdict {
    let query: Query = S::ProfileAssociations(view.case.target.instance.clone()).into();
    let unreadable = unreadable(view, &query);
    let now = match view.scene.last(&query) {
        Some(Reading::Associations(now)) => now.as_slice(),
        // It is gone, and nothing is associated with it.
        _ if unreadable && closing::rests(view, StepName::Isolate) => &[],
        _ => {
            // A release takes the deny off whether or not the instance is still there to be asked about.
            let widening = view.case.releasing.is_some() || unreadable;
            let was = view.case.verdict.credentials;
            return if widening && was == CredentialVerdict::Revoked { CredentialVerdict::Live } else { was };
        }
    };
    let profiles = revoke::profiles(view);
    if now.iter().any(|association| is_live(view, association)) {
        CredentialVerdict::Live
    } else if profiles.is_empty() {
        CredentialVerdict::None
    } else if profiles.iter().all(|profile| denied(view, profile)) {
        CredentialVerdict::Revoked
    } else {
        CredentialVerdict::Live
    }
}

fn is_live(view: View<'_>, association: &ProfileAssociation) -> bool {
    let quarantine = &view.case.settings.policy.quarantine_profile_arn;
    association.gives_credentials() && association.profile.as_str() != quarantine
}

/// Whether this case's policy was read back on every role that was read in a profile.
fn denied(view: View<'_>, profile: &Arn) -> bool {
    let roles = revoke::roles_in(view, profile);
    !roles.is_empty() && roles.keys().all(|role| stands(view, role))
}

fn stands(view: View<'_>, role: &RoleName) -> bool {
    let query = S::RolePolicy(role.clone(), revoke::policy_name(view.case)).into();
    match view.scene.last(&query) {
        Some(Reading::Policy(Some(document))) => revoke::denies(view.case, role, document),
        Some(Reading::Policy(None)) => revoke::role_is_gone(view.case, role),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
