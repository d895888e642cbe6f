//! `cargo run --release -p range --bin storm -- --seeds N`: so many storms, and every law that one of
//! them breaks.
#![allow(clippy::print_stderr)] // a program for people at a terminal
#![allow(clippy::disallowed_methods)] // it measures itself

use range::Scenario;
use range::adversary::{self, Strategy};
use range::proof::moment::Moment;
use range::proof::storm::{Choice, Storm};
use range::proof::sweep::{Job, Part};
use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::process::{ExitCode, exit};
use std::time::Instant;

/// A run is many small allocations: a fifth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "storm --seeds N [--from SEED] [--scenario S|chance] [--strategy A] [--calm]\n\
                     storm --seed SEED [the same options]: one storm, told in full\n\
                     --first: with no more trouble than the first storms knew\n\
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

/// A line on stdout. Whoever closes it (`| head`) has seen enough: the program ends as a pipe ends one.
macro_rules! say {
    ($($words:tt)*) => {
        if writeln!(stdout(), $($words)*).is_err() {
            exit(CLOSED);
        }
    };
}

/// What a shell reports of a program that a closed pipe has ended.
const CLOSED: i32 = 141;

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
            "--first" => order.choice.first = true,
            _ => return Err(format!("`{word}` is no option")),
        }
    }
    order.checked()
}

impl Order {
    /// No storm at all breaks no law either.
    fn checked(self) -> Result<Self, String> {
        match (self.seeds, self.from.checked_add(self.seeds)) {
            _ if self.told || self.sweep => Ok(self),
            (0, _) => Err("0 seeds: nothing would be tried; at least 1".to_owned()),
            (_, None) => {
                Err(format!("{} seeds from {} on: the last seed there is, is {}", self.seeds, self.from, u64::MAX - 1))
            }
            _ => Ok(self),
        }
    }
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
            say!("{} by {}, {what}: {tally}", job.scenario, job.runbook);
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
    after.history.iter().for_each(|line| say!("{line}"));
    say!("ledger {}", after.head);
    after.breaches.iter().for_each(|breach| say!("BROKEN {breach}"));
    if after.breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn header(storm: &Storm) {
    let gates: Vec<_> = storm.approved.iter().map(ToString::to_string).collect();
    let (world, runbook, through) = (storm.scenario.name, storm.runbook, storm.through);
    say!("seed {}: {world}, {runbook} through {through}, approved: {}", storm.seed, gates.join(", "));
    storm.troubles.iter().for_each(|trouble| say!("  {trouble}"));
    if let Some(time) = storm.guarded {
        say!("  guarded for {} s", time.as_secs());
    }
    if storm.release {
        say!("  released in the end");
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
    say!("{} seeds, {runs} runs in {seconds:.1} s: {rate:.0} runs a second; {broken} seeds broke a law", order.seeds);
    say!("peak memory {} MB", peak_megabytes());
    if !order.choice.calm {
        moments(&reached);
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came together with a crash, and what never did.
fn moments(reached: &BTreeSet<Moment>) {
    let all = Moment::all();
    say!("{} of {} triples of step, fault and crash point reached", reached.len(), all.len());
    all.difference(reached).for_each(|never| say!("never: {never}"));
}

fn report(storm: &Storm, law: &str, order: &Order) {
    let smallest = storm.shrunk(|smaller| smaller.breaks(law));
    header(&smallest);
    let after = smallest.run();
    after.breaches.iter().take(3).for_each(|breach| say!("BROKEN {breach}"));
    let last = after.history.len().saturating_sub(12);
    after.history[last..].iter().for_each(|line| say!("{line}"));
    let scenario = order.choice.scenario.map(|s| format!(" --scenario {}", s.name)).unwrap_or_default();
    let strategy = order.choice.strategy.map(|s| format!(" --strategy {}", s.name)).unwrap_or_default();
    let calm = if order.choice.calm { " --calm" } else { "" };
    let first = if order.choice.first { " --first" } else { "" };
    say!("whole: storm --seed {}{scenario}{strategy}{calm}{first}\n", storm.seed);
}

/// The most memory that the process has had, from the kernel; 0 where it does not say.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

#[cfg(test)]
mod tests {
    use super::order;

    fn refusal(line: &str) -> Option<String> {
        order(line.split_whitespace().map(str::to_owned)).err()
    }

    #[test]
    fn what_would_try_no_seed_is_refused() {
        assert!(refusal("--seeds 0").expect("refused").contains("0 seeds"));
        let beyond = refusal("--from 18446744073709551615 --seeds 2").expect("refused");
        assert!(beyond.contains("18446744073709551614"), "{beyond}");
        assert_eq!(refusal("--from 18446744073709551613 --seeds 2"), None);
    }

    #[test]
    fn a_single_storm_is_told_of_any_seed() {
        assert_eq!(refusal("--seed 18446744073709551615"), None);
    }
}
