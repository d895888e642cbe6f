//! Every captured registration is made again, unless returning to the group has done it.

use super::names;
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::id::Arn;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::scene::balancer::Registration;

/// What the return to the balancers wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    classic(agenda);
    for (group, before) in captured(agenda) {
        target_group(agenda, &group, &before);
    }
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("every captured registration is there again, or was not changed by this case");
    }
}

fn classic(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let query = S::ClassicBalancers(target.clone());
    let Some(Reading::Classic(before)) = agenda.view.case.baseline.scene.last(&query.clone().into()) else { return };
    let Some(now) = agenda.classic_balancers(target) else { return };
    for balancer in before.iter().filter(|balancer| !now.iter().any(|other| other.name == balancer.name)) {
        let effect = SourceEffect::RegisterClassic { balancer: balancer.name.clone(), instance: target.clone() };
        agenda.act(effect, query.clone());
    }
}

/// The registrations as they were, by target group; draining ones were on their way out already,
/// unless it was this case that detached them.
fn captured(agenda: &Agenda<'_>) -> Vec<(Arn, Vec<Registration>)> {
    let case = agenda.view.case;
    let names = names(&case.target.instance, crate::steps::isolate::captured_interfaces(agenda));
    let by_group = case.baseline.scene.facts().filter_map(|(query, fact)| match (query, &fact.answer) {
        (crate::query::Query::Source(S::TargetHealth(arn)), Ok(Reading::TargetHealth(targets))) => {
            let ours = targets.iter().filter(|t| names.contains(&t.registration.id) && t.state != "unused");
            Some((arn.clone(), ours.map(|t| t.registration.clone()).collect::<Vec<_>>()))
        }
        _ => None,
    });
    by_group.filter(|(_, ours)| !ours.is_empty()).collect()
}

fn target_group(agenda: &mut Agenda<'_>, group: &Arn, before: &[Registration]) {
    let Some(now) = agenda.target_health(group) else { return };
    let there = |registration: &Registration| {
        now.iter()
            .any(|t| t.serving() && t.registration.id == registration.id && t.registration.port == registration.port)
    };
    let missing: Vec<Registration> = before.iter().filter(|registration| !there(registration)).cloned().collect();
    if missing.is_empty() {
        return;
    }
    let off = |effect: &SourceEffect| {
        matches!(
            effect,
            SourceEffect::DeregisterTargets { .. }
                | SourceEffect::DetachFromGroup { .. }
                | SourceEffect::EnterStandby { .. }
        )
    };
    if we_did_any(agenda.view.case, off) {
        let effect = SourceEffect::RegisterTargets { group: group.clone(), targets: missing };
        agenda.act(effect, S::TargetHealth(group.clone()));
    } else {
        agenda.warn(format!("registrations in {group} are gone without this case's doing: not made again"));
    }
}
