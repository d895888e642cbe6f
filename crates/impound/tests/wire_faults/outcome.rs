//! The end of a job in a form that can be compared: both accounts and the document, without the ids
//! that AWS makes up anew each time.

use crate::harness::{End, Incident};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The name of every case that is compared.
pub const CASE: &str = "disturbed";

/// Runs the whole job through custody under the name that is compared.
pub const JOB: [&str; 2] = ["--case", CASE];

/// The end of the job when nobody disturbs it, and what was there before it.
struct Undisturbed {
    before: String,
    end: Value,
}

fn undisturbed() -> &'static Undisturbed {
    static UNDISTURBED: OnceLock<Undisturbed> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let incident = Incident::new();
        let before = incident.photo().to_string();
        let end = incident.respond(&JOB).ends_with(0);
        let end = shape(&incident, &end, &before);
        Undisturbed { before, end }
    })
}

/// The job ended as if nobody had disturbed it: one set of snapshots, one image, one copy of each,
/// all verified, nobody else touched.
pub fn assert_as_undisturbed(incident: &Incident, end: &End, what: &str) {
    let Undisturbed { before, end: expected } = undisturbed();
    assert_eq!(end.code, Some(0), "{what}: {}", end.stderr);
    let found = shape(incident, end, before);
    let differences = differences(expected, &found, "");
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
}

/// Both accounts and the document; `before` holds the ids that are always the same.
fn shape(incident: &Incident, end: &End, before: &str) -> Value {
    let verdict = [end.text("/verdict/network"), end.text("/verdict/credentials")];
    let steps: Vec<_> = end.list("/steps").iter().map(|row| json!([row["step"], row["status"]])).collect();
    let evidence = end.list("/evidence").iter().filter(|row| row["kind"] != "scene").map(item).collect();
    json!({
        "accounts": masked(&incident.photo(), before),
        "verdict": verdict,
        "steps": steps,
        "evidence": sorted(evidence),
    })
}

/// A row of the evidence: disks have the same blocks in every run, what is captured has times in it.
fn item(row: &Value) -> Value {
    let digest = if row["kind"] == "snapshot" { row["sha256"].clone() } else { Value::Null };
    json!([row["kind"], row["account"], row["state"], row["locked"], digest])
}

fn masked(value: &Value, before: &str) -> Value {
    match value {
        Value::String(text) => mask(text, before).into(),
        Value::Array(list) => Value::Array(list.iter().map(|one| masked(one, before)).collect()),
        Value::Object(fields) if fields.keys().any(|key| mask(key, before) != *key) => {
            sorted(fields.iter().map(|(key, one)| json!([mask(key, before), masked(one, before)])).collect())
        }
        Value::Object(fields) => {
            fields.iter().map(|(key, one)| (key.clone(), masked(one, before))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// What is made up anew in every run: ids, the ledger's head, public addresses.
fn mask(text: &str, before: &str) -> String {
    if before.contains(text) {
        return text.to_owned();
    }
    let hex = |part: &str| part.len() > 7 && part.chars().all(|c| c.is_ascii_hexdigit());
    match text.rsplit_once('-') {
        Some((kind, rest)) if hex(rest) => format!("{kind}-*"),
        None if hex(text) => "*".to_owned(),
        _ if text.parse::<std::net::Ipv4Addr>().is_ok() => "an address".to_owned(),
        _ => text.to_owned(),
    }
}

fn sorted(mut list: Vec<Value>) -> Value {
    list.sort_by_key(Value::to_string);
    list.into()
}

/// Where two values differ: one line each.
fn differences(expected: &Value, found: &Value, place: &str) -> Vec<String> {
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
            left.iter().flat_map(|(key, one)| differences(one, &right[key], &format!("{place}/{key}"))).collect()
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let pairs = left.iter().zip(right).enumerate();
            pairs.flat_map(|(n, (one, other))| differences(one, other, &format!("{place}/{n}"))).collect()
        }
        _ if expected == found => Vec::new(),
        _ => vec![format!("{place}: {expected} became {found}")],
    }
}

#[test]
#[should_panic(expected = "/accounts/around/instances")]
fn a_neighbour_that_was_touched_shows() {
    let incident = Incident::new();
    let end = incident.respond(&JOB).ends_with(0);
    incident.server.change(&["tag", incident.world.text("/source/bystander"), "touched", "by somebody"]);
    assert_as_undisturbed(&incident, &end, "a neighbour was touched");
}

#[test]
#[should_panic(expected = "/accounts/evidence/source/snapshots")]
fn a_snapshot_too_few_shows() {
    let incident = Incident::new();
    let end = incident.respond(&JOB).ends_with(0);
    let snapshot = end.evidence("snapshot", "111111111111")[0]["id"].clone();
    incident.server.control("destroy", &json!({"snapshot": snapshot}));
    assert_as_undisturbed(&incident, &end, "one is gone");
}
