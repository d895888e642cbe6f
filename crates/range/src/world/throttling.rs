//! Token buckets: so many calls of an action per account and region, for everybody in the account
//! together. Whoever empties one keeps everybody else waiting
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).

use super::World;
use super::errors::refused;
use casebook::fault::Fault;
use casebook::id::AccountId;
use casebook::query::Side;
use jiff::{SignedDuration, Timestamp};
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
    floods: BTreeMap<(AccountId, String), Flood>,
}

/// Thousandths of tokens at a moment: what comes back in a second comes back evenly.
#[derive(Clone, Copy, Debug)]
struct Level {
    millis: i64,
    at: Timestamp,
}

/// Others who take so many tokens of each second's until then.
#[derive(Clone, Copy, Debug)]
struct Flood {
    taken: i64,
    until: Timestamp,
}

impl Level {
    /// The level at a later moment, with so many tokens more, or fewer, each second.
    fn later(self, at: Timestamp, tokens: i64, rate: Rate) -> Self {
        let passed = i64::try_from(at.duration_since(self.at).as_millis()).unwrap_or(i64::MAX / 1000).max(0);
        let millis = self.millis.saturating_add(passed.saturating_mul(tokens));
        Self { millis: millis.clamp(0, rate.size * 1000), at: at.max(self.at) }
    }
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
        let key = (account.clone(), action.to_owned());
        let Some(level) = self.levels.get(&key) else { return rate.size * 1000 };
        let flooded = self
            .floods
            .get(&key)
            .map_or(*level, |flood| level.later(flood.until.min(now), rate.refill - flood.taken, rate));
        flooded.later(now, rate.refill, rate).millis
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
    /// Others in the account under investigation make so many calls of an action each second, for a while: what
    /// comes back of the bucket is theirs first. Another flood of the same action takes the place of this one.
    pub fn flood(&mut self, action: &str, each_second: u32, time: SignedDuration) {
        let Some(rate) = rate_of(action) else { return };
        let account = self.place.source.clone();
        let millis = self.buckets.level(&account, action, rate, self.now);
        self.buckets.set(&account, action, Level { millis, at: self.now });
        let flood = Flood { taken: each_second.into(), until: self.after(time) };
        self.buckets.floods.insert((account, action.to_owned()), flood);
    }
}
