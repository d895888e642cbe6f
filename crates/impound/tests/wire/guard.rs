//! A guard over the wire: somebody puts an interface back into an open group; the guard finds it, says who
//! it was, closes it again, and ends when it is stopped.

use crate::harness::Incident;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};

/// A guard under way, and what it says.
struct Guard {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
    said: Vec<String>,
}

impl Guard {
    fn over(incident: &Incident, case: &str) -> Self {
        let mut process = incident.home.start(&["guard", case, "--every", "10s"]);
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, lines, said: Vec::new() }
    }

    /// Waits until it has said something.
    fn says(&mut self, word: &str) {
        while !self.said.iter().any(|line| line.contains(word)) {
            let line = self.lines.next().unwrap_or_else(|| panic!("it ended: {:#?}", self.said));
            self.said.push(line.unwrap());
        }
    }

    /// Ctrl-C; gives the exit code and the document.
    fn stop(mut self) -> (Option<i32>, Value) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut document = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut document).unwrap();
        (self.process.wait().unwrap().code(), serde_json::from_str(&document).unwrap())
    }
}

impl Drop for Guard {
    /// A guard does not end by itself, and a test that failed does not stop it.
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

#[test]
fn groups_that_somebody_reverts_are_found_traced_and_closed_again() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    let quarantined = incident.photo()["target"]["interfaces"].clone();
    let mut guard = Guard::over(&incident, &case);
    guard.says("guarding");
    let interface = &incident.world.interfaces()[0];
    incident.server.change(&["groups", interface, incident.world.text("/source/groups/back")]);
    for word in ["drift ", "mended", "by arn:"] {
        guard.says(word);
    }
    let groups = |photo: &Value| -> Vec<Value> {
        photo.as_object().unwrap().values().map(|interface| interface["groups"].clone()).collect()
    };
    assert_eq!(groups(&incident.photo()["target"]["interfaces"]), groups(&quarantined));
    let (code, document) = guard.stop();
    assert_eq!((code, document["status"].as_str()), (Some(0), Some("done")), "{document:#}");
    let drift = &document["drifts"][0];
    let is_somebody = |change: &Value| change["by"].as_str().unwrap().contains("user/somebody-");
    assert_eq!(drift["step"], "isolate");
    assert!(drift["what"].as_str().unwrap().contains(interface), "{drift:#}");
    assert!(drift["by"].as_array().unwrap().iter().any(is_somebody), "{drift:#}");
    assert!(drift["mended"].is_string(), "{drift:#}");
}

#[test]
fn a_released_case_is_not_guarded() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    incident.home.run(&["release", &case, "--yes"]).ends_with(0);
    incident.home.run(&["guard", &case]).fails_with(2, &["is released", "nothing to guard"]);
}
