//! Responses on the range through the same code as on AWS: opening, adopting, planning.

use casebook::effect::SourceEffect;
use casebook::entry::Person;
use casebook::id::CaseId;
use casebook::settings::Config;
use clap::Parser;
use engine::Stop;
use impound::args::{Command, CommandLine};
use impound::charges::Charges;
use impound::config;
use impound::context::{Context, PROGRAM};
use impound::dry_run::dry_run;
use impound::exit::Exit;
use impound::failure::Failure;
use impound::history::History;
use impound::opening::{Foreign, Plan};
use impound::range_site;
use impound::respond::{Response, Site, respond};
use range::{Range, Scenario};
use std::path::Path;
use tempfile::TempDir;

/// A range and a state directory.
struct Bench {
    state: TempDir,
    range: Range,
    config: Config,
}

impl Bench {
    fn new() -> Self {
        let range = Range::new(Scenario::named("web-tier").expect("the scenario"), 1);
        let config = range_site::config(range.briefing());
        Self { state: tempfile::tempdir().expect("a directory"), range, config }
    }

    fn state(&self) -> &Path {
        self.state.path()
    }

    /// Runs a command line of `respond` on the range.
    fn respond(&self, options: &[&str]) -> Result<Exit, Failure> {
        let target = self.range.target();
        let state = self.state().to_str().expect("UTF-8").to_owned();
        let head = ["impound", "-q", "--output", "json", "--state", &state, "respond", target.instance.as_str()];
        let line = CommandLine::try_parse_from([&head, options].concat()).expect("a command line");
        let Command::Respond(args) = &line.command else { panic!("not respond") };
        let charges = Charges::of(&args.accusation, None)?;
        let plan = Plan {
            charge: charges.list[0].clone(),
            settings: self.config.settings(&target.region),
            runbook: config::runbook("standard")?,
            case: args.accusation.case.clone(),
            approve: args.accusation.approve.clone(),
            foreign: if args.take_over { Foreign::TakeOver } else { Foreign::Report },
            by: Person { name: "tester".into(), identity: None },
            nonce: "00112233445566778899aabbccddeeff".into(),
            program: PROGRAM.into(),
        };
        let context = Context::new(line.global.clone());
        let response = Response { plan, config: &self.config, region: target.region, file: None };
        let (cloud, clock, stop) = (self.range.clone(), self.range.clock(), Stop::new());
        let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
        range::run(&self.range.clock(), async {
            if args.dry_run { dry_run(&context, site, response).await } else { respond(&context, site, response).await }
        })
    }

    fn cases(&self) -> Vec<String> {
        ledger::Shelf::at(self.state()).cases().expect("listed")
    }

    fn changes(&self) -> usize {
        let reads = ["Describe", "Get", "List", "Lookup"];
        let changes = |action: &str| !reads.iter().any(|read| action.contains(&format!(":{read}")));
        self.range.calls().iter().filter(|call| changes(&call.action)).count()
    }
}

#[test]
fn the_same_target_is_adopted_and_goes_further() {
    let bench = Bench::new();
    assert_eq!(bench.respond(&["--through", "capture"]).expect("captured"), Exit::Done);
    assert_eq!(bench.changes(), 0, "a capture changes nothing");
    assert_eq!(bench.respond(&["--through", "contain"]).expect("contained"), Exit::Done);
    let cases = bench.cases();
    assert_eq!(cases.len(), 1);
    let history = History::read(bench.state(), &CaseId::new(cases[0].clone())).expect("readable");
    assert_eq!(history.case.through, casebook::step::Phase::Contain);
}

#[test]
fn another_name_for_a_target_with_an_open_case_is_refused() {
    let bench = Bench::new();
    bench.respond(&["--case", "first", "--through", "capture"]).expect("captured");
    let failure = bench.respond(&["--case", "second", "--through", "capture"]).expect_err("a second case");
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.what.contains("first"), "{}", failure.what);
    assert_eq!(bench.cases(), ["first"]);
}

#[test]
fn the_tag_of_a_case_that_is_not_kept_here_is_reported_and_taken_over() {
    let bench = Bench::new();
    let tags = [("impound:case".to_owned(), "theirs".to_owned())].into();
    let instance = bench.range.target().instance;
    let tag = SourceEffect::Tag { resources: vec![instance.to_string()], tags }.into();
    let clock = bench.range.clock();
    range::run(&clock, bench.range.perform(&tag)).value.expect("tagged");
    let failure = bench.respond(&["--through", "capture"]).expect_err("another responder");
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.what.contains("theirs"), "{}", failure.what);
    assert!(bench.cases().is_empty());
    bench.respond(&["--through", "capture", "--take-over"]).expect("taken over");
    assert_eq!(bench.cases(), ["theirs"]);
}

#[test]
fn a_dry_run_changes_nothing_anywhere() {
    let bench = Bench::new();
    let exit = bench.respond(&["--dry-run"]).expect("planned");
    assert_eq!(exit, Exit::Done);
    assert!(bench.cases().is_empty(), "nothing on disk");
    let untouched = Bench::new().range;
    range::run(&untouched.clock(), untouched.clock().sleep_until(bench.range.clock().now()));
    assert_eq!(whole(&bench.range), whole(&untouched));
}

/// Everything there is in both accounts, and what goes on by itself.
fn whole(range: &Range) -> Vec<String> {
    range.with_world(|world| format!("{world:#?}").lines().map(str::to_owned).collect())
}

#[test]
fn the_forensic_account_can_not_be_the_one_under_investigation() {
    let mut bench = Bench::new();
    bench.config.forensic.account_id = bench.range.target().account.to_string();
    let failure = bench.respond(&[]).expect_err("one account on both sides");
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.what.contains("separate forensic account"), "{}", failure.what);
}

#[test]
fn without_forensic_settings_it_contains_and_holds_at_custody() {
    let mut bench = Bench::new();
    bench.config.forensic = casebook::settings::ForensicConfig::default();
    let failure = bench.respond(&[]).expect_err("held");
    assert_eq!(failure.exit, Exit::Held);
    let history = History::read(bench.state(), &CaseId::new(bench.cases()[0].clone())).expect("readable");
    assert_eq!(history.case.verdict.network, casebook::verdict::NetworkVerdict::NewFlowsBlocked);
}
