//! What the attacker did, as AWS recorded it: the same story in every scenario.

use super::stage::Stage;
use crate::world::documents::TrailEvent;
use casebook::id::{Arn, InstanceId, RoleName};
use casebook::scene::identity::{Profile, ProfileAssociation, Role};
use jiff::SignedDuration;

use crate::world::identity::RoleRecord;

/// Console output and the session's calls.
pub(super) fn record(stage: &mut Stage, target: &InstanceId) {
    let calls = [
        (50, "GetCallerIdentity", "sts.amazonaws.com", None),
        (47, "ListBuckets", "s3.amazonaws.com", Some("AccessDenied")),
        (46, "DescribeInstances", "ec2.amazonaws.com", None),
        (41, "ListRoles", "iam.amazonaws.com", Some("AccessDenied")),
        (33, "RunInstances", "ec2.amazonaws.com", Some("Client.UnauthorizedOperation")),
        (12, "GetObject", "s3.amazonaws.com", None),
    ];
    for (minutes, name, source, error) in calls {
        let at = stage.world.now().saturating_sub(SignedDuration::from_mins(minutes)).expect("in range");
        stage.world.records.trail.push(TrailEvent {
            at,
            user: target.to_string(),
            name: name.into(),
            source: source.into(),
            address: "198.51.100.23".into(),
            error: error.map(str::to_owned),
            resources: Vec::new(),
        });
    }
    let console = "Amazon Linux 2023.6.20260202\nKernel 6.1.127-135.201.amzn2023.x86_64 on an x86_64 (-)\n\n\
                   web-1 login: [ 4211.031512] TCP: request_sock_TCP: Possible SYN flooding on port 80.\n\
                   [ 6120.448120] kdevtmpfsi[20871]: segfault at 0 ip 0000000000000000 sp 00007ffe2c1f\n";
    stage.world.records.console.insert(target.clone(), console.into());
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

impl Stage {
    /// An instance profile, with a role of its own.
    pub(super) fn profile(&mut self, path: &str, name: &str, role: Option<&str>) -> Arn {
        let (partition, account) = (self.world.place.partition.clone(), self.source.clone());
        let arn = Arn::new(format!("arn:{partition}:iam::{account}:instance-profile{path}{name}"));
        let role = role.map(|role| Role {
            name: RoleName::from(role),
            arn: Arn::new(format!("arn:{partition}:iam::{account}:role{path}{role}")),
            id: format!("AROA{:017X}", self.world.number()),
            trust: TRUST.into(),
        });
        if let Some(shown) = role.clone() {
            let record = RoleRecord { shown, inline: Vec::new(), attached: vec![self.managed_policy()] };
            self.world.identity.roles.insert(record.shown.name.clone(), record);
        }
        self.world.identity.profiles.insert(name.into(), Profile { arn: arn.clone(), role });
        arn
    }

    fn managed_policy(&self) -> Arn {
        Arn::new(format!("arn:{}:iam::aws:policy/CloudWatchAgentServerPolicy", self.world.place.partition))
    }

    /// Gives an instance a profile, long ago.
    pub(super) fn associate(&mut self, instance: &InstanceId, profile: &Arn) {
        let id = casebook::id::ProfileAssociationId::new(self.world.fresh("iip-assoc"));
        let shown = ProfileAssociation {
            id: id.clone(),
            instance: instance.clone(),
            profile: profile.clone(),
            state: "associated".into(),
        };
        self.world.identity.associations.insert(id, shown);
    }
}
