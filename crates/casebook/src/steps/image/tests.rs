use super::*;
use crate::testkit::stage::preserved;
use crate::testkit::things::{image, instance};
use crate::testkit::{Bench, INSTANCE, holds, settings, titles};

fn images(bench: &mut Bench, images: Vec<Image>) {
    bench.know(S::CaseImages("case-1".into()), Reading::Images(images));
}

fn both() -> Vec<Image> {
    vec![image("ami-1", "original", &["snap-i1", "snap-i2"]), image("ami-2", "shared", &["snap-i3", "snap-i4"])]
}

#[test]
fn one_image_is_asked_for_once() {
    let mut bench = preserved(settings());
    images(&mut bench, vec![]);
    let effect = {
        let agenda = bench.plan(&CARD);
        let [effect] = agenda.perform.as_slice() else { panic!("{:?}", titles(&agenda)) };
        let Effect::Source(SourceEffect::CreateImage { name, tags, .. }) = effect else { panic!("{effect:?}") };
        assert!(name.starts_with("impound-case-1-") && name.len() > 20, "nobody can guess it: {name}");
        assert_eq!(tags[tags::PART], "original");
        effect.clone()
    };
    bench.lost(StepName::Image, &effect);
    bench.later(10);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty(), "a lost call is looked up by its tags first");
    assert!(agenda.moves());
}

/// Whoever may tag can tag the company's golden image like ours.
fn golden() -> Image {
    image("ami-golden", "original", &["snap-g"])
}

#[test]
fn an_image_that_is_only_tagged_like_ours_is_left_alone() {
    let mut bench = preserved(settings());
    images(&mut bench, vec![golden()]);
    let agenda = bench.plan(&CARD);
    assert!(titles(&agenda).iter().all(|title| !title.contains("ami-golden")), "{:?}", titles(&agenda));
    assert!(agenda.proof.is_empty(), "{:?}", agenda.proof);
    let mut agenda = Agenda::new(bench.view());
    assert!(matches!(handover(&mut agenda), Some(Handover::Without(_))));
}

/// After a lost answer the name decides, which only the ledger knew.
#[test]
fn a_lost_image_is_adopted_by_its_name() {
    let mut bench = preserved(settings());
    images(&mut bench, vec![]);
    let effect = bench.plan(&CARD).perform[0].clone();
    let Effect::Source(SourceEffect::CreateImage { name, .. }) = &effect else { panic!("{effect:?}") };
    bench.lost(StepName::Image, &effect);
    images(&mut bench, vec![golden()]);
    assert!(bench.plan(&CARD).proof.is_empty());
    let ours = Image { id: "ami-9".into(), name: name.clone(), ..golden() };
    images(&mut bench, vec![golden(), ours]);
    assert!(bench.plan(&CARD).proof[0].contains("ami-9"));
}

#[test]
fn a_disk_under_the_default_key_makes_a_second_image() {
    let mut bench = preserved(settings());
    images(&mut bench, both()[..1].to_vec());
    let agenda = bench.plan(&CARD);
    assert_eq!(titles(&agenda), [format!("copy ami-1 under the share key {}", crate::testkit::SHARE_KEY)]);
    images(&mut bench, both());
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open() && agenda.warnings.is_empty(), "{:?}", agenda.warnings);
    assert_eq!(agenda.proof.len(), 2);
}

#[test]
fn without_a_forensic_account_the_image_is_done_and_says_what_is_undecided() {
    let mut bench = preserved(crate::settings::Settings { forensic: None, ..settings() });
    images(&mut bench, both()[..1].to_vec());
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open());
    assert!(agenda.warnings[0].contains("[forensic]"), "{:?}", agenda.warnings);
}

#[test]
fn a_failed_image_holds_and_a_missing_disk_is_named() {
    let mut bench = preserved(settings());
    let failed = Image { state: "failed".into(), state_message: "Internal".into(), ..both()[0].clone() };
    images(&mut bench, vec![failed]);
    assert!(holds(&bench.plan(&CARD))[0].contains("ami-1 is failed: Internal"));
    let mut torn = both();
    torn[0].disks.truncate(1);
    images(&mut bench, torn);
    let agenda = bench.plan(&CARD);
    assert!(agenda.warnings[0].contains("does not hold /dev/sdb (vol-2)"), "{:?}", agenda.warnings);
}

#[test]
fn a_marketplace_image_is_neither_copied_nor_handed_over() {
    let mut bench = preserved(settings());
    let coded = Instance { product_codes: vec!["abc".into()], ..instance(&["vol-1", "vol-2"]) };
    bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(coded)));
    images(&mut bench, both()[..1].to_vec());
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.warnings[0].contains("Marketplace"), "{:?}", agenda.warnings);
    let mut agenda = Agenda::new(bench.view());
    let Some(Handover::Without(why)) = handover(&mut agenda) else { panic!("handed over") };
    assert!(why.contains("abc"));
}
