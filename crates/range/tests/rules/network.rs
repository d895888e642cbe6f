//! Groups, interfaces, ACLs, addresses.

use crate::support::{
    apply, ask, create_group, empty_group, first_interface, first_subnet, groups, instance, interfaces, make, refused,
    tags,
};
use casebook::effect::SourceEffect as S;
use casebook::fault::FaultClass;
use casebook::id::{AclId, AllocationId, GroupId, VpcId};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::network::{Direction, IdleTimeouts, NetworkAcl, Peer, Rule};
use range::Range;

fn cloud() -> Range {
    crate::support::cloud("web-tier")
}

fn vpc(range: &Range) -> VpcId {
    instance(range).vpc.expect("it has a VPC")
}

fn set(range: &Range, ids: Vec<GroupId>) -> S {
    S::SetInterfaceGroups { interface: first_interface(range), groups: ids }
}

#[test]
fn a_new_group_lets_everything_out_in_each_family_of_its_vpc() {
    for (scenario, families) in [("web-tier", 2), ("lone", 1)] {
        let range = crate::support::cloud(scenario);
        let id = GroupId::new(make(&range, create_group(&vpc(&range), "new")));
        let rules = groups(&range, SourceQuery::Groups(vec![id])).remove(0).rules;
        assert_eq!(rules.len(), families, "{scenario}");
        assert!(rules.iter().all(|rule| rule.direction == Direction::Egress && rule.protocol == "-1"));
    }
}

#[test]
fn group_names_are_unique_within_a_vpc() {
    let range = cloud();
    let create = create_group(&vpc(&range), "impound-quarantine");
    assert_eq!(refused(&range, create), (FaultClass::Conflict, "InvalidGroup.Duplicate".into()));
}

#[test]
fn an_interface_takes_one_to_five_groups_of_its_own_vpc() {
    let range = cloud();
    let ids: Vec<GroupId> = (0..6).map(|n| make(&range, create_group(&vpc(&range), &format!("g{n}"))).into()).collect();
    assert_eq!(refused(&range, set(&range, vec![])).0, FaultClass::Invalid);
    assert_eq!(refused(&range, set(&range, ids.clone())).1, "SecurityGroupsPerInterfaceLimitExceeded");
    assert_eq!(refused(&range, set(&range, vec!["sg-00000000000000000".into()])).1, "InvalidGroup.NotFound");
    make(&range, set(&range, ids[..5].to_vec()));
    assert_eq!(interfaces(&range)[0].groups, ids[..5]);
}

#[test]
fn a_group_of_another_vpc_is_refused() {
    let range = cloud();
    let forensic_subnet = range.briefing().forensic_subnet.clone();
    let other = range.with_world(|world| world.network.subnets[&forensic_subnet].vpc.clone());
    let id = make(&range, create_group(&other, "elsewhere"));
    let refusal = refused(&range, set(&range, vec![id.into()]));
    assert_eq!(refusal, (FaultClass::NotFoundYet, "InvalidGroup.NotFound".into()), "as AWS answers, so it reads");
}

#[test]
fn a_group_is_not_known_everywhere_at_once() {
    let range = cloud();
    range.with_world(|world| world.settings.group_lag = jiff::SignedDuration::from_secs(2));
    let id = GroupId::new(make(&range, create_group(&vpc(&range), "late")));
    let seen = |range: &Range| groups(range, SourceQuery::Groups(vec![id.clone()])).len();
    assert_eq!(refused(&range, set(&range, vec![id.clone()])).0, FaultClass::NotFoundYet);
    assert_eq!(seen(&range), 0);
    crate::support::pass(&range, 2);
    assert_eq!(seen(&range), 1);
    make(&range, set(&range, vec![id.clone()]));
}

#[test]
fn a_group_in_use_or_named_by_a_rule_is_not_deleted() {
    let range = cloud();
    let used = interfaces(&range)[0].groups[0].clone();
    let delete = |group: &GroupId| S::DeleteGroup { group: group.clone() };
    assert_eq!(refused(&range, delete(&used)).1, "DependencyViolation");
    let web = groups(&range, SourceQuery::Groups(vec![used])).remove(0);
    let named = web.rules.iter().find_map(|rule| match &rule.peer {
        Peer::Group(group) => Some(group.clone()),
        _ => None,
    });
    assert_eq!(refused(&range, delete(&named.expect("web names the balancer's group"))).1, "DependencyViolation");
    let unused = empty_group(&range);
    make(&range, delete(&unused));
    assert_eq!(groups(&range, SourceQuery::Groups(vec![unused])), vec![]);
}

