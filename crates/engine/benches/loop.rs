//! The whole loop on the simulated cloud, ledger in memory: what a run costs in our own time.
#![allow(missing_docs)] // criterion's macros make public items

use casebook::entry::{Opened, Person};
use casebook::id::CaseId;
use casebook::runbook::Runbook;
use casebook::settings::{ForensicSettings, Policy, Settings};
use casebook::step::Phase;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use engine::{Ports, RunEnd, Session, Stop, drive};
use ledger::MemoryStore;
use range::{Range, Scenario};

fn opened(range: &Range, through: Phase) -> Opened {
    let briefing = range.briefing();
    let forensic = ForensicSettings {
        account: briefing.forensic_account.clone(),
        key: Some(briefing.forensic_key.clone()),
        subnet: Some(briefing.forensic_subnet.clone()),
    };
    Opened {
        case: CaseId::from("bench"),
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
        program: "bench".into(),
        nonce: "0123456789abcdef".into(),
        by: Person::default(),
    }
}

fn run(range: &Range, through: Phase) -> RunEnd {
    let clock = range.clock();
    let mut session = Session::open(MemoryStore::new(), opened(range, through), clock.now()).expect("opens");
    let stop = Stop::new();
    let ports = Ports { cloud: range, clock: &clock, stop: &stop };
    range::run(&clock, drive(&mut session, ports, &mut ())).expect("ends")
}

fn whole_runs(criterion: &mut Criterion) {
    for (scenario, through) in
        [("web-tier", Phase::Contain), ("web-tier", Phase::Custody), ("big-account", Phase::Contain)]
    {
        let world = Scenario::named(scenario).expect("a scenario of the range");
        criterion.bench_function(&format!("{scenario} through {through}"), |bencher| {
            bencher.iter_batched(|| Range::new(world, 7), |range| run(&range, through), BatchSize::PerIteration);
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = whole_runs
}
criterion_main!(benches);
