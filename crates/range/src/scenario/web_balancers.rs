//! The web tier's balancers: a classic one, an application one, and sixty target groups.

use super::stage::Stage;
use super::web_tier::WebTier;
use crate::world::balancers::{ClassicRecord, Front, Target, TargetGroupRecord, TargetState};
use casebook::id::{Arn, VpcId};
use casebook::reading::TargetGroupSettings;
use casebook::scene::balancer::{ClassicBalancer, Registration, TargetGroup};
use std::collections::BTreeMap;

/// How many target groups the account has: three pages.
const TARGET_GROUPS: usize = 60;

/// Says what the Auto Scaling group is attached to: a target group and a classic balancer.
pub(super) fn balancers(stage: &mut Stage, tier: &WebTier) -> (Arn, String) {
    let groups = vec![tier.balancer_group.clone()];
    let address = stage.appliance(&tier.public, &groups, "ELB app/front");
    let front = Front { groups, address };
    let source = stage.source.clone();
    let tail = format!("{:016x}", stage.world.number());
    let balancer =
        Arn::new(stage.world.arn("elasticloadbalancing", &source, &format!("loadbalancer/app/front/{tail}")));
    stage.world.balancers.fronts.insert(balancer.clone(), front.clone());
    let web = stage.target_group(&tier.vpc, "web", "instance", 80, std::slice::from_ref(&balancer));
    for (id, port) in [(&tier.target, 80), (&tier.target, 8080), (&tier.peer, 80)] {
        stage.register(&web, id.as_str(), port);
    }
    let backend = stage.target_group(&tier.vpc, "backend", "ip", 8443, &[balancer]);
    for interface in [tier.second.clone(), stage.world.cards_of(&tier.batch)[0].shown.id.clone()] {
        let address = stage.world.network.interfaces[&interface].shown.addresses[0].private.clone();
        stage.register(&backend, &address, 8443);
    }
    for n in 0..TARGET_GROUPS - 2 {
        stage.target_group(&tier.vpc, &format!("service-{n:02}"), "instance", 80, &[]);
    }
    (web, classic(stage, tier, front))
}

fn classic(stage: &mut Stage, tier: &WebTier, front: Front) -> String {
    let name = "web-classic".to_owned();
    let instances = vec![tier.target.clone(), tier.peer.clone()];
    let shown = ClassicBalancer { name: name.clone(), instances, draining_seconds: Some(300) };
    let record = ClassicRecord { shown, port: 80, front, misses: BTreeMap::new() };
    stage.world.balancers.classic.insert(name.clone(), record);
    name
}

impl Stage {
    pub(super) fn target_group(&mut self, vpc: &VpcId, name: &str, kind: &str, port: i32, balancers: &[Arn]) -> Arn {
        let source = self.source.clone();
        let tail = format!("{:016x}", self.world.number());
        let arn = Arn::new(self.world.arn("elasticloadbalancing", &source, &format!("targetgroup/{name}/{tail}")));
        let shown = TargetGroup {
            arn: arn.clone(),
            name: name.into(),
            kind: kind.into(),
            protocol: "HTTP".into(),
            port: Some(port),
            vpc: Some(vpc.clone()),
            balancers: balancers.to_vec(),
        };
        let settings = TargetGroupSettings { draining_seconds: 300, closes_connections: false };
        let record = TargetGroupRecord { shown, settings, targets: BTreeMap::new() };
        self.world.balancers.target_groups.insert(arn.clone(), record);
        arn
    }

    pub(super) fn register(&mut self, group: &Arn, id: &str, port: i32) {
        let registration = Registration { id: id.into(), port: Some(port), zone: None };
        let group = self.world.balancers.target_groups.get_mut(group).expect("made before it is filled");
        group.targets.insert(registration, Target { state: TargetState::Healthy, misses: 0 });
    }
}
