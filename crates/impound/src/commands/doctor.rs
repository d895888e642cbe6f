//! `impound doctor`: before an incident, what will work and what will not.

use crate::args::Doctor;
use crate::charges;
use crate::config::File;
use crate::context::Context;
use crate::doctor::{Finding, Health};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{BAD, GOOD, WARN};
use crate::text::{Text, paint, text};
use casebook::id::InstanceId;
use casebook::visibility::{NOT_LOOKED_AT, Sight, State};

/// Examines the surroundings of a response.
///
/// # Errors
/// Wrong usage or configuration; code 6 when AWS is not reached.
pub fn run(context: &Context, args: &Doctor) -> Result<Exit, Failure> {
    let instance = args.instance.as_deref().map(charges::instance).transpose()?;
    let file = context.file()?;
    let runbook = crate::config::runbook(&file.config().policy.runbook)?;
    context.terminal.log(&text!("runbook {}: no law broken", runbook.name));
    go(context, &file, instance.as_ref())
}

#[cfg(feature = "cloud")]
fn go(context: &Context, file: &File, instance: Option<&InstanceId>) -> Result<Exit, Failure> {
    crate::cloud::doctor(context, file, instance)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &File, _: Option<&InstanceId>) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("doctor"))
}

/// Shows what was found; held when something would hold a run. What logs do not show holds nothing.
///
/// # Errors
/// When stdout can not be written.
pub fn tell(context: &Context, findings: &[Finding], sights: &[Sight]) -> Result<Exit, Failure> {
    if context.terminal.is_json() {
        let document = serde_json::json!({
            "schema": "impound.doctor/1", "checks": findings, "sources": sights, "not_looked_at": NOT_LOOKED_AT,
        });
        context.terminal.json(&document.to_string())?;
    } else {
        let mut shown = table(findings);
        shown.add(seen(sights));
        context.terminal.data(&shown)?;
    }
    let held = findings.iter().any(|finding| finding.health == Health::Fail);
    Ok(if held { Exit::Held } else { Exit::Done })
}

/// The log sources region by region, and below each what would go unseen.
fn seen(sights: &[Sight]) -> Text {
    let width = |part: fn(&Sight) -> usize| sights.iter().map(part).max().unwrap_or_default();
    let (sources, names) = (width(|sight| sight.source.len()), width(|sight| sight.what.len()));
    let mut shown = Text::new();
    let mut region = None;
    for sight in sights {
        if region.replace(&sight.region) != Some(&sight.region) {
            shown.add(text!("\nWhat is recorded in {}, and what would go unseen:\n", sight.region));
        }
        let (style, word) = match sight.state {
            State::On => (GOOD, "on     "),
            State::Partly => (WARN, "partly "),
            State::Off => (BAD, "OFF    "),
            State::Unknown => (WARN, "unknown"),
        };
        let (source, what) = (format!("{:<sources$}", sight.source), format!("{:<names$}", sight.what));
        shown.add(text!("{} {}  {}  {}\n", paint(style, word), source, what, sight.detail));
        shown.add(text!("        unseen: {}\n", sight.unseen));
    }
    shown.add(text!("\nNot looked at: {}.\n", NOT_LOOKED_AT));
    shown
}

fn table(findings: &[Finding]) -> Text {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    let line = |finding: &Finding| {
        let (style, word) = match finding.health {
            Health::Ok => (GOOD, "ok  "),
            Health::Warn => (WARN, "warn"),
            Health::Fail => (BAD, "FAIL"),
        };
        let what = format!("{:<width$}", finding.what);
        text!("{} {}  {}\n", paint(style, word), what, finding.detail)
    };
    findings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use casebook::id::Region;

    fn sight(region: &str, source: &'static str, state: State) -> Sight {
        let (what, detail, unseen) = ("x".to_owned(), "none".to_owned(), "everything".to_owned());
        Sight { region: Region::new(region), source, what, state, detail, unseen }
    }

    #[test]
    fn every_source_is_shown_under_its_region_with_what_goes_unseen() {
        let rows = [
            sight("us-east-1", "CloudTrail", State::Off),
            sight("us-east-1", "GuardDuty", State::Unknown),
            sight("eu-west-1", "CloudTrail", State::On),
        ];
        let shown = seen(&rows);
        let lines: Vec<String> = shown.lines().map(|line| line.as_str().to_owned()).collect();
        let heads = lines.iter().filter(|line| line.starts_with("What is recorded in ")).count();
        assert_eq!(
            (heads, lines.iter().filter(|line| line.contains("unseen: everything")).count()),
            (2, 3),
            "{lines:#?}"
        );
        assert!(lines.iter().any(|line| line.contains("OFF")) && lines.iter().any(|line| line.contains("unknown")));
        assert!(lines.last().is_some_and(|line| line.starts_with("Not looked at: ")), "{lines:#?}");
    }
}
