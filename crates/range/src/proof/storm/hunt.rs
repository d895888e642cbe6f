//! The hunt for triples of step, fault and point of a crash, one by one: in a scenario, the first and the last change of
//! each kind that a calm case makes is failed with each class of fault, and the process dies at each later change of that
//! step, or right where the fault is written, until every triple was met, or nothing is left to try.

use super::aim::{changes, fails};
use super::{Choice, Storm, Trouble};
use crate::Scenario;
use crate::proof::moment::{Moment, POINTS};
use crate::proof::trial::Crash;
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::step::{Phase, StepName};
use std::collections::BTreeSet;

/// How often a call fails: once, and so often that it still does when the case is taken up again.
const TIMES: [u32; 2] = [1, 20];
/// The gates that let steps make more changes.
const GATES: [Gate; 5] = [Gate::OpenWindow, Gate::SharedRole, Gate::AsgSuspend, Gate::BootImage, Gate::SubnetNacl];

/// A hunt, through one scenario after the other.
#[derive(Debug, Default)]
pub struct Hunt {
    /// What was met.
    pub met: BTreeSet<Moment>,
    /// How many storms it took.
    pub storms: usize,
    /// Those that broke a law.
    pub broken: Vec<Storm>,
}

impl Hunt {
    /// Goes through a scenario for what was not met yet.
    pub fn through(&mut self, scenario: Scenario) {
        for runbook in ["standard", "classic"] {
            for approved in [Vec::new(), GATES.to_vec()] {
                let choice = Choice { scenario: Some(scenario), calm: true, ..Choice::default() };
                let calm = Storm::new(1, choice);
                self.around(&Storm { runbook, approved, through: Phase::Eradicate, ..calm });
            }
        }
    }

    /// Fails the first and the last change of each kind that a calm storm makes.
    fn around(&mut self, calm: &Storm) {
        self.die(calm, None);
        let all = changes(&calm.live());
        let kinds: BTreeSet<_> = all.iter().map(|change| (change.step, change.action)).collect();
        for (step, action) in kinds {
            let mut of_kind = all.iter().filter(|change| (change.step, change.action) == (step, action));
            let ends = [of_kind.next(), of_kind.next_back()];
            let strikes = ends.into_iter().flatten().flat_map(|change| TIMES.map(|times| (change, times)));
            for class in FaultClass::ALL {
                for (change, times) in strikes.clone() {
                    if self.left(step, Some(class)).is_empty() {
                        break;
                    }
                    let mut struck = calm.clone();
                    struck.troubles.push(fails(change, class, times));
                    self.live(struck.clone());
                    self.die(&struck, Some((step, class)));
                }
            }
        }
    }

    /// The points at which a process has never died after this.
    fn left(&self, step: StepName, fault: Option<FaultClass>) -> Vec<&'static str> {
        POINTS.into_iter().filter(|point| !self.met.contains(&Moment { step, fault, point })).collect()
    }

    /// Lets the process die at each change of a storm at which something is left to be met.
    fn die(&mut self, storm: &Storm, after: Option<(StepName, FaultClass)>) {
        let fault = after.map(|(_, class)| class);
        let all = changes(&storm.live());
        for change in all.iter().filter(|change| after.is_none_or(|(step, _)| change.step == step)) {
            let met_before = fault.map_or(change.met.is_empty(), |class| change.met.contains(&class));
            let met = met_before || (fault.is_some() && change.failed == fault);
            let is_last = !all.iter().any(|other| other.follows(change));
            // What was struck on its way has not arrived; what AWS refused has.
            let failed = all.iter().filter(|other| other.run == change.run && other.nth < change.nth);
            let arrived = change.nth - failed.filter(|other| other.failed.is_some()).count();
            for point in self.left(change.step, fault) {
                let crashes = match point {
                    "not sent" if met_before => vec![Crash::Unsent(change.nth)],
                    "sent and lost" if met_before => (arrived..=change.nth).map(Crash::Unheard).collect(),
                    "written and not heard" if met_before => vec![Crash::Written(change.announced)],
                    "written and not heard" if met && is_last => vec![Crash::Written(change.concluded)],
                    "answered and not written" if met && is_last => {
                        vec![Crash::Unwritten(change.concluded), Crash::Unwritten(change.concluded + 1)]
                    }
                    _ => vec![],
                };
                for crash in crashes {
                    if self.left(change.step, fault).contains(&point) {
                        let mut storm = storm.clone();
                        storm.troubles.push(Trouble::Late(change.run, crash));
                        self.live(storm);
                    }
                }
            }
        }
    }

    fn live(&mut self, storm: Storm) {
        let after = storm.run();
        self.storms += 1;
        self.met.extend(after.reached);
        if !after.breaches.is_empty() {
            self.broken.push(storm);
        }
    }
}
