//! One thing shared with one account: read, strangers out, the forensic account in, read back.

use crate::agenda::Agenda;
use crate::custody::readings::alone;
use crate::effect::{Effect, SourceEffect};
use crate::id::{AccountId, ImageId, SnapshotId};
use crate::query::SourceQuery as S;
use crate::scene::storage::Sharing;

/// Something that is shared.
pub(super) enum Shared {
    Snapshot(SnapshotId),
    Image(ImageId),
}

impl Shared {
    fn id(&self) -> &str {
        match self {
            Self::Snapshot(id) => id.as_str(),
            Self::Image(id) => id.as_str(),
        }
    }

    fn question(&self) -> S {
        match self {
            Self::Snapshot(id) => S::SnapshotSharing(id.clone()),
            Self::Image(id) => S::ImageSharing(id.clone()),
        }
    }

    fn with(&self, account: &AccountId) -> Effect {
        let with = account.clone();
        match self {
            Self::Snapshot(id) => SourceEffect::ShareSnapshot { snapshot: id.clone(), with }.into(),
            Self::Image(id) => SourceEffect::ShareImage { image: id.clone(), with }.into(),
        }
    }

    fn without(&self, from: Vec<AccountId>) -> Effect {
        match self {
            Self::Snapshot(id) => SourceEffect::UnshareSnapshot { snapshot: id.clone(), from }.into(),
            Self::Image(id) => SourceEffect::UnshareImage { image: id.clone(), from }.into(),
        }
    }

    fn read<'a>(&self, agenda: &mut Agenda<'a>) -> Option<&'a Sharing> {
        match self {
            Self::Snapshot(id) => agenda.snapshot_sharing(id),
            Self::Image(id) => agenda.image_sharing(id),
        }
    }
}

/// Strangers out first, then the forensic account in, until exactly that was read back.
pub(super) fn share(agenda: &mut Agenda<'_>, what: Shared, forensic: &AccountId) {
    name_strangers(agenda, &what);
    let Some(sharing) = what.read(agenda) else { return };
    let mut strangers: Vec<_> = sharing.accounts.iter().filter(|account| *account != forensic).cloned().collect();
    strangers.sort();
    if sharing.public || !strangers.is_empty() {
        agenda.act(what.without(strangers), what.question());
    } else if !alone(sharing, forensic) {
        agenda.act(what.with(forensic), what.question());
    }
}

/// Who was taken out stays known, from the ledger, after the sharing is as it should be.
fn name_strangers(agenda: &mut Agenda<'_>, what: &Shared) {
    for effect in agenda.view.case.attempts.keys() {
        let from = match (effect, what) {
            (Effect::Source(SourceEffect::UnshareSnapshot { snapshot, from }), Shared::Snapshot(id))
                if snapshot == id =>
            {
                from
            }
            (Effect::Source(SourceEffect::UnshareImage { image, from }), Shared::Image(id)) if image == id => from,
            _ => continue,
        };
        let names = from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { "everybody".to_owned() } else { names };
        agenda.warn(format!(
            "{} was shared with {names}, by someone else; that was withdrawn: find out who did it (CloudTrail)",
            what.id()
        ));
    }
}
