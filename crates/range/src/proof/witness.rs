//! Who watches a trial: takes in what is written and what reaches the world as it happens, and lets
//! every checker look.

use super::check::{Checker, News, Sight, belongings};
use super::history::{History, Line};
use crate::Range;
use casebook::effect::Effect;
use casebook::entry::Entry;
use engine::{Event, Watcher};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The checker that saw it.
    pub checker: &'static str,
    /// The law.
    pub law: &'static str,
    /// When, in virtual time.
    pub at: Timestamp,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({} at {})", self.checker, self.what, self.law, self.at)
    }
}

/// Watches one case.
#[derive(Debug)]
pub(crate) struct Witness {
    range: Range,
    history: History,
    breaches: Vec<Breach>,
    /// How many changes of the range it has looked at.
    taken: usize,
    /// What this process has announced and not sent.
    announced: Vec<Effect>,
    /// What this process has sent and not heard of.
    under_way: Vec<Effect>,
}

impl Witness {
    pub(crate) fn of(range: &Range) -> Self {
        Self {
            range: range.clone(),
            history: History { before: before(range), ..History::default() },
            breaches: Vec::new(),
            taken: range.deed_count(),
            announced: Vec::new(),
            under_way: Vec::new(),
        }
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    pub(crate) fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// How many entries it has seen.
    pub(crate) fn seen(&self) -> u64 {
        self.history.lines.last().map_or(0, |line| line.seq)
    }

    /// An entry was written.
    pub(crate) fn wrote(&mut self, seq: u64, at: Timestamp, entry: &Entry) {
        self.catch_up();
        match entry {
            Entry::Intent(intent) => {
                self.announced.push(intent.effect.clone());
                if self.history.captured.is_empty() {
                    self.history.captured = before(&self.range);
                }
            }
            Entry::Opened(_) => {
                self.history.before = before(&self.range);
                self.begin();
            }
            Entry::Resumed(_) => self.begin(),
            _ => {}
        }
        self.history.lines.push(Line { seq, at, entry: entry.clone() });
        self.look(News::Wrote(entry));
    }

    /// A new process: what an older one had under way is not its own.
    fn begin(&mut self) {
        self.announced.clear();
        self.under_way.clear();
    }

    /// A change is on its way.
    pub(crate) fn sending(&mut self, effect: &Effect) {
        let at = self.announced.iter().position(|announced| announced == effect);
        let announced = at.map(|at| self.announced.remove(at)).is_some();
        let twice = self.under_way.contains(effect);
        self.under_way.push(effect.clone());
        self.look(News::Sending { effect, announced, twice });
    }

    /// Its answer is here.
    pub(crate) fn answered(&mut self, effect: &Effect) {
        self.under_way.retain(|sent| sent != effect);
    }

    /// Takes in the changes of this case that have reached the world since it last looked.
    pub(crate) fn catch_up(&mut self) {
        if self.range.deed_count() == self.taken {
            return;
        }
        let deeds = self.range.deeds_from(self.taken);
        self.taken += deeds.len();
        let hand = self.range.hand();
        for deed in deeds.into_iter().filter(|deed| deed.by == hand) {
            self.history.deeds.push(deed);
            self.look(News::Landed);
        }
    }

    /// Everything is over.
    pub(crate) fn over(&mut self) {
        self.catch_up();
        self.look(News::Over);
    }

    fn look(&mut self, news: News<'_>) {
        let (history, briefing) = (&self.history, self.range.briefing());
        let found: Vec<Breach> = self.range.look(|world| {
            let at = world.now();
            let sight = Sight { news, history, briefing, world };
            let breach = |checker: &Checker, what| Breach { checker: checker.name, law: checker.law, at, what };
            let looks = super::check::ALL.iter().filter_map(|checker| Some((checker, (checker.look)(&sight)?)));
            looks.map(|(checker, what)| breach(checker, what)).collect()
        });
        self.breaches.extend(found);
    }
}

/// What a release must give back of a case that begins now.
fn before(range: &Range) -> BTreeMap<String, String> {
    let target = range.target().instance;
    range.with_world(|world| belongings(world, &target))
}

impl Watcher for Witness {
    fn saw(&mut self, event: &Event<'_>) {
        if let Event::Wrote { seq, at, entry } = event {
            self.wrote(*seq, *at, entry);
        }
    }
}
