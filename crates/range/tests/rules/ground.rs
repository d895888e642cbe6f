//! An instance in two VPCs, and one with a branch on a trunk.

use crate::support::{apply, cloud, create_group, empty_group, instance, interfaces, make, refused, tags, target};
use casebook::effect::SourceEffect as S;
use casebook::fault::FaultClass;

/// A group belongs to its VPC: the interface in another one does not take it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>).
#[test]
fn an_interface_in_another_vpc_does_not_take_a_group_of_this_one() {
    let range = cloud("lone");
    let there = range.with_world(|world| world.straddle(&target(&range)));
    let cards = interfaces(&range);
    assert_eq!((cards.len(), cards[1].id.clone()), (2, there.clone()));
    assert_ne!(cards[0].vpc, cards[1].vpc);
    let group = empty_group(&range);
    let swap = |interface| S::SetInterfaceGroups { interface, groups: vec![group.clone()] };
    assert_eq!(refused(&range, swap(there)).1, "InvalidGroup.NotFound");
    assert!(apply(&range, swap(cards[0].id.clone())).is_ok());
}

/// The instance does not show a branch, and the trunk's associations do
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html>).
#[test]
fn a_branch_is_listed_through_its_trunk_and_keeps_groups_of_its_own() {
    let range = cloud("lone");
    let branch = range.with_world(|world| world.branch_off(&target(&range)));
    let cards = interfaces(&range);
    let kinds: Vec<&str> = cards.iter().map(|card| card.kind.as_str()).collect();
    assert_eq!(kinds, ["interface", "trunk", "branch"]);
    assert_eq!((&cards[2].id, cards[2].device_index), (&branch, None));
    assert!(!instance(&range).interfaces.contains(&branch));
    let group = empty_group(&range);
    for card in &cards[..2] {
        make(&range, S::SetInterfaceGroups { interface: card.id.clone(), groups: vec![group.clone()] });
    }
    let open = || range.with_world(|world| world.exposure(&target(&range)).interfaces.len());
    assert_eq!(open(), 1, "the branch");
    make(&range, S::SetInterfaceGroups { interface: branch, groups: vec![group] });
    assert_eq!(open(), 0);
}

#[test]
fn where_there_is_no_room_no_group_and_no_acl_is_made() {
    let range = cloud("lone");
    let vpc = interfaces(&range)[0].vpc.clone();
    let acl = S::CreateAcl { vpc: vpc.clone(), token: "t".into(), tags: tags(&[]) };
    range.with_world(|world| world.settings.groups_allowed = world.network.groups.len() + 1);
    make(&range, create_group(&vpc, "the last"));
    assert_eq!(
        refused(&range, create_group(&vpc, "one more")),
        (FaultClass::Limit, "SecurityGroupLimitExceeded".into())
    );
    range.with_world(|world| world.settings.acls_allowed = 1);
    assert_eq!(refused(&range, acl), (FaultClass::Limit, "NetworkAclLimitExceeded".into()));
}
