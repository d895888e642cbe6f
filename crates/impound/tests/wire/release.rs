//! Release: every changed setting back to the captured one.

use crate::harness::Incident;
use serde_json::{Value, json};

/// Everything that a release must put back; what stays as the trace of the case is left out.
fn settings(photo: &Value) -> Value {
    let mut target = photo["target"].clone();
    target["tags"] = untraced(&target["tags"]);
    for interface in target["interfaces"].as_object_mut().unwrap().values_mut() {
        interface["tags"] = untraced(&interface["tags"]);
    }
    target
}

fn untraced(tags: &Value) -> Value {
    let kept = tags.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("impound:"));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn everything_goes_back_to_what_was_captured() {
    let incident = Incident::new();
    let before = incident.photo();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    assert_ne!(settings(&incident.photo()), settings(&before), "contained");
    let released = incident.home.run(&["release", &case, "--yes"]).ends_with(0);
    assert_eq!(released.text("/status"), "done");
    let after = incident.photo();
    assert_eq!(settings(&after), settings(&before));
    assert_eq!(after["target"]["tags"]["impound:status"], "released");
    assert_eq!(after["around"]["roles"], before["around"]["roles"]);
    // The group started a replacement, and attaching made it one larger.
    let scaling = |photo: &Value| photo["around"]["scaling"][0].clone();
    assert_eq!(scaling(&before)["sizes"], json!([1, 4, 2]));
    assert_eq!(scaling(&after)["sizes"], json!([1, 4, 3]));
    assert_eq!(scaling(&after)["suspended"], scaling(&before)["suspended"]);
}

#[test]
fn the_evidence_stays_and_stays_locked() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    incident.home.run(&["release", &case, "--yes"]).ends_with(0);
    let photo = incident.photo();
    let snapshots = photo["evidence"]["source"]["snapshots"].as_object().unwrap();
    assert_eq!(snapshots.len(), 3);
    assert!(snapshots.values().all(|row| row["lock"] == json!(["governance"])), "{snapshots:?}");
    assert_eq!(incident.calls().of("DeleteSnapshot").len(), 0);
}

#[test]
fn a_released_case_is_closed_and_a_second_release_changes_nothing() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    incident.home.run(&["release", &case, "--yes"]).ends_with(0);
    let mark = incident.mark();
    incident.home.run(&["release", &case, "--yes"]).fails_with(2, &["released already"]);
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
}

#[test]
fn without_a_terminal_it_says_what_it_opens_and_wants_a_yes() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    let mark = incident.mark();
    let refused = incident.home.run(&["release", &case]).fails_with(2, &["--yes"]);
    for interface in incident.world.interfaces() {
        assert!(refused.stderr.contains(&interface), "{}", refused.stderr);
    }
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
}

#[test]
fn what_somebody_else_changed_meanwhile_is_left_and_reported() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    let interface = &incident.world.interfaces()[0];
    let other = incident.world.text("/source/groups/back");
    incident.server.change(&["groups", interface, other]);
    let released = incident.home.run(&["release", &case, "--yes"]).ends_with(0);
    assert!(released.stdout.contains(interface), "{:#}", released.document);
    assert_eq!(incident.photo()["target"]["interfaces"][interface]["groups"], json!([other]));
}
