use super::*;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::testkit::{Bench, settings};

/// Polls once; gives when to look again, or nothing where it asks.
fn poll(bench: &Bench) -> Option<Timestamp> {
    let mut agenda = Agenda::new(bench.view());
    agenda.poll(S::SerialConsole, SignedDuration::from_secs(15), "a change");
    let wake = agenda.wakes.first().map(|wake| wake.at);
    assert_eq!(wake.is_none(), agenda.observe.contains(&S::SerialConsole.into()));
    wake
}

#[test]
fn who_wakes_when_a_poll_is_due_asks_and_does_not_wait_again() {
    let opened = Bench::new(settings()).now;
    for seconds in [1, 8, 30, 41, 600] {
        let mut bench = Bench::new(settings());
        bench.now = opened + SignedDuration::from_secs(seconds);
        bench.know(S::SerialConsole, Reading::Flag(true));
        let due = poll(&bench).expect("it was read just now");
        bench.now = due - SignedDuration::from_millis(1);
        assert_eq!(poll(&bench), Some(due), "{seconds} s");
        bench.now = due;
        assert_eq!(poll(&bench), None, "{seconds} s");
        let (pause, waited) = (due - (opened + SignedDuration::from_secs(seconds)), due - opened);
        let quarter = waited.total(jiff::Unit::Second).expect("days") / 4.0;
        assert!((pause.total(jiff::Unit::Second).expect("days") - quarter.clamp(0.25, 15.0)).abs() < 0.001);
    }
}
