//! The permissions that EC2 can rehearse (`DryRun`), on a real instance and without changing it
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>).

use super::{Finding, Health};
use casebook::effect::{Effect, Rehearsal, SourceEffect as E, Switch};
use casebook::fault::FaultClass;
use casebook::id::{CaseId, InstanceId};
use casebook::query::{Query, Side, SourceQuery as S};
use casebook::reading::Reading;
use casebook::scene::instance::{Instance, ShutdownBehavior};
use casebook::scene::network::{Direction, Interface, Peer, Rule};
use casebook::settings::Settings;
use casebook::tags;
use engine::Cloud;
use futures_util::future::join_all;

/// Ids of the right shape that nothing has: for what a run would make first.
const SNAPSHOT: &str = "snap-00000000000000000";
const IMAGE: &str = "ami-00000000000000000";
const GROUP: &str = "sg-00000000000000000";

/// Rehearses what a response would do to an instance.
pub(super) async fn rehearse<C: Cloud>(cloud: &C, id: &InstanceId, settings: &Settings) -> Vec<Finding> {
    let (what, shape) = (Query::from(S::Instance(id.clone())), Query::from(S::Interfaces(id.clone())));
    let instance = match cloud.observe(&what).await.value {
        Ok(Reading::Instance(instance)) => *instance,
        Ok(_) => return vec![Finding::new("instance", Health::Fail, "AWS answered with something else")],
        Err(fault) => return vec![Finding::new("instance", Health::Fail, format!("{id} can not be read: {fault}"))],
    };
    let interfaces = match cloud.observe(&shape).await.value {
        Ok(Reading::Interfaces(interfaces)) => interfaces,
        Ok(_) => Vec::new(),
        Err(fault) => return vec![Finding::unread("interfaces", &shape, &fault)],
    };
    let mut effects = effects(&instance, &interfaces);
    effects.extend(later(&instance, settings));
    join_all(effects.iter().map(|effect| one(cloud, effect))).await
}

/// Rehearses one change.
pub(super) async fn one<C: Cloud>(cloud: &C, effect: &Effect) -> Finding {
    let what = &name(effect);
    if effect.rehearsal() == Rehearsal::Predicted {
        return Finding::new(what, Health::Warn, "can not be rehearsed: the API has no dry run");
    }
    match cloud.rehearse(effect).await.value {
        Ok(()) => Finding::new(what, Health::Ok, format!("would be allowed to {}", effect.title())),
        Err(fault) if fault.class == FaultClass::Denied => {
            Finding::new(what, Health::Fail, format!("{fault}; allow {}", effect.actions().join(", ")))
        }
        Err(fault) if fault.class == FaultClass::NotFound => {
            let why = format!("not proved: EC2 rehearses it only on one that exists ({})", fault.code);
            Finding::new(what, Health::Warn, why)
        }
        Err(fault) => Finding::new(what, Health::Warn, format!("not proved: {fault}")),
    }
}

/// The action, and the account where it is not the one under investigation.
fn name(effect: &Effect) -> String {
    let action = effect.actions().first().copied().unwrap_or_default();
    match effect.side() {
        Side::Source => action.to_owned(),
        Side::Forensic => format!("forensic {action}"),
    }
}

/// What a response would do, in the shape in which it would do it.
fn effects(instance: &Instance, interfaces: &[Interface]) -> Vec<Effect> {
    let id = instance.id.clone();
    let tags = tags::of(&CaseId::new("doctor"), "doctor");
    let mut effects: Vec<Effect> = vec![
        E::Tag { resources: vec![id.to_string()], tags: tags.clone() }.into(),
        E::SetTerminationProtection { instance: id.clone(), to: Switch::On }.into(),
        E::SetStopProtection { instance: id.clone(), to: Switch::On }.into(),
        E::SetShutdownBehavior { instance: id.clone(), to: ShutdownBehavior::Stop }.into(),
        E::CreateSnapshots { instance: id.clone(), description: "doctor".into(), tags: tags.clone() }.into(),
        E::CreateImage { instance: id, name: "impound-doctor".into(), tags: tags.clone() }.into(),
    ];
    effects.extend(
        instance.vpc.clone().map(|vpc| {
            E::CreateGroup { vpc, name: "impound-doctor".into(), description: "doctor".into(), tags }.into()
        }),
    );
    effects.extend(interfaces.first().map(|interface| {
        E::SetInterfaceGroups { interface: interface.id.clone(), groups: interface.groups.clone() }.into()
    }));
    effects
}

/// What a response would do later: to what it makes itself, and at the end. Nothing of it is there yet,
/// so it names what nothing is; the termination can not name anything else.
fn later(instance: &Instance, settings: &Settings) -> Vec<Effect> {
    let disk = instance.block_devices.first().map(|disk| {
        let (device, to) = (disk.device.clone(), Switch::from(disk.delete_on_termination));
        E::SetDeleteOnTermination { instance: instance.id.clone(), device, to }
    });
    let days = settings.policy.lock_days;
    let lock = (days > 0).then(|| E::LockSnapshot { snapshot: SNAPSHOT.into(), days });
    let with = settings.forensic.as_ref().map(|forensic| forensic.account.clone());
    let shares = with.into_iter().flat_map(|with| {
        let image = E::ShareImage { image: IMAGE.into(), with: with.clone() };
        [E::ShareSnapshot { snapshot: SNAPSHOT.into(), with }, image]
    });
    let rules = [Direction::Egress, Direction::Ingress].map(everywhere);
    let revoke = rules.map(|rule| E::RevokeRules { group: GROUP.into(), rules: vec![rule] });
    let all = disk.into_iter().chain(lock).chain(shares).chain(revoke).chain([E::terminate_nothing()]);
    all.map(Effect::from).collect()
}

/// The rule with which AWS makes a group: everything, to everywhere.
fn everywhere(direction: Direction) -> Rule {
    Rule { direction, protocol: "-1".into(), from: None, to: None, peer: Peer::Ipv4("0.0.0.0/0".into()) }
}
