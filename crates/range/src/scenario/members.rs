//! Auto Scaling groups of scenarios: what they launch, and who serves in them.

use super::stage::Stage;
use crate::world::scaling::{Member, ScalingRecord, Template};
use casebook::id::{GroupId, ImageId, InstanceId, SubnetId};
use casebook::scene::scaling::ScalingGroup;
use jiff::SignedDuration;

impl Stage {
    /// A member that has served for a while.
    pub(super) fn member(&self) -> Member {
        Member { lifecycle: "InService".into(), healthy: true, protected: false, grace_until: self.world.now() }
    }

    /// A group of these members, which launches what they are, into a subnet and a security group.
    pub(super) fn scaling_group(
        &mut self,
        shown: ScalingGroup,
        (subnet, group): (&SubnetId, &GroupId),
        members: Vec<(InstanceId, Member)>,
    ) {
        let template = Template {
            image: ImageId::from("ami-0000000000c0ffee0"),
            instance_type: "t3.large".into(),
            subnets: vec![subnet.clone()],
            groups: vec![group.clone()],
            root_gib: 8,
            grace: SignedDuration::from_secs(300),
        };
        let name = shown.name.clone();
        for (id, _) in &members {
            let machine = self.world.compute.instances.get_mut(id).expect("launched before");
            machine.shown.tags.insert("aws:autoscaling:groupName".into(), name.to_string());
        }
        let members = members.into_iter().collect();
        self.world.scaling.groups.insert(name, ScalingRecord { shown, members, template });
    }
}
