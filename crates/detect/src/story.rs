//! From hits to stories: what the same suspect did without a long pause is one story, one alert. It is told
//! again when there is news, not for every hit more.

use crate::alert::{Alert, Exhibit, Sign};
use crate::rules::{Card, Level};
use crate::suspect::{Lead, Suspect, Trace};
use gravity::{STEP, witness};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod bounds;
mod gravity;
mod sign;

/// The pause after which what a suspect does is another story.
pub const PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// How many instances are named that a story is about.
pub(crate) const INSTANCES: usize = 100;
/// How many addresses are named that its calls came from.
const ADDRESSES: usize = 100;
/// How many regions. AWS has fewer; a forged record names any.
const REGIONS: usize = 100;
/// How many signs a story has. With more the mildest are left out, and the alert says so.
const SIGNS: usize = 100;
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

/// Of the suspect and the time of the first event: whoever reads the same logs gives it the same id.
fn id(suspect: &Suspect, first: Timestamp) -> String {
    let digest = Sha256::digest(format!("{}\n{suspect}\n{first}", suspect.account()));
    format!("alert-{}", &hex::encode(digest)[..16])
}

#[cfg(test)]
mod tests;
