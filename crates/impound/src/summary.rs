//! A case in words, for the end of a run and for `status`: the verdict first, then what is left,
//! what is kept, what nobody could read, what waits for a person, and the next command.

use crate::document::{GapRow, StepRow, gaps, standing, steps};
use crate::drifts;
use crate::gates::{self, Waiting};
use crate::history::History;
use crate::opening::is_drill;
use crate::tables;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, WARN};
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::CaseStatus;
use casebook::evidence::{Evidence, EvidenceKind};
use casebook::gate::Gate;
use casebook::query::{ForensicQuery as F, Query, SourceQuery as S};
use casebook::reading::Reading;
use casebook::scene::instance::InstanceState;
use casebook::scene::network::{Interface, NetworkAcl};
use casebook::settings::TrackedConnections;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::tags;
use casebook::verdict::{CredentialVerdict, NetworkVerdict};

/// The end of a run.
pub fn summary(history: &History) -> Text {
    let case = &history.case;
    let mut text = Text::from_iter([
        verdict(case),
        standing_line(history),
        residuals(case),
        drift_lines(case),
        unfinished(&steps(case)),
        evidence(case),
        gap_lines(&gaps(case)),
        gate_lines(&gates::waiting(case)),
    ]);
    if !is_drill(case) {
        text.add(text!("\nNext: {}\n", next_command(history)));
    }
    text
}

/// The same with every step: one case of `status`.
pub fn detail(history: &History) -> Text {
    let rows = steps(&history.case);
    text!("{}\nSteps\n{}", summary(history), rows.iter().map(step_line).collect::<Text>())
}

/// The first line: what is proved about containment, and what is not.
pub fn verdict(case: &Case) -> Text {
    let instance = &case.target.instance;
    if is_gone(case) {
        return text!("{}\n", ended(case));
    }
    if is_released(case) {
        return text!("{}\n", paint(WARN, text!("{} is released: it is no longer contained.", instance)));
    }
    if let Some(state) = ended_by_others(case) {
        let head = text!("{} {}, and not by this case: there is nothing left to contain.", instance, state);
        return text!("{}\nCredentials: {}\n", paint(WARN, head), credentials(case.verdict.credentials));
    }
    let line = match case.verdict.network {
        NetworkVerdict::Open => paint(BAD, text!("{} is NOT contained: the network is open.", instance)),
        NetworkVerdict::VerifiedDead => paint(GOOD, text!("{} is contained: no connection is left.", instance)),
        NetworkVerdict::NewFlowsBlocked => blocked(case),
    };
    text!("{}\nCredentials: {}\n", line, credentials(case.verdict.credentials))
}

/// The original is gone; what was deleted of its evidence is named.
fn ended(case: &Case) -> Text {
    let gone: Vec<&str> = deleted(case).map(|item| item.id.as_str()).collect();
    let instance = &case.target.instance;
    if gone.is_empty() {
        return paint(GOOD, text!("{} is terminated; its evidence is kept.", instance));
    }
    let (all, gone) = (case.evidence.len() - gone.len(), gone.join(", "));
    paint(WARN, text!("{} is terminated. Deleted of its evidence: {}; {} other items are kept.", instance, gone, all))
}

/// The evidence that the last list of its account does not show any more.
fn deleted(case: &Case) -> impl Iterator<Item = &Evidence> {
    case.evidence.values().filter(|item| {
        let ours = item.account == case.target.account;
        let query: Query = match (item.kind, ours) {
            (EvidenceKind::Snapshot, true) => S::CaseSnapshots(case.id.clone()).into(),
            (EvidenceKind::Snapshot, false) => F::CaseSnapshots(case.id.clone()).into(),
            (EvidenceKind::Image, true) => S::CaseImages(case.id.clone()).into(),
            (EvidenceKind::Image, false) => F::CaseImages(case.id.clone()).into(),
            _ => return false,
        };
        match case.observed.get(&query) {
            Some(Reading::Snapshots(held)) => held.iter().all(|snapshot| snapshot.id.as_str() != item.id),
            Some(Reading::Images(held)) => held.iter().all(|image| image.id.as_str() != item.id),
            _ => false,
        }
    })
}

