//! The command line as types: every command, its options, and help that teaches.

use casebook::gate::Gate;
use casebook::id::CaseId;
use casebook::step::Phase;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use detect::record::flow::Format;
use detect::rules::Level;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

mod help;

/// Takes a compromised EC2 instance off the road and keeps it as evidence
#[derive(Debug, Parser)]
#[command(
    name = "impound",
    version,
    long_about = help::ABOUT,
    after_help = help::SEE_LONG,
    after_long_help = help::AFTER,
    arg_required_else_help = true,
    propagate_version = false,
    max_term_width = 100
)]
pub struct CommandLine {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Profile of the AWS configuration files
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region of the instance
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Endpoint in the place of AWS's
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Configuration [default: ./impound.toml, then the user's configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the cases are kept [default: the user's state directory]
    #[arg(long, global = true, value_name = "DIR", env = "IMPOUND_STATE", hide_env_values = true)]
    pub state: Option<PathBuf>,
    /// Text for people, or JSON on stdout: one document, of several instances one for each case
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    pub output: Output,
    /// Say more: every change as it is made, and the calls by action at the end
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// No progress, only the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// The form of what goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Rehearse the whole job on a simulated cloud: no account, no network
    #[command(after_help = help::DRILL)]
    Drill(Drill),
    /// Contain an instance and bring its evidence into the forensic account
    #[command(after_help = help::RESPOND)]
    Respond(Respond),
    /// Say what `respond` would do; changes nothing
    Plan(Accusation),
    /// Go on with a case after a crash, a hold or an approval
    Resume(Resume),
    /// Open a gate of a case, with your name and AWS identity
    #[command(after_help = help::APPROVE)]
    Approve(Approve),
    /// Keep a contained case contained: find, report and mend whatever somebody undoes, until stopped
    #[command(after_help = help::GUARD)]
    Guard(Guard),
    /// Read logs and findings, and tell what is out of the ordinary
    #[command(after_help = help::DETECT)]
    Detect(Detect),
    /// What the credentials of an instance did, in order, and what they left behind
    #[command(after_help = help::TIMELINE)]
    Timeline(Timeline),
    /// Learn what instances normally call, or show what was learned
    #[command(subcommand)]
    Baseline(Baseline),
    /// Take logs and findings from a queue, tell alerts, and start the right response, once
    #[command(after_help = help::WATCH)]
    Watch(Watch),
    /// List, test and explain the rules of detection
    #[command(subcommand)]
    Rules(Rules),
    /// Show the open cases, or one case: what is done, what it waits for, and why
    Status(Status),
    /// Undo the containment of a case: every changed setting back to the captured one
    Release(Release),
    /// Check a case's history and every item of its evidence
    Verify(CaseName),
    /// Write the incident report
    Report(Report),
    /// List, draw and check runbooks
    #[command(subcommand)]
    Runbook(Runbook),
    /// Print the least-privilege IAM policies that a run needs, as JSON
    Permissions(Permissions),
    /// Before an incident: what will work and what will not, and what the logs would not show
    #[command(after_help = help::DOCTOR)]
    Doctor(Doctor),
    /// Print a shell's completions
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// Options of `drill`.
#[derive(Debug, Args)]
pub struct Drill {
    /// Which incident to rehearse: a name of --list, or a script of your own
    #[arg(long, value_name = "NAME|FILE", default_value = "web-tier")]
    pub scenario: String,
    /// Other ids and bytes; the same seed gives the same drill
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed)]
    pub seed: u64,
    /// Explain each step before it begins and after it was read back; on a terminal, wait for Enter
    #[arg(long)]
    pub step: bool,
    /// Show the incidents that come with the program
    #[arg(long, conflicts_with_all = ["step", "seed", "scenario"])]
    pub list: bool,
}

