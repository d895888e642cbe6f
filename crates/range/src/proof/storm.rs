//! Storms: random worlds, faults, crashes and adversaries, all from one seed. A storm either breaks
//! no law, or gives the seed, the shortest history it could find that still breaks it, and the law.

use super::book::Failure;
use super::moment::Moment;
use super::trial::{Crash, Trial};
use super::witness::Breach;
use crate::adversary::Strategy;
use crate::{Range, Scenario};
use casebook::gate::Gate;
use casebook::step::Phase;
use engine::EngineError;
use fastrand::Rng;
use jiff::SignedDuration;
use std::collections::BTreeSet;

mod aim;
mod hunt;
mod trouble;
mod weather;

pub use hunt::Hunt;
pub use trouble::{Errand, Trouble};

/// Which storms to make.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// In this world alone; else the seed decides.
    pub scenario: Option<Scenario>,
    /// With this strategy alone; else the seed decides.
    pub strategy: Option<&'static Strategy>,
    /// Without faults, crashes and adversaries.
    pub calm: bool,
    /// With no more trouble than the first storms knew: the seeds that they found mean what they meant.
    pub first: bool,
}

/// A storm, planned: everything that is left to chance is decided here.
#[derive(Clone, Debug)]
pub struct Storm {
    /// The seed.
    pub seed: u64,
    /// The world.
    pub scenario: Scenario,
    /// The runbook.
    pub runbook: &'static str,
    /// How far the case goes.
    pub through: Phase,
    /// Whether it is released in the end.
    pub release: bool,
    /// How long it is guarded, once contained.
    pub guarded: Option<SignedDuration>,
    /// Gates approved ahead.
    pub approved: Vec<Gate>,
    /// What goes wrong.
    pub troubles: Vec<Trouble>,
    rng: Rng,
    more: Option<Rng>,
}

/// What became of a storm.
#[derive(Clone, Debug, Default)]
pub struct Aftermath {
    /// The laws that were broken.
    pub breaches: Vec<Breach>,
    /// How many times the case was taken up.
    pub runs: usize,
    /// The last entry's hash: two runs of a seed give the same.
    pub head: String,
    /// Every step, fault and point of a crash that came together.
    pub reached: BTreeSet<Moment>,
    /// The history, a line each.
    pub history: Vec<String>,
}

/// How often a case is taken up while there is trouble, and after it.
const ATTEMPTS: usize = 3;
/// How often a guard looks, in seconds.
const EVERY: u32 = 30;

impl Storm {
    /// The storm of a seed.
    pub fn new(seed: u64, choice: Choice) -> Self {
        let mut storm = Self::first(seed, choice);
        // The first storms knew a flood that was over at once and did nothing: without it they mean what they meant.
        if choice.first && choice.strategy.is_none() {
            storm.troubles.retain(|trouble| !trouble.floods());
        }
        if choice.calm || choice.first { storm } else { storm.worse(choice.strategy) }
    }

