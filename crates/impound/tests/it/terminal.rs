//! A person at a terminal: what is shown, what is asked, and that nobody outside can write to it.

use crate::field::Field;
use casebook::entry::{Asked, CaseStatus, Ended, Entry, StepEntry};
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::gate::Gate;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{Residual, Verdict};
use engine::Session;
use impound::commands::approve;
use impound::opening::{begin, take_up};
use ledger::CaseFile;

/// Clears the screen, sets its title, turns the writing round and forges a line.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\nerror: forged\r";

/// A case in which everything that somebody else can write is hostile.
fn forge(field: &Field) {
    let store = CaseFile::create(field.shelf().path(), "forged", "a forger").expect("created");
    let plan = field.response(field.charge(Phase::Contain)).plan;
    let now = field.clock().now();
    let mut session: Session<CaseFile> =
        begin(store, "forged".into(), &plan, &field.range.target(), None, now).expect("opened");
    let text = || HOSTILE.to_owned();
    let step = StepEntry {
        step: StepName::Isolate,
        status: StepStatus::Failed,
        reason: text(),
        warnings: vec![text()],
        proof: vec![text()],
    };
    let asked =
        Asked { gate: Gate::SubnetNacl, step: StepName::Isolate, exposure: vec![text()], digest: String::new() };
    let item = Evidence {
        kind: EvidenceKind::Snapshot,
        id: text(),
        account: HOSTILE.into(),
        region: HOSTILE.into(),
        source: Some(text()),
        state: EvidenceState::Completed,
        locked: false,
        sha256: Some(text()),
    };
    let residual = vec![Residual { channel: text().into(), why: text().into() }];
    let verdict = Verdict { residual, ..Verdict::default() };
    let ended = Ended { status: CaseStatus::Held, reason: text() };
    let entries =
        [Entry::Step(step), Entry::Asked(asked), Entry::Evidence(item), Entry::Verdict(verdict), Entry::Ended(ended)];
    session.append(now, &entries).expect("written");
}

fn obeys(c: char) -> bool {
    c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_it_is() {
    let field = Field::new();
    forge(&field);
    let file = field.home.write("odd.toml", &format!("[policy]\nrunbook = \"{}\"\n", HOSTILE.replace('\n', "")));
    let lines: [&[&str]; 6] = [
        &["status", "forged"],
        &["status"],
        &["verify", "forged"],
        &["release", "forged"],
        &["--output", "json", "status", "forged"],
        &["--config", &file, "resume", "forged"],
    ];
    for line in lines {
        let end = field.run(line);
        for stream in [&end.stdout, &end.stderr] {
            assert!(!stream.chars().any(obeys), "{line:?}: {end:?}");
            assert!(!stream.lines().any(|line| line.starts_with("error: forged")), "{line:?}: {end:?}");
        }
    }
    let shown = field.run(&["status", "forged"]).stdout;
    assert!(shown.contains("[U+001B][2J") && shown.contains("[U+202E]"), "it is shown, and harmless: {shown}");
}

#[test]
fn a_gate_of_a_case_under_way_says_how_it_is_approved() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    let case = field.case();
    let held = take_up(&field.shelf(), &case).expect("taken");
    let failure = approve::take_up(&field.shelf(), &case, Gate::OpenWindow).expect_err("a run is at work");
    assert!(failure.what.contains(&format!("process {}", std::process::id())), "{}", failure.what);
    let hint = failure.hint.expect("a hint");
    let pid = std::process::id();
    for part in [
        format!("kill -INT {pid}"),
        "Ctrl-C".to_owned(),
        format!("impound approve {case} open-window && impound resume {case}"),
    ] {
        assert!(hint.contains(&part), "no `{part}` in {hint}");
    }
    drop(held);
    approve::take_up(&field.shelf(), &case, Gate::OpenWindow).expect("free again");
}

#[test]
fn a_quiet_release_still_says_what_it_opens_before_it_asks() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Contain))).expect("contained");
    let end = field.run(&["-q", "release", field.case().as_str()]);
    end.fails_with(2, &["opens again", "--yes"]);
}

#[test]
fn closed_cases_are_listed_only_when_asked_for() {
    let field = Field::new();
    field.run(&["-q", "drill"]).succeeds();
    let open = field.run(&["--output", "json", "status"]);
    assert!(!open.succeeds().stdout.contains("drill-web-tier-1"), "{}", open.stdout);
    let text = field.run(&["status"]);
    assert!(text.succeeds().stdout.starts_with("no open case"), "{}", text.stdout);
    for line in [&["status", "--all"][..], &["--output", "json", "status", "--all"]] {
        let all = field.run(line);
        assert!(all.succeeds().stdout.contains("drill-web-tier-1"), "{}", all.stdout);
    }
}
