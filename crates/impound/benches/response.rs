//! The loop: a whole response, from the first question to custody, on the range and in memory. What
//! is measured is planner, engine and ledger; the range's time costs nothing.

use casebook::entry::Person;
use casebook::id::CaseId;
use casebook::step::Phase;
use criterion::{Criterion, criterion_group, criterion_main};
use engine::{RunEnd, Stop};
use impound::charges::Charges;
use impound::config;
use impound::opening::{Foreign, Plan, begin};
use impound::range_site;
use impound::respond::{Site, run};
use ledger::MemoryStore;
use range::{Range, Scenario};
use std::hint::black_box;

fn respond(scenario: Scenario) -> RunEnd {
    let range = Range::new(scenario, 1);
    let (target, settings) = (range.target(), range_site::config(range.briefing()).settings(&range.target().region));
    let finding = range.briefing().finding.to_string();
    let charges = Charges::of_findings(finding.as_bytes(), Some(Phase::Custody), None).expect("the scenario's finding");
    let plan = Plan {
        charge: charges.list.into_iter().next().expect("one is accused"),
        settings,
        runbook: config::runbook("standard").expect("it is shipped"),
        case: None,
        approve: Vec::new(),
        foreign: Foreign::Report,
        by: Person::default(),
        nonce: "0".repeat(32),
        program: "bench".into(),
    };
    let (cloud, clock, stop) = (range.clone(), range.clock(), Stop::new());
    let opened = begin(MemoryStore::new(), CaseId::new("bench"), &plan, &target, None, clock.now());
    let mut session = opened.expect("memory can be written");
    let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
    range::run(&range.clock(), run(site, &mut session, &mut ())).expect("memory can be written")
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("response through custody");
    group.sample_size(10);
    for name in ["web-tier", "big-account"] {
        let scenario = Scenario::named(name).expect("the scenario");
        group.bench_function(name, |bencher| bencher.iter(|| black_box(respond(scenario))));
    }
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
