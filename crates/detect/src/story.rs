//! From hits to stories: what the same suspect did without a long pause is one story, one alert. It is told
//! again when there is news, not for every hit more.

use crate::alert::{Alert, Exhibit, Sign};
use crate::rules::{Card, Level};
use crate::suspect::{Lead, Suspect, Trace};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod bounds;

/// The pause after which what a suspect does is another story.
pub const PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// How many events of a sign are kept as evidence: its first ones.
const EXHIBITS: usize = 20;
/// How many values of a field are shown.
const VALUES: usize = 10;
/// How many instances are named that a story is about.
pub(crate) const INSTANCES: usize = 100;
/// How many addresses are named that its calls came from.
const ADDRESSES: usize = 100;
/// How many regions. AWS has fewer; a forged record names any.
const REGIONS: usize = 100;
/// How many signs a story has. With more the mildest are left out, and the alert says so.
const SIGNS: usize = 100;
/// How many times of signs of some weight are kept: of a story of years the later half.
const WEIGHTY: usize = 4_096;
/// How many different signs of some weight make a story graver than each of them.
const TOGETHER: usize = 3;
/// How close together they must be: in a story of weeks three signs of some weight come about by themselves.
const CLOSE: SignedDuration = SignedDuration::from_hours(6);
/// The steps in which the times of such signs are kept, to bound what a long story takes.
const STEP: SignedDuration = SignedDuration::from_mins(10);
/// How the ids of what a baseline tells begin.
const BASELINE: &str = "baseline:";
/// A sign with so many times the hits that were told is news.
const GROWN: u64 = 10;

/// What is noticed once: a rule, a suspect and the event.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The rule.
    pub rule: Arc<Card>,
    /// Who, and what led there.
    pub trace: Trace,
    /// The event.
    pub exhibit: Exhibit,
    /// The instances that it was about.
    pub about: BTreeSet<String>,
    /// Where the call was made; empty when not known.
    pub region: String,
    /// Where it came from; empty when not known.
    pub address: String,
    /// Fields worth seeing.
    pub shown: Vec<(String, String)>,
}

/// Stories under way. What is told does not depend on the order in which notices come, as long as none is forgotten.
#[derive(Debug, Default)]
pub struct Stories {
    by_suspect: BTreeMap<Suspect, Vec<Story>>,
    /// By how many bytes they have grown since they were measured.
    grown: usize,
    forgotten: BTreeMap<Level, u64>,
}

/// What one suspect did without a long pause.
#[derive(Debug)]
struct Story {
    first: Timestamp,
    last: Timestamp,
    leads: BTreeSet<Lead>,
    about: BTreeSet<String>,
    regions: BTreeSet<String>,
    addresses: BTreeSet<String>,
    signs: BTreeMap<String, Box<Sign>>,
    /// Whether there were more signs than are kept.
    crowded: bool,
    /// When, in steps, there were signs of some weight, which, and what led from them to the suspect.
    weighty: BTreeSet<(i64, Arc<str>, Level, Lead)>,
    /// How grave those made each other whose times are not kept any more, by some of the leads alone.
    settled: BTreeMap<BTreeSet<Lead>, Level>,
    /// The id under which it was told first, and kept, should an earlier event come late.
    id: Option<String>,
    told: u32,
    /// What was told last.
    known: Option<Known>,
    changed: bool,
    /// Whether there is no room for it any more.
    gone: bool,
}

/// What the reader of an alert knows.
#[derive(Debug)]
struct Known {
    level: Level,
    /// Hits by rule, of the rules that are grave enough to be told.
    hits: BTreeMap<String, u64>,
    leads: BTreeSet<Lead>,
    about: BTreeSet<String>,
    addresses: BTreeSet<String>,
}

