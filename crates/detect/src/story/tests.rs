use super::gravity::WEIGHTY;
use super::sign::VALUES;
use super::*;
use crate::testing::{card, notice};
use proptest::prelude::*;

fn told(notices: &[Notice]) -> Vec<String> {
    let mut stories = Stories::new();
    notices.iter().cloned().for_each(|notice| stories.take(notice));
    stories.tell(Level::Low).iter().map(|alert| format!("{alert:?}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order: the same alerts, with the same ids.
    #[test]
    fn the_order_of_notices_does_not_matter(
        mut drawn in prop::collection::vec((0_usize..3, 0_i64..60, 0_usize..4), 1..40),
        seed in any::<u64>(),
    ) {
        drawn.sort_unstable();
        drawn.dedup();
        let levels = [Level::Low, Level::Medium, Level::High, Level::Medium];
        let notices: Vec<Notice> = drawn
            .iter()
            .map(|(who, hour, rule)| notice(&format!("i-{who:08x}"), &card(*rule, levels[*rule]), hour * 3600))
            .collect();
        let mut shuffled = notices.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, usize::try_from(state >> 33).expect("small") % (at + 1));
        }
        prop_assert_eq!(told(&notices), told(&shuffled));
    }
}

#[test]
fn what_goes_on_is_told_again_under_the_same_id_and_only_when_it_has_changed() {
    let (mut stories, rule) = (Stories::new(), card(1, Level::High));
    stories.take(notice("i-00000001", &rule, 0));
    let first = stories.tell(Level::Medium);
    assert!(stories.tell(Level::Medium).is_empty());
    stories.take(notice("i-00000001", &card(2, Level::Medium), 60));
    let second = stories.tell(Level::Medium);
    assert_eq!((&first[0].id, first[0].update), (&second[0].id, 0));
    assert_eq!((second[0].update, second[0].signs.len()), (1, 2));
}

#[test]
fn hits_of_known_signs_and_mild_signs_are_no_news() {
    let (mut stories, rule) = (Stories::new(), card(1, Level::High));
    stories.take(notice("i-00000001", &rule, 0));
    assert_eq!(stories.tell(Level::Medium).len(), 1);
    for second in 1..9 {
        stories.take(notice("i-00000001", &card(2, Level::Informational), second));
        stories.take(notice("i-00000001", &rule, second));
        assert!(stories.tell(Level::Medium).is_empty(), "{second}");
    }
    stories.take(notice("i-00000001", &rule, 9));
    let again = stories.tell(Level::Medium);
    assert_eq!(again[0].signs[0].hits, 10, "ten times what was told");
    assert_eq!((again[0].update, again[0].signs.len()), (1, 2), "with all that came since");
}

#[test]
fn of_a_story_that_is_taken_for_untold_the_next_hit_is_news() {
    let (mut stories, rule) = (Stories::new(), card(1, Level::High));
    let hit = |second| notice("i-00000001", &rule, second);
    stories.take(hit(0));
    let first = stories.tell(Level::Medium);
    stories.untell("alert-of-another-story");
    stories.take(hit(1));
    assert!(stories.tell(Level::Medium).is_empty(), "a hit more of a known sign");
    stories.untell(&first[0].id);
    assert!(stories.tell(Level::Medium).is_empty(), "nothing has come since");
    stories.take(hit(2));
    let again = stories.tell(Level::Medium);
    assert_eq!((&again[0].id, again[0].update, again[0].signs[0].hits), (&first[0].id, 1, 3));
}

#[test]
fn another_address_instance_or_lead_and_a_higher_level_are_news() {
    let mut stories = Stories::new();
    let (mild, rule) = (card(1, Level::Low), card(2, Level::Medium));
    let mut tell = |change: &dyn Fn(&mut Notice)| {
        let mut next = notice("i-00000001", &rule, 0);
        change(&mut next);
        stories.take(next);
        stories.tell(Level::Medium).len()
    };
    assert_eq!(tell(&|_| {}), 1);
    assert_eq!(tell(&|next| next.rule = mild.clone()), 0);
    for told in [1, 0] {
        assert_eq!(tell(&|next| next.address = "198.51.100.7".into()), told);
    }
    for told in [1, 0] {
        assert_eq!(tell(&|next| next.about = BTreeSet::from(["i-00000002".into()])), told);
    }
    for told in [1, 0] {
        assert_eq!(tell(&|next| next.rule = card(3, Level::High)), told);
    }
}

