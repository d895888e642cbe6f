//! `cargo run --release -p range --bin storm -- --seeds N`: so many storms, and every law that one of
//! them breaks.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal
#![allow(clippy::disallowed_methods)] // it measures itself

use range::Scenario;
use range::adversary::{self, Strategy};
use range::proof::moment::Moment;
use range::proof::storm::{Choice, Storm};
use range::proof::sweep::{Job, Part};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

/// A run is many small allocations: a fifth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "storm --seeds N [--from SEED] [--scenario S|chance] [--strategy A] [--calm]\n\
                     storm --seed SEED [the same options]: one storm, told in full\n\
                     storm --sweep [--scenario S]: every disturbance at every point of every runbook";

/// After how many seeds a long storm says how far it is.
const TELL_EVERY: u64 = 5_000;

/// What was asked for.
struct Order {
    from: u64,
    seeds: u64,
    told: bool,
    sweep: bool,
    choice: Choice,
}

fn main() -> ExitCode {
    match order(std::env::args().skip(1)) {
        Ok(order) if order.sweep => sweep(&order),
        Ok(order) if order.told => tell(&order),
        Ok(order) => storms(&order),
        Err(why) => {
            eprintln!("storm: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn order(mut words: impl Iterator<Item = String>) -> Result<Order, String> {
    let mut order = Order { from: 1, seeds: 1_000, told: false, sweep: false, choice: Choice::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => order.seeds = number(&value()?)?,
            "--from" => order.from = number(&value()?)?,
            "--seed" => (order.from, order.told) = (number(&value()?)?, true),
            "--scenario" => order.choice.scenario = Some(scenario(&value()?)?),
            "--strategy" => order.choice.strategy = Some(strategy(&value()?)?),
            "--sweep" => order.sweep = true,
            "--calm" => order.choice.calm = true,
            _ => return Err(format!("`{word}` is no option")),
        }
    }
    Ok(order)
}

fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{text}` is no number of a seed: a whole number from 0 on"))
}

fn scenario(name: &str) -> Result<Scenario, String> {
    let names = || Scenario::list().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let found = if name == "chance" { Some(Scenario::by_chance()) } else { Scenario::named(name) };
    found.ok_or_else(|| format!("there is no scenario `{name}`; there is: chance, {}", names()))
}

fn strategy(name: &str) -> Result<&'static Strategy, String> {
    let names = || adversary::ALL.iter().map(|strategy| strategy.name).collect::<Vec<_>>().join(", ");
    Strategy::named(name).ok_or_else(|| format!("there is no strategy `{name}`; there is: {}", names()))
}

/// Everything that can be disturbed, in every scenario or one.
fn sweep(order: &Order) -> ExitCode {
    let wanted = |job: &Job| order.choice.scenario.is_none_or(|scenario| scenario.name == job.scenario);
    let mut broken = 0;
    for job in Job::all().into_iter().filter(wanted) {
        let what = match job.part {
            Part::Response => "to custody",
            Part::Release => "released",
            Part::End => "to its end",
        };
        for tally in job.everything() {
            println!("{} by {}, {what}: {tally}", job.scenario, job.runbook);
            broken += tally.failures.len();
        }
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One storm in full.
fn tell(order: &Order) -> ExitCode {
    let storm = Storm::new(order.from, order.choice);
    let after = storm.run();
    header(&storm);
    after.history.iter().for_each(|line| println!("{line}"));
    println!("ledger {}", after.head);
    after.breaches.iter().for_each(|breach| println!("BROKEN {breach}"));
    if after.breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn header(storm: &Storm) {
    let gates: Vec<_> = storm.approved.iter().map(ToString::to_string).collect();
    let (world, runbook, through) = (storm.scenario.name, storm.runbook, storm.through);
    println!("seed {}: {world}, {runbook} through {through}, approved: {}", storm.seed, gates.join(", "));
    storm.troubles.iter().for_each(|trouble| println!("  {trouble}"));
    if storm.release {
        println!("  released in the end");
    }
}

fn storms(order: &Order) -> ExitCode {
    let begin = Instant::now();
    let (mut runs, mut broken, mut reached) = (0, 0, BTreeSet::new());
    for seed in order.from..order.from + order.seeds {
        let storm = Storm::new(seed, order.choice);
        let after = storm.run();
        runs += after.runs;
        reached.extend(after.reached);
        let done = seed + 1 - order.from;
        if done.is_multiple_of(TELL_EVERY) {
            eprintln!("{done} of {} seeds, {runs} runs, {:.0} s", order.seeds, begin.elapsed().as_secs_f64());
        }
        if let Some(breach) = after.breaches.first() {
            broken += 1;
            report(&storm, breach.checker, order);
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)] // a rate for people
    let rate = runs as f64 / seconds;
    println!(
        "{} seeds, {runs} runs in {seconds:.1} s: {rate:.0} runs a second; {broken} seeds broke a law",
        order.seeds
    );
    println!("peak memory {} MB", peak_megabytes());
    if !order.choice.calm {
        moments(&reached);
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came together with a crash, and what never did.
fn moments(reached: &BTreeSet<Moment>) {
    let all = Moment::all();
    println!("{} of {} triples of step, fault and crash point reached", reached.len(), all.len());
    all.difference(reached).for_each(|never| println!("never: {never}"));
}

fn report(storm: &Storm, law: &str, order: &Order) {
    let smallest = storm.shrunk(|smaller| smaller.breaks(law));
    header(&smallest);
    let after = smallest.run();
    after.breaches.iter().take(3).for_each(|breach| println!("BROKEN {breach}"));
    let last = after.history.len().saturating_sub(12);
    after.history[last..].iter().for_each(|line| println!("{line}"));
    let scenario = order.choice.scenario.map(|s| format!(" --scenario {}", s.name)).unwrap_or_default();
    let strategy = order.choice.strategy.map(|s| format!(" --strategy {}", s.name)).unwrap_or_default();
    let calm = if order.choice.calm { " --calm" } else { "" };
    println!("whole: storm --seed {}{scenario}{strategy}{calm}\n", storm.seed);
}

/// The most memory that the process has had, from the kernel; 0 where it does not say.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
