//! For the tests of this crate's files: a case in memory, a cloud that never answers, blocks.

use crate::ports::{Clock, Cloud};
use crate::session::Session;
use casebook::effect::Effect;
use casebook::entry::{Opened, Person};
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use casebook::runbook::Runbook;
use casebook::scene::storage::{BlockDigest, BlockRun};
use casebook::settings::{Policy, Settings};
use casebook::step::Phase;
use casebook::target::Target;
use jiff::Timestamp;
use ledger::MemoryStore;
use std::future::pending;

/// A cloud that never answers.
pub struct Silent;

impl Cloud for Silent {
    async fn observe(&self, _: &Query) -> Answer<Reading> {
        pending().await
    }

    async fn perform(&self, _: &Effect) -> Answer<Made> {
        pending().await
    }

    async fn rehearse(&self, _: &Effect) -> Answer<()> {
        pending().await
    }
}

/// A clock that stands still.
pub struct Midnight;

impl Clock for Midnight {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep_until(&self, _: Timestamp) {
        pending().await
    }
}

/// A case that was just opened.
pub fn session() -> Session<MemoryStore> {
    let opened = Opened {
        case: "test".into(),
        target: Target {
            partition: "aws".into(),
            account: "111111111111".into(),
            region: "us-east-1".into(),
            instance: "i-12345678".into(),
        },
        runbook: Runbook::named("standard").expect("shipped"),
        settings: Settings { forensic: None, share_key: None, policy: Policy::default() },
        through: Phase::Custody,
        revoke_first: false,
        finding: None,
        program: "test".into(),
        nonce: "00".into(),
        by: Person::default(),
    };
    Session::open(MemoryStore::new(), opened, Timestamp::UNIX_EPOCH).expect("opens")
}

/// A run of blocks; each digest is its index, repeated.
pub fn run(indexes: std::ops::Range<i32>, next: Option<i32>) -> BlockRun {
    let read = u64::from(indexes.end.abs_diff(indexes.start));
    let digest = |index: i32| BlockDigest { index, sha256: index.to_string().repeat(64) };
    BlockRun { blocks: indexes.map(digest).collect(), read, next }
}
