//! Looks at what comes: readers, rules, baseline and stories together.

use crate::commands::baseline as baseline_file;
use crate::commands::detect as command;
use crate::config::DetectConfig;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::Text;
use detect::alert::Alert;
use detect::count::Counts;
use detect::desk::Desk;
use detect::order::Horizon;
use detect::read::Reader;
use detect::rules::Level;
use detect::rules::sigma::Rules;
use detect::scout::Scout;
use detect::source::key::Period;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;

/// How the ids of signs begin that no rule makes.
const OTHERS: [&str; 3] = ["baseline:", "guardduty:", "securityhub:"];

/// Looks at what comes.
pub struct Lookout {
    rules: Arc<Rules>,
    scout: Scout,
    desk: Desk,
    level: Level,
    counts: Counts,
    /// Where what was learned is kept.
    learned: Option<PathBuf>,
}

impl Lookout {
    /// With the rules, the baseline and the instances of the configuration. What of the rules can not be
    /// used is named.
    ///
    /// # Errors
    /// When something that is named is not there, or no rule is left.
    pub fn new(context: &Context, config: &DetectConfig) -> Result<Self, Failure> {
        let (rules, warnings) = command::rules(&config.rules, !config.only)?;
        warnings.iter().for_each(|warning| context.terminal.warn(&command::told(warning)));
        let baseline = command::usual(config.baseline.as_deref(), config.only)?;
        let holdings = command::holdings(&config.instances)?;
        let rules = Arc::new(rules);
        let scout = Scout::new(rules.clone(), holdings, Period::default(), baseline.is_some());
        let desk = Desk::new(rules.clone(), Horizon::default(), baseline);
        let (level, counts, learned) = (config.level, Counts::default(), config.baseline.clone());
        Ok(Self { rules, scout, desk, level, counts, learned })
    }

    /// Whether anything here can have a sign of this id: a rule, the baseline, or another detector, whose
    /// findings are of too many types to know them all.
    pub fn knows(&self, rule: &str) -> bool {
        OTHERS.iter().any(|prefix| rule.starts_with(prefix)) || self.rules.cards().iter().any(|card| card.id == rule)
    }

    /// What time it is, for records that say it is later.
    pub fn now_is(&mut self, now: Timestamp) {
        self.desk.now_is(now);
    }

    /// Looks at the records of an input.
    ///
    /// # Errors
    /// In a sentence, what of it was not understood; everything else was looked at.
    pub fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let Self { scout, desk, .. } = self;
        let mut reader = Reader::default();
        reader.read(name, bytes, |record| {
            let (fate, sighting) = scout.look(&record);
            if let Some(sighting) = sighting {
                desk.take(sighting);
            }
            fate
        });
        let tally = reader.into_tally();
        self.counts += &tally.counts;
        match tally.rejections.first() {
            None => Ok(()),
            Some(first) => Err(format!(
                "{} at byte {}: {} ({} of {} records rejected)",
                first.input, first.offset, first.why, tally.counts.rejected, tally.counts.read
            )),
        }
    }

    /// Time passes by the clock: nothing waits in the queue that is older. While something does, time passes by
    /// what comes, or an outage of the watch would make a whole backlog late.
    pub fn idle(&mut self, now: Timestamp) {
        self.desk.passed(now);
    }

    /// Nothing comes any more: what waited for more is judged by what is there.
    pub fn finish(&mut self) {
        self.desk.finish();
    }

    /// What rules that look at several records have not counted, and why.
    pub fn out_of_order(&self) -> Option<Text> {
        command::out_of_order(&self.desk)
    }

    /// Writes what was learned into the baseline's file; nothing where none is configured.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn keep_learned(&self) -> Result<(), Failure> {
        match (&self.learned, self.desk.baseline()) {
            (Some(path), Some(baseline)) => baseline_file::keep(baseline, path),
            _ => Ok(()),
        }
    }

    /// The alerts that are new or have changed.
    pub fn tell(&mut self, now: Timestamp) -> Vec<Alert> {
        let alerts = self.desk.tell(self.level);
        self.desk.forget(now);
        alerts
    }

    /// What was read so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}
