//! The quotas that a run can meet: one that is used up stops a step in the middle.

use super::{Finding, Health};
use casebook::query::{ForensicQuery as F, Query, Side, SourceQuery as S};
use casebook::reading::Reading;
use casebook::scene::quota::{Allowance, Quota};
use engine::Cloud;
use futures_util::future::join_all;

/// Reads every quota of the accounts that a run would use.
pub(super) async fn examine<C: Cloud>(cloud: &C, with_forensic: bool) -> Vec<Finding> {
    let source = Quota::SOURCE.map(|quota| (quota, S::Quota(quota).into()));
    let forensic = Quota::FORENSIC.map(|quota| (quota, F::Quota(quota).into()));
    let asked: Vec<(Quota, Query)> = source.into_iter().chain(forensic.into_iter().filter(|_| with_forensic)).collect();
    join_all(asked.iter().map(|(quota, query)| one(cloud, *quota, query))).await
}

/// What can not be read is a warning: a run reads no quotas, it meets them.
async fn one<C: Cloud>(cloud: &C, quota: Quota, query: &Query) -> Finding {
    let place = match query.side() {
        Side::Source => "source",
        Side::Forensic => "forensic",
    };
    let what = format!("quota, {place}: {}", quota.title());
    match cloud.observe(query).await.value {
        Ok(Reading::Allowance(allowance)) => finding(&what, allowance),
        Ok(_) => Finding::new(&what, Health::Warn, "not read: AWS answered with something else"),
        Err(fault) => {
            Finding::new(&what, Health::Warn, format!("not read: {fault}; allow {}", query.actions().join(", ")))
        }
    }
}

fn finding(what: &str, allowance: Allowance) -> Finding {
    let Allowance { limit, used } = allowance;
    let figures = format!("{used} of {limit} in use");
    match allowance.free() {
        0 => Finding::new(what, Health::Fail, format!("{figures}: none is left; free some or raise the quota")),
        free if free < limit.div_ceil(10) => {
            Finding::new(what, Health::Warn, format!("{figures}: {free} left; raise the quota before it is needed"))
        }
        _ => Finding::new(what, Health::Ok, figures),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_that_is_used_up_would_hold_a_run_and_one_nearly_so_warns() {
        for (used, health) in [(0, Health::Ok), (90, Health::Ok), (91, Health::Warn), (100, Health::Fail)] {
            assert_eq!(finding("snapshots", Allowance { limit: 100, used }).health, health, "{used}");
        }
        assert_eq!(finding("snapshots", Allowance { limit: 5, used: 9 }).health, Health::Fail);
    }
}