impl Stories {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a notice into its story; two stories between which it falls become one.
    pub fn take(&mut self, notice: Notice) {
        self.make_room();
        let at = notice.exhibit.at;
        let stories = match self.by_suspect.get_mut(&notice.trace.suspect) {
            Some(stories) => stories,
            None => self.by_suspect.entry(notice.trace.suspect.clone()).or_default(),
        };
        // In the order of their times, and apart from each other: at most two are near, side by side.
        let near = stories.partition_point(|story| at.duration_since(story.last) > PAUSE);
        if stories.get(near).is_none_or(|story| !story.is_near(at)) {
            stories.insert(near, Story::of(at));
            self.grown += bounds::STORY;
        } else if stories.get(near + 1).is_some_and(|story| story.is_near(at)) {
            let later = stories.remove(near + 1);
            stories[near].join(later);
        }
        self.grown += stories[near].take(notice);
    }

    /// The alerts of at least that level that are new or of which there is news, the gravest first. News are a
    /// sign of that level, a higher level, another instance, lead or address, and ten times the hits of a sign.
    pub fn tell(&mut self, at_least: Level) -> Vec<Alert> {
        self.telling(at_least).collect()
    }

    /// The same one after the other: all of them at once take as much memory again. What is not taken is not told.
    pub fn telling(&mut self, at_least: Level) -> impl Iterator<Item = Alert> {
        let mut news = Vec::new();
        for (suspect, stories) in &mut self.by_suspect {
            for story in stories.iter_mut().filter(|story| story.changed) {
                let level = story.level();
                if level < at_least {
                    continue;
                }
                story.changed = story.is_news(level, at_least);
                if story.changed {
                    news.push((Reverse(level), story.first, story.id(suspect), suspect.clone()));
                }
            }
        }
        news.sort();
        news.into_iter().filter_map(move |(Reverse(level), first, _, suspect)| {
            let story = self.by_suspect.get_mut(&suspect)?.iter_mut().find(|story| story.first == first)?;
            self.grown += story.tell(level, at_least);
            Some(story.alert(&suspect, level))
        })
    }

    /// Takes a story for untold: what comes to it next is news.
    pub fn untell(&mut self, alert: &str) {
        let stories = self.by_suspect.values_mut().flatten();
        stories.filter(|story| story.id.as_deref() == Some(alert)).for_each(|story| story.known = None);
    }

    /// How many stories of at least that level were forgotten with something in them that nobody was told of.
    pub fn forgotten(&self, at_least: Level) -> u64 {
        self.forgotten.range(at_least..).map(|(_, number)| number).sum()
    }

    /// Forgets stories that ended before that time.
    pub fn forget_before(&mut self, time: Timestamp) {
        self.keep(|story| story.last >= time);
    }

    fn keep(&mut self, stays: impl Fn(&Story) -> bool) {
        self.by_suspect.retain(|_, stories| {
            stories.retain(&stays);
            !stories.is_empty()
        });
    }
}

impl Story {
    fn of(at: Timestamp) -> Self {
        Self {
            first: at,
            last: at,
            leads: BTreeSet::new(),
            about: BTreeSet::new(),
            regions: BTreeSet::new(),
            addresses: BTreeSet::new(),
            signs: BTreeMap::new(),
            crowded: false,
            weighty: BTreeSet::new(),
            settled: BTreeMap::new(),
            id: None,
            told: 0,
            known: None,
            changed: true,
            gone: false,
        }
    }

    fn is_near(&self, at: Timestamp) -> bool {
        at.duration_since(self.last) <= PAUSE && self.first.duration_since(at) <= PAUSE
    }

