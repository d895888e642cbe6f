//! What a comparison reads, how long that takes at the least and what AWS charges, said before the
//! first block is read.

use super::order::Pair;
use crate::agenda::Agenda;
use crate::query::{ForensicQuery as F, Query, SourceQuery as S};
use crate::reading::Reading;

/// GetSnapshotBlock requests a second that an account may send
/// (<https://docs.aws.amazon.com/general/latest/gr/ebs-service.html>).
const BLOCKS_PER_SECOND: u64 = 1_000;
/// What 1,000 blocks cost in millionths of a dollar, in the example region of
/// <https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-pricing.html>.
const MICRODOLLARS_PER_THOUSAND: u64 = 3_000;

/// Announces a comparison; `false` until the blocks of both snapshots are counted.
pub(super) fn announce(agenda: &mut Agenda<'_>, Pair { original, copy }: &Pair<'_>) -> bool {
    let source = count(agenda, S::BlockCount(original.id.clone()).into());
    let forensic = count(agenda, F::BlockCount(copy.id.clone()).into());
    let (Some(source), Some(forensic)) = (source, forensic) else { return false };
    agenda.prove(format!("comparing {} with {}: {}", copy.id, original.id, cost(source, forensic)));
    true
}

fn count(agenda: &mut Agenda<'_>, query: Query) -> Option<u64> {
    match agenda.read(query)? {
        Reading::Count(count) => Some(*count),
        _ => None,
    }
}

/// Both accounts read at the same time, each within its own quota.
fn cost(source: u64, forensic: u64) -> String {
    let blocks = source + forensic;
    let seconds = source.max(forensic).div_ceil(BLOCKS_PER_SECOND).max(1);
    let cents = (blocks * MICRODOLLARS_PER_THOUSAND).div_ceil(1_000 * 10_000);
    format!(
        "{blocks} blocks of 512 KiB ({} MiB) in both accounts together, at least {seconds} s, at most {}.{:02} dollars at $0.003 per 1,000 blocks (AWS's example; regions differ)",
        blocks.div_ceil(2),
        cents / 100,
        cents % 100
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_time_and_price_are_rounded_up() {
        let text = cost(16_384, 16_384);
        assert!(text.starts_with("32768 blocks of 512 KiB (16384 MiB)"), "{text}");
        assert!(text.contains("at least 17 s, at most 0.10 dollars"), "{text}");
        assert!(cost(1, 0).contains("(1 MiB) in both accounts together, at least 1 s, at most 0.01 dollars"));
    }
}
