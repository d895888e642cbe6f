//! Token buckets: so many calls of an action per account and region, for everybody in the account
//! together. Whoever empties one keeps everybody else waiting
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).

use super::World;
use super::errors::refused;
use casebook::fault::Fault;
use casebook::id::AccountId;
use casebook::query::Side;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Whether calls are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Throttling {
    /// They are not.
    #[default]
    Off,
    /// By the rates that AWS publishes for EC2; other services publish none and are not counted.
    Documented,
}

/// What a bucket holds and gets back each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    size: i64,
    refill: i64,
}

const fn rate(size: i64, refill: i64) -> Rate {
    Rate { size, refill }
}

/// Buckets by account and action. One that nobody touched is full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buckets {
    levels: BTreeMap<(AccountId, String), Level>,
}

/// Thousandths of tokens at a moment: what comes back in a second comes back evenly.
#[derive(Clone, Copy, Debug)]
struct Level {
    millis: i64,
    at: Timestamp,
}

/// The rate of an action: its own where the page lists it, else that of its category.
fn rate_of(action: &str) -> Option<Rate> {
    let name = action.strip_prefix("ec2:")?;
    Some(match name {
        "AssociateIamInstanceProfile"
        | "CreateSnapshot"
        | "CreateSnapshots"
        | "CreateVolume"
        | "DeleteSnapshot"
        | "DeleteVolume"
        | "DisassociateIamInstanceProfile"
        | "ModifyImageAttribute"
        | "ModifyNetworkInterfaceAttribute"
        | "ModifySnapshotAttribute"
        | "TerminateInstances" => rate(100, 5),
        "CopyImage" => rate(100, 1),
        "CreateTags" | "DeleteTags" => rate(100, 10),
        "RunInstances" => rate(5, 2),
        _ if name.starts_with("Describe") || name.starts_with("Get") => rate(100, 20),
        _ => rate(50, 5),
    })
}

impl Buckets {
    fn level(&self, account: &AccountId, action: &str, rate: Rate, now: Timestamp) -> i64 {
        let full = rate.size * 1000;
        self.levels.get(&(account.clone(), action.to_owned())).map_or(full, |level| {
            let passed = i64::try_from(now.duration_since(level.at).as_millis()).unwrap_or(i64::MAX / 1000);
            full.min(level.millis.saturating_add(passed.saturating_mul(rate.refill)))
        })
    }

    fn set(&mut self, account: &AccountId, action: &str, level: Level) {
        self.levels.insert((account.clone(), action.to_owned()), level);
    }
}

impl World {
    /// One call of an account: takes a token, or is refused for want of one.
    ///
    /// # Errors
    /// `RequestLimitExceeded`, of class [`casebook::fault::FaultClass::Throttled`].
    pub fn spend(&mut self, side: Side, action: &str) -> Result<(), Fault> {
        let Some(rate) = rate_of(action).filter(|_| self.settings.throttling == Throttling::Documented) else {
            return Ok(());
        };
        let account = self.place.account(side).clone();
        let millis = self.buckets.level(&account, action, rate, self.now);
        let (left, served) = if millis >= 1000 { (millis - 1000, true) } else { (millis, false) };
        self.buckets.set(&account, action, Level { millis: left, at: self.now });
        if served { Ok(()) } else { Err(refused("RequestLimitExceeded", format!("Request limit exceeded: {action}"))) }
    }

    /// Others in the account under investigation make so many calls of an action now.
    pub fn drain(&mut self, action: &str, calls: i64) {
        let Some(rate) = rate_of(action) else { return };
        let account = self.place.source.clone();
        let millis = self.buckets.level(&account, action, rate, self.now);
        let left = millis.saturating_sub(calls.max(0).saturating_mul(1000)).max(millis % 1000);
        self.buckets.set(&account, action, Level { millis: left, at: self.now });
    }
}
