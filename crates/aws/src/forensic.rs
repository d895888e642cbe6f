//! The forensic account: which question and which change becomes which calls.

use crate::both::groups::NewGroup;
use crate::both::images::ImageCopy;
use crate::both::snapshots::SnapshotCopy;
use crate::both::{attributes, blocks, groups, images, interfaces, keys, profiles, quotas, snapshots};
use crate::clients::Clients;
use crate::mode::Mode;
use casebook::effect::ForensicEffect as E;
use casebook::fault::Fault;
use casebook::query::ForensicQuery as Q;
use casebook::reading::{Made, Reading};

use rebuild::NewVolume;

mod enclave;
mod rebuild;
mod shared;

/// The answer to a question.
pub(crate) async fn observe(c: &Clients, query: &Q) -> Result<Reading, Fault> {
    match query {
        Q::Identity => c.identity().await.map(Reading::Identity),
        Q::SharedSnapshots(ids) => shared::snapshots(c, ids).await,
        Q::SharedImages(ids) => shared::images(c, ids).await,
        Q::CaseSnapshots(case) => snapshots::of_case(c, case).await,
        Q::CaseImages(case) => images::of_case(c, case).await,
        Q::Locks(ids) => snapshots::locks(c, ids).await,
        Q::CaseVolumes(case) => rebuild::volumes(c, case).await,
        Q::CaseInstances(case) => rebuild::instances(c, case).await,
        Q::CaseGroups(case) => groups::of_case(c, case).await,
        Q::Interfaces(id) => interfaces::of_instance(c, id).await.map(Reading::Interfaces),
        Q::ProfileAssociations(id) => profiles::of_instance(c, id).await,
        Q::Attribute(id, attribute) => attributes::read(c, id, *attribute).await,
        Q::Key(arn) => keys::read(c, arn).await,
        Q::Enclave(subnet) => enclave::read(c, subnet).await,
        Q::Quota(quota) => quotas::read(c, *quota).await,
        Q::BlockCount(id) => blocks::count(c, id).await,
        Q::Blocks(id, from) => blocks::run(c, id, *from).await,
    }
}

/// Makes a change, or rehearses it.
pub(crate) async fn change(c: &Clients, effect: &E, mode: Mode) -> Result<Made, Fault> {
    match effect {
        E::CopySnapshot { snapshot, key, description, tags } => {
            snapshots::copy(c, SnapshotCopy { of: snapshot, key, description, tags }, mode).await
        }
        E::CopyImage { image, key, name, token, tags } => {
            images::copy(c, ImageCopy { of: image, key, name, token, tags }, mode).await
        }
        E::LockSnapshot { snapshot, days } => snapshots::lock_for(c, snapshot, *days, mode).await,
        E::CreateVolume { snapshot, zone, key, token, tags } => {
            rebuild::volume(c, NewVolume { snapshot, zone, key, token, tags }, mode).await
        }
        E::CreateGroup { vpc, name, description, tags } => {
            groups::create(c, NewGroup { vpc, name, description, tags }, mode).await
        }
        E::RevokeRules { group, rules } => groups::revoke(c, group, rules, mode).await,
        E::Launch(launch) => rebuild::launch(c, launch, mode).await,
    }
}
