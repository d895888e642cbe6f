//! The quarantine group of a VPC: found by tag, owner and a verified empty rule set, else made new.
//! A group's name proves nothing: anyone may choose it.

use super::window;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::effect::SourceEffect;
use crate::id::{GroupId, VpcId};
use crate::query::SourceQuery as S;
use crate::scene::network::{Direction, Interface, Rule, SecurityGroup};
use crate::step::StepName;
use crate::tags;

/// A verified empty group in this VPC, or nothing while one is being made.
pub fn group(agenda: &mut Agenda<'_>, vpc: &VpcId) -> Option<GroupId> {
    let groups = agenda.quarantine_groups()?;
    warn_of_imitations(agenda, groups, vpc);
    if let Some(group) = groups.iter().find(|group| usable(agenda.view.case, group, vpc)) {
        return Some(group.id.clone());
    }
    match groups.iter().find(|group| ours(agenda.view.case, group, vpc)) {
        Some(group) => empty(agenda, group),
        None => make(agenda, vpc),
    }
    None
}

/// A window that was emptied lets nothing through, but it is on its way out.
fn usable(case: &Case, group: &SecurityGroup, vpc: &VpcId) -> bool {
    is_empty(case, group, vpc) && !window::is_window(group)
}

fn is_empty(case: &Case, group: &SecurityGroup, vpc: &VpcId) -> bool {
    group.vpc == *vpc && group.owner == case.target.account && group.rules.is_empty()
}

/// Made by this case: the name can not be guessed by those who do not know the ledger.
fn ours(case: &Case, group: &SecurityGroup, vpc: &VpcId) -> bool {
    group.vpc == *vpc && group.owner == case.target.account && group.name == name(case, vpc)
}

fn name(case: &Case, vpc: &VpcId) -> String {
    format!("impound-quarantine-{}", case.secret_name(vpc.as_str()))
}

fn make(agenda: &mut Agenda<'_>, vpc: &VpcId) {
    let case = agenda.view.case;
    let tags = tags::with(tags::of(&case.id, StepName::Isolate.as_str()), tags::QUARANTINE, "true");
    let description = "impound: no rules, either direction".to_owned();
    let effect = SourceEffect::CreateGroup { vpc: vpc.clone(), name: name(case, vpc), description, tags };
    agenda.act(effect, S::QuarantineGroups);
}

/// A new group allows all egress, in an IPv6 VPC for both families; whatever stands there is
/// listed and revoked
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
pub fn empty(agenda: &mut Agenda<'_>, group: &SecurityGroup) {
    for direction in [Direction::Egress, Direction::Ingress] {
        let mut rules: Vec<Rule> = group.rules.iter().filter(|rule| rule.direction == direction).cloned().collect();
        rules.sort();
        if !rules.is_empty() {
            agenda.act(SourceEffect::RevokeRules { group: group.id.clone(), rules }, S::QuarantineGroups);
        }
    }
}

fn warn_of_imitations(agenda: &mut Agenda<'_>, groups: &[SecurityGroup], vpc: &VpcId) {
    let case = agenda.view.case;
    let windows = window::window_groups(case);
    let made_here = |group: &SecurityGroup| ours(case, group, vpc) || windows.contains(&group.id);
    let false_ones = groups.iter().filter(|group| group.vpc == *vpc && !usable(case, group, vpc) && !made_here(group));
    for group in false_ones {
        agenda.warn(format!(
            "{} `{}` is tagged like a quarantine group but has {} rules or another owner: it is not used; find out who made it",
            group.id,
            group.name,
            group.rules.len()
        ));
    }
}

/// Whether every interface was read back in one group that was read back empty.
pub(crate) fn quarantined(case: &Case, interfaces: &[Interface], groups: &[SecurityGroup]) -> bool {
    interfaces.iter().all(|interface| {
        let [only] = interface.groups.as_slice() else { return false };
        groups.iter().any(|group| group.id == *only && is_empty(case, group, &interface.vpc))
    })
}
