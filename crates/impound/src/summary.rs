//! A case in words, for the end of a run and for `status`: the verdict first, then what is left,
//! what is kept, what nobody could read, what waits for a person, and the next command.

use crate::document::{GapRow, StepRow, gaps, standing, steps};
use crate::gates::{self, Waiting};
use crate::history::History;
use crate::opening::is_drill;
use crate::tables;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, WARN, paint};
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::gate::Gate;
use casebook::settings::TrackedConnections;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use std::fmt::Write;

/// The end of a run.
pub fn summary(history: &History) -> String {
    let case = &history.case;
    let mut text = verdict(case);
    text.push_str(&standing_line(history));
    text.push_str(&residuals(case));
    text.push_str(&unfinished(&steps(case)));
    text.push_str(&evidence(case));
    text.push_str(&gap_lines(&gaps(case)));
    text.push_str(&gate_lines(&gates::waiting(case)));
    if !is_drill(case) {
        let _ = writeln!(text, "\nNext: {}", next_command(history));
    }
    text
}

/// The same with every step: one case of `status`.
pub fn detail(history: &History) -> String {
    let rows = steps(&history.case);
    format!("{}\nSteps\n{}", summary(history), rows.iter().map(step_line).collect::<String>())
}

/// The first line: what is proved about containment, and what is not.
pub fn verdict(case: &Case) -> String {
    let instance = &case.target.instance;
    if is_gone(case) {
        return format!("{}\n", paint(GOOD, &format!("{instance} is terminated; its evidence is kept.")));
    }
    if is_released(case) {
        return format!("{}\n", paint(WARN, &format!("{instance} is released: it is no longer contained.")));
    }
    let line = match case.verdict.network {
        NetworkVerdict::Open => paint(BAD, &format!("{instance} is NOT contained: the network is open.")),
        NetworkVerdict::VerifiedDead => paint(GOOD, &format!("{instance} is contained: no connection is left.")),
        NetworkVerdict::NewFlowsBlocked => blocked(case),
    };
    format!("{line}\nCredentials: {}\n", credentials(case.verdict.credentials))
}

/// Every interface is in a group without rules, which cuts nothing that already flows
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
fn blocked(case: &Case) -> String {
    let head = format!("{} is contained for new flows; existing connections may still be alive.", case.target.instance);
    let window = gates::command(case, Gate::OpenWindow);
    let setting = match case.settings.policy.tracked_connections {
        TrackedConnections::Convert => String::new(),
        TrackedConnections::Report => " (first set policy.tracked_connections = \"convert\")".to_owned(),
    };
    format!(
        "{}\n  to cut them: {window}{setting}\n  or, with everyone in the subnet: {}",
        paint(WARN, &head),
        gates::command(case, Gate::SubnetNacl)
    )
}

fn credentials(verdict: CredentialVerdict) -> String {
    match verdict {
        CredentialVerdict::None => paint(GOOD, "the instance has no role"),
        CredentialVerdict::Revoked => paint(GOOD, "revoked, and read back"),
        CredentialVerdict::Live => paint(BAD, "live: sessions of its role may still work"),
    }
}

fn standing_line(history: &History) -> String {
    let (status, reason) = standing(history);
    let word = match status {
        CaseStatus::Done => paint(GOOD, "done"),
        CaseStatus::Waiting => paint(WARN, "waiting"),
        CaseStatus::Held => paint(BAD, "held"),
        CaseStatus::Refused => paint(WARN, "refused"),
        CaseStatus::Unverified => paint(BAD, "unverified"),
    };
    let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
    format!("Case {}: {word}{reason}\n", paint(STRONG, history.case.id.as_str()))
}

fn residuals(case: &Case) -> String {
    let left = &case.verdict.residual;
    if left.is_empty() {
        return String::new();
    }
    let line = |residual: &casebook::verdict::Residual| format!("  {}: {}\n", residual.channel, residual.why);
    let head = if is_gone(case) { "Open until it was terminated" } else { "Still open" };
    format!("\n{head}\n{}", left.iter().map(line).collect::<String>())
}

/// The steps that are not done, each with its reason, and what the others warn of.
fn unfinished(rows: &[StepRow]) -> String {
    let open = |row: &&StepRow| !matches!(row.status, StepStatus::Done | StepStatus::Skipped);
    let lines: String = rows.iter().filter(open).map(step_line).collect();
    let warnings: String = rows.iter().flat_map(warning_lines).collect();
    let mut text = String::new();
    if !lines.is_empty() {
        let _ = write!(text, "\nNot done\n{lines}");
    }
    if !warnings.is_empty() {
        let _ = write!(text, "\nTo know\n{warnings}");
    }
    text
}

fn warning_lines(row: &StepRow) -> impl Iterator<Item = String> {
    row.warnings.iter().map(move |warning| format!("  {}: {warning}\n", row.step))
}

fn step_line(row: &StepRow) -> String {
    let (mark, style) = match row.status {
        StepStatus::Done => ("done", GOOD),
        StepStatus::Skipped => ("skipped", FAINT),
        StepStatus::Failed => ("failed", BAD),
        StepStatus::Waiting => ("waiting", WARN),
        StepStatus::Unknown => ("unknown", BAD),
    };
    format!("  {:<10} {} {}\n", row.step, paint(style, &format!("{mark:<8}")), row.reason)
}

fn evidence(case: &Case) -> String {
    if case.evidence.is_empty() {
        return String::new();
    }
    format!("\nEvidence\n{}\n", tables::evidence(case.evidence.values()))
}

fn gap_lines(gaps: &[GapRow]) -> String {
    if gaps.is_empty() {
        return String::new();
    }
    let line = |gap: &GapRow| format!("  {}: {}\n", gap.what, gap.why);
    format!("\nCould not be read\n{}", gaps.iter().map(line).collect::<String>())
}

/// Closed gates: what each exposes, and the command that opens it.
fn gate_lines(gates: &[Waiting]) -> String {
    if gates.is_empty() {
        return String::new();
    }
    let mut text = "\nGates\n".to_owned();
    for gate in gates {
        let kind = if gate.offer { "an offer" } else { "waited for" };
        let _ = writeln!(text, "  {} ({kind}, step {})", paint(STRONG, gate.gate.as_str()), gate.step);
        for line in &gate.exposure {
            let _ = writeln!(text, "    {line}");
        }
        let _ = writeln!(text, "    open it: {}", gate.command);
    }
    text
}

/// What a responder would type next.
pub fn next_command(history: &History) -> String {
    let case = &history.case;
    let (status, _) = standing(history);
    let gate = gates::waiting(case).into_iter().find(|gate| !gate.offer);
    match (status, gate) {
        (CaseStatus::Waiting, Some(gate)) => gate.command,
        (CaseStatus::Held | CaseStatus::Waiting, _) => format!("impound resume {}", case.id),
        (CaseStatus::Unverified, _) => format!("impound verify {}", case.id),
        _ if is_gone(case) || is_released(case) || case.through >= Phase::Custody => {
            format!("impound report {0} --format html -o {0}.html", case.id)
        }
        _ => format!("impound resume {} --through custody", case.id),
    }
}

/// Whether the original was terminated, read back.
pub fn is_gone(case: &Case) -> bool {
    case.step_status(StepName::Terminate) == Some(StepStatus::Done)
}

/// Whether the release came to its end.
pub fn is_released(case: &Case) -> bool {
    case.releasing.is_some() && case.ended == Some(CaseStatus::Done)
}
