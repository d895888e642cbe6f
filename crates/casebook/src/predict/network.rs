//! Interfaces, groups and network ACLs after an effect.

use super::{Known, Predicted, first};
use crate::effect::{Effect, ForensicEffect as F, SourceEffect as E};
use crate::id::{AccountId, AclAssociationId, GroupId, VpcId};
use crate::query::{ForensicQuery, Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::Tags;
use crate::scene::network::{AclAssociation, Direction, Interface, NetworkAcl, Peer, Rule, SecurityGroup};

/// The reading after one effect.
pub fn after(query: &Query, mut reading: Reading, predicted: &Predicted, known: &Known<'_>) -> Reading {
    match &mut reading {
        Reading::Interfaces(interfaces) => interfaces.iter_mut().for_each(|i| of_interface(i, &predicted.effect)),
        Reading::Groups(groups) => of_groups(query, groups, predicted, known),
        Reading::Acls(acls) => of_acls(acls, predicted),
        _ => {}
    }
    reading
}

fn of_interface(interface: &mut Interface, effect: &Effect) {
    let Effect::Source(effect) = effect else { return };
    match effect {
        E::SetInterfaceGroups { interface: id, groups } if *id == interface.id => interface.groups.clone_from(groups),
        E::SetIdleTimeouts { interface: id, idle } if *id == interface.id => interface.idle = *idle,
        E::Tag { resources, tags } if resources.iter().any(|r| r == interface.id.as_str()) => {
            interface.tags.extend(tags.clone())
        }
        E::DisassociateAddress { allocation, .. } => {
            for address in interface.addresses.iter_mut().filter(|a| a.allocation.as_ref() == Some(allocation)) {
                address.public = None;
                address.allocation = None;
            }
        }
        E::AssociateAddress { interface: id, allocation, private } if *id == interface.id => {
            for address in interface.addresses.iter_mut().filter(|a| a.private == *private) {
                address.allocation = Some(allocation.clone());
            }
        }
        _ => {}
    }
}

fn of_groups(query: &Query, groups: &mut Vec<SecurityGroup>, predicted: &Predicted, known: &Known<'_>) {
    let made = GroupId::from(first(&predicted.made));
    match (query, &predicted.effect) {
        (Query::Source(S::QuarantineGroups), Effect::Source(E::CreateGroup { vpc, name, tags, .. })) => {
            groups.push(new_group(made, known.account, vpc, name, tags));
        }
        (Query::Forensic(ForensicQuery::CaseGroups(_)), Effect::Forensic(F::CreateGroup { vpc, name, tags, .. })) => {
            groups.push(new_group(made, known.forensic.unwrap_or(known.account), vpc, name, tags));
        }
        (_, Effect::Source(E::RevokeRules { group, rules }) | Effect::Forensic(F::RevokeRules { group, rules })) => {
            let ours = groups.iter_mut().filter(|other| other.id == *group);
            ours.for_each(|group| group.rules.retain(|rule| !rules.contains(rule)));
        }
        (_, Effect::Source(E::AuthorizeRules { group, rules })) => {
            let ours = groups.iter_mut().filter(|other| other.id == *group);
            ours.for_each(|group| group.rules.extend(rules.clone()));
        }
        (_, Effect::Source(E::DeleteGroup { group })) => groups.retain(|other| other.id != *group),
        _ => {}
    }
}

/// A new group lets everything out.
fn new_group(id: GroupId, owner: &AccountId, vpc: &VpcId, name: &str, tags: &Tags) -> SecurityGroup {
    let peer = Peer::Ipv4("0.0.0.0/0".into());
    let out = Rule { direction: Direction::Egress, protocol: "-1".into(), from: None, to: None, peer };
    SecurityGroup {
        id,
        name: name.into(),
        vpc: vpc.clone(),
        owner: owner.clone(),
        rules: vec![out],
        tags: tags.clone(),
    }
}

fn of_acls(acls: &mut Vec<NetworkAcl>, predicted: &Predicted) {
    match &predicted.effect {
        Effect::Source(E::CreateAcl { vpc, tags, .. }) if acls.iter().any(|acl| acl.vpc == *vpc) => {
            let id = first(&predicted.made).into();
            acls.push(NetworkAcl { id, vpc: vpc.clone(), associations: vec![], entries: vec![], tags: tags.clone() });
        }
        Effect::Source(E::ReplaceAcl { association, acl }) => {
            let moved = acls.iter_mut().find_map(|other| {
                let at = other.associations.iter().position(|tie| tie.id == *association)?;
                Some(other.associations.remove(at))
            });
            let target = acls.iter_mut().find(|other| other.id == *acl);
            if let (Some(tie), Some(target)) = (moved, target) {
                let id = AclAssociationId::new(format!("(association of {})", tie.subnet));
                target.associations.push(AclAssociation { id, subnet: tie.subnet });
            }
        }
        _ => {}
    }
}
