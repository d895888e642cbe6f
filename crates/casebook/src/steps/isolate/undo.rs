//! Every interface back into its captured groups; network ACLs, idle timeouts and addresses back.
//! Only where it still stands as we left it: anything else is drift and is reported.

use super::{acl, captured_interfaces, window};
use crate::agenda::Agenda;
use crate::effect::SourceEffect;
use crate::id::{AclAssociationId, GroupId, SubnetId, VpcId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::{is_gone, our_changes, uncaptured, we_did_any};
use crate::scene::network::Interface;
use std::collections::BTreeSet;

mod idle;
#[cfg(test)]
mod tests;

/// What the release of the network wants next. A network ACL outlives the instance: its whole subnet
/// is cut until it is put back.
pub fn release(agenda: &mut Agenda<'_>) {
    let Some(gone) = is_gone(agenda) else { return };
    let target = &agenda.view.case.target.instance;
    if gone {
        agenda.prove(format!("{target} is gone: nothing is put back on its interfaces"));
    } else {
        match uncaptured(agenda.view.case, S::Interfaces(target.clone())) {
            None => interfaces(agenda),
            Some(why) => unknown(agenda, &why),
        }
    }
    acls(agenda);
}

fn interfaces(agenda: &mut Agenda<'_>) {
    let Some(now) = agenda.interfaces(&agenda.view.case.target.instance) else { return };
    let captured = captured_interfaces(agenda);
    for before in captured {
        match now.iter().find(|interface| interface.id == before.id) {
            Some(now) => interface(agenda, before, now),
            None => agenda.warn(format!("{} is no longer attached: nothing is put back on it", before.id)),
        }
    }
    let new: Vec<_> = now.iter().filter(|i| !captured.iter().any(|b| b.id == i.id)).collect();
    for new in &new {
        agenda.warn(format!(
            "{} was attached after the capture: its groups before are not known, it stays as it is",
            new.id
        ));
    }
    shut_windows(agenda, &new);
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("every captured interface that stood as this case left it is back in its captured groups");
    }
}

/// The groups before are not known: a person sets them, and the release goes on.
fn unknown(agenda: &mut Agenda<'_>, why: &str) {
    let Some(now) = agenda.interfaces(&agenda.view.case.target.instance) else { return };
    let ours: Vec<_> = now.iter().filter(|interface| stands_as_left(agenda, interface)).collect();
    for interface in &ours {
        let groups: Vec<_> = interface.groups.iter().map(ToString::to_string).collect();
        agenda.hold(format!(
            "{} is in {}, where this case put it, and its groups before could not be read at the capture ({why}); set them by hand, then run the release again",
            interface.id,
            groups.join(", ")
        ));
    }
    let touched = |effect: &SourceEffect| {
        matches!(effect, SourceEffect::SetIdleTimeouts { .. } | SourceEffect::DisassociateAddress { .. })
    };
    if we_did_any(agenda.view.case, touched) {
        agenda.warn(format!("idle timeouts and Elastic IP addresses before could not be read at the capture ({why}): set by hand what this case took, which the report lists"));
    }
    shut_windows(agenda, &ours);
    if ours.is_empty() {
        agenda.prove("no interface is in a group that this case put it in");
    }
}

/// Whoever is not put back stays in no open window.
fn shut_windows(agenda: &mut Agenda<'_>, left: &[&Interface]) {
    for window in window::window_groups(agenda.view.case) {
        let inside: Vec<_> = left.iter().filter(|interface| interface.groups.contains(&window)).collect();
        if !inside.is_empty() {
            window::shut(agenda, &window);
        }
        for interface in inside {
            agenda.warn(format!(
                "{} is in the open window {window} of this case, whose rules are taken away",
                interface.id
            ));
        }
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
    idle::put_back(agenda, before, now);
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

/// Every subnet that stands behind an ACL of this case, whatever is attached there now.
fn acls(agenda: &mut Agenda<'_>) {
    let made = our_changes(agenda.view.case).filter_map(|(effect, _)| match effect {
        SourceEffect::CreateAcl { vpc, .. } => Some(vpc),
        _ => None,
    });
    let vpcs: BTreeSet<&VpcId> = made.collect();
    for vpc in vpcs {
        let check = vec![vpc.clone()];
        let Some(now) = agenda.acls(&check) else { return };
        let ours: Vec<_> = now.iter().filter(|current| acl::made_by_us(agenda, current)).collect();
        for tie in ours.into_iter().flat_map(|ours| &ours.associations) {
            put_back(agenda, &tie.subnet, &tie.id, &S::Acls(check.clone()));
        }
        if !agenda.moves() && agenda.holds.is_empty() {
            agenda.prove(format!("no subnet of {vpc} is behind a network ACL of this case"));
        }
    }
}

fn put_back(agenda: &mut Agenda<'_>, subnet: &SubnetId, tie: &AclAssociationId, check: &S) {
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
