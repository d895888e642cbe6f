use super::*;
use crate::effect::{Effect, ForensicEffect};
use crate::query::{Query, Side};
use crate::reading::Reading;
use crate::scene::storage::{Key, Snapshot, SnapshotState};
use crate::settings::{ForensicSettings, Policy, Settings, Verify};
use crate::step::StepStatus;
use crate::tags;
use crate::testkit::stage::{both_copies, copied, copies, shared};
use crate::testkit::things::{key as any_key, lock, snapshot};
use crate::testkit::{Bench, FORENSIC, FORENSIC_KEY, KEY, holds, settings, titles};

fn with(policy: Policy) -> Settings {
    Settings { policy, ..settings() }
}

/// Copied and locked; nothing compared yet.
fn unread(policy: Policy) -> Bench {
    let mut bench = copied(with(policy));
    bench.case.blocks.clear();
    for id in ["snap-1", "snap-2"] {
        bench.know(S::BlockCount(id.into()), Reading::Count(8));
    }
    for id in ["snap-c1", "snap-c2"] {
        bench.know(F::BlockCount(id.into()), Reading::Count(8));
    }
    bench
}

/// The forensic account sees this snapshot as shared.
fn seen(bench: &mut Bench, id: &str) {
    bench.know(F::SharedSnapshots(vec![id.into()]), Reading::Snapshots(vec![snapshot(id, "vol-1")]));
}

#[test]
fn the_key_must_be_the_forensic_accounts_own() {
    let own = |key: Option<&str>| ForensicSettings { account: FORENSIC.into(), key: key.map(Arn::from), subnet: None };
    let bench = shared(Settings { forensic: Some(own(None)), ..settings() });
    assert!(holds(&bench.plan(&CARD))[0].contains("forensic.kms_key_arn"));
    let bench = shared(Settings { forensic: Some(own(Some(KEY))), ..settings() });
    assert!(holds(&bench.plan(&CARD))[0].contains("belongs to the account 111111111111"));
    let mut bench = shared(settings());
    bench.know(F::Key(FORENSIC_KEY.into()), Reading::Key(Key { aws_managed: true, ..any_key(FORENSIC_KEY) }));
    assert!(holds(&bench.plan(&CARD))[0].contains("managed by AWS"));
    let off = Key { enabled: false, state: "PendingDeletion".into(), ..any_key(FORENSIC_KEY) };
    bench.know(F::Key(FORENSIC_KEY.into()), Reading::Key(off));
    assert!(holds(&bench.plan(&CARD))[0].contains("PendingDeletion"));
}

#[test]
fn copies_are_made_of_what_was_shared_and_name_their_original() {
    let bench = shared(settings());
    let agenda = bench.plan(&CARD);
    let order = |effect: &Effect| match effect {
        Effect::Forensic(ForensicEffect::CopySnapshot { snapshot, key, tags, .. }) => {
            assert_eq!((key.as_str(), tags[tags::STEP].as_str()), (FORENSIC_KEY, "copy"));
            assert!(tags[tags::LEDGER].starts_with("head-"));
            Some((snapshot.to_string(), tags[tags::SOURCE].clone()))
        }
        _ => None,
    };
    let orders: Vec<_> = agenda.perform.iter().filter_map(order).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(orders, [pair("snap-1", "snap-1"), pair("snap-2s", "snap-2")]);
    assert!(titles(&agenda).contains(&"copy ami-2 under the forensic key".to_owned()));
}

/// The head moves with every entry of `share`; an order that was sent stays as it was sent.
#[test]
fn an_order_keeps_its_value_when_the_ledger_grows() {
    let mut bench = shared(settings());
    let first = bench.plan(&CARD).perform.clone();
    for effect in &first {
        bench.lost(StepName::Copy, effect);
    }
    bench.step(StepName::Share, StepStatus::Done);
    bench.later(60);
    assert_eq!(bench.plan(&CARD).perform, first);
}

#[test]
fn a_share_that_is_not_seen_is_awaited_and_then_held() {
    let mut bench = shared(settings());
    let query = F::SharedSnapshots(vec!["snap-1".into(), "snap-2s".into()]);
    bench.know(query.clone(), Reading::Snapshots(vec![]));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.iter().all(|effect| !effect.title().contains("snap-")) && agenda.moves());
    bench.later(600);
    assert!(holds(&bench.plan(&CARD))[0].contains("does not see snap-1, snap-2s"));
}

#[test]
fn without_a_done_share_nothing_is_copied() {
    for status in [StepStatus::Failed, StepStatus::Waiting, StepStatus::Skipped, StepStatus::Unknown] {
        let mut bench = shared(settings());
        bench.step(StepName::Share, status);
        let agenda = bench.plan(&CARD);
        assert!(agenda.perform.is_empty(), "{status:?}");
        assert_eq!(agenda.is_open(), status != StepStatus::Skipped, "{status:?}");
    }
}