#[test]
fn of_a_story_of_days_only_signs_that_are_close_together_make_each_other_graver() {
    let level = |hours: [i64; 3]| {
        let mut stories = Stories::new();
        // Something mild keeps the story going.
        (0..12).for_each(|hour| stories.take(notice("i-00000001", &card(9, Level::Low), hour * 5 * 3600)));
        for (number, hour) in hours.into_iter().enumerate() {
            stories.take(notice("i-00000001", &card(number, Level::Medium), hour * 3600));
        }
        stories.tell(Level::Informational)[0].level
    };
    assert_eq!(level([0, 3, 6]), Level::High);
    assert_eq!(level([0, 3, 7]), Level::Medium);
    assert_eq!(level([40, 0, 20]), Level::Medium);
    assert_eq!(level([50, 46, 44]), Level::High);
}

fn stories(stories: &Stories) -> usize {
    stories.by_suspect.values().map(Vec::len).sum()
}

/// Whoever fills stories of the same weight drives out his own, not an ordinary one that is older.
#[test]
fn filled_stories_are_forgotten_before_an_ordinary_one() {
    let mut kept = Stories::new();
    kept.take(notice("i-ordinary", &card(1, Level::High), 0));
    for (suspect, hit) in (0..300).flat_map(|suspect| (0..VALUES).map(move |hit| (suspect, hit))) {
        let mut filled = notice(&format!("i-{suspect:08x}"), &card(1, Level::High), 3_600);
        filled.shown = (0..16).map(|field| (field.to_string(), format!("{hit}{}", "x".repeat(400)))).collect();
        kept.take(filled);
    }
    assert!(kept.forgotten(Level::High) > 0);
    assert!(kept.tell(Level::High).iter().any(|alert| alert.suspect.to_string() == "i-ordinary"));
}

/// A flood of light stories neither fills the memory nor drives out a grave one.
#[test]
fn of_too_many_suspects_the_lightest_are_forgotten_and_counted() {
    let (mut kept, light, grave) = (Stories::new(), card(1, Level::Low), card(2, Level::High));
    kept.take(notice("i-grave", &grave, 0));
    let flood = 40_000;
    (0..flood).for_each(|number| kept.take(notice(&format!("i-{number:08x}"), &light, 3_600)));
    assert!(kept.size() <= bounds::MOST && stories(&kept) > 3_000, "{}", stories(&kept));
    assert_eq!(kept.forgotten(Level::Low), (flood + 1 - stories(&kept)) as u64);
    assert_eq!(kept.forgotten(Level::Medium), 0);
    let told = kept.tell(Level::High);
    assert_eq!(told.iter().map(|alert| alert.suspect.to_string()).collect::<Vec<_>>(), ["i-grave"]);
}

/// In logs of years one suspect has a story a day.
#[test]
fn of_too_many_stories_of_one_suspect_the_oldest_are_forgotten_and_counted() {
    let (mut kept, rule, days) = (Stories::new(), card(1, Level::Medium), 40_000);
    (0..days).for_each(|day| kept.take(notice("i-00000001", &rule, day * 86_400)));
    assert!(kept.size() <= bounds::MOST);
    let left = stories(&kept);
    assert_eq!(kept.forgotten(Level::Medium), u64::try_from(days).expect("many") - left as u64);
    let told = kept.tell(Level::Medium);
    let first = told.iter().map(|alert| alert.first.as_second() / 86_400).min();
    assert_eq!(first, Some(days - i64::try_from(left).expect("fewer")), "the latest are told");
}

#[test]
fn what_was_told_is_forgotten_before_what_was_not() {
    let (mut kept, rule) = (Stories::new(), card(1, Level::Medium));
    kept.take(notice("i-untold", &card(1, Level::Low), 0));
    let told = 30_000;
    for number in 0..told {
        kept.take(notice(&format!("i-{number:08x}"), &rule, number));
        assert_eq!(kept.telling(Level::Medium).count(), 1, "{number}");
    }
    assert!(kept.size() <= bounds::MOST);
    assert_eq!(kept.forgotten(Level::Medium), 0, "all of it had been told");
    assert_eq!(kept.forgotten(Level::Low), 1, "it was milder");
}

/// Of the texts of a notice some are an attacker's; each was cut when the record was read.
#[test]
fn a_story_is_no_larger_than_it_may_be_whatever_it_is_made_of() {
    let mut kept = Stories::new();
    for number in 0..20_000_usize {
        let text = |name: &str| format!("{name}-{number}-{}", "x".repeat(crate::short::LONGEST - 20));
        let mut next = notice("i-00000001", &card(number, Level::Medium), 600 * i64::try_from(number).expect("few"));
        (next.region, next.address) = (text("region"), text("address"));
        next.about = BTreeSet::from([text("about")]);
        next.shown = (0..8).map(|field| (field.to_string(), text("value"))).collect();
        kept.take(next);
        assert_eq!(stories(&kept), 1, "{number}");
    }
    let story = &kept.by_suspect.values().next().expect("one")[0];
    assert_eq!((story.regions.len(), story.addresses.len(), story.about.len()), (REGIONS, ADDRESSES, INSTANCES));
    assert!(story.signs.len() <= SIGNS && story.weighty.len() <= WEIGHTY && kept.size() < bounds::MOST / 4);
}

