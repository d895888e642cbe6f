//! What is remembered of all kinds of logs together has an end. Where there is more, the kind of which there is most gives
//! way, so that a flood of one kind leaves the others their share.

use super::Hit;
use super::kind::Kind;
use super::windows::Windows;

/// The most bytes of what waits for its turn: some eight thousand ordinary records.
const WAITING: usize = 8 << 20;
/// Of what was counted lately: some five thousand of them.
const RECENT: usize = 4 << 20;
/// Of groups: some three thousand ordinary ones.
const COUNTED: usize = 6 << 20;

/// Makes room; gives what comes of records that take their turn early.
pub(super) fn make(windows: &mut [Windows; Kind::ALL.len()]) -> Vec<Hit> {
    let mut hits = Vec::new();
    while let Some(fullest) = over(WAITING, windows, |windows| windows.order.bytes()) {
        hits.extend(fullest.ahead().unwrap_or_default());
    }
    while let Some(fullest) = over(RECENT, windows, |windows| windows.recent.bytes()) {
        fullest.recent.forget_one();
    }
    while let Some(fullest) = over(COUNTED, windows, Windows::counted) {
        fullest.forget_half();
    }
    hits
}

/// The kind that takes most, where all take more than so many bytes.
fn over(
    most: usize,
    windows: &mut [Windows; Kind::ALL.len()],
    bytes: impl Fn(&mut Windows) -> usize,
) -> Option<&mut Windows> {
    let taken = windows.each_mut().map(bytes);
    let fullest = (0..taken.len()).max_by_key(|kind| taken[*kind])?;
    (taken.iter().sum::<usize>() > most).then(|| &mut windows[fullest])
}
