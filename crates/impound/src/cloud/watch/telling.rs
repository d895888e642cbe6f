//! Alerts on their way to whoever is told besides stdout: at least once. What was not told yet stands in
//! the journal, and is told by the next run if not by this one.

use super::SystemClock;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::text;
use crate::watch::journal::{Journal, Line};
use engine::Clock;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) use place::Place;

mod place;

/// How many are told to one place before the queue is looked at again.
const AT_ONCE: usize = 10;

/// Alerts to be told.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    places: Vec<Place<'a>>,
    untold: BTreeMap<(u64, String), Value>,
}

impl<'a> Telling<'a> {
    /// With what an earlier run has not told. A place that is configured no more is not told.
    pub(super) fn new(places: Vec<Place<'a>>, mut untold: BTreeMap<(u64, String), Value>) -> Self {
        untold.retain(|(_, to), _| places.iter().any(|place| place.name() == to));
        Self { places, untold }
    }

    /// Where each alert is told.
    pub(super) fn places(&self) -> Vec<String> {
        self.places.iter().map(|place| place.name().to_owned()).collect()
    }

    /// An alert that was written.
    pub(super) fn add(&mut self, number: u64, places: Vec<String>, finding: &Value) {
        self.untold.extend(places.into_iter().map(|place| ((number, place), finding.clone())));
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
            while oldest(place, &mut self.untold, context, journal).await? {}
        }
        if !self.untold.is_empty() {
            context.terminal.warn(&text!("{} alerts are told by the next watch: see above", self.untold.len()));
        }
        Ok(())
    }
}

/// Tells a place the oldest alert that is for it; whether it was taken.
async fn oldest(
    place: &mut Place<'_>,
    untold: &mut BTreeMap<(u64, String), Value>,
    context: &Context,
    journal: &mut Journal,
) -> Result<bool, Failure> {
    let Some((key, finding)) = untold.iter().find(|((_, to), _)| to == place.name()) else { return Ok(false) };
    let (alert, to) = key.clone();
    match place.tell(finding).await {
        Ok(()) => {
            journal.write(SystemClock.now(), &[Line::Told { alert, to: to.clone() }])?;
            untold.remove(&(alert, to));
            Ok(true)
        }
        Err(fault) => {
            context.terminal.warn(&text!("could not tell an alert to the {}: {}; it is tried again", to, fault));
            Ok(false)
        }
    }
}
