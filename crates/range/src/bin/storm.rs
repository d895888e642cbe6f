//! `cargo run --release -p range --bin storm -- --seeds N`: so many storms, and every law that one of
//! them breaks.
#![allow(clippy::print_stderr)] // a program for people at a terminal
#![allow(clippy::disallowed_methods)] // it measures itself

use range::Scenario;
use range::adversary::{self, Strategy};
use range::proof::moment::Moment;
use range::proof::storm::{Choice, Hunt, Storm};
use range::proof::sweep::{Job, Manner, Part};
use range::script;
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
                     storm --sweep [--scenario S]: every disturbance at every point of every runbook\n\
                     storm --hunt [--scenario S]: looks for every triple of step, fault and point of a crash";

/// Options of which one would be passed over in silence, and why.
const APART: [(&str, &str, &str); 16] = [
    ("--hunt", "--strategy", "a hunt knows no attackers"),
    ("--hunt", "--seeds", "a hunt tries everything and needs no seeds"),
    ("--hunt", "--from", "a hunt tries everything and needs no seeds"),
    ("--hunt", "--seed", "a hunt tries everything and needs no seed"),
    ("--hunt", "--calm", "a hunt is nothing but disturbances"),
    ("--hunt", "--first", "a hunt is no storm"),
    ("--hunt", "--sweep", "one of them at a time"),
    ("--sweep", "--strategy", "a sweep knows no attackers"),
    ("--sweep", "--seeds", "a sweep tries everything and needs no seeds"),
    ("--sweep", "--from", "a sweep tries everything and needs no seeds"),
    ("--sweep", "--seed", "a sweep tries everything and needs no seed"),
    ("--sweep", "--calm", "a sweep is nothing but disturbances"),
    ("--sweep", "--first", "a sweep is no storm"),
    ("--calm", "--strategy", "a calm storm has no attacker"),
    ("--seed", "--seeds", "one storm is told, or many are tried"),
    ("--seed", "--from", "one storm is told, or many are tried"),
];

/// After how many seeds a long storm says how far it is.
const TELL_EVERY: u64 = 5_000;

/// What the program was called for.
enum Wish {
    Help,
    Run(Order),
}

/// What was asked for.
struct Order {
    from: u64,
    seeds: u64,
    told: bool,
    sweep: bool,
    hunt: bool,
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
        Ok(Wish::Help) => help(),
        Ok(Wish::Run(order)) if order.sweep => sweep(&order),
        Ok(Wish::Run(order)) if order.hunt => hunt(&order),
        Ok(Wish::Run(order)) if order.told => tell(&order),
        Ok(Wish::Run(order)) => storms(&order),
        Err(why) => {
            eprintln!("storm: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn help() -> ExitCode {
    say!("{USAGE}");
    ExitCode::SUCCESS
}

fn order(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut order = Order { from: 1, seeds: 1_000, told: false, sweep: false, hunt: false, choice: Choice::default() };
    let mut given = BTreeSet::new();
    while let Some(word) = words.next() {
        given.insert(word.clone());
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => order.seeds = number(&value()?)?,
            "--from" => order.from = number(&value()?)?,
            "--seed" => (order.from, order.told) = (number(&value()?)?, true),
            "--scenario" => order.choice.scenario = Some(scenario(&value()?)?),
            "--strategy" => order.choice.strategy = Some(strategy(&value()?)?),
            "--sweep" => order.sweep = true,
            "--hunt" => order.hunt = true,
            "--calm" => order.choice.calm = true,
            "--first" => order.choice.first = true,
            "--help" | "-h" => return Ok(Wish::Help),
            _ => return Err(format!("`{word}` is no option")),
        }
    }
    apart(&given)?;
    order.checked().map(Wish::Run)
}

/// Nothing that was asked for is passed over.
fn apart(given: &BTreeSet<String>) -> Result<(), String> {
    let both = APART.iter().find(|(one, other, _)| given.contains(*one) && given.contains(*other));
    both.map_or(Ok(()), |(one, other, why)| Err(format!("{one} and {other}: {why}; leave one of them out")))
}

impl Order {
    /// What would try nothing breaks no law either.
    fn checked(self) -> Result<Self, String> {
        self.finds_prey()?;
        match (self.seeds, self.from.checked_add(self.seeds)) {
            _ if self.sweep && self.jobs().is_empty() => Err(format!(
                "no sweep goes through `{}`; leave --scenario out, or take one of: {}",
                self.choice.scenario.map_or("", |scenario| scenario.name),
                swept().into_iter().collect::<Vec<_>>().join(", ")
            )),
            _ if self.hunt
                && self.choice.scenario.is_some_and(|scenario| scenario.name == Scenario::by_chance().name) =>
            {
                Err("a hunt goes through scenarios, and what there is by chance only a seed knows; name one".to_owned())
            }
            _ if self.told || self.sweep || self.hunt => Ok(self),
            (0, _) => Err("0 seeds: nothing would be tried; at least 1".to_owned()),
            (_, None) => {
                Err(format!("{} seeds from {} on: the last seed there is, is {}", self.seeds, self.from, u64::MAX - 1))
            }
            _ => Ok(self),
        }
    }