/// Whom to respond to, and how.
#[derive(Clone, Debug, Args)]
pub struct Accusation {
    /// The instance, i-…
    #[arg(value_name = "INSTANCE_ID", required_unless_present = "finding", conflicts_with = "finding")]
    pub instance: Option<String>,
    /// A GuardDuty finding, from a file or `-` for stdin; a case for each instance it accuses
    #[arg(long, value_name = "FILE")]
    pub finding: Option<PathBuf>,
    /// Name of the case [default: made from date and instance]
    #[arg(long = "case", value_name = "ID", value_parser = case_name)]
    pub case: Option<CaseId>,
    /// Stop after this phase [default: custody]
    #[arg(long, value_name = "PHASE", value_parser = phases())]
    pub through: Option<Phase>,
    /// A shipped runbook or a file [default: the configuration's]
    #[arg(long, value_name = "NAME|FILE")]
    pub runbook: Option<String>,
    /// Approve a gate ahead; repeatable; all but `terminate`
    #[arg(long = "approve", value_name = "GATE", value_parser = gates())]
    pub approve: Vec<Gate>,
}

/// Options of `respond`.
#[derive(Clone, Debug, Args)]
pub struct Respond {
    /// Whom, and how.
    #[command(flatten)]
    pub accusation: Accusation,
    /// Plan the whole run and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take over an instance that carries the tag of a case which is not kept here
    #[arg(long)]
    pub take_over: bool,
}

/// Options of `resume`.
#[derive(Clone, Debug, Args)]
pub struct Resume {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
    /// Stop after this phase [default: as asked for before]
    #[arg(long, value_name = "PHASE", value_parser = phases())]
    pub through: Option<Phase>,
}

/// Options of `approve`.
#[derive(Clone, Debug, Args)]
pub struct Approve {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
    /// The gate
    #[arg(value_name = "GATE", value_parser = gates())]
    pub gate: Gate,
    /// Your name, for the history [default: the system's user name]
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
}

/// Options of `guard`.
#[derive(Clone, Debug, Args)]
pub struct Guard {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
    /// How often everything that was done is looked at again: 10s to 1h
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = period)]
    pub every: u32,
}

/// Which logs, and of which time.
#[derive(Clone, Debug, Args)]
pub struct Logs {
    /// Files, folders and s3://BUCKET/PREFIX with logs or findings, packed or not; `-` for stdin
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only what happened from then on: 2026-03-01, 2026-03-01T12:00:00Z, or 3h ago as 3h
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<Timestamp>,
    /// Only what happened before then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// The fields of flow logs without a header line, in their order: '${version} ${vpc-id} …' [default: AWS's]
    #[arg(long, value_name = "FIELDS")]
    pub flow_format: Option<Format>,
    /// How many files or objects are read side by side [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Options of `detect`.
#[derive(Clone, Debug, Args)]
pub struct Detect {
    /// Which logs.
    #[command(flatten)]
    pub logs: Logs,
    /// A folder or file with Sigma rules, besides those that come with the program; repeatable
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Without the rules that come with the program
    #[arg(long, requires = "rules")]
    pub only: bool,
    /// Tell alerts from this level on
    #[arg(long, value_name = "LEVEL", default_value = "medium", value_parser = levels())]
    pub level: Level,
    /// What instances normally call, from `impound baseline learn`; it is not changed
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Who held which address: the output of `aws ec2 describe-instances`, or a case, by what it has captured; of public addresses
    /// until an hour after the file was written or the case has read them; repeatable
    #[arg(long, value_name = "FILE|CASE")]
    pub instances: Vec<PathBuf>,
    /// Read no object of a bucket that this file says was read; what is read now is added to it
    #[arg(long, value_name = "FILE")]
    pub cursor: Option<PathBuf>,
    /// Write what could not be read, all of it, into this new file: a JSON line each, with input, offset, bytes and why
    #[arg(long, value_name = "FILE")]
    pub rejections: Option<PathBuf>,
    /// Print how much was read, understood and matched as one JSON document, in the place of alerts
    #[arg(long)]
    pub stats: bool,
}

/// Options of `timeline`.
#[derive(Clone, Debug, Args)]
pub struct Timeline {
    /// The instance, i-…, or a case about it
    #[arg(value_name = "INSTANCE|CASE")]
    pub of: String,
    /// Which logs.
    #[command(flatten)]
    pub logs: Logs,
    /// A table, a page with a picture, or Timesketch's columns as comma-separated values or JSON lines
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: TimelineFormat,
}

/// The forms of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimelineFormat {
    /// For people.
    Text,
    /// Comma-separated values.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// A page with a picture, in one file.
    Html,
}

