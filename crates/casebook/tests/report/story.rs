//! One realistic case, written by hand: a web server of an Auto Scaling group with two interfaces
//! and three volumes, contained and copied; with a lost answer, a refused call, two gaps, a gate that
//! a person approved, one left closed, and a copy that was too large to compare.
//!
//! Everything that an attacker, AWS or a person may write goes through [`Story::quote`], so that the
//! same case can be told with hostile text.

use crate::ledger::{FORENSIC, REGION, SOURCE, Writer, file, item};
use casebook::effect::{Capacity, ForensicEffect, SourceEffect, Switch};
use casebook::entry::{Approved, CaseStatus, Entry, FindingNote, Opened, Person};
use casebook::evidence::EvidenceKind::{ConsoleOutput, Image, Scene, Snapshot, Volume};
use casebook::evidence::{Evidence, EvidenceState};
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::id::{GroupId, InstanceId};
use casebook::query::{ForensicQuery, Side, SourceQuery};
use casebook::reading::{Identity, Reading};
use casebook::report::History;
use casebook::runbook::Runbook;
use casebook::scene::instance::{
    Attribute, AttributeValue, BlockDevice, Instance, InstanceState, MetadataOptions, ShutdownBehavior, Tags,
};
use casebook::scene::storage;
use casebook::settings::{ForensicSettings, Policy, Settings};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::target::Target;
use casebook::verdict::{CredentialVerdict, NetworkVerdict, Residual, Verdict};

const INSTANCE: &str = "i-0a1b2c3d4e5f60718";
const VOLUMES: [&str; 3] = ["vol-0aaa1111bbbb2222c", "vol-0bbb2222cccc3333d", "vol-0ccc3333dddd4444e"];
const SNAPSHOTS: [&str; 3] = ["snap-0aaa1111000000001", "snap-0bbb2222000000002", "snap-0ccc3333000000003"];
const REENCRYPTED: &str = "snap-0ccc3333000000013";
const COPIES: [&str; 3] = ["snap-0f0f1111000000021", "snap-0f0f2222000000022", "snap-0f0f3333000000023"];
/// Stands in the captured user data, in the case's nonce and in a policy: never to be shown.
pub const SECRET: &str = "hunter2-canary";

pub struct Story {
    hostile: Option<String>,
    pub ledger: Writer,
}

/// The case as it really might read.
pub fn plain() -> Story {
    Story { hostile: None, ledger: Writer::new() }.tell()
}

/// The same case, in which everything from outside is this text.
pub fn told_with(text: &str) -> History {
    Story { hostile: Some(text.to_owned()), ledger: Writer::new() }.tell().ledger.history()
}

fn instance() -> InstanceId {
    InstanceId::from(INSTANCE)
}

fn digest(seed: u8) -> String {
    format!("{seed:02x}").repeat(32)
}

impl Story {
    fn quote(&self, text: &str) -> String {
        self.hostile.clone().unwrap_or_else(|| text.to_owned())
    }

    pub fn person(&self, name: &str) -> Person {
        let arn = format!("arn:aws:sts::{SOURCE}:assumed-role/Responder/{name}");
        let identity = Identity { account: SOURCE.into(), arn: self.quote(&arn).into() };
        Person { name: self.quote(name), identity: Some(identity) }
    }

    fn tell(mut self) -> Self {
        self.open();
        self.capture();
        self.protect();
        self.snapshot();
        self.detach();
        self.isolate();
        self.revoke();
        self.late_capture();
        self.preserve();
        self.hand_over();
        self.ledger.end(CaseStatus::Done, "everything through custody is done");
        self
    }