    /// An attacker who finds nothing to act on tries nothing. What there is by chance only the seed knows.
    fn finds_prey(&self) -> Result<(), String> {
        match (self.choice.strategy, self.choice.scenario) {
            (Some(strategy), Some(scenario)) if scenario.name != Scenario::by_chance().name => {
                script::finds_prey(strategy, scenario).map_err(|why| format!("{why}; take another --scenario"))
            }
            _ => Ok(()),
        }
    }

    /// What a sweep would go through.
    fn jobs(&self) -> Vec<Job> {
        let wanted = |job: &Job| self.choice.scenario.is_none_or(|scenario| scenario.name == job.scenario);
        Job::all().into_iter().filter(wanted).collect()
    }
}

/// Every scenario that some sweep goes through.
fn swept() -> BTreeSet<&'static str> {
    Job::all().into_iter().map(|job| job.scenario).collect()
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
    let mut broken = 0;
    for job in order.jobs() {
        let what = match job.part {
            Part::Response => "to custody",
            Part::Release => "released",
            Part::End => "to its end",
        };
        let manner = match job.manner {
            Manner::Usual => "",
            Manner::Escalated => ", escalated",
            Manner::Gentle => ", gentle",
            Manner::Cornered => ", cornered",
        };
        for tally in job.everything() {
            say!("{} by {}, {what}{manner}: {tally}", job.scenario, job.runbook);
            broken += tally.failures.len();
        }
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every triple of step, fault and crash point that can be met, in every scenario or one.
fn hunt(order: &Order) -> ExitCode {
    let scenarios = match order.choice.scenario {
        Some(scenario) => vec![scenario],
        None => swept().into_iter().filter_map(Scenario::named).collect(),
    };
    let mut hunt = Hunt::default();
    for scenario in scenarios {
        hunt.through(scenario);
        eprintln!("{}: {} storms, {} triples so far", scenario.name, hunt.storms, hunt.met.len());
    }
    for storm in &hunt.broken {
        if let Some(breach) = storm.run().breaches.first() {
            shrunk(storm, breach.checker);
        }
    }
    say!("{} storms; {} broke a law", hunt.storms, hunt.broken.len());
    moments(&hunt.met);
    if hunt.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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

/// The least trouble that still breaks a law, and what became of it.
fn shrunk(storm: &Storm, law: &str) {
    let smallest = storm.shrunk(|smaller| smaller.breaks(law));
    header(&smallest);
    let after = smallest.run();
    after.breaches.iter().take(3).for_each(|breach| say!("BROKEN {breach}"));
    after.history.iter().for_each(|line| say!("{line}"));
}

fn report(storm: &Storm, law: &str, order: &Order) {
    shrunk(storm, law);
    let scenario = order.choice.scenario.map(|s| format!(" --scenario {}", s.name)).unwrap_or_default();
    let strategy = order.choice.strategy.map(|s| format!(" --strategy {}", s.name)).unwrap_or_default();
    let calm = if order.choice.calm { " --calm" } else { "" };
    let first = if order.choice.first { " --first" } else { "" };
    say!("with all its trouble: storm --seed {}{scenario}{strategy}{calm}{first}\n", storm.seed);
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
    use super::{Wish, order};

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

    #[test]
    fn a_sweep_of_nothing_is_refused() {
        for scenario in ["big-account", "chance"] {
            let why = refusal(&format!("--sweep --scenario {scenario}")).expect("refused");
            assert!(why.contains(scenario) && why.contains("web-tier"), "{why}");
        }
        assert_eq!(refusal("--sweep --scenario lone"), None);
    }

    #[test]
    fn an_option_that_would_be_passed_over_is_refused() {
        for line in [
            "--calm --strategy drain",
            "--sweep --strategy drain",
            "--sweep --seeds 3",
            "--sweep --calm",
            "--seed 3 --seeds 9",
            "--hunt --sweep",
            "--hunt --seeds 3",
        ] {
            let why = refusal(line).expect(line);
            assert!(why.contains("leave one of them out"), "{why}");
        }
    }

    #[test]
    fn an_attacker_without_prey_is_refused() {
        let why = refusal("--strategy strip-deny --scenario lone").expect("refused");
        assert!(why.contains("no role") && why.contains("--scenario"), "{why}");
        assert_eq!(refusal("--strategy strip-deny --scenario web-tier"), None);
        assert_eq!(refusal("--strategy strip-deny --scenario chance"), None);
    }

    #[test]
    fn whoever_asks_for_help_is_refused_nothing() {
        for line in ["--help", "-h", "--sweep --help"] {
            assert!(matches!(order(line.split_whitespace().map(str::to_owned)), Ok(Wish::Help)), "{line}");
        }
    }
}