/// Options of `watch`.
#[derive(Clone, Debug, Args)]
pub struct Watch {
    /// The URL of the SQS queue [default: the configuration's]
    #[arg(long, value_name = "URL")]
    pub queue: Option<String>,
    /// Only say which responses would be started
    #[arg(long)]
    pub dry_run: bool,
    /// End when the queue is empty
    #[arg(long)]
    pub once: bool,
    /// End after so long: 30s, 15m, 8h
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    pub length: Option<Duration>,
    /// Close the breaker after a look at why it opened, and end; the next watch starts responses again
    #[arg(long, conflicts_with_all = ["queue", "dry_run", "once", "length"])]
    pub reset_breaker: bool,
}

/// Commands on the baseline.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Learn from a period of logs; a file that is there goes on learning
    Learn {
        /// Which logs.
        #[command(flatten)]
        logs: Logs,
        /// Where it is kept
        #[arg(short = 'o', long = "baseline", value_name = "FILE")]
        file: PathBuf,
        /// Learn from no object of a bucket that this file says was read; what is read now is added to it
        #[arg(long, value_name = "FILE")]
        cursor: Option<PathBuf>,
    },
    /// Show what was learned: the roles, or what the instances of one call
    Show {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// One role, as the list names it
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
        /// Of that role not the calls, but its instances: from which networks, in which regions and with which programs
        /// they call, and how often they are refused
        #[arg(long, requires = "role")]
        instances: bool,
    },
}

/// Commands on the rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// The rules that are in force: level, ATT&CK techniques, title
    List {
        /// A folder or file with rules, besides those that come with the program; repeatable
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Try every rule on its own examples; a rule without any is named
    Test {
        /// A folder or file with rules, besides those that come with the program; repeatable
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Say what a rule looks for, or why it does or does not match a record
    Explain {
        /// The rule, by id or title
        #[arg(value_name = "RULE")]
        rule: String,
        /// A CloudTrail record; `-` for stdin
        #[arg(value_name = "FILE")]
        record: Option<PathBuf>,
        /// A folder or file with rules, besides those that come with the program; repeatable
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
}

/// Options of `status`.
#[derive(Clone, Debug, Args)]
pub struct Status {
    /// One case in detail [default: the open cases]
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: Option<CaseId>,
    /// The closed cases too: terminated or released
    #[arg(long, conflicts_with = "case")]
    pub all: bool,
}

/// Options of `release`.
#[derive(Clone, Debug, Args)]
pub struct Release {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// A case by name.
#[derive(Clone, Debug, Args)]
pub struct CaseName {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
}

/// Options of `report`.
#[derive(Clone, Debug, Args)]
pub struct Report {
    /// The case
    #[arg(value_name = "CASE", value_parser = case_name)]
    pub case: CaseId,
    /// The form
    #[arg(long, value_name = "FORM", default_value = "md")]
    pub format: ReportFormat,
    /// Where to write it; `-` for stdout
    #[arg(short = 'o', value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One file, readable offline.
    Html,
    /// Markdown.
    Md,
    /// JSON.
    Json,
}

/// Commands on runbooks.
#[derive(Debug, Subcommand)]
pub enum Runbook {
    /// The runbooks that come with the program
    List,
    /// Draw a runbook: its steps in their order, and why
    Show {
        /// A shipped runbook or a file
        #[arg(value_name = "NAME|FILE", default_value = "standard")]
        runbook: String,
    },
    /// Refuse a runbook whose order or omission breaks a law, and say which
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        runbook: String,
    },
    /// The JSON schema of a runbook, for editors
    Schema,
}

/// Options of `permissions`.
#[derive(Debug, Args)]
pub struct Permissions {
    /// Only what this phase needs [default: all of them]
    #[arg(long, value_name = "PHASE", value_parser = phases())]
    pub phase: Option<Phase>,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// An instance on which to rehearse the calls that EC2 can rehearse (DryRun); it is not changed
    #[arg(value_name = "INSTANCE_ID")]
    pub instance: Option<String>,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

fn case_name(text: &str) -> Result<CaseId, String> {
    let expected = "a case is named by 1 to 64 of A-Z a-z 0-9 . _ - and no dot at the start";
    CaseId::parse(text).ok_or_else(|| expected.to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// A period of a guard, in seconds.
fn period(text: &str) -> Result<u32, String> {
    let asked: SignedDuration = text.parse().map_err(|_| "expected a time such as 30s, 5m or 1h".to_owned())?;
    let seconds = u32::try_from(asked.as_secs()).unwrap_or_default();
    let whole = asked.subsec_nanos() == 0 && (10..=3600).contains(&seconds);
    if whole { Ok(seconds) } else { Err("a guard looks every 10s to 1h, in whole seconds".to_owned()) }
}

/// How long something goes on.
fn length(text: &str) -> Result<Duration, String> {
    let asked = text.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    asked.map(SignedDuration::unsigned_abs).ok_or_else(|| "expected a time such as 30s, 15m or 8h".to_owned())
}

/// A moment: RFC 3339, a day in UTC, or so long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    // A date and time without a zone parses as its date: it must be nothing but a day.
    if let Some(day) = text.parse::<Date>().ok().filter(|day| day.to_string() == text) {
        return day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|error| error.to_string());
    }
    let ago = text.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    ago.and_then(|ago| Timestamp::now().checked_sub(ago).ok()).ok_or_else(|| {
        "expected a day (2026-03-01, in UTC), a time with its zone (2026-03-01T12:00:00Z) or so long ago (36h)"
            .to_owned()
    })
}

fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::as_str)).map(|text| {
        let level = Level::ALL.into_iter().find(|level| level.as_str() == text);
        level.expect("the parser lets nothing but the names of levels pass")
    })
}