    fn open(&mut self) {
        let forensic = ForensicSettings { account: FORENSIC.into(), key: None, subnet: None };
        let target =
            Target { partition: "aws".into(), account: SOURCE.into(), region: REGION.into(), instance: instance() };
        let finding = FindingNote {
            id: self.quote("8ec7b9f1a2d34c5e"),
            kind: self.quote("Backdoor:EC2/C&CActivity.B!DNS"),
            title: self.quote("An EC2 instance queries a domain of a known command-and-control server."),
            sha256: digest(0x5f),
            signs: Vec::new(),
        };
        let opened = Opened {
            case: "2026-11-21-web-7".into(),
            target,
            runbook: Runbook::named("standard").unwrap(),
            settings: Settings { forensic: Some(forensic), share_key: None, policy: Policy::default() },
            through: Phase::Custody,
            revoke_first: false,
            finding: Some(finding),
            program: "impound 0.1.0".into(),
            nonce: SECRET.into(),
            by: self.person("maria"),
        };
        self.ledger.write(Entry::Opened(Box::new(opened)));
    }

    fn capture(&mut self) {
        let date = self.quote("Sat, 21 Nov 2026 22:10:04 GMT");
        let request = self.quote("5c0b6a7e-9f61-4a0e-8c1d-2b7d0e1f4a55");
        let identity =
            |account: &str, arn: &str| Reading::Identity(Identity { account: account.into(), arn: arn.into() });
        let ours = self.quote("arn:aws:sts::111111111111:assumed-role/Responder/impound");
        let theirs = self.quote("arn:aws:sts::222222222222:assumed-role/Forensic/impound");
        let server = Reading::Instance(Box::new(self.server()));
        let user_data = Reading::Attribute(AttributeValue::UserData(Some(SECRET.into())));
        let ledger = self.ledger.wait_ms(140);
        ledger.capture(SourceQuery::Identity, Some(identity(SOURCE, &ours)), vec![]);
        ledger.capture(ForensicQuery::Identity, Some(identity(FORENSIC, &theirs)), vec![]);
        ledger.wait_ms(130);
        let answer = vec![file("ec2:DescribeInstances", 0x11, 9_412, &request, &date)];
        ledger.capture(SourceQuery::Instance(instance()), Some(server), answer);
        let answer =
            vec![file("ec2:DescribeInstanceAttribute", 0x12, 5_120, &request, "Sat, 21 Nov 2026 22:10:04 GMT")];
        ledger.capture(SourceQuery::Attribute(instance(), Attribute::UserData), Some(user_data), answer);
        ledger.capture(SourceQuery::AttachedVolumes(instance()), Some(Reading::Volumes(volumes())), vec![]);
        let message = self.quote("User: Responder is not authorized to perform: ssm:DescribeInstanceInformation");
        self.ledger.gap(
            SourceQuery::SsmRegistration(instance()),
            FaultClass::Denied,
            "AccessDeniedException",
            &message,
        );
        self.ledger.step(StepName::Capture, StepStatus::Waiting, "under way", &[], &[]);
    }

    fn server(&self) -> Instance {
        let device = |(device, volume): (&str, &str)| BlockDevice {
            device: device.into(),
            volume: volume.into(),
            delete_on_termination: true,
        };
        Instance {
            id: instance(),
            state: InstanceState::Running,
            launched: "2026-11-03T07:14:00Z".into(),
            image: "ami-0123456789abcdef0".into(),
            instance_type: "m6i.large".into(),
            architecture: "x86_64".into(),
            spot: false,
            zone: "eu-west-1b".into(),
            vpc: Some("vpc-0a0a0a0a0a0a0a0a0".into()),
            subnet: Some("subnet-0b0b0b0b0b0b0b0b0".into()),
            private_ip: Some("10.20.3.14".into()),
            public_ip: Some("203.0.113.80".into()),
            key_name: None,
            root_device: "/dev/xvda".into(),
            block_devices: ["/dev/xvda", "/dev/xvdb", "/dev/xvdc"].into_iter().zip(VOLUMES).map(device).collect(),
            interfaces: vec!["eni-0aa11bb22cc33dd44".into(), "eni-0ee55ff66aa77bb88".into()],
            profile: Some("arn:aws:iam::111111111111:instance-profile/team/web".into()),
            source_dest_check: true,
            hibernation: false,
            operator: None,
            product_codes: Vec::new(),
            metadata: MetadataOptions { enabled: true, tokens_required: false, hop_limit: 1 },
            tags: Tags::from([("Name".into(), self.quote("shop-web-7")), ("Owner".into(), self.quote("shop"))]),
        }
    }

