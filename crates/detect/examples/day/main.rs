//! Makes a day of ordinary activity in the account of a mid-sized company: `day FOLDER [SEED]`.
//!
//! Made, not recorded: nobody attacks anything here, so every alert on it is noise. Fifty instances of six
//! roles read and write what such programs do, boot and go with Auto Scaling; services of AWS call on
//! their own and on others' behalf; people sign in through single sign-on, look around in the console, mistype, are
//! refused, open sessions and clean up; pipelines plan and apply with Terraform, deploy stacks and push
//! images; backups are taken, shared with the company's own other account and deleted; an auditor's program
//! asks for everything once. How often each happens is guessed from what such accounts look like. Names
//! and parameters follow AWS's documentation of each call. The same seed makes the same files; half of the web
//! instances have other ids under another seed, as they would on another day.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that writes files and says so")]

use jiff::{Timestamp, ToSpan};
use made::{ACCOUNT, Folder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::ops::Range;
use std::path::Path;

mod delivery;
mod instances;
#[path = "../made/mod.rs"]
mod made;
mod people;
mod services;
mod who;

use who::Who;

const HOME: &str = "us-east-1";
const AWAY: &str = "eu-west-1";
/// The company's own account for backups.
const VAULT: &str = "444455556666";
/// CloudTrail delivers about every five minutes.
const MINUTES_A_FILE: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, seed @ ..] = arguments.as_slice() else { return Err("usage: day FOLDER [SEED]".into()) };
    let seed = seed.first().map_or(Ok(1), |seed| seed.parse())?;
    println!("{}", make(Path::new(folder), seed, 0..24 * 60)?);
    Ok(())
}

/// Makes these minutes of a day.
fn make(path: &Path, seed: u64, minutes: Range<u32>) -> Result<Folder<'_>, Box<dyn Error>> {
    let date: Timestamp = "2026-03-03T00:00:00Z".parse()?;
    let mut day = Day::new(seed, date + (24 * i64::try_from(seed)?).hours());
    let mut fleet = instances::Fleet::new(&mut day.random);
    let mut folder = Folder::new(path);
    for minute in minutes {
        day.minute = minute;
        fleet.work(&mut day);
        services::work(&mut day);
        people::work(&mut day);
        delivery::work(&mut day, &fleet);
        if (minute + 1) % MINUTES_A_FILE == 0 {
            day.deliver(&mut folder)?;
        }
    }
    Ok(folder)
}

/// The day under way.
pub(crate) struct Day {
    pub(crate) random: fastrand::Rng,
    pub(crate) minute: u32,
    begins: Timestamp,
    /// What was called and not delivered yet, by region.
    calls: BTreeMap<&'static str, Vec<(Timestamp, String)>>,
}

/// A call, but for who makes it and when.
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parameters: Value,
    pub(crate) error: Option<&'static str>,
    /// Fields beyond those that every record has.
    pub(crate) more: Value,
    pub(crate) region: &'static str,
}

/// A call that succeeds.
pub(crate) fn call(service: &'static str, name: &'static str, parameters: Value) -> Call {
    Call { service, name, parameters, error: None, more: json!({}), region: HOME }
}

impl Call {
    pub(crate) fn refused(self, error: &'static str) -> Self {
        Self { error: Some(error), ..self }
    }

    pub(crate) fn with(self, more: Value) -> Self {
        Self { more, ..self }
    }

    pub(crate) fn in_region(self, region: &'static str) -> Self {
        Self { region, ..self }
    }
}