#[test]
fn a_silent_failure_holds_with_the_key() {
    let mut bench = shared(settings());
    let orders = bench.plan(&CARD).perform.clone();
    orders.iter().for_each(|effect| bench.done(StepName::Copy, effect, &["snap-c1"]));
    let mut read = both_copies();
    read[0].state = SnapshotState::Error;
    read[0].state_message = "Given key ID is not accessible".into();
    copies(&mut bench, read);
    seen(&mut bench, "snap-1");
    let why = holds(&bench.plan(&CARD)).join("\n");
    assert!(why.contains("Given key ID is not accessible") && why.contains(FORENSIC_KEY), "{why}");
}

#[test]
fn a_copy_under_another_key_or_of_another_size_holds() {
    for spoil in
        [(|s: &mut Snapshot| s.key = Some(KEY.into())) as fn(&mut Snapshot), |s| s.key = None, |s| s.size_gib = 4]
    {
        let mut bench = copied(settings());
        let mut read = both_copies();
        spoil(&mut read[1]);
        copies(&mut bench, read);
        assert!(holds(&bench.plan(&CARD))[0].contains("snap-c2"), "{:?}", holds(&bench.plan(&CARD)));
    }
}

#[test]
fn a_copy_of_another_owner_does_not_count() {
    let mut bench = copied(settings());
    let mut read = both_copies();
    read[0].owner = "999999999999".into();
    copies(&mut bench, read);
    seen(&mut bench, "snap-1");
    assert!(titles(&bench.plan(&CARD)).contains(&"copy snap-1 under the forensic key".to_owned()));
}

#[test]
fn every_copy_is_locked() {
    let mut bench = copied(settings());
    bench.know(F::Locks(vec!["snap-c1".into(), "snap-c2".into()]), Reading::Locks(vec![lock("snap-c1")]));
    assert_eq!(titles(&bench.plan(&CARD)), ["lock snap-c2 for 30 days"]);
    let bench = copied(with(Policy { lock_days: 0, ..Policy::default() }));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.warnings.iter().any(|line| line.contains("lock_days is 0")));
}

#[test]
fn blocks_are_read_on_both_sides_from_where_the_ledger_stops() {
    let mut bench = unread(Policy::default());
    let asks = |bench: &Bench| bench.plan(&CARD).observe.into_iter().collect::<Vec<_>>();
    let source = |id: &str, from| Query::from(S::Blocks(id.into(), from));
    let forensic = |id: &str, from| Query::from(F::Blocks(id.into(), from));
    let all = [source("snap-1", 0), source("snap-2", 0), forensic("snap-c1", 0), forensic("snap-c2", 0)];
    assert_eq!(asks(&bench), all);
    bench.run(Side::Source, "snap-1", 0, Some(4));
    bench.run(Side::Source, "snap-2", 0, None);
    assert_eq!(asks(&bench), [source("snap-1", 4), forensic("snap-c1", 0), forensic("snap-c2", 0)]);
    assert!(bench.plan(&CARD).proof.iter().any(|line| line.starts_with("comparing snap-c1 with snap-1: 16 blocks")));
}

/// A run that was answered and is not written yet is not asked for again.
#[test]
fn an_answered_run_waits_for_the_ledger() {
    let mut bench = unread(Policy::default());
    let run = crate::scene::storage::BlockRun { blocks: vec![], read: 4, next: Some(4) };
    bench.know(S::Blocks("snap-1".into(), 0), Reading::Blocks(run));
    let agenda = bench.plan(&CARD);
    assert!(!agenda.observe.contains(&S::Blocks("snap-1".into(), 0).into()) && agenda.moves());
}

#[test]
fn a_difference_holds() {
    let mut bench = copied(settings());
    bench.manifest(Side::Forensic, "snap-c2", "other");
    let why = holds(&bench.plan(&CARD)).join("\n");
    assert!(why.contains("snap-c2 differs from its source snap-2"), "{why}");
}

#[test]
fn what_is_not_compared_is_said() {
    let policies =
        [Policy { verify: Verify::State, ..Policy::default() }, Policy { verify_max_gib: 4, ..Policy::default() }];
    for policy in policies {
        let bench = unread(policy);
        let agenda = bench.plan(&CARD);
        assert!(!agenda.is_open() && agenda.observe.is_empty());
        assert_eq!(agenda.warnings.iter().filter(|line| line.contains("stays shut")).count(), 2);
    }
    let always = unread(Policy { verify: Verify::Blocks, verify_max_gib: 4, ..Policy::default() });
    assert_eq!(always.plan(&CARD).observe.len(), 4);
}

#[test]
fn done_is_copied_locked_and_equal() {
    let bench = copied(settings());
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open(), "{:?} {:?}", titles(&agenda), holds(&agenda));
    let summary = agenda.proof.last().expect("a summary");
    assert!(
        summary.contains("2 copies") && summary.contains("2 equal") && summary.contains("ami-2 as ami-c"),
        "{summary}"
    );
}
