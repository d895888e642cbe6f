//! The operator wishes to stop, or the disk is full: what is said then.

use crate::field::Field;
use casebook::entry::CaseStatus;
use casebook::step::Phase;
use engine::{Session, Stop};
use futures_util::FutureExt;
use impound::exit::Exit;
use impound::opening::begin;
use impound::respond::{Site, respond, run};
use ledger::{Digest, Entry, LedgerError, MemoryStore, Store};
use serde_json::Value;

/// Nobody moves the range's clock here, so no call comes to its answer.
#[test]
fn a_cloud_that_never_answers_is_left_at_once() {
    let field = Field::new();
    let (context, cloud, clock, stop) = (field.context(), field.cloud(), field.clock(), Stop::new());
    stop.wish();
    let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
    let ended = respond(&context, site, field.response(field.charge(Phase::Custody))).now_or_never();
    let failure = ended.expect("it does not wait").expect_err("stopped");
    assert_eq!(failure.exit, Exit::Held);
    let document = failure.promised().expect("a document");
    assert_eq!((document.status, document.case), (CaseStatus::Held, None));
    assert!(field.shelf().cases().expect("listed").is_empty(), "no case was opened");
}

/// A disk that is full after some entries.
struct Small {
    inner: MemoryStore,
    room: u64,
}

impl Store for Small {
    fn append(&mut self, at: &str, bodies: &[Value]) -> Result<Vec<Entry>, LedgerError> {
        if self.len() + bodies.len() as u64 > self.room {
            return Err(LedgerError::Full { path: "s".into() });
        }
        self.inner.append(at, bodies)
    }

    fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        self.inner.entries()
    }

    fn head(&self) -> Digest {
        self.inner.head()
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn put_artefact(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        self.inner.put_artefact(bytes)
    }

    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        self.inner.artefact(digest)
    }
}

#[test]
fn a_full_disk_holds_the_case_with_its_document() {
    let field = Field::new();
    let response = field.response(field.charge(Phase::Custody));
    let store = Small { inner: MemoryStore::new(), room: 200 };
    let (target, clock, stop) = (field.range.target(), field.clock(), Stop::new());
    let mut session: Session<Small> =
        begin(store, "full".into(), &response.plan, &target, None, clock.now()).expect("opened");
    let cloud = field.cloud();
    let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
    let failure = range::run(&clock, run(site, &mut session, &mut ())).expect_err("no room");
    assert_eq!(failure.exit, Exit::Held, "{failure:?}");
    let document = failure.promised().expect("a document");
    assert_eq!((document.status, document.case), (CaseStatus::Held, Some("full".into())));
    assert!(document.reason.contains("no space left"), "{}", document.reason);
}
