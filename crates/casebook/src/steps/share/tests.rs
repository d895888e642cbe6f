use super::*;
use crate::query::ForensicQuery as F;
use crate::reading::{Identity, Reading};
use crate::scene::storage::Sharing;
use crate::settings::{ForensicSettings, Settings};
use crate::testkit::stage::{preserved, reencrypted, shared, sources};
use crate::testkit::things::{derived, sharing};
use crate::testkit::{ACCOUNT, Bench, FORENSIC, KEY, SHARE_KEY, holds, settings, titles};
use jiff::SignedDuration as Duration;

fn unshared() -> Bench {
    let mut bench = shared(settings());
    for id in ["snap-1", "snap-2s", "snap-i3", "snap-i4"] {
        bench.know(S::SnapshotSharing(id.into()), Reading::Sharing(sharing(&[])));
    }
    bench.know(S::ImageSharing("ami-2".into()), Reading::Sharing(sharing(&[])));
    bench
}

#[test]
fn what_is_missing_in_the_settings_is_named() {
    let bench = preserved(Settings { forensic: None, ..settings() });
    assert!(holds(&bench.plan(&CARD))[0].contains("account_id, role_arn and kms_key_arn"));
    let same = ForensicSettings { account: ACCOUNT.into(), key: None, subnet: None };
    let bench = preserved(Settings { forensic: Some(same), ..settings() });
    assert!(holds(&bench.plan(&CARD))[0].contains("separate forensic account"));
    let bench = preserved(Settings { share_key: None, ..settings() });
    let agenda = bench.plan(&CARD);
    let why = holds(&agenda).join("\n");
    assert!(why.contains("snap-2 of vol-2") && why.contains("source.share_kms_key_arn"), "{why}");
    assert!(agenda.perform.iter().all(|effect| !effect.title().contains("snap-2 ")));
}

#[test]
fn credentials_of_another_account_hold() {
    let mut bench = preserved(settings());
    let stranger = Identity { account: "333333333333".into(), arn: "arn:aws:iam::333333333333:role/x".into() };
    bench.know(F::Identity, Reading::Identity(stranger));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && holds(&agenda)[0].contains("333333333333"));
}

#[test]
fn only_what_is_barred_is_copied_under_the_share_key() {
    let bench = preserved(settings());
    let agenda = bench.plan(&CARD);
    let copies: Vec<_> = titles(&agenda).into_iter().filter(|title| title.starts_with("copy")).collect();
    assert_eq!(copies, [format!("copy snap-2 under the share key {SHARE_KEY}")]);
}

/// Whoever may tag can tag any snapshot like a copy of ours: it is neither locked nor shared.
#[test]
fn a_snapshot_that_is_only_tagged_like_a_copy_is_left_alone() {
    let mut bench = preserved(settings());
    sources(&mut bench, vec![derived("snap-forged", "share", "snap-2", SHARE_KEY)]);
    let agenda = bench.plan(&CARD);
    assert!(titles(&agenda).contains(&format!("copy snap-2 under the share key {SHARE_KEY}")), "{:?}", titles(&agenda));
    let told = format!("{:?} {:?}", agenda.perform, agenda.observe);
    assert!(!told.contains("snap-forged"), "{told}");
}

/// After a lost answer the key and the time decide besides the tag.
#[test]
fn a_lost_copy_is_adopted_by_key_and_time() {
    let mut bench = preserved(settings());
    let first = bench.plan(&CARD).perform.iter().find(|effect| effect.title().starts_with("copy")).cloned();
    bench.lost(StepName::Share, &first.expect("a copy"));
    let begun = |seconds: i64| (bench.now + Duration::from_secs(seconds)).to_string();
    let copy =
        |key: &str, seconds: i64| Snapshot { started: begun(seconds), ..derived("snap-2s", "share", "snap-2", key) };
    let of = |snapshot: &Snapshot| copied_from(&bench.case, snapshot).map(ToString::to_string);
    assert_eq!(of(&copy(SHARE_KEY, 5)).as_deref(), Some("snap-2"));
    assert_eq!(of(&copy(SHARE_KEY, -3600)), None);
    assert_eq!(of(&copy(KEY, 5)), None);
}