    /// Takes in what came after it.
    fn join(&mut self, other: Self) {
        if other.told > self.told || self.id.is_none() {
            (self.id, self.known) = (other.id, other.known);
        }
        self.changed = true;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.leads.extend(other.leads);
        self.about.extend(other.about);
        bound(&mut self.about, INSTANCES);
        self.regions.extend(other.regions);
        bound(&mut self.regions, REGIONS);
        self.addresses.extend(other.addresses);
        bound(&mut self.addresses, ADDRESSES);
        self.told = self.told.max(other.told);
        self.weighty.extend(other.weighty);
        for (leads, level) in other.settled {
            self.settle(leads, Some(level));
        }
        self.bound_times();
        for (id, sign) in other.signs {
            match self.signs.get_mut(&id) {
                Some(mine) => mine.join(*sign),
                None => {
                    self.signs.insert(id, sign);
                }
            }
        }
        self.crowded |= other.crowded;
        self.bound_signs();
    }

    /// Takes a notice in, and tells by how many bytes it has grown.
    fn take(&mut self, notice: Notice) -> usize {
        let (at, lead) = (notice.exhibit.at, notice.trace.lead);
        (self.first, self.last, self.changed) = (self.first.min(at), self.last.max(at), true);
        self.leads.insert(lead);
        let about = notice.about.into_iter().map(|instance| add(&mut self.about, instance, INSTANCES));
        let mut grown: usize = about.sum();
        grown += add(&mut self.regions, notice.region, REGIONS);
        grown += add(&mut self.addresses, notice.address, ADDRESSES);
        if notice.rule.level >= Level::Medium {
            let step = at.as_second().div_euclid(STEP.as_secs());
            let id = witness(&notice.rule.id);
            grown += bounds::of_time(id);
            self.weighty.insert((step, id.into(), notice.rule.level, lead));
            self.bound_times();
        }
        let sign = self.signs.entry(notice.rule.id.clone()).or_insert_with(|| {
            grown += bounds::of_card(&notice.rule);
            Box::new(Sign::of(notice.rule.clone(), at))
        });
        sign.leads.insert(lead);
        sign.is_as_grave_as(&notice.rule);
        grown += sign.take(at, notice.exhibit, notice.shown);
        self.bound_signs();
        grown
    }

    /// Keeps the gravest: which they are does not depend on who came first.
    fn bound_signs(&mut self) {
        while self.signs.len() > SIGNS {
            let mildest = self.signs.iter().min_by_key(|(id, sign)| (sign.rule.level, Reverse(*id)));
            let id = mildest.map(|(id, _)| id.clone()).unwrap_or_default();
            self.signs.remove(&id);
            self.crowded = true;
        }
    }

    /// What the earlier times say is written down before they go.
    fn bound_times(&mut self) {
        if self.weighty.len() <= WEIGHTY {
            return;
        }
        for leads in self.choices() {
            let level = self.together(&leads);
            self.settle(leads, level);
        }
        if let Some(middle) = self.weighty.iter().nth(WEIGHTY / 2).cloned() {
            self.weighty = self.weighty.split_off(&middle);
        }
    }

    fn settle(&mut self, leads: BTreeSet<Lead>, level: Option<Level>) {
        if let Some(level) = level {
            let settled = self.settled.entry(leads).or_insert(level);
            *settled = level.max(*settled);
        }
    }

    /// The gravest sign's; one more when several signs of some weight come close together.
    fn level(&self) -> Level {
        self.level_by(&self.leads)
    }

    /// The same of the signs alone from which one of these leads comes.
    fn level_by(&self, leads: &BTreeSet<Lead>) -> Level {
        let signs = self.signs.values().filter(|sign| !sign.leads.is_disjoint(leads));
        let gravest = signs.map(|sign| sign.rule.level).max();
        gravest.max(self.together(leads)).unwrap_or(Level::Informational)
    }

    /// How grave signs of some weight are that come close together.
    fn together(&self, leads: &BTreeSet<Lead>) -> Option<Level> {
        let settled = self.settled.iter().filter(|(of, _)| of.is_subset(leads)).map(|(_, level)| *level).max();
        settled.max(self.together_lately(leads))
    }

