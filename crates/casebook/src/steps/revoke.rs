//! Revoke: take the instance's role away, so that credentials already stolen die too.
//!
//! Before: the capture's first tier. After: the profile association is replaced by the quarantine
//! profile, or gone, and was read back so; then a deny on the role was read back. Credentials can
//! not be recalled: they are checked at every request, so a deny kills them
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access.html>).
//! The deny comes after the profile is gone, else the instance fetches new ones in between.
//!
//! `instance`: an inline deny for this instance (`ec2:SourceInstanceARN`, which travels with its
//! credentials wherever they are used). `role`: every session of the role that is older than the
//! deny; others use the role too, so they are listed at the gate `shared-role`.
//!
//! What can go wrong: the role's inline policies are full, a path in a name (friendly names are used
//! throughout), IAM takes minutes to spread. Sessions assumed onward from the stolen ones are not
//! reached by `instance`; they are residual. If the undo fails, the role's owner deletes the policy,
//! whose name the report gives.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::effect::{Effect, SourceEffect};
use crate::gate::Gate;
use crate::id::Arn;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::identity::{ProfileAssociation, Role};
use crate::settings::RevokeScope;
use crate::step::StepName;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

mod undo;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Revoke,
    title: "the role away from the instance, then a deny that kills credentials already stolen",
    undo: "the deny is deleted, the captured profile is associated again",
    plan,
    prepare: None,
    release: Some(undo::release),
    source_actions: &[
        "ec2:AssociateIamInstanceProfile",
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:DisassociateIamInstanceProfile",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "iam:DeleteRolePolicy",
        "iam:GetInstanceProfile",
        "iam:GetRolePolicy",
        "iam:ListInstanceProfilesForRole",
        "iam:PassRole",
        "iam:PutRolePolicy",
    ],
    forensic_actions: &[],
};

/// How often the end of an association is looked for.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// Our clock may be behind AWS's: sessions issued a little later than our now are old too.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

fn plan(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let (Some(instance), Some(associations)) = (agenda.instance(target), agenda.associations(target)) else { return };
    let Some(before) = captured_profile(agenda.view.case).cloned() else {
        without_role(agenda, associations);
        return;
    };
    let Some(profile) = agenda.profile(before.name()) else { return };
    if !super::protected_asset(agenda, instance) {
        return;
    }
    let Some(role) = &profile.role else {
        agenda.warn(format!("the profile {} holds no role", before.name()));
        take_away(agenda, associations);
        return;
    };
    if !may_deny(agenda, role) || !take_away(agenda, associations) {
        return;
    }
    deny(agenda, role);
}

fn without_role(agenda: &mut Agenda<'_>, associations: &[ProfileAssociation]) {
    if associations.iter().any(ProfileAssociation::gives_credentials) {
        agenda.warn("a profile was associated after the capture");
        take_away(agenda, associations);
    } else {
        agenda.skip("the instance has no role");
    }
}

/// The profile the instance had when the case was opened.
pub(crate) fn captured_profile(case: &Case) -> Option<&Arn> {
    match case.baseline.scene.last(&S::ProfileAssociations(case.target.instance.clone()).into())? {
        Reading::Associations(associations) => associations.iter().find(|a| a.gives_credentials()).map(|a| &a.profile),
        _ => None,
    }
}

/// With `role`, everybody older than the deny is cut off; they are named first.
fn may_deny(agenda: &mut Agenda<'_>, role: &Role) -> bool {
    if agenda.view.case.settings.policy.revoke == RevokeScope::Instance {
        return true;
    }
    let Some(sharers) = agenda.role_sharers(&role.name) else { return false };
    let target = &agenda.view.case.target.instance;
    let others: Vec<_> = sharers.instances.iter().filter(|id| *id != target).map(ToString::to_string).collect();
    if others.is_empty() {
        return true;
    }
    agenda.gate(
        Gate::SharedRole,
        vec![
            format!("every session of the role {} older than now dies, whoever holds it", role.name),
            format!("instances that use it too: {} (they get new credentials within the hour)", others.join(", ")),
        ],
    )
}