    fn protect(&mut self) {
        let effect = SourceEffect::SetTerminationProtection { instance: instance(), to: Switch::On };
        self.ledger.change(StepName::Protect, effect, &[]);
        let effect = SourceEffect::SetShutdownBehavior { instance: instance(), to: ShutdownBehavior::Stop };
        self.ledger.change(StepName::Protect, effect, &[]);
        let warning = self.quote("the alarm shop-cpu may still stop the instance");
        let proof = ["termination protection is on", "shutdown behaviour is stop"];
        self.ledger.wait_ms(60).step(StepName::Protect, StepStatus::Done, proof[0], &proof, &[&warning]);
    }

    fn snapshot(&mut self) {
        let tags = Tags::from([("impound:case".into(), "2026-11-21-web-7".into())]);
        let effect = SourceEffect::CreateSnapshots { instance: instance(), description: "".into(), tags };
        let message = self.quote("the connection was closed before the answer came");
        let intent = self.ledger.intend(StepName::Snapshot, effect);
        self.ledger.wait_ms(2_000).refuse(intent, FaultClass::Unknown, "", &message);
        self.ledger.wait_ms(400);
        for (volume, snapshot) in VOLUMES.into_iter().zip(SNAPSHOTS) {
            self.ledger.evidence(item(Snapshot, snapshot, SOURCE, volume, EvidenceState::Requested));
        }
    }

    fn detach(&mut self) {
        let effect = SourceEffect::DetachFromGroup {
            group: self.quote("shop-web").into(),
            instance: instance(),
            capacity: Capacity::Keep,
        };
        self.ledger.change(StepName::Detach, effect, &[]);
        let proof = format!("{INSTANCE} is in no Auto Scaling group");
        self.ledger.wait_ms(55).step(StepName::Detach, StepStatus::Done, "", &[&proof], &[]);
    }

    fn isolate(&mut self) {
        let group = GroupId::from("sg-0dead0beef0dead00");
        let set = |interface: &str| SourceEffect::SetInterfaceGroups {
            interface: interface.into(),
            groups: vec![group.clone()],
        };
        let intent = self.ledger.intend(StepName::Isolate, set("eni-0aa11bb22cc33dd44"));
        let message = self.quote("Request limit exceeded.");
        self.ledger.wait_ms(40).refuse(intent, FaultClass::Throttled, "RequestLimitExceeded", &message);
        self.ledger.wait_ms(200).change(StepName::Isolate, set("eni-0aa11bb22cc33dd44"), &[]);
        self.ledger.change(StepName::Isolate, set("eni-0ee55ff66aa77bb88"), &[]);
        self.ledger.wait_ms(55);
        self.verdict(NetworkVerdict::NewFlowsBlocked, CredentialVerdict::Live);
        let proof = "both interfaces are in sg-0dead0beef0dead00 alone, which has no rules";
        self.ledger.step(StepName::Isolate, StepStatus::Done, "", &[proof], &[]);
        let exposure = self.quote("for 65 s everything may connect to and from eni-0aa11bb22cc33dd44");
        self.ledger.ask(Gate::OpenWindow, StepName::Isolate, &[&exposure], &digest(0x77));
    }

