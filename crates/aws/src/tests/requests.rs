//! What the changes that matter most put on the wire.

use super::stub::Stub;
use super::{forensic, run, source};
use casebook::effect::{ForensicEffect, Launch, SourceEffect};
use casebook::scene::instance::Tags;
use casebook::scene::network::IdleTimeouts;

fn tags() -> Tags {
    Tags::from([("impound:case".to_owned(), "c1".to_owned())])
}

/// The request of an effect, whatever the answer.
fn sent(effect: &SourceEffect) -> String {
    let stub = Stub::of(&[]);
    run(source(&stub.endpoint).perform(effect));
    stub.asked().concat()
}

fn sent_there(effect: &ForensicEffect) -> String {
    let stub = Stub::of(&[]);
    run(forensic(&stub.endpoint).perform(effect));
    stub.asked().concat()
}

fn has(request: &str, parts: &[&str]) {
    for part in parts {
        assert!(request.contains(part), "{part} is not in {request}");
    }
}

#[test]
fn an_image_is_made_without_reboot_and_tagged_with_its_snapshots() {
    let effect = SourceEffect::CreateImage { instance: "i-1".into(), name: "n".into(), tags: tags() };
    has(&sent(&effect), &["NoReboot=true", "ResourceType=image", "ResourceType=snapshot", "Value=c1"]);
}

#[test]
fn sharing_adds_one_account_and_nobody_else() {
    let effect = SourceEffect::ShareSnapshot { snapshot: "snap-1".into(), with: "222222222222".into() };
    let request = sent(&effect);
    has(&request, &["CreateVolumePermission.Add.1.UserId=222222222222"]);
    assert!(!request.contains("Group=all") && !request.contains("Add.2"));
    let effect = SourceEffect::ShareImage { image: "ami-1".into(), with: "222222222222".into() };
    let request = sent(&effect);
    has(&request, &["LaunchPermission.Add.1.UserId=222222222222"]);
    assert!(!request.contains("Group=all") && !request.contains("Add.2"));
}

#[test]
fn unsharing_removes_the_accounts_and_everybody() {
    let effect = SourceEffect::UnshareSnapshot { snapshot: "snap-1".into(), from: vec!["333333333333".into()] };
    has(&sent(&effect), &["Remove.1.UserId=333333333333", "Remove.2.Group=all"]);
    let organization = "arn:aws:organizations::1:organization/o-1";
    let effect = SourceEffect::UnshareImage { image: "ami-1".into(), from: vec![organization.into()] };
    has(&sent(&effect), &["Remove.1.OrganizationArn=arn", "Remove.2.Group=all"]);
}

#[test]
fn disks_are_kept_by_an_explicit_value() {
    use casebook::effect::Switch;
    let (instance, device) = ("i-1".into(), "/dev/xvda".to_owned());
    let effect = SourceEffect::SetDeleteOnTermination { instance, device, to: Switch::Off };
    has(
        &sent(&effect),
        &["BlockDeviceMapping.1.DeviceName=/dev/xvda", "BlockDeviceMapping.1.Ebs.DeleteOnTermination=false"],
    );
}

#[test]
fn locks_are_in_governance_mode() {
    let effect = SourceEffect::LockSnapshot { snapshot: "snap-1".into(), days: 30 };
    has(&sent(&effect), &["LockMode=governance", "LockDuration=30"]);
}

#[test]
fn an_idle_timeout_is_sent_alone() {
    let idle = IdleTimeouts { tcp_established_seconds: Some(60), ..IdleTimeouts::default() };
    let request = sent(&SourceEffect::SetIdleTimeouts { interface: "eni-1".into(), idle });
    has(&request, &["ConnectionTrackingSpecification.TcpEstablishedTimeout=60"]);
    assert!(!request.contains("Udp"));
}

#[test]
fn a_copy_is_encrypted_under_the_named_key_and_tagged() {
    let key = "arn:aws:kms:us-east-1:222222222222:key/k";
    let effect = ForensicEffect::CopySnapshot {
        snapshot: "snap-1".into(),
        key: key.into(),
        description: "copy".into(),
        tags: tags(),
    };
    let parts = ["Encrypted=true", "KmsKeyId=arn", "SourceRegion=us-east-1", "PresignedUrl=http", "Value=c1"];
    has(&sent_there(&effect), &parts);
}

#[test]
fn the_rebuilt_machine_has_no_way_out_and_no_way_in() {
    let launch = Launch {
        image: "ami-1".into(),
        instance_type: "t3.micro".into(),
        subnet: "subnet-1".into(),
        group: "sg-1".into(),
        token: "t".into(),
        tags: tags(),
    };
    let request = sent_there(&ForensicEffect::Launch(launch));
    has(&request, &["MinCount=1", "MaxCount=1", "MetadataOptions.HttpEndpoint=disabled", "ClientToken=t"]);
    has(&request, &["InstanceInitiatedShutdownBehavior=stop", "NetworkInterface.1.AssociatePublicIpAddress=false"]);
    has(&request, &["NetworkInterface.1.SecurityGroupId.1=sg-1", "ResourceType=network-interface"]);
    for absent in ["UserData", "IamInstanceProfile", "KeyName", "NetworkInterface.2"] {
        assert!(!request.contains(absent), "{absent}");
    }
}
