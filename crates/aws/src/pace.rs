//! A pace that a service prescribes for a whole account: one request after the other, so far apart.
//! It is kept by waiting before a request, however many questions take turns.
//!
//! Not for: services whose limits allow bursts. There the engine's lanes decide, by what is refused.

use aws_sdk_cloudtrail::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Turns that are so far apart.
#[derive(Debug)]
pub(crate) struct Pace {
    apart: Duration,
    /// When the next turn may be.
    next: Mutex<Option<Instant>>,
    sleep: SharedAsyncSleep,
}

impl Pace {
    /// Nobody has had a turn yet.
    pub(crate) fn new(apart: Duration) -> Self {
        Self::with_sleep(apart, SharedAsyncSleep::new(TokioSleep))
    }

    /// The same with another way to wait.
    pub(crate) fn with_sleep(apart: Duration, sleep: SharedAsyncSleep) -> Self {
        Self { apart, next: Mutex::new(None), sleep }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) {
        let wait = self.take(Instant::now());
        if !wait.is_zero() {
            self.sleep.sleep(wait).await;
        }
    }

    /// Lets so many turns pass unused: somebody else has had them.
    pub(crate) fn pass(&self, turns: u32) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.unwrap_or_else(Instant::now) + self.apart * turns);
    }

    /// Takes the next turn; how long it is until then.
    fn take(&self, now: Instant) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.apart);
        turn - now
    }
}

/// Real time.
#[derive(Debug)]
struct TokioSleep;

impl AsyncSleep for TokioSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APART: Duration = Duration::from_millis(500);

    #[test]
    fn turns_are_apart_and_none_is_saved_up() {
        let (pace, start) = (Pace::new(APART), Instant::now());
        assert_eq!([pace.take(start), pace.take(start), pace.take(start)], [Duration::ZERO, APART, APART * 2]);
        let later = start + APART * 10;
        assert_eq!([pace.take(later), pace.take(later)], [Duration::ZERO, APART]);
    }

    #[test]
    fn turns_that_pass_are_waited_for() {
        let (pace, start) = (Pace::new(APART), Instant::now());
        pace.take(start);
        pace.pass(3);
        assert_eq!(pace.take(start), APART * 4);
    }
}
