//! Alerts on their way to whoever is told besides stdout: at least once. What was not told yet stands in
//! the journal, and is told by the next run if not by this one.

use super::SystemClock;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::text;
use crate::watch::journal::{Journal, Line};
use engine::Clock;
use std::collections::{BTreeMap, BTreeSet};

pub(super) use place::Place;

mod place;

/// How many are told to one place before the queue is looked at again.
const AT_ONCE: usize = 10;

/// Alerts to be told.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    places: Vec<Place<'a>>,
    untold: Untold,
}

/// By entry and place: how often it was refused. The alert stands in the entry: there may be many.
type Untold = BTreeMap<(u64, String), u32>;

impl<'a> Telling<'a> {
    /// With what an earlier run has not told. A place that is configured no more is not told.
    pub(super) fn new(places: Vec<Place<'a>>, untold: BTreeSet<(u64, String)>) -> Self {
        let known = |to: &String| places.iter().any(|place| place.name() == to);
        let untold = untold.into_iter().filter(|(_, to)| known(to)).map(|key| (key, 0)).collect();
        Self { places, untold }
    }

    /// Whether everything was told.
    pub(super) fn is_done(&self) -> bool {
        self.untold.is_empty()
    }

    /// Where each alert is told.
    pub(super) fn places(&self) -> Vec<String> {
        self.places.iter().map(|place| place.name().to_owned()).collect()
    }

    /// An alert that was written.
    pub(super) fn add(&mut self, number: u64, places: Vec<String>) {
        self.untold.extend(places.into_iter().map(|place| ((number, place), 0)));
    }

    /// Tells some, but not to places that have refused a moment ago.
    ///
    /// # Errors
    /// When the journal can not be written.
    pub(super) async fn go_on(&mut self, context: &Context, journal: &mut Journal) -> Result<(), Failure> {
        for place in &mut self.places {
            for _ in 0..AT_ONCE {
                if place.rests() || !oldest(place, &mut self.untold, context, journal).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Tells all, as far as they are taken.
    ///
    /// # Errors
    /// As [`Telling::go_on`].
    pub(super) async fn finish(&mut self, context: &Context, journal: &mut Journal) -> Result<(), Failure> {
        for place in &mut self.places {
            let mut left = self.untold.keys().filter(|(_, to)| to == place.name()).count();
            while left > 0 && (oldest(place, &mut self.untold, context, journal).await? || place.refuses_by_one()) {
                left -= 1;
            }
        }
        if !self.untold.is_empty() {
            context.terminal.warn(&text!("{} alerts are told by the next watch: see above", self.untold.len()));
        }
        Ok(())
    }
}

/// Tells a place the oldest alert that is for it, of those that it has refused least often; whether it was taken.
async fn oldest(
    place: &mut Place<'_>,
    untold: &mut Untold,
    context: &Context,
    journal: &mut Journal,
) -> Result<bool, Failure> {
    let of_it = untold.iter_mut().filter(|((_, to), _)| to == place.name());
    let Some((key, refused)) = of_it.min_by_key(|((alert, _), refused)| (**refused, *alert)) else {
        return Ok(false);
    };
    let (alert, to) = key.clone();
    let finding = journal.finding(alert)?;
    match place.tell(&finding).await {
        Ok(()) => {
            journal.write(SystemClock.now(), &[Line::Told { alert, to: to.clone() }])?;
            untold.remove(&(alert, to));
            Ok(true)
        }
        Err(fault) => {
            *refused += 1;
            context.terminal.warn(&text!("could not tell an alert to the {}: {}; it is tried again", to, fault));
            Ok(false)
        }
    }
}
