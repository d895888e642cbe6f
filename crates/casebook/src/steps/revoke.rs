//! Revoke: take the instance's role away, so that credentials already stolen die too.
//!
//! Before: the capture's first tier. After: the profile association is replaced by the quarantine
//! profile, or gone, and was read back so; then a deny on the role was read back. Credentials can
//! not be recalled: they are checked at every request, so a deny kills them
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access.html>).
//! The deny comes after the profile is gone, else the instance fetches new ones in between; it is put
//! on the role of every profile that the instance was read with, those of somebody else too.
//!
//! `instance`: an inline deny for this instance (`ec2:SourceInstanceARN`, which travels with its
//! credentials wherever they are used). `role`: every session of the role that is older than the
//! deny; others use the role too, so they are listed at the gate `shared-role`.
//!
//! What can go wrong: the role's inline policies are full, a path in a name (friendly names are used
//! throughout), IAM takes minutes to spread, a profile can not be read (it is taken away all the same;
//! the deny is held). Sessions assumed onward from the stolen ones are not
//! reached by `instance`; they are residual. If the undo fails, the role's owner deletes the policy,
//! whose name the report gives.

use super::StepCard;
use crate::agenda::{Agenda, TRIES};
use crate::case::{Case, Last};
use crate::custody::readings::last;
use crate::effect::{Effect, SourceEffect};
use crate::fault::FaultClass;
use crate::gate::Gate;
use crate::id::{Arn, ProfileAssociationId, RoleName};
use crate::next::closing;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::identity::{ProfileAssociation, Role};
use crate::scene::instance::InstanceState;
use crate::settings::RevokeScope;
use crate::step::StepName;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

mod roles;
mod sharers;
#[cfg(test)]
mod tests;
mod undo;

pub(crate) use roles::{profiles, roles_in};

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
const LOOK: SignedDuration = SignedDuration::from_secs(1);
/// Our clock may be behind AWS's: sessions issued a little later than our now are old too.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

fn plan(agenda: &mut Agenda<'_>) {
    let (Some(instance), Some(associations)) = (super::instance_or_captured(agenda), associations(agenda)) else {
        return;
    };
    let profiles = profiles(agenda.view);
    if profiles.is_empty() {
        agenda.skip("the instance has no role");
        return;
    }
    if !super::protected_asset(agenda, instance) {
        return;
    }
    roles::name_late(agenda, &profiles);
    // What stands against the deny does not keep the profile: new credentials would come through it.
    let roles = roles::read(agenda, &profiles);
    if take_away(agenda, associations) {
        deny_all(agenda, &roles);
    }
}

/// What is associated with the instance. Of one that this case has ended nothing is: that it can not be read does not
/// keep the deny from being kept up.
fn associations<'a>(agenda: &mut Agenda<'a>) -> Option<&'a [ProfileAssociation]> {
    let target = &agenda.view.case.target.instance;
    if !closing::rests(agenda.view, StepName::Isolate) {
        return agenda.associations(target).map(Vec::as_slice);
    }
    match agenda.read_or_gap(S::ProfileAssociations(target.clone()))? {
        Ok(Reading::Associations(associations)) => Some(associations),
        _ => Some(&[]),
    }
}

/// The profile the instance had when the case was opened.
pub(crate) fn captured_profile(case: &Case) -> Option<&Arn> {
    match case.baseline.scene.last(&S::ProfileAssociations(case.target.instance.clone()).into())? {
        Reading::Associations(associations) => associations.iter().find(|a| a.gives_credentials()).map(|a| &a.profile),
        _ => None,
    }
}

/// What was sent once is kept up; a role that is new stands behind the gate.
fn deny_all(agenda: &mut Agenda<'_>, roles: &[&Role]) {
    let case = agenda.view.case;
    let (kept, new): (Vec<&Role>, Vec<&Role>) = roles.iter().partition(|role| sent(case, &role.name).is_some());
    let may = may_deny(agenda, &new);
    let due = kept.into_iter().chain(new.into_iter().filter(|_| may));
    let denied = due.filter(|role| deny(agenda, role)).count();
    agenda.passable = denied > 0 && denied == roles.len();
}

/// With `role`, everybody older than the deny is cut off; they are named first.
fn may_deny(agenda: &mut Agenda<'_>, roles: &[&Role]) -> bool {
    if agenda.view.case.settings.policy.revoke == RevokeScope::Instance {
        return true;
    }
    agenda.warn("who uses the role in other regions was not looked at: their older sessions die too");
    let mut exposure = Vec::new();
    for role in roles {
        let Some(sharers) = agenda.role_sharers(&role.name) else { return false };
        let others = sharers::others(&agenda.view.case.target.instance, role, sharers);
        if !others.is_empty() {
            exposure.push(format!("every session of the role {} older than now dies, whoever holds it", role.name));
            exposure.extend(others);
        }
    }
    exposure.is_empty() || agenda.gate(Gate::SharedRole, exposure)
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
        Some(profile) => in_place_of(agenda, id, profile),
        None => SourceEffect::DisassociateProfile { association: id },
    };
    agenda.act(effect, check);
    false
}

