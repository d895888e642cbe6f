//! The figures at the end of a drill.

use crate::terminal::STRONG;
use crate::text::{Text, paint, text};
use jiff::SignedDuration;
use std::time::Duration;

/// How long a call takes on the range: there and back.
pub(super) const ROUND_TRIP: SignedDuration = SignedDuration::from_millis(50);

/// What was measured.
#[derive(Debug)]
pub(super) struct Figures {
    /// From the start to the answer that put the last interface into its group.
    pub(super) isolated: Option<SignedDuration>,
    /// The whole job, by the range's clock.
    pub(super) virtual_time: SignedDuration,
    /// The whole job, by the clock on the wall.
    pub(super) real: Duration,
}

impl Figures {
    pub(super) fn text(&self) -> Text {
        let isolated = match self.isolated {
            Some(time) => format!("{} round trips, {:.2} s", round_trips(time), time.as_secs_f64()),
            None => "not reached".to_owned(),
        };
        let (played, real) = (self.virtual_time.as_secs_f64(), self.real.as_secs_f64());
        text!(
            "{} {} at 50 ms a call\nWhole job: {} s of the range's time, {} s of yours",
            paint(STRONG, "Time to isolation:"),
            isolated,
            format!("{played:.1}"),
            format!("{real:.2}")
        )
    }
}

/// How many calls, one after another, fit in a time.
pub(super) fn round_trips(time: SignedDuration) -> i128 {
    (time.as_nanos() + ROUND_TRIP.as_nanos() - 1) / ROUND_TRIP.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begun_round_trip_counts_whole() {
        assert_eq!(round_trips(SignedDuration::from_millis(400)), 8);
        assert_eq!(round_trips(SignedDuration::from_millis(401)), 9);
    }
}
