//! The group without rules in the forensic account: ours by tag, owner and VPC, and verified empty.

use crate::agenda::Agenda;
use crate::custody::readings::made_by;
use crate::effect::ForensicEffect;
use crate::id::{AccountId, GroupId, VpcId};
use crate::query::ForensicQuery as F;
use crate::scene::network::{Direction, Rule, SecurityGroup};
use crate::step::StepName;
use crate::tags;

/// The value of [`tags::PART`] on the group.
const SEALED: &str = "sealed";

/// The sealed group of a VPC once it was read back without a rule; made or emptied otherwise.
pub(super) fn group(agenda: &mut Agenda<'_>, account: &AccountId, vpc: &VpcId) -> Option<GroupId> {
    let case = agenda.view.case;
    let groups = agenda.forensic_groups(&case.id)?;
    let Some(group) = find(groups, account, vpc) else {
        make(agenda, vpc);
        return None;
    };
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules: Vec<Rule> = group.rules.iter().filter(|rule| rule.direction == direction).cloned().collect();
        if !rules.is_empty() {
            let effect = ForensicEffect::RevokeRules { group: group.id.clone(), rules };
            agenda.act(effect, F::CaseGroups(case.id.clone()));
        }
    }
    group.rules.is_empty().then(|| group.id.clone())
}

/// The case's sealed group in a VPC.
pub(super) fn find<'a>(groups: &'a [SecurityGroup], account: &AccountId, vpc: &VpcId) -> Option<&'a SecurityGroup> {
    let part = |group: &&SecurityGroup| group.tags.get(tags::PART).is_some_and(|part| part == SEALED);
    let ours = groups.iter().filter(|group| made_by(&group.tags, StepName::Rebuild)).filter(part);
    ours.filter(|group| group.owner == *account).find(|group| group.vpc == *vpc)
}

fn make(agenda: &mut Agenda<'_>, vpc: &VpcId) {
    let case = agenda.view.case;
    let tags = tags::with(tags::of(&case.id, StepName::Rebuild.as_str()), tags::PART, SEALED);
    let name = format!("impound-sealed-{}", case.secret_name(&format!("sealed/{vpc}")));
    let description = format!("impound case {}: no rules", case.id);
    let effect = ForensicEffect::CreateGroup { vpc: vpc.clone(), name, description, tags };
    agenda.act(effect, F::CaseGroups(case.id.clone()));
}
