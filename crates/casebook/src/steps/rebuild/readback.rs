//! What the started instance is, read back point by point.

use super::sealed;
use crate::agenda::Agenda;
use crate::id::{AccountId, GroupId};
use crate::query::ForensicQuery as F;
use crate::scene::enclave::Enclave;
use crate::scene::instance::{Attribute, AttributeValue, Instance, InstanceState, ShutdownBehavior};
use crate::scene::network::{Interface, SecurityGroup};
use jiff::SignedDuration;

/// How often an instance is looked at that is being started.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// Waits until the instance runs and holds on everything that is not as it must be.
pub(super) fn check(agenda: &mut Agenda<'_>, account: &AccountId, enclave: &Enclave, instance: &Instance) {
    match instance.state {
        InstanceState::Pending => {
            let query = F::CaseInstances(agenda.view.case.id.clone());
            agenda.poll(query, LOOK, format!("the rebuilt instance {} to run", instance.id));
        }
        InstanceState::ShuttingDown | InstanceState::Terminated => {
            agenda.warn(format!("the rebuilt instance {} was terminated in the forensic account", instance.id));
        }
        InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => {
            compare(agenda, account, enclave, instance);
        }
    }
}

fn compare(agenda: &mut Agenda<'_>, account: &AccountId, enclave: &Enclave, instance: &Instance) {
    let interfaces = agenda.forensic_interfaces(&instance.id);
    let associations = agenda.forensic_associations(&instance.id);
    let shutdown = agenda.forensic_attribute(&instance.id, &Attribute::ShutdownBehavior);
    let groups = agenda.forensic_groups(&agenda.view.case.id);
    let (Some(interfaces), Some(associations), Some(shutdown), Some(groups)) =
        (interfaces, associations, shutdown, groups)
    else {
        return;
    };
    let mut wrong = shown(enclave, instance);
    let group = sealed::find(groups, account, &enclave.subnet.vpc);
    wrong.extend(network(instance, interfaces, group));
    if !associations.is_empty() {
        wrong.push(format!("{} has an instance profile", instance.id));
    }
    if *shutdown != AttributeValue::Shutdown(ShutdownBehavior::Stop) {
        wrong.push(format!("a shutdown of {} does not stop it", instance.id));
    }
    report(agenda, instance, wrong);
}

/// What the instance itself shows.
fn shown(enclave: &Enclave, instance: &Instance) -> Vec<String> {
    let mut wrong = Vec::new();
    if instance.subnet.as_ref() != Some(&enclave.subnet.id) {
        wrong.push(format!("{} is not in {}", instance.id, enclave.subnet.id));
    }
    if let Some(address) = &instance.public_ip {
        wrong.push(format!("{} has the public address {address}", instance.id));
    }
    if instance.profile.is_some() {
        wrong.push(format!("{} shows an instance profile", instance.id));
    }
    if instance.metadata.enabled {
        wrong.push(format!("the metadata service of {} answers", instance.id));
    }
    wrong
}

fn network(instance: &Instance, interfaces: &[Interface], group: Option<&SecurityGroup>) -> Vec<String> {
    let Some(group) = group else { return vec![format!("the sealed group of {} is gone", instance.id)] };
    let mut wrong: Vec<String> = interfaces.iter().filter_map(|i| only_in(instance, &i.groups, &group.id)).collect();
    let public = interfaces.iter().flat_map(|i| &i.addresses).filter_map(|address| address.public.as_ref());
    wrong.extend(public.map(|address| format!("{} has the public address {address}", instance.id)));
    if !group.rules.is_empty() {
        wrong.push(format!("the sealed group {} has {} rules", group.id, group.rules.len()));
    }
    wrong
}

fn only_in(instance: &Instance, groups: &[GroupId], ours: &GroupId) -> Option<String> {
    let right = groups.len() == 1 && groups.contains(ours);
    (!right).then(|| format!("{} is not in the sealed group {ours} alone", instance.id))
}

fn report(agenda: &mut Agenda<'_>, instance: &Instance, mut wrong: Vec<String>) {
    wrong.dedup();
    if wrong.is_empty() {
        agenda.prove(format!(
            "{} read back: no public address, no profile, metadata service off, one group without rules, a shutdown stops it",
            instance.id
        ));
    }
    for what in wrong {
        agenda.hold(format!("{what}; stop {} in the forensic account and resume the case", instance.id));
    }
}