/// The association replaced or removed, and read back so.
fn take_away(agenda: &mut Agenda<'_>, associations: &[ProfileAssociation]) -> bool {
    let quarantine = quarantine_profile(agenda);
    let mut live = associations.iter().filter(|a| a.gives_credentials());
    let Some(association) = live.find(|a| quarantine.as_ref() != Some(&a.profile)) else {
        return settled(agenda, associations);
    };
    let check = S::ProfileAssociations(agenda.view.case.target.instance.clone());
    if association.state == "disassociating" {
        agenda.poll(check, LOOK, format!("{} to be disassociated", association.profile.name()));
        return false;
    }
    let id = association.id.clone();
    let effect = match quarantine {
        Some(profile) => SourceEffect::ReplaceProfile { association: id, profile },
        None => SourceEffect::DisassociateProfile { association: id },
    };
    agenda.act(effect, check);
    false
}

fn settled(agenda: &mut Agenda<'_>, associations: &[ProfileAssociation]) -> bool {
    let check = S::ProfileAssociations(agenda.view.case.target.instance.clone());
    match associations.iter().find(|a| a.gives_credentials()) {
        None => agenda.prove("the instance has no profile any more"),
        Some(new) if new.state == "associated" => agenda.prove(format!("the profile is {}", new.profile.name())),
        Some(new) => {
            agenda.poll(check, LOOK, format!("{} to be associated", new.profile.name()));
            return false;
        }
    }
    true
}

fn quarantine_profile(agenda: &Agenda<'_>) -> Option<Arn> {
    let arn = &agenda.view.case.settings.policy.quarantine_profile_arn;
    (!arn.is_empty()).then(|| Arn::new(arn.clone()))
}

fn deny(agenda: &mut Agenda<'_>, role: &Role) {
    let name = policy_name(agenda.view.case);
    let Some(standing) = agenda.role_policy(&role.name, &name) else { return };
    let document = document(agenda.view.case, agenda.view.now);
    if standing.as_deref().is_some_and(|standing| same_policy(standing, &document)) {
        agenda.passable = true;
        agenda.prove(format!(
            "the policy {name} on the role {} was read back; IAM may take minutes to apply it everywhere",
            role.name
        ));
        return;
    }
    let check = S::RolePolicy(role.name.clone(), name.clone());
    agenda.act(SourceEffect::PutRolePolicy { role: role.name.clone(), name, document }, check);
}

/// One policy a case, so that two cases never overwrite each other.
pub(crate) fn policy_name(case: &Case) -> String {
    format!("impound-{}", case.id)
}

/// The deny. With `role`, the moment is that of the first time it was put, so that a retry does
/// not move it.
fn document(case: &Case, now: Timestamp) -> String {
    let condition = match case.settings.policy.revoke {
        RevokeScope::Instance => json!({"ArnEquals": {"ec2:SourceInstanceARN": case.target.arn()}}),
        RevokeScope::Role => return put_before(case).unwrap_or_else(|| older_than(now + SKEW)),
    };
    statement(&condition)
}

fn older_than(moment: Timestamp) -> String {
    let moment = moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    statement(&json!({"DateLessThan": {"aws:TokenIssueTime": moment}}))
}

fn statement(condition: &serde_json::Value) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "ImpoundDeny", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition
        }]
    })
    .to_string()
}

/// The document that this case has sent before, whether or not its answer came.
fn put_before(case: &Case) -> Option<String> {
    let sent = case.attempts.iter().filter(|(_, attempt)| !matches!(attempt.last, Last::Cleared));
    sent.rev().find_map(|(effect, _)| match effect {
        Effect::Source(SourceEffect::PutRolePolicy { document, .. }) => Some(document.clone()),
        _ => None,
    })
}

/// Equal as JSON: AWS may give the document back in another layout.
pub(crate) fn same_policy(one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parsed(one).is_some() && parsed(one) == parsed(other)
}
