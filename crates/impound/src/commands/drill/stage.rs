//! What a drill is played with, and its play: open the case, drive it, and go on for as long as the
//! script has somebody who does something about how it stands.

use super::acts::{Turn, live};
use super::score::{Score, Tally};
use super::story::Story;
use super::teacher::Teacher;
use crate::args::Drill;
use crate::charges::Charges;
use crate::commands::approve;
use crate::config;
use crate::context::{Context, PROGRAM};
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{DRILL, Foreign, Plan, begin};
use crate::preflight::{self, Preflight};
use crate::primed::Primed;
use crate::range_site;
use crate::respond::{self, Site};
use crate::tables::word;
use crate::verification::{Check, Found, in_cloud, kept_here};
use casebook::case::Last;
use casebook::entry::{CaseStatus, Entry, Person, Resumed};
use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::settings::Config;
use casebook::step::Phase;
use engine::{Cloud, RunEnd, Session, Stop};
use ledger::{CaseFile, Shelf};
use range::script::{Approval, Outcome, ShareKey, Until, When};
use range::{Range, Script};
use std::time::Duration;

/// Everything that a drill plays with.
pub(super) struct Stage<'a> {
    context: &'a Context,
    pub(super) script: &'a Script,
    pub(super) range: Range,
    pub(super) case: CaseId,
    pub(super) story: Story,
    config: Config,
    nonce: String,
    stop: Stop,
    tally: Tally,
    /// After how many changes the processes still to come die; the next one is last.
    crashes: Vec<usize>,
    /// What is still missing and will be mended when the run holds.
    pub(super) wanting: bool,
    /// How often a gate was opened.
    opened: Vec<Gate>,
    /// Deaths of the script that no process came to.
    outlived: Vec<usize>,
}

/// A run that ended, or `None` when its process died.
type Ended = Option<RunEnd>;

impl<'a> Stage<'a> {
    pub(super) fn new(context: &'a Context, script: &'a Script, args: &Drill) -> Self {
        let range = script.stage(args.seed);
        let config = configured(script, &range);
        let teacher = args.step.then(|| Teacher::of(&config, context.terminal));
        Self {
            context,
            script,
            case: CaseId::new(format!("drill-{}-{}", script.name, args.seed)),
            story: Story::new(context.terminal, &range, teacher),
            tally: Tally::of(&range),
            config,
            nonce: format!("{:032x}", args.seed),
            stop: Stop::new(),
            crashes: script.crashes.iter().rev().copied().collect(),
            wanting: script.responder.share_key == ShareKey::WhenHeld
                || script.denials.iter().any(|denial| denial.until == Until::Held),
            opened: Vec::new(),
            outlived: Vec::new(),
            range,
        }
    }

    /// Plays it to its end.
    pub(super) async fn play(&mut self, shelf: &Shelf) -> Result<Exit, Failure> {
        let (mut session, mut ended) = self.open(shelf).await?;
        loop {
            let turn = self.turn(session.case(), ended.as_ref());
            let through = session.case().through;
            match turn {
                Turn::Curtain(end) => return self.curtain(&session, &end).await,
                Turn::TakeUp => {
                    session = self.take_up(session, shelf)?;
                    ended = self.resume(&mut session, through).await?;
                }
                Turn::Mend => {
                    self.mend();
                    ended = self.resume(&mut session, through).await?;
                }
                Turn::Approve(approval) => {
                    self.approve(&mut session, &approval)?;
                    ended = self.resume(&mut session, through).await?;
                }
                Turn::GoOn(phase) => {
                    self.story.chapter("The evidence is in custody. What is left is the original.");
                    ended = self.resume(&mut session, phase).await?;
                }
            }
        }
    }

    /// Looks, opens the case, and drives it for the first time.
    async fn open(&mut self, shelf: &Shelf) -> Result<(Session<CaseFile>, Ended), Failure> {
        let file = self.range.briefing().finding.to_string().into_bytes();
        let plan = self.plan(&file)?;
        self.range.enter().await;
        let cloud = self.range.clone();
        let found = self.look(&cloud, &plan).await?;
        let store = self.store(shelf)?;
        let target = found.target.clone();
        let mut session = begin(store, self.case.clone(), &plan, &target, Some(&file), self.range.clock().now())?;
        for approval in self.script.approvals.iter().filter(|approval| approval.when == When::Ahead) {
            self.approve(&mut session, approval)?;
        }
        let primed = Primed::new(&cloud, found.early);
        let ended = self.drive(&mut session, &primed).await?;
        Ok((session, ended))
    }