#[test]
fn a_key_that_the_forensic_account_may_not_use_is_barred_too() {
    let mut bench = preserved(settings());
    bench.deny(F::Key(KEY.into()));
    let copies = titles(&bench.plan(&CARD)).into_iter().filter(|title| title.starts_with("copy")).count();
    assert_eq!(copies, 2);
    bench.deny(F::Key(SHARE_KEY.into()));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && holds(&agenda)[0].contains("is of no use"), "{:?}", holds(&agenda));
}

#[test]
fn a_share_names_nobody_but_the_forensic_account() {
    let bench = unshared();
    let agenda = bench.plan(&CARD);
    assert_eq!(agenda.perform.len(), 5, "{:?}", titles(&agenda));
    for effect in &agenda.perform {
        let (Effect::Source(SourceEffect::ShareSnapshot { with, .. })
        | Effect::Source(SourceEffect::ShareImage { with, .. })) = effect
        else {
            panic!("{effect:?}")
        };
        assert_eq!(with.as_str(), FORENSIC);
    }
}

#[test]
fn strangers_go_first_and_stay_known() {
    let mut bench = unshared();
    let foreign = Sharing { public: true, ..sharing(&["999999999999", FORENSIC]) };
    bench.know(S::SnapshotSharing("snap-1".into()), Reading::Sharing(foreign));
    let unshare: Effect =
        SourceEffect::UnshareSnapshot { snapshot: "snap-1".into(), from: vec!["999999999999".into()] }.into();
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.contains(&unshare));
    assert!(!titles(&agenda).contains(&format!("share snap-1 with {FORENSIC}")));
    bench.done(StepName::Share, &unshare, &[]);
    assert!(bench.plan(&CARD).warnings.iter().any(|line| line.contains("999999999999")));
}

#[test]
fn done_is_what_was_read_back() {
    let bench = shared(settings());
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open(), "{:?} {:?}", titles(&agenda), holds(&agenda));
    assert_eq!(agenda.proof, [format!("read back: 2 snapshots and the image ami-2 shared with {FORENSIC} alone")]);
}

#[test]
fn a_failed_copy_holds_with_the_message_until_someone_resumes() {
    let mut bench = preserved(settings());
    let first = bench.plan(&CARD).perform.iter().find(|effect| effect.title().starts_with("copy")).cloned();
    let first = first.expect("a copy");
    bench.done(StepName::Share, &first, &["snap-2s"]);
    let message = "Given key ID is not accessible".to_owned();
    let failed = Snapshot {
        state: SnapshotState::Error,
        state_message: message.clone(),
        ..derived("snap-2s", "share", "snap-2", SHARE_KEY)
    };
    sources(&mut bench, vec![failed]);
    let agenda = bench.plan(&CARD);
    assert!(holds(&agenda)[0].contains(&message), "{:?}", holds(&agenda));
    bench.later(60);
    bench.resume();
    assert!(bench.plan(&CARD).perform.contains(&first), "the same effect once more");
}

#[test]
fn no_more_than_twenty_copies_at_a_time() {
    let mut bench = preserved(settings());
    let of = |n: usize| Snapshot {
        key: Some(crate::testkit::DEFAULT_KEY.into()),
        ..crate::testkit::things::snapshot(&format!("snap-{n:02}"), &format!("vol-{n:02}"))
    };
    let mut all: Vec<_> = (0..30).map(of).collect();
    for snapshot in &all {
        let request = SourceEffect::CreateSnapshot {
            volume: snapshot.volume.clone(),
            description: String::new(),
            tags: crate::scene::instance::Tags::new(),
        };
        bench.done(StepName::Snapshot, &request.into(), &[snapshot.id.as_str()]);
    }
    (0..5).for_each(|n| reencrypted(&mut bench, &format!("snap-{n:02}"), &format!("snap-{n:02}s")));
    let pending = |n: usize| Snapshot {
        state: SnapshotState::Pending,
        ..derived(&format!("snap-{n:02}s"), "share", &format!("snap-{n:02}"), SHARE_KEY)
    };
    all.extend((0..5).map(pending));
    bench.know(S::CaseSnapshots("case-1".into()), Reading::Snapshots(all));
    let agenda = bench.plan(&CARD);
    assert_eq!(titles(&agenda).iter().filter(|title| title.starts_with("copy")).count(), 15);
}
