//! The lint of a runbook: which order or omission breaks a law, and which law.

use super::Runbook;
use crate::step::StepName::{
    self, Capture, Copy, Detach, Image, Isolate, Protect, Rebuild, Share, Snapshot, Terminate,
};
use std::collections::BTreeSet;
use std::fmt;

/// A law that a runbook breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What the runbook says.
    pub what: String,
    /// The law.
    pub law: &'static str,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; the law: {}", self.what, self.law)
    }
}

const CAPTURE_FIRST: &str = "nothing changes before what the change could destroy is captured";
const HEALTH_CHECK: &str = "an Auto Scaling group's health check terminates a member that is isolated while in service, termination protection or not";
const NO_PROOF: &str =
    "the original is terminated only when locked copies in the forensic account match it block for block";
const KILLERS: &str = "an instance is protected before its attackers notice that they are cut off";

/// `step` needs `before` in the runbook and ahead of it.
struct Needs(StepName, StepName, &'static str);

const NEEDS: [Needs; 9] = [
    Needs(Isolate, Detach, HEALTH_CHECK),
    Needs(Isolate, Protect, KILLERS),
    Needs(Image, Snapshot, "the snapshots' point in time comes first; an image is for convenience"),
    Needs(Share, Snapshot, "only what was snapshotted can be shared"),
    Needs(Copy, Share, "only what was shared can be copied"),
    Needs(Rebuild, Copy, "volumes are rebuilt from the forensic account's own copies"),
    Needs(Terminate, Copy, NO_PROOF),
    Needs(Terminate, Protect, NO_PROOF),
    Needs(Terminate, Isolate, "only a contained instance is terminated: the evidence is of a closed scene"),
];

impl Runbook {
    /// Every law that its order or an omission breaks; empty when it is sound.
    pub fn breaches(&self) -> Vec<Breach> {
        let mut found = self.shape();
        if found.is_empty() {
            found.extend(self.capture_first());
            found.extend(NEEDS.iter().filter_map(|needs| self.need(needs)));
        }
        found
    }

    fn shape(&self) -> Vec<Breach> {
        let law = "a runbook is a partial order of known steps";
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for row in &self.steps {
            if !seen.insert(row.step) {
                found.push(Breach { what: format!("`{}` stands twice", row.step), law });
            }
            for before in row.after.iter().filter(|before| !self.has(**before)) {
                found.push(Breach { what: format!("`{}` is after `{before}`, which is not there", row.step), law });
            }
        }
        let circular = self.steps.iter().find(|row| self.ahead(row.step).contains(&row.step));
        found.extend(circular.map(|row| Breach { what: format!("`{}` comes after itself", row.step), law }));
        found
    }

    fn capture_first(&self) -> Vec<Breach> {
        let late = |step: StepName| step != Capture && !self.ahead(step).contains(&Capture);
        let rows = self.steps.iter().filter(|row| late(row.step));
        rows.map(|row| Breach { what: format!("`{}` is not after `capture`", row.step), law: CAPTURE_FIRST }).collect()
    }

    /// `detach` may stand after `isolate`: the plan then turns the two round where it matters.
    fn need(&self, Needs(step, before, law): &Needs) -> Option<Breach> {
        if !self.has(*step) {
            return None;
        }
        if !self.has(*before) {
            return Some(Breach { what: format!("`{step}` without `{before}`"), law });
        }
        let turned = self.ahead(*before).contains(step) && *before != Detach;
        let loose = !self.ahead(*step).contains(before) && *before != Detach && *before != Protect;
        (turned || loose).then(|| Breach { what: format!("`{step}` is not after `{before}`"), law })
    }

    /// All steps that stand before one, directly or not.
    fn ahead(&self, step: StepName) -> BTreeSet<StepName> {
        let mut found = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            let rows = self.steps.iter().filter(|row| row.step == step);
            open.extend(rows.flat_map(|row| row.after.iter().copied()).filter(|before| found.insert(*before)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(text: &str) -> Vec<String> {
        Runbook::read(text).expect("readable").breaches().iter().map(ToString::to_string).collect()
    }

    fn book(rows: &[(&str, &[&str])]) -> String {
        let step = |(step, after): &(&str, &[&str])| format!("[[step]]\nstep = \"{step}\"\nafter = {after:?}\n");
        format!("name = \"t\"\ntitle = \"t\"\n{}", rows.iter().map(step).collect::<String>())
    }

    #[test]
    fn the_shipped_runbooks_are_sound() {
        for text in super::super::TEXTS {
            assert_eq!(breaches(text), Vec::<String>::new());
        }
        assert_eq!(Runbook::shipped().len(), 2);
    }

    /// Every row of the table refuses an omission, and every fixed order its reversal.
    #[test]
    fn every_law_refuses_its_breach() {
        for Needs(step, before, law) in NEEDS {
            let without = book(&[("capture", &[]), (step.as_str(), &["capture"])]);
            let found = breaches(&without);
            assert!(found.iter().any(|line| line.contains(law) && line.contains(before.as_str())), "{step}: {found:?}");
            if before != Detach {
                let after = [step.as_str()];
                let turned = book(&[("capture", &[]), (step.as_str(), &["capture"]), (before.as_str(), &after)]);
                assert!(breaches(&turned).iter().any(|line| line.contains(law)), "{step} before {before}");
            }
        }
    }

    #[test]
    fn a_change_before_the_capture_is_refused() {
        assert!(breaches(&book(&[("capture", &[]), ("tag", &[])]))[0].contains(CAPTURE_FIRST));
        assert!(breaches(&book(&[("tag", &[])]))[0].contains(CAPTURE_FIRST));
    }

    #[test]
    fn circles_twins_and_strangers_are_refused() {
        assert!(breaches(&book(&[("capture", &["tag"]), ("tag", &["capture"])]))[0].contains("after itself"));
        assert!(breaches(&book(&[("capture", &[]), ("capture", &[])]))[0].contains("twice"));
        assert!(breaches(&book(&[("capture", &["tag"])]))[0].contains("not there"));
        let error =
            Runbook::read("name = \"t\"\ntitle = \"t\"\n[[step]]\nstep = \"isolat\"\n").expect_err("unknown step");
        assert!(error.starts_with("line 4") && error.contains("isolate"), "{error}");
    }
}
