//! What a service manages is hidden unless asked for, and what is hidden would read as absent: an
//! interface that nobody closes, a volume that nobody keeps.

use super::stub::Stub;
use super::{forensic, run, source};
use casebook::query::{ForensicQuery as F, SourceQuery as S};
use casebook::scene::quota::Quota;

/// The calls that can show what a service manages
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>,
/// `IncludeManagedResources`, and the same in the others).
const HIDING: [&str; 4] =
    ["DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeVolumes"];

/// How many of the requests could hide something; each must ask not to.
fn open(asked: &[String]) -> usize {
    let hides = |request: &&String| HIDING.iter().any(|action| request.contains(&format!("Action={action}&")));
    let open: Vec<_> = asked.iter().filter(hides).collect();
    for request in &open {
        assert!(request.contains("IncludeManagedResources=true"), "{request}");
    }
    open.len()
}

#[test]
fn every_question_to_the_source_account_asks_for_what_is_managed() {
    let id = || "i-1".into();
    let questions = [
        S::Instance(id()),
        S::ScheduledEvents(id()),
        S::Interfaces(id()),
        S::GroupMembers(vec!["sg-1".into()]),
        S::SubnetMembers("subnet-1".into()),
        S::AttachedVolumes(id()),
        S::Volumes(vec!["vol-1".into()]),
    ];
    for question in questions {
        let stub = Stub::of(&[]);
        run(source(&stub.endpoint).observe(&question));
        assert_eq!(open(&stub.asked()), 1, "{question:?}");
    }
}

#[test]
fn every_question_to_the_forensic_account_asks_for_what_is_managed() {
    for question in [F::CaseVolumes("c1".into()), F::CaseInstances("c1".into()), F::Interfaces("i-1".into())] {
        let stub = Stub::of(&[]);
        run(forensic(&stub.endpoint).observe(&question));
        assert_eq!(open(&stub.asked()), 1, "{question:?}");
    }
}

#[test]
fn branches_behind_a_trunk_are_asked_for_too() {
    let trunk = "<item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><ownerId>1</ownerId><sourceDestCheck>true</sourceDestCheck><interfaceType>trunk</interfaceType></item>";
    let interfaces = format!(
        "<DescribeNetworkInterfacesResponse><networkInterfaceSet>{trunk}</networkInterfaceSet></DescribeNetworkInterfacesResponse>"
    );
    let tie = "<item><associationId>trunk-assoc-1</associationId><trunkInterfaceId>eni-1</trunkInterfaceId><branchInterfaceId>eni-2</branchInterfaceId></item>";
    let ties = format!(
        "<DescribeTrunkInterfaceAssociationsResponse><interfaceAssociationSet>{tie}</interfaceAssociationSet></DescribeTrunkInterfaceAssociationsResponse>"
    );
    let stub = Stub::of(&[&interfaces, &ties]);
    run(source(&stub.endpoint).observe(&S::Interfaces("i-1".into())));
    assert_eq!(open(&stub.asked()), 2, "{:?}", stub.asked());
}

#[test]
fn quotas_count_what_is_managed() {
    let limit = r#"{"Quota":{"Value":10.0}}"#;
    for quota in [Quota::Disks, Quota::Cpus] {
        let stub = Stub::of(&[limit]);
        run(forensic(&stub.endpoint).observe(&F::Quota(quota)));
        assert_eq!(open(&stub.asked()), 1, "{quota:?} {:?}", stub.asked());
    }
}
