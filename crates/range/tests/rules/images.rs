//! Images: made, shared, copied, started.

use crate::support::{apply, ask, case_tags, cloud, instance, make, pass, refused, target};
use casebook::effect::{ForensicEffect as F, Launch, SourceEffect as S};
use casebook::fault::FaultClass;
use casebook::id::{GroupId, ImageId, InstanceId};
use casebook::query::{ForensicQuery, SourceQuery};
use casebook::reading::Reading;
use casebook::scene::instance::{Instance, InstanceState};
use casebook::scene::storage::Image;
use range::Range;

fn create(range: &Range) -> S {
    S::CreateImage { instance: target(range), name: "impound-c1".into(), tags: case_tags() }
}

fn share(range: &Range, image: &ImageId) -> S {
    S::ShareImage { image: image.clone(), with: range.briefing().forensic_account.clone() }
}

fn images(range: &Range, query: impl Into<casebook::query::Query>) -> Vec<Image> {
    match ask(range, query) {
        Reading::Images(images) => images,
        other => panic!("{other:?}"),
    }
}

fn copying(range: &Range, image: &ImageId) -> F {
    let key = range.briefing().forensic_key.clone();
    F::CopyImage { image: image.clone(), key, name: "copy".into(), token: "t1".into(), tags: case_tags() }
}

/// An image of the lone instance, shared with its snapshots.
fn handed_over(range: &Range) -> ImageId {
    let id = ImageId::new(make(range, create(range)));
    pass(range, 600);
    make(range, share(range, &id));
    let image = images(range, SourceQuery::CaseImages("c1".into())).remove(0);
    for snapshot in image.disks.into_iter().filter_map(|disk| disk.snapshot) {
        let with = range.briefing().forensic_account.clone();
        make(range, S::ShareSnapshot { snapshot, with });
    }
    id
}

#[test]
fn an_image_brings_its_own_snapshots_tagged_alike() {
    let range = cloud("web-tier");
    make(&range, create(&range));
    let image = images(&range, SourceQuery::CaseImages("c1".into())).remove(0);
    assert_eq!((image.state.as_str(), image.disks.len()), ("pending", 3));
    let Reading::Snapshots(behind) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else { panic!("snapshots") };
    assert_eq!(behind.len(), 3);
    assert_eq!(refused(&range, create(&range)), (FaultClass::Conflict, "InvalidAMIName.Duplicate".into()));
    pass(&range, 600);
    assert_eq!(images(&range, SourceQuery::CaseImages("c1".into())).remove(0).state, "available");
    assert_eq!(instance(&range).state, InstanceState::Running, "it was not rebooted");
}

#[test]
fn an_image_with_a_disk_under_the_default_key_is_not_shared() {
    let range = cloud("web-tier");
    let id = ImageId::new(make(&range, create(&range)));
    pass(&range, 600);
    assert_eq!(refused(&range, share(&range, &id)).1, "InvalidParameter");
    let key = range.briefing().share_key.clone().expect("the web tier has one");
    let again = S::ReencryptImage { image: id, key, name: "shareable".into(), token: "t".into(), tags: case_tags() };
    let copy = ImageId::new(make(&range, again.clone()));
    assert_eq!(make(&range, again), copy.as_str(), "the token is recognised");
    pass(&range, 600);
    make(&range, share(&range, &copy));
}

#[test]
fn copying_an_image_needs_its_snapshots_too() {
    let range = cloud("lone");
    let id = ImageId::new(make(&range, create(&range)));
    pass(&range, 600);
    assert_eq!(refused(&range, copying(&range, &id)).1, "InvalidAMIID.NotFound");
    make(&range, share(&range, &id));
    let fault = apply(&range, copying(&range, &id)).expect_err("the snapshots are not shared");
    assert!(fault.message.contains("storage"), "{fault}");
    let range = cloud("lone");
    let id = handed_over(&range);
    let copy = make(&range, copying(&range, &id));
    let own = images(&range, ForensicQuery::CaseImages("c1".into())).remove(0);
    assert_eq!((own.id.as_str(), own.copied_from), (copy.as_str(), Some(id)));
}

#[test]
fn a_marketplace_image_is_not_copied_from_another_account() {
    let range = cloud("marketplace");
    let id = ImageId::new(make(&range, create(&range)));
    pass(&range, 600);
    let key = range.briefing().share_key.clone().expect("there is one");
    let own = S::ReencryptImage { image: id, key, name: "own".into(), token: "t".into(), tags: case_tags() };
    let id = ImageId::new(make(&range, own));
    pass(&range, 600);
    make(&range, share(&range, &id));
    let fault = apply(&range, copying(&range, &id)).expect_err("it has a product code");
    assert!(fault.message.contains("product code"), "{fault}");
}

fn case_instances(range: &Range) -> Vec<Instance> {
    match ask(range, ForensicQuery::CaseInstances("c1".into())) {
        Reading::Instances(instances) => instances,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_launch_with_its_token_makes_one_instance_with_the_image_s_disks() {
    let range = cloud("lone");
    let image = handed_over(&range);
    let copy = ImageId::new(make(&range, copying(&range, &image)));
    let subnet = range.briefing().forensic_subnet.clone();
    let vpc = range.with_world(|world| world.network.subnets[&subnet].vpc.clone());
    let group = F::CreateGroup { vpc, name: "none".into(), description: "test".into(), tags: case_tags() };
    let group = GroupId::new(make(&range, group));
    let launch = F::Launch(Launch {
        image: copy,
        instance_type: "t3.large".into(),
        subnet,
        group,
        token: "t2".into(),
        tags: case_tags(),
    });
    assert_eq!(refused(&range, launch.clone()).1, "InvalidAMIID.Unavailable");
    pass(&range, 600);
    let id = InstanceId::new(make(&range, launch.clone()));
    assert_eq!(make(&range, launch), id.as_str());
    let started = case_instances(&range);
    assert_eq!((started.len(), started[0].state), (1, InstanceState::Pending));
    assert_eq!((started[0].public_ip.clone(), started[0].profile.clone()), (None, None));
    assert!(!started[0].metadata.enabled);
    assert_eq!(started[0].block_devices.len(), 1);
    pass(&range, 20);
    assert_eq!(case_instances(&range)[0].state, InstanceState::Running);
    let elsewhere = range.with_world(|world| world.answer(&SourceQuery::Instance(id).into()));
    assert_eq!(elsewhere.expect_err("of the other account").code, "InvalidInstanceID.NotFound");
}