    /// The storm of a seed as far as the first storms went.
    fn first(seed: u64, choice: Choice) -> Self {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0069_6d70_6f75_6e64);
        let scenario = choice.scenario.unwrap_or_else(|| some_scenario(&mut rng));
        let through = [Phase::Contain, Phase::Preserve, Phase::Custody, Phase::Custody][rng.usize(..4)];
        let mut storm = Self {
            seed,
            scenario,
            runbook: if rng.u8(..4) == 0 { "classic" } else { "standard" },
            through: if choice.calm { Phase::Custody } else { through },
            release: !choice.calm && rng.u8(..5) == 0,
            guarded: None,
            approved: [Gate::OpenWindow, Gate::SharedRole, Gate::AsgSuspend, Gate::BootImage, Gate::SubnetNacl]
                .into_iter()
                .filter(|_| rng.u8(..6) == 0)
                .collect(),
            troubles: Vec::new(),
            rng,
            more: None,
        };
        if !choice.calm {
            storm.troubles = trouble::first(&mut storm.rng, choice.strategy);
        }
        let to_the_end = Rng::with_seed(seed ^ 0x656e_6400).u8(..4) == 0;
        if !choice.calm && to_the_end && storm.through == Phase::Custody && !storm.release {
            storm.through = Phase::Eradicate;
        }
        storm
    }

    /// The same with what later storms know besides.
    fn worse(mut self, only: Option<&'static Strategy>) -> Self {
        let mut rng = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x006d_6f72_6500);
        self.troubles.extend(trouble::more(&mut rng));
        let mut newer = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6e65_7765_7200);
        self.troubles.extend(trouble::newer(&mut newer).filter(|_| only.is_none()));
        let mut latest = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6c61_7465_7374);
        self.troubles.extend(trouble::latest(&mut latest));
        // So chosen that the seeds which had broken a law until then have none of it.
        let mut rare = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6f64_6469_7479);
        self.troubles.extend(trouble::rare(&mut rare, only));
        self.guarded = (rng.u8(..8) == 0).then(|| SignedDuration::from_secs(rng.i64(60..900)));
        let other_gates = [Gate::Router, Gate::ProtectedAsset];
        self.approved.extend(other_gates.into_iter().filter(|_| rng.u8(..6) == 0));
        let aims = rng.u8(..8) == 0;
        self.more = Some(rng.fork());
        if aims { aim::aimed(&self, &mut rng) } else { self }
    }

    /// The case in its world, with everything decided.
    fn trial(&self) -> Trial {
        let mut rng = self.rng.clone();
        let mut trial = Trial::on(Range::new(self.scenario, self.seed), self.through);
        trial.runbook = self.runbook;
        weather::first(&trial, &mut rng);
        weather::configure(&mut trial, &mut rng);
        self.more.clone().iter_mut().for_each(|rng| weather::more(&trial, rng));
        self.approved.iter().for_each(|gate| trial.approve(*gate));
        self.troubles.iter().for_each(|trouble| trouble.brew(&trial.range));
        trial
    }

    /// Lives through it.
    pub fn run(&self) -> Aftermath {
        let Lived { trial, mut after, failures, .. } = self.live();
        after.breaches.extend(trial.breaches());
        after.breaches.extend(failures);
        after.head = ledger::Store::head(&trial.book).to_string();
        after.history = super::telling::lines(&trial.history());
        after
    }

    fn live(&self) -> Lived<'_> {
        let mut lived = Lived::new(self);
        for trouble in &self.troubles {
            if let Trouble::Crash(crash) = trouble {
                lived.crash(*crash);
            }
        }
        lived.endure();
        if let Some(time) = self.guarded {
            lived.guard(time);
        }
        if !self.troubles.is_empty() {
            lived.trial.range.with_world(crate::World::drive_out);
            lived.endure();
        }
        if self.release && lived.failures.is_empty() {
            lived.trial.ask_for_release();
            lived.endure();
        }
        lived
    }

    /// Whether it breaks the law of a checker.
    pub fn breaks(&self, checker: &str) -> bool {
        self.run().breaches.iter().any(|breach| breach.checker == checker)
    }

    /// The same storm with as little trouble as still does it.
    #[must_use]
    pub fn shrunk(&self, breaks: impl Fn(&Self) -> bool) -> Self {
        let mut smallest = self.clone();
        let mut at = 0;
        while at < smallest.troubles.len() {
            let mut smaller = smallest.clone();
            smaller.troubles.remove(at);
            if breaks(&smaller) { smallest = smaller } else { at += 1 }
        }
        for n in (0..smallest.approved.len()).rev() {
            let mut smaller = smallest.clone();
            smaller.approved.remove(n);
            if breaks(&smaller) {
                smallest = smaller;
            }
        }
        let unguarded = Self { guarded: None, ..smallest.clone() };
        if smallest.guarded.is_some() && breaks(&unguarded) {
            smallest = unguarded;
        }
        for through in [Phase::Contain, Phase::Preserve] {
            let smaller = Self { through, ..smallest.clone() };
            if through < smallest.through && breaks(&smaller) {
                smallest = smaller;
            }
        }
        smallest
    }
}

/// A storm that is being lived through.
struct Lived<'a> {
    storm: &'a Storm,
    trial: Trial,
    after: Aftermath,
    failures: Vec<Breach>,
    /// The last number in the ledger before each run.
    starts: Vec<u64>,
    /// Which run was the guard's.
    guarded: Option<usize>,
}

impl<'a> Lived<'a> {
    fn new(storm: &'a Storm) -> Self {
        let (trial, after) = (storm.trial(), Aftermath::default());
        Self { storm, trial, after, failures: Vec::new(), starts: Vec::new(), guarded: None }
    }

    fn begin(&mut self) {
        self.after.runs += 1;
        self.approve_the_end();
        self.starts.push(ledger::Store::len(&self.trial.book));
    }

    fn crash(&mut self, crash: Crash) {
        self.begin();
        if self.trial.crash(crash) {
            let since = self.starts.last().copied().unwrap_or_default();
            self.after.reached.extend(Moment::met(&self.trial, crash, since));
        }
    }

    /// The death that was planned for this run.
    fn late_crash(&self) -> Option<Crash> {
        self.storm.troubles.iter().find_map(|trouble| match trouble {
            Trouble::Late(run, crash) if *run == self.after.runs => Some(*crash),
            _ => None,
        })
    }

    /// Takes the case up until it rests at its end, or often enough.
    fn endure(&mut self) {
        for _ in 0..ATTEMPTS {
            if let Some(crash) = self.late_crash() {
                self.crash(crash);
                continue;
            }
            self.begin();
            match self.trial.attempt(Failure::Never, &mut ()) {
                Ok(ended) if ended.status == casebook::entry::CaseStatus::Done => return,
                Ok(_) => {}
                Err(error) => return self.fail(&error),
            }
        }
    }

    fn guard(&mut self, time: SignedDuration) {
        self.guarded = Some(self.after.runs);
        self.begin();
        if let Err(error) = self.trial.guard(EVERY, time) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &EngineError) {
        let law = "a run ends with an answer and not with an error";
        let (at, what) = (self.trial.now(), error.to_string());
        self.failures.push(Breach { checker: "comes-to-rest", law, at, what });
    }

    /// A responder who lets go of the original whenever the evidence is shown to be whole.
    fn approve_the_end(&self) {
        if self.storm.through == Phase::Eradicate && !ledger::Store::is_empty(&self.trial.book) {
            self.trial.approve_as_asked(Gate::Terminate);
        }
    }
}

fn some_scenario(rng: &mut Rng) -> Scenario {
    let named = ["web-tier", "lone", "spot", "shared-role", "marketplace", "no-share-key", "open-enclave", "prepared"];
    match rng.usize(..40) {
        n if n < named.len() => Scenario::named(named[n]).expect("shipped"),
        _ => Scenario::by_chance(),
    }
}
