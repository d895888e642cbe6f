//! `impound drill`: the whole job, terminate included, on the range. The planner, engine, ledger
//! and summary are those of an incident; only the cloud and its clock are simulated.

use crate::args::Drill;
use crate::charges::Charges;
use crate::commands::{approve, verify};
use crate::config;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{DRILL, Foreign, Plan, begin};
use crate::preflight::{self, Preflight};
use crate::primed::Primed;
use crate::range_site::{self, RangeClock, RangeCloud};
use crate::respond::{self, Site};
use crate::text::{Text, text};
use crate::verification::{Check, Found, in_cloud, kept_here};
use casebook::entry::{CaseStatus, Entry, Person, Resumed};
use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::settings::Config;
use casebook::step::Phase;
use engine::{Cloud, RunEnd, Session, Stop};
use ledger::{CaseFile, Shelf};
use range::{Range, Scenario};
use std::time::Instant;

mod figures;
mod story;

use figures::Figures;
use story::Story;

/// Rehearses.
///
/// # Errors
/// When there is no such scenario, the state directory can not be written, or the drill does not
/// come to its end.
pub fn run(context: &Context, args: &Drill) -> Result<Exit, Failure> {
    let start = Instant::now();
    let scenario = Scenario::named(&args.scenario).ok_or_else(|| unknown(&args.scenario))?;
    let range = Range::new(scenario, args.seed);
    let place = Place::of(context)?;
    let mut stage = Stage::new(context, &range, args);
    stage.story.begin(&scenario, range.briefing());
    let ended = range::run(&range.clock(), stage.play(&place.shelf));
    context.terminal.log(&stage.figures(start).text());
    context.terminal.log(&place.farewell(&stage.case));
    ended.map_err(|failure| match failure.exit {
        Exit::Held => failure.hint("this scenario ends here; in an incident, set what is missing and `impound resume`"),
        _ => failure,
    })
}

fn unknown(name: &str) -> Failure {
    let known: Vec<_> = Scenario::list().iter().map(|(name, summary)| format!("{name} ({summary})")).collect();
    Failure::usage(format!("there is no scenario `{name}`")).hint(format!("there is: {}", known.join(", ")))
}

/// Where the drill's case is kept.
struct Place {
    shelf: Shelf,
    temporary: Option<tempfile::TempDir>,
}

impl Place {
    fn of(context: &Context) -> Result<Self, Failure> {
        if let Some(state) = &context.global.state {
            return Ok(Self { shelf: Shelf::at(state), temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("impound-drill-").tempdir().map_err(|error| {
            Failure::usage(format!("cannot make a temporary directory: {error}")).hint("name a directory with --state")
        })?;
        Ok(Self { shelf: Shelf::at(temporary.path()), temporary: Some(temporary) })
    }

    fn farewell(&self, case: &CaseId) -> Text {
        let state = self.shelf.path().display();
        match &self.temporary {
            Some(_) => text!("Nothing is kept. To look at the case afterwards: impound drill --state DIR"),
            None => text!(
                "Kept in {}. Look at it: impound --state {} report {} --format html -o drill.html",
                state,
                state,
                case
            ),
        }
    }
}

/// Everything that a drill plays with.
struct Stage<'a> {
    context: &'a Context,
    range: &'a Range,
    case: CaseId,
    config: Config,
    nonce: String,
    stop: Stop,
    story: Story,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context, range: &'a Range, args: &Drill) -> Self {
        Self {
            context,
            range,
            case: CaseId::new(format!("drill-{}-{}", args.scenario, args.seed)),
            config: range_site::config(range.briefing()),
            nonce: format!("{:032x}", args.seed),
            stop: Stop::new(),
            story: Story::new(context.terminal, range.clock()),
        }
    }

    async fn play(&mut self, shelf: &Shelf) -> Result<Exit, Failure> {
        let file = self.range.briefing().finding.to_string().into_bytes();
        let plan = self.plan(&file)?;
        self.range.enter().await;
        let cloud = RangeCloud(self.range.clone());
        let found = self.look(&cloud, &plan).await?;
        let store = self.store(shelf)?;
        let target = found.target.clone();
        let mut session = begin(store, self.case.clone(), &plan, &target, Some(&file), self.range.clock().now())?;
        let end = self.first_act(&mut session, &Primed::new(&cloud, found.early)).await?;
        let end = self.open_offers(&mut session, end).await?;
        let end = self.last_act(&mut session, end).await?;
        self.curtain(&session, &end).await
    }

    fn plan(&self, file: &[u8]) -> Result<Plan, Failure> {
        let briefing = self.range.briefing();
        let charges = Charges::of_findings(file, Some(Phase::Custody), None)?;
        let charge = charges.list.into_iter().find(|charge| charge.instance == briefing.target.instance);
        Ok(Plan {
            charge: charge.ok_or_else(|| Failure::new(Exit::Bug, "the scenario's finding accuses another instance"))?,
            settings: self.config.settings(&briefing.target.region),
            runbook: config::runbook(&self.config.policy.runbook)?,
            case: Some(self.case.clone()),
            approve: Vec::new(),
            foreign: Foreign::Report,
            by: person(),
            nonce: self.nonce.clone(),
            program: format!("{PROGRAM}{DRILL}"),
        })
    }

    async fn look<'c>(&self, cloud: &'c RangeCloud, plan: &Plan) -> Result<Preflight<'c>, Failure> {
        let clock = RangeClock(self.range.clock());
        let region = self.range.briefing().target.region.clone();
        preflight::look((cloud, &clock), plan, &region, &self.config).await
    }

    /// A new case each time: the range that an older one was played on is gone.
    fn store(&mut self, shelf: &Shelf) -> Result<CaseFile, Failure> {
        let taken = shelf.cases()?;
        let first = self.case.clone();
        let mut number = 2;
        while taken.iter().any(|case| case == self.case.as_str()) {
            self.case = CaseId::new(format!("{first}-{number}"));
            number += 1;
        }
        Ok(CaseFile::create(shelf.path(), self.case.as_str(), PROGRAM)?)
    }
}

