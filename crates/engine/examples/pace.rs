//! How many whole responses a second one thread makes on the simulated cloud, ledger in memory, each with a seed of
//! its own: `cargo run --release -p engine --example pace [RUNS]`.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // it times runs for a terminal

use casebook::effect::Effect;
use casebook::entry::{CaseStatus, Opened, Person};
use casebook::id::CaseId;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use casebook::runbook::Runbook;
use casebook::settings::{ForensicSettings, Policy, Settings};
use casebook::step::Phase;
use engine::{Clock, Cloud, Event, Ports, RunEnd, Session, Stop, Watcher, drive};
use jiff::Timestamp;
use ledger::{Digest, MemoryStore, Store};
use range::{Range, Scenario, VirtualClock};
use std::time::Instant;

struct Sky(Range);

impl Cloud for Sky {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        self.0.observe(query).await
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        self.0.perform(effect).await
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.0.rehearse(effect).await
    }
}

struct Watch(VirtualClock);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at).await;
    }
}

/// How often a run planned and how much it wrote.
#[derive(Debug, Default)]
struct Counts {
    plans: u64,
    entries: u64,
}

impl Watcher for Counts {
    fn saw(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { .. } => self.plans += 1,
            Event::Wrote { .. } => self.entries += 1,
            _ => {}
        }
    }
}

fn opened(range: &Range, through: Phase) -> Opened {
    let briefing = range.briefing();
    let forensic = ForensicSettings {
        account: briefing.forensic_account.clone(),
        key: Some(briefing.forensic_key.clone()),
        subnet: Some(briefing.forensic_subnet.clone()),
    };
    Opened {
        case: CaseId::from("pace"),
        target: range.target(),
        runbook: Runbook::named("standard").expect("shipped"),
        settings: Settings {
            forensic: Some(forensic),
            share_key: briefing.share_key.clone(),
            policy: Policy::default(),
        },
        through,
        revoke_first: false,
        finding: None,
        program: "pace".into(),
        nonce: "0123456789abcdef".into(),
        by: Person::default(),
    }
}

fn respond(scenario: Scenario, seed: u64, through: Phase, counts: &mut Counts) -> (RunEnd, usize, Digest) {
    let range = Range::new(scenario, seed);
    let clock = range.clock();
    let mut session = Session::open(MemoryStore::new(), opened(&range, through), clock.now()).expect("opens");
    let (sky, watch, stop) = (Sky(range.clone()), Watch(clock.clone()), Stop::new());
    let ports = Ports { cloud: &sky, clock: &watch, stop: &stop };
    let end = range::run(&clock, drive(&mut session, ports, counts)).expect("ends");
    let head = session.store().head();
    (end, range.calls().len(), head)
}

fn main() {
    let runs: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let only = std::env::args().nth(2);
    for (name, through) in [("lone", Phase::Custody), ("web-tier", Phase::Contain), ("web-tier", Phase::Custody)] {
        let title = format!("{name}/{through}");
        if only.as_ref().is_some_and(|only| *only != title) {
            continue;
        }
        let scenario = Scenario::named(name).expect("a scenario of the range");
        let mut counts = Counts::default();
        let (mut calls, mut sum, started) = (0, Vec::new(), Instant::now());
        for seed in 0..runs {
            let (end, made, head) = respond(scenario, seed, through, &mut counts);
            assert!(matches!(end.status, CaseStatus::Done), "{end:?}");
            calls += made;
            sum.extend_from_slice(head.to_string().as_bytes());
        }
        let seconds = started.elapsed().as_secs_f64();
        let each = |n: u64| n / runs;
        println!(
            "{title}: {:.0} runs/s, {:.2} ms each; plans {}, entries {}, calls {}; heads {}",
            runs as f64 / seconds,
            1000.0 * seconds / runs as f64,
            each(counts.plans),
            each(counts.entries),
            calls as u64 / runs,
            &Digest::of(&sum).to_string()[..16]
        );
    }
}