    fn plan(&self, file: &[u8]) -> Result<Plan, Failure> {
        let briefing = self.range.briefing();
        let through = self.script.responder.through.min(Phase::Custody);
        let charges = Charges::of_findings(file, Some(through), None)?;
        let charge = charges.list.into_iter().find(|charge| charge.instance == briefing.target.instance);
        Ok(Plan {
            charge: charge.ok_or_else(|| Failure::new(Exit::Bug, "the scenario's finding accuses another instance"))?,
            settings: self.config.settings(&briefing.target.region),
            runbook: config::runbook(&self.config.policy.runbook)?,
            case: Some(self.case.clone()),
            approve: Vec::new(),
            foreign: Foreign::Report,
            by: person("drill"),
            nonce: self.nonce.clone(),
            program: format!("{PROGRAM}{DRILL}"),
        })
    }

    async fn look<'c>(&self, cloud: &'c Range, plan: &Plan) -> Result<Preflight<'c>, Failure> {
        let clock = self.range.clock();
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

    /// One process: to the end of its run, or to its death.
    async fn drive<C: Cloud>(&mut self, session: &mut Session<CaseFile>, cloud: &C) -> Result<Ended, Failure> {
        let clock = self.range.clock();
        let dies_after = self.crashes.pop();
        let site = Site { cloud, clock: &clock, stop: &self.stop };
        let ended = live(&self.range, dies_after, respond::run(site, session, &mut self.story)).await;
        if let (Some(_), Some(changes)) = (&ended, dies_after) {
            self.outlived.push(changes);
        }
        if let (None, Some(changes)) = (&ended, dies_after) {
            self.story.chapter(&format!(
                "The process dies: {changes} of its changes have reached AWS, and the last one was not answered."
            ));
        }
        ended.transpose()
    }

    async fn resume(&mut self, session: &mut Session<CaseFile>, through: Phase) -> Result<Ended, Failure> {
        let cloud = self.range.clone();
        let resumed = Resumed {
            settings: self.config.settings(&session.case().target.region),
            through,
            program: format!("{PROGRAM}{DRILL}"),
            by: person("drill"),
        };
        session.append(self.range.clock().now(), &[Entry::Resumed(Box::new(resumed))])?;
        self.drive(session, &cloud).await
    }

    /// Another process, which knows nothing but the ledger.
    fn take_up(&mut self, session: Session<CaseFile>, shelf: &Shelf) -> Result<Session<CaseFile>, Failure> {
        drop(session);
        let session = Session::load(CaseFile::open(shelf.path(), self.case.as_str(), PROGRAM)?)?;
        let lost = session.case().attempts.values().filter(|attempt| attempt.last == Last::Lost).count();
        self.story.chapter("Another process takes the case up, as `impound resume` does.");
        self.story
            .remark(&format!("the ledger has {lost} changes that were announced, and whose answers nobody knows"));
        Ok(session)
    }

    /// What was missing is put there.
    fn mend(&mut self) {
        self.wanting = false;
        for denial in self.script.denials.iter().filter(|denial| denial.until == Until::Held) {
            self.range.lift(&denial.action);
            self.story.chapter(&format!("Somebody grants the permission {}, and resumes.", denial.action));
        }
        if self.script.responder.share_key == ShareKey::WhenHeld {
            self.config.source.share_kms_key_arn = range_site::config(self.range.briefing()).source.share_kms_key_arn;
            self.story.chapter("Somebody sets source.share_kms_key_arn, and resumes.");
        }
    }

    fn approve(&mut self, session: &mut Session<CaseFile>, approval: &Approval) -> Result<(), Failure> {
        let Approval { gate, by, when } = approval;
        let how = if *when == When::Ahead { " ahead" } else { "" };
        if *gate == Gate::Terminate {
            self.story.evidence(session.case());
        }
        self.story.chapter(&format!("A person opens the gate `{gate}`{how}; in this drill that is {by}."));
        let now = self.range.clock().now();
        approve::record(session, *gate, person(by), now)?;
        if *when == When::Reached {
            self.tally.waited_until(now);
        }
        self.opened.push(*gate);
        Ok(())
    }

    /// How often a gate was opened.
    pub(super) fn times_opened(&self, gate: Gate) -> usize {
        self.opened.iter().filter(|opened| **opened == gate).count()
    }

    /// Verifies what was secured, on the range as well, and shows the end.
    async fn curtain(&mut self, session: &Session<CaseFile>, end: &RunEnd) -> Result<Exit, Failure> {
        let history = History::of(session)?;
        self.tally.close(&history.case);
        let cloud = self.range.clone();
        let mut checks = kept_here(session.case(), session.store());
        checks.extend(in_cloud(&cloud, session.case(), &history.entries).await);
        self.story.checks(&history, &checks);
        self.as_told(&history, end, verdict(&checks))?;
        let exit = respond::conclude(self.context, session, end, self.story.calls())?;
        Ok(exit.worst(verdict(&checks)))
    }

    /// A drill that ends otherwise than its script says has failed, whoever is wrong.
    fn as_told(&self, history: &History, end: &RunEnd, checked: Exit) -> Result<(), Failure> {
        let told = self.script.ends;
        let outcome = self.outcome();
        let status = if checked == Exit::Unverified { CaseStatus::Unverified } else { end.status };
        if (status, outcome) == (told.status, told.instance) {
            return self.as_rehearsed(history);
        }
        Err(Failure::new(
            Exit::Unverified,
            format!(
                "the script says that {} ends {} with the instance {}, and it ended {} with the instance {}: {}",
                self.script.name,
                word(&told.status),
                told.instance.as_str(),
                word(&status),
                outcome.as_str(),
                end.reason
            ),
        )
        .document(Document::of(history)))
    }

    /// A script that names what never happens rehearses less than it says.
    fn as_rehearsed(&self, history: &History) -> Result<(), Failure> {
        let mut idle = self.script.idle(&self.range);
        let deaths = self.outlived.iter().chain(self.crashes.iter().rev());
        idle.extend(deaths.map(|changes| format!("the crash after {changes} changes")));
        if idle.is_empty() {
            return Ok(());
        }
        let (name, idle) = (&self.script.name, idle.join("; "));
        Err(Failure::new(Exit::Unverified, format!("the script {name} names what never struck: {idle}"))
            .hint("let it strike sooner, or at a call that the response makes, or take it out of the script")
            .document(Document::of(history)))
    }

    /// What would be done in an incident, where a drill ends held.
    pub(super) fn remedy(&self) -> &'static str {
        if self.outcome() == Outcome::Terminated {
            return ": the instance is gone, and what was secured of it is kept";
        }
        "; in an incident, mend what the error names and `impound resume`"
    }

    /// What became of the instance, as the world knows it.
    fn outcome(&self) -> Outcome {
        let target = &self.range.briefing().target.instance;
        self.range.with_world(|world| {
            if range::script::is_gone(world, target) {
                Outcome::Terminated
            } else if world.exposure(target).interfaces.is_empty() {
                Outcome::Contained
            } else {
                Outcome::Open
            }
        })
    }

    pub(super) fn score(&mut self, real: Duration) -> Score {
        self.tally.score(&self.range, self.story.leaks(), real)
    }
}

/// The configuration of who rehearses.
fn configured(script: &Script, range: &Range) -> Config {
    let mut config = range_site::config(range.briefing());
    config.policy = script.responder.policy(config.policy);
    if script.responder.share_key != ShareKey::Set {
        config.source.share_kms_key_arn.clear();
    }
    config
}

fn verdict(checks: &[Check]) -> Exit {
    match checks.iter().map(|check| check.found).max() {
        Some(Found::Wrong) => Exit::Unverified,
        Some(Found::Unread) => Exit::Gaps,
        Some(Found::Good) | None => Exit::Done,
    }
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), identity: None }
}
