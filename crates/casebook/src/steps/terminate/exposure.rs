//! What is shown at the gate: what is secured, and what is lost for good.

use crate::custody::readings::last;
use crate::custody::{Secured, secured, volumes_at_stake};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::Instance;
use crate::scene::storage::Detached;
use crate::view::View;

/// The sentences that a person approves.
pub(super) fn exposure(view: View<'_>) -> Vec<String> {
    let target = &view.case.target.instance;
    let mut lines = vec![format!("{target} is terminated for good; its operating system gets no shutdown")];
    lines.extend(volumes_at_stake(view).keys().filter_map(|id| secured(view, id).ok()).map(kept));
    lines.push(format!("lost: what is only in the memory of {target}"));
    lines.extend(captured(view).into_iter().flat_map(|instance| lost(view, instance)));
    lines.extend(unsearched(view));
    lines
}

fn kept(Secured { original, copy, manifest }: Secured<'_>) -> String {
    format!(
        "{}: {} is copied as {} in account {}, locked, and equal in {} blocks (manifest {})",
        original.volume, original.id, copy.id, copy.owner, manifest.blocks, manifest.sha256
    )
}

fn captured(view: View<'_>) -> Option<&Instance> {
    match view.case.baseline.scene.last(&S::Instance(view.case.target.instance.clone()).into())? {
        Reading::Instance(instance) => Some(instance),
        _ => None,
    }
}

fn lost(view: View<'_>, instance: &Instance) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Reading::InstanceType(kind)) = last(view, S::InstanceType(instance.instance_type.clone()))
        && kind.instance_store_gib > 0
    {
        lines.push(format!("lost: {} GiB of instance store", kind.instance_store_gib));
    }
    if let Some(address) = &instance.public_ip {
        lines.push(format!("lost: the public address {address}, unless it is an Elastic IP address"));
    }
    lines
}

/// Where detached volumes were not looked for, or not far enough.
fn unsearched(view: View<'_>) -> Option<String> {
    let query: Query = S::DetachedVolumes(view.case.target.instance.clone()).into();
    if let Some(Err(fault)) = view.scene.fact(&query).map(|fact| &fact.answer) {
        return Some(format!("volumes that were detached before the case was opened could not be looked for: {fault}"));
    }
    match last(view, query)? {
        Reading::Detached(Detached { whole: false, .. }) => Some(
            "CloudTrail's oldest events were not read: volumes detached long before the case was opened are not known"
                .into(),
        ),
        _ => None,
    }
}