impl Day {
    fn new(seed: u64, begins: Timestamp) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), minute: 0, begins, calls: BTreeMap::new() }
    }

    /// Whether something that happens so often in an hour happens in this minute.
    pub(crate) fn now(&mut self, an_hour: f64) -> bool {
        self.random.f64() < an_hour / 60.0
    }

    /// Whether people are at work, more or less.
    pub(crate) fn office_hours(&self) -> bool {
        (8 * 60..18 * 60).contains(&self.minute)
    }

    /// One of these.
    pub(crate) fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.random.usize(..of.len())]
    }

    /// Makes a call some time in this minute.
    pub(crate) fn call(&mut self, who: &Who, call: Call) {
        let second = self.random.i64(0..60);
        self.call_at(who, call, second);
    }

    /// Makes calls one after the other, from this minute on, some seconds apart.
    pub(crate) fn calls(&mut self, who: &Who, calls: Vec<Call>, apart: i64) {
        let mut second = self.random.i64(0..30);
        for call in calls {
            self.call_at(who, call, second);
            second += self.random.i64(0..=apart);
        }
    }

    fn call_at(&mut self, who: &Who, call: Call, second: i64) {
        let at = self.begins + i64::from(self.minute).minutes() + second.seconds();
        let Call { service, name, parameters, error, more, region } = call;
        let reads = ["Describe", "List", "Get", "Head", "BatchGet", "Lookup"].iter().any(|verb| name.starts_with(verb));
        let mut record = json!({
            "eventVersion": "1.10", "userIdentity": who.identity, "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": region,
            "sourceIPAddress": who.address, "userAgent": who.agent,
            "requestParameters": if parameters == json!({}) { Value::Null } else { parameters },
            "responseElements": null, "requestID": made::id(&mut self.random), "eventID": made::id(&mut self.random),
            "readOnly": reads, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        });
        let fields = record.as_object_mut().expect("an object");
        if let Some(error) = error {
            fields.insert("errorCode".into(), error.into());
            fields.insert("errorMessage".into(), "You are not authorized to perform this operation.".into());
        }
        if who.console {
            fields.insert("sessionCredentialFromConsole".into(), "true".into());
        }
        fields.extend(more.as_object().cloned().unwrap_or_default());
        self.calls.entry(region).or_default().push((at, record.to_string()));
    }

    /// Delivers what was called until now; calls to come stay.
    fn deliver(&mut self, folder: &mut Folder<'_>) -> Result<(), Box<dyn Error>> {
        let now = self.begins + i64::from(self.minute + 1).minutes();
        let last = self.minute + 1 == 24 * 60;
        for (region, calls) in &mut self.calls {
            let (mut due, rest): (Vec<_>, Vec<_>) =
                std::mem::take(calls).into_iter().partition(|call| last || call.0 < now);
            *calls = rest;
            due.sort_by_key(|call| call.0);
            if !due.is_empty() {
                folder.write(&mut self.random, now, region, due.iter().map(|call| call.1.as_str()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use detect::baseline::Baseline;
    use detect::desk::Desk;
    use detect::holdings::Holdings;
    use detect::order::Horizon;
    use detect::read::Reader;
    use detect::rules::{Level, load, pack};
    use detect::scout::Scout;
    use detect::source::files::{Files, Found};
    use detect::source::key::Period;
    use std::fs::File;
    use std::sync::Arc;

    /// A morning, when most of it happens: a whole day takes a test too long.
    #[test]
    fn ordinary_activity_raises_at_most_two_alerts_per_100_000_events() {
        let folder = tempfile::tempdir().expect("a folder");
        make(folder.path(), 1, 8 * 60..12 * 60).expect("written");
        let rules = Arc::new(load::load(&pack::sources()).0);
        let scout = Scout::new(rules.clone(), Holdings::new(), Period::default(), true);
        let mut desk = Desk::new(rules, Horizon::of_files(), Some(Baseline::of_places()));
        let mut reader = Reader::default();
        for found in Files::under([folder.path().to_owned()], Period::default()) {
            let Found::File(path) = found else { panic!("{found:?}") };
            reader.read(&path.to_string_lossy(), File::open(&path).expect("a file"), |record| {
                let (fate, sighting) = scout.look(&record);
                sighting.into_iter().for_each(|sighting| desk.take(sighting));
                fate
            });
        }
        desk.finish();
        let (alerts, counts) = (desk.tell(Level::Medium), &reader.tally().counts);
        assert!(counts.parsed > 50_000 && counts.rejected == 0, "{counts:?}");
        let told: Vec<_> = alerts.iter().map(detect::alert::Alert::headline).collect();
        assert!(100_000 * told.len() as u64 <= 2 * counts.parsed, "{told:#?} of {} events", counts.parsed);
    }
}
