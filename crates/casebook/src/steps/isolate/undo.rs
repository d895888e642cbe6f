//! Every interface back into its captured groups; network ACLs, idle timeouts and addresses back.
//! Only where it still stands as we left it: anything else is drift and is reported.

use super::{acl, captured_interfaces};
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::id::{GroupId, SubnetId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::scene::network::Interface;
use std::collections::BTreeSet;

/// What the release of the network wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(now) = agenda.interfaces(target) else { return };
    for before in captured_interfaces(agenda) {
        match now.iter().find(|interface| interface.id == before.id) {
            Some(now) => interface(agenda, before, now),
            None => agenda.warn(format!("{} is no longer attached: nothing is put back on it", before.id)),
        }
    }
    let captured = captured_interfaces(agenda);
    for new in now.iter().filter(|i| !captured.iter().any(|b| b.id == i.id)) {
        agenda.warn(format!(
            "{} was attached after the capture: its groups before are not known, it stays as it is",
            new.id
        ));
    }
    acls(agenda);
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("every captured interface is back in its captured groups, or was not changed by this case");
    }
}

fn interface(agenda: &mut Agenda<'_>, before: &Interface, now: &Interface) {
    let check = S::Interfaces(agenda.view.case.target.instance.clone());
    if !same(&before.groups, &now.groups) {
        if stands_as_left(agenda, now) {
            let effect = SourceEffect::SetInterfaceGroups { interface: now.id.clone(), groups: before.groups.clone() };
            agenda.act(effect, check.clone());
        } else {
            agenda.warn(format!("{} was given other groups than ours meanwhile: left as it is", now.id));
        }
    }
    let timed = |effect: &SourceEffect| matches!(effect, SourceEffect::SetIdleTimeouts { interface, .. } if *interface == now.id);
    if before.idle != now.idle && we_did_any(agenda.view.case, timed) {
        agenda.act(SourceEffect::SetIdleTimeouts { interface: now.id.clone(), idle: before.idle }, check.clone());
    }
    addresses(agenda, before, now, &check);
}

fn same(one: &[GroupId], other: &[GroupId]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect()
}

/// Whether the interface's groups are the ones this case set.
fn stands_as_left(agenda: &Agenda<'_>, now: &Interface) -> bool {
    let set = |effect: &SourceEffect| matches!(effect, SourceEffect::SetInterfaceGroups { interface, groups } if *interface == now.id && same(groups, &now.groups));
    we_did_any(agenda.view.case, set)
}

fn addresses(agenda: &mut Agenda<'_>, before: &Interface, now: &Interface, check: &S) {
    for address in &before.addresses {
        let Some(allocation) = &address.allocation else { continue };
        let taken = |effect: &SourceEffect| matches!(effect, SourceEffect::DisassociateAddress { allocation: a, .. } if a == allocation);
        let back = now.addresses.iter().any(|other| other.allocation.as_ref() == Some(allocation));
        if !back && we_did_any(agenda.view.case, taken) {
            let (interface, allocation, private) = (now.id.clone(), allocation.clone(), address.private.clone());
            agenda.act(SourceEffect::AssociateAddress { interface, allocation, private }, check.clone());
        }
    }
}

fn acls(agenda: &mut Agenda<'_>) {
    if !we_did_any(agenda.view.case, |effect| matches!(effect, SourceEffect::ReplaceAcl { .. })) {
        return;
    }
    let interfaces = captured_interfaces(agenda);
    let vpcs: BTreeSet<_> = interfaces.iter().map(|interface| interface.vpc.clone()).collect();
    for vpc in vpcs {
        let vpcs = vec![vpc];
        let Some(now) = agenda.acls(&vpcs) else { return };
        for subnet in interfaces.iter().filter(|i| i.vpc == vpcs[0]).map(|i| &i.subnet).collect::<BTreeSet<_>>() {
            let Some((current, tie)) = acl::association(now, subnet) else { continue };
            if acl::made_by_us(agenda, current) {
                put_back(agenda, subnet, &tie.id.clone(), &S::Acls(vpcs.clone()));
            }
        }
    }
}

fn put_back(agenda: &mut Agenda<'_>, subnet: &SubnetId, tie: &crate::id::AclAssociationId, check: &S) {
    let before = agenda.view.case.baseline.scene.facts().find_map(|(_, fact)| match &fact.answer {
        Ok(Reading::Acls(acls)) => acl::association(acls, subnet).map(|(acl, _)| acl.id.clone()),
        _ => None,
    });
    match before {
        Some(acl) => agenda.act(SourceEffect::ReplaceAcl { association: tie.clone(), acl }, check.clone()),
        None => {
            agenda.hold(format!("the network ACL of {subnet} before was not captured; associate the right one by hand"))
        }
    }
}
