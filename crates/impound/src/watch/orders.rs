//! What a trigger of the configuration orders, checked before anything is received.

use crate::config::{self, File};
use crate::failure::Failure;
use casebook::gate::Gate;
use casebook::step::Phase;
use detect::trigger::Trigger;
use serde::{Deserialize, Serialize};

/// How a response is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// A shipped runbook or a file.
    pub runbook: String,
    /// The last phase.
    pub through: Phase,
    /// Gates approved ahead.
    pub approve: Vec<Gate>,
}

/// The orders of the configuration's triggers, in their order.
///
/// # Errors
/// When one names a phase, gate or runbook that is none, or approves what can not be approved ahead.
pub fn orders(file: &File) -> Result<Vec<Order>, Failure> {
    let numbered = file.trigger.iter().enumerate();
    numbered.map(|(index, trigger)| order(trigger, file).map_err(|why| wrong(index + 1, &why))).collect()
}

/// Whether every rule that a trigger waits for is one: a wrong id would let it wait for ever.
///
/// # Errors
/// With the first id that is none.
pub fn check_rules(file: &File, knows: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let unknown = |trigger: &Trigger| trigger.rules.iter().find(|rule| !knows(rule)).cloned();
    let found = file.trigger.iter().enumerate().find_map(|(index, trigger)| Some((index, unknown(trigger)?)));
    found.map_or(Ok(()), |(index, rule)| {
        Err(wrong(index + 1, &format!("there is no rule `{rule}`; `impound rules list` shows the ids")))
    })
}

fn wrong(number: usize, why: &str) -> Failure {
    Failure::usage(format!("cannot use the [[trigger]] number {number}: {why}"))
        .hint("correct the file, or name another one with --config")
}

fn order(trigger: &Trigger, file: &File) -> Result<Order, String> {
    let phase = Phase::ALL.into_iter().find(|phase| phase.as_str() == trigger.through);
    let through = phase.ok_or_else(|| {
        format!("`{}` is no phase; the phases are: {}", trigger.through, Phase::ALL.map(Phase::as_str).join(", "))
    })?;
    let approve: Vec<Gate> = trigger.approve.iter().map(|gate| gate.parse()).collect::<Result<_, String>>()?;
    if let Some(gate) = approve.iter().find(|gate| !gate.ahead()) {
        return Err(format!("the gate `{gate}` can not be approved ahead: it is bound to the evidence"));
    }
    let named = Some(&trigger.runbook).filter(|name| !name.is_empty());
    let runbook = named.cloned().unwrap_or_else(|| file.config().policy.runbook);
    config::runbook(&runbook).map_err(|failure| failure.what)?;
    Ok(Order { runbook, through, approve })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(trigger: &str) -> Result<Vec<Order>, Failure> {
        orders(&File::parse(&format!("[[trigger]]\n{trigger}")).expect("parses"))
    }

    #[test]
    fn a_trigger_without_words_contains_by_the_configured_runbook() {
        let order = Order { runbook: "standard".into(), through: Phase::Contain, approve: Vec::new() };
        assert_eq!(ordered("").expect("orders"), [order]);
        assert!(orders(&File::default()).expect("orders").is_empty());
    }

    #[test]
    fn a_trigger_that_waits_for_no_rule_there_is_is_refused() {
        let file = File::parse("[[trigger]]\n[[trigger]]\nrules = [\"a\", \"b\"]").expect("parses");
        assert!(check_rules(&file, |_| true).is_ok());
        let failure = check_rules(&file, |rule| rule == "a").expect_err("b is none");
        assert!(failure.what.contains("number 2") && failure.what.contains("no rule `b`"), "{}", failure.what);
    }

    #[test]
    fn what_a_trigger_can_not_order_is_said_before_anything_is_received() {
        for (trigger, words) in [
            ("through = \"custardy\"", "no phase"),
            ("approve = [\"door\"]", "is no gate"),
            ("approve = [\"terminate\"]", "ahead"),
            ("runbook = \"nothing.toml\"", "nothing.toml"),
        ] {
            let failure = ordered(trigger).expect_err(trigger);
            assert!(failure.what.contains(words) && failure.what.contains("number 1"), "{}", failure.what);
        }
    }
}
