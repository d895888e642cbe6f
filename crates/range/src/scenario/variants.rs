//! The web tier with one thing different.

use super::Scenario;
use super::stage::{Disk, Stage, tags};
use super::web_tier::{WebTier, web_tier};
use casebook::scene::network::Route;

pub(super) const PREPARED: Scenario = Scenario {
    name: "prepared",
    summary: "the web tier, where an empty quarantine group of ours stands ready",
    build: |stage| {
        let tier = web_tier(stage);
        stage.group(&tier.vpc, "quarantine-ready", Vec::new(), tags(&[("impound:quarantine", "true")]));
    },
};

pub(super) const NO_SHARE_KEY: Scenario = Scenario {
    name: "no-share-key",
    summary: "the web tier, with no key that both accounts may use: a volume under aws/ebs cannot be handed over",
    build: |stage| {
        web_tier(stage);
        stage.share_key = None;
    },
};

pub(super) const OPEN_ENCLAVE: Scenario = Scenario {
    name: "open-enclave",
    summary: "the web tier, where the forensic subnet leads to the internet",
    build: |stage| {
        web_tier(stage);
        open_enclave(stage);
    },
};

pub(super) const SHARED_ROLE: Scenario = Scenario {
    name: "shared-role",
    summary: "the web tier, where thirty instances live by the same role",
    build: |stage| {
        let tier = web_tier(stage);
        add_sharers(stage, &tier);
    },
};

pub(super) const MARKETPLACE: Scenario = Scenario {
    name: "marketplace",
    summary: "the web tier, with a Marketplace code on the root volume: its image cannot be copied elsewhere",
    build: |stage| {
        let tier = web_tier(stage);
        mark(stage, &tier);
    },
};

pub(super) const BIG_ACCOUNT: Scenario = Scenario {
    name: "big-account",
    summary: "the web tier among 1,000 target groups and 500 other instances",
    build: |stage| {
        let tier = web_tier(stage);
        crowd(stage, &tier);
    },
};

fn open_enclave(stage: &mut Stage) {
    let vpc = stage.world.network.subnets[&stage.forensic_subnet].vpc.clone();
    let gateway = stage.world.fresh("igw");
    let table = stage.world.network.routes.iter_mut().find(|table| table.vpc == vpc).expect("every VPC has one");
    table.routes.push(Route { destination: "0.0.0.0/0".into(), target: gateway });
}

/// With the target and the batch worker they are thirty.
fn add_sharers(stage: &mut Stage, tier: &WebTier) {
    for n in 0..28 {
        let id = stage.instance(
            &format!("worker-{n:02}"),
            "c5.xlarge",
            &tier.private,
            std::slice::from_ref(&tier.backend_group),
        );
        stage.associate(&id, &tier.profile);
    }
}

/// Codes go from volume to snapshot to image
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html>).
fn mark(stage: &mut Stage, tier: &WebTier) {
    let code = "8lvzs7p0kvcyq5zqjy1h4u2nf".to_owned();
    let volumes = stage.world.storage.volumes.values_mut();
    let roots = volumes.filter(|volume| {
        volume.shown.attachments.iter().any(|held| held.instance == tier.target && held.device == "/dev/xvda")
    });
    roots.for_each(|volume| volume.shown.product_codes.push(code.clone()));
    stage.world.compute.instances.get_mut(&tier.target).expect("launched before").shown.product_codes.push(code);
}

fn crowd(stage: &mut Stage, tier: &WebTier) {
    for n in 60..1000 {
        stage.target_group(&tier.vpc, &format!("service-{n:03}"), "instance", 80, &[]);
    }
    let subnet = stage.subnet(&tier.vpc, &["10.0.64.0/20"], "us-east-1c");
    for n in 0..500 {
        let id =
            stage.instance(&format!("node-{n:03}"), "c5.xlarge", &subnet, std::slice::from_ref(&tier.backend_group));
        stage.disk(&id, &Disk { device: "/dev/xvda", size_gib: 8, key: None, blocks: 4, deletes: true });
    }
}