impl Stage<'_> {
    /// From the finding into custody.
    async fn first_act<C: Cloud>(&mut self, session: &mut Session<CaseFile>, cloud: &C) -> Result<RunEnd, Failure> {
        let clock = RangeClock(self.range.clock());
        respond::run(Site { cloud, clock: &clock, stop: &self.stop }, session, &mut self.story).await
    }

    /// Opens what was only offered, so that the drill shows it too.
    async fn open_offers(&mut self, session: &mut Session<CaseFile>, end: RunEnd) -> Result<RunEnd, Failure> {
        if end.status != CaseStatus::Done || !session.case().asked.contains_key(&Gate::BootImage) {
            return Ok(end);
        }
        self.approve(session, Gate::BootImage)?;
        self.resume(session, Phase::Custody).await
    }

    /// Shows the evidence, opens the last gate, and ends the original.
    async fn last_act(&mut self, session: &mut Session<CaseFile>, end: RunEnd) -> Result<RunEnd, Failure> {
        if end.status != CaseStatus::Done {
            return Ok(end);
        }
        self.story.chapter("The evidence is in custody. What is left is the original.");
        let end = self.resume(session, Phase::Eradicate).await?;
        if end.status != CaseStatus::Waiting {
            return Ok(end);
        }
        self.story.evidence(session.case());
        self.approve(session, Gate::Terminate)?;
        self.resume(session, Phase::Eradicate).await
    }

    fn approve(&mut self, session: &mut Session<CaseFile>, gate: Gate) -> Result<(), Failure> {
        self.story.chapter(&format!("A person opens the gate `{gate}`; in this drill that is `drill`."));
        let said = approve::record(session, gate, person(), self.range.clock().now())?;
        self.story.tell(&said.lines().next().unwrap_or_default());
        Ok(())
    }

    async fn resume(&mut self, session: &mut Session<CaseFile>, through: Phase) -> Result<RunEnd, Failure> {
        let (cloud, clock) = (RangeCloud(self.range.clone()), RangeClock(self.range.clock()));
        let resumed = Resumed {
            settings: self.config.settings(&session.case().target.region),
            through,
            program: format!("{PROGRAM}{DRILL}"),
            by: person(),
        };
        session.append(clock.0.now(), &[Entry::Resumed(Box::new(resumed))])?;
        let site = Site { cloud: &cloud, clock: &clock, stop: &self.stop };
        respond::run(site, session, &mut self.story).await
    }

    /// Verifies what was secured, on the range as well, and shows the end.
    async fn curtain(&mut self, session: &Session<CaseFile>, end: &RunEnd) -> Result<Exit, Failure> {
        let history = History::of(session)?;
        let cloud = RangeCloud(self.range.clone());
        let mut checks = kept_here(session.case(), session.store());
        checks.extend(in_cloud(&cloud, session.case(), &history.entries).await);
        self.story.chapter("Everything is checked once more, as `impound verify` does.");
        self.story.tell(&verify::shown(&history, &checks));
        let exit = respond::conclude(self.context, session, end, self.story.calls())?;
        Ok(exit.worst(verdict(&checks)))
    }

    fn figures(&self, start: Instant) -> Figures {
        Figures { isolated: self.story.isolation(), virtual_time: self.story.elapsed(), real: start.elapsed() }
    }
}

fn verdict(checks: &[Check]) -> Exit {
    match checks.iter().map(|check| check.found).max() {
        Some(Found::Wrong) => Exit::Unverified,
        Some(Found::Unread) => Exit::Gaps,
        Some(Found::Good) | None => Exit::Done,
    }
}

fn person() -> Person {
    Person { name: "drill".to_owned(), identity: None }
}
