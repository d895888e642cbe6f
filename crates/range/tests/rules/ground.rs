//! An instance in two VPCs.

use crate::support::{apply, cloud, empty_group, interfaces, refused, target};
use casebook::effect::SourceEffect as S;

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
