//! What custody would do in the forensic account, rehearsed. Nothing of a case is there yet, so most
//! calls name a snapshot or an image that does not exist: that a permission is missing is certain
//! when EC2 says so; that EC2 does not know the thing proves nothing, and is said as that.

use super::Finding;
use super::rehearsal::one;
use casebook::effect::{Effect, ForensicEffect as E, Launch};
use casebook::id::{Arn, CaseId};
use casebook::query::{ForensicQuery as F, Query};
use casebook::reading::Reading;
use casebook::scene::enclave::Enclave;
use casebook::scene::instance::Tags;
use casebook::settings::ForensicSettings;
use casebook::tags;
use engine::Cloud;
use futures_util::future::join_all;

/// An id of the right shape that nothing has.
const SNAPSHOT: &str = "snap-00000000000000000";
const IMAGE: &str = "ami-00000000000000000";
const GROUP: &str = "sg-00000000000000000";
/// A type that every region has, for the rehearsal of a launch.
const KIND: &str = "t3.micro";

/// Rehearses copies, locks, volumes, the group and the launch, as far as the settings name where.
pub(super) async fn rehearse<C: Cloud>(cloud: &C, settings: &ForensicSettings, lock_days: u16) -> Vec<Finding> {
    let enclave = match &settings.subnet {
        Some(subnet) => cloud.observe(&Query::from(F::Enclave(subnet.clone()))).await.value.ok(),
        None => None,
    };
    let mut effects = locks(lock_days);
    effects.extend(settings.key.iter().flat_map(copies));
    if let Some(Reading::Enclave(enclave)) = &enclave {
        effects.extend(settings.key.iter().map(|key| disk(enclave, key)));
        effects.extend(machine(enclave));
    }
    join_all(effects.iter().map(|effect| one(cloud, effect))).await
}

fn locks(days: u16) -> Vec<Effect> {
    if days == 0 { Vec::new() } else { vec![E::LockSnapshot { snapshot: SNAPSHOT.into(), days }.into()] }
}

fn copies(key: &Arn) -> [Effect; 2] {
    let (key, tags, name) = (key.clone(), our_tags(), "impound-doctor".to_owned());
    let snapshot =
        E::CopySnapshot { snapshot: SNAPSHOT.into(), key: key.clone(), description: name.clone(), tags: tags.clone() };
    let image = E::CopyImage { image: IMAGE.into(), key, name: name.clone(), token: name, tags };
    [snapshot.into(), image.into()]
}

fn disk(enclave: &Enclave, key: &Arn) -> Effect {
    let (zone, token) = (enclave.subnet.zone.clone(), "impound-doctor".to_owned());
    E::CreateVolume { snapshot: SNAPSHOT.into(), zone, key: key.clone(), token, tags: our_tags() }.into()
}

fn machine(enclave: &Enclave) -> [Effect; 2] {
    let (vpc, name, tags) = (enclave.subnet.vpc.clone(), "impound-doctor".to_owned(), our_tags());
    let group = E::CreateGroup { vpc, name: name.clone(), description: name.clone(), tags: tags.clone() };
    let launch = Launch {
        image: IMAGE.into(),
        instance_type: KIND.into(),
        subnet: enclave.subnet.id.clone(),
        group: GROUP.into(),
        token: name,
        tags,
    };
    [group.into(), E::Launch(launch).into()]
}

fn our_tags() -> Tags {
    tags::of(&CaseId::new("doctor"), "doctor")
}