    /// The same of those whose times are kept.
    fn together_lately(&self, leads: &BTreeSet<Lead>) -> Option<Level> {
        let span = CLOSE.as_secs() / STEP.as_secs();
        let weighty = || self.weighty.iter().filter(|(.., lead)| leads.contains(lead));
        let ids: BTreeSet<&str> = weighty().map(|(_, id, ..)| &**id).collect();
        if ids.len() < TOGETHER {
            return None;
        }
        let steps: BTreeSet<i64> = weighty().map(|(step, ..)| *step).collect();
        let near = |from: i64| {
            let signs = self.weighty.range((from, Arc::from(""), Level::Informational, Lead::Finding)..);
            let signs = signs.take_while(|(step, ..)| step - from <= span).filter(|(.., lead)| leads.contains(lead));
            let signs: BTreeSet<(&str, Level)> = signs.map(|(_, id, level, _)| (&**id, *level)).collect();
            let witnesses: BTreeSet<&str> = signs.iter().map(|(id, _)| *id).collect();
            let gravest = signs.into_iter().map(|(_, level)| level).max();
            gravest.filter(|_| witnesses.len() >= TOGETHER).map(graver)
        };
        steps.into_iter().filter_map(near).max()
    }

    /// How grave it is by some of what leads to the suspect alone: for every choice of leads.
    fn levels(&self) -> BTreeMap<BTreeSet<Lead>, Level> {
        self.choices().into_iter().map(|leads| (leads.clone(), self.level_by(&leads))).collect()
    }

    /// Every choice of leads but none of them.
    fn choices(&self) -> Vec<BTreeSet<Lead>> {
        let choices = self.leads.iter().fold(vec![BTreeSet::new()], |choices, lead| {
            let with = |choice: &BTreeSet<Lead>| choice | &BTreeSet::from([*lead]);
            choices.iter().cloned().chain(choices.iter().map(with)).collect()
        });
        choices.into_iter().filter(|leads| !leads.is_empty()).collect()
    }

    /// Whether a reader should hear of it again.
    fn is_news(&self, level: Level, at_least: Level) -> bool {
        let Some(known) = &self.known else { return true };
        let mut signs = self.signs.iter().filter(|(_, sign)| sign.rule.level >= at_least);
        level > known.level
            || signs.any(|(id, sign)| known.hits.get(id).is_none_or(|hits| sign.hits >= hits * GROWN))
            || !self.leads.is_subset(&known.leads)
            || has_more(&self.about, &known.about, INSTANCES)
            || has_more(&self.addresses, &known.addresses, ADDRESSES)
    }

    fn known(&self, level: Level, at_least: Level) -> Known {
        let signs = self.signs.iter().filter(|(_, sign)| sign.rule.level >= at_least);
        Known {
            level,
            hits: signs.map(|(id, sign)| (id.clone(), sign.hits)).collect(),
            leads: self.leads.clone(),
            about: self.about.clone(),
            addresses: self.addresses.clone(),
        }
    }

    /// The id under which it is told.
    fn id(&mut self, suspect: &Suspect) -> String {
        self.id.get_or_insert_with(|| id(suspect, self.first)).clone()
    }

    /// Its reader knows it from now on. Tells by how many bytes it has grown.
    fn tell(&mut self, level: Level, at_least: Level) -> usize {
        self.changed = false;
        self.known = Some(self.known(level, at_least));
        self.told += 1;
        self.known.as_ref().map_or(0, Known::size)
    }

    /// As it was told last.
    fn alert(&mut self, suspect: &Suspect, level: Level) -> Alert {
        let id = self.id(suspect);
        let mut signs: Vec<Sign> = self.signs.values().map(|sign| (**sign).clone()).collect();
        signs.sort_by(|a, b| (b.rule.level, a.first, &a.rule.id).cmp(&(a.rule.level, b.first, &b.rule.id)));
        Alert {
            id,
            suspect: suspect.clone(),
            leads: self.leads.clone(),
            about: self.about.clone(),
            level,
            levels: self.levels(),
            first: self.first,
            last: self.last,
            regions: self.regions.clone(),
            addresses: self.addresses.clone(),
            signs,
            crowded: self.crowded,
            update: self.told.saturating_sub(1),
        }
    }
}

