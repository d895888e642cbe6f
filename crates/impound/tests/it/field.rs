//! A range, a state directory and the configuration of who responds there: cases that are no drill's.

use crate::program::{End, Home};
use casebook::entry::{FindingEntry, FindingNote, Person};
use casebook::id::{CaseId, InstanceId};
use casebook::settings::Config;
use casebook::step::Phase;
use clap::Parser;
use engine::Stop;
use impound::args::CommandLine;
use impound::charges::Charge;
use impound::config;
use impound::context::{Context, PROGRAM};
use impound::exit::Exit;
use impound::failure::Failure;
use impound::history::History;
use impound::opening::{Foreign, Plan};
use impound::range_site;
use impound::respond::{Response, Site, respond};
use ledger::Shelf;
use range::{Range, Scenario, VirtualClock};
use std::path::PathBuf;

pub struct Field {
    pub home: Home,
    pub state: PathBuf,
    pub range: Range,
    pub config: Config,
}

impl Field {
    pub fn new() -> Self {
        let range = Range::new(Scenario::named("web-tier").expect("the scenario"), 1);
        let config = range_site::config(range.briefing());
        let home = Home::new();
        Self { state: home.path().join("s"), home, range, config }
    }

    pub fn shelf(&self) -> Shelf {
        Shelf::at(&self.state)
    }

    /// Of a quiet program that prints JSON.
    pub fn context(&self) -> Context {
        let state = self.shelf().path().to_str().expect("UTF-8").to_owned();
        let line = ["impound", "-q", "--output", "json", "--state", &state, "status"];
        Context::new(CommandLine::try_parse_from(line).expect("a command line").global)
    }

    pub fn cloud(&self) -> Range {
        self.range.clone()
    }

    pub fn clock(&self) -> VirtualClock {
        self.range.clock()
    }

    pub fn charge(&self, through: Phase) -> Charge {
        charge(self.range.target().instance, through)
    }

    pub fn response(&self, charge: Charge) -> Response<'_> {
        let region = self.range.target().region;
        let plan = Plan {
            nonce: format!("{:0>32}", &charge.instance.as_str()[2..]),
            charge,
            settings: self.config.settings(&region),
            runbook: config::runbook("standard").expect("it is shipped"),
            case: None,
            approve: Vec::new(),
            foreign: Foreign::Report,
            by: Person { name: "tester".into(), identity: None },
            program: PROGRAM.into(),
        };
        Response { plan, config: &self.config, region, file: None }
    }

    pub fn respond(&self, response: Response<'_>) -> Result<Exit, Failure> {
        let (context, cloud, clock, stop) = (self.context(), self.cloud(), self.clock(), Stop::new());
        let site = Site { cloud: &cloud, clock: &clock, stop: &stop };
        range::run(&clock, respond(&context, site, response))
    }

    /// The only case.
    pub fn case(&self) -> CaseId {
        let cases = self.shelf().cases().expect("listed");
        assert_eq!(cases.len(), 1, "{cases:?}");
        CaseId::new(cases[0].clone())
    }

    pub fn history(&self) -> History {
        History::read(self.shelf().path(), &self.case()).expect("readable")
    }

    /// The program in this state directory.
    pub fn run(&self, args: &[&str]) -> End {
        self.home.run(&[&["--state", "s"], args].concat())
    }
}

pub fn charge(instance: InstanceId, through: Phase) -> Charge {
    Charge { instance, account: None, region: None, through, findings: Vec::new(), advice: None }
}

pub fn finding(id: &str, revoke_first: bool, file: &[u8]) -> FindingEntry {
    let sha256 = ledger::Digest::of(file).to_string();
    let note = FindingNote {
        id: id.into(),
        kind: format!("Kind:EC2/{id}"),
        title: "a title".into(),
        sha256,
        signs: Vec::new(),
    };
    FindingEntry { note, revoke_first }
}
