//! The verdict: what is proved about containment, graded, with every channel that is left. It says
//! only what was read back; what was not read is open.

use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::identity::ProfileAssociation;
use crate::settings::RevokeScope;
use crate::steps::{isolate, revoke};
use crate::verdict::{CredentialVerdict, NetworkVerdict, Verdict};
use crate::view::View;

mod residual;

/// Grades the scene.
pub fn verdict(view: View<'_>) -> Verdict {
    let credentials = credentials(view);
    Verdict { network: network(view), credentials, residual: residual::channels(view, credentials) }
}

/// Every interface in a group without rules, both read back.
fn network(view: View<'_>) -> NetworkVerdict {
    let interfaces: Query = S::Interfaces(view.case.target.instance.clone()).into();
    let groups: Query = S::QuarantineGroups.into();
    let unsettled = stale(view, &interfaces) || stale(view, &groups);
    let widening = view.case.releasing.is_some() || isolate::window_is_open(view);
    if unsettled && widening {
        return NetworkVerdict::Open;
    }
    match (view.scene.last(&interfaces), view.scene.last(&groups)) {
        (Some(Reading::Interfaces(interfaces)), Some(Reading::Groups(groups)))
            if isolate::quarantined(view.case, interfaces, groups) =>
        {
            NetworkVerdict::NewFlowsBlocked
        }
        (Some(_), Some(_)) => NetworkVerdict::Open,
        _ => view.case.verdict.network,
    }
}

fn stale(view: View<'_>, query: &Query) -> bool {
    view.scene.fact(query).is_none_or(|fact| fact.stale)
}

/// The profile gone and the deny standing, both read back.
fn credentials(view: View<'_>) -> CredentialVerdict {
    let query: Query = S::ProfileAssociations(view.case.target.instance.clone()).into();
    let Some(Reading::Associations(now)) = view.scene.last(&query) else { return view.case.verdict.credentials };
    let profile = revoke::captured_profile(view.case);
    let live = now.iter().any(|association| is_live(view, association));
    match profile {
        None if live => CredentialVerdict::Live,
        None => CredentialVerdict::None,
        Some(_) if !live && denied(view) => CredentialVerdict::Revoked,
        Some(_) => CredentialVerdict::Live,
    }
}

fn is_live(view: View<'_>, association: &ProfileAssociation) -> bool {
    let quarantine = &view.case.settings.policy.quarantine_profile_arn;
    association.gives_credentials() && association.profile.as_str() != quarantine
}

/// Whether this case's policy was read back on the role.
fn denied(view: View<'_>) -> bool {
    let ours = revoke::policy_name(view.case);
    view.scene.facts().any(|(query, fact)| match (query, &fact.answer) {
        (Query::Source(S::RolePolicy(_, name)), Ok(Reading::Policy(Some(document)))) => {
            *name == ours && denies(view, document)
        }
        _ => false,
    })
}

fn denies(view: View<'_>, document: &str) -> bool {
    match view.case.settings.policy.revoke {
        RevokeScope::Instance => document.contains(&view.case.target.arn()),
        RevokeScope::Role => document.contains("aws:TokenIssueTime"),
    }
}