    fn verdict(&mut self, network: NetworkVerdict, credentials: CredentialVerdict) {
        let residual =
            |channel: &'static str, why: &str| Residual { channel: channel.into(), why: self.quote(why).into() };
        let residual = vec![
            residual("dns", "queries to Amazon's resolver are not filtered by security groups"),
            residual("tracked-connections", "connections that were open before live on until they are idle"),
        ];
        self.ledger.write(Entry::Verdict(Verdict { network, credentials, residual }));
    }

    fn revoke(&mut self) {
        let bystander = self.quote("i-0b7e7e7e7e7e7e7e7 (billing) uses the role web as well and loses its sessions");
        self.ledger.wait_ms(30).ask(Gate::SharedRole, StepName::Revoke, &[&bystander], &digest(0x66));
        let by = self.person("jonas");
        self.ledger.wait_ms(95_000).write(Entry::Approved(Approved {
            gate: Gate::SharedRole,
            digest: digest(0x66),
            by,
        }));
        let effect = SourceEffect::DisassociateProfile { association: "iip-assoc-0c0c0c0c0c0c0c0c0".into() };
        self.ledger.change(StepName::Revoke, effect, &[]);
        let document = format!("{{\"Sid\": \"{SECRET}\"}}");
        let effect = SourceEffect::PutRolePolicy { role: "web".into(), name: "impound-2026".into(), document };
        self.ledger.wait_ms(4_000).change(StepName::Revoke, effect, &[]);
        self.ledger.wait_ms(60);
        self.verdict(NetworkVerdict::NewFlowsBlocked, CredentialVerdict::Revoked);
        self.ledger.step(StepName::Revoke, StepStatus::Done, "", &["no profile is associated; the deny stands"], &[]);
        self.ledger.step(StepName::Deregister, StepStatus::Skipped, "it is registered with no load balancer", &[], &[]);
    }

    fn late_capture(&mut self) {
        let request = self.quote("d0f1c2b3-1111-4222-8333-444455556666");
        let answer = vec![file("ec2:GetConsoleOutput", 0x13, 65_536, &request, "Sat, 21 Nov 2026 22:11:46 GMT")];
        self.ledger.capture(SourceQuery::ConsoleOutput(instance()), None, answer);
        let message = self.quote("no screenshot is available for this instance type");
        let query = SourceQuery::ConsoleScreenshot(instance());
        self.ledger.gap(query, FaultClass::Invalid, "UnsupportedOperation", &message);
        self.ledger.step(StepName::Capture, StepStatus::Done, "39 of 41 questions were answered", &[], &[]);
        let scene = item(Scene, "scene", SOURCE, INSTANCE, EvidenceState::Completed);
        self.ledger.evidence(Evidence { sha256: Some(digest(0x21)), ..scene });
        let console = item(ConsoleOutput, "console-output", SOURCE, INSTANCE, EvidenceState::Completed);
        self.ledger.evidence(Evidence { sha256: Some(digest(0x13)), ..console });
    }

    fn preserve(&mut self) {
        self.ledger.wait_ms(640_000);
        for (volume, snapshot) in VOLUMES.into_iter().zip(SNAPSHOTS) {
            let snapshot = item(Snapshot, snapshot, SOURCE, volume, EvidenceState::Completed);
            self.ledger.wait_ms(9_000).evidence(Evidence { locked: true, ..snapshot });
        }
        let proof = "three snapshots are complete and locked for 30 days";
        self.ledger.step(StepName::Snapshot, StepStatus::Done, "", &[proof], &[]);
        let tags = Tags::new();
        let effect = SourceEffect::CreateImage { instance: instance(), name: "impound-2026".into(), tags };
        self.ledger.change(StepName::Image, effect, &["ami-0aaaabbbbccccdddd"]);
        let image = item(Image, "ami-0aaaabbbbccccdddd", SOURCE, INSTANCE, EvidenceState::Completed);
        self.ledger.wait_ms(240_000).evidence(image);
        self.ledger.step(StepName::Image, StepStatus::Done, "the image is available", &[], &[]);
    }