#[test]
fn of_too_many_signs_the_mildest_are_left_out_in_whatever_order_they_come() {
    let mut notices: Vec<_> = (0..SIGNS * 2).map(|number| notice("i-00000001", &card(number, Level::Low), 0)).collect();
    notices[SIGNS + 1] = notice("i-00000001", &card(SIGNS + 1, Level::High), 0);
    let forwards = told(&notices);
    notices.reverse();
    assert_eq!(told(&notices), forwards);
    let mut kept = Stories::new();
    notices.into_iter().for_each(|notice| kept.take(notice));
    let alert = &kept.tell(Level::Low)[0];
    assert_eq!((alert.signs.len(), alert.crowded, alert.signs[0].rule.level), (SIGNS, true, Level::High));
    assert!(crate::alert::text::tell(alert).contains("more signs than are kept"));
}

#[test]
fn how_grave_a_story_of_years_was_stays_known() {
    let mut kept = Stories::new();
    (0..3).for_each(|number| kept.take(notice("i-00000001", &card(number, Level::Medium), 0)));
    let hours = i64::try_from(WEIGHTY).expect("few") * 2;
    (1..hours).for_each(|hour| kept.take(notice("i-00000001", &card(0, Level::Medium), hour * 3_600)));
    let story = &kept.by_suspect.values().next().expect("one")[0];
    assert!(story.weighty.len() <= WEIGHTY && story.weighty.first().is_some_and(|(step, ..)| *step > 0));
    let alert = &kept.tell(Level::Low)[0];
    assert_eq!((alert.level, alert.levels[&BTreeSet::from([Lead::Session])]), (Level::High, Level::High));
}

#[test]
fn a_sign_is_as_grave_as_the_gravest_that_its_detector_said() {
    for levels in [[Level::Medium, Level::High], [Level::High, Level::Medium]] {
        let mut kept = Stories::new();
        levels.into_iter().for_each(|level| kept.take(notice("i-00000001", &card(1, level), 0)));
        assert_eq!(kept.tell(Level::Low)[0].signs[0].rule.level, Level::High, "{levels:?}");
    }
}

#[test]
fn an_earlier_event_that_comes_late_leaves_the_id() {
    let mut stories = Stories::new();
    let told = |stories: &mut Stories| stories.tell(Level::Medium)[0].clone();
    stories.take(notice("i-00000001", &card(1, Level::High), 3600));
    let first = told(&mut stories);
    stories.take(notice("i-00000001", &card(2, Level::High), 0));
    let second = told(&mut stories);
    assert_eq!((first.id, Timestamp::UNIX_EPOCH), (second.id, second.first));
}

#[test]
fn after_a_long_pause_it_is_another_story() {
    let rule = card(1, Level::High);
    let hours = |hour: i64| notice("i-00000001", &rule, hour * 3600);
    assert_eq!(told(&[hours(0), hours(7)]).len(), 2);
    assert_eq!(told(&[hours(0), hours(7), hours(4)]).len(), 1, "what lies between joins them");
}

#[test]
fn signs_of_some_weight_make_each_other_graver() {
    let level = |rules: &[(usize, Level)]| {
        let mut stories = Stories::new();
        rules.iter().for_each(|(n, level)| stories.take(notice("i-00000001", &card(*n, *level), 0)));
        stories.tell(Level::Informational)[0].level
    };
    let medium = |n| (n, Level::Medium);
    assert_eq!(level(&[medium(1), medium(2)]), Level::Medium);
    assert_eq!(level(&[medium(1), medium(2), medium(3)]), Level::High);
    assert_eq!(level(&[medium(1), medium(2), (3, Level::Low)]), Level::Medium, "low ones do not count");
    assert_eq!(level(&[medium(1), medium(2), (3, Level::High)]), Level::Critical);
}

#[test]
fn all_that_the_baseline_tells_is_one_witness() {
    let level = |ids: &[&str]| {
        let mut stories = Stories::new();
        for id in ids {
            let card = Arc::new(Card { id: (*id).to_owned(), ..(*card(1, Level::Medium)).clone() });
            stories.take(notice("i-00000001", &card, 0));
        }
        stories.tell(Level::Informational)[0].level
    };
    let [call, elsewhere, denials] =
        ["baseline:first-call:medium", "baseline:elsewhere:medium", "baseline:denials:medium"];
    assert_eq!(level(&[call, elsewhere, denials, "1"]), Level::Medium);
    assert_eq!(level(&[call, elsewhere, "1", "2"]), Level::High);
}
