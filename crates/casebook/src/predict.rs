//! Prediction: what a question would be answered after effects that have not taken place. It lets a
//! dry run go through the whole response, and lets a reading be held against what was expected.
//!
//! Written apart from the simulated cloud, so that belief and world can contradict each other. It
//! is optimistic where AWS takes its time: what would be pending is shown as complete.

use crate::effect::{Effect, ForensicEffect, SourceEffect};
use crate::query::{ForensicQuery, Query, SourceQuery};
use crate::reading::{Made, Reading};
use crate::scene::storage::{BlockRun, Key, Sharing};

mod evidence;
mod network;
mod role;
mod settings;

/// An effect that was predicted, and what it would have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicted {
    /// The effect.
    pub effect: Effect,
    /// The predicted ids.
    pub made: Made,
}

/// What predicted ids look like: nobody takes them for AWS's.
pub fn is_predicted(id: &str) -> bool {
    id.starts_with('(')
}

/// What an effect would make.
pub fn made(effect: &Effect, attached: &[crate::id::VolumeId]) -> Made {
    use ForensicEffect as F;
    use SourceEffect as S;
    match effect {
        Effect::Source(S::CreateGroup { name, .. }) | Effect::Forensic(F::CreateGroup { name, .. }) => {
            Made::one(format!("(group {name})"))
        }
        Effect::Source(S::CreateAcl { vpc, .. }) => Made::one(format!("(deny-all network ACL of {vpc})")),
        Effect::Source(S::CreateSnapshots { .. }) => {
            Made { ids: attached.iter().map(|v| format!("(snapshot of {v})")).collect() }
        }
        Effect::Source(S::CreateSnapshot { volume, .. }) => Made::one(format!("(snapshot of {volume})")),
        Effect::Source(S::CreateImage { instance, .. }) => Made::one(format!("(image of {instance})")),
        Effect::Source(S::Reencrypt { snapshot, .. }) => {
            Made::one(format!("(re-encrypted {})", bare(snapshot.as_str())))
        }
        Effect::Source(S::ReencryptImage { image, .. }) => {
            Made::one(format!("(re-encrypted {})", bare(image.as_str())))
        }
        Effect::Source(S::ReplaceProfile { .. } | S::AssociateProfile { .. }) => Made::one("(profile association)"),
        Effect::Source(S::AssociateAddress { .. }) => Made::one("(address association)"),
        Effect::Forensic(F::CopySnapshot { snapshot, .. }) => {
            Made::one(format!("(copy of {})", bare(snapshot.as_str())))
        }
        Effect::Forensic(F::CopyImage { image, .. }) => Made::one(format!("(copy of {})", bare(image.as_str()))),
        Effect::Forensic(F::CreateVolume { snapshot, .. }) => {
            Made::one(format!("(volume from {})", bare(snapshot.as_str())))
        }
        Effect::Forensic(F::Launch(launch)) => Made::one(format!("(instance of {})", bare(launch.image.as_str()))),
        _ => Made::nothing(),
    }
}

/// A predicted id within another one, without its parentheses.
fn bare(id: &str) -> &str {
    id.trim_start_matches('(').trim_end_matches(')')
}

/// Whether a question names something that does not exist yet: AWS can not be asked.
pub fn names_predicted(query: &Query) -> bool {
    use ForensicQuery as F;
    use SourceQuery as S;
    match query {
        Query::Source(S::Locks(ids)) | Query::Forensic(F::Locks(ids) | F::SharedSnapshots(ids)) => {
            ids.iter().any(|id| is_predicted(id.as_str()))
        }
        Query::Source(S::SnapshotSharing(id) | S::BlockCount(id) | S::Blocks(id, _))
        | Query::Forensic(F::BlockCount(id) | F::Blocks(id, _)) => is_predicted(id.as_str()),
        Query::Source(S::ImageSharing(id)) => is_predicted(id.as_str()),
        Query::Forensic(F::SharedImages(ids)) => ids.iter().any(|id| is_predicted(id.as_str())),
        Query::Source(S::GroupMembers(ids) | S::Groups(ids) | S::GroupReferences(ids)) => {
            ids.iter().any(|id| is_predicted(id.as_str()))
        }
        Query::Forensic(F::Interfaces(id) | F::ProfileAssociations(id) | F::Attribute(id, _)) => {
            is_predicted(id.as_str())
        }
        _ => false,
    }
}

/// What is answered about things that do not exist yet, before the effects are counted in.
pub fn blank(query: &Query) -> Reading {
    use ForensicQuery as F;
    use SourceQuery as S;
    match query {
        Query::Source(S::SnapshotSharing(_) | S::ImageSharing(_)) => Reading::Sharing(Sharing::default()),
        Query::Source(S::Locks(_)) | Query::Forensic(F::Locks(_)) => Reading::Locks(Vec::new()),
        Query::Forensic(F::SharedSnapshots(_)) => Reading::Snapshots(Vec::new()),
        Query::Forensic(F::SharedImages(_)) => Reading::Images(Vec::new()),
        Query::Source(S::BlockCount(_)) | Query::Forensic(F::BlockCount(_)) => Reading::Count(0),
        Query::Source(S::Blocks(..)) | Query::Forensic(F::Blocks(..)) => {
            Reading::Blocks(BlockRun { blocks: Vec::new(), read: 0, next: None })
        }
        Query::Source(S::GroupMembers(_)) => Reading::Neighbours(Vec::new()),
        Query::Forensic(F::Interfaces(_)) => Reading::Interfaces(Vec::new()),
        Query::Forensic(F::ProfileAssociations(_)) => Reading::Associations(Vec::new()),
        Query::Forensic(F::Attribute(_, attribute)) => Reading::Attribute(settings::launched(*attribute)),
        Query::Source(S::Key(arn)) | Query::Forensic(F::Key(arn)) => {
            Reading::Key(Key { arn: arn.clone(), enabled: true, aws_managed: false, state: "Enabled".into() })
        }
        _ => Reading::Groups(Vec::new()),
    }
}

/// The answer to a question as it would be after `effects`, from the answer as it is now.
pub fn after(query: &Query, reading: Reading, effects: &[Predicted], known: &Known<'_>) -> Reading {
    effects.iter().fold(reading, |reading, predicted| step(query, reading, predicted, known))
}

/// What a prediction may know beside the effects.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The case's account.
    pub account: &'a crate::id::AccountId,
    /// The forensic account, if configured.
    pub forensic: Option<&'a crate::id::AccountId>,
    /// The volumes attached to the instance.
    pub volumes: &'a [crate::scene::storage::Volume],
    /// Snapshots that exist.
    pub snapshots: &'a [crate::scene::storage::Snapshot],
    /// The time, RFC 3339.
    pub now: &'a str,
}

fn step(query: &Query, reading: Reading, predicted: &Predicted, known: &Known<'_>) -> Reading {
    let reading = settings::after(query, reading, predicted);
    let reading = network::after(query, reading, predicted, known);
    let reading = role::after(query, reading, predicted);
    evidence::after(query, reading, predicted, known)
}

/// The first predicted id.
fn first(made: &Made) -> &str {
    made.ids.first().map_or("(unnamed)", String::as_str)
}
