//! The escalation to a network ACL that denies everything: it cuts tracked connections too, and it
//! cuts the whole subnet, so it stands behind a gate that names everyone there. It does not act
//! between members of one subnet, and not on DNS, the metadata service or NTP
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).

use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::gate::Gate;
use crate::id::{SubnetId, VpcId};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::network::{AclAssociation, Interface, NetworkAcl};
use crate::step::StepName;
use crate::tags;
use std::collections::BTreeMap;

/// Offers the cut of the subnets, and makes it when approved. Only subnets that the instance was in
/// when the case was opened are cut: whoever can attach an interface would else choose what is.
pub fn escalate(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    if !agenda.view.case.approvals.contains_key(&Gate::SubnetNacl) {
        return;
    }
    let captured = super::captured_interfaces(agenda);
    if !are_captured(agenda, captured) {
        return;
    }
    let subnets: BTreeMap<&SubnetId, &VpcId> = captured.iter().map(|i| (&i.subnet, &i.vpc)).collect();
    for late in interfaces.iter().filter(|interface| !subnets.contains_key(&interface.subnet)) {
        agenda.warn(format!("{} was attached after the capture: its subnet {} is not cut", late.id, late.subnet));
    }
    // The members of a subnet come and go: what is cut already is not asked about again.
    let open = !subnets.iter().all(|(subnet, vpc)| is_cut(agenda, subnet, vpc));
    let mut exposure = Vec::new();
    for subnet in subnets.keys().filter(|_| open) {
        let Some(members) = agenda.subnet_members(subnet) else { return };
        let others = members.iter().filter(|m| m.instance.as_ref() != Some(&agenda.view.case.target.instance));
        exposure.extend(others.map(|m| format!("{subnet}: {} {}", m.interface, named(m))));
    }
    if !open || agenda.gate(Gate::SubnetNacl, exposure) {
        subnets.into_iter().for_each(|(subnet, vpc)| cut(agenda, subnet, vpc));
    }
}

/// Release goes back to the captured ACLs, so they are written before anything is cut.
fn are_captured(agenda: &mut Agenda<'_>, interfaces: &[Interface]) -> bool {
    let query: Query = S::Acls(super::filled(interfaces)).into();
    let baseline = &agenda.view.case.baseline;
    if baseline.scene.last(&query).is_some() {
        return true;
    }
    if agenda.read_or_gap(query).is_some() {
        agenda.hold("the network ACLs of the instance's VPCs were not captured, so that no release could put them back: the subnets are not cut");
    }
    false
}

/// Whether a subnet was last read behind this case's ACL.
fn is_cut(agenda: &Agenda<'_>, subnet: &SubnetId, vpc: &VpcId) -> bool {
    match agenda.view.scene.last(&S::Acls(vec![vpc.clone()]).into()) {
        Some(Reading::Acls(acls)) => association(acls, subnet).is_some_and(|(acl, _)| made_by_us(agenda, acl)),
        _ => false,
    }
}

fn named(member: &crate::scene::network::Neighbour) -> String {
    let instance = member.instance.as_ref().map(ToString::to_string);
    instance.unwrap_or_else(|| member.description.clone())
}

fn cut(agenda: &mut Agenda<'_>, subnet: &SubnetId, vpc: &VpcId) {
    let vpcs = vec![vpc.clone()];
    let Some(acls) = agenda.acls(&vpcs) else { return };
    let Some(ours) = acls.iter().find(|acl| made_by_us(agenda, acl)) else {
        let case = agenda.view.case;
        let tags = tags::of(&case.id, StepName::Isolate.as_str());
        let token = case.secret_name(&format!("acl/{vpc}"));
        agenda.act(SourceEffect::CreateAcl { vpc: vpc.clone(), token, tags }, S::Acls(vpcs));
        return;
    };
    if !ours.denies_everything() {
        agenda.hold(format!(
            "{} of this case lets something through: someone edited it; delete it and resume the case",
            ours.id
        ));
        return;
    }
    match association(acls, subnet) {
        Some((acl, _)) if acl.id == ours.id => {
            agenda.prove(format!("{subnet} is behind {}, which denies everything", ours.id));
        }
        Some((_, tie)) => {
            let effect = SourceEffect::ReplaceAcl { association: tie.id.clone(), acl: ours.id.clone() };
            agenda.act(effect, S::Acls(vpcs));
        }
        None => agenda
            .hold(format!("no network ACL of {subnet} could be found; a shared VPC's belong to its owner's account")),
    }
}

/// Whether an ACL was made by this case.
pub fn made_by_us(agenda: &Agenda<'_>, acl: &NetworkAcl) -> bool {
    acl.tags.get(tags::CASE).is_some_and(|case| case == agenda.view.case.id.as_str())
}

/// The ACL in force in a subnet, and its tie.
pub fn association<'a>(acls: &'a [NetworkAcl], subnet: &SubnetId) -> Option<(&'a NetworkAcl, &'a AclAssociation)> {
    acls.iter().find_map(|acl| Some((acl, acl.associations.iter().find(|tie| tie.subnet == *subnet)?)))
}