    fn hand_over(&mut self) {
        let key = "arn:aws:kms:eu-west-1:111111111111:key/share";
        let effect = SourceEffect::Reencrypt {
            snapshot: SNAPSHOTS[2].into(),
            key: key.into(),
            description: String::new(),
            tags: Tags::new(),
        };
        self.ledger.change(StepName::Share, effect, &[REENCRYPTED]);
        let state = EvidenceState::Shared;
        let reencrypted = item(Snapshot, REENCRYPTED, SOURCE, SNAPSHOTS[2], state);
        self.ledger.wait_ms(300_000).evidence(Evidence { locked: true, ..reencrypted });
        for (volume, snapshot) in VOLUMES.into_iter().zip(SNAPSHOTS).take(2) {
            let effect = SourceEffect::ShareSnapshot { snapshot: snapshot.into(), with: FORENSIC.into() };
            self.ledger.change(StepName::Share, effect, &[]);
            let shared = item(Snapshot, snapshot, SOURCE, volume, state);
            self.ledger.wait_ms(500).evidence(Evidence { locked: true, ..shared });
        }
        let proof = "each is shared with 222222222222 and nobody else";
        self.ledger.step(StepName::Share, StepStatus::Done, "", &[proof], &[]);
        self.copy();
    }

    fn copy(&mut self) {
        let sources = [SNAPSHOTS[0], SNAPSHOTS[1], REENCRYPTED];
        for (source, copy) in sources.into_iter().zip(COPIES) {
            let effect = ForensicEffect::CopySnapshot {
                snapshot: source.into(),
                key: "arn:aws:kms:eu-west-1:222222222222:key/forensic".into(),
                description: String::new(),
                tags: Tags::new(),
            };
            self.ledger.change(StepName::Copy, effect, &[copy]);
        }
        for (source, copy) in sources.into_iter().zip(COPIES) {
            let copy = item(Snapshot, copy, FORENSIC, source, EvidenceState::Copied);
            self.ledger.wait_ms(1_100_000).evidence(Evidence { locked: true, ..copy });
        }
        self.compare();
        let proof = "three copies are complete, owned by 222222222222 and locked";
        let warning = "one copy is larger than verify_max_gib and was not compared";
        self.ledger.step(StepName::Copy, StepStatus::Done, "", &[proof], &[warning]);
        let volume = item(Volume, "vol-0f0f9999000000031", FORENSIC, COPIES[0], EvidenceState::Copied);
        self.ledger.wait_ms(20_000).evidence(volume);
        self.ledger.step(StepName::Rebuild, StepStatus::Done, "one volume is available in eu-west-1a", &[], &[]);
    }

    fn compare(&mut self) {
        for index in 0..2_u8 {
            let (at, sha256) = (usize::from(index), digest(0x40 + index));
            self.ledger.wait_ms(420_000).manifest(Side::Source, SNAPSHOTS[at], 16_384, &sha256);
            self.ledger.manifest(Side::Forensic, COPIES[at], 16_384, &sha256);
            let source = item(Snapshot, SNAPSHOTS[at], SOURCE, VOLUMES[at], EvidenceState::Shared);
            self.ledger.evidence(Evidence { locked: true, sha256: Some(sha256.clone()), ..source });
            let copy = item(Snapshot, COPIES[at], FORENSIC, SNAPSHOTS[at], EvidenceState::Verified);
            self.ledger.evidence(Evidence { locked: true, sha256: Some(sha256), ..copy });
        }
    }
}

fn volumes() -> Vec<storage::Volume> {
    let volume = |id: &str| storage::Volume {
        id: id.into(),
        size_gib: 8,
        state: "in-use".into(),
        volume_type: "gp3".into(),
        zone: "eu-west-1b".into(),
        key: None,
        attachments: Vec::new(),
        product_codes: Vec::new(),
        snapshot: None,
        tags: Tags::new(),
    };
    VOLUMES.map(volume).to_vec()
}