fn phases() -> impl TypedValueParser<Value = Phase> {
    PossibleValuesParser::new(Phase::ALL.map(Phase::as_str)).map(|text| {
        let phase = Phase::ALL.into_iter().find(|phase| phase.as_str() == text);
        phase.expect("the parser lets nothing but the names of phases pass")
    })
}

fn gates() -> impl TypedValueParser<Value = Gate> {
    PossibleValuesParser::new(Gate::ALL.map(Gate::as_str))
        .map(|text| text.parse::<Gate>().expect("the parser lets nothing but the names of gates pass"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_guard_looks_neither_too_often_nor_too_seldom() {
        for (text, seconds) in [("10s", 10), ("30s", 30), ("5m", 300), ("1h", 3600), ("1m 30s", 90)] {
            assert_eq!(period(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "30", "9s", "61m", "-30s", "30.5s", "soon"] {
            assert!(period(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_a_day_a_time_with_its_zone_or_so_long_ago() {
        let at = |text| moment(text).map(|at| at.to_string());
        assert_eq!(at("2026-03-01").as_deref(), Ok("2026-03-01T00:00:00Z"));
        assert_eq!(at("2026-03-01T12:00:00+01:00").as_deref(), Ok("2026-03-01T11:00:00Z"));
        assert!(moment("36h").is_ok_and(|ago| ago < Timestamp::now()));
        for wrong in ["", "yesterday", "2026-03-01T12:00:00", "2026-13-01", "-3h", "2026-03-01T12:00:00 CET"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_person_or_a_finding_is_accused_and_never_both() {
        let parse = |line: &[&str]| CommandLine::try_parse_from([&["impound", "respond"], line].concat()).is_ok();
        assert!(parse(&["i-0123456789abcdef0"]));
        assert!(parse(&["--finding", "-"]));
        assert!(!parse(&[]));
        assert!(!parse(&["i-0123456789abcdef0", "--finding", "-"]));
    }
}