/// Adds a text that is not empty to the first ones, and tells by how many bytes they have grown.
fn add(values: &mut BTreeSet<String>, value: String, most: usize) -> usize {
    if value.is_empty() || values.contains(&value) {
        return 0;
    }
    let size = bounds::of_text(&value);
    values.insert(value);
    bound(values, most);
    size
}

/// Keeps the first ones: which they are does not depend on who came first.
fn bound(values: &mut BTreeSet<String>, most: usize) {
    while values.len() > most {
        values.pop_last();
    }
}

/// Whether there is something that was not known. Of a full list the reader knows that it is not all.
fn has_more(values: &BTreeSet<String>, known: &BTreeSet<String>, most: usize) -> bool {
    known.len() < most && !values.is_subset(known)
}

/// Who says it. What a baseline has not seen yet is unusual in every respect at once: all that it tells is one witness.
fn witness(rule: &str) -> &str {
    if rule.starts_with(BASELINE) { BASELINE } else { rule }
}

/// One level graver, and nothing below high.
fn graver(level: Level) -> Level {
    if level >= Level::High { Level::Critical } else { Level::High }
}

/// Of the suspect and the time of the first event: whoever reads the same logs gives it the same id.
fn id(suspect: &Suspect, first: Timestamp) -> String {
    let digest = Sha256::digest(format!("{}\n{suspect}\n{first}", suspect.account()));
    format!("alert-{}", &hex::encode(digest)[..16])
}

impl Sign {
    fn of(rule: Arc<Card>, at: Timestamp) -> Self {
        let (leads, events, shown) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
        Self { rule, leads, hits: 0, first: at, last: at, events, shown }
    }

    /// Another detector may call the same graver another time.
    fn is_as_grave_as(&mut self, rule: &Arc<Card>) {
        if rule.level > self.rule.level {
            self.rule = rule.clone();
        }
    }

    /// One more hit, and by how many bytes it grows. A sign may have very many: only what is kept is touched.
    fn take(&mut self, at: Timestamp, exhibit: Exhibit, shown: Vec<(String, String)>) -> usize {
        let mut grown = 0;
        self.hits += 1;
        (self.first, self.last) = (self.first.min(at), self.last.max(at));
        if let Err(place) = self.events.binary_search(&exhibit)
            && place < EXHIBITS
        {
            self.events.truncate(EXHIBITS - 1);
            grown += bounds::of_exhibit(&exhibit);
            self.events.insert(place, exhibit);
        }
        for (field, value) in shown {
            let values = match self.shown.get_mut(&field) {
                Some(values) => values,
                None => {
                    grown += bounds::of_field(&field);
                    self.shown.entry(field).or_default()
                }
            };
            grown += bounds::of_text(&value);
            values.insert(value);
            bound(values, VALUES);
        }
        grown
    }

    fn join(&mut self, other: Self) {
        self.is_as_grave_as(&other.rule);
        self.hits += other.hits;
        self.leads.extend(other.leads);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.events.extend(other.events);
        self.events.sort();
        self.events.dedup();
        self.events.truncate(EXHIBITS);
        for (field, values) in other.shown {
            let mine = self.shown.entry(field).or_default();
            mine.extend(values);
            bound(mine, VALUES);
        }
    }
}

#[cfg(test)]
mod tests {
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
            let mut next =
                notice("i-00000001", &card(number, Level::Medium), 600 * i64::try_from(number).expect("few"));
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
        let mut notices: Vec<_> =
            (0..SIGNS * 2).map(|number| notice("i-00000001", &card(number, Level::Low), 0)).collect();
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
}
