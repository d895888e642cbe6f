//! The emulator's call log: what the program asked for, in the order of arrival.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One call.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// Its place in the log.
    pub n: usize,
    /// When it arrived: seconds since the epoch.
    pub began: f64,
    /// When it was answered.
    pub ended: f64,
    /// The account of who called; `None` when the keys are nobody's.
    pub account: Option<String>,
    /// The service, as it is signed for.
    pub service: String,
    /// The action.
    pub action: String,
    /// The path of its request.
    pub path: String,
    /// The ids it names.
    pub ids: Vec<String>,
    /// Its parameters as they were sent.
    pub params: Map<String, Value>,
    /// The code of the error it was answered with.
    pub error: Option<String>,
    /// Whether it changes something; false for reads and for `DryRun`.
    pub mutating: bool,
    /// Whether it says `DryRun`.
    pub dry_run: bool,
    setup: bool,
}

impl Call {
    /// Whether it names a thing, in its ids or anywhere in its parameters.
    pub fn names(&self, id: &str) -> bool {
        self.ids.iter().any(|found| found == id) || self.params.values().any(|value| contains(value, id))
    }

    /// A parameter as text; empty when it was not sent.
    pub fn param(&self, name: &str) -> String {
        match self.params.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

fn contains(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text.contains(id),
        other => other.to_string().contains(id),
    }
}

/// Calls in the order of arrival.
#[derive(Clone, Debug)]
pub struct Calls(pub Vec<Call>);

impl Calls {
    /// From the log; what built the world and what looked at it for a test is left out.
    pub fn read(log: &Value) -> Self {
        let all: Vec<Call> = serde_json::from_value(log.clone()).unwrap();
        Self(all.into_iter().filter(|call| !call.setup).collect())
    }

    /// Those of an action.
    pub fn of(&self, action: &str) -> Self {
        self.filter(|call| call.action == action)
    }

    /// Those that changed something.
    pub fn changes(&self) -> Self {
        self.filter(|call| call.mutating && call.error.is_none())
    }

    /// Those that were to change something, whatever became of them.
    pub fn attempts(&self) -> Self {
        self.filter(|call| call.mutating)
    }

    /// Those that name a thing.
    pub fn naming(&self, id: &str) -> Self {
        self.filter(|call| call.names(id))
    }

    /// Those for which something holds.
    pub fn filter(&self, wanted: impl Fn(&Call) -> bool) -> Self {
        Self(self.0.iter().filter(|call| wanted(call)).cloned().collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Place in the log of the first one.
    pub fn first(&self) -> usize {
        self.0.first().expect("there is such a call").n
    }

    /// Place in the log of the last one.
    pub fn last(&self) -> usize {
        self.0.last().expect("there is such a call").n
    }

    /// `service:action`, sorted, each once.
    pub fn actions(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.iter().map(|call| format!("{}:{}", call.service, call.action)).collect();
        names.sort();
        names.dedup();
        names
    }
}