/// Puts a profile in the place of another. AWS replaces that of a running instance only
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html>);
/// of any other it is taken off, and what is wanted instead is put on once that is read back.
fn in_place_of(agenda: &Agenda<'_>, association: ProfileAssociationId, profile: Arn) -> SourceEffect {
    match last(agenda.view, S::Instance(agenda.view.case.target.instance.clone())) {
        Some(Reading::Instance(instance)) if instance.state != InstanceState::Running => {
            SourceEffect::DisassociateProfile { association }
        }
        _ => SourceEffect::ReplaceProfile { association, profile },
    }
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

/// Whether the deny was read back; if not it is put.
fn deny(agenda: &mut Agenda<'_>, role: &Role) -> bool {
    let name = policy_name(agenda.view.case);
    let Some(standing) = agenda.role_policy(&role.name, &name) else { return false };
    if standing.as_deref().is_some_and(|standing| denies(agenda.view.case, &role.name, standing)) {
        agenda.prove(format!(
            "the policy {name} on the role {} was read back; IAM may take minutes to apply it everywhere",
            role.name
        ));
        return true;
    }
    if standing.is_none() && role_is_gone(agenda.view.case, &role.name) {
        agenda.prove(format!("the role {} does not exist any more, and its sessions can do nothing", role.name));
        return true;
    }
    let document = document(agenda.view.case, &role.name, agenda.view.now);
    let check = S::RolePolicy(role.name.clone(), name.clone());
    agenda.insist(SourceEffect::PutRolePolicy { role: role.name.clone(), name, document }, check);
    false
}

/// Whether AWS has answered again and again that there is no such role to put the deny on: who was given its credentials
/// can do nothing any more with them
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html>). What was asked before the last profile
/// was taken away says nothing of a role that was made again.
pub(crate) fn role_is_gone(case: &Case, role: &RoleName) -> bool {
    let ours =
        |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::PutRolePolicy { role: on, .. }) if on == role);
    let puts = case.attempts.iter().filter(|(effect, _)| ours(effect)).map(|(_, attempt)| attempt);
    let last = puts.max_by_key(|attempt| attempt.intent);
    last.is_some_and(|attempt| {
        let refused = matches!(&attempt.last, Last::Failed(fault) if fault.class == FaultClass::NotFound);
        let after = last_taken_away(case).is_none_or(|taken| attempt.at >= taken);
        refused && after && attempt.failures >= TRIES
    })
}

/// One policy a case, so that two cases never overwrite each other.
pub(crate) fn policy_name(case: &Case) -> String {
    format!("impound-{}", case.id)
}

/// The deny. With `role`, the moment is that of the first time it was put, so that a retry does
/// not move it.
fn document(case: &Case, role: &RoleName, now: Timestamp) -> String {
    ours(case, role).unwrap_or_else(|| older_than(now + SKEW))
}

/// Whether what stands on a role is the deny that this case put there, and nothing else.
pub(crate) fn denies(case: &Case, role: &RoleName, standing: &str) -> bool {
    ours(case, role).is_some_and(|ours| same_policy(standing, &ours))
}

fn ours(case: &Case, role: &RoleName) -> Option<String> {
    match case.settings.policy.revoke {
        RevokeScope::Instance => Some(statement("ArnEquals", "ec2:SourceInstanceARN", &case.target.arn())),
        RevokeScope::Role => sent(case, role).cloned(),
    }
}

fn older_than(moment: Timestamp) -> String {
    let moment = moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    statement("DateLessThan", "aws:TokenIssueTime", &moment)
}

/// A deny of everything where a key compares so with a value.
fn statement(comparison: &str, key: &str, value: &str) -> String {
    let value = json!(value);
    let condition = format!(r#"{{"{comparison}":{{"{key}":{value}}}}}"#);
    let deny =
        format!(r#"{{"Action":"*","Condition":{condition},"Effect":"Deny","Resource":"*","Sid":"ImpoundDeny"}}"#);
    format!(r#"{{"Statement":[{deny}],"Version":"2012-10-17"}}"#)
}

/// The deny on older sessions that this case has sent for a role, whether or not its answer came. One
/// whose moment is before the last profile was taken away leaves out what was fetched until then.
fn sent<'a>(case: &'a Case, role: &RoleName) -> Option<&'a String> {
    let sent = case.attempts.iter().filter(|(_, a)| a.took_place() || !matches!(a.last, Last::Cleared));
    let documents = sent.filter_map(|(effect, _)| match effect {
        Effect::Source(SourceEffect::PutRolePolicy { role: on, document, .. }) if on == role => {
            Some((moment(document)?, document))
        }
        _ => None,
    });
    let taken = last_taken_away(case);
    let last = documents.filter(|(moment, _)| taken.is_none_or(|taken| *moment >= taken)).max();
    last.map(|(_, document)| document)
}

/// The moment in a document of [`older_than`].
fn moment(document: &str) -> Option<Timestamp> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"].as_str()?.parse().ok()
}

fn last_taken_away(case: &Case) -> Option<Timestamp> {
    let took = case.attempts.iter().filter(|(effect, attempt)| {
        let takes = matches!(
            effect,
            Effect::Source(SourceEffect::DisassociateProfile { .. } | SourceEffect::ReplaceProfile { .. })
        );
        takes && attempt.took_place()
    });
    took.map(|(_, attempt)| attempt.at).max()
}

/// Equal as JSON: AWS may give the document back in another layout.
fn same_policy(one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || parsed(one).is_some_and(|policy| parsed(other) == Some(policy))
}