/// How the original was last read when somebody else ended it.
pub fn ended_by_others(case: &Case) -> Option<&'static str> {
    let ours = |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::Terminate { .. }));
    if case.attempts.iter().any(|(effect, attempt)| ours(effect) && attempt.took_place()) {
        return None;
    }
    match case.observed.get(&S::Instance(case.target.instance.clone()).into()) {
        Some(Reading::Instance(instance)) => match instance.state {
            InstanceState::ShuttingDown => Some("is being terminated"),
            InstanceState::Terminated => Some("is terminated"),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the network ACL of the case was read back in every subnet of the instance.
fn is_behind_acl(case: &Case) -> bool {
    let query: Query = S::Interfaces(case.target.instance.clone()).into();
    let Some(Reading::Interfaces(cards)) = case.observed.get(&query).or_else(|| case.baseline.scene.last(&query))
    else {
        return false;
    };
    let ours = |acl: &NetworkAcl| acl.tags.get(tags::CASE).is_some_and(|held| held == case.id.as_str());
    let behind = |card: &Interface| match case.observed.get(&S::Acls(vec![card.vpc.clone()]).into()) {
        Some(Reading::Acls(acls)) => acls.iter().any(|acl| {
            let there = acl.associations.iter().any(|tie| tie.subnet == card.subnet);
            there && ours(acl) && acl.denies_everything()
        }),
        _ => false,
    };
    !cards.is_empty() && cards.iter().all(behind)
}

/// Every interface is in a group without rules, which cuts nothing that already flows
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
fn blocked(case: &Case) -> Text {
    let head = text!("{} is contained for new flows; existing connections may still be alive.", case.target.instance);
    let window = gates::command(case, Gate::OpenWindow);
    let setting = match case.settings.policy.tracked_connections {
        TrackedConnections::Convert => "",
        TrackedConnections::Report => " (first set policy.tracked_connections = \"convert\")",
    };
    if is_behind_acl(case) {
        const CUT: &str =
            "its network ACL cuts off what leaves the subnet; what stays within it, and DNS, it does not see";
        return text!("{}\n  {}\n  to cut the rest: {}{}", paint(WARN, head), CUT, window, setting);
    }
    text!(
        "{}\n  to cut them: {}{}\n  or, with everyone in the subnet: {}",
        paint(WARN, head),
        window,
        setting,
        gates::command(case, Gate::SubnetNacl)
    )
}

fn credentials(verdict: CredentialVerdict) -> Text {
    match verdict {
        CredentialVerdict::None => paint(GOOD, "the instance has no role"),
        CredentialVerdict::Revoked => paint(GOOD, "revoked, and read back"),
        CredentialVerdict::Live => paint(BAD, "live: sessions of its role may still work"),
    }
}

fn standing_line(history: &History) -> Text {
    let (status, reason) = standing(history);
    let word = match status {
        CaseStatus::Done => paint(GOOD, "done"),
        CaseStatus::Waiting => paint(WARN, "waiting"),
        CaseStatus::Held => paint(BAD, "held"),
        CaseStatus::Refused => paint(WARN, "refused"),
        CaseStatus::Unverified => paint(BAD, "unverified"),
    };
    let colon = if reason.is_empty() { "" } else { ": " };
    text!("Case {}: {}{}{}\n", paint(STRONG, &history.case.id), word, colon, reason)
}

fn residuals(case: &Case) -> Text {
    let line = |residual: &casebook::verdict::Residual| text!("  {}: {}\n", residual.channel, residual.why);
    let gone = is_gone(case) || ended_by_others(case).is_some();
    let head = if gone { "Open until it was terminated" } else { "Still open" };
    headed(head, case.verdict.residual.iter().map(line).collect())
}

/// What a guard found, the latest of it.
fn drift_lines(case: &Case) -> Text {
    let all = &case.guard.drifts;
    let earlier = all.len().saturating_sub(SHOWN_DRIFTS);
    let mut lines: Text = all.values().skip(earlier).map(|record| text!("  {}\n", drifts::told(record))).collect();
    if earlier > 0 {
        lines.add(text!("  and {} before these: impound report {}\n", earlier, case.id));
    }
    headed("Undone by others while it was guarded", lines)
}

/// How many drifts are told.
const SHOWN_DRIFTS: usize = 10;

/// Lines under a headline; nothing when there is none.
fn headed(head: &str, lines: Text) -> Text {
    if lines.is_empty() { lines } else { text!("\n{}\n{}", head, lines) }
}

/// The steps that are not done, each with its reason, and what the others warn of.
fn unfinished(rows: &[StepRow]) -> Text {
    let open = |row: &&StepRow| !matches!(row.status, StepStatus::Done | StepStatus::Skipped);
    let lines = rows.iter().filter(open).map(step_line).collect();
    let warnings = rows.iter().flat_map(warning_lines).collect();
    Text::from_iter([headed("Not done", lines), headed("To know", warnings)])
}

fn warning_lines(row: &StepRow) -> impl Iterator<Item = Text> {
    row.warnings.iter().map(move |warning| text!("  {}: {}\n", row.step, warning))
}

fn step_line(row: &StepRow) -> Text {
    let (mark, style) = match row.status {
        StepStatus::Done => ("done", GOOD),
        StepStatus::Skipped => ("skipped", FAINT),
        StepStatus::Failed => ("failed", BAD),
        StepStatus::Waiting => ("waiting", WARN),
        StepStatus::Unknown => ("unknown", BAD),
    };
    text!("  {:<10} {} {}\n", row.step, paint(style, text!("{:<8}", mark)), row.reason)
}

fn evidence(case: &Case) -> Text {
    if case.evidence.is_empty() {
        return Text::new();
    }
    headed("Evidence", text!("{}\n", tables::evidence(case.evidence.values())))
}

fn gap_lines(gaps: &[GapRow]) -> Text {
    headed("Could not be read", gaps.iter().map(|gap| text!("  {}: {}\n", gap.what, gap.why)).collect())
}

/// Closed gates: what each exposes, and the command that opens it.
fn gate_lines(gates: &[Waiting]) -> Text {
    headed("Gates", gates.iter().map(gate_line).collect())
}

fn gate_line(gate: &Waiting) -> Text {
    let kind = if gate.offer { "an offer" } else { "waited for" };
    let mut lines = text!("  {} ({}, step {})\n", paint(STRONG, gate.gate), kind, gate.step);
    lines.add(gate.exposure.iter().map(|line| text!("    {}\n", line)).collect());
    lines.add(text!("    open it: {}\n", gate.command));
    lines
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