#[test]
fn one_absent_rule_revokes_nothing() {
    let range = cloud();
    let group = GroupId::new(make(&range, create_group(&vpc(&range), "g")));
    let mut rules = groups(&range, SourceQuery::Groups(vec![group.clone()])).remove(0).rules;
    let absent = Rule { peer: Peer::Ipv4("10.0.0.0/8".into()), ..rules[0].clone() };
    rules.push(absent);
    let revoke = S::RevokeRules { group: group.clone(), rules };
    assert_eq!(refused(&range, revoke).1, "InvalidPermission.NotFound");
    assert_eq!(groups(&range, SourceQuery::Groups(vec![group])).remove(0).rules.len(), 2);
}

#[test]
fn idle_timeouts_have_ranges_and_need_nitro() {
    let range = cloud();
    let set = |seconds| S::SetIdleTimeouts {
        interface: first_interface(&range),
        idle: IdleTimeouts { tcp_established_seconds: Some(seconds), ..IdleTimeouts::default() },
    };
    assert_eq!(refused(&range, set(59)).1, "InvalidParameterValue");
    make(&range, set(60));
    let id = crate::support::target(&range);
    range.with_world(|world| {
        world.compute.instances.get_mut(&id).expect("there").shown.instance_type = "t2.micro".into();
    });
    assert_eq!(refused(&range, set(60)).1, "UnsupportedOperation");
}

fn acl_of(range: &Range) -> NetworkAcl {
    let subnet = first_subnet(range);
    match ask(range, SourceQuery::Acls(vec![vpc(range)])) {
        Reading::Acls(acls) => acls.into_iter().find(|acl| acl.associations.iter().any(|a| a.subnet == subnet)),
        other => panic!("{other:?}"),
    }
    .expect("every subnet has one")
}

#[test]
fn replacing_an_acl_gives_a_new_association_once() {
    let range = cloud();
    let subnet = first_subnet(&range);
    let before = acl_of(&range);
    let old = before.associations.iter().find(|a| a.subnet == subnet).expect("found by it").id.clone();
    let create = S::CreateAcl { vpc: vpc(&range), token: "t".into(), tags: tags(&[]) };
    let acl = AclId::new(make(&range, create));
    let replace = S::ReplaceAcl { association: old.clone(), acl: acl.clone() };
    let new = make(&range, replace.clone());
    assert_ne!(new, old.as_str());
    assert_eq!(make(&range, replace), new, "repeated, the call gives the same association");
    let after = acl_of(&range);
    assert_eq!(after.id, acl);
    assert!(after.denies_everything());
}

#[test]
fn an_elastic_address_comes_off_and_goes_back() {
    let range = cloud();
    let card = interfaces(&range).remove(0);
    let held = card.addresses[0].clone();
    let allocation: AllocationId = held.allocation.clone().expect("it has an Elastic IP address");
    let off = S::DisassociateAddress {
        interface: card.id.clone(),
        allocation: allocation.clone(),
        public: held.public.clone().expect("it has one"),
        private: held.private.clone(),
    };
    make(&range, off.clone());
    assert_eq!(interfaces(&range)[0].addresses[0].public, None);
    apply(&range, off).expect("repeated, it does nothing further");
    let on = S::AssociateAddress { interface: card.id.clone(), allocation, private: held.private.clone() };
    make(&range, on);
    assert_eq!(interfaces(&range)[0].addresses[0], held);
}

#[test]
fn tags_overwrite_and_stop_at_fifty() {
    let range = cloud();
    let id = crate::support::target(&range).to_string();
    let tag = |pairs: &[(&str, &str)]| S::Tag { resources: vec![id.clone()], tags: tags(pairs) };
    make(&range, tag(&[("Name", "other")]));
    assert_eq!(instance(&range).tags["Name"], "other");
    for n in 0..49 {
        make(&range, tag(&[(&format!("k{n}"), "v")]));
    }
    assert_eq!(refused(&range, tag(&[("one-more", "v")])), (FaultClass::Limit, "TagLimitExceeded".into()));
    make(&range, tag(&[("Name", "still")]));
    assert_eq!(refused(&range, tag(&[("aws:x", "v")])).0, FaultClass::Invalid);
}

#[test]
fn a_subnet_holds_more_than_instances() {
    let range = cloud();
    match ask(&range, SourceQuery::SubnetMembers(first_subnet(&range))) {
        Reading::Neighbours(members) => {
            let appliances: Vec<_> = members.iter().filter(|m| m.instance.is_none()).map(|m| &m.description).collect();
            assert_eq!((members.len(), appliances.len()), (4, 2), "{appliances:?}");
        }
        other => panic!("{other:?}"),
    }
}
