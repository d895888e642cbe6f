//! `impound doctor`: before an incident, what will work and what will not.

use crate::args::Doctor;
use crate::charges;
use crate::context::Context;
use crate::doctor::{Finding, Health};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{BAD, GOOD, WARN};
use crate::text::{Text, paint, text};
use casebook::id::InstanceId;
use casebook::settings::Config;

/// Examines the surroundings of a response.
///
/// # Errors
/// Wrong usage or configuration; code 6 when AWS is not reached.
pub fn run(context: &Context, args: &Doctor) -> Result<Exit, Failure> {
    let instance = args.instance.as_deref().map(charges::instance).transpose()?;
    let config = context.config()?;
    let runbook = crate::config::runbook(&config.policy.runbook)?;
    context.terminal.log(&text!("runbook {}: no law broken", runbook.name));
    go(context, &config, instance.as_ref())
}

#[cfg(feature = "cloud")]
fn go(context: &Context, config: &Config, instance: Option<&InstanceId>) -> Result<Exit, Failure> {
    crate::cloud::doctor(context, config, instance)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Config, _: Option<&InstanceId>) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("doctor"))
}

/// Shows what was found; held when something would hold a run.
///
/// # Errors
/// When stdout can not be written.
pub fn tell(context: &Context, findings: &[Finding]) -> Result<Exit, Failure> {
    if context.terminal.is_json() {
        let document = serde_json::json!({ "schema": "impound.doctor/1", "checks": findings });
        context.terminal.json(&document.to_string())?;
    } else {
        context.terminal.data(&table(findings))?;
    }
    let held = findings.iter().any(|finding| finding.health == Health::Fail);
    Ok(if held { Exit::Held } else { Exit::Done })
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
