//! What of the evidence stands in AWS: snapshots, images, volumes and instances of both accounts,
//! as last read. Where nothing was read, in this run or before, the ledger's own record stands in.

use super::origin::{copied_from, part};
use super::readings::{alone, is_copy, last, locked, made_by, snapshots, source};
use crate::evidence::{Evidence, EvidenceKind as Kind, EvidenceState as State};
use crate::id::AccountId;
use crate::query::{ForensicQuery as F, Side, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::{InstanceState, Tags};
use crate::scene::storage::{Image, Snapshot, SnapshotState};
use crate::step::StepName;
use crate::steps::snapshot::is_original;
use crate::view::View;

/// One account's part of the index.
struct Shelf<'a> {
    view: View<'a>,
    side: Side,
    account: AccountId,
}

/// All items that stand in AWS.
pub(crate) fn in_the_cloud(view: View<'_>) -> Vec<Evidence> {
    let source = Shelf { view, side: Side::Source, account: view.case.target.account.clone() };
    let mut items = source.snapshots();
    items.extend(source.images());
    if let Some(forensic) = &view.case.settings.forensic {
        let shelf = Shelf { view, side: Side::Forensic, account: forensic.account.clone() };
        items.extend(shelf.snapshots());
        items.extend(shelf.images());
        items.extend(shelf.volumes());
        items.extend(shelf.instances());
    }
    items
}

impl Shelf<'_> {
    fn snapshots(&self) -> Vec<Evidence> {
        let Some(read) = snapshots(self.view, self.side) else { return self.written(Kind::Snapshot) };
        read.iter().filter_map(|snapshot| self.snapshot(snapshot, self.origin(snapshot)?)).collect()
    }

    /// What a snapshot of the case was made from: by the ledger where others than we can tag it.
    fn origin(&self, snapshot: &Snapshot) -> Option<String> {
        let case = self.view.case;
        match self.side {
            Side::Source if is_original(case, snapshot) => Some(snapshot.volume.to_string()),
            Side::Source => copied_from(case, snapshot).map(ToString::to_string),
            Side::Forensic => {
                let ours = is_copy(snapshot);
                ours.then(|| source(&snapshot.tags).unwrap_or(snapshot.volume.as_str()).to_owned())
            }
        }
    }

    fn snapshot(&self, snapshot: &Snapshot, from: String) -> Option<Evidence> {
        let state = match snapshot.state {
            SnapshotState::Error => return None,
            SnapshotState::Pending | SnapshotState::Elsewhere => State::Requested,
            SnapshotState::Completed => self.whole(snapshot),
        };
        let manifest = self.view.case.manifest(self.side, &snapshot.id);
        let mut item = self.item(Kind::Snapshot, snapshot.id.as_str(), Some(from), state);
        item.locked = locked(self.view, self.side, &snapshot.id);
        item.sha256 = manifest.map(|manifest| manifest.sha256.clone());
        Some(item)
    }

    fn whole(&self, snapshot: &Snapshot) -> State {
        match self.side {
            Side::Source if self.shared(S::SnapshotSharing(snapshot.id.clone())) => State::Shared,
            Side::Forensic if snapshot.owner == self.account && self.equals_source(snapshot) => State::Verified,
            Side::Forensic if snapshot.owner == self.account => State::Copied,
            _ => State::Completed,
        }
    }

    fn equals_source(&self, copy: &Snapshot) -> bool {
        let case = self.view.case;
        let own = case.manifest(Side::Forensic, &copy.id);
        let source = source(&copy.tags).and_then(|id| case.manifest(Side::Source, &id.into()));
        own.zip(source).is_some_and(|(own, source)| own.sha256 == source.sha256)
    }

    fn shared(&self, query: S) -> bool {
        let forensic = self.view.case.settings.forensic.as_ref();
        match (last(self.view, query), forensic) {
            (Some(Reading::Sharing(sharing)), Some(forensic)) => alone(sharing, &forensic.account),
            _ => false,
        }
    }

    fn images(&self) -> Vec<Evidence> {
        let case = self.view.case.id.clone();
        let read = match self.side {
            Side::Source => last(self.view, S::CaseImages(case)),
            Side::Forensic => last(self.view, F::CaseImages(case)),
        };
        let Some(Reading::Images(images)) = read else { return self.written(Kind::Image) };
        let ours = |image: &&Image| match self.side {
            Side::Source => part(self.view.case, image).is_some(),
            Side::Forensic => made_by(&image.tags, StepName::Copy),
        };
        images.iter().filter(ours).filter_map(|image| self.image(image)).collect()
    }

    fn image(&self, image: &Image) -> Option<Evidence> {
        let state = match (image.state.as_str(), self.side) {
            ("pending", _) => State::Requested,
            ("available", Side::Forensic) if image.owner == self.account => State::Copied,
            ("available", Side::Source) if self.shared(S::ImageSharing(image.id.clone())) => State::Shared,
            ("available", Side::Source) => State::Completed,
            _ => return None,
        };
        Some(self.tagged(Kind::Image, image.id.as_str(), &image.tags, state))
    }

    fn volumes(&self) -> Vec<Evidence> {
        let read = last(self.view, F::CaseVolumes(self.view.case.id.clone()));
        let Some(Reading::Volumes(volumes)) = read else { return self.written(Kind::Volume) };
        let state = |state: &str| match state {
            "available" | "in-use" => Some(State::Copied),
            "creating" => Some(State::Requested),
            _ => None,
        };
        let ours = volumes.iter().filter(|v| made_by(&v.tags, StepName::Rebuild) && source(&v.tags).is_some());
        ours.filter_map(|v| Some(self.tagged(Kind::Volume, v.id.as_str(), &v.tags, state(&v.state)?))).collect()
    }

    fn instances(&self) -> Vec<Evidence> {
        let read = last(self.view, F::CaseInstances(self.view.case.id.clone()));
        let Some(Reading::Instances(instances)) = read else { return self.written(Kind::Instance) };
        let state = |state| match state {
            InstanceState::Pending => Some(State::Requested),
            InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => Some(State::Copied),
            InstanceState::ShuttingDown | InstanceState::Terminated => None,
        };
        let ours = instances.iter().filter(|i| made_by(&i.tags, StepName::Rebuild));
        ours.filter_map(|i| Some(self.tagged(Kind::Instance, i.id.as_str(), &i.tags, state(i.state)?))).collect()
    }

    fn written(&self, kind: Kind) -> Vec<Evidence> {
        let items = self.view.case.evidence.values();
        items.filter(|item| item.kind == kind && item.account == self.account).cloned().collect()
    }

    fn tagged(&self, kind: Kind, id: &str, tags: &Tags, state: State) -> Evidence {
        self.item(kind, id, source(tags).map(str::to_owned), state)
    }

    fn item(&self, kind: Kind, id: &str, source: Option<String>, state: State) -> Evidence {
        let (account, region) = (self.account.clone(), self.view.case.target.region.clone());
        Evidence { kind, id: id.to_owned(), account, region, source, state, locked: false, sha256: None }
    }
}
